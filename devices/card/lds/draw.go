package lds

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
)

// MaxPixels is the largest picture that is drawn. A face of 35 by 45 mm at 600
// dots to the inch has not a quarter of it, and the decoder holds at most 100 MB
// for it.
const MaxPixels = 4 << 20

// passes is how often a picture may go over its pixels. One that sharpens step by
// step does so some ten times; more of them cost few bytes and much time.
const passes = 64

// The reasons for which a picture stays bytes.
var (
	// ErrNotDrawn: the picture is JPEG 2000, which is kept as it is.
	ErrNotDrawn = errors.New("a picture in JPEG 2000 is kept as bytes, not drawn")
	// ErrOversize: the picture has more than MaxPixels, or takes too long over them.
	ErrOversize = errors.New("picture too large to draw")
)

// Draw decodes a JPEG, for a screen of the staff's and for nothing else. The size
// is the picture's own, not the record's, and is looked at before there is memory
// for it. Wipe does not reach the image, which is a copy: who draws it lets go of
// it as soon as it was seen.
//
// It fails with an Error of DG2 that wraps ErrNotDrawn, ErrOversize, or ErrValue
// where the picture is broken.
func (p Portrait) Draw() (image.Image, error) {
	if p.Codec != JPEG {
		return nil, DG2.fail("draw", ErrNotDrawn)
	}
	size, err := jpeg.DecodeConfig(bytes.NewReader(p.Image))
	if err != nil {
		return nil, DG2.fail("draw", fmt.Errorf("%w: %w", ErrValue, err))
	}
	startOfScan := []byte{0xFF, 0xDA} // which is nothing else within a pass
	if int64(size.Width)*int64(size.Height) > MaxPixels || bytes.Count(p.Image, startOfScan) > passes {
		return nil, DG2.fail("draw", ErrOversize)
	}
	img, err := jpeg.Decode(bytes.NewReader(p.Image))
	if err != nil {
		return nil, DG2.fail("draw", fmt.Errorf("%w: %w", ErrValue, err))
	}
	return img, nil
}
