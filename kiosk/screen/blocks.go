package screen

import (
	"cmp"
	"image/color"

	"motcua/kiosk/visit"
)

// heading is the page's title and the line below it.
func (b *brush) heading(v visit.Heading, w float32) part {
	p := part{w: w}
	l, a := b.title(66), left
	if v.Centred {
		a = centre
	}
	p.h = b.titled(&p, 0, w, v.Title, v.Line, l, a)
	return p
}

// titled sets a balanced title from y and a line of second ink below it; it
// gives the bottom of both.
func (b *brush) titled(p *part, y, w float32, title, line string, l letters, a align) float32 {
	width := b.balance(title, l, w)
	x := float32(0)
	if a == centre {
		x = (w - width) / 2
	}
	y += b.paragraph(p, x, y, width, title, l, a)
	if line == "" {
		return y
	}
	second := letters{size: 40, ink: b.pal.second, ground: l.ground}
	if title != "" {
		y += 8
	}
	if a == centre {
		width = b.balance(line, second, w)
		x = (w - width) / 2
	} else {
		width, x = w, 0
	}
	return y + b.paragraph(p, x, y, width, line, second, a)
}

func (b *brush) note(v visit.Note, w float32) part {
	p := part{w: w}
	l := letters{size: 34, ink: b.pal.second, ground: b.pal.paper}
	side := b.grown(52, 0.8)
	p.h = max(side, b.paragraph(&p, side+28, 0, w-side-28, v.Text, l, left))
	b.icon(&p, v.Icon, 2, max(0, (min(p.h, l.height(b))-side)/2+6), side, b.tint(v.Tone).ink, b.pal.paper)
	return p
}

func (b *brush) progress(v visit.Progress, w float32) part {
	p := part{w: w}
	l := letters{size: 34, weight: semibold, ink: b.pal.second, ground: b.pal.paper}
	count := b.needs(v.Count, l)
	h := b.paragraphHeight(w-count-24, v.Label, l)
	b.paragraph(&p, 0, 0, w-count-24, v.Label, l, left)
	b.paragraph(&p, 0, h-l.height(b), w, v.Count, l, right)
	y := h + 16
	p.draw(mark{kind: box, y: y, w: w, h: 14, radius: 7, fill: b.pal.track})
	if v.All > 0 && v.Done > 0 {
		done := min(w, max(14, w*float32(v.Done)/float32(v.All)))
		p.draw(mark{kind: box, y: y, w: done, h: 14, radius: 7, fill: b.pal.primary})
	}
	p.h = y + 14
	return p
}

// field is one large input. A value too long for its line goes on in a second
// one, and then shows its end, where the visitor is typing.
func (b *brush) field(v visit.Field, w float32) part {
	p := part{w: w}
	const pad = 42
	l := letters{size: 54, weight: medium, ink: b.pal.text, ground: b.pal.card, lead: 1.3, raw: true}
	edge, edgeW := b.pal.line, float32(3)
	switch {
	case v.Problem != "":
		edge, edgeW = b.tint(visit.Son).ink, 4
	case v.Active:
		edge, edgeW = b.tint(visit.Son).ink, 4
	}
	x := float32(pad)
	side := b.grown(60, 0.8)
	if v.Icon != "" {
		x += side + 22
	}
	room := w - x - pad - 12
	text := v.Value
	if v.Value == "" {
		l.size, l.weight, l.ink = 42, regular, b.pal.second
		text = v.Placeholder
	}
	rows := b.wrap(text, l, room)
	if len(rows) > 1 && v.Value != "" {
		l.size = 44
		rows = b.wrap(text, l, room)
	}
	if len(rows) > 2 {
		rows = rows[len(rows)-2:]
	}
	h := max(b.grown(127, 0.6), float32(len(rows))*l.height(b)+48)
	if v.Active {
		h = max(h, b.grown(142, 0.6))
	}
	b.plate(&p, v.ID, 0, 0, w, h, 28, b.pal.card, edge, edgeW)
	b.icon(&p, v.Icon, pad, (h-side)/2, side, b.pal.second, b.pal.card)
	y := (h - float32(len(rows))*l.height(b)) / 2
	for i, r := range rows {
		b.setRow(&p, x, y, room, r, l, left)
		if v.Active && i == len(rows)-1 {
			end := x
			if v.Value != "" {
				end += r.width + 5
			} else {
				end -= 8
			}
			tall := min(h-44, l.size*b.text*1.3)
			p.draw(mark{kind: box, x: end, y: y + (l.height(b)-tall)/2, w: 5, h: tall, fill: b.tint(visit.Son).ink})
		}
		y += l.height(b)
	}
	if v.ID != "" {
		p.touch(v.ID, cmp.Or(v.Value, v.Placeholder, v.ID), false, 0, 0, w, h)
	}
	p.h = h + b.problem(&p, v.Problem, h, w)
	return p
}

// problem says below y what is to be mended and gives the height it took.
func (b *brush) problem(p *part, text string, y, w float32) float32 {
	if text == "" {
		return 0
	}
	l := letters{size: 36, weight: medium, ink: b.tint(visit.Son).ink, ground: b.pal.paper}
	side := b.grown(46, 0.8)
	b.icon(p, "circle-alert", 4, y+16+(l.height(b)-side)/2, side, l.ink, l.ground)
	return 16 + b.paragraph(p, side+22, y+16, w-side-22, text, l, left)
}

// consent is the box to tick; it is never drawn ticked by itself.
func (b *brush) consent(v visit.Consent, w float32) part {
	const pad = 36
	p := part{w: w}
	amber := b.tint(visit.Amber)
	l := letters{size: 38, ink: b.pal.text, ground: amber.paper}
	side := b.grown(76, 0.5)
	x := pad + side + 28
	text := b.paragraphHeight(w-x-pad, v.Text, l)
	more := max(minTarget+1, b.grown(minTarget+3, 0.3))
	upper := max(side, text) + pad
	p.h = upper + 10 + more + 10
	fill := b.plate(&p, v.ID, 0, 0, w, p.h, 28, amber.paper, b.consentEdge(amber), 2)
	l.ground = fill
	b.paragraph(&p, x, pad-4, w-x-pad, v.Text, l, left)
	face := b.pal.card
	if v.Ticked {
		face = amber.ink
	}
	p.draw(mark{kind: box, x: pad, y: pad, w: side, h: side, radius: 18, fill: face, edge: amber.ink, edgeW: 5})
	if v.Ticked {
		b.icon(&p, "check", pad+6, pad+6, side-12, b.pal.card, amber.ink)
	}
	p.touch(v.ID, v.Text, false, 0, 0, w, upper-2)
	link := letters{size: 38, weight: semibold, ink: b.pal.text, ground: fill}
	wide := min(b.needs(v.More.Label, link), w-x-pad)
	if v.More.ID != "" {
		y := upper + 10
		b.fit(&p, x, y, wide+1, more, v.More.Label, link, left)
		line := y + more/2 + link.size*b.text*0.52
		p.draw(mark{kind: box, x: x, y: line, w: wide, h: 3, fill: link.ink})
		b.icon(&p, "chevron-right", x+wide+8, y+(more-b.grown(44, 1))/2+2, b.grown(44, 1), link.ink, fill)
		p.touch(v.More.ID, v.More.Label, v.More.Off, x-16, y, max(wide+84, 240), more)
	}
	return p
}

func (b *brush) consentEdge(t tint) color.NRGBA {
	if b.pal.bold > 1 {
		return t.ink
	}
	return mix(t.paper, t.ink, 0.18)
}

// seal is the big round sign of how it went.
func (b *brush) seal(v visit.Seal, w float32, topped bool) part {
	p := part{w: w}
	t := b.tint(v.Tone)
	if b.wide {
		return b.sealBeside(v, t, w)
	}
	y := float32(0)
	if topped {
		y = 35 * b.tight
	}
	d := b.signSide(208)
	p.draw(mark{kind: box, x: (w - d) / 2, y: y, w: d, h: d, radius: d / 2, fill: t.paper, edge: b.sealEdge(t), edgeW: b.sealWidth()})
	s := d * 0.6
	b.icon(&p, v.Icon, (w-s)/2, y+(d-s)/2, s, t.ink, t.paper)
	p.h = b.titled(&p, y+d+38*b.tight, w, v.Title, v.Line, b.title(66), centre)
	return p
}

// sealBeside is a seal with its words at its right, for the low landscape page.
func (b *brush) sealBeside(v visit.Seal, t tint, w float32) part {
	d := b.signSide(150)
	q := part{}
	h := b.titled(&q, 0, w-d-40, v.Title, v.Line, b.title(60), left)
	p := part{w: w, h: max(d, h)}
	p.draw(mark{kind: box, y: (p.h - d) / 2, w: d, h: d, radius: d / 2, fill: t.paper, edge: b.sealEdge(t), edgeW: b.sealWidth()})
	s := d * 0.6
	b.icon(&p, v.Icon, (d-s)/2, (p.h-s)/2, s, t.ink, t.paper)
	p.put(q, d+40, (p.h-h)/2)
	return p
}

func (b *brush) sealEdge(t tint) color.NRGBA {
	if b.pal.bold > 1 {
		return t.ink
	}
	return color.NRGBA{}
}

func (b *brush) sealWidth() float32 {
	if b.pal.bold > 1 {
		return 3
	}
	return 0
}

func (b *brush) code(v visit.Code, w float32) part {
	p := part{w: w}
	l := letters{size: 40, ink: b.pal.second, ground: b.pal.paper}
	big := b.title(64)
	big.raw = true
	if lw, bw := b.needs(v.Label, l), b.needs(v.Text, big); b.wide && lw+bw+32 < w {
		x := (w - lw - bw - 32) / 2
		p.h = big.height(b)
		b.fit(&p, x, 0, lw+1, p.h, v.Label, l, left)
		b.fit(&p, x+lw+32, 0, bw+1, p.h, v.Text, big, left)
		return p
	}
	p.h = b.paragraph(&p, 0, 0, w, v.Label, l, centre)
	h := big.height(b)
	b.fit(&p, 0, p.h, w, h, v.Text, big, centre)
	p.h += h
	return p
}

// cardOf is a card that says what to do now, at least tall high.
func (b *brush) cardOf(v visit.Card, w, tall float32) part {
	pad := 20 + 24*b.tight
	side := b.grown(114, 0.3) * min(1, 0.55+0.45*b.tight)
	x := pad
	if v.Icon != "" {
		x += side + 44
	}
	title := letters{size: 44, weight: bold, ink: b.pal.text, ground: b.pal.card, lead: 1.3}
	line := letters{size: 37, ink: b.pal.second, ground: b.pal.card}
	h := b.paragraphHeight(w-x-pad, v.Title, title)
	if v.Line != "" {
		h += 4 + b.paragraphHeight(w-x-pad, v.Line, line)
	}
	p := part{w: w, h: max(tall, max(h, side)+2*pad)}
	b.card(&p, "", w, p.h, 32)
	b.icon(&p, v.Icon, pad, (p.h-side)/2, side, b.tint(v.Tone).ink, b.pal.card)
	y := (p.h - h) / 2
	y += b.paragraph(&p, x, y, w-x-pad, v.Title, title, left)
	b.paragraph(&p, x, y+4, w-x-pad, v.Line, line, left)
	return p
}

// faces is the rating in five steps.
func (b *brush) faceCards(v visit.Faces, w float32) part {
	p := part{w: w}
	if v.Done != "" {
		q := b.cardOf(visit.Card{Icon: "heart", Title: v.Done, Tone: visit.Jade}, w, 0)
		return q
	}
	title := letters{size: 44, weight: semibold, ink: b.pal.text, ground: b.pal.paper, lead: 1.3}
	y := b.paragraph(&p, 0, 0, w, v.Title, title, centre)
	if y > 0 {
		y += 26
	}
	n := float32(max(1, len(v.Items)))
	const gap = 20
	cw := (w - gap*(n-1)) / n
	side := min(b.grown(86, 0.3), cw-40)
	l := letters{size: 27, weight: medium, ground: b.pal.card, lead: 1.25}
	text := l.height(b) * 2
	ch := 24 + side + 14 + text + 20
	for i, item := range v.Items {
		c := part{w: cw, h: ch}
		fill := b.card(&c, item.ID, cw, ch, 28)
		l.ink = b.tint(item.Tone).ink
		b.icon(&c, item.Icon, (cw-side)/2, 24, side, l.ink, fill)
		b.fit(&c, 10, 24+side+14, cw-20, text, item.Label, l.on(fill), centre)
		c.touch(item.ID, item.Label, item.Off, 0, 0, cw, ch)
		p.put(c, float32(i)*(cw+gap), y)
	}
	p.h = y + ch
	return p
}

func (b *brush) waiting(v visit.Waiting, w float32, topped bool) part {
	p := part{w: w}
	y := float32(0)
	if topped {
		y = 160 * b.tight
	}
	d := b.signSide(208)
	x := (w - d) / 2
	if b.still {
		p.draw(mark{kind: box, x: x, y: y, w: d, h: d, radius: d / 2, fill: b.tint(visit.Son).paper, edge: b.sealEdge(b.tint(visit.Son)), edgeW: b.sealWidth()})
		b.icon(&p, "hourglass", x+d*0.22, y+d*0.22, d*0.56, b.tint(visit.Son).ink, b.tint(visit.Son).paper)
	} else {
		at := float32(b.step%12) * 30
		p.draw(mark{kind: ring, x: x, y: y, w: d, h: d, edgeW: 20, from: 0, to: 360, fill: b.pal.track})
		p.draw(mark{kind: ring, x: x, y: y, w: d, h: d, edgeW: 20, from: at, to: at + 90, fill: b.pal.primary})
	}
	p.h = b.titled(&p, y+d+44*b.tight, w, v.Title, v.Line, b.title(66), centre)
	return p
}

// qrCode is a code on white, with its quiet zone, and a line below.
func (b *brush) qrCode(v visit.QR, w, h float32) part {
	p := part{w: w}
	l := letters{size: 38, ink: b.pal.second, ground: b.pal.paper}
	text := b.paragraphHeight(w, v.Line, l)
	if text > 0 {
		text += 16
	}
	side := min(h-text, w)
	p.draw(mark{kind: box, x: (w - side) / 2, w: side, h: side, radius: 28, fill: rgb(0xFFFFFF), edge: b.pal.line, edgeW: 2})
	inset := side * 0.03
	p.draw(mark{kind: qr, x: (w-side)/2 + inset, y: inset, w: side - 2*inset, h: side - 2*inset, text: v.Text, fill: rgb(0), ground: rgb(0xFFFFFF)})
	b.paragraph(&p, 0, side+16, w, v.Line, l, centre)
	p.h = side + text
	return p
}

// qrBeside is a code in a card with its line at the right, no higher than it must be
// for a phone.
func (b *brush) qrBeside(v visit.QR, w float32) part {
	const side, pad = 240, 20
	l := letters{size: 38, weight: semibold, ink: b.pal.text, ground: b.pal.card}
	x := float32(pad + side + 36)
	text := b.paragraphHeight(w-x-pad, v.Line, l)
	p := part{w: w, h: max(side, text) + 2*pad}
	b.card(&p, "", w, p.h, 32)
	y := (p.h - side) / 2
	p.draw(mark{kind: box, x: pad, y: y, w: side, h: side, radius: 18, fill: rgb(0xFFFFFF)})
	p.draw(mark{kind: qr, x: pad, y: y, w: side, h: side, text: v.Text, fill: rgb(0), ground: rgb(0xFFFFFF)})
	b.paragraph(&p, x, (p.h-text)/2, w-x-pad, v.Line, l, left)
	return p
}
