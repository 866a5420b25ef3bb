package picture_test

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"motcua/devices/barcode/picture"
)

func TestLoad(t *testing.T) {
	grey := image.NewGray(image.Rect(0, 0, 16, 8))
	coloured := image.NewNRGBA(image.Rect(3, 4, 19, 12))
	for i := range grey.Pix {
		grey.Pix[i] = uint8(i)
		coloured.Set(3+i%16, 4+i/16, color.Gray{Y: uint8(i)})
	}
	encode := func(write func(*bytes.Buffer) error) string {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	wide := "P5 16 8 65535\n"
	for _, v := range grey.Pix {
		wide += string([]byte{v, v})
	}
	tests := []struct {
		name, file string
		near       int // levels it may be off
	}{
		{"PGM", "P5\n16 8\n255\n" + string(grey.Pix), 0},
		{"PGM with comments", "P5 # made by hand\n# twice\n16\t8\n255\n" + string(grey.Pix), 0},
		{"PGM of two bytes a pixel", wide, 0},
		{"PNG, grey", encode(func(b *bytes.Buffer) error { return png.Encode(b, grey) }), 0},
		{"PNG, coloured", encode(func(b *bytes.Buffer) error { return png.Encode(b, coloured) }), 0},
		{"JPEG, grey", encode(func(b *bytes.Buffer) error { return jpeg.Encode(b, grey, nil) }), 8},
		{"JPEG, coloured", encode(func(b *bytes.Buffer) error { return jpeg.Encode(b, coloured, nil) }), 8},
	}
	for _, tt := range tests {
		got, err := picture.Load(strings.NewReader(tt.file))
		if err != nil || got.Rect != grey.Rect {
			t.Errorf("%s: Load = %v", tt.name, err)
			continue
		}
		for i := range grey.Pix {
			if d := int(got.GrayAt(i%16, i/16).Y) - int(grey.Pix[i]); d > tt.near || -d > tt.near {
				t.Errorf("%s: pixel %d is %d levels off", tt.name, i, d)
				break
			}
		}
	}
	for name, file := range map[string]string{
		"nothing": "", "words": "hello, world", "half a PGM": "P5\n16 8\n255\nxx", "PGM without size": "P5\nx", "PGM of nothing": "P5\n0 8\n255\n",
		"a PGM too large": "P5\n100000 100000\n255\n", "half a PNG": "\x89PNG\r\n\x1a\n", "half a JPEG": "\xff\xd8\xff", "GIF": "GIF89a.....",
	} {
		if _, err := picture.Load(strings.NewReader(file)); err == nil {
			t.Errorf("%s: Load = nil", name)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte("P5\n4 2\n255\n12345678"))
	f.Add([]byte("P5 # x\n4 2 65535 1234567812345678"))
	f.Add([]byte("\x89PNG\r\n\x1a\n"))
	f.Add([]byte("\xff\xd8\xff\xe0"))
	f.Fuzz(func(t *testing.T, file []byte) {
		if len(file) > 1<<16 {
			t.Skip("only slow")
		}
		img, err := picture.Load(bytes.NewReader(file))
		if err == nil && img.Rect.Empty() {
			t.Error("a picture of nothing")
		}
	})
}
