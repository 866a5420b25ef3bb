package pcsc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// The versions of the protocol that are spoken: 4.4 from pcsc-lite 1.8.24 on, 4.5
// from 2.3.0, 4.6 from 2.5.0.
const (
	major    = 4
	minMinor = 4
	maxMinor = 6
)

// atOnce is how long a line may take for what it says when it is closed.
const atOnce = 100 * time.Millisecond

// A line is one connection with the daemon. One goroutine at a time talks on it;
// only close may be called beside that.
type line struct {
	conn net.Conn
	// got is what was read of the answer that is awaited. It stays when a context
	// ends, so that who asks again loses nothing.
	got []byte
	// at stands for the next byte of got.
	at int
	// once closes conn.
	once sync.Once
}

// dial opens a line of the protocol's version 4.minor; 0 finds the version out.
// The version is given back.
func dial(ctx context.Context, socket string, minor uint32) (*line, uint32, error) {
	offer := minor
	if offer == 0 {
		offer = minMinor
	}
	for range 3 {
		l, theirs, err := offerVersion(ctx, socket, offer)
		if err != nil {
			return nil, 0, err
		}
		if theirs == offer {
			return l, offer, nil
		}
		l.close(nil)
		offer = theirs
	}
	return nil, 0, fmt.Errorf("%w (it changes its mind)", ErrVersion)
}

// offerVersion opens a line and says which version will be spoken on it. The
// version that comes back is the one to offer instead, if it is another.
func offerVersion(ctx context.Context, socket string, offer uint32) (*line, uint32, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, 0, unreached(ctx, err)
	}
	l := &line{conn: conn}
	answer, err := l.call(ctx, message(sayVersion, major, offer, 0), versionSize)
	if err != nil {
		l.close(nil)
		if ctx.Err() == nil && hungUp(err) {
			// Who is turned away by polkit is hung up on without a word (winscard_svc.c).
			err = fmt.Errorf("%w: %w", ErrDenied, err)
		}
		return nil, 0, err
	}
	theirMajor, theirMinor := word(answer, 0), word(answer, 4)
	better := min(theirMinor, maxMinor)
	switch {
	case theirMajor != major || theirMinor < minMinor || last(answer) != fine && better == offer:
		l.close(nil)
		return nil, 0, fmt.Errorf("%w (it speaks %d.%d)", ErrVersion, theirMajor, theirMinor)
	case last(answer) != fine && last(answer) != serviceStopped:
		l.close(nil)
		return nil, 0, last(answer)
	}
	return l, better, nil
}

// unreached names the reason why there is nobody at the socket.
func unreached(ctx context.Context, err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		<-ctx.Done() // whose deadline it was; the dialer sees it a little earlier
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, syscall.EAGAIN): // nobody takes calls, and the queue is full
		return fmt.Errorf("%w: %w", ErrHung, err)
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("%w: %w", ErrNoDaemon, err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: %w", ErrDenied, err)
	}
	return err
}

// hungUp tells whether an error says that the other end closed the line.
func hungUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET)
}

// call says something and gives the answer of the length. It is good until the
// next call.
func (l *line) call(ctx context.Context, say []byte, length int) ([]byte, error) {
	if err := l.say(ctx, say); err != nil {
		return nil, err
	}
	answer, err := l.hear(ctx, length)
	if err != nil {
		return nil, err
	}
	l.heard()
	return answer, nil
}

// say sends a message, all of it or nothing; else it hangs up.
func (l *line) say(ctx context.Context, b []byte) error {
	return l.during(ctx, func() error {
		n, err := l.conn.Write(b)
		if err != nil && n > 0 {
			l.close(nil)
			return net.ErrClosed
		}
		return err
	})
}

// hear waits until length bytes came since heard was called last, and gives them.
// If the context ends first, it can be called again.
func (l *line) hear(ctx context.Context, length int) ([]byte, error) {
	if len(l.got) < length {
		l.got = append(l.got, make([]byte, length-len(l.got))...)
	}
	err := l.during(ctx, func() error {
		for l.at < length {
			n, err := l.conn.Read(l.got[l.at:length])
			l.at += n
			if err != nil && l.at < length {
				return err
			}
		}
		return nil
	})
	return l.got[:length], err
}

// heard says that an answer is complete. What was given by hear is the caller's
// until the next hear.
func (l *line) heard() { l.got, l.at = l.got[:0], 0 }

// during does something with the line that ends with the context, whose own error
// is given then.
func (l *line) during(ctx context.Context, do func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		_ = l.conn.SetDeadline(time.Unix(1, 0))
	})
	err := do()
	if !stop() {
		<-stopped
		_ = l.conn.SetDeadline(time.Time{})
	}
	if errors.Is(err, os.ErrDeadlineExceeded) && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// close hangs up. A farewell is said before, if the line takes it at once; who
// talks on the line gets an error. Twice is fine.
func (l *line) close(farewell []byte) {
	l.once.Do(func() {
		if farewell != nil {
			_ = l.conn.SetWriteDeadline(time.Now().Add(atOnce))
			_, _ = l.conn.Write(farewell)
		}
		_ = l.conn.Close()
	})
}
