package escpos_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"time"

	"motcua/devices"
	"motcua/devices/port"
)

// connLine is a port.Line over any connection.
type connLine struct {
	conn   net.Conn
	closed atomic.Bool
}

var _ port.Line = (*connLine)(nil)

func (l *connLine) Read(ctx context.Context, p []byte) (int, error) {
	return l.do(ctx, l.conn.SetReadDeadline, l.conn.Read, p)
}

func (l *connLine) Write(ctx context.Context, p []byte) (int, error) {
	return l.do(ctx, l.conn.SetWriteDeadline, l.conn.Write, p)
}

func (l *connLine) do(ctx context.Context, until func(time.Time) error, call func([]byte) (int, error), p []byte) (int, error) {
	if l.closed.Load() {
		return 0, devices.ErrClosed
	}
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	fired := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		_ = until(time.Unix(1, 0))
		close(fired)
	})
	n, err := call(p)
	if !stop() {
		<-fired
		_ = until(time.Time{})
	}
	switch {
	case err == nil:
		return n, nil
	case l.closed.Load():
		return n, devices.ErrClosed
	case errors.Is(err, os.ErrDeadlineExceeded):
		return n, ctx.Err()
	}
	return n, fmt.Errorf("%w: %w", devices.ErrGone, err)
}

func (l *connLine) Close() error {
	if l.closed.Swap(true) {
		return nil
	}
	return l.conn.Close()
}
