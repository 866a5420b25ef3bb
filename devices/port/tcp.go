package port

import (
	"cmp"
	"context"
	"net"
	"time"

	"golang.org/x/sys/unix"

	"motcua/devices"
)

// TCPOptions say which unit on the network.
type TCPOptions struct {
	Unit    string        // the peripheral's name in the configuration
	Address string        // tcp://host:port; without one the port is 9100
	Stall   time.Duration // how long Write waits for the unit to take a byte; 0 = DefaultStall
}

// How long a unit on the network may be deaf.
const (
	reach    = 5 * time.Second // to accept a connection
	alive    = time.Second     // how often a quiet line is asked
	deaf     = 5 * time.Second // without an answer, or with bytes that nobody confirms or finds room for
	ahead    = 4 << 10         // bytes in the kernel ahead of the unit; it doubles that
	mouthful = 2 << 10         // one write: less than two packets
)

// TCP is an open line to a unit on the network, such as a printer with port 9100.
//
// Little is kept ahead of the unit, so that a Write that returned is about what
// the unit has taken, as on the other lines, and Close drops the rest if there is
// one: half a slip must not come out of a printer that returns minutes later. A cable that is
// pulled shows within 5 s as devices.ErrGone; a unit that is full and takes
// nothing for that long is gone too, since the kernel does not tell the two apart.
type TCP struct {
	*Wire
}

// OpenTCP connects, for at most 5 s. It fails with devices.ErrGone when nobody
// accepts and with devices.ErrRefused when the address is none.
func OpenTCP(ctx context.Context, o TCPOptions) (*TCP, error) {
	address, err := host(o.Address)
	if err != nil {
		return nil, devices.Fail(o.Unit, "open", devices.ErrRefused, err)
	}
	dialer := net.Dialer{Timeout: reach,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: alive, Interval: alive}}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if ctx.Err() != nil {
		if err == nil {
			_ = conn.Close()
		}
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, devices.Fail(o.Unit, "open", devices.ErrGone, err)
	}
	line := conn.(*net.TCPConn) // what a dialer gives for "tcp"
	t := &TCP{New(o.Unit, line)}
	t.Stall, t.piece, t.unsent = cmp.Or(o.Stall, DefaultStall), mouthful, waiting(line)
	t.flush = func() {
		// Only if there is a rest: a line that is cut takes from the unit what it
		// has received and not read yet.
		if busy, err := t.unsent(); busy || err != nil {
			_ = line.SetLinger(0)
		}
	}
	_ = line.SetWriteBuffer(ahead)
	err = control(line, func(fd int) error {
		return unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(deaf.Milliseconds()))
	})
	if err != nil {
		_ = conn.Close()
		return nil, devices.Fail(o.Unit, "open", devices.ErrRefused, err)
	}
	return t, nil
}

var (
	_ Line    = (*TCP)(nil)
	_ Drainer = (*TCP)(nil)
)
