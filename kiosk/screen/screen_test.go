package screen

import (
	"bytes"
	"fmt"
	"image"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"motcua/kiosk/pack"
	"motcua/kiosk/visit"
)

func press(s *Screen, at Target) (x, y float32) {
	x, y = float32(at.X+at.W/2), float32(at.Y+at.H/2)
	s.surface.MouseDown(mouse(x, y))
	return x, y
}

func mouse(x, y float32) *desktop.MouseEvent {
	return &desktop.MouseEvent{Button: desktop.MouseButtonPrimary, PointEvent: fyne.PointEvent{Position: fyne.NewPos(x, y)}}
}

func targetOf(t testing.TB, s *Screen, id string) Target {
	t.Helper()
	for _, one := range s.Targets() {
		if one.ID == id {
			return one
		}
	}
	t.Fatalf("no target %q among %v", id, s.Targets())
	return Target{}
}

func find(t testing.TB, name string) visit.View {
	t.Helper()
	for _, v := range gallery(pack.VI) {
		if named(v) == name {
			return v
		}
	}
	t.Fatalf("no View %q in the gallery", name)
	return visit.View{}
}

// TestTouchWhereTheFingerIs: the driver tells the press at the place of the
// touch before, and the move to the true one after it.
func TestTouchWhereTheFingerIs(t *testing.T) {
	var got []string
	s := newScreen(t, 1080, 1920, Options{Touched: func(id string) { got = append(got, id) }})
	s.Show(find(t, "review"))
	var later []func()
	s.surface.soon = func(f func()) { later = append(later, f) }
	there := targetOf(t, s, "back")
	s.surface.MouseDown(mouse(600, 1000))
	s.surface.MouseUp(mouse(600, 1000))
	s.surface.MouseMoved(mouse(float32(there.X+there.W/2), float32(there.Y+there.H/2)))
	for _, f := range later {
		f()
	}
	if len(later) != 1 || len(got) != 1 || got[0] != "back" {
		t.Errorf("touched %q after %d turns, want back after 1", got, len(later))
	}
}

func TestTouch(t *testing.T) {
	var got []string
	s := newScreen(t, 1080, 1920, Options{Touched: func(id string) { got = append(got, id) }})
	s.Show(find(t, "review"))
	touch := func(from, to string) {
		x, y := press(s, targetOf(t, s, from))
		if to != from {
			b := targetOf(t, s, to)
			x, y = float32(b.X+b.W/2), float32(b.Y+b.H/2)
		}
		s.surface.MouseUp(mouse(x, y))
	}
	touch("consent", "consent")
	touch("submit", "submit")
	touch("back", "submit") // slid off
	touch("consent:more", "consent:more")
	s.surface.MouseDown(mouse(5, 1500))
	s.surface.MouseUp(mouse(6, 1500)) // the margin
	second := mouse(300, 300)
	second.Button = desktop.MouseButtonSecondary
	s.surface.MouseDown(second)
	s.surface.MouseUp(second)
	if want := []string{"consent", "submit", "consent:more", ""}; strings.Join(got, ",") != strings.Join(want, ",") {
		t.Errorf("touched %q, want %q", got, want)
	}
	if off := targetOf(t, s, "submit"); off.Enabled {
		t.Error("submit can be touched before the consent is given")
	}
	if s.surface.Cursor() != desktop.HiddenCursor {
		t.Error("the pointer is seen")
	}
}

// TestPressIsSeen: a button looks different while a finger is on it, and as
// before after that, on a panel of a quarter of the pixels, where less is seen.
func TestPressIsSeen(t *testing.T) {
	const width, height = 540, 960
	s := newScreen(t, width, height, Options{})
	for _, name := range []string{"attract", "home", "procedures", "question", "review", "done", "question-choice"} {
		s.Show(find(t, name))
		before := s.window.Canvas().Capture()
		for i, target := range s.Targets() {
			if i%17 != 0 && target.ID != "submit" {
				continue
			}
			x, y := press(s, target)
			if during := s.window.Canvas().Capture(); same(before, during, target) {
				t.Errorf("%s: %q looks the same when pressed", name, target.ID)
			}
			s.surface.MouseUp(mouse(x, y))
		}
		if after := s.window.Canvas().Capture(); !same(before, after, Target{W: width, H: height}) {
			t.Errorf("%s: does not look as before", name)
		}
	}
}

func same(a, b image.Image, in Target) bool {
	for y := in.Y; y < in.Y+in.H; y += 3 {
		for x := in.X; x < in.X+in.W; x += 3 {
			r, g, bl, _ := a.At(x, y).RGBA()
			r2, g2, bl2, _ := b.At(x, y).RGBA()
			if r != r2 || g != g2 || bl != bl2 {
				return false
			}
		}
	}
	return true
}

// TestOverTakesTheTouch: only what is on top can be touched.
func TestOverTakesTheTouch(t *testing.T) {
	s := newScreen(t, 1080, 1920, Options{})
	s.Show(find(t, "home-idle"))
	ids := ""
	for _, one := range s.Targets() {
		ids += one.ID + " "
	}
	if ids != "stay leave " {
		t.Errorf("targets %q, want stay and leave", ids)
	}
}

func TestBusyActionsWait(t *testing.T) {
	s := newScreen(t, 1080, 1920, Options{})
	s.Show(find(t, "sending"))
	if targetOf(t, s, "submit").Enabled || targetOf(t, s, "back").Enabled {
		t.Error("actions can be touched while busy")
	}
	if !targetOf(t, s, "staff").Enabled {
		t.Error("staff cannot be called while busy")
	}
}

// TestKeyRedrawsLittle: typing a letter draws a few marks anew, not the page.
func TestKeyRedrawsLittle(t *testing.T) {
	s := newScreen(t, 1080, 1920, Options{})
	s.Show(typed("NGUYỄN"))
	v := typed("NGUYỄN Á")
	p := s.brushFor(v).set(v, 1080, 1920)
	p.pixels(1)
	if fresh := s.easel.hang(p.marks); fresh > 3 || fresh == 0 {
		t.Errorf("%d marks drawn anew for one key, want 1 to 3", fresh)
	}
}

// TestEqualViewsLookTheSame: nothing is drawn anew for a View that is shown again.
func TestEqualViewsLookTheSame(t *testing.T) {
	s := newScreen(t, 1080, 1920, Options{})
	for _, v := range gallery(pack.EN) {
		s.Show(v)
		p := s.brushFor(v).set(v, 1080, 1920)
		p.pixels(1)
		if fresh := s.easel.hang(p.marks); fresh != 0 {
			t.Errorf("%s: %d marks drawn anew", named(v), fresh)
		}
	}
}

func TestDrawnOnceAView(t *testing.T) {
	var seen []string
	s := newScreen(t, 540, 960, Options{Drawn: func(v visit.View, at time.Time) {
		if time.Since(at) > time.Minute || time.Since(at) < 0 {
			t.Errorf("drawn at %v", at)
		}
		seen = append(seen, v.Screen)
	}})
	for _, name := range []string{"home", "review"} {
		s.Show(find(t, name))
		s.window.Canvas().Capture()
		s.window.Canvas().Capture()
	}
	if got := strings.Join(seen, " "); got != "home review" {
		t.Errorf("told of %q, want home and review once each", got)
	}
	if v, ok := s.View(); !ok || v.Screen != "review" {
		t.Errorf("View is %q, %t", v.Screen, ok)
	}
}

// TestFromManyGoroutines: Targets and View may be asked for while others are shown.
func TestFromManyGoroutines(t *testing.T) {
	s := newScreen(t, 1080, 1920, Options{})
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				s.Targets()
				s.View()
			}
		}
	})
	for _, v := range gallery(pack.VI)[:6] {
		s.Show(v)
	}
	close(stop)
	wg.Wait()
}

// TestMotion: one thing moves, a glide is over in 300 ms, and a calm visitor
// sees none of it.
func TestMotion(t *testing.T) {
	s := newScreen(t, 1080, 1920, Options{})
	s.opts.Still = false
	var due time.Duration
	var next func()
	s.after = func(d time.Duration, f func()) func() {
		due, next = d, f
		return func() { next = nil }
	}
	run := func(name string, steps int) (total time.Duration, looks int) {
		seen := map[string]bool{}
		s.Show(find(t, name))
		for range steps {
			if next == nil {
				break
			}
			total += due
			next()
			var b bytes.Buffer
			for _, m := range s.brushFor(s.view).set(s.view, 1080, 1920).marks {
				fmt.Fprint(&b, m)
			}
			seen[b.String()] = true
		}
		return total, len(seen)
	}
	if total, looks := run("attract", ticks); total < 60*time.Second || looks != ticks {
		t.Errorf("attract: %d looks in %v, want %d in a minute or more", looks, total, ticks)
	}
	if _, looks := run("sending-alone", 12); looks != 12 {
		t.Errorf("waiting: %d looks in 12 steps", looks)
	}
	if _, looks := run("identify", glideRound); looks < glideSteps {
		t.Errorf("identify: %d looks in a round", looks)
	}
	if glide := (glideSteps - 1) * glideFrame; glide > 300*time.Millisecond {
		t.Errorf("a glide takes %v", glide)
	}
	s.Show(find(t, "home"))
	if next != nil {
		t.Error("home moves")
	}
	v := find(t, "identify")
	v.Look.Calm = true
	s.Show(v)
	if next != nil {
		t.Error("a calm page moves")
	}
	v = find(t, "attract")
	v.Over = &visit.Over{Title: "Đóng"}
	s.Show(v)
	if next != nil {
		t.Error("a page moves behind an Over")
	}
}

// TestFlatMemory: a day of Views leaves nothing behind: no twentieth of a per cent
// of the heap for ten Views. There are 1,000 of them, under the race detector 400
// unless MOTCUA_LONG=1.
func TestFlatMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	many := 1000
	if raceDetector && os.Getenv("MOTCUA_LONG") == "" {
		many = 400
	}
	s := newScreen(t, 1080, 1920, Options{})
	views := append(gallery(pack.VI), gallery(pack.EN)...)
	cycle := func(n int) {
		for i := range n {
			v := views[i%len(views)]
			v.Look.Theme = visit.Theme(i / len(views) % 4)
			s.Show(v)
		}
	}
	heap := func() uint64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	cycle(4 * len(views))
	before := heap()
	cycle(many)
	s.Show(views[0])
	after := heap()
	if grown := float64(after)/float64(before) - 1; grown > 0.05*float64(many)/1000 {
		t.Errorf("heap grew from %d to %d bytes (%.1f %%) in %d Views", before, after, grown*100, many)
	}
	t.Logf("heap %d → %d bytes", before, after)
}

func TestNewNeedsItsAssets(t *testing.T) {
	s := newScreen(t, 1080, 1920, Options{})
	_ = s
	for _, folder := range []string{"fonts", "icons"} {
		_, err := New(fyne.CurrentApp(), Options{Assets: without{os.DirFS("../../assets"), folder}})
		if err == nil {
			t.Errorf("no error without %s", folder)
		}
	}
}

type without struct {
	fs.FS
	folder string
}

func (w without) Open(name string) (fs.File, error) {
	if strings.HasPrefix(name, w.folder) {
		return nil, fs.ErrNotExist
	}
	return w.FS.Open(name)
}
