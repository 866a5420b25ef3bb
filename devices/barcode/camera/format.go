package camera

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
)

// Format is how a frame is laid out in bytes, by the four characters that V4L2
// has for it (Linux media userspace API, 2).
type Format string

// The formats that are understood, best first: of all of them the brightness is
// taken alone, so the fewer bytes a frame has beside it, the better.
const (
	Grey  Format = "GREY" // a byte a pixel
	NV12  Format = "NV12" // a byte a pixel, then colour for squares of four
	YUV12 Format = "YU12" // the same, colours apart
	YUYV  Format = "YUYV" // two bytes a pixel, brightness in the even ones
	UYVY  Format = "UYVY" // two bytes a pixel, brightness in the odd ones
	MJPEG Format = "MJPG" // a JPEG picture each frame
	JPEG  Format = "JPEG" // the same by its other name
)

// formats are all that are understood, in the order of preference.
func formats() []Format { return []Format{Grey, NV12, YUV12, YUYV, UYVY, MJPEG, JPEG} }

// errSpoiled is what a frame is that cannot be understood. The next one may be good.
var errSpoiled = errors.New("spoiled frame")

// row gives how many bytes the brightness of a row of pixels is spread over.
func (f Format) row(width int) (n int, ok bool) {
	switch f {
	case Grey, NV12, YUV12:
		return width, true
	case YUYV, UYVY:
		return 2 * width, true
	}
	return 0, false
}

// frame gives how many bytes a whole frame has, if all have the same.
func (f Format) frame(width, height int) (n int, ok bool) {
	row, ok := f.row(width)
	if f == NV12 || f == YUV12 {
		return row*height + 2*((width+1)/2)*((height+1)/2), ok
	}
	return row * height, ok
}

// grey takes the brightness out of a frame whose rows are stride bytes apart, into
// out. It fails with errSpoiled for a frame that is cut short, or no picture.
func (f Format) grey(frame []byte, width, height, stride int, out *image.Gray) error {
	if f == MJPEG || f == JPEG {
		return unpack(frame, out)
	}
	row, ok := f.row(width)
	if !ok || width <= 0 || height <= 0 || stride < row || len(frame) < stride*(height-1)+row {
		return fmt.Errorf("%w: %d bytes for %d by %d pixels of %s", errSpoiled, len(frame), width, height, f)
	}
	fit(out, width, height)
	for y := range height {
		from, to := frame[y*stride:y*stride+row], out.Pix[y*width:(y+1)*width]
		switch f {
		case YUYV:
			for x := range to {
				to[x] = from[2*x]
			}
		case UYVY:
			for x := range to {
				to[x] = from[2*x+1]
			}
		default:
			copy(to, from)
		}
	}
	return nil
}

// fit makes out a picture of that size.
func fit(out *image.Gray, width, height int) {
	if cap(out.Pix) < width*height {
		out.Pix = make([]uint8, width*height)
	}
	out.Pix, out.Stride, out.Rect = out.Pix[:width*height], width, image.Rect(0, 0, width, height)
}

// largest is how many pixels a JPEG frame may claim to have.
const largest = 5000 * 4000

// unpack takes the brightness out of a JPEG picture. Many cameras leave the Huffman
// tables out that all of them share; those are put back.
func unpack(frame []byte, out *image.Gray) error {
	frame = withTables(frame)
	size, err := jpeg.DecodeConfig(bytes.NewReader(frame))
	if err != nil {
		return fmt.Errorf("%w: %w", errSpoiled, err)
	}
	if size.Width*size.Height > largest {
		return fmt.Errorf("%w: %d by %d pixels", errSpoiled, size.Width, size.Height)
	}
	img, err := jpeg.Decode(bytes.NewReader(frame))
	if err != nil {
		return fmt.Errorf("%w: %w", errSpoiled, err)
	}
	b := img.Bounds()
	fit(out, b.Dx(), b.Dy())
	for y := range b.Dy() {
		to := out.Pix[y*out.Stride : (y+1)*out.Stride]
		switch img := img.(type) {
		case *image.YCbCr:
			copy(to, img.Y[img.YOffset(b.Min.X, b.Min.Y+y):])
		case *image.Gray:
			copy(to, img.Pix[img.PixOffset(b.Min.X, b.Min.Y+y):])
		default:
			return fmt.Errorf("%w: %T", errSpoiled, img)
		}
	}
	return nil
}
