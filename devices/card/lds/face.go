package lds

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strconv"
)

// ErrNoFace: DG2 is there but holds no picture, as for young children.
var ErrNoFace = errors.New("no picture in DG2")

// Codec is how the picture is compressed.
type Codec string

// The two codecs that both kinds of face record allow.
const (
	JPEG     Codec = "jpeg"
	JPEG2000 Codec = "jpeg2000"
)

// Portrait is the picture in DG2. Image aliases the file it was read from and is
// still compressed; the width and height are what the record claims and may be
// 0 or wrong. It prints redacted. Draw makes an image of it.
type Portrait struct {
	Codec         Codec
	Width, Height int
	Image         []byte
}

// Wipe overwrites the picture, and with it that part of the file.
func (p Portrait) Wipe() { clear(p.Image) }

// The sizes of ISO/IEC 19794-5:2005, 5.4 to 5.7.
const (
	faceHeader   = 14 // "FAC", version, length, number of faces
	faceBlock    = 20 // length, number of feature points, and what the face is like
	featurePoint = 8
	imageBlock   = 12 // type, codec, size, colour, source, device, quality
)

// ReadDG2 reads the first face of DG2 (ICAO Doc 9303-10, 4.7.2), from a record of
// ISO/IEC 19794-5:2005 or of ISO/IEC 39794-5:2019. The codec is told by the first
// bytes of the picture, whatever the record says. It fails with ErrNoFace when
// there is none.
func ReadDG2(file []byte) (Portrait, error) {
	inner, err := Unwrap(file, DG2.Tag())
	if err != nil {
		return Portrait{}, DG2.fail("outer tag", err)
	}
	group, err := Unwrap(inner, 0x7F61)
	if err != nil {
		return Portrait{}, DG2.fail("template group", err)
	}
	count, rest, err := Next(group)
	if err != nil || count.Tag != 0x02 || len(count.Value) != 1 {
		return Portrait{}, DG2.fail("number of templates", or(err, ErrTag))
	}
	if count.Value[0] == 0 {
		return Portrait{}, DG2.fail("number of templates", ErrNoFace)
	}
	template, _, err := Next(rest)
	if err != nil || template.Tag != 0x7F60 {
		return Portrait{}, DG2.fail("template", or(err, ErrTag))
	}
	for f, err := range Fields(template.Value) {
		if err != nil {
			return Portrait{}, DG2.fail("template", err)
		}
		if f.Tag != 0x5F2E && f.Tag != 0x7F2E {
			continue
		}
		if len(f.Value) > 0 && (f.Value[0] == 0xA1 || f.Value[0] == 0x65) {
			return readExtensible(f.Value)
		}
		return readFace(f.Value)
	}
	return Portrait{}, DG2.fail("biometric data block", ErrTag)
}

// readFace reads a face record of ISO/IEC 19794-5:2005.
func readFace(record []byte) (Portrait, error) {
	if len(record) < faceHeader+faceBlock+imageBlock {
		return Portrait{}, DG2.fail("face record", ErrShort)
	}
	if !bytes.HasPrefix(record, []byte("FAC\x00010\x00")) {
		return Portrait{}, DG2.fail("face record", ErrValue)
	}
	if n := binary.BigEndian.Uint16(record[12:]); n == 0 {
		return Portrait{}, DG2.fail("face record", ErrNoFace)
	}
	face := record[faceHeader:]
	length := binary.BigEndian.Uint32(face)
	if uint64(length) > uint64(len(face)) {
		return Portrait{}, DG2.fail("face length", ErrShort)
	}
	face = face[:length]
	if len(face) < faceBlock {
		return Portrait{}, DG2.fail("face length", ErrShort)
	}
	skip := faceBlock + featurePoint*int(binary.BigEndian.Uint16(face[4:]))
	if len(face) < skip+imageBlock {
		return Portrait{}, DG2.fail("feature points", ErrShort)
	}
	about, image := face[skip:skip+imageBlock], face[skip+imageBlock:]
	return portrait(image, int(binary.BigEndian.Uint16(about[2:])), int(binary.BigEndian.Uint16(about[4:])))
}

// extensible is the way to the picture in a face record of ISO/IEC 39794-5:2019,
// annex A: the data block, its representations, the first of them, the picture,
// which is one of the known kinds, and has two dimensions. An outer A1 of ICAO's
// own may be left out.
var extensible = [...]Tag{0x65, 0xA1, 0x30, 0xA1, 0xA0, 0xA0, 0x80}

// readExtensible reads a face record of ISO/IEC 39794-5:2019.
func readExtensible(record []byte) (Portrait, error) {
	if record[0] == 0xA1 {
		f, _, err := Next(record)
		if err != nil {
			return Portrait{}, DG2.fail("face record", err)
		}
		record = f.Value
	}
	for n, tag := range extensible {
		f, err := first(record, tag)
		if err != nil {
			return Portrait{}, DG2.fail("face record, level "+strconv.Itoa(n+1), err)
		}
		record = f.Value
	}
	return portrait(record, 0, 0)
}

// first gives the first field with a tag.
func first(in []byte, tag Tag) (Field, error) {
	for f, err := range Fields(in) {
		if err != nil || f.Tag == tag {
			return f, err
		}
	}
	return Field{}, ErrTag
}

// portrait tells the codec. The record's own word for it is often wrong; the
// first bytes are not.
func portrait(image []byte, width, height int) (Portrait, error) {
	p := Portrait{Width: width, Height: height, Image: image}
	switch {
	case bytes.HasPrefix(image, []byte{0xFF, 0xD8, 0xFF}):
		p.Codec = JPEG
	case bytes.HasPrefix(image, []byte("\x00\x00\x00\x0CjP  \r\n\x87\n")), bytes.HasPrefix(image, []byte{0xFF, 0x4F, 0xFF, 0x51}):
		p.Codec = JPEG2000
	default:
		return Portrait{}, DG2.fail("codec", ErrValue)
	}
	return p, nil
}

func or(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}
