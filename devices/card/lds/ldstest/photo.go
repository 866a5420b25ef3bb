package ldstest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"math/rand/v2"

	"motcua/devices/card/lds"
)

// The size of the picture in pixels.
const width, height = 240, 320

// draw makes the person's picture.
func (p Person) draw(size int) ([]byte, error) {
	if p.Codec == lds.JPEG2000 {
		return Photo2000(), nil
	}
	return Photo(size)
}

// Photo draws head and shoulders of nobody as a JPEG of at most size bytes and
// not much less, without colours where they do not fit; 0 = 15 kB. The same size
// gives the same picture. It fails when even the coarsest is larger.
func Photo(size int) ([]byte, error) {
	if size == 0 {
		size = 15_000
	}
	coloured := figure()
	gray := image.NewGray(coloured.Bounds())
	draw.Draw(gray, gray.Bounds(), coloured, image.Point{}, draw.Src)
	for _, img := range []image.Image{coloured, gray} {
		if b, err := best(img, size); b != nil || err != nil {
			return b, err
		}
	}
	return nil, fmt.Errorf("no picture of %d × %d fits %d bytes", width, height, size)
}

// best gives img in the best quality that fits size bytes; nil if none does.
func best(img image.Image, size int) ([]byte, error) {
	var fits []byte
	for low, high := 1, 100; low <= high; {
		quality := (low + high) / 2
		var out bytes.Buffer
		if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: quality}); err != nil {
			return nil, err
		}
		if out.Len() > size {
			high = quality - 1
		} else {
			low, fits = quality+1, out.Bytes()
		}
	}
	return fits, nil
}

// figure is made of ellipses, from the back to the front, under a grain as a
// camera has it.
func figure() image.Image {
	skin, hair, dark := color.RGBA{224, 184, 152, 255}, color.RGBA{36, 30, 30, 255}, color.RGBA{52, 40, 40, 255}
	parts := []struct {
		x, y, wide, high int // centre and half axes
		color.RGBA
	}{
		{120, 320, 112, 84, color.RGBA{44, 72, 120, 255}},  // shoulders
		{120, 236, 28, 40, color.RGBA{206, 164, 134, 255}}, // neck
		{120, 130, 72, 88, hair},
		{120, 148, 58, 78, skin},
		{120, 74, 56, 30, hair},
		{98, 140, 8, 4, dark}, {142, 140, 8, 4, dark}, // eyes
		{98, 126, 12, 3, hair}, {142, 126, 12, 3, hair}, // brows
		{120, 166, 5, 9, color.RGBA{206, 160, 130, 255}}, // nose
		{120, 194, 18, 5, color.RGBA{176, 92, 88, 255}},  // mouth
	}
	grain := make([]byte, 4096)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(grain) // never fails
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			c := color.RGBA{200, 216, uint8(236 - y/8), 255}
			for _, p := range parts {
				if dx, dy := (x-p.x)*p.high, (y-p.y)*p.wide; dx*dx+dy*dy < p.wide*p.wide*p.high*p.high {
					c = p.RGBA
				}
			}
			n := grain[(x*7+y*13)%len(grain)] & 15
			img.SetRGBA(x, y, color.RGBA{c.R + n, c.G + n, c.B + n, 255})
		}
	}
	return img
}

// Photo2000 is the beginning of a JPEG 2000 file: its boxes and the size of its
// picture (ISO/IEC 15444-1, I.5 and A.5.1), and not one tile. Nothing here draws
// more of it.
func Photo2000() []byte {
	box := func(kind string, content []byte) []byte {
		return append(append(binary.BigEndian.AppendUint32(nil, uint32(8+len(content))), kind...), content...)
	}
	header := []byte{0xFF, 0x4F, 0xFF, 0x51, 0, 47, 0, 0} // start; size, its length, no extension
	for _, n := range []uint32{width, height, 0, 0, width, height, 0, 0} {
		header = binary.BigEndian.AppendUint32(header, n)
	}
	header = append(header, 0, 3, 7, 1, 1, 7, 1, 1, 7, 1, 1) // three components of eight bits
	return bytes.Join([][]byte{
		box("jP  ", []byte("\r\n\x87\n")), box("ftyp", []byte("jp2 \x00\x00\x00\x00jp2 ")), box("jp2c", header),
	}, nil)
}

// DG2 puts a picture into a face record (ISO/IEC 19794-5:2005).
func DG2(photo []byte) []byte {
	block := make([]byte, 20+12)
	binary.BigEndian.PutUint32(block, uint32(len(block)+len(photo)))
	about := block[20:]
	about[0] = 1 // full frontal
	if !bytes.HasPrefix(photo, []byte{0xFF, 0xD8}) {
		about[1] = 1 // JPEG 2000
	}
	binary.BigEndian.PutUint16(about[2:], width)
	binary.BigEndian.PutUint16(about[4:], height)
	record := make([]byte, 14)
	copy(record, "FAC\x00010\x00")
	binary.BigEndian.PutUint32(record[8:], uint32(len(record)+len(block)+len(photo)))
	binary.BigEndian.PutUint16(record[12:], 1)
	return faces(node(0x5F2E, record, block, photo))
}

// DG2Extensible puts a picture into a face record of the later kind (ISO/IEC
// 39794-5:2019, as ICAO Doc 9303-10, 4.7.2, takes it up), with the fields that
// must be there.
func DG2Extensible(photo []byte) []byte {
	format := byte(2) // JPEG
	if !bytes.HasPrefix(photo, []byte{0xFF, 0xD8}) {
		format = 3
	}
	picture := node(0xA1, node(0xA0, node(0xA0, node(0x80, photo), node(0xA1, node(0xA0, node(0x80, []byte{format}))))))
	version := node(0xA0, node(0x80, []byte{3}), node(0x81, []byte{0x07, 0xE3}))
	return faces(node(0x7F2E, node(0xA1, node(0x65, version, node(0xA1, sequence(node(0x80, []byte{0}), picture))))))
}

// faces is DG2 with one face, whose block of bytes is given.
func faces(block []byte) []byte {
	header := node(0xA1, node(0x80, []byte{1, 1}), node(0x81, []byte{2}), node(0x87, []byte{1, 1}), node(0x88, []byte{0, 8}))
	return node(0x75, node(0x7F61, integer(1), node(0x7F60, header, block)))
}
