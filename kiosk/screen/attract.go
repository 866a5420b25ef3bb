package screen

import (
	"image"
	"math"

	"motcua/kiosk/visit"
)

// attract is the whole page nobody is standing before: the moon gate with the
// greeting in it, and one thing to do.
func (b *brush) attract(v visit.Attract, head visit.Head, w, h float32) part {
	g := b.pal.gate
	p := part{w: w, h: h}
	half := h * 0.53
	p.draw(mark{kind: shade, w: w, h: half, fill: g.top, edge: g.middle})
	p.draw(mark{kind: shade, y: half, w: w, h: h - half, fill: g.middle, edge: g.bottom})
	if b.wide {
		b.gate(&p, v, 84, (h-min(h-120, 880))/2, min(h-120, 880))
		b.invite(&p, v, head, w*0.56+20, w*0.44-100, h)
		return p
	}
	name := letters{size: 41, weight: semibold, ink: g.second, ground: g.top}
	y := float32(112)
	y += b.paragraph(&p, 56, y, w-112, head.Title, name, centre)
	name.weight, name.size = regular, 40
	y += b.paragraph(&p, 56, y, w-112, head.Ward, name, centre)

	below := b.startHeight() + 66 + b.langHeight() + min(128, b.grown(128, -0.8))
	help := letters{size: 34, ink: g.second, ground: g.bottom}
	hh := b.paragraphHeight(w-112, v.Help, help)
	bottom := h - 64 - hh
	b.help(&p, v.Help, 56, bottom, w-112, help)
	top := bottom - below
	side := min(840, top-y-120)
	b.gate(&p, v, (w-side)/2, y+(top-y-side)/2, side)
	b.starts(&p, v, 90, top, w-180)
	return p
}

// invite is the right half of the attract page in landscape.
func (b *brush) invite(p *part, v visit.Attract, head visit.Head, x, w, h float32) {
	g := b.pal.gate
	name := letters{size: 42, weight: semibold, ink: g.second, ground: g.top}
	ward := letters{size: 40, ink: g.second, ground: g.top}
	help := letters{size: 34, ink: g.second, ground: g.bottom}
	nh := b.paragraphHeight(w, head.Title, name) + b.paragraphHeight(w, head.Ward, ward)
	bh := b.startHeight() + 48 + b.langHeight()
	hh := b.paragraphHeight(w, v.Help, help)
	gap := min(110, (h-nh-bh-hh-120)/2)
	y := (h - nh - bh - hh - 2*gap) / 2
	y += b.paragraph(p, x, y, w, head.Title, name, left)
	y += b.paragraph(p, x, y, w, head.Ward, ward, left)
	y += gap
	b.starts(p, v, x, y, w)
	b.help(p, v.Help, x, y+bh+gap, w, help)
}

// help sets the line on who to call, its bold words in the brighter ink.
func (b *brush) help(p *part, text string, x, y, w float32, l letters) {
	q := part{}
	a := centre
	if b.wide {
		a = left
	}
	b.paragraph(&q, 0, 0, w, text, l, a)
	for i := range q.marks {
		if q.marks[i].weight == bold {
			q.marks[i].fill = b.pal.gate.ink
		}
	}
	p.put(q, x, y)
}

func (b *brush) startHeight() float32 { return b.grown(168, 0.3) + 8 }
func (b *brush) langHeight() float32  { return b.grown(119, 0.3) }

// starts draws the one thing to do and the languages below it.
func (b *brush) starts(p *part, v visit.Attract, x, y, w float32) {
	g := b.pal.gate
	h := b.startHeight()
	c := part{}
	sunk := float32(0)
	if v.Start.ID != "" && v.Start.ID == b.pressed {
		sunk = 8
	}
	c.draw(mark{kind: box, y: 8, w: w, h: h - 8, radius: 30, fill: g.foot})
	c.draw(mark{kind: box, y: sunk, w: w, h: h - 8, radius: 30, fill: g.start})
	b.fit(&c, 30, sunk, w-60, h-8, v.Start.Label, letters{size: 54, weight: bold, ink: g.onStart, ground: g.start}, centre)
	c.touch(v.Start.ID, v.Start.Label, v.Start.Off, 0, 0, w, h)
	p.put(c, x, y)
	y += h + 66
	if b.wide {
		y -= 18
	}
	if len(v.Langs) == 0 {
		return
	}
	const gap = 32
	n := float32(len(v.Langs))
	lw := (w - gap*(n-1)) / n
	lh := b.langHeight()
	for i, lang := range v.Langs {
		c := part{}
		edge, ink := fade(g.second, 0.5), g.second
		if lang.On {
			edge, ink = g.second, g.ink
		}
		under := g.middle
		fill := fade(g.second, 0)
		if lang.ID != "" && lang.ID == b.pressed {
			fill, under = fade(g.second, 0.16), mix(g.middle, g.second, 0.16)
		}
		c.draw(mark{kind: box, w: lw, h: lh, radius: 30, fill: fill, edge: edge, edgeW: 3 * b.pal.bold})
		b.fit(&c, 20, 0, lw-40, lh, lang.Label, letters{size: 46, weight: semibold, ink: ink, ground: under}, centre)
		c.touch(lang.ID, lang.Label, lang.Off, 0, 0, lw, lh)
		p.put(c, x+float32(i)*(lw+gap), y)
	}
}

// The rings of the gate, as shares of its side.
const (
	outerRing = 0.77
	innerRing = 0.70
)

// moonImage draws the lines of the gate in one image: a rounded square, the
// circle in it and two rings. One image is copied to the window in less time
// than four.
func moonImage(m mark) image.Image {
	side := int(min(m.w, m.h))
	img := image.NewNRGBA(image.Rect(0, 0, side, side))
	square := plateKey{w: side, h: side, radius: int(m.radius), edgeW: int(m.edgeW), edge: m.edge}
	mid, wide := float64(side)/2, float64(m.edgeW)
	on := func(d, radius, width float64) float64 { // cover of a circle's line
		return min(1, max(0, width/2+0.5-math.Abs(d-radius+width/2)))
	}
	for y := range side {
		for x := range side {
			d := math.Hypot(float64(x)+0.5-mid, float64(y)+0.5-mid)
			c := square.at(x, y)
			if k := on(d, mid, wide); k > 0 {
				c = m.edge
				c.A = max(uint8(float64(m.edge.A)*k), square.at(x, y).A)
			}
			if k := max(on(d, mid*outerRing, wide*4/3), on(d, mid*innerRing, wide)); k > 0 {
				c = m.fill
				c.A = uint8(float64(m.fill.A) * k)
			}
			img.SetNRGBA(x, y, c)
		}
	}
	return img
}

// ticks is how many marks stand round the gate, as on a clock.
const ticks = 12

// gate draws the moon gate of the given side with the greeting in it. One of
// its marks is lit, and step after step the light goes round.
func (b *brush) gate(p *part, v visit.Attract, x, y, side float32) {
	g := b.pal.gate
	r := side / 2
	cx, cy := x+r, y+r
	p.draw(mark{kind: moon, x: x, y: y, w: side, h: side, radius: 42, fill: g.ring, edge: g.faint, edgeW: 3 * b.pal.bold})
	lit := b.step % ticks
	for i := range ticks {
		a := float64(i) * 2 * math.Pi / ticks
		sin, cos := float32(math.Sin(a)), float32(math.Cos(a))
		from, to := r*0.83, r*0.94
		ink := g.ring
		if i == lit {
			ink = g.lit
		}
		p.draw(mark{kind: stroke, x: cx + sin*from, y: cy - cos*from, w: sin * (to - from), h: -cos * (to - from), edgeW: 7, fill: ink})
	}

	hello := letters{size: 92, weight: bold, ink: g.ink, ground: g.middle, lead: 1.17}
	line := letters{size: 42, ink: g.second, ground: g.middle}
	// The words stay inside the inner ring, at any size of letters.
	fit := *b
	inner := side * innerRing / 2 * 0.95
	for {
		greeting := fit.wrap(v.Greeting, hello, 2*inner)
		rest := fit.wrap(v.Line, line, 2*inner*0.92)
		gap := hello.size * fit.text * 0.2
		tall := float32(len(greeting))*hello.height(&fit) + gap + float32(len(rest))*line.height(&fit)
		top := cy - tall/2
		q := part{}
		y := top
		for _, r := range greeting {
			fit.setRow(&q, cx-inner, y, 2*inner, r, hello, centre)
			y += hello.height(&fit)
		}
		y += gap
		for _, r := range rest {
			fit.setRow(&q, cx-inner, y, 2*inner, r, line, centre)
			y += line.height(&fit)
		}
		if inside(q.marks, cx, cy, inner) || fit.text < 0.3 {
			p.put(q, 0, 0)
			return
		}
		fit.text *= 0.97
	}
}

// inside tells that the letters of all marks stand within a circle.
func inside(marks []mark, cx, cy, r float32) bool {
	for _, m := range marks {
		slack := m.h * 0.22 // a line is higher than its letters
		dx := max(cx-m.x, m.x+m.w-cx)
		dy := max(cy-(m.y+slack), m.y+m.h-slack-cy)
		if dx*dx+dy*dy > r*r {
			return false
		}
	}
	return true
}
