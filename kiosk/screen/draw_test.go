package screen

import (
	"fmt"
	"image/color"
	"io/fs"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"motcua/kiosk/visit"
)

// luminance is WCAG 2.2's relative luminance.
func luminance(c interface{ RGBA() (r, g, b, a uint32) }) float64 {
	r, g, b, _ := c.RGBA()
	part := func(v uint32) float64 {
		s := float64(v) / 0xFFFF
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*part(r) + 0.7152*part(g) + 0.0722*part(b)
}

func contrast(a, b interface{ RGBA() (r, g, b, a uint32) }) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// TestContrast holds WCAG 1.4.3 (4.5:1) for every word and 1.4.11 (3:1) for every
// icon, on the ground each is drawn on, in every theme.
func TestContrast(t *testing.T) {
	seen := map[string]bool{}
	for _, l := range layAll(t, normalSize, visit.Paper, visit.Dark, visit.YellowOnBlack, visit.WhiteOnBlack) {
		for _, m := range l.part.marks {
			least := 4.5
			switch m.kind {
			case words:
			case icon:
				least = 3
			default:
				continue
			}
			if m.ground.A != 255 || m.fill.A != 255 {
				t.Errorf("%s: %q stands on %v in %v, want both opaque", l.name, m.text, m.ground, m.fill)
			}
			pair := fmt.Sprint(m.kind, m.fill, m.ground)
			if got := contrast(m.fill, m.ground); got < least && !seen[pair] {
				t.Errorf("%s, theme %d: %q has %.2f:1 (%v on %v), want %g", l.name, l.view.Look.Theme, m.text, got, m.fill, m.ground, least)
			}
			seen[pair] = true
		}
	}
	if len(seen) < 60 {
		t.Errorf("saw only %d pairs of colours", len(seen))
	}
}

// TestGrounds: what a word says it stands on is what is drawn below it.
func TestGrounds(t *testing.T) {
	for _, l := range layAll(t, normalSize, visit.Paper, visit.Dark) {
		if l.view.Screen == "attract" { // a gradient
			continue
		}
		for i, m := range l.part.marks {
			if m.kind != words {
				continue
			}
			x, y := m.x+m.w/2, m.y+m.h/2
			for j := i - 1; j >= 0; j-- {
				u := l.part.marks[j]
				if u.kind == box && u.fill.A == 255 && x > u.x && x < u.x+u.w && y > u.y && y < u.y+u.h {
					if u.fill != m.ground {
						t.Errorf("%s: %q stands on %v, says %v", l.name, m.text, u.fill, m.ground)
					}
					break
				}
			}
		}
	}
}

// TestPlates: a plate has its edge, its fill and round corners, and its three
// slices make up the whole.
func TestPlates(t *testing.T) {
	fill, edge := rgb(0xFFFFFF), rgb(0x8E1B1F)
	k := plateKey{w: 61, h: 80, radius: 28, edgeW: 4, fill: fill, edge: edge}
	whole := k.draw()
	for _, one := range []struct {
		x, y int
		want color.NRGBA
	}{{30, 40, fill}, {30, 1, edge}, {1, 40, edge}, {59, 40, edge}, {30, 78, edge}, {0, 0, color.NRGBA{}}, {60, 79, color.NRGBA{}}, {30, 4, fill}} {
		if got := color.NRGBAModel.Convert(whole.At(one.x, one.y)); got != one.want {
			t.Errorf("at %d,%d: %v, want %v", one.x, one.y, got, one.want)
		}
	}
	from := 0
	for _, part := range []slice{leftEnd, middleColumn, rightEnd} {
		k.part = part
		piece := k.draw()
		w := piece.Bounds().Dx()
		for y := range 80 {
			for x := range w {
				at := from + x
				if part == middleColumn {
					at = 30
				}
				if piece.At(x, y) != whole.At(at, y) {
					t.Fatalf("slice %d differs at %d,%d", part, x, y)
				}
			}
		}
		if part == leftEnd {
			from = w
		} else {
			from = 61 - 29
		}
	}
	p := newPlates()
	if n := len(p.show(mark{w: 968, h: 150, radius: 28, fill: fill, edge: edge, edgeW: 2})); n != 3 {
		t.Errorf("a card is %d images, want 3", n)
	}
	if n := len(p.show(mark{w: 90, h: 104, radius: 18, fill: fill})); n != 1 {
		t.Errorf("a key is %d images, want 1", n)
	}
	if n := len(p.show(mark{w: 0, h: 104})); n != 0 {
		t.Errorf("nothing is %d images", n)
	}
}

func TestQR(t *testing.T) {
	const text = "https://dichvucong.gov.vn/tra-cuu?ma=H26.82-261121-0147"
	s := newScreen(t, 1080, 1920, Options{})
	for _, theme := range []visit.Theme{visit.Paper, visit.Dark, visit.YellowOnBlack} {
		v := find(t, "onscreen")
		v.Look.Theme = theme
		s.Show(v)
		bits, err := gozxing.NewBinaryBitmapFromImage(s.window.Canvas().Capture())
		if err != nil {
			t.Fatal(err)
		}
		got, err := qrcode.NewQRCodeReader().Decode(bits, nil)
		if err != nil || got.GetText() != text {
			t.Errorf("theme %d: read %v, %v; want %q", theme, got, err, text)
		}
	}
	side := 400
	img := qrImage(text, side, rgb(0), rgb(0xFFFFFF))
	top, cells := side, 0
	for y := range side {
		for x := range side {
			if r, _, _, _ := img.At(x, y).RGBA(); r == 0 {
				top = min(top, y, x)
			}
		}
	}
	for x := top; ; x++ { // the finder's edge is seven modules
		if r, _, _, _ := img.At(x, top).RGBA(); r != 0 {
			cells = (x - top) / 7
			break
		}
	}
	if top < quietZone*cells {
		t.Errorf("quiet zone of %d px for modules of %d px", top, cells)
	}
	qrImage(strings.Repeat("quá dài ", 1000), side, rgb(0), rgb(0xFFFFFF)) // blank, no panic
}

// TestIcons: every file is drawn, and every icon of the gallery has one.
func TestIcons(t *testing.T) {
	assets := os.DirFS("../../assets")
	i, err := openIcons(assets)
	if err != nil {
		t.Fatal(err)
	}
	files, err := fs.Glob(assets, "icons/*.svg")
	if err != nil || len(files) < 50 {
		t.Fatalf("%d icons, %v", len(files), err)
	}
	for _, f := range files {
		name := strings.TrimSuffix(strings.TrimPrefix(f, "icons/"), ".svg")
		img, err := i.draw(iconKey{name, 72, rgb(0x8E1B1F)})
		if err != nil {
			t.Error(err)
			continue
		}
		ink := 0
		for p := 3; p < len(img.Pix); p += 4 {
			if img.Pix[p] > 128 {
				ink++
			}
		}
		if share := float64(ink) / (72 * 72); share < 0.02 || share > 0.45 {
			t.Errorf("%s: %.0f %% of it is ink", name, share*100)
		}
	}
	for _, l := range layAll(t, normalSize, visit.Paper) {
		for _, m := range l.part.marks {
			if m.kind != icon {
				continue
			}
			if _, err := fs.Stat(assets, "icons/"+m.text+".svg"); err != nil {
				t.Errorf("%s: no icon %q", l.name, m.text)
			}
		}
	}
	if i.at("no-such-icon", 48, rgb(0)) == nil {
		t.Error("an unknown icon is not drawn at all")
	}
}

func TestLucideFaults(t *testing.T) {
	for _, svg := range []string{
		`<svg><path d="M1 1 X 3 3"/></svg>`, `<svg><path d="M1"/></svg>`, `<svg><path d="1 2"/></svg>`,
		`<svg><path d="Mz"/></svg>`, `<svg><path d="M1 1z4"/></svg>`, `<svg><circle r="x"/></svg>`, `<svg><text/></svg>`, `<svg`,
	} {
		if _, err := lucide(strings.NewReader(svg), 24, rgb(0)); err == nil {
			t.Errorf("%s: no error", svg)
		}
	}
}

func FuzzLucide(f *testing.F) {
	for _, name := range []string{"baby", "smile", "wifi-off", "qr-code", "printer"} {
		b, err := os.ReadFile("../../assets/icons/" + name + ".svg")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(b))
	}
	f.Fuzz(func(t *testing.T, svg string) {
		if len(svg) > 4096 || strings.Contains(svg, "e") && len(svg) > 2048 {
			return
		}
		_, _ = lucide(strings.NewReader(svg), 24, rgb(0))
	})
}

// TestForeignLetters: what the typeface lacks is a question mark, not a search
// through the system's fonts.
func TestForeignLetters(t *testing.T) {
	s := newScreen(t, 1080, 1920, Options{})
	start := time.Now()
	s.Show(typed("NGUYỄN 漢字 😀 *MẪU*"))
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
	for _, m := range s.brushFor(s.view).set(s.view, 1080, 1920).marks {
		if m.kind == words && strings.HasPrefix(m.text, "NGUYỄN") {
			if m.text != "NGUYỄN ?? ? *MẪU*" {
				t.Errorf("shows %q", m.text)
			}
			return
		}
	}
	t.Error("the value is not shown")
}
