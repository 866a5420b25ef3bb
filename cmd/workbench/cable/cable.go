// Package cable is the network cable between a station and central, with
// hands: it can be cut, led into a hole, slowed down, taken to a captive
// portal, and made to lose the replies.
//
// It passes TCP and never looks into TLS, so the station's certificate checks
// are the real ones.
package cable

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// Mode is what the cable does to what goes through it.
type Mode string

// The modes of a cable.
const (
	Pass Mode = "pass" // as it comes
	Cut  Mode = "cut"  // refuses at once, as when nobody listens
	Hole Mode = "hole" // accepts and never answers
	Slow Mode = "slow" // holds every piece for Delay, both ways
	Dumb Mode = "dumb" // a captive portal answers 200 with a page to everything
	Lose Mode = "lose" // requests arrive, replies do not
)

// Modes lists all modes.
func Modes() []Mode { return []Mode{Pass, Cut, Hole, Slow, Dumb, Lose} }

// Delay is how long Slow holds each piece.
const Delay = 700 * time.Millisecond

// Cable is one cable. Its mode may be set at any time by anybody.
type Cable struct {
	target string
	addr   *net.TCPAddr
	portal *portal

	mu      sync.Mutex // guards what follows
	mode    Mode
	changed chan struct{}         // closed and replaced by Set
	listen  net.Listener          // nil while the cable is cut
	conns   map[net.Conn]struct{} // what a change of mode tears
	closed  bool
}

// Open lays a cable from a free port of 127.0.0.1 to target ("host:port").
func Open(target string) (*Cable, error) {
	p, err := newPortal()
	if err != nil {
		return nil, fmt.Errorf("cable: %w", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("cable: %w", err)
	}
	return &Cable{
		target: target, addr: l.Addr().(*net.TCPAddr), portal: p,
		mode: Pass, changed: make(chan struct{}), listen: l, conns: map[net.Conn]struct{}{},
	}, nil
}

// Addr is the station's end, "127.0.0.1:port". It stays the same in all modes.
func (c *Cable) Addr() string { return c.addr.String() }

// Mode tells what the cable does now.
func (c *Cable) Mode() Mode {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mode
}

// Set changes what the cable does. Connections of before are torn, as by a
// change in the real network, so that none lives on in the old mode.
func (c *Cable) Set(m Mode) error {
	if !slices.Contains(Modes(), m) {
		return fmt.Errorf("cable: no mode %q; one of %v", m, Modes())
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return net.ErrClosed
	}
	if m == c.mode {
		return nil
	}
	if m == Cut {
		c.listen.Close() // the kernel refuses from now on
		c.listen = nil
	} else if c.listen == nil {
		l, err := net.ListenTCP("tcp", c.addr)
		if err != nil {
			return fmt.Errorf("cable: mend: %w", err)
		}
		c.listen = l
	}
	c.mode = m
	close(c.changed)
	c.changed = make(chan struct{})
	for conn := range c.conns {
		tear(conn)
	}
	clear(c.conns)
	return nil
}

// Run carries connections until ctx ends, then returns nil after the last one.
func (c *Cable) Run(ctx context.Context) error {
	var g errgroup.Group
	defer g.Wait()
	stop := context.AfterFunc(ctx, c.Close)
	defer stop()
	for {
		l, changed, closed := c.listener()
		if closed {
			return nil
		}
		if l == nil {
			<-changed
			continue
		}
		conn, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			continue // cut or closed: look again
		}
		if err != nil {
			return fmt.Errorf("cable: %w", err)
		}
		g.Go(func() error {
			c.carry(ctx, conn)
			return nil
		})
	}
}

// Close ends Run and tears all connections. Twice is fine.
func (c *Cable) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	c.closed = true
	if c.listen != nil {
		c.listen.Close()
	}
	close(c.changed)
	for conn := range c.conns {
		conn.Close()
	}
}

func (c *Cable) listener() (net.Listener, <-chan struct{}, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.listen, c.changed, c.closed
}

// hold notes a connection that the next change of mode tears, and gives the
// mode that it lives in; false when the cable was closed.
func (c *Cable) hold(conn net.Conn) (Mode, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.mode == Cut {
		tear(conn)
		return c.mode, false
	}
	c.conns[conn] = struct{}{}
	return c.mode, true
}

func (c *Cable) drop(conn net.Conn) {
	c.mu.Lock()
	delete(c.conns, conn)
	c.mu.Unlock()
	conn.Close()
}

// carry serves one connection of the station in the mode it was made in.
func (c *Cable) carry(ctx context.Context, station net.Conn) {
	mode, ok := c.hold(station)
	if !ok {
		return
	}
	defer c.drop(station)
	switch mode {
	case Hole:
		_, _ = io.Copy(io.Discard, station) // until the station gives up
		return
	case Dumb:
		c.portal.serve(station)
		return
	}
	central, err := new(net.Dialer).DialContext(ctx, "tcp", c.target)
	if err != nil {
		tear(station) // nobody at the other end: refuse, as without a cable
		return
	}
	defer c.drop(central)
	if _, ok := c.hold(central); !ok {
		return
	}
	up, down := pump, pump
	switch mode {
	case Slow:
		up, down = delayed, delayed
	case Lose:
		up, down = losing()
	}
	var g errgroup.Group
	g.Go(func() error { return up(central, station) })
	g.Go(func() error { return down(station, central) })
	_ = g.Wait() // a torn connection is what a cable is for
}

// pump copies until one side ends and passes the end on.
func pump(to, from net.Conn) error {
	_, err := io.Copy(to, from)
	ended(to)
	return err
}

// delayed copies and holds each piece for Delay.
func delayed(to, from net.Conn) error {
	defer ended(to)
	buf := make([]byte, 16<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			<-time.After(Delay)
			if _, err := to.Write(buf[:n]); err != nil {
				return err
			}
		}
		if err != nil {
			return err
		}
	}
}

// ended tells to that no more comes.
func ended(to net.Conn) {
	if half, ok := to.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
}

// tear ends a connection with a reset.
func tear(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	conn.Close()
}
