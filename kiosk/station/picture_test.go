package station_test

import (
	"context"
	"errors"
	"image"
	"strings"
	"sync"
	"testing"
	"time"

	"motcua/devices"
	"motcua/devices/barcode/camera"
	"motcua/kiosk/station"
	"motcua/kiosk/trouble"
	"motcua/kiosk/visit"
)

// lens is a camera over a desk, as its driver gives it.
type lens struct {
	mu     sync.Mutex
	wrong  error         // nothing can be opened, what is open fails; nil = it is well
	wide   bool          // its frames are wider than any picture may be
	dark   bool          // its frames are black
	paper  *image.Gray   // what lies there; nil = something grey
	every  time.Duration // a frame comes
	held   chan struct{} // frames wait until it is closed; nil = they do not
	opened int           // at this moment
	times  int           // it was opened
	most   int           // frames of one opening
	asked  chan struct{} // a frame is waited for
}

func (l *lens) change(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f()
}

func (l *lens) open(context.Context) (camera.Source, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.wrong != nil {
		return nil, l.wrong
	}
	l.opened++
	l.times++
	return &look{lens: l}, nil
}

// there is what is known of it without opening it.
func (l *lens) there() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if errors.Is(l.wrong, devices.ErrGone) {
		return l.wrong
	}
	return nil
}

// unit is how a station has it.
func (l *lens) unit() *station.Unit[camera.Source] {
	return &station.Unit[camera.Source]{Name: "desk", Open: l.open, There: l.there}
}

// look is a camera that is open.
type look struct {
	*lens
	once   sync.Once
	frames int
}

// Frame gives a frame that gets brighter until its exposure has settled.
func (o *look) Frame(ctx context.Context) (*image.Gray, error) {
	o.mu.Lock()
	held, asked, every := o.held, o.asked, o.every
	o.mu.Unlock()
	if every > 0 {
		select {
		case <-time.After(every):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if held != nil {
		select {
		case asked <- struct{}{}:
		default:
		}
		select {
		case <-held:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if errors.Is(o.wrong, devices.ErrGone) {
		return nil, o.wrong
	}
	o.frames++
	o.most = max(o.most, o.frames)
	if o.paper != nil {
		return o.paper, nil
	}
	size := image.Rect(0, 0, 64, 48)
	if o.wide {
		size = image.Rect(0, 0, 40_000, 1)
	}
	frame := image.NewGray(size)
	if o.dark {
		return frame, nil
	}
	for i := range frame.Pix {
		frame.Pix[i] = uint8(min(20*o.frames, 200))
	}
	return frame, nil
}

func (o *look) Close() error {
	o.once.Do(func() { o.change(func() { o.opened-- }) })
	return nil
}

// openWithCamera puts a station on that has a camera for papers, and no page for
// phones, and brings a visit to the question for a photo.
func openWithCamera(t *testing.T) (*hall, *lens) {
	t.Helper()
	l := &lens{asked: make(chan struct{}, 1)}
	h := openWith(t, -1, nil, func(_ *hall, p *station.Parts) {
		p.Camera = l.unit()
	})
	h.settles("the camera is there", func() bool { return h.s.Best(station.ThingCamera) == station.OK })
	h.paper()
	return h, l
}

// paper is birth, and waits until a picture can be taken.
func (h *hall) paper() {
	h.t.Helper()
	h.birth()
	h.until("a picture can be taken", offered)
}

// offered tells that a picture can be asked for, and that none is under way.
func offered(v visit.View) bool {
	for _, b := range v.Blocks {
		if r, ok := b.(visit.Rows); ok && v.Screen == "question" && len(r.Items) > 0 {
			return r.Items[0].ID == "picture" && !r.Items[0].Still
		}
	}
	return false
}

// pictures waits until so many are listed and the camera is done.
func (h *hall) pictures(n int) {
	h.t.Helper()
	h.until("the pictures", func(v visit.View) bool { return offered(v) && listed(v) == n+1 })
}

// regrets waits for a sentence about what went wrong.
func (h *hall) regrets(want string) {
	h.t.Helper()
	h.until(want, func(v visit.View) bool {
		for _, b := range v.Blocks {
			if n, ok := b.(visit.Note); ok && strings.HasPrefix(n.Text, want) {
				return true
			}
		}
		return false
	})
}

func (l *lens) shut() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.opened == 0
}

// TestPicture: the camera is open while it takes, no longer; what it took is sealed
// and goes with the submission.
func TestPicture(t *testing.T) {
	h, l := openWithCamera(t)
	if !l.shut() {
		t.Error("the camera looks on while nobody asked")
	}
	h.touch("picture")
	h.pictures(1)
	l.change(func() {
		if l.opened != 0 || l.times != 2 || l.most < 10 {
			t.Errorf("opened %d times, %d are open; %d frames, and it settles at the 11th", l.times, l.opened, l.most)
		}
	})
	if h.parts() != 1 {
		t.Errorf("%d files on the disk", h.parts())
	}
	h.touch("next")
	h.answers(nil)
	h.touch("consent")
	h.until("the tick", ticked)
	h.touch("submit")
	h.at(visit.AtDone)
	if kept := h.list(); len(kept) != 1 || len(kept[0].Parts) != 1 {
		t.Fatalf("outbox holds %d submissions", len(kept))
	}
}

// TestPictureCameraAway: one that was unplugged is said to be away, to the visitor
// and to staff, and is offered again when it is back.
func TestPictureCameraAway(t *testing.T) {
	h, l := openWithCamera(t)
	l.change(func() { l.wrong = gone("desk") })
	h.touch("picture")
	h.regrets("Máy chụp tạm thời chưa dùng được")
	h.settles("its trouble", func() bool {
		for _, w := range h.troubles.All() {
			if w.Code == trouble.Code("camera-away") && w.Unit == "desk" {
				return true
			}
		}
		return false
	})
	h.until("it is not offered", func(v visit.View) bool { return !offered(v) })
	l.change(func() { l.wrong = nil })
	h.plugs.ring()
	h.until("it is offered again", offered)
	h.touch("picture")
	h.pictures(1)
	if !l.shut() || len(h.troubles.All()) != 0 {
		t.Errorf("shut: %v; troubles %v", l.shut(), h.troubles.All())
	}
}

// TestPictureRefused: what the tray does not take is told as what a phone sent
// would be, and the camera stays in use.
func TestPictureRefused(t *testing.T) {
	h, l := openWithCamera(t)
	l.change(func() { l.wide = true })
	h.touch("picture")
	h.regrets(h.s.Texts.In("vi", "attach.no.wide", nil))
	h.until("another can be taken", offered)
	l.change(func() { l.wide = false })
	for n := range 12 {
		h.touch("picture")
		h.pictures(n + 1)
	}
	h.touch("picture")
	h.regrets("Mỗi lần nộp nhận tối đa 12 tệp")
	h.until("another can be taken", offered)
	if !l.shut() || h.parts() != 12 {
		t.Errorf("shut: %v; %d files", l.shut(), h.parts())
	}
}

// TestPictureEnded: a visit that ends while a picture is taken leaves nothing, and
// the camera is shut and works for the next one.
func TestPictureEnded(t *testing.T) {
	h, l := openWithCamera(t)
	held := make(chan struct{})
	l.change(func() { l.held = held })
	h.touch("picture")
	<-l.asked
	h.touch("end", "leave")
	h.at(visit.AtAttract)
	h.settles("the camera is shut", l.shut)
	l.change(func() { l.held = nil })
	close(held)
	if h.parts() != 0 {
		t.Errorf("%d files are left", h.parts())
	}
	h.paper()
	if n := listed(h.until("offered", offered)); n != 1 {
		t.Errorf("the next visitor sees %d files", n-1)
	}
	h.touch("picture")
	h.pictures(1)
	if s := h.s.Best(station.ThingCamera); s != station.OK || strings.Contains(h.log.String(), "camera-away") {
		t.Errorf("a visitor who left is taken for a fault: %s", s)
	}
}
