package pcsc

import (
	"context"
	"fmt"

	"motcua/devices"
)

// A watch tells the states of all readers each time one of them changes. It is
// used by one goroutine at a time; only close may be called beside that.
//
// The daemon gives the states together with the promise to ring once at the next
// change, so that none falls between. From protocol 4.6 on it promises only, and
// may ring in the middle of what it says on the same line; so there the states
// come over a line of their own. On that bell two things of one length come after
// the promise was asked for, the answer to another question and the ring, in
// either order: the first says that the promise was given, the second that it is
// to be asked for anew. Taking the ring for the answer costs one look in vain.
type watch struct {
	bell, look *line // look is nil before protocol 4.6
	asked      bool  // for the promise
	promised   bool
	looking    bool // the states were asked for on look
	told       bool // the states of this promise
}

// newWatch opens a watch. The version is that of dial, 0 to find it out.
func newWatch(ctx context.Context, socket string, minor uint32) (*watch, uint32, error) {
	bell, minor, err := dial(ctx, socket, minor)
	if err != nil {
		return nil, 0, err
	}
	w := &watch{bell: bell}
	if minor >= 6 {
		if w.look, _, err = dial(ctx, socket, minor); err != nil {
			bell.close(nil)
			return nil, 0, err
		}
	}
	return w, minor, nil
}

// next gives the states: the first time at once, then when something changed. If
// the context ends it gives its error and can be called again.
func (w *watch) next(ctx context.Context) ([]state, error) {
	if w.told {
		if _, err := w.bell.hear(ctx, bellSize); err != nil {
			return nil, err
		}
		w.bell.heard()
		w.asked, w.promised, w.told = false, false, false
	}
	if !w.asked {
		ask := message(sayWatch)
		if w.look != nil {
			ask = append(ask, message(sayEvents)...)
		}
		if err := w.bell.say(ctx, ask); err != nil {
			return nil, err
		}
		w.asked = true
	}
	b, err := w.states(ctx)
	if err != nil {
		return nil, err
	}
	w.told = true
	list, err := decodeStates(b)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", devices.ErrGarbled, err)
	}
	return list, nil
}

func (w *watch) states(ctx context.Context) ([]byte, error) {
	l := w.bell
	if w.look != nil {
		l = w.look
		if !w.promised {
			if _, err := w.bell.hear(ctx, bellSize); err != nil {
				return nil, err
			}
			w.bell.heard()
			w.promised = true
		}
		if !w.looking {
			if err := l.say(ctx, message(sayStates)); err != nil {
				return nil, err
			}
			w.looking = true
		}
	}
	b, err := l.hear(ctx, statesSize)
	if err != nil {
		return nil, err
	}
	l.heard()
	w.looking = false
	return b, nil
}

// close ends the watch and what waits on it. Twice is fine.
func (w *watch) close() {
	w.bell.close(nil)
	if w.look != nil {
		w.look.close(nil)
	}
}
