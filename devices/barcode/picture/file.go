package picture

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
	"image/png"
	"io"
	"strconv"
)

// largest is how many pixels a file may claim to have.
const largest = 12000 * 9000

// Load takes a picture out of a PNG, JPEG or PGM file (P5, the binary kind), in
// grey.
func Load(r io.Reader) (*image.Gray, error) {
	b := bufio.NewReader(r)
	magic, err := b.Peek(8)
	if err != nil && len(magic) < 2 {
		return nil, errKind
	}
	var img image.Image
	switch {
	case string(magic[:2]) == "P5":
		return loadPGM(b)
	case string(magic[:2]) == "\xff\xd8":
		img, err = bounded(b, jpeg.DecodeConfig, jpeg.Decode)
	case string(magic) == "\x89PNG\r\n\x1a\n":
		img, err = bounded(b, png.DecodeConfig, png.Decode)
	default:
		return nil, errKind
	}
	if err != nil {
		return nil, err
	}
	bounds := img.Bounds()
	grey := image.NewGray(image.Rect(0, 0, bounds.Dx(), bounds.Dy()))
	switch img := img.(type) {
	case *image.Gray:
		return img, nil
	case *image.YCbCr: // its brightness is at hand
		for y := range bounds.Dy() {
			copy(grey.Pix[y*grey.Stride:(y+1)*grey.Stride], img.Y[img.YOffset(bounds.Min.X, bounds.Min.Y+y):])
		}
	default:
		draw.Draw(grey, grey.Rect, img, bounds.Min, draw.Src)
	}
	return grey, nil
}

var (
	errKind  = errors.New("not a PNG, JPEG or PGM picture")
	errLarge = fmt.Errorf("a picture of more than %d pixels", largest)
)

// bounded decodes a picture unless it claims to be too large.
func bounded(r io.Reader, config func(io.Reader) (image.Config, error), decode func(io.Reader) (image.Image, error)) (image.Image, error) {
	var head bytes.Buffer // what config has read of r
	c, err := config(io.TeeReader(r, &head))
	if err != nil {
		return nil, err
	}
	if c.Width*c.Height > largest {
		return nil, errLarge
	}
	return decode(io.MultiReader(&head, r))
}

// loadPGM reads a portable greymap as pgm(5) has it.
func loadPGM(b *bufio.Reader) (*image.Gray, error) {
	if _, err := b.Discard(2); err != nil {
		return nil, err
	}
	var head [3]int // width, height, the level of white
	for i := range head {
		n, err := number(b)
		if err != nil {
			return nil, err
		}
		head[i] = n
	}
	w, h, white := head[0], head[1], head[2]
	switch {
	case w < 1 || h < 1 || white < 1 || white > 0xffff:
		return nil, fmt.Errorf("PGM: no picture of %d by %d pixels and %d levels", w, h, white)
	case w > largest || h > largest || w*h > largest:
		return nil, errLarge
	}
	each := 1
	if white > 0xff {
		each = 2
	}
	img := image.NewGray(image.Rect(0, 0, w, h))
	row := make([]byte, w*each)
	for y := range h {
		if _, err := io.ReadFull(b, row); err != nil {
			return nil, fmt.Errorf("PGM: row %d: %w", y, err)
		}
		for x := range w {
			level := int(row[x*each])
			if each == 2 {
				level = level<<8 | int(row[2*x+1])
			}
			img.Pix[y*w+x] = uint8(min(level, white) * 255 / white)
		}
	}
	return img, nil
}

// number reads a number of the head, the blanks and comments before it, and the one
// blank behind it.
func number(b *bufio.Reader) (int, error) {
	var digits []byte
	for {
		c, err := b.ReadByte()
		if err != nil {
			return 0, fmt.Errorf("PGM: %w", err)
		}
		switch {
		case c == '#' && len(digits) == 0:
			if _, err := b.ReadBytes('\n'); err != nil {
				return 0, fmt.Errorf("PGM: %w", err)
			}
		case c >= '0' && c <= '9' && len(digits) < 9:
			digits = append(digits, c)
		case (c == ' ' || c >= '\t' && c <= '\r') && len(digits) > 0:
			return strconv.Atoi(string(digits))
		case c == ' ' || c >= '\t' && c <= '\r':
		default:
			return 0, fmt.Errorf("PGM: %q where a number should be", c)
		}
	}
}
