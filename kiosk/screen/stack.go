package screen

import (
	"slices"

	"motcua/kiosk/visit"
)

// A piece is a block before it is known how high it may be.
type piece struct {
	least, best float32
	draw        func(h float32) part
	pages       func(h float32) int // how many it takes; nil: it never has more than one
	bottom      bool                // stands at the foot of the stack
	above       float32             // gap before it
}

// leastQR is the side below which no QR code is drawn: a phone at arm's length
// still reads it.
const leastQR = 300

// leastPortrait is the height below which no portrait is drawn: a face is told
// from another at arm's length.
const leastPortrait = 420

// hasRows tells that a list is on the page, which has more need of its height.
func hasRows(all []visit.Block) bool {
	return slices.ContainsFunc(all, func(one visit.Block) bool { _, ok := one.(visit.Rows); return ok })
}

func whole(p part) piece {
	return piece{least: p.h, best: p.h, draw: func(float32) part { return p }}
}

// blocks turns a page's blocks into pieces of width w.
func (b *brush) blocks(all []visit.Block, w float32, inOver bool) []piece {
	var out []piece
	a := left
	if inOver {
		a = centre
	}
	if b.wide && !inOver {
		if pair, above, ok := b.pair(all, w); ok {
			return append(b.blocks(above, w, false), pair)
		}
	}
	tall := float32(150)
	if len(all) == 2 { // with little else on the page, rows have more air
		tall = 183
	}
	taken := 0 // blocks before this are drawn
	for i, one := range all {
		var pc piece
		if i < taken {
			continue
		}
		if b.wide && !inOver && i+1 < len(all) && sideBySide(one, all[i+1]) {
			taken = i + 2
			pc = whole(b.twins(one, all[i+1], w))
			pc.above = gapBetween(all[max(0, i-1)], one)
			out = append(out, pc)
			continue
		}
		switch v := one.(type) {
		case visit.Heading:
			v.Centred = v.Centred || inOver
			pc = whole(b.heading(v, w))
		case visit.Doors:
			pc = b.choiceOf(b.doors(v, w))
		case visit.Rows:
			pc = b.listPiece(b.rows(v, w, tall), v.Page, w)
		case visit.Options:
			pc = b.listPiece(b.options(v, w), v.Page, w)
		case visit.Table:
			pc = b.listPiece(b.table(v, w), v.Page, w)
		case visit.Prose:
			pc = b.listPiece(b.prose(v, w), v.Page, w)
		case visit.Chips:
			pc = whole(b.chips(v, w, a))
		case visit.Picture:
			pc = piece{least: 280, best: min(559, w*0.58), draw: func(h float32) part { return b.picture(v, w, h) }}
		case visit.Note:
			pc = whole(b.note(v, w))
		case visit.Progress:
			pc = whole(b.progress(v, w))
		case visit.Field:
			pc = whole(b.field(v, w))
		case visit.DatePad:
			pc = whole(b.datePad(v, w))
		case visit.Keyboard:
			pc = b.keyboardPiece(v, w)
		case visit.Consent:
			pc = whole(b.consent(v, w))
		case visit.Seal:
			pc = whole(b.seal(v, w, i == 0 && !inOver && !b.wide))
		case visit.Code:
			pc = whole(b.code(v, w))
		case visit.QR:
			if hasRows(all) && !b.wide {
				pc = whole(b.qrBeside(v, w))
				break
			}
			text := b.paragraphHeight(w, v.Line, letters{size: 38}) + 16
			pc = piece{least: leastQR + text, best: min(w, 520) + text, draw: func(h float32) part { return b.qrCode(v, w, h) }}
		case visit.Portrait:
			pc = piece{least: leastPortrait, best: min(w*4/3, 1100), draw: func(h float32) part { return b.portraitOf(v, w, h) }}
		case visit.Card:
			pc = whole(b.cardOf(v, w, 0))
		case visit.Faces:
			pc = whole(b.faceCards(v, w))
		case visit.Waiting:
			pc = whole(b.waiting(v, w, i == 0 && !inOver && !b.wide))
		default:
			continue
		}
		if len(out) > 0 {
			pc.above = gapBetween(all[i-1], one)
		}
		out = append(out, pc)
	}
	return out
}

// sideBySide tells which two blocks share a line of the landscape page.
func sideBySide(one, next visit.Block) bool {
	if _, ok := next.(visit.Card); !ok {
		return false
	}
	switch v := one.(type) {
	case visit.Card:
		return true
	case visit.Table:
		return len(v.Lines) > 0 && v.Lines[0].Icon != ""
	}
	return false
}

// twins draws two such blocks, equally high.
func (b *brush) twins(one, next visit.Block, w float32) part {
	const gap = 25
	half := (w - gap) / 2
	draw := func(v visit.Block, tall float32) part {
		if t, ok := v.(visit.Table); ok {
			l := b.table(t, half)
			l.pad += max(0, tall-l.height(l.items)) / 2
			return b.page(l, 0, half, 1e6)
		}
		return b.cardOf(v.(visit.Card), half, tall)
	}
	h := max(draw(one, 0).h, draw(next, 0).h)
	p := part{w: w, h: h}
	p.put(draw(one, h), 0, 0)
	p.put(draw(next, h), half+gap, 0)
	return p
}

// pair sets a picture, a QR code or what turns beside what else is on the page,
// for the landscape page; titles stay above both.
func (b *brush) pair(all []visit.Block, w float32) (pair piece, above []visit.Block, ok bool) {
	var sight visit.Block
	var beside []visit.Block
	column := false // a note alone is no column
	for _, one := range all {
		switch one.(type) {
		case visit.Picture, visit.QR, visit.Waiting, visit.Portrait:
			if sight == nil {
				sight = one
				continue
			}
		case visit.Heading, visit.Progress:
			above = append(above, one)
			continue
		}
		_, note := one.(visit.Note)
		column = column || !note
		beside = append(beside, one)
	}
	if sight == nil || !column {
		return piece{}, nil, false
	}
	const gap = 32
	lw := (w - gap) * 0.46
	rw := w - gap - lw
	rest := b.blocks(beside, rw, false)
	least := float32(0)
	best := float32(0)
	for _, pc := range rest {
		least += pc.least + pc.above*0.6
		best += pc.best + pc.above
	}
	turning, turns := sight.(visit.Waiting)
	if turns {
		least = max(least, b.waiting(turning, lw, false).h)
	}
	if code, ok := sight.(visit.QR); ok {
		least = max(least, leastQR+b.paragraphHeight(lw, code.Line, letters{size: 38})+16)
	}
	if _, face := sight.(visit.Portrait); face {
		least, best = max(least, leastPortrait), max(best, lw*4/3)
		turns = true // what is beside stands in the middle of it
	}
	pair = piece{least: max(least, 300), best: max(best, 460), above: 42}
	pair.draw = func(h float32) part {
		p := part{w: w, h: h}
		switch v := sight.(type) {
		case visit.Picture:
			p.put(b.picture(v, lw, min(h, 480)), 0, 0)
		case visit.QR:
			p.put(b.qrCode(v, lw, min(h, lw+80)), 0, 0)
		case visit.Portrait:
			p.put(b.portraitOf(v, lw, h), 0, 0)
		case visit.Waiting:
			q := b.waiting(v, lw, false)
			p.put(q, 0, (h-q.h)/2)
		}
		q, fits, _ := stack(rest, rw, h, 1)
		if !fits {
			q, _, _ = stack(rest, rw, h, 0.6)
		}
		top := float32(0)
		if turns {
			top = max(0, (h-q.h)/2)
		}
		p.put(q, lw+gap, top)
		return p
	}
	pair.pages = func(h float32) int {
		_, fits, pages := stack(rest, rw, h, 1)
		if !fits {
			_, _, pages = stack(rest, rw, h, 0.6)
		}
		return pages
	}
	return pair, above, true
}

// choiceOf is a piece that takes the first of its forms that has room.
func (b *brush) choiceOf(forms []part) piece {
	least := forms[0].h
	for _, f := range forms {
		least = min(least, f.h)
	}
	return piece{least: least, best: forms[0].h, draw: func(h float32) part {
		for _, f := range forms {
			if f.h <= h+0.5 {
				return f
			}
		}
		return forms[len(forms)-1]
	}}
}

func (b *brush) listPiece(l list, page int, w float32) piece {
	return piece{
		least: l.leastHeight(), best: l.height(l.items),
		draw:  func(h float32) part { return b.page(l, page, w, h) },
		pages: func(h float32) int { return len(l.pages(h)) },
	}
}

func (b *brush) keyboardPiece(v visit.Keyboard, w float32) piece {
	least, best := b.keyboardHeights(v)
	return piece{least: least, best: best, bottom: true, draw: func(h float32) part {
		if v.Pad == visit.Digits {
			return b.keyboard(v, w, h)
		}
		// Letters go wider than the text, to the edge of the panel.
		p := part{w: w, h: h}
		p.put(b.keyboard(v, w+2*keyOverhang, h), -keyOverhang, 0)
		return p
	}}
}

// keyOverhang is how far the letter pads reach into the margins.
const keyOverhang = 32

// gapBetween is the free space between two blocks.
func gapBetween(above, below visit.Block) float32 {
	switch above.(type) {
	case visit.Heading:
		return 42
	case visit.Progress:
		return 44
	case visit.Field:
		if _, ok := below.(visit.Chips); ok {
			return 28
		}
		return 36
	case visit.Chips:
		if _, ok := below.(visit.Chips); ok {
			return 22
		}
		return 26
	case visit.Seal:
		if _, ok := below.(visit.Code); ok {
			return 14
		}
		return 46
	case visit.Code:
		return 48
	case visit.Picture:
		if _, ok := below.(visit.Rows); ok {
			return 25
		}
	case visit.Card:
		if _, ok := below.(visit.Faces); ok {
			return 52
		}
		if _, ok := below.(visit.Card); ok {
			return 25
		}
	}
	return 34
}

// stack sets pieces one under the other into w×h with gaps scaled by tight. It
// gives the part, whether it fits, and on how many pages.
func stack(pieces []piece, w, h, tight float32) (p part, fits bool, pages int) {
	used := float32(0)
	for _, pc := range pieces {
		used += pc.least + pc.above*tight
	}
	spare := h - used
	fits = spare >= -0.5
	heights := make([]float32, len(pieces))
	give := func(i int) {
		more := min(max(0, spare), pieces[i].best-pieces[i].least)
		if more > 0 {
			heights[i] += more
			spare -= more
		}
	}
	for i, pc := range pieces {
		heights[i] = pc.least
	}
	for i, pc := range pieces {
		if pc.pages != nil {
			give(i)
		}
	}
	for i := range pieces {
		if pieces[i].pages == nil {
			give(i)
		}
	}
	p, pages = part{w: w}, 1
	y := float32(0)
	for i, pc := range pieces {
		q := pc.draw(heights[i])
		y += pc.above * tight
		if pc.bottom {
			y = max(y, h-q.h)
		}
		p.put(q, 0, y)
		y += q.h
		if pc.pages != nil {
			pages = max(pages, pc.pages(heights[i]))
		}
	}
	p.h = y
	return p, fits, pages
}
