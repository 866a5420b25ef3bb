package screen

import (
	"image"
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// Plates are drawn here and shown as images: a software OpenGL takes several
// times as long for Fyne's own rounded rectangles, whose shader works out every
// pixel of them, as for copying pixels. A wide plate is three images, its two
// ends and one column that is stretched between them.

// A slice is which part of a plate an image shows.
type slice uint8

const (
	all slice = iota
	leftEnd
	middleColumn
	rightEnd
)

type plateKey struct {
	w, h, radius, edgeW int
	fill, edge          color.NRGBA
	part                slice
}

// smallPlate is how many pixels a plate is drawn whole up to.
const smallPlate = 16000

// mostPlates is how many pixels of plates are kept.
const mostPlates = 1 << 20

// plates keeps what was drawn. It belongs to the goroutine that draws.
type plates struct {
	drawn  map[plateKey]*image.RGBA
	pixels int
}

func newPlates() *plates { return &plates{drawn: map[plateKey]*image.RGBA{}} }

func (p *plates) show(m mark) []fyne.CanvasObject {
	k := plateKey{w: int(m.w), h: int(m.h), radius: int(min(m.radius, m.w/2, m.h/2)), edgeW: int(m.edgeW), fill: m.fill, edge: m.edge}
	if k.w <= 0 || k.h <= 0 {
		return nil
	}
	end := max(k.radius, k.edgeW) + 1
	switch {
	case k.radius == 0 && k.edgeW == 0:
		k.w, k.h = 1, 1
		return []fyne.CanvasObject{p.object(k, m.x, m.y, m.w, m.h)}
	case k.w*k.h <= smallPlate || k.w <= 2*end+1:
		return []fyne.CanvasObject{p.object(k, m.x, m.y, m.w, m.h)}
	}
	wide := float32(end)
	l, c, r := k, k, k
	l.part, c.part, r.part = leftEnd, middleColumn, rightEnd
	// The ends are the same whatever stands between them.
	l.w, c.w, r.w = 2*end+1, 2*end+1, 2*end+1
	return []fyne.CanvasObject{
		p.object(l, m.x, m.y, wide, m.h),
		p.object(c, m.x+wide, m.y, m.w-2*wide, m.h),
		p.object(r, m.x+m.w-wide, m.y, wide, m.h),
	}
}

func (p *plates) object(k plateKey, x, y, w, h float32) fyne.CanvasObject {
	img, ok := p.drawn[k]
	if !ok {
		img = k.draw()
		if p.pixels += len(img.Pix) / 4; p.pixels > mostPlates {
			clear(p.drawn)
			p.pixels = len(img.Pix) / 4
		}
		p.drawn[k] = img
	}
	o := canvas.NewImageFromImage(img)
	o.ScaleMode = canvas.ImageScalePixels
	o.Move(fyne.NewPos(x, y))
	o.Resize(fyne.NewSize(w, h))
	return o
}

// draw makes the pixels of a plate or a slice of it.
func (k plateKey) draw() *image.RGBA {
	from, to := 0, k.w
	end := max(k.radius, k.edgeW) + 1
	switch k.part {
	case leftEnd:
		to = end
	case middleColumn:
		from, to = end, end+1
	case rightEnd:
		from = k.w - end
	}
	img := image.NewRGBA(image.Rect(0, 0, to-from, k.h))
	for y := range k.h {
		for x := from; x < to; x++ {
			c := k.at(x, y)
			i := img.PixOffset(x-from, y)
			a := uint32(c.A)
			img.Pix[i], img.Pix[i+1], img.Pix[i+2], img.Pix[i+3] =
				uint8(uint32(c.R)*a/255), uint8(uint32(c.G)*a/255), uint8(uint32(c.B)*a/255), c.A
		}
	}
	return img
}

// at is the colour of one pixel, smooth at the rim and between edge and fill.
func (k plateKey) at(x, y int) color.NRGBA {
	depth := k.depth(float64(x)+0.5, float64(y)+0.5)
	cover := min(1, max(0, depth+0.5))
	c := k.fill
	if k.edgeW > 0 {
		within := min(1, max(0, depth-float64(k.edgeW)+0.5))
		c = blend(k.edge, k.fill, within)
	}
	c.A = uint8(float64(c.A)*cover + 0.5)
	return c
}

// depth is how far a point is inside the rim.
func (k plateKey) depth(x, y float64) float64 {
	w, h, r := float64(k.w), float64(k.h), float64(k.radius)
	dx, dy := min(x, w-x), min(y, h-y)
	if dx < r && dy < r {
		return r - math.Hypot(r-dx, r-dy)
	}
	return min(dx, dy)
}

// blend goes from a to b, which may be translucent, by share.
func blend(a, b color.NRGBA, share float64) color.NRGBA {
	if share <= 0 {
		return a
	}
	if share >= 1 {
		return b
	}
	wa, wb := (1-share)*float64(a.A), share*float64(b.A)
	if wa+wb == 0 {
		return color.NRGBA{}
	}
	at := func(x, y uint8) uint8 { return uint8((float64(x)*wa+float64(y)*wb)/(wa+wb) + 0.5) }
	return color.NRGBA{R: at(a.R, b.R), G: at(a.G, b.G), B: at(a.B, b.B), A: uint8(wa + wb + 0.5)}
}
