// Package acr122ssim is an ACR122S made of software, byte for byte at the far end
// of a serial line: its frames, the PN532 in it, and the cards on it, which are
// chips of cardsim. It has hands for the cards, and for what a bad line does.
//
// It is written from the manuals apart from the driver, so that one does not hide
// the other's faults. Frames are hard of hearing as the reader's are: while a
// command is worked on, nothing else is heard.
package acr122ssim

import (
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"motcua/devices/card/cardsim"
)

// Options say what the reader is like.
type Options struct {
	// Patience is how long a chip may be silent; 0 = half a second.
	Patience time.Duration
	// Extend is after how long the reader asks for more time, again and again, while
	// a chip takes its own; 0 = it never does.
	Extend time.Duration
	// Speed tells the speed of the line's other end; nil = always the reader's. On
	// a pty it is the pty's.
	Speed func() int
	// Fast says that the reader begins at 115,200 baud, not at 9,600.
	Fast bool
	// Stubborn says that it refuses to change its speed.
	Stubborn bool
	// TypeB says that its cards are of type B.
	TypeB bool
	// Calm says that a second card does not disturb the first, as when they lie far
	// apart.
	Calm bool
	// Longest is the most bytes of an answer that it carries at once, the rest being
	// fetched; 0 = 262, as the PN532 does.
	Longest int
}

// Reader is one reader. Its methods are safe for use by several goroutines.
type Reader struct {
	o Options

	// plugMu guards the fields below it.
	plugMu sync.Mutex
	link   string
	far    *os.File
	near   *os.File
	ended  chan struct{} // closed when Run is over

	// mu guards everything that follows. Not held while a chip thinks or the line
	// is written to.
	mu      sync.Mutex
	lying   []*cardsim.Chip
	plain   bool // what lies there is no smart card
	busy    bool
	fast    bool
	powered bool // the SAM's slot
	ready   bool // retries and field were set
	active  []*cardsim.Chip
	command []byte // pieces of one that comes in several
	rest    []byte // of an answer
	last    []byte // frame
	faults  map[int]Fault
	heard   int
	line    io.ReadWriter
	unplug  chan struct{} // closed at the line's end
}

// New makes a reader that is plugged into nothing.
func New(o Options) *Reader {
	if o.Patience == 0 {
		o.Patience = 500 * time.Millisecond
	}
	if o.Longest == 0 {
		o.Longest = 262
	}
	return &Reader{o: o, fast: o.Fast, faults: map[int]Fault{}}
}

// Lay lays a card on the reader, beside what lies there.
func (r *Reader) Lay(c *cardsim.Chip) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c.Reset()
	r.lying = append(r.lying, c)
}

// LayPlain lays a card on it that has no smart chip, such as one for the bus; nil
// takes it off.
func (r *Reader) LayPlain(is bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.plain = is
}

// Lift takes the card off that was laid on last.
func (r *Reader) Lift() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lift()
}

func (r *Reader) lift() {
	if n := len(r.lying); n > 0 {
		gone := r.lying[n-1]
		r.lying = r.lying[:n-1]
		gone.Reset()
		r.active = slices.DeleteFunc(r.active, func(c *cardsim.Chip) bool { return c == gone })
	}
}

// Restart takes the reader's power off for a moment.
func (r *Reader) Restart() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.restart()
}

func (r *Reader) restart() {
	r.powered, r.ready, r.fast = false, false, r.o.Fast
	r.active, r.command, r.rest, r.last = nil, nil, nil, nil
	for _, c := range r.lying {
		c.Reset()
	}
}

// Speed tells what speed the reader is at.
func (r *Reader) Speed() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.speed()
}

func (r *Reader) speed() int {
	if r.fast {
		return 115200
	}
	return 9600
}

// Heard tells how many commands came, repeated and spoilt ones included.
func (r *Reader) Heard() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.heard
}

// Run gives the reader power and works at the far end of a line, until the line
// ends; it gives the line's error. It returns after all it started has. It is
// called again when the reader is plugged in again.
func (r *Reader) Run(line io.ReadWriter) error {
	r.mu.Lock()
	r.restart()
	r.line, r.unplug, r.busy = line, make(chan struct{}), false
	r.mu.Unlock()
	var working sync.WaitGroup
	defer working.Wait()
	defer close(r.unplug)
	bytes := make(chan []byte, 64)
	frames := make(chan []byte, 64)
	working.Go(func() { cut(bytes, frames) })
	working.Go(func() {
		for f := range frames {
			r.take(f)
		}
	})
	defer close(bytes)
	for {
		b := make([]byte, 512)
		n, err := line.Read(b)
		if n > 0 && r.hears() && !r.works() {
			bytes <- b[:n]
		}
		if err != nil {
			return err
		}
	}
}

// hears tells whether the line's two ends have one speed.
func (r *Reader) hears() bool { return r.o.Speed == nil || r.o.Speed() == r.Speed() }

// works tells whether the reader is at work on a command, and hears nothing.
func (r *Reader) works() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.busy
}

func (r *Reader) work(on bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.busy = on
}

// wait lets time pass; false when the line ended meanwhile.
func (r *Reader) wait(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.unplug:
		return false
	}
}
