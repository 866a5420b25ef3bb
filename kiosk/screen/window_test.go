//go:build window

package screen

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2/app"

	"motcua/kiosk/pack"
	"motcua/kiosk/visit"
)

var (
	shots  = flag.String("shots", "", "folder for pictures of the real window")
	format = flag.Int("format", 0, "0 portrait, 1 landscape")
	rounds = flag.Int("rounds", 4, "how often to show the gallery")
	idle   = flag.Duration("idle", 20*time.Second, "how long to watch the attract screen's use of the processor")
)

// TestMain keeps the main goroutine for Fyne; the tests run beside it in a real
// X window. They need a display, xdotool and ImageMagick:
//
//	Xvfb :77 -screen 0 1080x1920x24 &
//	DISPLAY=:77 LIBGL_ALWAYS_SOFTWARE=1 go test -tags window ./kiosk/screen -run TestWindow -v
func TestMain(m *testing.M) {
	flag.Parse()
	f := formats[*format]
	var err error
	window.touched = make(chan touched, 64)
	window.drawn = make(chan frame, 64)
	window.screen, err = New(app.NewWithID("vn.motcua.screen"), Options{Title: "Một Cửa", Width: f.w, Height: f.h, Assets: os.DirFS("../../assets"),
		Touched: func(id string) { window.touched <- touched{id, time.Now()} },
		Drawn:   func(v visit.View, at time.Time) { window.drawn <- frame{named(v), at} }})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := 1
	go func() {
		code = m.Run()
		window.screen.Close()
	}()
	window.screen.Run()
	os.Exit(code)
}

type touched struct {
	id string
	at time.Time
}

type frame struct {
	name string
	at   time.Time
}

var window struct {
	screen  *Screen
	touched chan touched
	drawn   chan frame
}

// showAndWait gives the time from Show to the frame.
func showAndWait(t *testing.T, v visit.View) time.Duration {
	t.Helper()
	start := time.Now()
	window.screen.Show(v)
	select {
	case d := <-window.drawn:
		if d.name != named(v) {
			t.Fatalf("drawn %q, want %q", d.name, named(v))
		}
		return d.at.Sub(start)
	case <-time.After(30 * time.Second):
		t.Fatalf("%s: no frame in 30 s", named(v))
	}
	return 0
}

func quantiles(name string, took []time.Duration) string {
	slices.Sort(took)
	at := func(q float64) time.Duration { return took[int(q*float64(len(took)-1))].Round(100 * time.Microsecond) }
	return fmt.Sprintf("%s: p50 %v, p90 %v, p99 %v, most %v of %d", name, at(.5), at(.9), at(.99), at(1), len(took))
}

func TestWindowFrames(t *testing.T) {
	if *shots != "" {
		if err := os.MkdirAll(*shots, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	var took []time.Duration
	var slow []string
	before := used(t)
	for round := range *rounds {
		for _, lang := range [...]pack.Lang{pack.VI, pack.EN} {
			for _, v := range gallery(lang) {
				v.Look.Calm = true
				one := showAndWait(t, v)
				took = append(took, one)
				slow = append(slow, fmt.Sprintf("%6d ms %s", one.Milliseconds(), named(v)))
				if *shots != "" && round == 0 {
					name := fmt.Sprintf("%s-%s-%s.png", formats[*format].name, lang, named(v))
					if out, err := exec.Command("import", "-window", "root", filepath.Join(*shots, name)).CombinedOutput(); err != nil {
						t.Fatalf("import: %v: %s", err, out)
					}
				}
			}
		}
	}
	t.Log(quantiles("show → frame", took))
	slices.Sort(slow)
	t.Logf("slowest:\n%s", strings.Join(slow[max(0, len(slow)-12):], "\n"))
	t.Logf("processor time a View: %v", (used(t)-before)/time.Duration(len(took)))
	took = nil
	before = used(t)
	text := []rune("NGUYỄN ÁNH DƯƠNG THỊ MẪU VÍ DỤ")
	for i := range 200 {
		took = append(took, showAndWait(t, calm(typed(string(text[:i%len(text)])))))
	}
	t.Log(quantiles("key → frame", took))
	t.Logf("processor time a key: %v", (used(t)-before)/200)
}

func calm(v visit.View) visit.View {
	v.Look.Calm = true
	return v
}

// TestWindowTouch touches with XTEST, as a finger does.
func TestWindowTouch(t *testing.T) {
	var took []time.Duration
	showAndWait(t, calm(typed("")))
	for i := range 60 {
		id := "key:" + string("asdfghjklqwertyuiopzxcvbnm"[i%26])
		at := targetOf(t, window.screen, id)
		if out, err := exec.Command("xdotool", "mousemove", fmt.Sprint(at.X+at.W/2), fmt.Sprint(at.Y+at.H/2), "mousedown", "1", "mouseup", "1").CombinedOutput(); err != nil {
			t.Fatalf("xdotool: %v: %s", err, out)
		}
		select {
		case got := <-window.touched:
			if got.id != id {
				t.Fatalf("touched %q, want %q", got.id, id)
			}
			window.screen.Show(calm(typed(strings.Repeat("A", 1+i%20))))
			took = append(took, (<-window.drawn).at.Sub(got.at))
		case <-time.After(10 * time.Second):
			t.Fatalf("%s was not felt", id)
		}
	}
	t.Log(quantiles("touch felt → frame", took))
}

// used is the processor time that this process took so far (proc(5), stat).
func used(t *testing.T) time.Duration {
	t.Helper()
	b, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		t.Fatal(err)
	}
	f := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+2:]))
	var user, system int64
	fmt.Sscan(f[11], &user)
	fmt.Sscan(f[12], &system)
	return time.Duration(user+system) * 10 * time.Millisecond
}

// TestWindowIdle holds the attract screen to 2 % of one core.
func TestWindowIdle(t *testing.T) {
	for _, v := range gallery(pack.VI)[:1] {
		showAndWait(t, v)
	}
	<-time.After(2 * time.Second)
	before := used(t)
	<-time.After(*idle)
	share := float64(used(t)-before) / float64(*idle)
	t.Logf("attract: %.2f %% of one core over %v", share*100, *idle)
	if share > 0.02 {
		t.Errorf("attract takes %.2f %% of a core, want 2 at most", share*100)
	}
}
