package picture

import (
	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode/decoder"
)

// bits tells the modules of a code from their levels. It keeps its memory.
type bits struct {
	level, work, mean []float64
	sums, known       []float64
}

// read measures the n by n modules under w and has gozxing decode them, by one
// threshold after the other.
func (b *bits) read(p *plane, w *warp, n int, fixed []cell, light bool) (raw []byte, way string, ok bool) {
	b.measure(p, w, n, light)
	for _, t := range [...]struct {
		name   string
		around int     // modules on each side that the threshold is the mean of
		sharp  float64 // how much of the neighbours' light is taken back
	}{
		{"/near", 4, 0}, {"/sharp", 4, 0.6}, {"/wide", 8, 0.3}, {"/tight", 2, 0.3}, {"/sharper", 4, 1.4}, {"/all", 200, 0.3},
	} {
		levels := b.level
		if t.sharp > 0 {
			levels = b.sharpen(n, t.sharp)
		}
		b.average(levels, n, t.around)
		if raw, ok := b.decode(levels, n); ok {
			return raw, t.name, true
		}
	}
	if raw, ok := b.unblurred(n, fixed); ok {
		return raw, "/unblurred", true
	}
	return nil, "", false
}

// measure takes the level of each module: the mean of nine places around its
// middle, half a module apart in all.
func (b *bits) measure(p *plane, w *warp, n int, light bool) {
	b.level = grow(b.level, n*n)
	for y := range n {
		for x := range n {
			var sum float64
			for i := range 9 {
				q := w.to(float64(x)+0.5+0.25*float64(i%3-1), float64(y)+0.5+0.25*float64(i/3-1))
				sum += p.at(q.X, q.Y)
			}
			if light {
				sum = 9*255 - sum
			}
			b.level[y*n+x] = sum / 9
		}
	}
}

// sharpen takes back what a lens out of focus has given each module of its four
// neighbours' light.
func (b *bits) sharpen(n int, k float64) []float64 {
	b.work = grow(b.work, n*n)
	for y := range n {
		for x := range n {
			i := y*n + x
			l := b.level
			around := l[y*n+max(x-1, 0)] + l[y*n+min(x+1, n-1)] + l[max(y-1, 0)*n+x] + l[min(y+1, n-1)*n+x]
			b.work[i] = l[i] + k*(l[i]-around/4)
		}
	}
	return b.work
}

// average gives the mean of the levels around each module.
func (b *bits) average(levels []float64, n, around int) {
	b.sums, b.mean = grow(b.sums, (n+1)*(n+1)), grow(b.mean, n*n)
	clear(b.sums[:n+1])
	for y := range n {
		b.sums[(y+1)*(n+1)] = 0
		row := 0.0
		for x := range n {
			row += levels[y*n+x]
			b.sums[(y+1)*(n+1)+x+1] = b.sums[y*(n+1)+x+1] + row
		}
	}
	for y := range n {
		y0, y1 := max(y-around, 0), min(y+around+1, n)
		for x := range n {
			x0, x1 := max(x-around, 0), min(x+around+1, n)
			s := b.sums[y1*(n+1)+x1] - b.sums[y0*(n+1)+x1] - b.sums[y1*(n+1)+x0] + b.sums[y0*(n+1)+x0]
			b.mean[y*n+x] = s / float64((y1-y0)*(x1-x0))
		}
	}
}

// decode takes what is below the mean for dark and has gozxing decode that.
func (b *bits) decode(levels []float64, n int) ([]byte, bool) {
	m, err := gozxing.NewSquareBitMatrix(n)
	if err != nil {
		return nil, false
	}
	for i, l := range levels {
		if l < b.mean[i] {
			m.Set(i%n, i/n)
		}
	}
	// As Latin-1 each byte is one character, and gozxing need not guess.
	result, err := decoder.NewDecoder().Decode(m, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_CHARACTER_SET: "ISO-8859-1"})
	if err != nil {
		return nil, false
	}
	return bytesOf(result.GetText()), true
}

// bytesOf gives the bytes of a code that was read as Latin-1. Characters past that
// come of a code that names its character set, or of kanji; those become UTF-8.
func bytesOf(text string) []byte {
	raw := make([]byte, 0, len(text))
	for _, r := range text {
		if r > 0xff {
			return []byte(text)
		}
		raw = append(raw, byte(r))
	}
	return raw
}

func grow(s []float64, n int) []float64 {
	if cap(s) < n {
		return make([]float64, n)
	}
	return s[:n]
}
