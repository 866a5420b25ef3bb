package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// surface is the one widget in the window: it shows the easel's objects and
// feels every touch. X11 gives a finger as the first mouse button.
//
// A finger comes down where no pointer was before, so X tells the move and the
// press at the same moment. Fyne's driver hands over the press first, with the
// place of the touch before, and the move after it. So a press is only taken
// for true when the driver is through with what came together, at the place
// of the move if there was one.
type surface struct {
	widget.BaseWidget
	screen  *Screen
	fingers []finger // not yet taken for true
	soon    func(func())
}

// finger is a finger that came down or was lifted.
type finger struct {
	down bool
	at   fyne.Position
}

func newSurface(s *Screen) *surface {
	w := &surface{screen: s, soon: fyne.Do} // which queues, as it is called while the driver runs
	w.ExtendBaseWidget(w)
	return w
}

var (
	_ desktop.Mouseable  = (*surface)(nil)
	_ desktop.Hoverable  = (*surface)(nil)
	_ desktop.Cursorable = (*surface)(nil)
)

// MouseDown is a finger coming down.
func (w *surface) MouseDown(e *desktop.MouseEvent) { w.feel(e, true) }

// MouseUp is a finger being lifted.
func (w *surface) MouseUp(e *desktop.MouseEvent) { w.feel(e, false) }

// MouseIn tells where the pointer came in.
func (w *surface) MouseIn(e *desktop.MouseEvent) { w.MouseMoved(e) }

// MouseMoved tells where the fingers felt just before really are.
func (w *surface) MouseMoved(e *desktop.MouseEvent) {
	for i := range w.fingers {
		w.fingers[i].at = e.Position
	}
}

// MouseOut is of no meaning on a panel.
func (w *surface) MouseOut() {}

func (w *surface) feel(e *desktop.MouseEvent, down bool) {
	if e.Button != desktop.MouseButtonPrimary {
		return
	}
	w.fingers = append(w.fingers, finger{down, e.Position})
	if len(w.fingers) == 1 {
		w.soon(w.settle)
	}
}

// settle takes what was felt for true.
func (w *surface) settle() {
	felt := w.fingers
	w.fingers = nil
	for _, f := range felt {
		if f.down {
			w.screen.down(f.at.X, f.at.Y)
		} else {
			w.screen.up(f.at.X, f.at.Y)
		}
	}
	w.screen.feedback()
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
