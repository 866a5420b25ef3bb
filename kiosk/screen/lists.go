package screen

import (
	"image/color"
	"strings"

	"motcua/kiosk/visit"
)

// A list is what can go on to a next page: items one under the other, in
// columns where there is room.
type list struct {
	items   []part
	gap     float32
	columns int
	plain   bool // items stand on one card of their own
	ruled   bool // with a line between two
	pad     float32
	least   int // items that a page shows if it can
}

// height of items from..to.
func (l list) height(items []part) float32 {
	h := float32(0)
	for i := 0; i < len(items); i += l.columns {
		row := float32(0)
		for _, it := range items[i:min(i+l.columns, len(items))] {
			row = max(row, it.h)
		}
		if i > 0 {
			h += l.gap
		}
		h += row
	}
	if l.plain {
		h += 2 * l.pad
	}
	return h
}

// level makes items that stand side by side equally high.
func (l list) level(again func(i int, h float32) part) {
	for i := 0; l.columns > 1 && i < len(l.items); i += l.columns {
		row := l.items[i:min(i+l.columns, len(l.items))]
		h := float32(0)
		for _, it := range row {
			h = max(h, it.h)
		}
		for j := range row {
			if row[j].h < h {
				row[j] = again(i+j, h)
			}
		}
	}
}

// leastHeight is the height in which a page still says enough.
func (l list) leastHeight() float32 {
	h := float32(0)
	n := min(len(l.items), max(1, l.least))
	for i := 0; i+n <= len(l.items); i++ {
		h = max(h, l.height(l.items[i:i+n]))
	}
	if n < len(l.items) {
		h += pageDots
	}
	return h
}

// pageDots is what the dots that count the pages take below a list.
const pageDots = 44

// pages cuts the items so that each page is at most h high.
func (l list) pages(h float32) [][]part {
	if l.height(l.items) <= h+0.5 || len(l.items) == 0 {
		return [][]part{l.items}
	}
	h -= pageDots
	var pages [][]part
	from := 0
	for from < len(l.items) {
		to := min(from+l.columns, len(l.items))
		for to < len(l.items) && l.height(l.items[from:min(to+l.columns, len(l.items))]) <= h+0.5 {
			to = min(to+l.columns, len(l.items))
		}
		pages = append(pages, l.items[from:to])
		from = to
	}
	return pages
}

// page draws page n, counted round, in w×h.
func (b *brush) page(l list, n int, w, h float32) part {
	pages := l.pages(h)
	n %= len(pages)
	if n < 0 {
		n += len(pages)
	}
	items := pages[n]
	p := part{w: w, h: l.height(items)}
	y := float32(0)
	if l.plain {
		b.card(&p, "", w, p.h, 32)
		y = l.pad
	}
	cw := (w - l.gap*float32(l.columns-1)) / float32(l.columns)
	for i := 0; i < len(items); i += l.columns {
		row := items[i:min(i+l.columns, len(items))]
		tall := float32(0)
		for j, it := range row {
			p.put(it, float32(j)*(cw+l.gap), y)
			tall = max(tall, it.h)
		}
		last := i+l.columns >= len(items)
		if l.ruled && !last {
			p.draw(mark{kind: box, x: 42, y: y + tall - 1, w: w - 84, h: 2, fill: b.pal.line})
		}
		y += tall + l.gap
	}
	if len(pages) > 1 {
		b.dots(&p, n, len(pages), w)
	}
	return p
}

// dots count the pages, the one shown being a longer one.
func (b *brush) dots(p *part, n, all int, w float32) {
	const d, gap, long = 14, 14, 44
	if all > 20 {
		p.h += pageDots
		return
	}
	x := (w - float32(all-1)*(d+gap) - long) / 2
	for i := range all {
		wide, fill := float32(d), mix(b.pal.track, b.pal.second, 0.35)
		if i == n {
			wide, fill = long, b.pal.primary
		}
		p.draw(mark{kind: box, x: x, y: p.h + 20, w: wide, h: d, radius: d / 2, fill: fill})
		x += wide + gap
	}
	p.h += pageDots
}

func (b *brush) rows(v visit.Rows, w, tall float32) list {
	l := list{gap: 25, columns: 1, least: 2}
	if b.wide && len(v.Items) > 1 && w > 1000 {
		l.columns = 2
		w = (w - l.gap) / 2
	}
	for _, r := range v.Items {
		l.items = append(l.items, b.row(r, w, tall))
	}
	l.level(func(i int, h float32) part { return b.row(v.Items[i], w, h) })
	if len(v.Items) == 0 && v.Empty != "" {
		l.items = []part{b.cardOf(visit.Card{Icon: "search-x", Title: v.Empty, Tone: visit.Muted}, w, 0)}
	}
	return l
}

func (b *brush) row(v visit.Row, w, tall float32) part {
	const pad = 44
	title := letters{size: 42, weight: semibold, ink: b.pal.text, ground: b.pal.card, lead: 1.32}
	line := letters{size: 33, ink: b.pal.second, ground: b.pal.card, lead: 1.32}
	side := b.grown(68, 0.4)
	x := float32(pad)
	if v.Icon != "" {
		x += side + 36
	}
	chevron := b.grown(60, 0.3)
	room := w - x - pad
	if !v.Still {
		room -= chevron + 6
	}
	th := b.paragraphHeight(room, v.Title, title)
	lh := b.paragraphHeight(room, v.Line, line)
	p := part{w: w, h: max(tall, b.grown(26, 0.5)*2+max(th+lh, side))}
	id := v.ID
	if v.Still {
		id = ""
	}
	fill := b.card(&p, id, w, p.h, 28)
	b.icon(&p, v.Icon, pad, (p.h-side)/2, side, b.tint(v.Tone).ink, fill)
	y := (p.h - th - lh) / 2
	b.paragraph(&p, x, y, room, v.Title, title.on(fill), left)
	b.paragraph(&p, x, y+th, room, v.Line, line.on(fill), left)
	if !v.Still {
		b.icon(&p, "chevron-right", w-pad-chevron, (p.h-chevron)/2, chevron, b.pal.text, fill)
		p.touch(v.ID, v.Title, false, 0, 0, w, p.h)
	}
	return p
}

// options are answers to choose one of, with a ring that is filled by the choice.
func (b *brush) options(v visit.Options, w float32) list {
	l := list{gap: 22, columns: 1, least: 2}
	if b.wide && len(v.Items) > 1 && w > 1000 {
		l.columns = 2
		w = (w - l.gap) / 2
	}
	for _, o := range v.Items {
		l.items = append(l.items, b.option(o, w, 0))
	}
	l.level(func(i int, h float32) part { return b.option(v.Items[i], w, h) })
	return l
}

func (b *brush) option(o visit.Button, w, tall float32) part {
	const pad = 42
	son := b.tint(visit.Son)
	fill, edge, edgeW := b.pal.card, b.pal.line, float32(2)
	if o.On {
		fill, edge, edgeW = son.paper, son.ink, 4
	}
	l := letters{size: 44, weight: semibold, ink: b.pal.text, lead: 1.3}
	side := b.grown(52, 0.4)
	x := pad + side + 34
	room := w - x - pad
	if o.Icon != "" {
		room -= side + 30
	}
	text := b.paragraphHeight(room, o.Label, l)
	p := part{w: w, h: max(tall, b.grown(130, 0.3), text+56)}
	fill = b.plate(&p, o.ID, 0, 0, w, p.h, 28, fill, edge, edgeW)
	ring := b.pal.second
	if o.On {
		ring = son.ink
	}
	y := (p.h - side) / 2
	p.draw(mark{kind: box, x: pad, y: y, w: side, h: side, radius: side / 2, fill: b.pal.card, edge: ring, edgeW: 4})
	if o.On {
		p.draw(mark{kind: box, x: pad + side*0.26, y: y + side*0.26, w: side * 0.48, h: side * 0.48, radius: side * 0.24, fill: son.ink})
	}
	b.paragraph(&p, x, (p.h-text)/2, room, o.Label, l.on(fill), left)
	if o.Icon != "" {
		b.icon(&p, o.Icon, w-pad-side, y, side, b.tint(o.Tone).ink, fill)
	}
	p.touch(o.ID, o.Label, o.Off, 0, 0, w, p.h)
	return p
}

// table is label and value, line by line on one card. Lines with icons read as
// a list of what is so; the others have their values at the right edge.
func (b *brush) table(v visit.Table, w float32) list {
	l := list{columns: 1, plain: true, ruled: true, pad: 10, least: 2}
	if b.wide && len(v.Lines) > 3 && w > 1000 && v.Lines[0].Icon == "" {
		l.columns = 2
		w /= 2
	}
	for _, one := range v.Lines {
		if one.Icon != "" {
			l.ruled, l.pad = false, 34
			l.items = append(l.items, b.factLine(one, w))
		} else {
			l.items = append(l.items, b.tableLine(one, w, l.columns > 1))
		}
	}
	return l
}

func (b *brush) tableLine(v visit.Line, w float32, below bool) part {
	const pad = 42
	label := letters{size: 38, ink: b.pal.second, ground: b.pal.card}
	value := letters{size: 38, weight: semibold, ink: b.pal.text, ground: b.pal.card, raw: true}
	room := w - 2*pad
	pen := b.grown(40, 0.5)
	if v.ID != "" {
		room -= pen + 20
	}
	lw, vw := b.needs(v.Label, label), b.needs(v.Value, value)
	p := part{w: w, h: max(101, label.height(b)+50)}
	fill := b.pal.card
	pressed := v.ID != "" && v.ID == b.pressed
	if !below && lw+vw+30 <= room {
		if pressed {
			fill = b.plate(&p, v.ID, 12, minGap/2, w-24, p.h-minGap, 20, fill, color.NRGBA{}, 0)
		}
		y := (p.h - label.height(b)) / 2
		b.paragraph(&p, pad, y, lw+2, v.Label, label.on(fill), left)
		b.paragraph(&p, pad+room-vw-2, y, vw+4, v.Value, value.on(fill), right)
	} else {
		lh, vh := b.paragraphHeight(room, v.Label, label), b.paragraphHeight(room, v.Value, value)
		p.h = max(p.h, lh+vh+36)
		if pressed {
			fill = b.plate(&p, v.ID, 12, minGap/2, w-24, p.h-minGap, 20, fill, color.NRGBA{}, 0)
		}
		y := (p.h - lh - vh) / 2
		b.paragraph(&p, pad, y, room, v.Label, label.on(fill), left)
		a := right
		if below {
			a = left
		}
		b.paragraph(&p, pad, y+lh, room, v.Value, value.on(fill), a)
	}
	if v.ID != "" {
		b.icon(&p, "pencil", w-pad-pen, (p.h-pen)/2, pen, b.pal.second, fill)
		p.touch(v.ID, v.Label+" "+v.Value, false, 12, minGap/2, w-24, p.h-minGap)
	}
	return p
}

func (b *brush) factLine(v visit.Line, w float32) part {
	const pad = 44
	l := letters{size: 40, ink: b.pal.text, ground: b.pal.card}
	strong := l
	strong.weight, strong.raw = bold, true
	side := b.grown(64, 0.4)
	x := pad + side + 28
	room := w - x - pad
	p := part{w: w}
	lw, vw := b.needs(v.Label, l), b.needs(v.Value, strong)
	h := b.paragraphHeight(room, v.Label, l)
	beside := v.Value != "" && lw+28+vw <= room
	if v.Value != "" && !beside {
		h += b.paragraphHeight(room, v.Value, strong)
	}
	p.h = max(88, side+24, h+34)
	b.icon(&p, v.Icon, pad, (p.h-side)/2, side, b.tint(v.Tone).ink, b.pal.card)
	y := (p.h - h) / 2
	y += b.paragraph(&p, x, y, room, v.Label, l, left)
	switch {
	case beside:
		b.paragraph(&p, x+lw+28, y-l.height(b), vw+2, v.Value, strong, left)
	case v.Value != "":
		b.paragraph(&p, x, y, room, v.Value, strong, left)
	}
	if v.ID != "" {
		p.touch(v.ID, v.Label+" "+v.Value, false, 12, minGap/2, w-24, p.h-minGap)
	}
	return p
}

// prose is running text, cut into pages by the line.
func (b *brush) prose(v visit.Prose, w float32) list {
	l := letters{size: 40, ink: b.pal.text, ground: b.pal.paper, lead: 1.4}
	out := list{columns: 1, least: 4}
	for para := range strings.SplitSeq(v.Text, "\n") {
		if len(out.items) > 0 {
			last := &out.items[len(out.items)-1]
			last.h += l.height(b) / 2
		}
		for _, r := range b.wrap(para, l, w) {
			p := part{w: w, h: l.height(b)}
			b.setRow(&p, 0, 0, w, r, l, left)
			out.items = append(out.items, p)
		}
	}
	return out
}

// doors are big cards in columns; in letters too large for those, wide ones
// one under the other.
func (b *brush) doors(v visit.Doors, w float32) []part {
	columns := 2
	if b.wide {
		columns = 3
	}
	const gap = 33
	grid := part{w: w}
	cw := (w - gap*float32(columns-1)) / float32(columns)
	ch := float32(0)
	for _, d := range v.Items {
		ch = max(ch, b.door(d, cw, 0).h)
	}
	for i, d := range v.Items {
		grid.put(b.door(d, cw, ch), float32(i%columns)*(cw+gap), float32(i/columns)*(ch+gap))
	}
	lines := (len(v.Items) + columns - 1) / columns
	grid.h = float32(lines)*(ch+gap) - gap
	forms := []part{grid}

	flat := list{gap: 20, columns: columns - 1}
	fw := (w - flat.gap*float32(flat.columns-1)) / float32(flat.columns)
	tall := float32(0)
	for _, d := range v.Items {
		tall = max(tall, b.flatDoor(d, fw, 0).h)
	}
	for _, d := range v.Items {
		flat.items = append(flat.items, b.flatDoor(d, fw, tall))
	}
	return append(forms, b.page(flat, 0, w, 1e6))
}

func (b *brush) doorLetters(fill color.NRGBA) (title, line letters) {
	return letters{size: 46, weight: bold, ink: b.pal.text, ground: fill, lead: 1.3},
		letters{size: 34, ink: b.pal.second, ground: fill, lead: 1.32}
}

// tile is the coloured tile with an icon.
func (b *brush) tile(p *part, name string, tone visit.Tone, x, y, side float32) {
	t := b.tint(tone)
	p.draw(mark{kind: box, x: x, y: y, w: side, h: side, radius: side / 4, fill: t.paper, edge: b.sealEdge(t), edgeW: b.sealWidth()})
	s := side * 0.58
	b.icon(p, name, x+(side-s)/2, y+(side-s)/2, s, t.ink, t.paper)
}

func (b *brush) door(v visit.Door, w, h float32) part {
	const pad, side = 42, 112
	room := w - 2*pad
	title, line := b.doorLetters(b.pal.card)
	th, lh := b.paragraphHeight(room, v.Title, title), b.paragraphHeight(room, v.Line, line)
	p := part{w: w, h: max(h, 384, pad+side+20+th+8+max(lh, 2*line.height(b))+pad-6)}
	fill := b.card(&p, v.ID, w, p.h, 32)
	b.tile(&p, v.Icon, v.Tone, pad, pad, side)
	y := float32(pad + side + 20)
	y += b.paragraph(&p, pad, y, room, v.Title, title.on(fill), left)
	b.paragraph(&p, pad, y+8, room, v.Line, line.on(fill), left)
	p.touch(v.ID, v.Title, false, 0, 0, w, p.h)
	return p
}

func (b *brush) flatDoor(v visit.Door, w, h float32) part {
	const pad, side = 28, 108
	x := float32(pad + side + 28)
	room := w - x - pad
	title, line := b.doorLetters(b.pal.card)
	th, lh := b.paragraphHeight(room, v.Title, title), b.paragraphHeight(room, v.Line, line)
	p := part{w: w, h: max(h, side+2*24, th+lh+2*24)}
	fill := b.card(&p, v.ID, w, p.h, 32)
	b.tile(&p, v.Icon, v.Tone, pad, (p.h-side)/2, side)
	y := (p.h - th - lh) / 2
	b.paragraph(&p, x, y, room, v.Title, title.on(fill), left)
	b.paragraph(&p, x, y+th, room, v.Line, line.on(fill), left)
	p.touch(v.ID, v.Title, false, 0, 0, w, p.h)
	return p
}
