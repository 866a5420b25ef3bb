package acr122s

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"motcua/devices"
	"motcua/devices/card"
	"motcua/devices/port"
)

const (
	slow, fast = 9600, 115200 // the reader's speeds

	// pause is between two looks at the field.
	pause = 200 * time.Millisecond
	// patience is how long the reader may be busy with one command. The PN532
	// itself gives a chip up after the time that the chip named, 4.9 s at most
	// (ISO/IEC 14443-4, 7.2).
	patience = 6 * time.Second
)

// Options say which reader to open.
type Options struct {
	Unit string // the peripheral's name in the configuration
	Path string // a stable name: /dev/serial/by-id/…
	Baud int    // 9600 or 115200, the speed to work at; 0 = 115200
}

// Reader is an ACR122S. It implements card.Reader. It has no goroutine: the field
// is looked at while somebody waits.
type Reader struct {
	unit  string
	wire  *wire
	plate devices.Plate
	turn  chan struct{} // holds one token; who has it may use wire

	// mu guards everything that follows. Not held while the line is used.
	mu      sync.Mutex
	changed chan struct{} // closed and replaced when events or why change
	events  []card.Event
	held    *held // what was given out for the card that lies alone
	crowd   bool
	why     error // gone or closed, as devices.Fail made it
	quiet   int   // looks in a row that the reader left without answer
}

// Open opens the line and makes the reader ready. Whatever speed the reader is at,
// Open finds it and has the reader change to the wanted one; a reader that refuses
// that is used as it is. It takes up to 4 s, when nothing answers.
//
// It fails with the errors of port.OpenSerial, with devices.ErrSilent when nothing
// answers on the line, and with devices.ErrRefused when another unit does.
func Open(ctx context.Context, o Options) (*Reader, error) {
	want := o.Baud
	switch want {
	case 0:
		want = fast
	case slow, fast:
	default:
		return nil, devices.Fail(o.Unit, "open", devices.ErrRefused, fmt.Errorf("no speed %d: choose 9600 or 115200", o.Baud))
	}
	other := slow + fast - want
	r, err := openAt(ctx, o, want)
	if errors.Is(err, devices.ErrSilent) || errors.Is(err, devices.ErrGarbled) {
		if r, err = openAt(ctx, o, other); err == nil && r.hasten(ctx, want) {
			_ = r.wire.line.Close()
			if r, err = openAt(ctx, o, want); err != nil {
				return nil, err
			}
		}
	}
	if err != nil {
		return nil, err
	}
	if err := r.wire.ready(ctx); err != nil {
		_ = r.Close()
		return nil, err
	}
	return r, nil
}

// openAt opens the line at a speed and asks the reader for its name.
func openAt(ctx context.Context, o Options, baud int) (*Reader, error) {
	line, err := port.OpenSerial(ctx, port.SerialOptions{Unit: o.Unit, Path: o.Path, Baud: baud})
	if err != nil {
		return nil, err
	}
	r := newReader(o.Unit, line, baud)
	err = r.greet(ctx)
	if err != nil && !errors.Is(err, devices.ErrRefused) {
		err = r.greet(ctx) // what the line carried before may have spoilt the first
	}
	if err != nil {
		_ = line.Close()
		return nil, err
	}
	return r, nil
}

func newReader(unit string, line port.Line, baud int) *Reader {
	r := &Reader{
		unit: unit, turn: make(chan struct{}, 1), changed: make(chan struct{}),
		wire: &wire{line: line, unit: unit, baud: baud, patience: patience},
	}
	r.turn <- struct{}{}
	return r
}

// greet asks for the firmware's name (6.5), such as ACR122S100.
func (r *Reader) greet(ctx context.Context) error {
	f, err := r.wire.ask(ctx, "open", call{stx, etx, transfer, []byte{0xFF, 0, 0x48, 0, 0}})
	if err != nil {
		return err
	}
	name := string(f.data)
	if !strings.HasPrefix(name, "ACR122") {
		return devices.Fail(r.unit, "open", devices.ErrRefused, errors.New("what answers is no ACR122S: check the port"))
	}
	r.plate = devices.Plate{Maker: "ACS", Model: strings.TrimRight(name, "\x00 ")}
	return nil
}

// hasten has the reader change its speed (6.2), and tells whether it did.
func (r *Reader) hasten(ctx context.Context, baud int) bool {
	code := byte(0)
	if baud == fast {
		code = 1
	}
	f, err := r.wire.ask(ctx, "open", call{speedSTX, speedETX, transfer, []byte{0xFF, 0, 0x44, code, 0}})
	return err == nil && len(f.data) == 2 && f.data[0] == 0x90 && f.data[1] == code
}

// Plate tells the maker and the firmware's name; the reader has no serial number
// that can be read.
func (r *Reader) Plate() devices.Plate { return r.plate }

// Baud tells the speed that the reader works at.
func (r *Reader) Baud() int { return r.wire.baud }

// Wait implements card.Reader. It looks five times a second, and leaves a chip
// that is being read alone. Cards that are laid beside one that is being read are
// told when its reading fails or ends. A reader that answers nothing for some
// two seconds is gone.
func (r *Reader) Wait(ctx context.Context) (card.Event, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r.mu.Lock()
		if r.why != nil {
			defer r.mu.Unlock()
			return nil, named(r.why, "wait for card")
		}
		if len(r.events) > 0 {
			defer r.mu.Unlock()
			e := r.events[0]
			r.events = r.events[1:]
			return e, nil
		}
		changed := r.changed
		r.mu.Unlock()
		select {
		case <-r.turn:
			err := r.look(ctx)
			r.turn <- struct{}{}
			if err != nil && ctx.Err() == nil {
				r.fault(err)
			}
		case <-changed:
			continue
		case <-ctx.Done():
			continue
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-changed: // by the look, an exchange or Close
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// named is a lasting failure told by another call.
func named(why error, op string) error {
	var e *devices.Error
	if errors.As(why, &e) {
		return &devices.Error{Unit: e.Unit, Op: op, Err: e.Err}
	}
	return why
}

// fault notes what the line or the reader failed with: what lasts is told to
// everybody, what may pass is counted.
func (r *Reader) fault(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.why != nil {
		return
	}
	switch {
	case errors.Is(err, devices.ErrGone), errors.Is(err, devices.ErrRefused):
	case errors.Is(err, devices.ErrSilent):
		if r.quiet++; r.quiet < 2 {
			return
		}
		err = devices.Fail(r.unit, "wait for card", devices.ErrGone, errors.New("the reader answers no more: check its cable and power"))
	default:
		return
	}
	r.end(err)
}

// answered notes that the reader works.
func (r *Reader) answered() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.quiet = 0
}

// end makes why last. mu is held.
func (r *Reader) end(why error) {
	r.why = why
	r.letGo(why)
	r.tell()
}

// letGo ends the card that was given out. mu is held.
func (r *Reader) letGo(why error) {
	if r.held != nil {
		r.held.end(why)
		r.held = nil
	}
}

// tell wakes those who wait. mu is held.
func (r *Reader) tell() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// look finds out what lies on the reader. The turn is held.
func (r *Reader) look(ctx context.Context) error {
	const op = "wait for card"
	r.mu.Lock()
	h := r.held
	r.mu.Unlock()
	if h != nil && h.smart {
		if time.Since(h.seen) < pause {
			return nil // it answered just now
		}
		there, err := r.wire.present(ctx, op)
		if err == nil && !there { // a card that is moved may miss one question
			there, err = r.wire.present(ctx, op)
		}
		if err != nil {
			return err
		}
		if there {
			h.seen = time.Now()
			r.answered()
			if h.begun && h.over() == nil {
				return nil // to look for others would end what was agreed with the chip
			}
		} else {
			return r.missed(ctx, op, h)
		}
	}
	return r.count(ctx, op)
}

// missed finds out why the card does not answer: there are two now, or none, or it
// was away for a moment, or is another. The turn is held.
func (r *Reader) missed(ctx context.Context, op string, h *held) error {
	if err := r.count(ctx, op); err != nil {
		return err
	}
	r.gone(h)
	return nil
}

// count lists the cards and tells what changed. The turn is held.
func (r *Reader) count(ctx context.Context, op string) error {
	n, found, err := r.wire.list(ctx, op)
	if err != nil {
		return err
	}
	r.answered()
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.why != nil:
	case n == 0:
		if r.held != nil || r.crowd {
			r.letGo(card.Visitor(r.unit, "exchange", card.ErrLifted))
			r.crowd = false
			r.events = append(r.events, card.Lifted{At: now})
			r.tell()
		}
	case n == 1:
		if r.held == nil {
			r.crowd = false
			r.held = newHeld(r, found)
			r.events = append(r.events, card.Tapped{Card: r.held, At: now})
			r.tell()
		}
	case !r.crowd:
		r.letGo(card.Visitor(r.unit, "exchange", card.ErrTwoCards))
		r.crowd = true
		r.events = append(r.events, card.Crowded{At: now})
		r.tell()
	}
	return nil
}

// gone notes that the card was away, if nothing else ended it; the next count tells
// of the one that is there.
func (r *Reader) gone(h *held) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.held == h && r.why == nil {
		h.end(card.Visitor(r.unit, "exchange", card.ErrLifted))
		r.held = nil
		r.events = append(r.events, card.Lifted{At: time.Now()})
		r.tell()
	}
}

// Close implements card.Reader. The reader stays at its speed.
func (r *Reader) Close() error {
	r.mu.Lock()
	r.end(devices.Fail(r.unit, "exchange", devices.ErrClosed, nil))
	r.mu.Unlock()
	return r.wire.line.Close()
}
