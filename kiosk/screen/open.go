package screen

import "fyne.io/fyne/v2/app"

// Open starts the toolkit and makes the window; it is on the display once Run
// is called. Call it once, on the main goroutine.
func Open(opts Options) (*Screen, error) {
	return New(app.NewWithID("vn.motcua.kiosk"), opts)
}
