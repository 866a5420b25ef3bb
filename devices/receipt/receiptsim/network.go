package receiptsim

import (
	"fmt"
	"net"
	"sync"
)

// Listen switches on a unit on the network, at an address such as 127.0.0.1:0,
// which Address tells. Like most printers it takes one connection at a time; the
// next waits until that one ends.
func Listen(address string, opts Options) (*Printer, error) {
	p := power(opts)
	p.door = &door{address: address}
	if err := p.Plug(); err != nil {
		_ = p.Close() // nothing was plugged in yet
		return nil, err
	}
	return p, nil
}

// Address is where a unit that was made by Listen is, for net.Dial.
func (p *Printer) Address() string {
	p.plugMu.Lock()
	defer p.plugMu.Unlock()
	return p.door.address
}

// door is the unit's socket on the network, while its cable is plugged in.
type door struct {
	address  string
	listener net.Listener
	work     sync.WaitGroup

	mu     sync.Mutex // guards what follows
	pulled bool
	wire   *wire // of the host that is connected; nil = none
}

func (d *door) open(p *Printer) error {
	l, err := net.Listen("tcp", d.address)
	if err != nil {
		return fmt.Errorf("receipt printer: %w", err)
	}
	d.address, d.listener, d.pulled = l.Addr().String(), l, false
	d.work.Go(func() { d.serve(p, l) })
	return nil
}

// serve talks to one host after the other until the cable is pulled.
func (d *door) serve(p *Printer, l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		w := &wire{conn: conn, gone: make(chan struct{})}
		d.mu.Lock()
		d.wire = w
		pulled := d.pulled
		d.mu.Unlock()
		if pulled {
			_ = conn.Close()
			return
		}
		w.work.Go(func() { w.answer(p.mech) })
		w.receive(p) // until the host hangs up or the cable is pulled
		w.hangUp()
	}
}

func (d *door) shut() {
	_ = d.listener.Close()
	d.mu.Lock()
	w := d.wire
	d.pulled = true
	d.mu.Unlock()
	if w != nil {
		w.hangUp()
	}
	d.work.Wait()
	d.listener = nil
}
