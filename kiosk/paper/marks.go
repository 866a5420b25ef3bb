package paper

import (
	"image"

	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
	"golang.org/x/text/unicode/norm"
)

func nfc(s string) string { return norm.NFC.String(s) }

// ticked sets t in the middle with a tick before it.
func (s *sheet) ticked(t string, c cut) {
	side, gap := c.size*9/10, c.size/3
	ws := words(t)
	room := s.room() - side - gap
	lines := s.balance(ws, c, c, room)
	long := 0
	for _, l := range lines {
		long = max(long, l.long)
	}
	x := s.margin + (room-long)/2
	s.tick(image.Rect(x, s.y+(len(lines)*c.high()-side)/2, x+side, s.y+(len(lines)*c.high()+side)/2))
	s.set("state", lines, c, c, x+side+gap, long, centre, 0)
}

// tick draws a check mark that fills r.
func (s *sheet) tick(r image.Rectangle) {
	s.reach(r.Max.Y + 1)
	w, h := float32(r.Dx()), float32(r.Dy())
	z := vector.NewRasterizer(r.Dx(), r.Dy())
	for i, p := range [][2]float32{{.02, .56}, {.16, .42}, {.38, .64}, {.84, .10}, {.98, .24}, {.38, .92}} {
		if i == 0 {
			z.MoveTo(p[0]*w, p[1]*h)
			continue
		}
		z.LineTo(p[0]*w, p[1]*h)
	}
	z.ClosePath()
	mask := image.NewAlpha(image.Rect(0, 0, r.Dx(), r.Dy()))
	z.Draw(mask, mask.Rect, image.Opaque, image.Point{})
	for i, a := range mask.Pix {
		if a >= inked {
			s.pix[(r.Min.Y+i/mask.Stride)*s.width+r.Min.X+i%mask.Stride] = 0
		}
	}
	s.boxes = append(s.boxes, box{"tick", r, r})
}

// arrow is the sign →, which the typeface lacks.
func arrow(c cut) glyph {
	size := float32(c.size)
	thick := size * (0.07 + 0.02*float32(c.weight))
	wide, high := c.size, c.size*6/10
	mid, neck, tip := float32(high)/2, size*0.6, size*0.94
	z := vector.NewRasterizer(wide, high)
	z.MoveTo(size*0.08, mid-thick/2)
	z.LineTo(neck, mid-thick/2)
	z.LineTo(neck, mid-size*0.22)
	z.LineTo(tip, mid)
	z.LineTo(neck, mid+size*0.22)
	z.LineTo(neck, mid+thick/2)
	z.LineTo(size*0.08, mid+thick/2)
	z.ClosePath()
	mask := image.NewAlpha(image.Rect(0, 0, wide, high))
	z.Draw(mask, mask.Rect, image.Opaque, image.Point{})
	g := glyph{at: image.Rect(0, -c.size*13/20, wide, -c.size*13/20+high), advance: fixed.I(wide), dots: make([]bool, wide*high)}
	for i, a := range mask.Pix {
		g.dots[i] = a >= inked
	}
	return g
}

// ruler draws a tick each centimetre (80 dots, 203 to the inch) across the
// whole width, and below it a bar over every dot of the head.
func (s *sheet) ruler() {
	top := s.y
	for mm := 0; mm*203*10/254 < s.width; mm++ {
		long := 8
		switch {
		case mm%10 == 0:
			long = 28
		case mm%5 == 0:
			long = 16
		}
		x := mm * 203 * 10 / 254
		s.fill(image.Rect(x, top, min(x+2, s.width), top+long), 0)
	}
	s.fill(image.Rect(0, top+36, s.width, top+56), 0)
	for x := 0; x < s.width; x += 2 {
		s.fill(image.Rect(x, top+60, x+1, top+76), 0)
	}
	s.y = top + 76
	room := image.Rect(0, top, s.width, s.y)
	s.boxes = append(s.boxes, box{"ruler", room, room})
}
