package lds_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image/jpeg"
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
