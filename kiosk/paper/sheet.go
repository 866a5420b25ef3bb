package paper

import (
	"bytes"
	"fmt"
	"image"

	"github.com/makiuchi-d/gozxing/qrcode/decoder"
	"github.com/makiuchi-d/gozxing/qrcode/encoder"

	"motcua/devices/receipt"
)

// The narrowest and widest roll that is laid out: 58 and 112 mm.
const narrowest, widest = 320, 832

// usual is how many rows most pieces have at most: 260 mm.
const usual = 2080

// sizes of type and space, in dots.
type sizes struct {
	margin                             int
	body, small, state, title, display int
	gap                                int // between parts
}

func sizesFor(width int) sizes {
	if width < 480 {
		return sizes{margin: 10, body: 22, small: 20, state: 25, title: 32, display: 40, gap: 14}
	}
	return sizes{margin: 28, body: 26, small: 22, state: 32, title: 42, display: 52, gap: 18}
}

// box is where something was put and where its ink is; tests look at these.
type box struct {
	what string
	room image.Rectangle
	ink  image.Rectangle
}

// sheet is a slip being set, from top to bottom.
type sheet struct {
	*letters
	sizes
	width int
	y     int
	pix   []uint8
	blank []uint8 // rows of white, for reach
	boxes []box
}

func newSheet(l *letters, width int) (*sheet, error) {
	if width < narrowest || width > widest {
		return nil, fmt.Errorf("paper of %d dots: must be %d to %d", width, narrowest, widest)
	}
	return &sheet{letters: l, sizes: sizesFor(width), width: width,
		pix:   make([]uint8, 0, usual*width),
		blank: bytes.Repeat([]uint8{0xFF}, 64*width)}, nil
}

// slip is the finished sheet.
func (s *sheet) slip() receipt.Slip {
	s.reach(s.y)
	page := &image.Gray{Pix: s.pix[:s.y*s.width], Stride: s.width, Rect: image.Rect(0, 0, s.width, s.y)}
	return receipt.Slip{Page: page}
}

// room is the width between the margins.
func (s *sheet) room() int { return s.width - 2*s.margin }

func (s *sheet) space(n int) { s.y += n }

// reach makes the page at least that many rows long.
func (s *sheet) reach(rows int) {
	for len(s.pix) < rows*s.width {
		s.pix = append(s.pix, s.blank...)
	}
}

func (s *sheet) fill(r image.Rectangle, v uint8) {
	s.reach(r.Max.Y)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := s.pix[y*s.width:][r.Min.X:r.Max.X]
		for x := range row {
			row[x] = v
		}
	}
}

// text draws t with its line's top at y and gives where the ink went.
func (s *sheet) text(c cut, t string, x, y int, v uint8) image.Rectangle {
	base := y + s.baseline(c)
	s.reach(y + 2*c.high())
	var ink image.Rectangle
	s.each(c, t, func(pen int, g *glyph) {
		at := g.at.Add(image.Pt(x+pen, base))
		ink = ink.Union(g.ink.Add(image.Pt(x+pen, base)))
		for i, dark := range g.dots {
			if !dark {
				continue
			}
			px, py := at.Min.X+i%at.Dx(), at.Min.Y+i/at.Dx()
			if px >= 0 && px < s.width && py >= 0 {
				s.pix[py*s.width+px] = v
			}
		}
	})
	return ink
}

// align is where lines stand in their room.
type align int

const (
	left align = iota
	centre
	right
)

// set draws lines in the column from x, wide dots wide, at the current height,
// and moves down.
func (s *sheet) set(what string, lines []line, plain, strong cut, x, wide int, a align, v uint8) {
	for _, l := range lines {
		room := image.Rect(x, s.y, x+wide, s.y+max(plain.high(), strong.high()))
		pen := x + int(a)*(wide-l.long)/2
		var ink image.Rectangle
		for i, w := range l.words {
			c := w.cut(plain, strong)
			if i > 0 && !w.glued {
				pen += s.long(plain, " ")
			}
			drop := room.Dy() - c.high() // smaller type stands on the same line
			ink = ink.Union(s.text(c, w.text, pen, s.y+drop*3/4, v))
			pen += s.long(c, w.text)
		}
		s.boxes = append(s.boxes, box{what, room, ink})
		s.y = room.Max.Y
	}
}

// centred sets a paragraph in the middle; what is between stars is bold.
func (s *sheet) centred(what, t string, c cut) {
	strong := cut{bold, c.size}
	s.set(what, s.balance(words(t), c, strong, s.room()), c, strong, s.margin, s.room(), centre, 0)
}

// balance wraps, and where that takes several lines makes them about equally
// long, so that no word stands alone on the last.
func (s *sheet) balance(ws []word, plain, strong cut, wide int) []line {
	lines := s.wrap(ws, plain, strong, wide)
	if len(lines) < 2 {
		return lines
	}
	low, high := wide/2, wide
	for high-low > 8 {
		mid := (low + high) / 2
		if len(s.wrap(ws, plain, strong, mid)) > len(lines) {
			low = mid
		} else {
			high = mid
		}
	}
	return s.wrap(ws, plain, strong, high)
}

// fitting is c, made smaller until t fits on one line of wide dots, but no
// smaller than body.
func (s *sheet) fitting(c cut, t string, wide int) cut {
	for c.size > s.body && s.long(c, t) > wide {
		c.size -= 2
	}
	return c
}

// code sets a code large, under its label.
func (s *sheet) code(label, t string) {
	if t == "" {
		return
	}
	s.centred("label", label, cut{regular, s.body})
	c := s.fitting(cut{bold, s.display}, t, s.room())
	s.set("code", s.wrap([]word{{text: t, bold: true}}, c, c, s.room()), c, c, s.margin, s.room(), centre, 0)
}

// row is a label and its value, one line of a table.
type row struct {
	label, value string
	size         int // of the value; 0 = body
}

// table sets labels at the left and values, bold, in a column beside them. A
// value is wrapped in its column; one with a word that is longer than that
// goes below its label. Rows without a value are left out.
func (s *sheet) table(rows []row) {
	plain := cut{regular, s.body}
	column := 0
	for _, r := range rows {
		if r.value != "" {
			column = max(column, s.long(plain, r.label))
		}
	}
	column = min(column, s.room()*45/100) + s.body*3/4
	for _, r := range rows {
		if r.value != "" {
			s.row(r, column)
		}
	}
}

func (s *sheet) row(r row, column int) {
	plain, strong := cut{regular, s.body}, cut{bold, max(r.size, s.body)}
	ws := words(r.value)
	beside, longest := s.room()-column, 0
	for i := range ws {
		ws[i].bold = true
		longest = max(longest, s.long(strong, ws[i].text))
	}
	label := s.wrap(words(r.label), plain, plain, s.room())
	if longest > beside || len(label) > 1 || label[0].long > column {
		s.set("label", label, plain, plain, s.margin, s.room(), left, 0)
		s.set("value", s.wrap(ws, strong, strong, s.room()-s.gap), strong, strong, s.margin+s.gap, s.room()-s.gap, left, 0)
		return
	}
	top := s.y
	s.y += (strong.high() - plain.high()) * 3 / 4
	s.set("label", label, plain, plain, s.margin, column, left, 0)
	s.y = top
	s.set("value", s.balance(ws, strong, strong, beside), strong, strong, s.margin+column, beside, left, 0)
}

// item sets a paragraph with a sign hanging at its left.
func (s *sheet) item(sign func(x, y, size int), t string) {
	plain, strong := cut{regular, s.body}, cut{bold, s.body}
	indent := s.body * 3 / 2
	sign(s.margin, s.y, plain.high())
	lines := s.wrap(words(t), plain, strong, s.room()-indent)
	if n := len(lines); n > 1 && lines[n-1].long < s.room()/4 { // no word alone on a line
		lines = s.balance(words(t), plain, strong, s.room()-indent)
	}
	s.set("item", lines, plain, strong, s.margin+indent, s.room()-indent, left, 0)
	s.space(s.gap / 3)
}

// number is a sign for item: "1."
func (s *sheet) number(n int) func(x, y, size int) {
	return func(x, y, _ int) {
		c := cut{bold, s.body}
		t := fmt.Sprintf("%d.", n)
		room := image.Rect(x, y, x+s.long(c, t), y+c.high())
		s.boxes = append(s.boxes, box{"number", room, s.text(c, t, x, y, 0)})
	}
}

// square is a sign for item: a box to tick by pen.
func (s *sheet) square(x, y, size int) {
	side := s.body * 4 / 5
	r := image.Rect(x, y+(size-side)/2, x+side, y+(size-side)/2+side)
	s.fill(r, 0)
	s.fill(r.Inset(2), 0xFF)
	s.boxes = append(s.boxes, box{"square", r, r})
}

// rule draws dashes from margin to margin.
func (s *sheet) rule() {
	s.space(s.gap)
	for x := s.margin; x < s.width-s.margin; x += 12 {
		s.fill(image.Rect(x, s.y, min(x+8, s.width-s.margin), s.y+3), 0)
	}
	s.y += 3
	s.space(s.gap)
}

// framed draws a rounded frame, thick dots strong, around what inside sets.
func (s *sheet) framed(thick int, inside func()) {
	top := s.y
	s.space(s.gap*3/4 + thick)
	s.margin += s.gap
	inside()
	s.margin -= s.gap
	s.space(s.gap * 3 / 4)
	r := image.Rect(s.margin, top, s.width-s.margin, s.y+thick)
	s.reach(r.Max.Y)
	s.round(r, s.gap, thick)
	s.y = r.Max.Y
	s.boxes = append(s.boxes, box{"frame", r, r})
}

// round draws the outline of a rectangle with round corners.
func (s *sheet) round(r image.Rectangle, radius, thick int) {
	within := func(x, y, inset int) bool {
		q := r.Inset(inset)
		if !image.Pt(x, y).In(q) {
			return false
		}
		rad := radius - inset
		dx := max(q.Min.X+rad-x, x-(q.Max.X-1-rad), 0)
		dy := max(q.Min.Y+rad-y, y-(q.Max.Y-1-rad), 0)
		return dx*dx+dy*dy <= rad*rad
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		edge := y < r.Min.Y+radius || y >= r.Max.Y-radius
		for x := r.Min.X; x < r.Max.X; x++ {
			if !edge && x == r.Min.X+thick {
				x = r.Max.X - thick // only sides here
			}
			if within(x, y, 0) && !within(x, y, thick) {
				s.pix[y*s.width+x] = 0
			}
		}
	}
}

// banner sets t white on a black bar from margin to margin.
func (s *sheet) banner(t string, c cut) {
	lines := s.balance(words(t), c, c, s.room()-2*s.gap)
	r := image.Rect(s.margin, s.y, s.width-s.margin, s.y+len(lines)*c.high()+s.gap)
	s.fill(r, 0)
	s.y += s.gap / 2
	s.set("banner", lines, c, c, s.margin+s.gap, s.room()-2*s.gap, centre, 0xFF)
	s.y = r.Max.Y
}

// qr draws t as a QR code with its quiet zone of four modules, in the middle.
// Modules are whole dots, 0.5 mm and up, so that a telephone reads it off thin
// paper. Text goes in as UTF-8 without an ECI header, which some scanners
// would hand on as characters.
func (s *sheet) qr(t string) error {
	if t == "" {
		return nil
	}
	const quiet, target, least = 4, 232, 4
	code, err := encoder.Encoder_encode(t, decoder.ErrorCorrectionLevel_M, nil)
	if err != nil {
		return fmt.Errorf("qr code: %w", err)
	}
	m := code.GetMatrix()
	n := m.GetWidth()
	size := max(target/n, least)
	side := (n + 2*quiet) * size
	if side > s.width {
		return fmt.Errorf("qr code: %d characters make %d modules, too many for paper of %d dots", len([]rune(t)), n, s.width)
	}
	// On even dots, as the driver sends squares of four at a quarter of the size.
	x0, y0 := ((s.width-side)/2+quiet*size)&^1, s.y+quiet*size
	for y := range n {
		for x := range n {
			if m.Get(x, y) == 1 {
				s.fill(image.Rect(x0+x*size, y0+y*size, x0+(x+1)*size, y0+(y+1)*size), 0)
			}
		}
	}
	room := image.Rect(x0-quiet*size, s.y, x0-quiet*size+side, s.y+side)
	s.boxes = append(s.boxes, box{"qr", room, room.Inset(quiet * size)})
	s.y += side
	s.reach(s.y)
	return nil
}
