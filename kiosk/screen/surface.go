package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// surface is the one widget in the window: it shows the easel's objects and
// feels every touch. X11 gives a finger as the first mouse button.
type surface struct {
	widget.BaseWidget
	screen *Screen
}

func newSurface(s *Screen) *surface {
	w := &surface{screen: s}
	w.ExtendBaseWidget(w)
	return w
}

var (
	_ desktop.Mouseable  = (*surface)(nil)
	_ desktop.Cursorable = (*surface)(nil)
)

// MouseDown is a finger coming down.
func (w *surface) MouseDown(e *desktop.MouseEvent) {
	if e.Button == desktop.MouseButtonPrimary {
		w.screen.down(e.Position.X, e.Position.Y)
	}
}

// MouseUp is a finger being lifted.
func (w *surface) MouseUp(e *desktop.MouseEvent) {
	if e.Button == desktop.MouseButtonPrimary {
		w.screen.up(e.Position.X, e.Position.Y)
	}
}

// Cursor hides the pointer.
func (w *surface) Cursor() desktop.Cursor { return desktop.HiddenCursor }

// CreateRenderer makes the renderer that Fyne asks for.
func (w *surface) CreateRenderer() fyne.WidgetRenderer { return &renderer{surface: w} }

type renderer struct{ surface *surface }

func (r *renderer) Layout(size fyne.Size)        { r.surface.screen.resized(size) }
func (r *renderer) MinSize() fyne.Size           { return fyne.NewSize(1, 1) }
func (r *renderer) Refresh()                     { canvas.Refresh(r.surface) }
func (r *renderer) Destroy()                     {}
func (r *renderer) Objects() []fyne.CanvasObject { return r.surface.screen.objects() }
