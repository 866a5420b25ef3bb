package lds_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/jpeg"
	"slices"
	"testing"

	"motcua/devices/card/lds"
	"motcua/devices/card/lds/ldstest"
)

func photo(t *testing.T) []byte {
	t.Helper()
	p, err := ldstest.Photo(3000)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestReadDG2(t *testing.T) {
	want := photo(t)
	got, err := lds.ReadDG2(ldstest.DG2(want))
	if err != nil || got.Codec != lds.JPEG || !bytes.Equal(got.Image, want) {
		t.Fatalf("ReadDG2 = %d bytes of %s, %v; want %d of jpeg", len(got.Image), got.Codec, err, len(want))
	}
	img, err := jpeg.DecodeConfig(bytes.NewReader(got.Image))
	if err != nil || img.Width != got.Width || img.Height != got.Height {
		t.Errorf("picture %d × %d, record says %d × %d, %v", img.Width, img.Height, got.Width, got.Height, err)
	}
	got.Wipe()
	if bytes.ContainsFunc(got.Image, func(r rune) bool { return r != 0 }) {
		t.Error("Wipe left bytes of the picture")
	}

	for name, image := range map[string]string{
		"file":       "\x00\x00\x00\x0CjP  \r\n\x87\n and more",
		"codestream": "\xFF\x4F\xFF\x51 and more",
	} {
		if got, err := lds.ReadDG2(ldstest.DG2([]byte(image))); err != nil || got.Codec != lds.JPEG2000 || string(got.Image) != image {
			t.Errorf("JPEG 2000 %s: %q, %v", name, got.Codec, err)
		}
	}
}

// Feature points lie between the record and the picture.
func TestReadDG2FeaturePoints(t *testing.T) {
	image := photo(t)
	file := ldstest.DG2(image)
	at := bytes.Index(file, []byte("FAC\x00")) + 14
	head, block := file[:at:at], bytes.Clone(file[at:])
	points := make([]byte, 3*8)
	binary.BigEndian.PutUint32(block, uint32(len(block)+len(points)))
	binary.BigEndian.PutUint16(block[4:], 3)
	record := append(bytes.Clone(head[bytes.Index(head, []byte("FAC\x00")):]), block[:20]...)
	record = append(append(record, points...), block[20:]...)
	again := lds.Append(nil, 0x7F60, lds.Append(nil, 0x7F2E, record))
	whole := lds.Append(nil, 0x75, lds.Append(nil, 0x7F61, append([]byte{2, 1, 1}, again...)))
	got, err := lds.ReadDG2(whole)
	if err != nil || !bytes.Equal(got.Image, image) {
		t.Errorf("ReadDG2 with feature points = %d bytes, %v; want %d", len(got.Image), err, len(image))
	}
}

func TestReadDG2Refuses(t *testing.T) {
	good := ldstest.DG2(photo(t))
	at := bytes.Index(good, []byte("FAC\x00"))
	change := func(offset int, to ...byte) []byte {
		b := bytes.Clone(good)
		copy(b[at+offset:], to)
		return b
	}
	over := binary.BigEndian.AppendUint32(nil, binary.BigEndian.Uint32(good[at+14:])+1)
	for _, tt := range []struct {
		name string
		file []byte
		want error
	}{
		{"face a byte longer than the file", change(14, over...), lds.ErrShort},
		{"nothing", nil, lds.ErrShort},
		{"cut short", good[:len(good)-1], lds.ErrShort},
		{"another group", append([]byte{0x61}, good[1:]...), lds.ErrTag},
		{"no template", []byte("\x75\x06\x7F\x61\x03\x02\x01\x00"), lds.ErrNoFace},
		{"no face in the record", change(12, 0, 0), lds.ErrNoFace},
		{"another record", change(0, 'I'), lds.ErrValue},
		{"another version", change(4, '9'), lds.ErrValue},
		{"face longer than the file", change(14, 0xFF, 0xFF, 0xFF, 0xFF), lds.ErrShort},
		{"face of no length", change(14, 0, 0, 0, 0), lds.ErrShort},
		{"feature points past the end", change(18, 0xFF, 0xFF), lds.ErrShort},
		{"neither JPEG nor JPEG 2000", change(14+20+12, 'G', 'I', 'F'), lds.ErrValue},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := lds.ReadDG2(tt.file); !errors.Is(err, tt.want) {
				t.Errorf("ReadDG2: %v, want %v", err, tt.want)
			}
		})
	}
}

// Both kinds of face record lead to the same picture.
func TestReadDG2Extensible(t *testing.T) {
	want := photo(t)
	got, err := lds.ReadDG2(ldstest.DG2Extensible(want))
	if err != nil || got.Codec != lds.JPEG || !bytes.Equal(got.Image, want) {
		t.Fatalf("ReadDG2 = %d bytes of %s, %v; want %d of jpeg", len(got.Image), got.Codec, err, len(want))
	}
	good := ldstest.DG2Extensible(want)
	for name, bad := range map[string][]byte{
		"no representation": bytes.Replace(good, []byte{0x30}, []byte{0x31}, 1),
		"no picture in it":  bytes.Replace(good, []byte{0x80, 0x82}, []byte{0x81, 0x82}, 1),
	} {
		if _, err := lds.ReadDG2(bad); !errors.Is(err, lds.ErrTag) {
			t.Errorf("%s: %v, want ErrTag", name, err)
		}
	}
}

// sized gives a JPEG that says it has another size.
func sized(b []byte, width, height uint16) []byte {
	b = bytes.Clone(b)
	at := bytes.Index(b, []byte{0xFF, 0xC0})
	binary.BigEndian.PutUint16(b[at+5:], height)
	binary.BigEndian.PutUint16(b[at+7:], width)
	return b
}

func TestDraw(t *testing.T) {
	drawn := photo(t)
	p, err := lds.ReadDG2(ldstest.DG2(drawn))
	if err != nil {
		t.Fatal(err)
	}
	img, err := p.Draw()
	if err != nil || img.Bounds() != image.Rect(0, 0, 240, 320) {
		t.Fatalf("Draw = %v, want the picture of 240 × 320", err)
	}
	if r, _, b, _ := img.At(120, 300).RGBA(); r >= b {
		t.Error("the shoulders are not blue: it is not the picture that was drawn")
	}
	for _, tt := range []struct {
		name  string
		image []byte
		want  error
	}{
		{"JPEG 2000", ldstest.Photo2000(), lds.ErrNotDrawn},
		{"four thousand million pixels", sized(drawn, 0xFFFF, 0xFFFF), lds.ErrOversize},
		{"one column too many", sized(drawn, 2049, 2048), lds.ErrOversize},
		{"a hundred passes", slices.Concat(drawn[:2], []byte{0xFF, 0xFE, 0, 202}, bytes.Repeat([]byte{0xFF, 0xDA}, 100), drawn[2:]), lds.ErrOversize},
		{"cut short", drawn[:len(drawn)/2], lds.ErrValue},
		{"nothing but its beginning", []byte("\xFF\xD8\xFF"), lds.ErrValue},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := lds.ReadDG2(ldstest.DG2(tt.image))
			if err != nil {
				t.Fatal(err)
			}
			var which *lds.Error
			spent := ldstest.Allocated(func() { _, err = p.Draw() })
			if !errors.Is(err, tt.want) || !errors.As(err, &which) || which.File != lds.DG2 {
				t.Errorf("Draw = %v, want %v", err, tt.want)
			}
			if spent > 4<<20 {
				t.Errorf("%d bytes allocated for a picture that is not drawn", spent)
			}
		})
	}
}
