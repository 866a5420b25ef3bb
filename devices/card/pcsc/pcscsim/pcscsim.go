// Package pcscsim is a card daemon in software: pcscd's side of the protocol, as
// its sources tell it (pcsc-lite, winscard_svc.c and eventhandler.c), with hands
// that plug readers in and out, lay cards on them, and let things go wrong.
package pcscsim

import (
	"cmp"
	"context"
	"encoding/binary"
	"io"
	"net"
	"sync"
	"time"

	"motcua/devices/card/cardsim"
)

// Plan is what a daemon is like. Zero is that of Debian 12.
type Plan struct {
	// Minor is the version 4.Minor that it speaks, 4 to 6; 0 is 4.
	Minor uint32
	// Forgiving takes older versions, too, as those of 2.4.1 and later do.
	Forgiving bool
	// Patience is after how long a reader gives a silent card up; 0 is 50 ms.
	Patience time.Duration
	// Denies hangs up on everybody; DeniesCard on who wants a card, DeniesReader
	// says so to him, as 2.3 and later do.
	Denies, DeniesCard, DeniesReader bool
	// Deaf takes calls and says nothing.
	Deaf bool
	// Carries is how much data the readers say an answer has; 0 says nothing.
	Carries uint32
	// Bend changes what is said last before it goes out: by the number of what was
	// asked. nil leaves it. false as the second result hangs up after it.
	Bend func(number uint32, b []byte) ([]byte, bool)
}

// Daemon is a card daemon. Its methods are safe for use by several goroutines.
type Daemon struct {
	plan     Plan
	listener net.Listener
	ctx      context.Context
	cancel   context.CancelFunc
	work     sync.WaitGroup

	// mu guards everything that follows, and writing to lines.
	mu      sync.Mutex
	lines   map[*line]bool
	readers []*reader
	handles uint32
	asked   int // messages that came
}

// reader is one reader of the daemon. The daemon's mu guards it.
type reader struct {
	name    string
	chip    *cardsim.Chip
	mute    bool
	counter uint32
	holder  uint32        // handle of who has it for himself
	left    chan struct{} // closed when the card leaves
}

// Listen starts a daemon at a socket. Close ends it.
func Listen(socket string, p Plan) (*Daemon, error) {
	l, err := net.Listen("unix", socket)
	if err != nil {
		return nil, err
	}
	p.Minor, p.Patience = cmp.Or(p.Minor, 4), cmp.Or(p.Patience, 50*time.Millisecond)
	ctx, cancel := context.WithCancel(context.Background())
	d := &Daemon{plan: p, listener: l, ctx: ctx, cancel: cancel, lines: make(map[*line]bool)}
	d.work.Go(d.accept)
	return d, nil
}

// Close ends the daemon as a crash does. Twice is fine.
func (d *Daemon) Close() {
	d.cancel()
	_ = d.listener.Close()
	d.mu.Lock()
	for l := range d.lines {
		_ = l.conn.Close()
	}
	d.mu.Unlock()
	d.work.Wait()
}

// Plug plugs a reader in.
func (d *Daemon) Plug(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.readers = append(d.readers, &reader{name: name})
	d.ring()
}

// Unplug pulls a reader's cable.
func (d *Daemon) Unplug(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, r := range d.readers {
		if r.name == name {
			r.take()
			d.readers = append(d.readers[:i:i], d.readers[i+1:]...)
			break
		}
	}
	d.ring()
}

// Lay lays a chip on a reader; what lay there is lifted without a ring between,
// as happens when the daemon is slow to look. A mute one gives no answer to reset.
func (d *Daemon) Lay(name string, c *cardsim.Chip, mute bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	r := d.find(name)
	r.take()
	c.Reset()
	r.chip, r.mute, r.left = c, mute, make(chan struct{})
	r.counter++
	d.ring()
}

// Lift takes the chip off a reader.
func (d *Daemon) Lift(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.find(name).take()
	d.ring()
}

// Ring says that something changed when nothing did, as the daemon may.
func (d *Daemon) Ring() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ring()
}

// Hold lets another program have a reader for itself, or gives it back. The daemon
// does not ring then, as it may not.
func (d *Daemon) Hold(name string, on bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.find(name).holder = 0
	if on {
		d.find(name).holder = 0xFFFF
	}
}

// Speak makes a mute card one that answers to the next reset.
func (d *Daemon) Speak(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.find(name).mute = false
}

// Lines tells how many programs are connected, and how much they ever asked.
func (d *Daemon) Lines() (lines, asked int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.lines), d.asked
}

// take takes the card off, if there is one. mu is held.
func (r *reader) take() {
	if r.chip != nil {
		r.chip.Reset()
		close(r.left)
		r.chip, r.mute = nil, false
		r.counter++
	}
}

// find gives the reader of a name; one that is not there is a new one. mu is held.
func (d *Daemon) find(name string) *reader {
	for _, r := range d.readers {
		if r.name == name {
			return r
		}
	}
	return &reader{name: name}
}

// ring tells everybody who waits. mu is held.
func (d *Daemon) ring() {
	for l := range d.lines {
		if l.waits {
			l.waits = false
			l.say(watchChange, []byte{0, 0, 0, 0, 0, 0, 0, 0})
		}
	}
}

func (d *Daemon) accept() {
	for {
		conn, err := d.listener.Accept()
		if err != nil {
			return
		}
		l := &line{daemon: d, conn: conn}
		d.mu.Lock()
		dead := d.ctx.Err() != nil
		if !dead {
			d.lines[l] = true
		}
		d.mu.Unlock()
		if dead {
			_ = conn.Close()
			return
		}
		d.work.Go(func() {
			l.serve()
			d.mu.Lock()
			l.release()
			delete(d.lines, l)
			d.mu.Unlock()
			_ = conn.Close()
		})
	}
}

// A line is one program's connection.
type line struct {
	daemon *Daemon
	conn   net.Conn
	// The daemon's mu guards what follows.
	waits  bool
	old    bool // speaks an older version than the daemon's
	reader *reader
	handle uint32
	with   uint32 // the reader's counter when the card was had
	broken bool
}

func (l *line) serve() {
	d := l.daemon
	if d.plan.Denies {
		return
	}
	for {
		var head [8]byte
		if _, err := io.ReadFull(l.conn, head[:]); err != nil {
			return
		}
		size, number := binary.NativeEndian.Uint32(head[:]), binary.NativeEndian.Uint32(head[4:])
		if size > 1024 {
			return
		}
		body := make([]byte, size)
		if _, err := io.ReadFull(l.conn, body); err != nil {
			return
		}
		if d.plan.Deaf {
			<-d.ctx.Done()
			return
		}
		d.mu.Lock()
		d.asked++
		d.mu.Unlock()
		if !l.answer(number, body) {
			return
		}
	}
}

// say sends an answer. mu is held.
func (l *line) say(number uint32, b []byte) {
	if l.broken {
		return
	}
	more := true
	if l.daemon.plan.Bend != nil {
		b, more = l.daemon.plan.Bend(number, b)
	}
	_, err := l.conn.Write(b)
	if err != nil || !more {
		l.broken = true
		_ = l.conn.Close()
	}
}

// release gives the reader back that the line had for itself. mu is held.
func (l *line) release() {
	if l.reader != nil && l.reader.holder == l.handle {
		l.reader.holder = 0
	}
	l.reader, l.handle = nil, 0
}
