package screen

import (
	"image/color"
	"strings"

	"motcua/kiosk/visit"
)

const (
	buttonHeight = 136
	buttonRadius = 30
	buttonPad    = 34
	buttonFoot   = 6 // the primary button stands on it, and sinks when pressed
	buttonText   = 46
)

func (b *brush) buttonLetters(style visit.Style) letters {
	w := semibold
	if style == visit.Primary || style == visit.Strong || style == visit.Outline {
		w = bold
	}
	return letters{size: buttonText, weight: w, ink: b.pal.text, ground: b.pal.paper}
}

// buttonNeeds is the width in which a button's word stands in one row.
func (b *brush) buttonNeeds(btn visit.Button) float32 {
	w := b.needs(btn.Label, b.buttonLetters(btn.Style)) + 2*buttonPad
	if btn.Icon != "" {
		w += b.grown(74, 1)
	}
	return w
}

// leastWidth is the width in which a button's longest word stands.
func (b *brush) leastWidth(btn visit.Button) float32 {
	w := float32(0)
	for word := range strings.FieldsSeq(btn.Label) {
		one := btn
		one.Label = word
		w = max(w, b.buttonNeeds(one))
	}
	return w + 2
}

// button draws one button. Its target is the whole of w×h.
func (b *brush) button(btn visit.Button, w, h float32, ground color.NRGBA) part {
	p := part{w: w, h: h}
	l := b.buttonLetters(btn.Style)
	off := btn.Off || b.busy
	fill, edge, edgeW := ground, b.pal.line, float32(3)
	tone := b.tint(btn.Tone)
	top, face := float32(0), h
	switch btn.Style {
	case visit.Primary:
		face = h - buttonFoot
		fill, edge, edgeW = b.pal.primary, color.NRGBA{}, 0
		l.ink = b.pal.onPrimary
		foot := b.pal.foot
		if off {
			fill, foot, l.ink = b.pal.off, b.pal.off, b.pal.onOff
		}
		p.draw(mark{kind: box, y: buttonFoot, w: w, h: face, radius: buttonRadius, fill: foot})
		if btn.ID != "" && btn.ID == b.pressed {
			top = buttonFoot
		}
		p.draw(mark{kind: box, y: top, w: w, h: face, radius: buttonRadius, fill: fill})
	case visit.Strong:
		fill, edge = b.pal.card, b.pal.text
	case visit.Pale:
		fill, l.ink, edge, edgeW = tone.paper, tone.ink, color.NRGBA{}, 0
	}
	if btn.Style != visit.Primary {
		if off {
			l.ink, edge = b.pal.second, b.pal.line
		}
		fill = b.plate(&p, btn.ID, 0, 0, w, h, buttonRadius, fill, edge, edgeW)
	}
	b.faceOf(&p, btn, top, w, face, l.on(fill))
	p.touch(btn.ID, btn.Label, off, 0, 0, w, h)
	return p
}

// faceOf sets the word of a button with its icon before it; a chevron that
// points onward stands after it.
func (b *brush) faceOf(p *part, btn visit.Button, y, w, h float32, l letters) {
	if btn.Icon == "" {
		b.fit(p, buttonPad, y, w-2*buttonPad, h, btn.Label, l, centre)
		return
	}
	size, gap := b.grown(56, 1), b.grown(18, 1)
	room := w - 2*buttonPad - size - gap
	word := min(b.needs(btn.Label, l), room)
	x := (w - word - size - gap) / 2
	at, from := x, x+size+gap
	if btn.Icon == "chevron-right" {
		at, from = x+word+gap, x
	}
	b.icon(p, btn.Icon, at, y+(h-size)/2, size, l.ink, l.ground)
	b.fit(p, from, y, word+1, h, btn.Label, l, centre)
}

// actions are the buttons above the foot. The last is the widest; where a line
// has no room for their words it stands alone below the others.
func (b *brush) actions(buttons []visit.Button, w float32) part {
	const gap = 32
	p := part{w: w}
	if len(buttons) == 0 {
		return p
	}
	h := b.actionHeight()
	last := len(buttons) - 1
	if widths, ok := b.share(buttons, w, gap, true); ok || last == 0 {
		p.h = h + buttonFoot
		x := float32(0)
		for i, btn := range buttons {
			p.put(b.action(btn, widths[i], h), x, 0)
			x += widths[i] + gap
		}
		return p
	}
	line := b.until(buttons[:last], w-gap*float32(last-1))
	widths, _ := line.share(buttons[:last], w, gap, false)
	x := float32(0)
	for i, btn := range buttons[:last] {
		p.put(line.action(btn, widths[i], h), x, 0)
		x += widths[i] + gap
	}
	p.put(b.action(buttons[last], w, h), 0, h+24)
	p.h = 2*h + 24 + buttonFoot
	return p
}

// until is b with letters in which no word of the buttons has to be broken in a line
// of w.
func (b *brush) until(buttons []visit.Button, w float32) *brush {
	line := *b
	for ; line.text > minText; line.text -= 0.05 {
		least := float32(0)
		for _, btn := range buttons {
			least += line.leastWidth(btn)
		}
		if least <= w {
			break
		}
	}
	return &line
}

func (b *brush) actionHeight() float32 { return min(b.grown(buttonHeight, 0.5), 168) }

func (b *brush) action(btn visit.Button, w, h float32) part {
	if btn.Style == visit.Primary {
		h += buttonFoot
	}
	return b.button(btn, w, h, b.pal.paper)
}

// share deals w to the buttons, ok if every word stands in one row.
func (b *brush) share(buttons []visit.Button, w, gap float32, lastWide bool) (widths []float32, ok bool) {
	n := len(buttons)
	even := (w - gap*float32(n-1)) / float32(n)
	widths = make([]float32, n)
	if n == 1 {
		return []float32{w}, b.buttonNeeds(buttons[0]) <= w
	}
	ok = true
	sum := float32(0)
	for i, btn := range buttons {
		need := b.buttonNeeds(btn)
		sum += need
		ok = ok && need <= even
		widths[i] = even
	}
	if ok && !(lastWide && buttons[n-1].Style == visit.Primary) {
		return widths, true
	}
	if room := w - gap*float32(n-1); sum > room {
		// Words that can go to a second row give way; one word alone cannot.
		least := make([]float32, n)
		firm := float32(0)
		for i, btn := range buttons {
			least[i] = b.leastWidth(btn)
			firm += least[i]
		}
		for i, btn := range buttons {
			widths[i] = room * b.buttonNeeds(btn) / sum
			if firm < room && sum > firm {
				widths[i] = least[i] + (room-firm)*(b.buttonNeeds(btn)-least[i])/(sum-firm)
			}
		}
		return widths, false
	}
	// Each gets what it needs, at least a third of a line of two; the last gets the rest.
	rest := w - gap*float32(n-1)
	for i, btn := range buttons[:n-1] {
		widths[i] = max(b.buttonNeeds(btn), min(even, 312*w/968))
		rest -= widths[i]
	}
	widths[n-1] = rest
	if rest < b.buttonNeeds(buttons[n-1]) || lastWide && rest < even {
		// Too little for that: all that is spare goes to the last.
		spare := w - gap*float32(n-1) - sum
		for i, btn := range buttons {
			widths[i] = b.buttonNeeds(btn)
		}
		widths[n-1] += spare
		if n == 2 && ok {
			widths[0], widths[1] = even, even
		}
	}
	return widths, true
}

// pill is a small round button; its own width is what its word needs.
func (b *brush) pill(btn visit.Button, most float32, ground color.NRGBA) part {
	l := letters{size: 34, weight: semibold, ink: b.pal.text}
	h := max(minTarget+3, b.grown(84, 0.8))
	iconW := float32(0)
	if btn.Icon != "" {
		iconW = b.grown(44, 1) + 14
	}
	pad := float32(30)
	if b.needs(btn.Label, l)+2*pad+iconW > most {
		pad = 20
	}
	w := min(most, max(h, b.needs(btn.Label, l)+2*pad+iconW))
	p := part{w: w, h: h}
	fill, edge, edgeW := b.pal.card, b.pal.line, float32(2)
	tone := b.tint(btn.Tone)
	switch {
	case btn.On:
		fill, edge, edgeW, l.ink = b.pal.primary, color.NRGBA{}, 0, b.pal.onPrimary
	case btn.Style == visit.Pale && btn.Tone != visit.Plain:
		fill, l.ink, edge, edgeW = tone.paper, tone.ink, b.sealEdge(tone), b.sealWidth()
	}
	if btn.Off {
		l.ink = b.pal.second
	}
	fill = b.plate(&p, btn.ID, 0, 0, w, h, h/2, fill, edge, edgeW)
	x := pad
	if btn.Icon != "" {
		b.icon(&p, btn.Icon, x, (h-iconW+14)/2, iconW-14, l.ink, fill)
		x += iconW
	}
	b.fit(&p, x, 0, w-x-pad+1, h, btn.Label, l.on(fill), centre)
	p.touch(btn.ID, btn.Label, btn.Off, 0, 0, w, h)
	return p
}

// chips are pills in lines. In the middle of a card the lines have about as many
// each.
func (b *brush) chips(c visit.Chips, w float32, a align) part {
	const gap, between = 20, 16
	var pills []part
	for _, btn := range c.Items {
		pills = append(pills, b.pill(btn, w, b.pal.paper))
	}
	lines := inLines(pills, w, gap, len(pills))
	if n := len(lines); a == centre && n > 1 {
		if even := inLines(pills, w, gap, (len(pills)+n-1)/n); len(even) == n {
			lines = even
		}
	}
	p := part{w: w}
	for i, line := range lines {
		if i > 0 {
			p.h += between
		}
		x := float32(0)
		if a == centre {
			x = (w - widthOf(line, gap)) / 2
		}
		for _, q := range line {
			p.put(q, x, p.h)
			x += q.w + gap
		}
		p.h += line[0].h
	}
	return p
}

// inLines cuts parts into lines of at most most parts and of width w.
func inLines(parts []part, w, gap float32, most int) [][]part {
	var lines [][]part
	from := 0
	for i := range parts {
		if i > from && (i-from == most || widthOf(parts[from:i+1], gap) > w) {
			lines = append(lines, parts[from:i])
			from = i
		}
	}
	if from < len(parts) {
		lines = append(lines, parts[from:])
	}
	return lines
}

func widthOf(parts []part, gap float32) float32 {
	w := -gap
	for _, p := range parts {
		w += p.w + gap
	}
	return w
}
