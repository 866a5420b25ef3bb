package paper

import (
	"fmt"
	"image"
	"io/fs"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/unicode/norm"
)

// weight picks one of the four cuts of the typeface.
type weight int

const (
	regular weight = iota
	medium
	semibold
	bold
)

// files are the cuts, in the order of weight, as they stand in assets/fonts.
var files = [...]string{"BeVietnamPro-Regular.ttf", "BeVietnamPro-Medium.ttf", "BeVietnamPro-SemiBold.ttf", "BeVietnamPro-Bold.ttf"}

// inked is how much of a dot must be covered for it to be printed, of 255. A
// little under half: a thermal head loses the thinnest strokes.
const inked = 0x70

// cut is a weight at a size in dots.
type cut struct {
	weight weight
	size   int
}

// high is the height of a line: 1.4 of the size keeps marks that stand on marks,
// as in Ễ and Ẫ, clear of the dots below Ậ and Ợ in the line above, in capitals
// too. White rows cost no bytes.
func (c cut) high() int { return (c.size*140 + 50) / 100 }

// glyph is one letter as dots.
type glyph struct {
	at      image.Rectangle // from the pen on the baseline
	dots    []bool          // of at, row by row
	ink     image.Rectangle // what of at is dark
	advance fixed.Int26_6
}

// letters draws text in one bit, from outlines.
type letters struct {
	fonts [len(files)]*opentype.Font

	mu    sync.Mutex // guards faces and what is in them; held for a word at a time
	faces map[cut]*face
}

// face is a cut's outlines, and what was drawn and looked up of them.
type face struct {
	font.Face
	cut    cut
	glyphs map[rune]*glyph
	kerns  map[[2]rune]fixed.Int26_6
}

func newLetters(fsys fs.FS) (*letters, error) {
	l := &letters{faces: map[cut]*face{}}
	for i, name := range files {
		b, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("fonts: %w", err)
		}
		if l.fonts[i], err = opentype.Parse(b); err != nil {
			return nil, fmt.Errorf("fonts: %s: %w", name, err)
		}
	}
	for i := range l.fonts {
		if _, err := l.face(cut{weight(i), 26}); err != nil {
			return nil, fmt.Errorf("fonts: %s: %w", files[i], err)
		}
	}
	return l, nil
}

// face gives the outlines at a size; one dot is one point at 72 dpi. l.mu is
// held, or nobody else has l yet.
func (l *letters) face(c cut) (*face, error) {
	if f, ok := l.faces[c]; ok {
		return f, nil
	}
	outlines, err := opentype.NewFace(l.fonts[c.weight], &opentype.FaceOptions{Size: float64(c.size), DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		return nil, err
	}
	f := &face{Face: outlines, cut: c, glyphs: map[rune]*glyph{}, kerns: map[[2]rune]fixed.Int26_6{}}
	l.faces[c] = f
	return f, nil
}

// glyph gives r in dots; one without dots if the typeface lacks it.
func (f *face) glyph(r rune) *glyph {
	if g, ok := f.glyphs[r]; ok {
		return g
	}
	g := &glyph{}
	f.glyphs[r] = g
	if r == '→' {
		*g = arrow(f.cut)
	} else if at, mask, from, advance, ok := f.Face.Glyph(fixed.Point26_6{}, r); ok {
		g.at, g.advance = at, advance
		g.dots = make([]bool, at.Dx()*at.Dy())
		for i := range g.dots {
			_, _, _, a := mask.At(from.X+i%at.Dx(), from.Y+i/at.Dx()).RGBA()
			g.dots[i] = a>>8 >= inked
		}
	}
	for i, dark := range g.dots {
		if dark {
			at := g.at.Min.Add(image.Pt(i%g.at.Dx(), i/g.at.Dx()))
			g.ink = g.ink.Union(image.Rectangle{at, at.Add(image.Pt(1, 1))})
		}
	}
	return g
}

// kern is how much closer two letters stand; to look it up is slow.
func (f *face) kern(pair [2]rune) fixed.Int26_6 {
	k, ok := f.kerns[pair]
	if !ok {
		k = f.Kern(pair[0], pair[1])
		f.kerns[pair] = k
	}
	return k
}

// each calls f for every glyph of s with its pen position in dots, and gives
// the length of s. Letters stand on whole dots so that each looks the same
// wherever it comes.
func (l *letters) each(c cut, s string, f func(x int, g *glyph)) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	in, err := l.face(c)
	if err != nil {
		return 0 // newLetters tried every cut: a size cannot fail
	}
	var pen fixed.Int26_6
	last := rune(-1)
	for _, r := range norm.NFC.String(s) {
		if last >= 0 {
			pen += in.kern([2]rune{last, r})
		}
		g := in.glyph(r)
		if f != nil {
			f(pen.Round(), g)
		}
		pen += g.advance
		last = r
	}
	return pen.Ceil()
}

// long is the length of s in dots.
func (l *letters) long(c cut, s string) int { return l.each(c, s, nil) }

// baseline is how far below the top of its line text stands: the outlines are
// centred in it, a little lower, for marks reach higher than tails reach down.
func (l *letters) baseline(c cut) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	in, err := l.face(c)
	if err != nil {
		return c.size
	}
	m := in.Metrics()
	return (c.high()-m.Ascent.Ceil()-m.Descent.Ceil())/2 + m.Ascent.Ceil() + c.size/14
}

// word is what is never cut apart, and how it is set.
type word struct {
	text  string
	bold  bool
	glued bool // no space before it, as for a full stop behind bold words
}

// words splits s at white space, but not at no-break spaces; what stands
// between stars is bold.
func words(s string) []word {
	var all []word
	parts := strings.Split(s, "*")
	for i, part := range parts {
		for k, w := range strings.FieldsFunc(part, breaks) {
			glued := k == 0 && i > 0 && !startsWhite(part) && parts[i-1] != "" && !endsWhite(parts[i-1])
			all = append(all, word{w, i%2 == 1, glued && len(all) > 0})
		}
	}
	return all
}

// noBreak is the space that holds two words together.
const noBreak = "\u00a0"

func breaks(r rune) bool        { return unicode.IsSpace(r) && string(r) != noBreak }
func startsWhite(s string) bool { return strings.TrimLeftFunc(s, breaks) != s }
func endsWhite(s string) bool   { return strings.TrimRightFunc(s, breaks) != s }

// line is words that fit side by side.
type line struct {
	words []word
	long  int
}

// wrap breaks ws into lines of at most wide dots. A word that is longer than
// that by itself, such as an address, is broken behind a sign in it, and only
// if there is none, between letters.
func (l *letters) wrap(ws []word, plain, strong cut, wide int) []line {
	var lines []line
	space := l.long(plain, " ")
	for len(ws) > 0 {
		n, long := l.cluster(ws, plain, strong)
		if long > wide && n > 1 {
			n, long = 1, l.long(ws[0].cut(plain, strong), ws[0].text)
		}
		if w := ws[0]; long > wide && len([]rune(w.text)) > 1 {
			head, tail := l.split(w.cut(plain, strong), w.text, wide)
			ws = append([]word{{head, w.bold, w.glued}, {tail, w.bold, false}}, ws[1:]...)
			continue
		}
		if at := len(lines) - 1; at >= 0 && lines[at].long+space+long <= wide {
			lines[at].words = append(lines[at].words, ws[:n]...)
			lines[at].long += space + long
		} else {
			lines = append(lines, line{append([]word(nil), ws[:n]...), long})
			lines[len(lines)-1].words[0].glued = false
		}
		ws = ws[n:]
	}
	return lines
}

// cut is the one of two that w is set in.
func (w word) cut(plain, strong cut) cut {
	if w.bold {
		return strong
	}
	return plain
}

// cluster counts the first word and those glued to it, and how long they are.
func (l *letters) cluster(ws []word, plain, strong cut) (n, long int) {
	for n < len(ws) && (n == 0 || ws[n].glued) {
		long += l.long(ws[n].cut(plain, strong), ws[n].text)
		n++
	}
	return n, long
}

// split cuts s so that its head fits.
func (l *letters) split(c cut, s string, wide int) (head, tail string) {
	runes := []rune(norm.NFC.String(s))
	fits := 1
	for fits < len(runes)-1 && l.long(c, string(runes[:fits+1])) <= wide {
		fits++
	}
	for at := fits; at > fits/3; at-- {
		if strings.ContainsRune("/-.,;:?&=_@", runes[at-1]) {
			return string(runes[:at]), string(runes[at:])
		}
	}
	return string(runes[:fits]), string(runes[fits:])
}
