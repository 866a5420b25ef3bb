package picture

import (
	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// widest is the longest side of what gozxing's own detectors look at, in pixels:
// they take some 8 ms a threshold for it.
const widest = 640

// region has gozxing's own detectors look at the part of the picture that corners
// were seen in. They do without the timing patterns, which may be scratched.
func (r *Reader) region(p *plane, scale float64) (Found, bool) {
	x0, y0, x1, y1 := float64(p.w), float64(p.h), 0.0, 0.0
	take := func(at Point, module float64) {
		// Corners are 3.5 modules from a code's edge; 4 more should be blank.
		x0, y0 = min(x0, at.X-8*module), min(y0, at.Y-8*module)
		x1, y1 = max(x1, at.X+8*module), max(y1, at.Y+8*module)
	}
	if len(r.failed) > 0 {
		for _, f := range r.failed[0].at {
			take(times(f.Point, 1/scale), f.size())
		}
		// The fourth corner has no mark.
		f := r.failed[0].at
		take(times(minus(plus(f[1].Point, f[2].Point, 1), f[0].Point), 1/scale), f[0].size())
	}
	left, top := int(max(x0, 0)), int(max(y0, 0))
	right, bottom := int(min(x1, float64(p.w))), int(min(y1, float64(p.h)))
	if right-left < 21 || bottom-top < 21 || right-left > widest || bottom-top > widest {
		return Found{}, false
	}
	source, err := gozxing.NewPlanarYUVLuminanceSource(p.pix, p.stride, p.h, left, top, right-left, bottom-top, false)
	if err != nil {
		return Found{}, false
	}
	if r.failed[0].light {
		source = source.Invert()
	}
	for _, t := range [...]struct {
		name      string
		threshold func(gozxing.LuminanceSource) gozxing.Binarizer
	}{
		{"/global", gozxing.NewGlobalHistgramBinarizer}, {"/hybrid", gozxing.NewHybridBinarizer},
	} {
		bitmap, err := gozxing.NewBinaryBitmap(t.threshold(source))
		if err != nil {
			return Found{}, false
		}
		result, err := qrcode.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_CHARACTER_SET: "ISO-8859-1"})
		if err != nil {
			continue
		}
		f := Found{Raw: bytesOf(result.GetText()), Way: t.name}
		// It gives the middles of the marks: bottom left, top left, top right.
		if at := result.GetResultPoints(); len(at) >= 3 {
			place := func(i int) Point {
				return Point{at[i].GetX() - 0.5 + float64(left), at[i].GetY() - 0.5 + float64(top)}
			}
			f.Corners = [4]Point{place(1), place(2), minus(plus(place(0), place(2), 1), place(1)), place(0)}
		}
		return f, true
	}
	return Found{}, false
}
