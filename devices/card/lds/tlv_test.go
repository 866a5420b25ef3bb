package lds_test

import (
	"bytes"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"motcua/devices/card/lds"
)

func TestNext(t *testing.T) {
	for _, tt := range []struct {
		name  string
		in    []byte
		tag   lds.Tag
		value string
		rest  int
		want  error
	}{
		{"one byte each", []byte("\x61\x02hi!"), 0x61, "hi", 1, nil},
		{"two bytes of tag", []byte("\x5F\x1F\x02hi"), 0x5F1F, "hi", 0, nil},
		{"three bytes of tag", []byte("\x5F\x81\x01\x00"), 0x5F8101, "", 0, nil},
		{"long length", []byte("\x75\x84\x00\x00\x00\x01x"), 0x75, "x", 0, nil},
		{"four bytes of tag", []byte("\x5F\x81\x81\x01\x00"), 0, "", 0, lds.ErrEncoding},
		{"indefinite length", []byte("\x75\x80x\x00\x00"), 0, "", 0, lds.ErrEncoding},
		{"length of five bytes", []byte("\x75\x85\x00\x00\x00\x00\x01x"), 0, "", 0, lds.ErrEncoding},
		{"length over two gigabytes", []byte("\x75\x84\xFF\xFF\xFF\xFFx"), 0, "", 0, lds.ErrEncoding},
		{"nothing", nil, 0, "", 0, lds.ErrShort},
		{"tag alone", []byte("\x75"), 0, "", 0, lds.ErrShort},
		{"tag cut", []byte("\x5F"), 0, "", 0, lds.ErrShort},
		{"length cut", []byte("\x75\x82\x01"), 0, "", 0, lds.ErrShort},
		{"value cut", []byte("\x75\x82\x01\x00x"), 0, "", 0, lds.ErrShort},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, rest, err := lds.Next(tt.in)
			if f.Tag != tt.tag || string(f.Value) != tt.value || len(rest) != tt.rest || !errors.Is(err, tt.want) {
				t.Errorf("Next = %v %q, %d left, %v; want %v %q, %d left, %v", f.Tag, f.Value, len(rest), err, tt.tag, tt.value, tt.rest, tt.want)
			}
		})
	}
}

func TestAppendThenNext(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tag := lds.Tag(rapid.SampledFrom([]uint32{0x02, 0x61, 0x5F1F, 0x7F61, 0x5F8101}).Draw(t, "tag"))
		value := make([]byte, rapid.SampledFrom([]int{0, 1, 127, 128, 255, 256, 65535, 65536}).Draw(t, "length"))
		field := lds.Append(nil, tag, value)
		if n, err := lds.Extent(field[:min(8, len(field))]); n != len(field) || err != nil {
			t.Fatalf("Extent = %d, %v; the field has %d bytes", n, err, len(field))
		}
		got, err := lds.Unwrap(field, tag)
		if err != nil || !bytes.Equal(got, value) {
			t.Fatalf("Unwrap after Append: %d bytes, %v; want %d", len(got), err, len(value))
		}
		if _, err := lds.Unwrap(append(field, 0), tag); !errors.Is(err, lds.ErrTag) {
			t.Fatalf("Unwrap with a byte after it: %v, want ErrTag", err)
		}
	})
}

func TestReadCOM(t *testing.T) {
	c, err := lds.ReadCOM([]byte("\x60\x18\x5F\x01\x040107\x5F\x36\x06040000\x5C\x06\x61\x75\x63\x6D\x6E\x6F"))
	if err != nil {
		t.Fatal(err)
	}
	want := []lds.File{lds.DG1, lds.DG2, lds.DG3, lds.DG13, lds.DG14, lds.DG15}
	if c.LDS != "0107" || c.Unicode != "040000" || len(c.Groups) != len(want) {
		t.Fatalf("ReadCOM = %+v", c)
	}
	for i, g := range want {
		if c.Groups[i] != g {
			t.Errorf("group %d = %v, want %v", i, c.Groups[i], g)
		}
	}
	for name, in := range map[string]string{
		"no tag list":     "\x60\x07\x5F\x01\x040107",
		"group twice":     "\x60\x04\x5C\x02\x61\x61",
		"version letters": "\x60\x0B\x5F\x01\x040x07\x5C\x02\x61\x75",
		"another file":    "\x61\x04\x5C\x02\x61\x75",
	} {
		if _, err := lds.ReadCOM([]byte(in)); err == nil {
			t.Errorf("%s: read without error", name)
		}
	}
}

func TestFile(t *testing.T) {
	for _, tt := range []struct {
		file lds.File
		id   uint16
		tag  lds.Tag
		name string
	}{
		{lds.DG1, 0x0101, 0x61, "DG1"}, {lds.DG2, 0x0102, 0x75, "DG2"}, {lds.DG13, 0x010D, 0x6D, "DG13"},
		{lds.DG15, 0x010F, 0x6F, "DG15"}, {16, 0x0110, 0x70, "DG16"},
		{lds.SOD, 0x011D, 0x77, "EF.SOD"}, {lds.COM, 0x011E, 0x60, "EF.COM"}, {lds.CardAccess, 0x011C, 0x31, "EF.CardAccess"},
		{0, 0x0100, 0, "EF.00"},
	} {
		if tt.file.ID() != tt.id || tt.file.Tag() != tt.tag || tt.file.String() != tt.name {
			t.Errorf("%v: ID %04X tag %v, want %s %04X %v", tt.file, tt.file.ID(), tt.file.Tag(), tt.name, tt.id, tt.tag)
		}
	}
}
