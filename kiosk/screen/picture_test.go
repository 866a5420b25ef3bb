package screen

import (
	"flag"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2/test"

	"motcua/kiosk/pack"
	"motcua/kiosk/visit"
)

var (
	pictures = flag.String("pictures", "", "folder to draw the gallery into, as PNG")
	tongue   = flag.String("tongue", "", "draw those in this language only: vi, en")
	only     = flag.String("only", "", "draw those whose name has this in it")
	sizes    = flag.String("sizes", "1", "steps of the text size to draw, such as 0123")
	themes   = flag.String("themes", "0", "themes to draw, such as 0123")
)

// newScreen makes a Screen on Fyne's software driver.
func newScreen(t testing.TB, w, h int, opts Options) *Screen {
	t.Helper()
	app := test.NewApp()
	t.Cleanup(app.Quit)
	opts.Width, opts.Height, opts.Still = w, h, true
	opts.Assets = os.DirFS("../../assets")
	if opts.Portrait == nil {
		opts.Portrait = nobody
	}
	s, err := New(app, opts)
	if err != nil {
		t.Fatal(err)
	}
	s.surface.soon = func(f func()) { f() }
	s.after = func(_ time.Duration, f func()) func() { f(); return func() {} }
	t.Cleanup(s.window.Close)
	return s
}

var formats = [...]struct {
	name string
	w, h int
}{{"portrait", 1080, 1920}, {"landscape", 1280, 800}}

// TestPictures draws the gallery for the eye:
//
//	go test ./kiosk/screen -run TestPictures -pictures ../../out/screens -sizes 0123
func TestPictures(t *testing.T) {
	if *pictures == "" {
		t.Skip("no -pictures folder given")
	}
	if err := os.MkdirAll(*pictures, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, f := range formats {
		s := newScreen(t, f.w, f.h, Options{})
		for _, lang := range [...]pack.Lang{pack.VI, pack.EN} {
			for _, v := range gallery(lang) {
				for _, size := range *sizes {
					for _, theme := range *themes {
						v.Look.Size, v.Look.Theme = int(size-'0'), visit.Theme(theme-'0')
						name := fmt.Sprintf("%s-%s-%s-size%c-theme%c.png", f.name, lang, named(v), size, theme)
						if !strings.Contains(name, *only) || !strings.HasPrefix(string(lang), *tongue) {
							continue
						}
						s.Show(v)
						file, err := os.Create(filepath.Join(*pictures, name))
						if err != nil {
							t.Fatal(err)
						}
						if err := png.Encode(file, s.window.Canvas().Capture()); err != nil {
							t.Fatal(err)
						}
						if err := file.Close(); err != nil {
							t.Fatal(err)
						}
					}
				}
			}
		}
	}
}
