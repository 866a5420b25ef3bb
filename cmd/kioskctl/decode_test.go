package main

import (
	"image"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"

	"github.com/makiuchi-d/gozxing/qrcode/decoder"
	"github.com/makiuchi-d/gozxing/qrcode/encoder"
	"github.com/rogpeppe/go-internal/testscript"

	"motcua/devices/barcode/picture/picturetest"
)

// drawPicture writes a picture with a code on it: "picture card.png card", or none.
func drawPicture(ts *testscript.TestScript, _ bool, args []string) {
	content := map[string]string{
		"card": "001090999999||Nguyễn Văn Mẫu|31011990|Nam|Số 1 Phố Mẫu, Phường Mẫu, Hà Nội|15102024||||",
		"web":  "https://example.vn/page",
		"none": "",
	}[args[1]]
	img := image.NewGray(image.Rect(0, 0, 640, 480))
	for i := range img.Pix {
		img.Pix[i] = 180
	}
	if content != "" {
		code, err := encoder.Encoder_encodeWithoutHint(content, decoder.ErrorCorrectionLevel_M)
		ts.Check(err)
		m := code.GetMatrix()
		for i := range img.Pix {
			if x, y := i%640/4-20, i/640/4-20; x >= 0 && y >= 0 && x < m.GetWidth() && y < m.GetWidth() && m.Get(x, y) == 1 {
				img.Pix[i] = 30
			}
		}
	}
	path := ts.MkAbs(args[0])
	if filepath.Ext(path) == ".pgm" {
		ts.Check(picturetest.WritePGM(path, img))
		return
	}
	f, err := os.Create(path)
	ts.Check(err)
	if filepath.Ext(path) == ".png" {
		err = png.Encode(f, img)
	} else {
		err = jpeg.Encode(f, img, nil)
	}
	ts.Check(err)
	ts.Check(f.Close())
}
