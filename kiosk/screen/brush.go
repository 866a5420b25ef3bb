package screen

import (
	"image/color"
	"strings"

	"motcua/kiosk/visit"
)

// A brush draws parts in one look. Lengths are page units: pixels of the
// 1080×1920 page, which unit turns into pixels of this window.
type brush struct {
	pal     *palette
	faces   *faces
	unit    float32 // pixels a page unit
	text    float32 // scale of letters and what goes with them
	frame   float32 // the same for the head and the foot
	tight   float32 // what gaps and signs are scaled by on a full page
	wide    bool    // landscape
	busy    bool    // actions wait
	pressed string  // id of the target under the finger
	step    int     // of what moves
	still   bool    // nothing moves
}

// Letters are how a text is set. Size is before the visitor's text scale.
type letters struct {
	size        float32
	weight      weight
	ink, ground color.NRGBA
	lead        float32
	raw         bool // stars are stars: what a visitor typed
}

type align uint8

const (
	left align = iota
	centre
	right
)

// minTarget is the least width and height of what can be touched, 20 mm on the
// portrait panel; minGap is what stays free between two of them.
const (
	minTarget = 81
	minGap    = 12
)

func (b *brush) tint(t visit.Tone) tint {
	if t < 0 || int(t) >= len(b.pal.tones) {
		t = visit.Plain
	}
	return b.pal.tones[t]
}

// grown is a length that grows with the letters, but only a share as fast.
func (b *brush) grown(v, share float32) float32 { return v * (1 + (b.text-1)*share) }

func (l letters) height(b *brush) float32 {
	if l.lead == 0 {
		return l.size * b.text * leading
	}
	return l.size * b.text * l.lead
}

func (b *brush) title(size float32) letters {
	return letters{size: size, weight: bold, ink: b.pal.text, ground: b.pal.paper, lead: titleLeading}
}

// signSide is the side of a big round sign, smaller on a full page.
func (b *brush) signSide(side float32) float32 {
	return b.grown(side, 0.2) * min(1, 0.55+0.45*b.tight)
}

// on gives the same letters on a ground.
func (l letters) on(ground color.NRGBA) letters { l.ground = ground; return l }

// paragraph sets text in rows from x, y and gives the height it took.
func (b *brush) paragraph(p *part, x, y, w float32, text string, l letters, a align) float32 {
	if text == "" {
		return 0
	}
	top := y
	rows := b.wrap(text, l, w)
	if a != right && b.straggles(rows) {
		rows = b.wrap(text, l, b.balance(text, l, w))
	}
	for _, r := range rows {
		b.setRow(p, x, y, w, r, l, a)
		y += l.height(b)
	}
	return y - top
}

// straggles tells that the last of a few rows is a word or two: they are set to
// about one length then. Longer text is read on and needs no such care.
func (b *brush) straggles(rows []textRow) bool {
	n := len(rows)
	if n != 2 && n != 3 {
		return false
	}
	widest := float32(0)
	for _, r := range rows {
		widest = max(widest, r.width)
	}
	return rows[n-1].width < widest*0.4
}

// paragraphHeight is what paragraph would give.
func (b *brush) paragraphHeight(w float32, text string, l letters) float32 {
	if text == "" {
		return 0
	}
	return float32(len(b.wrap(text, l, w))) * l.height(b)
}

func (b *brush) setRow(p *part, x, y, w float32, r textRow, l letters, a align) {
	switch a {
	case centre:
		x += (w - r.width) / 2
	case right:
		x += w - r.width
	}
	for _, one := range r.runs {
		if strings.TrimSpace(one.text) != "" {
			p.draw(mark{kind: words, x: x, y: y, w: one.width, h: l.height(b), text: one.text,
				size: l.size * b.text, weight: weightOf(one, l), fill: l.ink, ground: l.ground})
		}
		x += one.width
	}
}

// fit sets text in the middle of w×h: in one row if it goes in, in as many as h
// allows if not, and smaller only if even that is too much.
func (b *brush) fit(p *part, x, y, w, h float32, text string, l letters, a align) {
	for {
		rows := b.wrap(text, l, w)
		if len(rows) > 1 {
			rows = b.wrap(text, l, b.balance(text, l, w))
		}
		if total := float32(len(rows)) * l.height(b); total <= h && !b.broken(text, rows) || l.size < 14 {
			y += (h - total) / 2
			for _, r := range rows {
				b.setRow(p, x, y, w, r, l, a)
				y += l.height(b)
			}
			return
		}
		l.size *= 0.94
	}
}

// broken tells that a word was cut to make rows.
func (b *brush) broken(text string, rows []textRow) bool {
	whole := 0
	for _, r := range rows {
		var row strings.Builder
		for _, one := range r.runs {
			row.WriteString(one.text)
		}
		whole += len(strings.Fields(row.String()))
	}
	return whole > len(strings.Fields(text))
}

// needs is the width that text takes in one row.
func (b *brush) needs(text string, l letters) float32 {
	widest := float32(0)
	for _, r := range b.wrap(text, l, 1e6) {
		widest = max(widest, r.width)
	}
	return widest
}

// icon draws a lucide icon of side s with its corner at x, y.
func (b *brush) icon(p *part, name string, x, y, s float32, ink, ground color.NRGBA) {
	if name != "" {
		p.draw(mark{kind: icon, x: x, y: y, w: s, h: s, text: name, fill: ink, ground: ground})
	}
}

// plate draws a rounded plate and gives its colour, darker under the finger.
func (b *brush) plate(p *part, id string, x, y, w, h, radius float32, fill, edge color.NRGBA, edgeW float32) color.NRGBA {
	fill = b.press(id, fill)
	p.draw(mark{kind: box, x: x, y: y, w: w, h: h, radius: radius, fill: fill, edge: edge, edgeW: edgeW * b.pal.bold})
	return fill
}

// press is fill as it looks while id is touched.
func (b *brush) press(id string, fill color.NRGBA) color.NRGBA {
	if id == "" || id != b.pressed {
		return fill
	}
	return mix(fill, b.pal.text, 0.12)
}

// card is the plate of a card.
func (b *brush) card(p *part, id string, w, h, radius float32) color.NRGBA {
	return b.plate(p, id, 0, 0, w, h, radius, b.pal.card, b.pal.line, 2)
}
