package screen

import (
	"image"
	"image/color"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"github.com/makiuchi-d/gozxing/qrcode/decoder"
)

// quietZone is the light border of a QR code in modules (ISO/IEC 18004, 9.1).
const quietZone = 4

// qrImage draws text as a QR code with its quiet zone, side pixels wide at most:
// modules are whole pixels, the rest is border. It is blank if text is too long.
func qrImage(text string, side int, ink, ground color.NRGBA) image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, side, side))
	for i := range img.Pix {
		img.Pix[i] = [4]uint8{ground.R, ground.G, ground.B, ground.A}[i%4]
	}
	bits, err := qrcode.NewQRCodeWriter().Encode(text, gozxing.BarcodeFormat_QR_CODE, 0, 0, map[gozxing.EncodeHintType]any{
		gozxing.EncodeHintType_MARGIN: quietZone, gozxing.EncodeHintType_ERROR_CORRECTION: decoder.ErrorCorrectionLevel_M,
		gozxing.EncodeHintType_CHARACTER_SET: "UTF-8",
	})
	if err != nil {
		return img
	}
	n := bits.GetWidth()
	module := side / n
	if module == 0 {
		return img
	}
	start := (side - n*module) / 2
	for y := range n * module {
		for x := range n * module {
			if bits.Get(x/module, y/module) {
				img.SetNRGBA(start+x, start+y, ink)
			}
		}
	}
	return img
}
