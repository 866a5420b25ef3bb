package picture

import "slices"

// plane is a grey picture: 0 is black.
type plane struct {
	pix    []uint8
	w, h   int
	stride int
}

// fit makes p a picture of that size with memory of its own.
func (p *plane) fit(w, h int) {
	p.w, p.h, p.stride = w, h, w
	p.pix = slices.Grow(p.pix[:0], w*h)[:w*h]
}

// at gives the level at a point between pixels; beyond the rim, that of the rim.
func (p *plane) at(x, y float64) float64 {
	x = min(max(x, 0), float64(p.w-1))
	y = min(max(y, 0), float64(p.h-1))
	ix, iy := min(int(x), max(p.w-2, 0)), min(int(y), max(p.h-2, 0))
	fx, fy := x-float64(ix), y-float64(iy)
	o := iy*p.stride + ix
	right, below := min(1, p.w-1), min(1, p.h-1)*p.stride
	a, b := float64(p.pix[o]), float64(p.pix[o+right])
	c, d := float64(p.pix[o+below]), float64(p.pix[o+below+right])
	a += (b - a) * fx
	c += (d - c) * fx
	return a + (c-a)*fy
}

// line takes n levels from a point on, a step apart, in sixteenths.
func (p *plane) line(from, step Point, n int, out []int32) []int32 {
	out = out[:0]
	for i := range n {
		out = append(out, int32(16*p.at(from.X+float64(i)*step.X, from.Y+float64(i)*step.Y)))
	}
	return out
}

// row takes a row of pixels, in sixteenths.
func (p *plane) row(y int, out []int32) []int32 {
	out = out[:0]
	for _, v := range p.pix[y*p.stride : y*p.stride+p.w] {
		out = append(out, int32(v)<<4)
	}
	return out
}

// soften gives the picture with each pixel mixed with its neighbours, 1 2 1 both
// ways, which takes two thirds of a sensor's noise away.
func (p *plane) soften(out *plane) {
	out.fit(p.w, p.h)
	for y := range p.h {
		up, mid, down := p.pix[max(y-1, 0)*p.stride:], p.pix[y*p.stride:], p.pix[min(y+1, p.h-1)*p.stride:]
		to := out.pix[y*p.w : (y+1)*p.w]
		column := func(x int) int { return int(up[x]) + 2*int(mid[x]) + int(down[x]) }
		left, here := column(0), column(0)
		for x := range to {
			right := column(min(x+1, p.w-1))
			to[x] = uint8((left + 2*here + right + 8) >> 4)
			left, here = here, right
		}
	}
}

// half gives the picture at half its size.
func (p *plane) half(out *plane) {
	out.fit(p.w/2, p.h/2)
	for y := range out.h {
		a, b := p.pix[2*y*p.stride:], p.pix[(2*y+1)*p.stride:]
		to := out.pix[y*out.w : (y+1)*out.w]
		for x := range to {
			to[x] = uint8((int(a[2*x]) + int(a[2*x+1]) + int(b[2*x]) + int(b[2*x+1]) + 2) >> 2)
		}
	}
}

// noise estimates the standard deviation of a sensor's noise, in levels: the
// median of how far pixels are from the mean of their neighbours on a line.
func (p *plane) noise() float64 {
	var count [256]int
	total := 0
	for y := 2; y < p.h; y += 7 {
		row := p.pix[y*p.stride : y*p.stride+p.w]
		for x := 1; x+1 < len(row); x += 5 {
			d := 2*int(row[x]) - int(row[x-1]) - int(row[x+1])
			count[min(max(d, -d)/2, 255)]++
			total++
		}
	}
	seen := 0
	for v, n := range count {
		if seen += n; 2*seen >= total {
			// The median of |d|/2 is 0.6745 times sqrt(6)/2 of the deviation.
			return (float64(v) + 0.5) / 0.826
		}
	}
	return 0
}
