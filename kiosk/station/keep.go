package station

import (
	"context"
	"errors"
	"io"
	"time"

	"motcua/devices"
)

// How long a keeper waits before it opens a lost unit again by itself: for units
// that no kernel speaks of, such as one on a network or behind a daemon. Opening a
// port by its stable name is cheap, so the longest wait keeps "back in use" below
// 5 s. What is plugged in wakes a keeper at once.
const (
	firstWait   = 250 * time.Millisecond
	longestWait = 2 * time.Second
)

// Plugs tells when something is plugged in. *hotplug.Watcher does, a nil one too.
type Plugs interface {
	// Come gives a channel that is closed when the next unit comes; nil or one that
	// is never closed where that is not known.
	Come() <-chan struct{}
}

// coming is Come of a Plugs that may be nil.
func coming(p Plugs) <-chan struct{} {
	if p == nil {
		return nil
	}
	return p.Come()
}

// keep opens a unit, uses it until that fails, and opens it again, until ctx
// ends. told hears nil when it is open and the error when it is not or was lost.
func keep[U io.Closer](ctx context.Context, plugs Plugs, open func(context.Context) (U, error),
	use func(context.Context, U) error, told func(error)) {
	wait := firstWait
	for {
		came := coming(plugs) // before the try, so that no ring falls between
		unit, err := open(ctx)
		if err == nil {
			told(nil)
			wait = firstWait
			err = use(ctx, unit)
			err = errors.Join(err, closing(unit))
		}
		if ctx.Err() != nil {
			return
		}
		told(err)
		select {
		case <-ctx.Done():
			return
		case <-came:
			wait = firstWait // it may take the system a moment to have it ready
		case <-time.After(wait):
			wait = min(2*wait, longestWait)
		}
	}
}

// closing gives a unit back. That it was gone already is no news.
func closing(unit io.Closer) error {
	err := unit.Close()
	if errors.Is(err, devices.ErrGone) || errors.Is(err, devices.ErrClosed) {
		return nil
	}
	return err
}
