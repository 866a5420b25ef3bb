package screen

import (
	"image/color"

	"motcua/kiosk/visit"
)

// The pictures of what staff do show the printer from the side.

// printerBody is the printer without its cover, as seen from the side.
func (b *brush) printerBody(p *part) {
	i := b.inks()
	bar(p, 214, 270, 540, 210, 30, i.body)
	bar(p, 304, 440, 360, 12, 6, i.glow)
}

// cover is the printer's cover, up by lift.
func (b *brush) cover(p *part, lift float32) {
	i := b.inks()
	ink := mix(i.body, b.pal.card, 0.28)
	bar(p, 214, 206-lift, 540, 72, 30, ink)
	bar(p, 424, 232-lift, 120, 16, 8, mix(ink, b.pal.card, 0.5))
}

// drawOpen: the cover is lifted.
func (b *brush) drawOpen(p *part, at float32) {
	b.printerBody(p)
	b.cover(p, 120*at)
	arrow(p, 836, 380, 0, -190, b.inks().arrow)
}

// drawRoll: a new roll is laid in, its end coming from below.
func (b *brush) drawRoll(p *part, at float32) {
	i := b.inks()
	white, grey := rgb(0xFFFFFF), rgb(0x9A9086)
	b.printerBody(p)
	y := 20 + 120*at
	disc := func(inset float32, fill, edge color.NRGBA) {
		d := 236 - 2*inset
		p.draw(mark{kind: box, x: 366 + inset, y: y + inset, w: d, h: d, radius: d / 2, fill: fill, edge: edge, edgeW: 4})
	}
	disc(0, white, grey)
	disc(44, white, rgb(0xD6CEC2))
	disc(84, i.bar, grey)
	p.draw(mark{kind: box, x: 150, y: y + 216, w: 330, h: 20, radius: 6, fill: white, edge: grey, edgeW: 3})
	arrow(p, 836, 110, 0, 190, i.arrow)
}

// drawShut: the cover is pressed down, the paper's end sticks out.
func (b *brush) drawShut(p *part, at float32) {
	b.printerBody(p)
	p.draw(mark{kind: box, x: 120, y: 262, w: 160, h: 20, radius: 6, fill: rgb(0xFFFFFF), edge: rgb(0x9A9086), edgeW: 3})
	b.cover(p, 120*(1-at))
	arrow(p, 836, 140, 0, 190, b.inks().arrow)
}

// drawCable: a plug goes into its socket.
func (b *brush) drawCable(p *part, at float32) {
	i := b.inks()
	x := 60 + 96*at
	bar(p, x, 268, 190, 22, 11, i.bar)
	bar(p, x+170, 220, 190, 118, 26, i.body)
	bar(p, x+360, 240, 84, 78, 10, i.edge)
	bar(p, 600, 120, 250, 318, 34, i.body)
	bar(p, 600, 232, 92, 94, 10, mix(i.body, rgb(0), 0.45))
	bar(p, 780, 160, 32, 32, 16, mix(i.body, i.glow, 0.2+0.8*at))
	arrow(p, 220, 420, 190, 0, i.arrow)
}

// portraitOf is a portrait on a white card of three to four, as high as there is
// room.
func (b *brush) portraitOf(v visit.Portrait, w, h float32) part {
	const frame = 16
	p := part{w: w, h: h}
	side := min(w, h*3/4)
	x, tall := (w-side)/2, side*4/3
	p.h = tall
	p.draw(mark{kind: box, x: x, w: side, h: tall, radius: 32, fill: rgb(0xFFFFFF), edge: b.pal.line, edgeW: 2})
	p.draw(mark{kind: photo, x: x + frame, y: frame, w: side - 2*frame, h: tall - 2*frame, text: v.ID})
	return p
}
