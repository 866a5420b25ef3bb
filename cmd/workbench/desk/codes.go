package desk

import (
	"errors"
	"fmt"
	"image"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/multi/qrcode"
)

// ErrNoCode: there is no QR code in the picture.
var ErrNoCode = errors.New("no QR code in the picture")

// ReadCodes reads every QR code of a picture, as a scanner held over the paper
// would, top to bottom.
func ReadCodes(img image.Image) ([]string, error) {
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		return nil, fmt.Errorf("read codes: %w", err)
	}
	hints := map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true}
	found, err := qrcode.NewQRCodeMultiReader().DecodeMultiple(bitmap, hints)
	if _, none := errors.AsType[gozxing.NotFoundException](err); none || err == nil && len(found) == 0 {
		return nil, ErrNoCode
	}
	if err != nil {
		return nil, fmt.Errorf("read codes: %w", err)
	}
	var texts []string
	for _, code := range found {
		texts = append(texts, code.GetText())
	}
	return texts, nil
}
