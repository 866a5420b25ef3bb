package picture

// edge is where a line of levels changes between dark and light.
type edge struct {
	at   float64 // in samples
	dark bool    // what begins here
}

// edges gives the edges of a line in order, dark and light in turn. A change
// counts when the level turns by more than least. Its place is where the level is
// half-way between the extremes beside it: with that, a bar that blur has left a
// tenth of its contrast still counts, and light that fades along the line moves no
// edge.
func edges(line []int32, least int32, out []edge) []edge {
	out = out[:0]
	if len(line) == 0 {
		return out
	}
	lo, hi := line[0], line[0]
	loAt, hiAt := 0, 0
	rising := 0 // 1 = up from lo, -1 = down from hi, 0 = not known yet
	for i, v := range line {
		if v > hi {
			hi, hiAt = v, i
		}
		if v < lo {
			lo, loAt = v, i
		}
		switch {
		case rising >= 0 && hi-v >= least:
			if rising > 0 {
				out = append(out, edge{crossing(line, loAt, hiAt), false})
			}
			rising, lo, loAt = -1, v, i
		case rising <= 0 && v-lo >= least:
			if rising < 0 {
				out = append(out, edge{crossing(line, hiAt, loAt), true})
			}
			rising, hi, hiAt = 1, v, i
		}
	}
	switch {
	case rising > 0:
		out = append(out, edge{crossing(line, loAt, hiAt), false})
	case rising < 0:
		out = append(out, edge{crossing(line, hiAt, loAt), true})
	}
	return out
}

// crossing gives where the line goes through the middle of its levels at a and b.
func crossing(line []int32, a, b int) float64 {
	twice := line[a] + line[b]
	up := line[b] > line[a]
	for i := a; i < b; i++ {
		v, w := 2*line[i], 2*line[i+1]
		if up && v <= twice && w > twice || !up && v >= twice && w < twice {
			return float64(i) + float64(twice-v)/float64(w-v)
		}
	}
	return float64(a+b) / 2
}

// fits tells that six edges are a finder pattern's along a line through its
// middle, five bars of 1, 1, 3, 1 and 1 modules, and how long a module is.
// Distances between edges of one sense are compared, as ink that spreads or light
// that blooms moves all of them the same way.
func fits(e []edge, slack float64) (module float64, ok bool) {
	module = (e[5].at - e[0].at) / 7
	off := slack*module + 0.25
	for i, want := range [4]float64{2, 4, 4, 2} {
		if d := e[i+2].at - e[i].at - want*module; d > off || d < -off {
			return 0, false
		}
	}
	middle := e[3].at - e[2].at
	return module, module > 1 && middle > 1.7*module && middle < 4.3*module
}
