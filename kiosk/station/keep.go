package station

import (
	"context"
	"errors"
	"io"
	"time"

	"motcua/devices"
)

// How long a keeper waits before it opens a lost unit again. Opening a port by
// its stable name is cheap, so the longest wait keeps "back in use" below 5 s.
const (
	firstWait   = 250 * time.Millisecond
	longestWait = 2 * time.Second
)

// keep opens a unit, uses it until that fails, and opens it again, until ctx
// ends. told hears nil when it is open and the error when it is not or was lost.
func keep[U io.Closer](ctx context.Context, open func(context.Context) (U, error),
	use func(context.Context, U) error, told func(error)) {
	wait := firstWait
	for {
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
		case <-time.After(wait):
		}
		wait = min(2*wait, longestWait)
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
