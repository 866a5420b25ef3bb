package attachment

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"motcua/kiosk/submission"
)

// picture draws a small one that no compressor makes trivial.
func picture(w, h int) image.Image {
	p := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			p.Set(x, y, color.RGBA{uint8(x * y), uint8(x ^ y), uint8(x + 3*y), 255})
		}
	}
	return p
}

func pngOf(t testing.TB, p image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func jpegOf(t testing.TB, p image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, p, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pdf(filling int) []byte {
	return []byte("%PDF-1.7\n1 0 obj <</Type/Catalog>> endobj\n" + strings.Repeat("%", filling) +
		"\ntrailer <</Root 1 0 R>>\nstartxref\n0\n%%EOF\n")
}

// bomb is a PNG of a few bytes that says it is w by h.
func bomb(t testing.TB, w, h uint32) []byte {
	b := pngOf(t, picture(1, 1))
	binary.BigEndian.PutUint32(b[16:], w)
	binary.BigEndian.PutUint32(b[20:], h)
	binary.BigEndian.PutUint32(b[29:], crc32.ChecksumIEEE(b[12:29]))
	return b
}

func TestCopy(t *testing.T) {
	small := picture(20, 10)
	whole := pngOf(t, small)
	broken := errors.New("the phone went away")
	for _, c := range []struct {
		name string
		from io.Reader
		want error
		is   Media
		w, h int
	}{
		{"PNG", bytes.NewReader(whole), nil, PNG, 20, 10},
		{"JPEG", bytes.NewReader(jpegOf(t, small)), nil, JPEG, 20, 10},
		{"JPEG with a film behind it", io.MultiReader(bytes.NewReader(jpegOf(t, small)), strings.NewReader("....ftypmp42")), nil, JPEG, 20, 10},
		{"PDF", bytes.NewReader(pdf(10)), nil, PDF, 0, 0},
		{"PDF one byte at a time", iotest.OneByteReader(bytes.NewReader(pdf(3000))), nil, PDF, 0, 0},
		{"nothing", strings.NewReader(""), ErrEmpty, "", 0, 0},
		{"a page called photo.png", strings.NewReader("<!DOCTYPE html><script>alert(1)</script>"), ErrKind, "", 0, 0},
		{"GIF", strings.NewReader("GIF89a..."), ErrKind, "", 0, 0},
		{"HEIC", strings.NewReader("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"), ErrKind, "", 0, 0},
		{"a program", strings.NewReader("\x7fELF\x02\x01\x01"), ErrKind, "", 0, 0},
		{"PDF behind rubbish", strings.NewReader("rubbish" + string(pdf(10))), ErrKind, "", 0, 0},
		{"head of a PNG", bytes.NewReader(whole[:20]), ErrBroken, "", 0, 0},
		{"PNG cut short", bytes.NewReader(whole[:len(whole)-13]), ErrBroken, "", 0, 0},
		{"PDF cut short", bytes.NewReader(pdf(3000)[:2500]), ErrBroken, "", 0, 0},
		{"head of a JPEG", bytes.NewReader(jpegOf(t, small)[:100]), ErrBroken, "", 0, 0},
		{"bomb", bytes.NewReader(bomb(t, 30_000, 30_000)), ErrTooWide, "", 0, 0},
		{"long bomb", bytes.NewReader(bomb(t, 1<<20, 1)), ErrTooWide, "", 0, 0},
		{"no pixels", bytes.NewReader(bomb(t, 0, 10)), ErrBroken, "", 0, 0},
		{"too large", io.MultiReader(bytes.NewReader(pdf(0)[:9]), io.LimitReader(zeros{}, MaxSize)), ErrTooLarge, "", 0, 0},
		{"cut on the way", io.MultiReader(bytes.NewReader(whole[:40]), iotest.ErrReader(broken)), broken, "", 0, 0},
		{"cut at once", iotest.ErrReader(broken), broken, "", 0, 0},
	} {
		var to bytes.Buffer
		seen := &bytes.Buffer{}
		got, err := Copy(&to, io.TeeReader(c.from, seen), MaxSize)
		if !errors.Is(err, c.want) || c.want == nil && err != nil {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
			continue
		}
		if err != nil {
			continue
		}
		if got.Media != c.is || got.Width != c.w || got.Height != c.h || got.Size != int64(seen.Len()) || got.Digest != submission.Digest(seen.Bytes()) {
			t.Errorf("%s: %+v", c.name, got)
		}
		if !bytes.Equal(to.Bytes(), seen.Bytes()) {
			t.Errorf("%s: %d bytes were copied of %d", c.name, to.Len(), seen.Len())
		}
	}
	full := errors.New("no room")
	if _, err := Copy(failing{full}, bytes.NewReader(whole), MaxSize); !errors.Is(err, full) {
		t.Errorf("with nowhere to copy to: %v", err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func FuzzCopy(f *testing.F) {
	small := picture(20, 10)
	for _, seed := range [][]byte{pngOf(f, small), jpegOf(f, small), pdf(100), bomb(f, 30_000, 30_000), pngOf(f, small)[:40], {}} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var to bytes.Buffer
		c, err := Copy(&to, bytes.NewReader(b), 1<<16)
		if err != nil {
			if Key(err) == "attach.no.failed" {
				t.Errorf("%v has no sentence of its own", err)
			}
			return
		}
		if !bytes.Equal(to.Bytes(), b) || c.Size != int64(len(b)) || c.Size > 1<<16 || c.Digest != submission.Digest(b) {
			t.Errorf("%+v of %d bytes", c, len(b))
		}
		if c.Media != PDF && (c.Width < 1 || c.Height < 1 || c.Width > MaxSide || c.Height > MaxSide || c.Width*c.Height > MaxPixels) {
			t.Errorf("%+v", c)
		}
	})
}
