package screen

import (
	"strings"

	"motcua/kiosk/visit"
)

const keyGap = 14

// A key is one key of a pad.
type key struct {
	id, label, icon string
	share           float32 // of its row, where plain keys have 1
	wide            bool    // a key that does something rather than writes
	tone            bool
	on              bool
	size            float32
}

// keysOf lays a pad out: rows of keys from the top. đ stands at the end of the
// middle row: twelve keys of 20 mm do not fit one row of the portrait panel.
func keysOf(v visit.Keyboard) [][]key {
	letter := func(r string) key {
		k := key{id: "key:" + r, label: r, share: 1, size: 46}
		if v.Upper {
			k.label = strings.ToUpper(r)
		}
		return k
	}
	line := func(s string) []key {
		var row []key
		for _, r := range s {
			row = append(row, letter(string(r)))
		}
		return row
	}
	remove := key{id: "key:delete", label: v.Delete, icon: "delete", wide: true, share: 1.6, size: 34}
	wipe := key{id: "key:clear", label: v.Clear, icon: "eraser", wide: true, share: 2.1, size: 34}
	shift := key{id: "key:shift", label: v.Shift, icon: "arrow-big-up", wide: true, on: v.Upper, share: 1.6, size: 34}
	space := key{id: "key:space", label: v.Space, icon: "space", share: 6, size: 34}

	switch v.Pad {
	case visit.Digits:
		pad := [][]key{line("123"), line("456"), line("789"), {wipe, letter("0"), remove}}
		for _, row := range pad {
			for i := range row {
				row[i].share = 1
				if !row[i].wide {
					row[i].size = 60
				}
			}
		}
		return pad
	case visit.Email:
		last := append(line("@._-"), wipe)
		last[0].share, last[1].share, last[4].share = 2, 2, 2.4
		return [][]key{line("1234567890"), line("qwertyuiop"), line("asdfghjkl"),
			append(append([]key{shift}, line("zxcvbnm")...), remove), last}
	}
	var tones []key
	for _, t := range [...]struct{ name, sign string }{{"sac", "á"}, {"huyen", "à"}, {"hoi", "ả"}, {"nga", "ã"}, {"nang", "ạ"}} {
		tones = append(tones, key{id: "key:tone:" + t.name, label: t.sign})
	}
	for _, r := range [...]string{"â", "ă", "ê", "ô", "ơ", "ư"} {
		tones = append(tones, key{id: "key:" + r, label: r})
	}
	for i := range tones {
		tones[i].tone, tones[i].share, tones[i].size = true, 1, 50
	}
	dd := letter("đ")
	dd.tone = true
	telex := key{id: "key:telex", label: "Telex", wide: true, on: v.Telex, share: 1.8, size: 32}
	return [][]key{tones, line("1234567890"), line("qwertyuiop"), append(line("asdfghjkl"), dd),
		append(append([]key{shift}, line("zxcvbnm")...), remove), {telex, space, wipe}}
}

// keyboardHeights are the least and the best height of a pad.
func (b *brush) keyboardHeights(v visit.Keyboard) (least, best float32) {
	n := float32(len(keysOf(v)))
	if v.Pad == visit.Digits {
		return n*100 + (n-1)*keyGap, n*132 + (n-1)*18
	}
	return n*83 + (n-1)*minGap, n*104 + (n-1)*keyGap
}

func (b *brush) keyboard(v visit.Keyboard, w, h float32) part {
	rows := keysOf(v)
	p := part{w: w, h: h}
	gap := float32(keyGap)
	if v.Pad == visit.Digits {
		gap = 18
	}
	n := float32(len(rows))
	if least := n*83 + (n-1)*gap; h < least {
		gap = minGap
	}
	tall := (h - (n-1)*gap) / n
	for i, row := range rows {
		sum := float32(0)
		for _, k := range row {
			sum += k.share
		}
		between := gap
		if len(row) > 10 {
			between = minGap
		}
		one := (w - between*float32(len(row)-1)) / sum
		x := float32(0)
		for _, k := range row {
			p.put(b.key(k, one*k.share, tall), x, float32(i)*(tall+gap))
			x += one*k.share + between
		}
	}
	return p
}

func (b *brush) key(k key, w, h float32) part {
	p := part{w: w, h: h}
	l := letters{size: k.size / b.text * min(b.grown(1, 0.35), 1.2), weight: semibold, ink: b.pal.text, lead: 1.25}
	fill, edge := b.pal.card, b.pal.line
	indigo := b.tint(visit.Indigo)
	switch {
	case k.tone:
		fill, l.ink = indigo.paper, indigo.ink
	case k.on:
		fill, l.ink, edge = indigo.paper, indigo.ink, indigo.ink
	case k.wide:
		fill = b.pal.key
	case k.id == "key:space":
		l.ink = b.pal.second
	}
	edgeW := float32(2)
	if k.on {
		edgeW = 3
	}
	fill = b.plate(&p, k.id, 0, 0, w, h, 18, fill, edge, edgeW)
	side := min(float32(56), h*0.6)
	switch {
	case k.icon == "delete" && k.label != "" && w > 280:
		b.faceOf(&p, visit.Button{Label: k.label, Icon: k.icon}, 0, w, h, l.on(fill))
	case k.icon == "delete" || k.label == "":
		b.icon(&p, k.icon, (w-side)/2, (h-side)/2, side, l.ink, fill)
	default:
		b.fit(&p, 4, 0, w-8, h, k.label, l.on(fill), centre)
	}
	label := k.label
	if label == "" {
		label = strings.TrimPrefix(k.id, "key:")
	}
	p.touch(k.id, label, false, 0, 0, w, h)
	return p
}

// datePad is three inputs side by side: day, month, year.
func (b *brush) datePad(v visit.DatePad, w float32) part {
	const gap = 24
	p := part{w: w}
	l := letters{size: 36, weight: semibold, ink: b.pal.second, ground: b.pal.paper}
	top := l.height(b) + 10
	h := b.grown(142, 0.4)
	shares := [3]float32{1, 1, 1.5}
	one := (w - 2*gap) / (shares[0] + shares[1] + shares[2])
	son := b.tint(visit.Son).ink
	x := float32(0)
	for i, f := range [3]struct{ id, label, value, ghost string }{
		{v.DayID, v.DayLabel, v.Day, "––"}, {v.MonthID, v.MonthLabel, v.Month, "––"}, {v.YearID, v.YearLabel, v.Year, "––––"},
	} {
		cw := one * shares[i]
		b.fit(&p, x, 0, cw, l.height(b), f.label, l, left)
		edge, edgeW := b.pal.line, float32(3)
		if i == v.Active || v.Problem != "" {
			edge, edgeW = son, 4
		}
		c := part{}
		fill := b.plate(&c, f.id, 0, 0, cw, h, 28, b.pal.card, edge, edgeW)
		big := letters{size: 60, weight: semibold, ink: b.pal.text, ground: fill, raw: true, lead: 1.3}
		text := f.value
		if text == "" {
			text, big.ink, big.weight = f.ghost, mix(b.pal.second, b.pal.card, 0.12), regular
		}
		b.fit(&c, 10, 0, cw-20, h, text, big, centre)
		if i == v.Active {
			at := cw / 2
			if f.value != "" {
				at += b.needs(f.value, big)/2 + 6
				c.draw(mark{kind: box, x: at, y: h * 0.22, w: 5, h: h * 0.56, fill: son})
			} else {
				c.draw(mark{kind: box, x: 26, y: h - 22, w: cw - 52, h: 5, fill: son})
			}
		}
		c.touch(f.id, f.label+" "+f.value, false, 0, 0, cw, h)
		p.put(c, x, top)
		x += cw + gap
	}
	p.h = top + h
	p.h += b.problem(&p, v.Problem, p.h, w)
	return p
}
