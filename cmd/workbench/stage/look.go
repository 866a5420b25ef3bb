package stage

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"time"

	"motcua/kiosk/hatch"
)

// still is how long a picture may take to stand still: what moves for ever,
// such as the picture of a gesture, is taken as it is then.
const still = 1200 * time.Millisecond

// window tells where the kiosk's window lies on the display; it stays there.
func (s *Stage) window(shown hatch.Screen) (at image.Rectangle, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at.Empty() {
		s.at, err = s.Display.Window(image.Pt(shown.Width, shown.Height))
	}
	return s.at, err
}

// Touch puts a finger on a target of what is shown.
func (s *Stage) Touch(shown hatch.Screen, t hatch.Target) error {
	at, err := s.window(shown)
	if err != nil {
		return err
	}
	x, y := t.Centre()
	p := at.Min.Add(image.Pt(x, y))
	if !p.In(at) {
		return fmt.Errorf("target %s lies at %d,%d, outside of the window", t.ID, x, y)
	}
	return s.Display.Touch(p)
}

// Picture takes a picture of the kiosk's window once it stands still.
func (s *Stage) Picture(ctx context.Context, shown hatch.Screen) (*image.RGBA, error) {
	at, err := s.window(shown)
	if err != nil {
		return nil, err
	}
	last, err := s.Display.Picture(at)
	if err != nil {
		return nil, err
	}
	limit := time.NewTimer(still)
	defer limit.Stop()
	tick := time.NewTicker(80 * time.Millisecond) // a frame takes less
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-limit.C:
			return last, nil
		case <-tick.C:
		}
		next, err := s.Display.Picture(at)
		if err != nil {
			return nil, err
		}
		if bytes.Equal(next.Pix, last.Pix) {
			return next, nil
		}
		last = next
	}
}
