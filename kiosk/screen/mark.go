package screen

import (
	"image/color"
	"math"
)

type kind uint8

const (
	box    kind = iota // rectangle: fill, edge, edgeW, radius
	words              // one run of text: text, size, weight, fill; x, y, w, h is its line
	icon               // text names it, fill is its ink
	ring               // part of a ring, from..to in degrees from the top, edgeW thick
	stroke             // a straight line from x, y to x+w, y+h, edgeW thick, round ends
	shade              // from fill at the top to edge at the bottom
	qr                 // text as a code, fill on ground
	photo              // the portrait that text names, fitted into the middle
	moon               // the lines of the moon gate in a square: fill the rings, edge what is round them
)

// A mark is one thing on the page, in page units, drawn before what follows it.
// Equal marks look the same, so that one which was there before is left alone.
type mark struct {
	kind       kind
	over       bool // belongs to the card above the page
	weight     weight
	x, y, w, h float32
	fill, edge color.NRGBA
	edgeW      float32
	radius     float32
	size       float32
	from, to   float32
	text       string
	ground     color.NRGBA // what is behind words and icons
}

// A Target is a place that can be touched.
type Target struct {
	ID, Label  string
	X, Y, W, H int  // pixels of the window, from its top left
	Enabled    bool // false is drawn pale; the touch is reported all the same
}

func (t Target) holds(x, y float32) bool {
	return x >= float32(t.X) && y >= float32(t.Y) && x < float32(t.X+t.W) && y < float32(t.Y+t.H)
}

// A touchable is a Target in page units.
type touchable struct {
	id, label  string
	x, y, w, h float32
	off        bool
}

// A part is a piece of the page with its own top left corner at 0, 0.
type part struct {
	w, h    float32
	marks   []mark
	targets []touchable
}

func (p *part) draw(m mark) { p.marks = append(p.marks, m) }

func (p *part) touch(id, label string, off bool, x, y, w, h float32) {
	p.targets = append(p.targets, touchable{id, label, x, y, w, h, off})
}

// put copies q onto p with its corner at x, y.
func (p *part) put(q part, x, y float32) {
	for _, m := range q.marks {
		m.x += x
		m.y += y
		p.marks = append(p.marks, m)
	}
	for _, t := range q.targets {
		t.x += x
		t.y += y
		p.targets = append(p.targets, t)
	}
}

// pixels turns page units into whole pixels at u pixels a unit. Edges are
// rounded, not sizes, so that what touches still touches.
func (p *part) pixels(u float32) {
	whole := func(v float32) float32 { return float32(math.Round(float64(v * u))) }
	for i := range p.marks {
		m := &p.marks[i]
		if m.kind == words {
			m.x, m.y, m.w, m.h = whole(m.x), m.y*u, m.w*u, m.h*u
		} else {
			right, bottom := whole(m.x+m.w), whole(m.y+m.h)
			m.x, m.y = whole(m.x), whole(m.y)
			m.w, m.h = right-m.x, bottom-m.y
		}
		m.size *= u
		m.radius = whole(m.radius)
		if m.edgeW > 0 {
			m.edgeW = max(1, whole(m.edgeW))
		}
	}
}

func (t touchable) pixels(u float32) Target {
	whole := func(v float32) int { return int(math.Round(float64(v * u))) }
	x, y := whole(t.x), whole(t.y)
	return Target{ID: t.id, Label: t.label, X: x, Y: y, W: whole(t.x+t.w) - x, H: whole(t.y+t.h) - y, Enabled: !t.off}
}
