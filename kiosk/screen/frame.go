package screen

import (
	"image/color"
	"math"
	"strconv"

	"motcua/kiosk/visit"
)

func itoa(n int) string { return strconv.Itoa(n) }

// most of the visitor's text scale that the frame round the page follows; its
// words are few and always the same.
const mostFrame = 1.25

func (b *brush) framed() *brush {
	c := *b
	c.text = b.frame
	return &c
}

// sign is the moon gate as a mark, of side s.
func (b *brush) sign(p *part, x, y, s float32) {
	fill, ink := b.pal.primary, rgb(0xF3DFB5)
	if b.pal.bold > 1 {
		ink = b.pal.onPrimary
	}
	p.draw(mark{kind: box, x: x, y: y, w: s, h: s, radius: s * 0.23, fill: fill})
	k := s / 86
	cx, cy := x+s/2, y+s/2
	r := 20 * k
	p.draw(mark{kind: box, x: cx - r, y: cy - r, w: 2 * r, h: 2 * r, radius: r, fill: color.NRGBA{}, edge: ink, edgeW: 4.5 * k})
	for i := range 8 {
		sin, cos := math.Sincos(float64(i) * math.Pi / 4)
		dx, dy := float32(sin), float32(-cos)
		p.draw(mark{kind: stroke, x: cx + dx*26*k, y: cy + dy*26*k, w: dx * 7 * k, h: dy * 7 * k, edgeW: 4.5 * k, fill: ink})
	}
}

// head is the strip on top: mark, names, the other language.
func (b *brush) head(v visit.Head, w float32) part {
	b = b.framed()
	title := letters{size: 38, weight: bold, ink: b.pal.text, ground: b.pal.card, lead: 1.3}
	ward := letters{size: 31, ink: b.pal.second, ground: b.pal.card, lead: 1.32}
	const x, side = 59, 86
	var lang part
	room := w - (x + side + 27) - margin
	if v.Lang.ID != "" {
		lang = b.pill(v.Lang, 300, b.pal.card)
		room -= lang.w + 20
	}
	th, wh := b.paragraphHeight(room, v.Title, title), b.paragraphHeight(room, v.Ward, ward)
	p := part{w: w, h: max(152, th+wh+28)}
	p.draw(mark{kind: box, w: w, h: p.h, fill: b.pal.card})
	p.draw(mark{kind: box, y: p.h - 2, w: w, h: 2, fill: b.pal.line})
	mid := (p.h - 2) / 2
	b.sign(&p, x, mid-side/2, side)
	y := mid - (th+wh)/2
	b.paragraph(&p, x+side+27, y, room, v.Title, title, left)
	b.paragraph(&p, x+side+27, y+th, room, v.Ward, ward, left)
	if v.Lang.ID != "" {
		p.put(lang, w-margin-lang.w, mid-lang.h/2)
	}
	return p
}

// footRow is help and end, the same on every screen.
func (b *brush) footRow(buttons []visit.Button, w float32) part {
	b = b.framed()
	p := part{w: w, h: max(168, b.grown(168, 0.5))}
	p.draw(mark{kind: box, w: w, h: p.h, fill: b.pal.card})
	p.draw(mark{kind: box, w: w, h: 2, fill: b.pal.line})
	if len(buttons) == 0 {
		return p
	}
	cw := w / float32(len(buttons))
	for i, btn := range buttons {
		if i > 0 {
			p.draw(mark{kind: box, x: float32(i)*cw - 1, w: 2, h: p.h, fill: b.pal.line})
		}
		p.put(b.footCell(btn, cw-minGap, p.h-minGap-2), float32(i)*cw+minGap/2, 2+minGap/2)
	}
	return p
}

// footCell is one button of the foot: its icon over its word, or before it
// where the cell is low.
func (b *brush) footCell(btn visit.Button, w, h float32) part {
	p := part{w: w, h: h}
	ink := b.pal.second
	if btn.Tone != visit.Plain {
		ink = b.tint(btn.Tone).ink
	}
	fill := b.pal.card
	if btn.ID == b.pressed {
		fill = b.plate(&p, btn.ID, 0, 0, w, h, 18, fill, color.NRGBA{}, 0)
	}
	l := letters{size: 28, weight: semibold, ink: ink, ground: fill, lead: 1.25}
	side := b.grown(54, 0.4)
	if h < 125 {
		b.icon(&p, btn.Icon, 12, (h-side)/2, side, ink, fill)
		b.fit(&p, side+24, 0, w-side-30, h, btn.Label, l, left)
	} else {
		rows := float32(1)
		if b.needs(btn.Label, l) > w-8 {
			rows = 2
		}
		total := side + 8 + rows*l.height(b)
		y := (h-total)/2 + 1
		b.icon(&p, btn.Icon, (w-side)/2, y, side, ink, fill)
		b.fit(&p, 4, y+side+8, w-8, rows*l.height(b)+1, btn.Label, l, centre)
	}
	p.touch(btn.ID, btn.Label, btn.Off, 0, 0, w, h)
	return p
}

// headColumn is the head of the landscape page.
func (b *brush) headColumn(v visit.Head, w, h float32) part {
	b = b.framed()
	p := part{w: w, h: h}
	p.draw(mark{kind: box, w: w, h: h, fill: b.pal.card})
	p.draw(mark{kind: box, x: w - 2, w: 2, h: h, fill: b.pal.line})
	const pad = 28
	room := w - 2*pad
	title := letters{size: 36, weight: bold, ink: b.pal.text, ground: b.pal.card, lead: 1.28}
	ward := letters{size: 30, ink: b.pal.second, ground: b.pal.card, lead: 1.3}
	lang := b.pill(v.Lang, room, b.pal.card)
	side := float32(96)
	for b.text > 0.5 && 40+side+20+b.paragraphHeight(room, v.Title, title)+10+b.paragraphHeight(room, v.Ward, ward)+20+lang.h+pad > h {
		b.text -= 0.05
		side = max(72, side-6)
	}
	y := float32(40)
	if h < 600 {
		y = 24
	}
	b.sign(&p, pad, y, side)
	y += side + 20
	y += b.paragraph(&p, pad, y, room, v.Title, title, left) + 10
	b.paragraph(&p, pad, y, room, v.Ward, ward, left)
	if v.Lang.ID != "" {
		p.put(lang, pad, h-pad-lang.h)
	}
	return p
}

// footColumn is the foot of the landscape page.
func (b *brush) footColumn(buttons []visit.Button, w, h float32) part {
	b = b.framed()
	p := part{w: w, h: h}
	p.draw(mark{kind: box, w: w, h: h, fill: b.pal.card})
	p.draw(mark{kind: box, w: 2, h: h, fill: b.pal.line})
	if len(buttons) == 0 {
		return p
	}
	ch := h / float32(len(buttons))
	for i, btn := range buttons {
		if i > 0 {
			p.draw(mark{kind: box, y: float32(i)*ch - 1, w: w, h: 2, fill: b.pal.line})
		}
		p.put(b.footCell(btn, w-minGap-2, ch-minGap), 2+minGap/2, float32(i)*ch+minGap/2)
	}
	return p
}
