package picture_test

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode/decoder"
	"github.com/makiuchi-d/gozxing/qrcode/encoder"

	"motcua/devices/barcode/picture"
	"motcua/devices/barcode/picture/picturetest"
)

func read(r *picture.Reader) func(*image.Gray) (string, error) {
	return func(img *image.Gray) (string, error) {
		found, err := r.Read(img)
		return found.Text, err
	}
}

// The corpus: every 37th shot, or all of them with MOTCUA_CORPUS=all. BenchmarkCorpus
// always takes all.
func TestCorpus(t *testing.T) {
	step := 37
	if os.Getenv("MOTCUA_CORPUS") == "all" {
		step = 1
	}
	figures, err := picturetest.Measure(t.Context(), t.TempDir(), step, read(&picture.Reader{}))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%v", figures)
	for k, s := range figures.Kinds {
		if s.Shots == 0 {
			t.Errorf("no shot is %v", picturetest.Kind(k))
		}
		if s.Ours < s.Zbar {
			t.Errorf("%v: %d of %d shots read; zbarimg reads %d", picturetest.Kind(k), s.Ours, s.Shots, s.Zbar)
		}
	}
	for _, s := range figures.Wrong {
		t.Errorf("read as something else: %v", s)
	}
	if all := figures.All(); step == 1 && all.Ours < all.Shots*95/100 || all.Ours < all.Shots*80/100 {
		t.Errorf("%d of %d shots read; want 95 %% of all, 80 %% of a few", all.Ours, all.Shots)
	}
}

// BenchmarkCorpus reads the whole corpus, which takes a minute, and tells what
// comes of it. Run it with -benchtime 1x.
func BenchmarkCorpus(b *testing.B) {
	for range b.N {
		figures, err := picturetest.Measure(b.Context(), b.TempDir(), 1, read(&picture.Reader{}))
		if err != nil {
			b.Fatal(err)
		}
		b.Logf("\n%v", figures)
		b.ReportMetric(float64(figures.All().Ours), "read")
		b.ReportMetric(float64(figures.All().Zbar), "read-by-zbarimg")
		b.ReportMetric(float64(figures.Took(0.5).Microseconds())/1000, "ms-p50")
		b.ReportMetric(float64(figures.Took(0.99).Microseconds())/1000, "ms-p99")
	}
}

func BenchmarkEmptyDesk(b *testing.B) {
	var r picture.Reader
	img := picturetest.Desk(0)
	for b.Loop() {
		if _, err := r.Read(img); !errors.Is(err, picture.ErrNone) {
			b.Fatal(err)
		}
	}
}

func TestNothingThere(t *testing.T) {
	noise := image.NewGray(image.Rect(0, 0, 640, 480))
	r := rand.New(rand.NewPCG(1, 1))
	for i := range noise.Pix {
		noise.Pix[i] = uint8(r.Uint32())
	}
	grey := image.NewGray(image.Rect(0, 0, 640, 480))
	for name, img := range map[string]*image.Gray{
		"desk": picturetest.Desk(0), "desk in shade": picturetest.Desk(5), "noise": noise, "black": grey,
		"no pixel": image.NewGray(image.Rectangle{}), "one pixel": image.NewGray(image.Rect(0, 0, 1, 1)),
		"one row": image.NewGray(image.Rect(0, 0, 300, 1)), "one column": image.NewGray(image.Rect(0, 0, 1, 300)),
	} {
		var r picture.Reader
		if found, err := r.Read(img); !errors.Is(err, picture.ErrNone) {
			t.Errorf("%s: Read = %v, %v; want ErrNone", name, found, err)
		}
	}
}

// symbol draws a code with module pixels a module and four blank modules around.
func symbol(t testing.TB, text string, level decoder.ErrorCorrectionLevel, module int, hints map[gozxing.EncodeHintType]any) *image.Gray {
	t.Helper()
	code, err := encoder.Encoder_encode(text, level, hints)
	if err != nil {
		t.Fatal(err)
	}
	m := code.GetMatrix()
	n := m.GetWidth()
	img := image.NewGray(image.Rect(0, 0, (n+8)*module, (n+8)*module))
	for i := range img.Pix {
		x, y := i%img.Stride/module-4, i/img.Stride/module-4
		img.Pix[i] = 230
		if x >= 0 && y >= 0 && x < n && y < n && m.Get(x, y) == 1 {
			img.Pix[i] = 20
		}
	}
	return img
}

// remade gives a picture of the same size, each pixel by at.
func remade(img *image.Gray, at func(x, y int) uint8) *image.Gray {
	out := image.NewGray(image.Rect(0, 0, img.Bounds().Dx(), img.Bounds().Dy()))
	for i := range out.Pix {
		out.Pix[i] = at(i%out.Stride, i/out.Stride)
	}
	return out
}

func level(img *image.Gray, x, y int) uint8 { return img.GrayAt(x, y).Y }

const card = "001090999999||Nguyễn Văn Mẫu|31011990|Nam|Số 1 Phố Mẫu, Phường Mẫu, Hà Nội|15102024||||"

func TestRead(t *testing.T) {
	plain := symbol(t, card, decoder.ErrorCorrectionLevel_M, 4, nil)
	side := plain.Bounds().Dx()
	scratched := remade(plain, func(x, y int) uint8 {
		if col, row := x/4-4, y/4-4; (row == 6 || col == 6) && row > 7 && row < side/4-16 || row == 6 && col > 7 && col < side/4-16 {
			return []uint8{20, 20, 230, 230}[(col+row)%4] // out of step, or solid
		}
		return level(plain, x, y)
	})
	large := image.NewGray(image.Rect(0, 0, 4000, 3000))
	big := symbol(t, card, decoder.ErrorCorrectionLevel_M, 24, nil)
	for i := range large.Pix {
		x, y := i%4000, i/4000
		large.Pix[i] = 200
		if image.Pt(x-900, y-700).In(big.Rect) {
			large.Pix[i] = level(big, x-900, y-700)
		}
	}
	inside := image.NewGray(image.Rect(-50, -60, side+70, side+80)) // rows longer than the picture
	for y := range side {
		for x := range side {
			inside.SetGray(x, y, color.Gray{Y: level(plain, x, y)})
		}
	}
	tests := []struct {
		name string
		img  *image.Gray
		want string
		way  string // "" = any
	}{
		{"as drawn", plain, card, ""},
		{"light on dark", remade(plain, func(x, y int) uint8 { return 255 - level(plain, x, y) }), card, "plain/"},
		{"mirrored", remade(plain, func(x, y int) uint8 { return level(plain, side-1-x, y) }), card, ""},
		{"upside down", remade(plain, func(x, y int) uint8 { return level(plain, side-1-x, side-1-y) }), card, ""},
		{"one blank module around", plain.SubImage(plain.Rect.Inset(12)).(*image.Gray), card, ""},
		{"part of a larger picture", inside.SubImage(plain.Rect).(*image.Gray), card, ""},
		{"timing patterns scratched out", scratched, card, "gozxing/"},
		{"a photograph of 12 megapixels", large, card, ""},
		{"one pixel and a half a module", shrunk(symbol(t, card, decoder.ErrorCorrectionLevel_M, 6, nil), 4), card, ""},
		{"digits", symbol(t, "0123456789012", decoder.ErrorCorrectionLevel_H, 3, nil), "0123456789012", ""},
		{"capitals", symbol(t, "MOTCUA 1.001193", decoder.ErrorCorrectionLevel_Q, 3, nil), "MOTCUA 1.001193", ""},
		{"short Vietnamese", symbol(t, "Tạ", decoder.ErrorCorrectionLevel_L, 3, nil), "Tạ", ""},
		{"decomposed Vietnamese", symbol(t, "Nguye\u0302\u0303n", decoder.ErrorCorrectionLevel_L, 3, nil), "Nguyễn", ""},
		{"character set named", symbol(t, card, decoder.ErrorCorrectionLevel_M, 3,
			map[gozxing.EncodeHintType]any{gozxing.EncodeHintType_CHARACTER_SET: "UTF-8"}), card, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var r picture.Reader
			for range 2 { // the second time with the memory of the first
				found, err := r.Read(tt.img)
				if err != nil || found.Text != tt.want {
					t.Fatalf("Read = %q, %v; want %q", found.Text, err, tt.want)
				}
				if !strings.HasPrefix(found.Way, tt.way) {
					t.Errorf("read by %q; want by %q", found.Way, tt.way)
				}
			}
		})
	}
}

// shrunk gives img at a quarter of its size, for by = 4.
func shrunk(img *image.Gray, by int) *image.Gray {
	w, h := img.Rect.Dx()/by, img.Rect.Dy()/by
	out := image.NewGray(image.Rect(0, 0, w, h))
	for i := range out.Pix {
		sum := 0
		for j := range by * by {
			sum += int(level(img, i%w*by+j%by, i/w*by+j/by))
		}
		out.Pix[i] = uint8(sum / (by * by))
	}
	return out
}

// Shots that each need a means of their own: in the corpus most are read by the
// first one.
func TestHardShots(t *testing.T) {
	var r picture.Reader
	for shot, needs := range map[int]string{
		92: "neighbours' light taken back", 502: "more of it", 512: "blur learnt and undone", 192: "blur learnt and undone",
		303: "noise smoothed", 209: "noise smoothed, and a near threshold", 383: "half the size",
	} {
		s := picturetest.New(shot)
		if found, err := r.Read(s.Take()); err != nil || found.Text != s.Text {
			t.Errorf("shot %d (%s): %v, %v; it needs %s", shot, s.Kind, found, err, needs)
		}
	}
}

// A code that cannot be read leaves nothing behind that keeps the next one, at the
// same place, from being read.
func TestAfterAFailure(t *testing.T) {
	good := symbol(t, card, decoder.ErrorCorrectionLevel_M, 4, nil)
	side := good.Rect.Dx()/4 - 8
	bad := remade(good, func(x, y int) uint8 {
		if col, row := x/4-4, y/4-4; col > 8 && row > 8 && col < side && row < side {
			return []uint8{20, 230}[(3*col+5*row+col*row)/2%2]
		}
		return level(good, x, y)
	})
	var r picture.Reader
	for range 2 {
		if found, err := r.Read(bad); !errors.Is(err, picture.ErrNone) {
			t.Fatalf("the spoiled code: %v, %v", found, err)
		}
		if found, err := r.Read(good); err != nil || found.Text != card || !strings.HasPrefix(found.Way, "plain/") {
			t.Errorf("the whole one after it: %v by %q, %v; want it read at the first look", found, found.Way, err)
		}
	}
}

// Every size of code that there is.
func TestVersions(t *testing.T) {
	var r picture.Reader
	for version := 1; version <= 40; version++ {
		if testing.Short() && version > 15 {
			break
		}
		v, err := decoder.Version_GetVersionForNumber(version)
		if err != nil {
			t.Fatal(err)
		}
		room := v.GetTotalCodewords() - v.GetECBlocksForLevel(decoder.ErrorCorrectionLevel_M).GetTotalECCodewords()
		text := strings.Repeat("x", room-4) // four for the mode, the length and the end
		found, err := r.Read(symbol(t, text, decoder.ErrorCorrectionLevel_M, 3, nil))
		if err != nil || found.Text != text || found.Version != version {
			t.Errorf("version %d: Read = %d bytes of version %d, %v", version, len(found.Text), found.Version, err)
		}
	}
}

// A code on a slope is narrower at its far side by up to that share. Its size, which
// is told by the near and the far marks, is then off at first; the smallest one has
// no alignment pattern to tell the slope by.
func TestSlopes(t *testing.T) {
	for _, version := range []int{1, 2, 8, 14, 25} {
		for _, narrower := range []float64{0.1, 0.25, 0.4} {
			v, err := decoder.Version_GetVersionForNumber(version)
			if err != nil {
				t.Fatal(err)
			}
			room := v.GetTotalCodewords() - v.GetECBlocksForLevel(decoder.ErrorCorrectionLevel_M).GetTotalECCodewords()
			text := strings.Repeat("x", room-4)
			flat := symbol(t, text, decoder.ErrorCorrectionLevel_M, 12, nil)
			side := float64(flat.Rect.Dx())
			out := side / 2 // six pixels a module at the near side
			img := remade(flat, func(x, y int) uint8 {
				if float64(x) >= out || float64(y) >= out {
					return 230
				}
				// Seen from above its near side: rows farther away are shorter, and closer together.
				far := 1 - float64(y)/out
				depth := 1 / (1 - narrower*far)
				u, w := (float64(x)-out/2)*depth*side/out+side/2, side-far*depth*(1-narrower)*side
				return level(flat, int(min(max(u, 0), side-1)), int(min(max(w, 0), side-1)))
			})
			var r picture.Reader
			found, err := r.Read(img)
			if err != nil || found.Text != text || found.Version != version {
				t.Errorf("version %d, narrower by %.2f: Read = version %d, %v", version, narrower, found.Version, err)
			}
		}
	}
}

func TestCorners(t *testing.T) {
	var r picture.Reader
	for _, n := range []int{int(picturetest.Clean), int(picturetest.Perspective), 10, 11, 20, 21} {
		s := picturetest.New(n)
		found, err := r.Read(s.Take())
		if err != nil {
			t.Errorf("%v: %v", s, err)
			continue
		}
		for i, want := range s.Corners() {
			if off := math.Hypot(found.Corners[i].X-want[0], found.Corners[i].Y-want[1]); off > s.Module/4 {
				t.Errorf("%v: corner %d is %.1f pixels off", s, i, off)
			}
		}
		if found.Version != s.Version {
			t.Errorf("%v: read as version %d", s, found.Version)
		}
	}
}

// Where a code is in a photograph that was read at half its size and less.
func TestCornersOfLarge(t *testing.T) {
	const module, left, top = 24, 700, 500
	code := symbol(t, card, decoder.ErrorCorrectionLevel_M, module, nil)
	img := image.NewGray(image.Rect(0, 0, 4000, 3000))
	for i := range img.Pix {
		x, y := i%4000-left, i/4000-top
		if img.Pix[i] = 200; image.Pt(x, y).In(code.Rect) {
			img.Pix[i] = level(code, x, y)
		}
	}
	var r picture.Reader
	found, err := r.Read(img)
	if err != nil {
		t.Fatal(err)
	}
	near, far := 4.0*module-0.5, float64(code.Rect.Dx()-4*module)-0.5
	for i, want := range [4]picture.Point{{X: left + near, Y: top + near}, {X: left + far, Y: top + near}, {X: left + far, Y: top + far}, {X: left + near, Y: top + far}} {
		if off := math.Hypot(found.Corners[i].X-want.X, found.Corners[i].Y-want.Y); off > module/4 {
			t.Errorf("corner %d is %.1f pixels off", i, off)
		}
	}
}

// The shots are the same each time, and a Found hides what it holds.
func TestRepeats(t *testing.T) {
	a, b := picturetest.New(17), picturetest.New(17)
	if a.Text != b.Text || string(a.Take().Pix) != string(b.Take().Pix) {
		t.Error("shot 17 is another one the second time")
	}
	var r picture.Reader
	found, err := r.Read(picturetest.New(20).Take())
	if err != nil {
		t.Fatal(err)
	}
	if s := fmt.Sprintf("%v %s %+v", found, found, found); strings.Contains(s, "|") {
		t.Error("a Found prints what it holds")
	}
}

func FuzzRead(f *testing.F) {
	for _, text := range []string{"Tạ", "0123456789", card} {
		img := symbol(f, text, decoder.ErrorCorrectionLevel_L, 2, nil)
		f.Add(uint16(img.Stride), img.Pix)
	}
	f.Add(uint16(1), []byte{0, 255, 0})
	var r picture.Reader
	f.Fuzz(func(t *testing.T, width uint16, pix []byte) {
		w := min(max(int(width), 1), 2000)
		img := &image.Gray{Pix: pix, Stride: w, Rect: image.Rect(0, 0, w, len(pix)/w)}
		if found, err := r.Read(img); err == nil && len(found.Raw) == 0 && found.Text != "" {
			t.Errorf("text of %d bytes out of nothing", len(found.Text))
		}
	})
}
