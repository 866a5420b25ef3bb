package screen

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2/test"

	"motcua/kiosk/pack"
	"motcua/kiosk/visit"
)

// laid is one View of the gallery, laid out.
type laid struct {
	name    string
	unit    float32
	w, h    float32 // pixels
	part    part    // in page units
	targets []Target
	view    visit.View
	screen  *Screen
}

// normalSize is what the gallery is laid out in where the size of the letters does
// not matter, as for colours and icons.
var normalSize = []int{visit.NormalSize}

// everySize is every size of letters; under the race detector the normal one,
// unless MOTCUA_LONG=1.
func everySize() []int {
	if raceDetector && os.Getenv("MOTCUA_LONG") == "" {
		return normalSize
	}
	return []int{0, 1, 2, 3}
}

// layAll lays the gallery out in both languages and formats, at the given sizes
// of letters and in the given themes.
func layAll(t *testing.T, sizes []int, themes ...visit.Theme) []laid {
	t.Helper()
	var all []laid
	for _, f := range formats {
		s := newScreen(t, f.w, f.h, Options{})
		for _, lang := range [...]pack.Lang{pack.VI, pack.EN} {
			for _, v := range gallery(lang) {
				for _, size := range sizes {
					for _, theme := range themes {
						v.Look.Size, v.Look.Theme = size, theme
						l := laid{name: fmt.Sprintf("%s %s %s at %g", f.name, lang, named(v), visit.Sizes[size]),
							w: float32(f.w), h: float32(f.h), view: v, screen: s}
						l.unit, _ = unitOf(l.w, l.h)
						l.part = s.brushFor(v).set(v, l.w/l.unit, l.h/l.unit)
						for _, one := range l.part.targets {
							l.targets = append(l.targets, one.pixels(l.unit))
						}
						all = append(all, l)
					}
				}
			}
		}
	}
	return all
}

// TestLayout: every View fits its panel at every size of letters. Laying out is one
// goroutine's work, of which the race detector gets one size; the plain run of make
// test takes them all.
func TestLayout(t *testing.T) {
	all := layAll(t, everySize(), visit.Paper)
	for _, one := range [...]struct {
		name  string
		check func(t *testing.T, l laid)
	}{
		{"targets", checkTargets}, {"every button is there", checkButtons}, {"words fit", checkWords}, {"words are whole", checkWhole},
		{"parts stand free", checkFree}, {"all can be reached", checkReach}, {"normal letters are kept", checkLetters},
	} {
		t.Run(one.name, func(t *testing.T) {
			for _, l := range all {
				one.check(t, l)
			}
		})
	}
}

// checkTargets: every target is as large as a finger needs, stands free of the
// others and is on the panel, at every size of letters.
func checkTargets(t *testing.T, l laid) {
	least, gap := int(minTarget*l.unit), int(minGap*l.unit)
	seen := map[string]bool{}
	for i, a := range l.targets {
		if seen[a.ID] || a.ID == "" || a.Label == "" {
			t.Errorf("%s: target %q (%q) is not named once", l.name, a.ID, a.Label)
		}
		seen[a.ID] = true
		if a.W < least || a.H < least {
			t.Errorf("%s: target %q is %d×%d px, want at least %d both ways", l.name, a.ID, a.W, a.H, least)
		}
		if a.X < 0 || a.Y < 0 || a.X+a.W > int(l.w) || a.Y+a.H > int(l.h) {
			t.Errorf("%s: target %q at %d,%d %d×%d is off the panel", l.name, a.ID, a.X, a.Y, a.W, a.H)
		}
		for _, b := range l.targets[i+1:] {
			dx := max(b.X-(a.X+a.W), a.X-(b.X+b.W))
			dy := max(b.Y-(a.Y+a.H), a.Y-(b.Y+b.H))
			if max(dx, dy) < gap-1 { // whole pixels cost one
				t.Errorf("%s: targets %q and %q are %d px apart, want %d", l.name, a.ID, b.ID, max(dx, dy), gap)
			}
		}
	}
	if len(l.targets) == 0 && l.view.Screen != "sending" {
		t.Errorf("%s: nothing can be touched", l.name)
	}
}

// checkButtons: no target of a View is lost on the way to the panel,
// but for those on further pages.
func checkButtons(t *testing.T, l laid) {
	var want []string
	add := func(bs []visit.Button) {
		for _, b := range bs {
			if !b.Overflow {
				want = append(want, b.ID)
			}
		}
	}
	if l.view.Over != nil {
		add(l.view.Over.Actions)
		for _, one := range l.view.Over.Blocks {
			add(one.(visit.Chips).Items)
		}
	} else {
		add(l.view.Actions)
		add(l.view.Foot)
		for _, one := range l.view.Blocks {
			switch v := one.(type) {
			case visit.Chips:
				add(v.Items)
			case visit.Doors:
				for _, d := range v.Items {
					want = append(want, d.ID)
				}
			case visit.Faces:
				add(v.Items)
			case visit.Consent:
				want = append(want, v.ID, v.More.ID)
			}
		}
	}
	got := map[string]bool{}
	for _, one := range l.targets {
		got[one.ID] = true
	}
	for _, id := range want {
		if id != "" && !got[id] && !(l.view.Screen == "done" && l.view.Step == "rated") {
			t.Errorf("%s: no target %q", l.name, id)
		}
	}
}

// checkWords: no word leaves the panel, runs into another or stands half on
// and half off what can be touched.
func checkWords(t *testing.T, l laid) {
	var texts []mark
	for _, m := range l.part.marks {
		if m.kind == words {
			texts = append(texts, m)
		}
	}
	if len(texts) == 0 {
		t.Errorf("%s: says nothing", l.name)
	}
	w, h := l.w/l.unit, l.h/l.unit
	for i, a := range texts {
		if a.x < 0 || a.y < 0 || a.x+a.w > w+0.5 || a.y+a.h > h+0.5 {
			t.Errorf("%s: %q is off the panel", l.name, a.text)
		}
		if real := l.screen.faces.measure(a.text, a.size*l.unit, a.weight) / l.unit; real > a.w+0.5 {
			t.Errorf("%s: %q takes %g, has %g", l.name, a.text, real, a.w)
		}
		for _, b := range texts[i+1:] {
			if a.over == b.over && overlap(a, b) {
				t.Errorf("%s: %q runs into %q", l.name, a.text, b.text)
			}
		}
		for _, m := range l.part.targets {
			if a.over != (l.view.Over != nil) {
				continue
			}
			in := a.x+a.w/2 > m.x && a.x+a.w/2 < m.x+m.w && a.y+a.h/2 > m.y && a.y+a.h/2 < m.y+m.h
			if in && (a.x < m.x-20 || a.x+a.w > m.x+m.w+20 || a.y+a.h*0.2 < m.y || a.y+a.h*0.8 > m.y+m.h) {
				t.Errorf("%s: %q does not fit %q", l.name, a.text, m.id)
			}
		}
	}
}

// checkWhole: no word of a title, or of what can be done next, is broken in two.
func checkWhole(t *testing.T, l laid) {
	if l.view.Over != nil {
		return
	}
	said := map[string]bool{}
	for _, m := range l.part.marks {
		if m.kind == words {
			for word := range strings.FieldsSeq(m.text) {
				said[word] = true
			}
		}
	}
	var lines []string
	for _, btn := range shown(append(slices.Clone(l.view.Actions), l.view.Foot...), false) {
		lines = append(lines, btn.Label)
	}
	for _, one := range l.view.Blocks {
		switch v := one.(type) {
		case visit.Heading:
			lines = append(lines, v.Title)
		case visit.Seal:
			lines = append(lines, v.Title)
		case visit.Waiting:
			lines = append(lines, v.Title)
		case visit.Card:
			lines = append(lines, v.Title)
		case visit.QR:
			lines = append(lines, v.Line)
		}
	}
	for _, line := range lines {
		for word := range strings.FieldsSeq(line) {
			if !said[word] && !strings.Contains(word, "*") { // stars part what is bold
				t.Errorf("%s: %q of %q is broken", l.name, word, line)
			}
		}
	}
}

// overlap tells that the letters of two lines touch; the leading may.
func overlap(a, b mark) bool {
	ay, by := a.y+a.h*0.18, b.y+b.h*0.18
	ah, bh := a.h*0.68, b.h*0.68
	return a.x+a.w > b.x+0.5 && b.x+b.w > a.x+0.5 && ay+ah > by && by+bh > ay
}

// checkReach: what does not fit one page can be turned to.
func checkReach(t *testing.T, l laid) {
	if l.view.Over != nil || hasOverflow(l.view.Actions) {
		return
	}
	var said string
	for _, m := range l.part.marks {
		if m.kind == words {
			said += m.text + " "
		}
	}
	for _, one := range l.view.Blocks {
		if table, ok := one.(visit.Table); ok {
			last := table.Lines[len(table.Lines)-1].Label
			if first, _, _ := strings.Cut(last, " "); !strings.Contains(said, first) {
				t.Errorf("%s: %q cannot be reached", l.name, last)
			}
		}
	}
}

// checkFree: the cards and buttons that can be touched do not cover
// words of something else.
func checkFree(t *testing.T, l laid) {
	for i, m := range l.part.marks {
		if m.kind != box || m.fill.A < 255 || m.w*m.h < 81*81 {
			continue
		}
		for _, a := range l.part.marks[:i] {
			if a.kind == words && a.over == m.over && a.x+a.w > m.x && m.x+m.w > a.x &&
				a.y+a.h*0.82 > m.y && m.y+m.h > a.y+a.h*0.2 {
				t.Errorf("%s: %q is covered", l.name, a.text)
			}
		}
	}
}

// checkLetters: at the size a visit starts with, no portrait page
// has to shrink its letters.
func checkLetters(t *testing.T, l laid) {
	if l.w > l.h || l.view.Over != nil || l.view.Look.Size != visit.NormalSize {
		return
	}
	for _, one := range l.view.Blocks {
		h, ok := one.(visit.Heading)
		if !ok {
			continue
		}
		for _, m := range l.part.marks {
			if m.kind == words && len(m.text) > 3 && m.size > 60 && m.size < 66 && h.Title != "" && h.Title[:4] == m.text[:min(4, len(m.text))] {
				t.Errorf("%s: title is set in %g, want 66", l.name, m.size)
			}
		}
	}
}

func TestPagesTurnRound(t *testing.T) {
	s := newScreen(t, 1080, 1920, Options{})
	v := gallery(pack.VI)[0]
	rows := visit.Rows{}
	for i := range 23 {
		rows.Items = append(rows.Items, visit.Row{ID: "row:" + itoa(i), Title: "Thủ tục " + itoa(i)})
	}
	v.Actions = []visit.Button{{ID: "back", Label: "Lùi"}, {ID: "more", Label: "Xem thêm", Overflow: true}}
	seen := map[string]int{}
	first := ""
	page := 0
	for ; page < 24; page++ {
		rows.Page = page
		v.Blocks = []visit.Block{visit.Heading{Title: "Chọn thủ tục"}, rows}
		s.Show(v)
		top, more := "", false
		for _, target := range s.Targets() {
			if len(target.ID) > 4 && target.ID[:4] == "row:" {
				if top == "" {
					top = target.ID
				}
				if page == 0 || first != "" && top != first {
					seen[target.ID]++
				}
			}
			more = more || target.ID == "more"
		}
		if !more {
			t.Fatalf("page %d: no button to turn it", page)
		}
		if page == 0 {
			first = top
		} else if top == first {
			break
		}
	}
	if page < 2 || len(seen) != 23 {
		t.Errorf("back at the first page after %d pages and %d of 23 rows", page, len(seen))
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s was on %d pages", id, n)
		}
	}
	rows.Page, rows.Items = 7, rows.Items[:2]
	v.Blocks = []visit.Block{rows}
	s.Show(v)
	for _, target := range s.Targets() {
		if target.ID == "more" {
			t.Error("a list of one page can be turned")
		}
	}
	rows.Page = -1
	v.Blocks = []visit.Block{rows}
	s.Show(v) // must not fail
}

// TestStackedMarks: what Vietnamese writes above its capitals is drawn whole.
func TestStackedMarks(t *testing.T) {
	app := test.NewApp()
	defer app.Quit()
	f, err := openFaces(os.DirFS("../../assets"))
	if err != nil {
		t.Fatal(err)
	}
	e := easel{faces: f}
	for _, w := range [...]weight{regular, medium, semibold, bold} {
		for _, size := range [...]float32{28, 54, 92} {
			bare, marked := inkRows(t, &e, "AEO", size, w), inkRows(t, &e, "ẮỄỔ", size, w)
			if above := marked - bare; above < int(size*0.31) {
				t.Errorf("weight %d at %g px: marks reach %d px above the capitals", w, size, above)
			}
		}
	}
}

// inkRows is how many rows of pixels have ink.
func inkRows(t *testing.T, e *easel, text string, size float32, w weight) int {
	t.Helper()
	o := e.text(mark{kind: words, text: text, size: size, weight: w, fill: rgb(0xFF00FF), h: size * 2})
	window := test.NewWindow(o)
	defer window.Close()
	window.SetPadded(false)
	img := window.Canvas().Capture()
	rows := 0
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			if r, g, _, _ := img.At(x, y).RGBA(); r > 0xC000 && g < 0x4000 {
				rows++
				break
			}
		}
	}
	return rows
}
