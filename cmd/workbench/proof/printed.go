package proof

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"math/rand/v2"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/unicode/norm"

	"motcua/assets"
	"motcua/kiosk/pack"
	"motcua/kiosk/text"
)

// The sizes that receipts are set in, in dots, and the cuts of the typeface.
const smallest, largest = 20, 56

var cuts = []string{"Bold", "SemiBold", "Medium", "Regular"}

// Printed holds that the paper says this line: its words side by side, dot for
// dot as the typeface has them at some size, black on white or white on black.
// Nothing is guessed from shapes: one other digit is another picture.
func Printed(paper image.Image, line string) error {
	sheet := dotsOf(paper)
	for _, cut := range cuts {
		outlines, err := outlinesOf(cut)
		if err != nil {
			return err
		}
		for size := smallest; size <= largest; size++ {
			if says, err := sheet.says(line, outlines, size); says || err != nil {
				return err
			}
		}
	}
	return fmt.Errorf("the paper does not say %q", line)
}

// Marked tells whether the paper says on top that it was printed again, as
// whichever copy.
func Marked(paper image.Image) (bool, error) {
	return stands(paper, "paper.again", text.Args{"copy": ""}, "Bold", 36, 29)
}

// Whole tells whether the paper was printed to its end: at the foot stands the
// station that did.
func Whole(paper image.Image, station string) (bool, error) {
	return stands(paper, "paper.foot", text.Args{"station": station, "copy": ""}, "Medium", 22, 20)
}

// stands tells whether a sentence of the texts is on the paper, in the cut and one
// of the sizes that rolls of 80 mm and of 58 mm have it in.
func stands(paper image.Image, key string, args text.Args, cut string, sizes ...int) (bool, error) {
	line, err := sentence(key, args)
	if err != nil {
		return false, err
	}
	outlines, err := outlinesOf(cut)
	if err != nil {
		return false, err
	}
	sheet := dotsOf(paper)
	for _, size := range sizes {
		if says, err := sheet.says(line, outlines, size); says || err != nil {
			return says, err
		}
	}
	return false, nil
}

func outlinesOf(cut string) (*opentype.Font, error) {
	b, err := fs.ReadFile(assets.Files, "fonts/BeVietnamPro-"+cut+".ttf")
	if err != nil {
		return nil, err
	}
	return opentype.Parse(b)
}

// says tells whether a line stands there at this size.
func (d dots) says(line string, outlines *opentype.Font, size int) (bool, error) {
	face, err := opentype.NewFace(outlines, &opentype.FaceOptions{Size: float64(size), DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		return false, err
	}
	var words []word
	for _, w := range strings.Fields(norm.NFC.String(line)) {
		words = append(words, set(face, w))
	}
	return d.has(words, size), nil
}

// dots is a picture in one bit.
type dots struct {
	w, h int
	on   []byte // 1 = dark
}

func dotsOf(img image.Image) dots {
	b := img.Bounds()
	d := dots{b.Dx(), b.Dy(), make([]byte, b.Dx()*b.Dy())}
	for y := range d.h {
		for x := range d.w {
			r, g, bl, _ := img.At(b.Min.X+x, b.Min.Y+y).RGBA()
			if r+g+bl < 3*0x8000 {
				d.on[y*d.w+x] = 1
			}
		}
	}
	return d
}

// word is how one word looks, from its pen on the baseline.
type word struct {
	points []point // of its box; the first has ink, the second none
	ink    image.Rectangle
	long   int
}

type point struct {
	x, y int
	on   bool
}

// inked is how much of a dot must be covered for it to be printed, of 255: what
// the kiosk sets its paper with.
const inked = 0x70

// set draws a word letter by letter, each on whole dots.
func set(face font.Face, text string) word {
	drawn := map[image.Point]bool{}
	var w word
	var pen fixed.Int26_6
	last := rune(-1)
	for _, r := range text {
		if last >= 0 {
			pen += face.Kern(last, r)
		}
		at, mask, from, advance, ok := face.Glyph(fixed.Point26_6{}, r)
		last = r
		if !ok {
			continue
		}
		for y := range at.Dy() {
			for x := range at.Dx() {
				if _, _, _, a := mask.At(from.X+x, from.Y+y).RGBA(); a>>8 >= inked {
					p := image.Pt(pen.Round()+at.Min.X+x, at.Min.Y+y)
					drawn[p] = true
					w.ink = w.ink.Union(image.Rectangle{p, p.Add(image.Pt(1, 1))})
				}
			}
		}
		pen += advance
	}
	w.long = pen.Ceil()
	var on, off []point
	for y := w.ink.Min.Y; y < w.ink.Max.Y; y++ {
		for x := w.ink.Min.X; x < w.ink.Max.X; x++ {
			if drawn[image.Pt(x, y)] {
				on = append(on, point{x, y, true})
			} else {
				off = append(off, point{x, y, false})
			}
		}
	}
	// Ink and white by turns, from all over the word: another picture then
	// differs after a few dots.
	shuffle := rand.New(rand.NewPCG(1, 1))
	for _, half := range [][]point{on, off} {
		shuffle.Shuffle(len(half), func(i, j int) { half[i], half[j] = half[j], half[i] })
	}
	for len(on) > 0 && len(off) > 0 {
		w.points = append(w.points, on[0], off[0])
		on, off = on[1:], off[1:]
	}
	w.points = append(append(w.points, on...), off...)
	return w
}

// has looks for the words side by side anywhere.
func (d dots) has(words []word, size int) bool {
	if len(words) == 0 || len(words[0].points) < 2 {
		return false
	}
	ink, points := words[0].ink, words[0].points
	for _, white := range []bool{false, true} {
		// A dark dot of the first word rules out most places at once.
		dark := points[0]
		if white {
			dark = points[1]
		}
		for y := -ink.Min.Y; y <= d.h-ink.Max.Y; y++ {
			row := d.on[(y+dark.y)*d.w:][:d.w]
			for x := -ink.Min.X; x <= d.w-ink.Max.X; x++ {
				next := bytes.IndexByte(row[x+dark.x:], 1)
				if next < 0 {
					break
				}
				x += next
				if d.at(words[0], x, y, white) && d.follow(words, x, y, size, white) {
					return true
				}
			}
		}
	}
	return false
}

// follow looks for the other words behind the first, each within a wide space.
func (d dots) follow(words []word, x, y, size int, white bool) bool {
	for i := 1; i < len(words); i++ {
		from, found := x+words[i-1].long, false
		for gap := range size {
			if d.at(words[i], from+gap, y, white) {
				x, found = from+gap, true
				break
			}
		}
		if !found {
			return false
		}
	}
	return true
}

// at tells whether a word stands with its pen at x, y.
func (d dots) at(w word, x, y int, white bool) bool {
	if !w.ink.Add(image.Pt(x, y)).In(image.Rect(0, 0, d.w, d.h)) {
		return false
	}
	for _, p := range w.points {
		if d.on[(y+p.y)*d.w+x+p.x] == 1 != (p.on != white) {
			return false
		}
	}
	return true
}

// Receipt holds that a first receipt tells the truth of a submission that central
// has: the authority's code or, where central took longer than a citizen is let
// wait for paper, the temporary one and that the submission is stored at the
// station.
func Receipt(paper image.Image, claim, dossier string) error {
	told := Printed(paper, dossier)
	if told == nil {
		return nil
	}
	stored, err := StoredHere()
	if err != nil {
		return err
	}
	if err := errors.Join(Printed(paper, claim), Printed(paper, stored)); err != nil {
		return errors.Join(told, err)
	}
	return nil
}

// StoredHere is what a receipt says of a submission that was not yet sent.
func StoredHere() (string, error) { return sentence("paper.state.stored", nil) }

// Again is what stands on a receipt that was printed a second time.
func Again() (string, error) { return sentence("paper.again", text.Args{"copy": "2"}) }

func sentence(key string, args text.Args) (string, error) {
	dir, err := fs.Sub(assets.Files, "text")
	if err != nil {
		return "", err
	}
	texts, err := text.Load(dir)
	if err != nil {
		return "", err
	}
	return texts.In(pack.VI, key, args), nil
}

// GuideLink is the page that the slip of a guided procedure leads to.
func GuideLink(procedure string) (string, error) {
	p, err := hanoi()
	if err != nil {
		return "", err
	}
	found, ok := p.Procedure(procedure)
	if !ok {
		return "", fmt.Errorf("no procedure %s in the pack", procedure)
	}
	return found.Guide.Link, nil
}

func hanoi() (*pack.Pack, error) {
	dir, err := fs.Sub(assets.Files, "packs/hanoi")
	if err != nil {
		return nil, err
	}
	return pack.Load(dir)
}
