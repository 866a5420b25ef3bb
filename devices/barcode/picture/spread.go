package picture

// spread is how much of the light of the modules around it a lens, or a hand that
// moved, gives to each module, in levels: beside, above and below, and on the two
// diagonals.
type spread struct{ beside, above, falling, rising float64 }

// learn finds the spread by the modules whose colours are fixed, together with
// their neighbours', by least squares: level = plane + own colour + neighbours'.
// ok is false when there is nothing worth taking back.
func (b *bits) learn(n int, fixed []cell) (s spread, ok bool) {
	b.known = grow(b.known, n*n)
	clear(b.known)
	for _, c := range fixed {
		b.known[int(c.y)*n+int(c.x)] = c.dark
	}
	var a [8][9]float64
	for y := 1; y < n-1; y++ {
	next:
		for x := 1; x < n-1; x++ {
			var k [9]float64 // colours of the three by three
			for i := range 9 {
				if k[i] = b.known[(y+i/3-1)*n+x+i%3-1]; k[i] == 0 {
					continue next
				}
			}
			row := [9]float64{1, float64(x) / float64(n), float64(y) / float64(n), k[4],
				k[3] + k[5], k[1] + k[7], k[0] + k[8], k[2] + k[6], b.level[y*n+x]}
			for i := range 8 {
				for j := range 9 {
					a[i][j] += row[i] * row[j]
				}
			}
		}
	}
	c, ok := solve(&a)
	s = spread{c[4], c[5], c[6], c[7]}
	// Dark is less light: all are below 0 where there is spread.
	return s, ok && c[3] < 0 && (s.beside+s.above)/2 < 0.08*c[3]
}

// unspread takes away from each module what its neighbours give it, by the colours
// they have by their levels against the mean.
func (b *bits) unspread(levels []float64, n int, s spread) []float64 {
	colour := b.known
	for i, l := range levels {
		colour[i] = -1
		if l < b.mean[i] {
			colour[i] = 1
		}
	}
	b.work = grow(b.work, n*n)
	at := func(x, y int) float64 {
		if x < 0 || y < 0 || x >= n || y >= n {
			return -1 // the margin is light
		}
		return colour[y*n+x]
	}
	for y := range n {
		for x := range n {
			b.work[y*n+x] = b.level[y*n+x] - s.beside*(at(x-1, y)+at(x+1, y)) - s.above*(at(x, y-1)+at(x, y+1)) -
				s.falling*(at(x-1, y-1)+at(x+1, y+1)) - s.rising*(at(x+1, y-1)+at(x-1, y+1))
		}
	}
	return b.work
}

// rounds is how often colours are told anew by what the round before has told.
const rounds = 5

// unblurred reads a code whose modules run into each other: what they were taken
// for tells what they give each other, and without that they are told anew.
func (b *bits) unblurred(n int, fixed []cell) ([]byte, bool) {
	s, ok := b.learn(n, fixed)
	if !ok {
		return nil, false
	}
	levels := b.sharpen(n, 1)
	b.average(levels, n, 4)
	for range rounds {
		levels = b.unspread(levels, n, s)
		b.average(levels, n, 4)
		if raw, ok := b.decode(levels, n); ok {
			return raw, true
		}
	}
	return nil, false
}
