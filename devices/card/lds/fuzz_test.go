package lds_test

import (
	"bytes"
	"image"
	"testing"
	"time"

	"motcua/devices/card/lds"
	"motcua/devices/card/lds/ldstest"
)

// face is no picture, but begins as one.
var face = []byte("\xFF\xD8\xFF, and nobody's face")

// files gives the same file of a card of each flavour, and odd lengths.
func files(f *testing.F, which lds.File) {
	f.Helper()
	state, err := ldstest.NewState(ldstest.Options{Suite: ldstest.P256, Now: time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)})
	if err != nil {
		f.Fatal(err)
	}
	for _, flavour := range ldstest.Flavours() {
		card, err := state.Issue(flavour.Person(), ldstest.Chip{ChipKey: ldstest.P256, Photo: face}, ldstest.None)
		if err != nil {
			f.Fatal(err)
		}
		if file, ok := card.Files[which]; ok {
			f.Add(file)
			f.Add(file[:len(file)/2])
		}
	}
	tag := byte(which.Tag())
	f.Add([]byte{tag, 0x84, 0x7F, 0xFF, 0xFF, 0xFF})
	f.Add([]byte{tag, 0x80, 0, 0})
	f.Add([]byte{tag, 0})
}

// bounded fails if reading allocates from a length that in only claims.
func bounded(t *testing.T, in []byte, read func()) {
	t.Helper()
	if got, most := ldstest.Allocated(read), uint64(2<<20+64*len(in)); got > most {
		t.Errorf("%d bytes in, %d bytes allocated, want at most %d", len(in), got, most)
	}
}

func FuzzFields(f *testing.F) {
	files(f, lds.COM)
	f.Fuzz(func(t *testing.T, in []byte) {
		var again []byte
		whole := true
		bounded(t, in, func() {
			for field, err := range lds.Fields(in) {
				if whole = err == nil; whole {
					again = lds.Append(again, field.Tag, field.Value)
				}
			}
		})
		// What was read and written again, shortest, reads as the same.
		var twice []byte
		for field, err := range lds.Fields(again) {
			if err != nil {
				t.Fatalf("what Append wrote does not read: %v", err)
			}
			twice = lds.Append(twice, field.Tag, field.Value)
		}
		if !bytes.Equal(again, twice) || len(again) > len(in) {
			t.Errorf("% x read and written is % x, then % x", in, again, twice)
		}
		if n, err := lds.Extent(in); whole && len(in) > 0 && (err != nil || n > len(in)) {
			t.Errorf("Extent = %d, %v of %d bytes that are whole", n, err, len(in))
		}
	})
}

func FuzzReadCOM(f *testing.F) {
	files(f, lds.COM)
	f.Fuzz(func(t *testing.T, in []byte) {
		bounded(t, in, func() {
			if c, err := lds.ReadCOM(in); err == nil && len(c.Groups) > 16 {
				t.Errorf("%d data groups", len(c.Groups))
			}
		})
	})
}

func FuzzReadDG1(f *testing.F) {
	files(f, lds.DG1)
	f.Fuzz(func(t *testing.T, in []byte) {
		bounded(t, in, func() {
			m, err := lds.ReadDG1(in)
			if err != nil {
				return
			}
			if key := m.Key().Reveal(); len(key) < 24 {
				t.Errorf("a key of %d characters", len(key))
			}
			m.Born.Born(time.Now())
			m.Expires.Expires(time.UTC)
		})
	})
}

func FuzzReadDG2(f *testing.F) {
	files(f, lds.DG2)
	f.Add(ldstest.DG2Extensible(face))
	f.Add(ldstest.DG2(ldstest.Photo2000()))
	f.Fuzz(func(t *testing.T, in []byte) {
		bounded(t, in, func() {
			if p, err := lds.ReadDG2(in); err == nil && (len(p.Image) > len(in) || p.Codec == "") {
				t.Errorf("a picture of %d bytes, %q, in a file of %d", len(p.Image), p.Codec, len(in))
			}
		})
	})
}

// FuzzDraw decodes whatever a picture says it is: never a panic, no memory for more
// than MaxPixels, and no image but of the size that was looked at before.
func FuzzDraw(f *testing.F) {
	drawn, err := ldstest.Photo(2000)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(drawn)
	f.Add(drawn[:len(drawn)/2])
	f.Add(sized(drawn, 0xFFFF, 0xFFFF))
	f.Add(sized(drawn, 2048, 2048))
	f.Add(face)
	f.Add(ldstest.Photo2000())
	f.Fuzz(func(t *testing.T, in []byte) {
		p, err := lds.ReadDG2(ldstest.DG2(in))
		if err != nil {
			return
		}
		var img image.Image
		spent := ldstest.Allocated(func() { img, err = p.Draw() })
		if most := uint64(2<<20 + 24*lds.MaxPixels); spent > most {
			t.Errorf("%d bytes allocated, want at most %d", spent, most)
		}
		if (img == nil) == (err == nil) {
			t.Errorf("image %v, error %v", img != nil, err)
		}
		if img != nil && img.Bounds().Dx()*img.Bounds().Dy() > lds.MaxPixels {
			t.Errorf("an image of %v", img.Bounds())
		}
	})
}

func FuzzReadSecurity(f *testing.F) {
	files(f, lds.DG14)
	files(f, lds.DG15)
	files(f, lds.CardAccess)
	f.Fuzz(func(t *testing.T, in []byte) {
		bounded(t, in, func() {
			_, _ = lds.ReadDG14(in)
			_, _ = lds.ReadCardAccess(in)
			if key, err := lds.ReadDG15(in); (key == nil) != (err != nil) {
				t.Errorf("key %v with error %v", key != nil, err)
			}
		})
	})
}
