package handover

import (
	"net"
	"net/netip"
	"sync"
)

// door lets in so many connections at once and so many from one address. Those
// beyond are hung up on: who waits outside costs as much as who is in.
type door struct {
	net.Listener
	most, fromOne int

	mu  sync.Mutex // guards what follows
	all int
	of  map[netip.Addr]int
}

func newDoor(l net.Listener, most, fromOne int) *door {
	return &door{Listener: l, most: most, fromOne: fromOne, of: map[netip.Addr]int{}}
}

// Accept waits for the next one that may come in.
func (d *door) Accept() (net.Conn, error) {
	for {
		c, err := d.Listener.Accept()
		if err != nil {
			return nil, err
		}
		at, _ := netip.ParseAddrPort(c.RemoteAddr().String())
		if who := at.Addr().Unmap(); d.enter(who) {
			return &guest{Conn: c, left: sync.OnceFunc(func() { d.leave(who) })}, nil
		}
		_ = c.Close()
	}
}

func (d *door) enter(who netip.Addr) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.all >= d.most || d.of[who] >= d.fromOne {
		return false
	}
	d.all++
	d.of[who]++
	return true
}

func (d *door) leave(who netip.Addr) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all--
	if d.of[who]--; d.of[who] == 0 {
		delete(d.of, who)
	}
}

// guest is a connection that was let in.
type guest struct {
	net.Conn
	left func()
}

// Close hangs up and frees the place.
func (g *guest) Close() error {
	g.left()
	return g.Conn.Close()
}
