// Package screen draws a visit.View in a window and reports touches.
//
// It is the only package that knows Fyne. A View is laid out into marks by code
// without pixels of its own, in units of the 1080×1920 page; marks become canvas
// objects, and a mark that was there before keeps its object, so that a pressed
// key redraws little. Portrait and landscape, four themes and four sizes of
// letters come from the same code.
package screen

import (
	"fmt"
	"image"
	"io/fs"
	"os"
	"sync"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"motcua/kiosk/visit"
)

// Options are what a Screen is made of.
type Options struct {
	Title string
	// Width and Height are the window in pixels; the panel's 1080×1920 if zero.
	Width, Height int
	// Fullscreen takes the whole panel, whatever its size.
	Fullscreen bool
	// Assets holds fonts/BeVietnamPro-*.ttf and icons/*.svg.
	Assets fs.FS
	// Touched is told the id of a target on which a touch began and ended, and ""
	// for a touch that met none: somebody is there. It is called on the goroutine
	// that draws and must not block.
	Touched func(id string)
	// Drawn is told when the first frame of a View was handed to the display. It
	// is called on the goroutine that draws and must not block; may be nil.
	Drawn func(v visit.View, at time.Time)
	// Portrait gives the picture that is kept under an id, fitted into w×h pixels;
	// nil = there is none any more. The image is the screen's from then on, which
	// overwrites it when it is no longer shown. It is called on the goroutine that
	// draws and must not block; nil = there are no portraits.
	Portrait func(id string, w, h int) *image.RGBA
	// Still keeps everything from moving, as Look.Calm does for one visitor.
	Still bool
}

// Screen is the window. Its methods may be called from any goroutine, but for
// Run.
type Screen struct {
	opts    Options
	window  fyne.Window
	surface *surface
	frame   *canvas.Raster // one pixel, painted with every View: it feels the frame
	faces   *faces

	// These belong to the goroutine that draws.
	easel   easel
	look    *look
	size    fyne.Size
	pressed string
	inked   string // what was pressed when it was last drawn
	step    int
	stop    func() // ends the motion under way
	after   func(time.Duration, func()) (stop func())
	unseen  bool // the View has not been in a frame yet

	mu      sync.Mutex // guards view and targets
	view    visit.View
	shown   bool
	targets []Target
}

// New makes the window of an app; it is on the display once Run is called. New
// sets FYNE_SCALE and FYNE_DISABLE_DPI_DETECTION for the process, so that one
// Fyne unit is one pixel whatever the panel says of itself.
func New(app fyne.App, opts Options) (*Screen, error) {
	for _, env := range [...]string{"FYNE_SCALE", "FYNE_DISABLE_DPI_DETECTION"} {
		if err := os.Setenv(env, "1"); err != nil {
			return nil, fmt.Errorf("set %s: %w", env, err)
		}
	}
	if opts.Width <= 0 || opts.Height <= 0 {
		opts.Width, opts.Height = 1080, 1920
	}
	if opts.Touched == nil {
		opts.Touched = func(string) {}
	}
	s := &Screen{opts: opts, size: fyne.NewSize(float32(opts.Width), float32(opts.Height))}
	s.after = func(d time.Duration, f func()) func() {
		t := time.AfterFunc(d, func() { fyne.Do(f) })
		return func() { t.Stop() }
	}
	var err error
	if s.faces, err = openFaces(opts.Assets); err != nil {
		return nil, err
	}
	drawings, err := openIcons(opts.Assets)
	if err != nil {
		return nil, err
	}
	s.easel = easel{large: map[mark][]fyne.CanvasObject{}, faces: s.faces, icons: drawings, plates: newPlates(), portrait: opts.Portrait}
	s.look = newLook(s.faces)
	app.Settings().SetTheme(s.look)
	s.frame = canvas.NewRaster(s.painted)
	s.frame.Resize(fyne.NewSize(1, 1))
	s.surface = newSurface(s)
	s.window = app.NewWindow(opts.Title)
	s.window.SetPadded(false)
	s.window.SetMaster()
	s.window.SetContent(s.surface)
	if opts.Fullscreen {
		s.window.SetFullScreen(true)
	} else {
		s.window.SetFixedSize(true)
	}
	s.window.Resize(fyne.NewSize(float32(opts.Width), float32(opts.Height)))
	return s, nil
}

// Run shows the window and draws until Close. It must be called on the main
// goroutine.
func (s *Screen) Run() { s.window.ShowAndRun() }

// Close ends Run.
func (s *Screen) Close() { fyne.Do(s.window.Close) }

// Window is Fyne's window.
func (s *Screen) Window() fyne.Window { return s.window }

// Show draws v in the place of what is shown. It returns before it is drawn.
func (s *Screen) Show(v visit.View) { fyne.Do(func() { s.show(v) }) }

// View is what is shown, and false before the first Show.
func (s *Screen) View() (visit.View, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.view, s.shown
}

// Targets are the places that can be touched now, in the order of the page.
func (s *Screen) Targets() []Target {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Target(nil), s.targets...)
}

// Capture is the window as it looks now. It blocks until the drawing goroutine
// has made it and must not be called on that one.
func (s *Screen) Capture() (img image.Image) {
	fyne.DoAndWait(func() { img = s.window.Canvas().Capture() })
	return img
}

func (s *Screen) show(v visit.View) {
	s.mu.Lock()
	before, was := s.view, s.shown
	s.view, s.shown = v, true
	s.mu.Unlock()
	if !was || before.Screen != v.Screen || before.Step != v.Step || (before.Over == nil) != (v.Over == nil) {
		s.step, s.pressed = 0, ""
	}
	s.unseen = true
	s.draw()
	s.frame.Refresh()
	s.move()
}

// draw lays the View out and hangs it; it is all that changes widgets.
func (s *Screen) draw() {
	b := s.brushFor(s.view)
	unit := b.unit
	p := b.set(s.view, s.size.Width/unit, s.size.Height/unit)
	targets := make([]Target, 0, len(p.targets))
	for _, t := range p.targets {
		targets = append(targets, t.pixels(unit))
	}
	p.pixels(unit)
	s.inked = s.pressed
	s.easel.ground, s.look.ground = b.pal.paper, b.pal.paper
	s.easel.hang(p.marks)
	s.mu.Lock()
	s.targets = targets
	s.mu.Unlock()
	s.surface.Refresh()
}

// brushFor draws v for the window and the touch of now.
func (s *Screen) brushFor(v visit.View) *brush {
	unit, wide := unitOf(s.size.Width, s.size.Height)
	return &brush{
		pal: paletteOf(v.Look.Theme), faces: s.faces, unit: unit, wide: wide, tight: 1,
		text: visit.Sizes[min(max(v.Look.Size, 0), len(visit.Sizes)-1)],
		busy: v.Busy, pressed: s.pressed, step: s.step, still: s.still(),
	}
}

func (s *Screen) objects() []fyne.CanvasObject { return append(s.easel.objects, s.frame) }

func (s *Screen) resized(size fyne.Size) {
	if size == s.size || size.Width < 1 || size.Height < 1 {
		return
	}
	s.size = size
	if s.shown {
		s.draw()
	}
}

// painted is called by the painter for the one pixel that is new with each
// View. What is queued from here runs when the frame has been handed over.
func (s *Screen) painted(w, h int) image.Image {
	if s.unseen && s.opts.Drawn != nil {
		s.unseen = false
		v := s.view
		fyne.Do(func() { s.opts.Drawn(v, time.Now()) })
	}
	return image.NewRGBA(image.Rect(0, 0, w, h))
}

func (s *Screen) down(x, y float32) { s.pressed = s.under(x, y) }

func (s *Screen) up(x, y float32) {
	began := s.pressed
	s.pressed = ""
	if began == s.under(x, y) {
		s.opts.Touched(began)
	}
}

// liftAfter is how long a lifted finger's target stays as it was pressed: the
// answer to the touch mostly comes before, and a frame is saved.
const liftAfter = 50 * time.Millisecond

// feedback shows a press at once, and a lift if no answer shows it sooner. A
// press that was lifted before anybody could see it is not shown.
func (s *Screen) feedback() {
	switch {
	case s.pressed == s.inked:
	case s.pressed != "":
		s.draw()
	default:
		s.after(liftAfter, func() {
			if s.pressed != s.inked {
				s.draw()
			}
		})
	}
}

func (s *Screen) under(x, y float32) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.targets {
		if t.holds(x, y) {
			return t.ID
		}
	}
	return ""
}
