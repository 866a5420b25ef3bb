package screen

import (
	"math"

	"motcua/kiosk/visit"
)

// Page units: the portrait page is 1080 wide, the landscape one 1081 high.
const (
	portraitW  = 1080
	landscapeH = 1081
	margin     = 56
)

// minText is the smallest scale of letters that a page is set in when it does
// not fit in the one asked for.
const minText = 0.6

// unitOf is how many pixels a page unit has in a window of w×h pixels.
func unitOf(w, h float32) (unit float32, wide bool) {
	if w > h {
		return min(h/landscapeH, w/1730), true
	}
	return min(w/portraitW, h/1640), false
}

// set lays a View out in w×h page units.
func (b *brush) set(v visit.View, w, h float32) part {
	p := part{w: w, h: h}
	var pg part
	if at, ok := attractOf(v); ok {
		pg = b.attract(at, v.Head, w, h)
	} else if b.wide {
		pg = b.landscape(v, w, h)
	} else {
		pg = b.portrait(v, w, h)
	}
	p.put(pg, 0, 0)
	if v.Over != nil {
		p.targets = nil
		p.draw(mark{kind: box, over: true, w: w, h: h, fill: b.pal.scrim})
		card := b.over(v.Over, min(936, w-2*margin), h-96)
		for i := range card.marks {
			card.marks[i].over = true
		}
		y := (h - card.h) / 2
		if !b.wide {
			y = min(h-card.h-48, h*0.573-card.h/2)
		}
		p.put(card, (w-card.w)/2, max(48, y))
	}
	return p
}

func attractOf(v visit.View) (visit.Attract, bool) {
	for _, one := range v.Blocks {
		if at, ok := one.(visit.Attract); ok {
			return at, true
		}
	}
	return visit.Attract{}, false
}

// portrait has the head on top and the foot below. Where the page would have to
// go below normal letters for them, they do with normal letters themselves.
func (b *brush) portrait(v visit.View, w, h float32) part {
	for frame := min(b.text, mostFrame); ; frame = 1 {
		b.frame = frame
		p := part{w: w, h: h}
		p.draw(mark{kind: box, w: w, h: h, fill: b.pal.paper})
		head := b.head(v.Head, w)
		p.put(head, 0, 0)
		foot := b.footRow(v.Foot, w)
		p.put(foot, 0, h-foot.h)
		top, bottom := head.h+56, h-foot.h-42
		body, letters := b.middle(v, w-2*margin, bottom-top)
		p.put(body, margin, top)
		if frame <= 1 || letters >= 1 {
			return p
		}
	}
}

// middle sets the blocks and the actions below them into w×h. What does not fit
// is set tighter, then on pages, then in smaller letters; that order is because
// the visitor chose the letters, and nobody chose the gaps. It gives the scale of
// the letters that it came to.
func (b *brush) middle(v visit.View, w, h float32) (p part, letters float32) {
	want := b.text
	defer func() { b.text = want }()
	turns := hasOverflow(v.Actions)
	for b.text = want; ; b.text -= 0.05 {
		for _, tight := range tightness {
			if p, fits, pages := b.column(v, w, h, tight, false); fits && pages == 1 {
				return p, b.text
			}
		}
		var best part
		fewest := math.MaxInt
		for _, tight := range tightness {
			p, fits, pages := b.column(v, w, h, tight, turns)
			if (fits && (turns || pages == 1) || b.text < minText) && pages < fewest {
				best, fewest = p, pages
			}
		}
		if fewest < math.MaxInt {
			return best, b.text
		}
	}
}

// tightness is what gaps are scaled by, the first that does being taken.
var tightness = [...]float32{1, 0.8, 0.6, 0.45}

func hasOverflow(buttons []visit.Button) bool {
	for _, btn := range buttons {
		if btn.Overflow {
			return true
		}
	}
	return false
}

func (b *brush) column(v visit.View, w, h, tight float32, overflow bool) (p part, fits bool, pages int) {
	actions := b.actions(shown(v.Actions, overflow), w)
	room := h
	if actions.h > 0 {
		room -= actions.h + 44*max(tight, 0.6)
	}
	p = part{w: w, h: h}
	b.tight = tight
	body, fits, pages := stack(b.blocks(v.Blocks, w, false), w, room, tight)
	p.put(body, 0, 0)
	p.put(actions, 0, h-actions.h)
	return p, fits, pages
}

// shown leaves out the buttons that turn pages where there is one page.
func shown(buttons []visit.Button, overflow bool) []visit.Button {
	var out []visit.Button
	for _, btn := range buttons {
		if overflow || !btn.Overflow {
			out = append(out, btn)
		}
	}
	return out
}

// landscape has the head as a column at the left and the foot as one at the
// right; a keyboard goes across the bottom, with the actions at its side.
func (b *brush) landscape(v visit.View, w, h float32) part {
	const headW, footW, pad = 268, 220, 46
	b.frame = min(b.text, mostFrame)
	p := part{w: w, h: h}
	p.draw(mark{kind: box, w: w, h: h, fill: b.pal.paper})
	blocks, keys := withoutKeyboard(v.Blocks)
	upper := h
	if keys != nil {
		kh, _ := b.keyboardHeights(*keys)
		upper = h - kh - 2*24
		const sideW = 366
		kw, x := w-3*32-sideW, float32(32)
		if keys.Pad == visit.Digits {
			kw = min(kw, 1000)
			x = (w - kw - sideW - 32) / 2
		}
		p.put(b.keyboard(*keys, kw, kh), x, upper+24)
		rest := v
		rest.Blocks, rest.Actions = blocks, nil
		const inset = 24
		body, paged := b.upper(rest, hasOverflow(v.Actions), w-headW-footW-2*pad, upper-2*inset)
		p.put(b.actionColumn(shown(v.Actions, paged), sideW, kh), x+kw+32, upper+24)
		p.put(body, headW+pad, inset)
		p.draw(mark{kind: box, y: upper - 1, w: w, h: 2, fill: b.pal.line})
	} else {
		body, _ := b.middle(v, w-headW-footW-2*pad, h-2*pad)
		p.put(body, headW+pad, pad)
	}
	p.put(b.headColumn(v.Head, headW, upper), 0, 0)
	p.put(b.footColumn(v.Foot, footW, upper), w-footW, 0)
	return p
}

// upper sets what stands above a keyboard, and tells whether it has more pages.
func (b *brush) upper(v visit.View, turns bool, w, h float32) (part, bool) {
	want := b.text
	defer func() { b.text = want }()
	for b.text = want; ; b.text -= 0.05 {
		for _, tight := range [...]float32{1, 0.7, 0.45} {
			b.tight = tight
			p, fits, pages := stack(b.blocks(v.Blocks, w, false), w, h, tight)
			if fits && (turns || pages == 1) || b.text < 0.45 {
				return p, pages > 1
			}
		}
	}
}

func withoutKeyboard(all []visit.Block) ([]visit.Block, *visit.Keyboard) {
	var rest []visit.Block
	var pad *visit.Keyboard
	for _, one := range all {
		if k, ok := one.(visit.Keyboard); ok {
			pad = &k
			continue
		}
		rest = append(rest, one)
	}
	return rest, pad
}

// actionColumn stacks actions beside a keyboard, the last at the bottom and highest.
func (b *brush) actionColumn(buttons []visit.Button, w, h float32) part {
	p := part{w: w, h: h}
	if len(buttons) == 0 {
		return p
	}
	const gap = 24
	n := float32(len(buttons))
	one := min(200, (h-gap*(n-1))/(n+0.4))
	y := h
	for i := len(buttons) - 1; i >= 0; i-- {
		tall := one
		if i == len(buttons)-1 {
			tall = one * 1.4
		}
		y -= tall
		p.put(b.button(buttons[i], w, tall, b.pal.paper), 0, y)
		y -= gap
	}
	return p
}

// over is the card above the dimmed page.
func (b *brush) over(v *visit.Over, w, most float32) part {
	want := b.text
	defer func() { b.text = want }()
	for b.text = want; ; b.text -= 0.05 {
		for _, tight := range [...]float32{1, 0.75, 0.5} {
			if p := b.overCard(v, w, tight); p.h <= most || b.text < minText {
				return p
			}
		}
	}
}

func (b *brush) overCard(v *visit.Over, w, tight float32) part {
	b.tight = tight
	const pad = 64
	inner := w - 2*pad
	outer := *b
	onCard := *b.pal
	onCard.paper = b.pal.card
	outer.pal = &onCard
	b = &outer

	body := part{w: inner}
	y := float32(0)
	sign := b.grown(226, 0.1) * max(0.7, tight)
	son := b.tint(visit.Son)
	switch {
	case v.Of > 0:
		x := (inner - sign) / 2
		body.draw(mark{kind: ring, x: x, w: sign, h: sign, edgeW: 18, from: 0, to: 360, fill: b.pal.track})
		if v.Count > 0 {
			body.draw(mark{kind: ring, x: x, w: sign, h: sign, edgeW: 18, from: 0, to: 360 * min(1, float32(v.Count)/float32(v.Of)), fill: b.pal.primary})
		}
		count := letters{size: 84 / b.text * min(b.text, 1.1), weight: bold, ink: b.pal.text, ground: b.pal.card, lead: 1.2}
		b.fit(&body, x, 0, sign, sign, itoa(v.Count), count, centre)
		y = sign + 42*tight
	case v.Icon != "":
		sign *= 0.7
		x := (inner - sign) / 2
		body.draw(mark{kind: box, x: x, w: sign, h: sign, radius: sign / 2, fill: son.paper, edge: b.sealEdge(son), edgeW: b.sealWidth()})
		b.icon(&body, v.Icon, x+sign*0.2, sign*0.2, sign*0.6, son.ink, son.paper)
		y = sign + 30*tight
	}
	y = b.titled(&body, y, inner, v.Title, v.Line, b.title(64), centre)
	if len(v.Blocks) > 0 {
		q, _, _ := stack(b.blocks(v.Blocks, inner, true), inner, 0, tight)
		y += 40 * tight
		body.put(q, 0, y)
		y += q.h
	}
	y += 22 * tight
	for _, btn := range v.Actions {
		y += 26 * max(tight, 0.6)
		h := b.actionHeight()
		if btn.Style == visit.Primary {
			h += buttonFoot
		}
		body.put(b.button(btn, inner, h, b.pal.card), 0, y)
		y += h
	}
	p := part{w: w, h: y + 2*pad}
	edge, edgeW := b.pal.card, float32(0)
	if b.pal != &paper {
		edge, edgeW = b.pal.line, 3
	}
	p.draw(mark{kind: box, w: w, h: p.h, radius: 42, fill: b.pal.card, edge: edge, edgeW: edgeW})
	p.put(body, pad, pad)
	return p
}
