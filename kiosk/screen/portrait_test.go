package screen

import (
	"image"
	"image/color"
	"testing"

	"motcua/kiosk/pack"
	"motcua/kiosk/visit"
)

// skin is a colour that only a portrait has.
var skin = color.RGBA{224, 184, 152, 255}

// nobody is a portrait of nobody: a head before a wall, 240 by 320.
func nobody(_ string, w, h int) *image.RGBA {
	k := min(float64(w)/240, float64(h)/320)
	img := image.NewRGBA(image.Rect(0, 0, int(240*k), int(320*k)))
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			c := color.RGBA{200, 216, 228, 255}
			in := func(cx, cy, rx, ry float64) bool {
				dx, dy := (float64(x)/k-cx)/rx, (float64(y)/k-cy)/ry
				return dx*dx+dy*dy < 1
			}
			switch {
			case in(98, 140, 8, 5), in(142, 140, 8, 5), in(120, 194, 18, 5):
				c = color.RGBA{52, 40, 40, 255}
			case in(120, 148, 58, 78):
				c = skin
			case in(120, 132, 72, 90):
				c = color.RGBA{36, 30, 30, 255}
			case in(120, 330, 112, 90):
				c = color.RGBA{44, 72, 120, 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	return img
}

// TestPortraitIsWiped: it is drawn as large as the page allows, asked for once while
// its seconds run down, and overwritten as soon as another View is shown.
func TestPortraitIsWiped(t *testing.T) {
	for _, f := range formats {
		var given []*image.RGBA
		s := newScreen(t, f.w, f.h, Options{Portrait: func(id string, w, h int) *image.RGBA {
			if id != "face" {
				t.Errorf("asked for %q", id)
			}
			given = append(given, nobody(id, w, h))
			return given[len(given)-1]
		}})
		var v visit.View
		for _, one := range gallery(pack.VI) {
			if named(one) == "duty-portrait-shown-chip-genuine" {
				v = one
			}
		}
		for n := range 3 {
			last := v.Blocks[len(v.Blocks)-1].(visit.Note)
			last.Text = itoa(30 - n)
			v.Blocks = append(append([]visit.Block{}, v.Blocks[:len(v.Blocks)-1]...), last)
			s.Show(v)
		}
		if len(given) != 1 {
			t.Fatalf("%s: asked for %d times, want once", f.name, len(given))
		}
		if high := given[0].Rect.Dy(); high < f.h*45/100 {
			t.Errorf("%s: it is %d px high", f.name, high)
		}
		seen := func() (n int) {
			img := s.window.Canvas().Capture()
			for y := range f.h {
				for x := range f.w {
					if color.RGBAModel.Convert(img.At(x, y)) == skin {
						n++
					}
				}
			}
			return n
		}
		if n := seen(); n < given[0].Rect.Dx()*given[0].Rect.Dy()/10 {
			t.Errorf("%s: %d pixels of it are seen", f.name, n)
		}
		s.Show(find(t, "duty-parts"))
		for _, b := range given[0].Pix {
			if b != 0 {
				t.Fatalf("%s: it was not overwritten", f.name)
			}
		}
		if n := seen(); n != 0 {
			t.Errorf("%s: %d pixels of it are still seen", f.name, n)
		}
	}
}

// TestPortraitGone: a View of one that was wiped meanwhile is drawn without it.
func TestPortraitGone(t *testing.T) {
	s := newScreen(t, 1080, 1920, Options{Portrait: func(string, int, int) *image.RGBA { return nil }})
	s.Show(find(t, "duty-portrait-shown-chip-read"))
	targetOf(t, s, "finish")
}
