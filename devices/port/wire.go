package port

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

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

// How long a unit that had nothing to say is left alone before it is asked again.
const (
	firstLull   = 2 * time.Millisecond
	longestLull = 100 * time.Millisecond
)

// Wire is a Line over a Conn. It has no goroutine, and no buffer that a cancelled
// Read could have taken a byte with.
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

	gone    atomic.Pointer[devices.Error] // how the unit went, once it has
	closing sync.Once
	closed  chan struct{}
	flush   func()               // before the end of conn; may be nil
	unsent  func() (bool, error) // what Write gave the kernel is not sent yet; may be nil
	piece   int                  // how much one write hands to the kernel; 0 = chunk
	quiet   bool                 // an end of file is no end: the unit has nothing to say, now or ever
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
	for lull := firstLull; ; {
		if err := w.usable(ctx, "read"); err != nil {
			return 0, err
		}
		n, err := w.conn.Read(p)
		if n > 0 {
			return n, nil // the cause of err, if any, will be there next time
		}
		if w.quiet && (errors.Is(err, io.EOF) || errors.Is(err, unix.EINVAL)) {
			if err := w.rest(ctx, "read", lull); err != nil {
				return 0, err
			}
			lull = min(2*lull, longestLull)
			continue
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
		took, err := w.conn.Write(p[n:min(n+cmp.Or(w.piece, chunk), len(p))])
		n += took
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			if ctx.Err() == nil && took == 0 && w.Stall > 0 && !w.isClosed() {
				return n, devices.Fail(w.unit, "write", devices.ErrSilent, nil)
			}
		case err != nil:
			return n, w.fail("write", err)
		}
		if w.Pace > 0 {
			if err := w.rest(ctx, "write", time.Duration(took)*time.Second/time.Duration(w.Pace)); err != nil {
				return n, err
			}
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

// usable says why no call should be made now. A line whose unit is gone stays so:
// TCP would take bytes yet when the other side has hung up.
func (w *Wire) usable(ctx context.Context, op string) error {
	if w.isClosed() {
		return devices.Fail(w.unit, op, devices.ErrClosed, nil)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if how := w.gone.Load(); how != nil {
		return &devices.Error{Unit: w.unit, Op: op, Err: how.Err}
	}
	return nil
}

// fail names the reason for err: our own Close, else the unit is gone. A hangup
// comes as EOF, EIO, ENXIO or ENODEV by driver; to open again is right for all.
func (w *Wire) fail(op string, err error) error {
	if w.isClosed() {
		return devices.Fail(w.unit, op, devices.ErrClosed, nil)
	}
	how := devices.Fail(w.unit, op, devices.ErrGone, err)
	w.gone.Store(how)
	return how
}

func (w *Wire) isClosed() bool {
	select {
	case <-w.closed:
		return true
	default:
		return false
	}
}

// Drain waits until the kernel has passed on everything that Write gave it, as
// far as the kernel knows; the unit's own buffer is not seen. It fails like
// Write. A Wire over a Conn that passes bytes on at once returns at once.
func (w *Wire) Drain(ctx context.Context) error {
	for {
		if err := w.usable(ctx, "drain"); err != nil {
			return err
		}
		if w.unsent == nil {
			return nil
		}
		busy, err := w.unsent()
		switch {
		case err != nil:
			return w.fail("drain", err)
		case !busy:
			return nil
		}
		// tcdrain and its like would block past the end of ctx, for a unit that
		// stopped the line for ever.
		if err := w.rest(ctx, "drain", 5*time.Millisecond); err != nil {
			return err
		}
	}
}

// rest waits for d, for the end of ctx or for Close.
func (w *Wire) rest(ctx context.Context, op string, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-w.closed:
		return devices.Fail(w.unit, op, devices.ErrClosed, nil)
	}
}

// control lends the descriptor of file to call. File.Fd would do it by making the
// file blocking for good: no deadline would work after that.
func control(file syscall.Conn, call func(fd int) error) error {
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	var result error
	if err := raw.Control(func(fd uintptr) { result = call(int(fd)) }); err != nil {
		return err
	}
	return result
}

// waiting tells whether bytes that were written are still in the kernel: of a
// terminal those not sent, of a socket those not acknowledged (tty_ioctl(2),
// tcp(7)).
func waiting(file syscall.Conn) func() (bool, error) {
	return func() (bool, error) {
		left := 0
		err := control(file, func(fd int) (err error) {
			left, err = unix.IoctlGetInt(fd, unix.TIOCOUTQ)
			return err
		})
		return left > 0, err
	}
}
