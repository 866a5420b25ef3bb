package screen

import (
	"image/color"

	"motcua/kiosk/visit"
)

// The pictures are drawn on a sheet of this size and scaled into their card.
const (
	sheetW = 968
	sheetH = 559
	drawnW = 850 // what the drawings take of it in the middle
)

// A glide is the way of the one moving thing: it rests before, moves in glideSteps
// frames, rests after, and comes back.
const (
	glideSteps = 8
	glideRound = 2*glideSteps + 2
)

// glide is how far the moving thing has come at a step, from 0 to 1, slow at
// both ends.
func glide(step int) float32 {
	at := step % glideRound
	t := float32(0)
	switch {
	case at <= glideSteps:
		t = float32(at) / glideSteps
	default:
		t = 1 - float32(at-glideSteps-1)/glideSteps
	}
	return t * t * (3 - 2*t)
}

// picture is a drawing in a card that shows the gesture to make.
func (b *brush) picture(v visit.Picture, w, h float32) part {
	p := part{w: w, h: h}
	b.card(&p, "", w, h, 32)
	at := float32(1)
	if !b.still {
		at = glide(b.step)
	}
	q := part{}
	switch v.Name {
	case "card-reader":
		b.drawReader(&q, at)
	case "card-crowded":
		b.drawCrowded(&q, at)
	case "printer-open":
		b.drawOpen(&q, at)
	case "printer-roll":
		b.drawRoll(&q, at)
	case "printer-shut":
		b.drawShut(&q, at)
	case "cable":
		b.drawCable(&q, at)
	case "card-number":
		b.drawNumber(&q, at)
	case "card-scanner":
		b.drawScanner(&q, at, false)
	case "receipt-scanner":
		b.drawScanner(&q, at, true)
	default: // "paper-slot", "receipt"
		b.drawSlot(&q, at, v.Name == "receipt")
	}
	k := min((w-24)/drawnW, h/sheetH)
	dx, dy := (w-sheetW*k)/2, (h-sheetH*k)/2
	for _, m := range q.marks {
		m.x, m.y, m.w, m.h = m.x*k+dx, m.y*k+dy, m.w*k, m.h*k
		m.radius *= k
		m.edgeW *= k
		p.draw(m)
	}
	return p
}

// inks of the drawings; they show things, not words.
type inks struct{ card, edge, chip, etch, bar, barLow, body, glow, arrow color.NRGBA }

func (b *brush) inks() inks {
	i := inks{card: rgb(0xEADCC3), edge: b.pal.gold, chip: rgb(0xC0902F), etch: rgb(0x8A6420),
		bar: rgb(0xBBA97F), barLow: rgb(0xD0C09B), body: rgb(0x211C17), glow: rgb(0x0B6B50), arrow: b.tint(visit.Son).ink}
	if b.pal != &paper {
		i.body, i.glow = mix(b.pal.key, b.pal.second, 0.3), b.tint(visit.Jade).ink
	}
	return i
}

func bar(p *part, x, y, w, h, radius float32, fill color.NRGBA) {
	p.draw(mark{kind: box, x: x, y: y, w: w, h: h, radius: radius, fill: fill})
}

// idCard draws an identity card with its corner at x, y.
func (b *brush) idCard(p *part, x, y float32, code bool) {
	i := b.inks()
	p.draw(mark{kind: box, x: x, y: y, w: 423, h: 265, radius: 26, fill: i.card, edge: i.edge, edgeW: 4})
	if code {
		bar(p, x+40, y+60, 104, 128, 12, i.bar)
		bar(p, x+172, y+64, 120, 14, 7, i.bar)
		bar(p, x+172, y+104, 96, 14, 7, i.barLow)
		bar(p, x+172, y+144, 120, 14, 7, i.barLow)
		bar(p, x+40, y+216, 343, 14, 7, i.barLow)
		p.draw(mark{kind: qr, x: x + 308, y: y + 26, w: 92, h: 92, text: "0123456789", fill: i.body, ground: i.card})
		return
	}
	bar(p, x+38, y+82, 72, 58, 12, i.chip)
	bar(p, x+38, y+109, 72, 4, 0, i.etch)
	bar(p, x+72, y+82, 4, 58, 0, i.etch)
	bar(p, x+141, y+86, 230, 16, 8, i.bar)
	bar(p, x+141, y+122, 180, 16, 8, i.bar)
	bar(p, x+38, y+182, 333, 16, 8, i.barLow)
	bar(p, x+38, y+216, 333, 16, 8, i.barLow)
}

// arrow points from x, y by dx to the right or by dy up or down; one of them is 0.
func arrow(p *part, x, y, dx, dy float32, ink color.NRGBA) {
	const wide, barb = 12, 36
	p.draw(mark{kind: stroke, x: x, y: y, w: dx, h: dy, edgeW: wide, fill: ink})
	ex, ey := x+dx, y+dy
	if dy != 0 {
		back := float32(barb) // against the way it points
		if dy < 0 {
			back = -barb
		}
		p.draw(mark{kind: stroke, x: ex - barb, y: ey - back, w: barb, h: back, edgeW: wide, fill: ink})
		p.draw(mark{kind: stroke, x: ex + barb, y: ey - back, w: -barb, h: back, edgeW: wide, fill: ink})
		return
	}
	p.draw(mark{kind: stroke, x: ex - barb, y: ey - barb, w: barb, h: barb, edgeW: wide, fill: ink})
	p.draw(mark{kind: stroke, x: ex - barb, y: ey + barb, w: barb, h: -barb, edgeW: wide, fill: ink})
}

// drawReader: a card is laid down onto the reader.
func (b *brush) drawReader(p *part, at float32) {
	i := b.inks()
	b.idCard(p, 273, 44+60*at, false)
	bar(p, 194, 369, 580, 120, 30, i.body)
	glow := i.glow
	if at < 1 {
		glow = mix(i.body, i.glow, 0.35+0.65*at)
	}
	bar(p, 294, 391, 380, 14, 7, glow)
	arrow(p, 804, 160, 0, 150, i.arrow)
}

// drawCrowded: of two cards on the reader one is taken away.
func (b *brush) drawCrowded(p *part, at float32) {
	i := b.inks()
	b.idCard(p, 150, 104, false)
	b.otherCard(p, 330+60*at, 104-50*at)
	bar(p, 134, 369, 640, 120, 30, i.body)
	bar(p, 264, 391, 380, 14, 7, mix(i.body, b.tint(visit.Amber).ink, 0.9))
	arrow(p, 866, 310, 0, -150, i.arrow)
}

// otherCard is a card of any other kind, with its corner at x, y.
func (b *brush) otherCard(p *part, x, y float32) {
	i := b.inks()
	t := b.tint(visit.Indigo)
	p.draw(mark{kind: box, x: x, y: y, w: 423, h: 265, radius: 26, fill: t.paper, edge: t.ink, edgeW: 4})
	bar(p, x+2, y+52, 419, 46, 0, t.ink)
	bar(p, x+38, y+142, 210, 16, 8, i.bar)
	bar(p, x+38, y+182, 150, 16, 8, i.barLow)
}

// drawNumber: the number stands on the side with the photograph.
func (b *brush) drawNumber(p *part, at float32) {
	const k = 1.55
	i := b.inks()
	q := part{}
	b.idCard(&q, 0, 0, true)
	for _, m := range q.marks {
		m.x, m.y, m.w, m.h, m.radius = m.x*k, m.y*k, m.w*k, m.h*k, m.radius*k
		m.x, m.y = m.x+156, m.y+74
		p.draw(m)
	}
	ring := mix(i.card, rgb(0x8E1B1F), 0.35+0.65*at)
	p.draw(mark{kind: box, x: 410, y: 155, w: 212, h: 52, radius: 18, edge: ring, edgeW: 8})
}

// drawScanner: a card, or a slip of paper, is held before the scanner at the right,
// code first.
func (b *brush) drawScanner(p *part, at float32, slip bool) {
	i := b.inks()
	beam := i.arrow
	beam.A = uint8(40 + 90*at)
	bar(p, 640, 188, 130, 6, 3, beam)
	bar(p, 640, 226, 130, 6, 3, beam)
	bar(p, 640, 264, 130, 6, 3, beam)
	if slip {
		b.slip(p, 230+90*at, 70)
	} else {
		b.idCard(p, 120+90*at, 148, true)
	}
	bar(p, 752, 98, 120, 300, 34, i.body)
	bar(p, 764, 150, 22, 156, 11, mix(i.body, i.arrow, 0.4+0.6*at))
	bar(p, 790, 398, 44, 70, 0, i.body)
	bar(p, 722, 452, 180, 30, 15, i.body)
	arrow(p, 250, 478, 190, 0, i.arrow)
}

// slip draws a receipt that is held by hand, with its corner at x, y.
func (b *brush) slip(p *part, x, y float32) {
	i := b.inks()
	p.draw(mark{kind: box, x: x, y: y, w: 250, h: 366, radius: 6, fill: rgb(0xFFFFFF), edge: i.bar, edgeW: 3})
	bar(p, x+34, y+38, 150, 14, 7, i.bar)
	bar(p, x+34, y+74, 182, 14, 7, i.barLow)
	bar(p, x+34, y+110, 120, 14, 7, i.barLow)
	p.draw(mark{kind: qr, x: x + 35, y: y + 162, w: 180, h: 180, text: "0123456789", fill: rgb(0x211C17), ground: rgb(0xFFFFFF)})
}

// drawSlot: a receipt comes out of the slot below the screen.
func (b *brush) drawSlot(p *part, at float32, code bool) {
	i := b.inks()
	long := 120 + 150*at
	x := float32(334)
	p.draw(mark{kind: box, x: x, y: 170, w: 300, h: long, radius: 6, fill: rgb(0xFFFFFF), edge: i.bar, edgeW: 3})
	y := 170 + long
	if code {
		p.draw(mark{kind: qr, x: x + 94, y: y - 136, w: 112, h: 112, text: "0123456789", fill: rgb(0x211C17), ground: rgb(0xFFFFFF)})
	} else {
		bar(p, x+40, y-120, 220, 14, 7, i.bar)
		bar(p, x+40, y-88, 180, 14, 7, i.barLow)
		bar(p, x+40, y-56, 200, 14, 7, i.barLow)
	}
	bar(p, 214, 84, 540, 110, 30, i.body)
	bar(p, 304, 160, 360, 14, 7, i.glow)
	arrow(p, 790, 250, 0, 140, i.arrow)
}
