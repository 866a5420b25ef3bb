package paper

import (
	"fmt"
	"image"
	"io/fs"
	"strings"
	"sync"

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

// high is the height of a line: 1.35 of the size keeps marks that stand on
// marks, as in Ễ and Ẫ, clear of the line above.
func (c cut) high() int { return (c.size*135 + 50) / 100 }

// glyph is one letter as dots.
type glyph struct {
	at      image.Rectangle // from the pen on the baseline
	dots    []bool          // row by row
	advance fixed.Int26_6
}

// letters draws text in one bit, from outlines.
type letters struct {
	fonts [len(files)]*opentype.Font

	mu     sync.Mutex // guards faces and glyphs; held for a word at a time
	faces  map[cut]font.Face
	glyphs map[cut]map[rune]*glyph
}

func newLetters(fsys fs.FS) (*letters, error) {
	l := &letters{faces: map[cut]font.Face{}, glyphs: map[cut]map[rune]*glyph{}}
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

// face gives the outlines at a size; one dot is one point at 72 dpi.
func (l *letters) face(c cut) (font.Face, error) {
	if f, ok := l.faces[c]; ok {
		return f, nil
	}
	f, err := opentype.NewFace(l.fonts[c.weight], &opentype.FaceOptions{Size: float64(c.size), DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		return nil, err
	}
	l.faces[c] = f
	l.glyphs[c] = map[rune]*glyph{}
	return f, nil
}

// glyph gives r in dots. l.mu is held.
func (l *letters) glyph(c cut, f font.Face, r rune) *glyph {
	if g, ok := l.glyphs[c][r]; ok {
		return g
	}
	g := &glyph{}
	l.glyphs[c][r] = g
	at, mask, from, advance, ok := f.Glyph(fixed.Point26_6{}, r)
	if !ok {
		return g
	}
	g.at, g.advance = at, advance
	g.dots = make([]bool, at.Dx()*at.Dy())
	for y := range at.Dy() {
		for x := range at.Dx() {
			_, _, _, a := mask.At(from.X+x, from.Y+y).RGBA()
			g.dots[y*at.Dx()+x] = a>>8 >= inked
		}
	}
	return g
}

// each calls f for every glyph of s with its pen position in dots, and gives
// the length of s. Letters stand on whole dots so that each looks the same
// wherever it comes.
func (l *letters) each(c cut, s string, f func(x int, g *glyph)) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	face, err := l.face(c)
	if err != nil {
		return 0 // newLetters tried every cut: a size cannot fail
	}
	var pen fixed.Int26_6
	last := rune(-1)
	for _, r := range norm.NFC.String(s) {
		if last >= 0 {
			pen += face.Kern(last, r)
		}
		g := l.glyph(c, face, r)
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

// baseline is how far below the top of its line text stands: the height of
// the outlines is centred in it.
func (l *letters) baseline(c cut) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	face, err := l.face(c)
	if err != nil {
		return c.size
	}
	m := face.Metrics()
	return (c.high()-m.Ascent.Ceil()-m.Descent.Ceil())/2 + m.Ascent.Ceil()
}

// word is what is never cut apart, and how it is set.
type word struct {
	text string
	bold bool
}

// words splits s at white space; what stands between stars is bold.
func words(s string) []word {
	var all []word
	strong := false
	for i, part := range strings.Split(s, "*") {
		if i > 0 {
			strong = !strong
		}
		for _, w := range strings.Fields(part) {
			all = append(all, word{w, strong})
		}
	}
	return all
}

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
		w := ws[0]
		c := plain
		if w.bold {
			c = strong
		}
		long := l.long(c, w.text)
		if long > wide {
			head, tail := l.split(c, w.text, wide)
			ws = append([]word{{head, w.bold}, {tail, w.bold}}, ws[1:]...)
			continue
		}
		ws = ws[1:]
		if n := len(lines); n > 0 && lines[n-1].long+space+long <= wide {
			lines[n-1].words = append(lines[n-1].words, w)
			lines[n-1].long += space + long
			continue
		}
		lines = append(lines, line{[]word{w}, long})
	}
	return lines
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
