package measure

import (
	"context"
	"image"

	"motcua/devices/barcode/picture"
	"motcua/devices/barcode/picture/picturetest"
)

// frame is the bar for one look at a picture of 1280×720, in milliseconds of
// processor time.
const frame = 60

// Camera measures the camera's decoder over pictures of card codes that are made
// for it, and holds it against zbarimg on the same files: how many frames either
// leaves unread, and how long ours takes for one. Files go below dir.
func Camera(ctx context.Context, dir string) ([]Row, error) {
	var eye picture.Reader
	figures, err := picturetest.Measure(ctx, dir, 1, func(img *image.Gray) (string, error) {
		found, err := eye.Read(img)
		return found.Text, err
	})
	if err != nil {
		return nil, err
	}
	all := figures.All()
	return []Row{
		over("card codes a camera leaves unread (the bar is zbarimg's)", float64(all.Shots-all.Ours), "frames", float64(all.Shots-all.Zbar)),
		over("card code in a frame of 1280x720, p99", ms(figures.Took(.99)), "ms", frame),
	}, nil
}
