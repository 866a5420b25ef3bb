package port

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"motcua/devices"
)

// Conn is what a Wire runs on: an *os.File of a device that can be polled, or a
// net.Conn. A deadline in the past must end a call that is under way.
type Conn interface {
	io.ReadWriteCloser
	SetReadDeadline(time.Time) error
	SetWriteDeadline(time.Time) error
}

// chunk is how much one write hands to the kernel: half a second at 9,600 baud.
const chunk = 512

// Wire is a Line over a Conn. It has no goroutine and no buffer of its own, so a
// cancelled Read cannot have taken a byte with it.
type Wire struct {
	unit string
	conn Conn
	// Stall is how long Write waits for the unit to take one more byte before
	// it fails with devices.ErrSilent; 0 = as long as its context lets it. Set
	// before first use.
	Stall time.Duration
	// Pace is the most bytes a second that Write sends, for units that have no
	// way to say stop; 0 = as fast as the line. Set before first use.
	Pace int

	closing sync.Once
	closed  chan struct{}
	flush   func() // before the end of conn; may be nil
}

// New gives a Line over conn to the unit of that name, and owns conn from then on.
func New(unit string, conn Conn) *Wire {
	return &Wire{unit: unit, conn: conn, closed: make(chan struct{})}
}

// Read implements Line.
func (w *Wire) Read(ctx context.Context, p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	restore := w.bind(ctx, w.conn.SetReadDeadline)
	defer restore()
	for {
		if err := w.usable(ctx, "read"); err != nil {
			return 0, err
		}
		n, err := w.conn.Read(p)
		if n > 0 {
			return n, nil // the cause of err, if any, will be there next time
		}
		// No bytes and no error is how some drivers report a time-out: go round.
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return 0, w.fail("read", err)
		}
	}
}

// Write implements Line. It also fails with devices.ErrSilent when the unit takes
// nothing for the time of Stall.
func (w *Wire) Write(ctx context.Context, p []byte) (n int, err error) {
	restore := w.bind(ctx, w.conn.SetWriteDeadline)
	defer restore()
	for n < len(p) {
		if w.Stall > 0 {
			// Before the look at ctx: if ctx ends in between, bind's past
			// deadline comes after this one.
			_ = w.conn.SetWriteDeadline(time.Now().Add(w.Stall))
		}
		if err := w.usable(ctx, "write"); err != nil {
			return n, err
		}
		took, err := w.conn.Write(p[n:min(n+chunk, len(p))])
		n += took
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			if ctx.Err() == nil && took == 0 && w.Stall > 0 && !w.isClosed() {
				return n, devices.Fail(w.unit, "write", devices.ErrSilent, nil)
			}
		case err != nil:
			return n, w.fail("write", err)
		}
		if err := w.rest(ctx, took); err != nil {
			return n, err
		}
	}
	return n, nil
}

// Close implements Line. What the kernel has not sent yet is dropped.
func (w *Wire) Close() error {
	var err error
	w.closing.Do(func() {
		close(w.closed) // first, so that whoever is unblocked knows why
		if w.flush != nil {
			w.flush()
		}
		if e := w.conn.Close(); e != nil {
			err = devices.Fail(w.unit, "close", devices.ErrGone, e)
		}
	})
	return err
}

// bind lets the end of ctx end the call under way. The function it gives undoes
// that and leaves no deadline behind.
func (w *Wire) bind(ctx context.Context, set func(time.Time) error) (restore func()) {
	fired := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		_ = set(time.Unix(1, 0))
		close(fired)
	})
	return func() {
		if !stop() {
			<-fired // or it would cut off a later call
		}
		_ = set(time.Time{})
	}
}

// usable says why no call should be made now.
func (w *Wire) usable(ctx context.Context, op string) error {
	if w.isClosed() {
		return devices.Fail(w.unit, op, devices.ErrClosed, nil)
	}
	return ctx.Err()
}

// fail names the reason for err: our own Close, else the unit is gone. A hangup
// comes as EOF, EIO, ENXIO or ENODEV by driver; to open again is right for all.
func (w *Wire) fail(op string, err error) error {
	if w.isClosed() {
		return devices.Fail(w.unit, op, devices.ErrClosed, nil)
	}
	return devices.Fail(w.unit, op, devices.ErrGone, err)
}

func (w *Wire) isClosed() bool {
	select {
	case <-w.closed:
		return true
	default:
		return false
	}
}

// rest waits out the time that n bytes take at Pace.
func (w *Wire) rest(ctx context.Context, n int) error {
	if w.Pace <= 0 || n == 0 {
		return nil
	}
	timer := time.NewTimer(time.Duration(n) * time.Second / time.Duration(w.Pace))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-w.closed:
		return devices.Fail(w.unit, "write", devices.ErrClosed, nil)
	}
}
