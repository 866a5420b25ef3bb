package cardsim

import (
	"context"
	"sync"
	"time"

	"motcua/devices"
	"motcua/devices/card"
)

// Reader is a reader of chip cards with hands. Its methods are safe for use by
// several goroutines.
type Reader struct {
	unit     string
	patience time.Duration // until a chip that says nothing is given up

	// mu guards everything that follows. Not held while an exchange waits.
	mu      sync.Mutex
	changed chan struct{} // closed and replaced at each change
	events  []card.Event
	lying   []*Chip
	held    *held // what was given out for the card that lies alone
	why     error // gone or closed
	closed  bool
	most    int
	bits    int
	each    time.Duration
}

// NewReader plugs a reader in under the name that its errors give.
func NewReader(unit string) *Reader {
	return &Reader{unit: unit, patience: 5 * time.Second, changed: make(chan struct{}), most: 256}
}

// Extended makes the reader carry answers to n bytes; 256 is its first value.
func (r *Reader) Extended(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.most = n
}

// Speed makes each exchange take its time: bits a second in both directions, ten
// for a byte with its parity and guard, and each on top. 0 bits is at once.
func (r *Reader) Speed(bits int, each time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bits, r.each = bits, each
}

// Lay lays a card on the reader; with one there already, it is crowded.
func (r *Reader) Lay(c *Chip) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lying = append(r.lying, c)
	c.Reset()
	r.look()
}

// Lift takes the card off that was laid on last.
func (r *Reader) Lift() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lift()
}

func (r *Reader) lift() {
	if n := len(r.lying); n > 0 {
		r.lying[n-1].Reset()
		r.lying = r.lying[:n-1]
		r.look()
	}
}

// look tells what lies there now. mu is held.
func (r *Reader) look() {
	now := time.Now()
	switch len(r.lying) {
	case 0:
		r.drop(card.Visitor(r.unit, "exchange", card.ErrLifted))
		r.events = append(r.events, card.Lifted{At: now})
	case 1:
		r.drop(card.Visitor(r.unit, "exchange", card.ErrLifted))
		r.lying[0].Reset()
		r.held = &held{reader: r, chip: r.lying[0], ended: make(chan struct{})}
		r.events = append(r.events, card.Tapped{Card: r.held, At: now})
	default:
		r.drop(card.Visitor(r.unit, "exchange", card.ErrTwoCards))
		r.events = append(r.events, card.Crowded{At: now})
	}
	r.tell()
}

func (r *Reader) tell() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// drop ends the card that was given out. mu is held.
func (r *Reader) drop(why error) {
	if r.held != nil {
		r.held.end(why)
		r.held = nil
	}
}

// Unplug pulls the cable for good.
func (r *Reader) Unplug() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.why == nil {
		r.why = devices.ErrGone
		r.drop(devices.Fail(r.unit, "exchange", devices.ErrGone, nil))
		r.tell()
	}
}

// Closed tells whether the program gave the reader back.
func (r *Reader) Closed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.closed
}

// Wait gives the next thing that happens.
func (r *Reader) Wait(ctx context.Context) (card.Event, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r.mu.Lock()
		switch {
		case r.why != nil:
			defer r.mu.Unlock()
			return nil, devices.Fail(r.unit, "wait for card", r.why, nil)
		case len(r.events) > 0:
			defer r.mu.Unlock()
			e := r.events[0]
			r.events = r.events[1:]
			return e, nil
		}
		changed := r.changed
		r.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
}

// Close gives the reader back.
func (r *Reader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		r.closed, r.why = true, devices.ErrClosed
		r.drop(devices.Fail(r.unit, "exchange", devices.ErrClosed, nil))
		r.tell()
	}
	return nil
}

// held is a card on the reader, as it was given out.
type held struct {
	reader *Reader
	chip   *Chip
	ended  chan struct{}
	// mu guards why.
	mu  sync.Mutex
	why error // why ended is closed
}

func (h *held) end(why error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.why == nil {
		h.why = why
		close(h.ended)
	}
}

func (h *held) over() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.why
}

// Exchange carries one command to the chip and its answer back.
func (h *held) Exchange(ctx context.Context, b []byte) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := h.over(); err != nil {
		return nil, err
	}
	r := h.reader
	got := h.chip.Answer(b)
	if got.Lost {
		r.Lift()
		return nil, card.Visitor(r.unit, "exchange", card.ErrLifted)
	}
	r.mu.Lock()
	after := got.After
	if r.bits > 0 {
		after += r.each + time.Duration(len(b)+len(got.Answer))*10*time.Second/time.Duration(r.bits)
	}
	r.mu.Unlock()
	if got.Silent {
		after = r.patience
	}
	if err := h.pass(ctx, after); err != nil {
		return nil, err
	}
	if got.Silent {
		return nil, devices.Fail(r.unit, "exchange", devices.ErrSilent, nil)
	}
	if len(got.Answer) < 2 {
		return nil, devices.Fail(r.unit, "exchange", devices.ErrGarbled, nil)
	}
	return got.Answer, nil
}

// pass lets time pass, unless something ends it.
func (h *held) pass(ctx context.Context, d time.Duration) error {
	if d > 0 {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-t.C:
		case <-h.ended:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return h.over()
}

// Reset takes the power off the chip and gives it back.
func (h *held) Reset(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := h.over(); err != nil {
		return err
	}
	h.chip.Reset()
	return nil
}

// Link tells the chip's answer to reset and what the reader carries.
func (h *held) Link() card.Link {
	h.reader.mu.Lock()
	defer h.reader.mu.Unlock()
	return card.Link{ATR: h.chip.ATR(), MaxAnswer: h.reader.most}
}

// Close lets the card go.
func (h *held) Close() error {
	h.end(devices.Fail(h.reader.unit, "exchange", devices.ErrClosed, nil))
	return nil
}
