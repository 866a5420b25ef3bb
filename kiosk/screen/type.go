package screen

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"fyne.io/fyne/v2"
	"golang.org/x/image/font/sfnt"
)

type weight uint8

const (
	regular weight = iota
	medium
	semibold
	bold
)

// Line heights over the size of the letters. Vietnamese stacks marks above and
// below; titles stand tighter because theirs are mostly small letters.
const (
	leading      = 1.35
	titleLeading = 1.25
)

// headroom is the ascent, in thousandths of the letters' size, that Fyne leaves
// above the base line; the typeface itself says 1000, but Ắ reaches to 1176 and
// would lose its breve or tone.
const (
	headroom   = 1200
	ascent     = 1000
	descent    = 265
	unitsPerEm = 1000
)

// faces are the four weights of the typeface.
type faces struct {
	weights [bold + 1]fyne.Resource
	regular *sfnt.Font
	covered map[rune]bool
	buffer  sfnt.Buffer
}

func openFaces(files fs.FS) (*faces, error) {
	f := &faces{covered: map[rune]bool{'\u00a0': true}}
	for w, name := range [...]string{"Regular", "Medium", "SemiBold", "Bold"} {
		path := "fonts/BeVietnamPro-" + name + ".ttf"
		b, err := fs.ReadFile(files, path)
		if err != nil {
			return nil, fmt.Errorf("read typeface: %w", err)
		}
		if w == int(regular) {
			if f.regular, err = sfnt.Parse(b); err != nil {
				return nil, fmt.Errorf("read %s: %w", path, err)
			}
		}
		b, err = raise(b, headroom)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		f.weights[w] = fyne.NewStaticResource(path, b)
	}
	return f, nil
}

// raise gives a copy of a TrueType font whose ascent is units (OpenType 1.9, hhea
// and OS/2 tables).
func raise(ttf []byte, units int16) ([]byte, error) {
	out := append([]byte(nil), ttf...)
	if len(out) < 12 {
		return nil, errors.New("not a font")
	}
	patched := 0
	for i := range int(binary.BigEndian.Uint16(out[4:])) {
		entry := 12 + 16*i
		if entry+16 > len(out) {
			return nil, errors.New("cut short")
		}
		at := int(binary.BigEndian.Uint32(out[entry+8:]))
		for _, field := range map[string][]int{"hhea": {4}, "OS/2": {68, 74}}[string(out[entry:entry+4])] {
			if at+field+2 > len(out) {
				return nil, errors.New("cut short")
			}
			binary.BigEndian.PutUint16(out[at+field:], uint16(units))
			patched++
		}
	}
	if patched != 3 {
		return nil, errors.New("tables hhea and OS/2 are not there")
	}
	return out, nil
}

// clean puts "?" for what the typeface has no letter for. Fyne would look
// through every font of the system for it, which takes seconds.
func (f *faces) clean(s string) string {
	return strings.Map(func(r rune) rune {
		ok, seen := f.covered[r]
		if !seen {
			i, err := f.regular.GlyphIndex(&f.buffer, r)
			ok = err == nil && i != 0
			if len(f.covered) < 4096 {
				f.covered[r] = ok
			}
		}
		if !ok {
			return '?'
		}
		return r
	}, s)
}

// measure is the advance of s at size pixels.
func (f *faces) measure(s string, size float32, w weight) float32 {
	d, _ := fyne.CurrentApp().Driver().RenderedTextSize(s, size, fyne.TextStyle{}, f.weights[w])
	return d.Width
}

// A run is text of one weight.
type run struct {
	text  string
	bold  bool
	width float32
}

// A row of text is runs from left to right.
type textRow struct {
	runs  []run
	width float32
}

// width of s in page units.
func (b *brush) width(s string, size float32, w weight) float32 {
	return b.faces.measure(s, size*b.unit, w) / b.unit
}

// wrap breaks text into rows no wider than width. Words between stars are
// bold, but for raw letters; \n ends a row; a word that is too wide by itself is
// broken anywhere.
func (b *brush) wrap(text string, l letters, width float32) []textRow {
	var rows []textRow
	size := l.size * b.text
	width = max(width, size) // at least a letter
	strong := false
	space := b.width(" ", size, l.weight)
	for para := range strings.SplitSeq(text, "\n") {
		para = b.faces.clean(para)
		if !l.raw {
			para = glue(para)
		}
		row, empty := textRow{}, true
		for word := range strings.SplitSeq(para, " ") {
			var pieces []run
			pieces, strong = b.split(word, strong, l)
			wide := float32(0)
			for _, p := range pieces {
				wide += p.width
			}
			if !empty && row.width+space+wide > width {
				rows = append(rows, row)
				row, empty = textRow{}, true
			}
			if !empty {
				row.add(run{" ", len(pieces) > 0 && pieces[0].bold && row.endsBold(), space})
			}
			for _, p := range pieces {
				for p.width > width {
					var head run
					head, p = b.cut(p, l, width-row.width, len(row.runs) == 0)
					row.add(head)
					rows = append(rows, row)
					row = textRow{}
				}
				row.add(p)
			}
			empty = false
		}
		rows = append(rows, row)
	}
	for i := range rows {
		rows[i].width = 0
		for j := range rows[i].runs {
			r := &rows[i].runs[j]
			r.width = b.width(r.text, size, weightOf(*r, l))
			rows[i].width += r.width
		}
	}
	return rows
}

// noBreak is a space at which no row ends.
const noBreak = "\u00a0"

// glue keeps short bold phrases, such as a telephone number, in one row, and lets no
// row begin with the dot between two things.
func glue(para string) string {
	para = strings.ReplaceAll(para, " · ", noBreak+"· ")
	parts := strings.Split(para, "*")
	for i := 1; i+1 < len(parts); i += 2 {
		if len(parts[i]) < 40 {
			parts[i] = strings.ReplaceAll(parts[i], " ", noBreak)
		}
	}
	return strings.Join(parts, "*")
}

// cut takes from r what fits width, at least one letter if it must.
func (b *brush) cut(r run, l letters, width float32, must bool) (head, tail run) {
	size, w := l.size*b.text, weightOf(r, l)
	runes := []rune(r.text)
	low, high := 0, len(runes)
	for low < high {
		mid := (low + high + 1) / 2
		if b.width(string(runes[:mid]), size, w) <= width {
			low = mid
		} else {
			high = mid - 1
		}
	}
	if low == 0 && must && len(runes) > 0 {
		low = 1
	}
	of := func(s []rune) run { return run{string(s), r.bold, b.width(string(s), size, w)} }
	return of(runes[:low]), of(runes[low:])
}

func weightOf(r run, l letters) weight {
	if r.bold {
		return bold
	}
	return l.weight
}

// split cuts a word at its stars.
func (b *brush) split(word string, strong bool, l letters) ([]run, bool) {
	word = strings.ReplaceAll(word, noBreak, " ")
	if l.raw {
		return []run{{text: word, width: b.width(word, l.size*b.text, l.weight)}}, false
	}
	var runs []run
	for i, piece := range strings.Split(word, "*") {
		if i > 0 {
			strong = !strong
		}
		if piece != "" {
			r := run{text: piece, bold: strong}
			r.width = b.width(piece, l.size*b.text, weightOf(r, l))
			runs = append(runs, r)
		}
	}
	return runs, strong
}

func (r *textRow) endsBold() bool { return len(r.runs) > 0 && r.runs[len(r.runs)-1].bold }

// add appends p, to the last run if it is of the same weight.
func (r *textRow) add(p run) {
	if n := len(r.runs); n > 0 && r.runs[n-1].bold == p.bold {
		r.runs[n-1].text += p.text
	} else {
		r.runs = append(r.runs, p)
	}
	r.width += p.width
}

// balance is the narrowest width that takes no more rows than width does, so
// that a title of two lines has two lines of about the same length. No word is
// broken for it.
func (b *brush) balance(text string, l letters, width float32) float32 {
	want := len(b.wrap(text, l, width))
	if want == 1 || strings.Contains(text, "\n") {
		return width
	}
	low, high := width/float32(want)*0.8, width
	for word := range strings.SplitSeq(glue(b.faces.clean(text)), " ") {
		wide := float32(0)
		pieces, _ := b.split(word, false, l)
		for _, p := range pieces {
			wide += p.width
		}
		low = max(low, wide+1)
	}
	if low >= high {
		return width
	}
	for range 7 {
		mid := (low + high) / 2
		if len(b.wrap(text, l, mid)) <= want {
			high = mid
		} else {
			low = mid
		}
	}
	return high
}
