// Package hid drives barcode scanners that are USB HID devices: HID-POS, which
// passes on the bytes of a code as they are, and keyboard mode, which types it.
//
// Of the modes that a scanner can be set to, USB-COM (package serial) and HID-POS
// carry Vietnamese. Keyboard mode does not: a keyboard has no such letters, so
// scanners leave them out or put others in their place. It does for codes of ASCII
// alone, such as receipts' codes, not for identity cards. What a keyboard scanner
// types reaches this package only and no window, as the kernel's keyboard driver
// is taken off the unit while it is open.
//
// The way to the unit is github.com/karalabe/usb, which is hidapi on libusb; the
// comments name what of its ways a caller must know. The process must be allowed
// to write to the unit's node below /dev/bus/usb.
package hid

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"motcua/devices"
	"motcua/devices/barcode"
	"motcua/devices/barcode/content"
)

// Kind is how a scanner sends its codes.
type Kind string

// The kinds of scanner. Linux does not tell them apart before the unit is open,
// so the configuration says which it is.
const (
	POS      Kind = "pos"      // HID-POS: a barcode scanner of usage page 8Ch
	Keyboard Kind = "keyboard" // boot keyboard, US layout
)

// Options say which unit and how it behaves. Zero values are right for most.
type Options struct {
	Unit string // the peripheral's name in the configuration
	// VID and PID are the unit's USB ids, both needed: to ask all devices for
	// theirs would open touch screens and keyboards too.
	VID, PID uint16
	// Interface is the number of the USB interface, for units with several.
	Interface int
	Kind      Kind // "" = POS
	// Gap is how long nothing must come for a code to be over that has no end
	// yet: 0 = DefaultPOSGap or DefaultKeyGap. A HID-POS code is lost by that, a
	// typed one complete.
	Gap time.Duration
	// Repeat is how long after its last sighting a code counts as still held
	// under the unit: 0 = DefaultRepeat, negative = every sighting counts.
	Repeat time.Duration
}

const (
	// DefaultPOSGap is many times what a unit takes between the reports of one
	// code, some 10 ms.
	DefaultPOSGap = 500 * time.Millisecond
	// DefaultKeyGap is longer than the pause between two keys that the slowest
	// setting of most units makes, 100 ms.
	DefaultKeyGap = 150 * time.Millisecond
	// DefaultRepeat is longer than any unit waits before it sends a code again
	// that stays in its sight.
	DefaultRepeat = 2 * time.Second
)

// room is how many codes wait for Next. When it is full the oldest goes: whoever
// holds a card there now matters more than who did before. It goes whole, and the
// unit is read on: hidapi keeps some 30 reports, and then drops parts of codes.
const room = 16

// closing is how long Close waits for the unit to be given back.
const closing = 2 * time.Second

// decoder makes codes of reports.
type decoder interface {
	feed(report []byte, emit emit)
	expire(emit emit) // no more of the code under way will come
	open() bool       // a code is under way
	drop()            // forget it
}

// handle is an open unit: a usb.Device and what that lacks.
type handle interface {
	// Read waits for a report, for as long as it takes. There is no way to give
	// it a time, and Close must not be called while it waits.
	Read(report []byte) (int, error)
	// Wake ends a Read under way, if it can; it may need more than one try. It
	// does no harm before, between and after Reads, nor after Close.
	Wake() error
	// Close gives the unit back to the kernel's driver.
	Close() error
}

// Scanner is a scanner on USB. It implements barcode.Scanner.
type Scanner struct {
	opts  Options
	unit  handle
	ended chan struct{} // the reading goroutine has closed the unit and ended
	given error         // why the unit was not given back; to be read after ended
	close func() error  // once
	turn  chan struct{} // held by the Next under way
	more  chan struct{} // has one when there is something new for Next

	mu      sync.Mutex // guards what follows; not held while reading
	decoder decoder
	began   time.Time // when the first report of the code under way came
	last    time.Time // and the last one
	sight   *content.Sight
	found   []found
	failed  error // why nothing more comes
	shut    bool  // by Close
}

// found is a code, or why one could not be read.
type found struct {
	code barcode.Code
	err  error
}

var _ barcode.Scanner = (*Scanner)(nil)

// start drives the scanner behind unit, and owns unit from then on.
func start(unit handle, o Options) *Scanner {
	s := &Scanner{opts: o, unit: unit, ended: make(chan struct{}), turn: make(chan struct{}, 1), more: make(chan struct{}, 1)}
	gap := DefaultPOSGap
	s.decoder = &posDecoder{}
	if o.Kind == Keyboard {
		gap = DefaultKeyGap
		s.decoder = &keyDecoder{}
	}
	if s.opts.Gap == 0 {
		s.opts.Gap = gap
	}
	if s.opts.Repeat == 0 {
		s.opts.Repeat = DefaultRepeat
	}
	s.sight = content.NewSight(s.opts.Repeat)
	s.close = sync.OnceValue(s.shutDown)
	go s.read() // Close waits for it
	return s
}

// read takes every report as it comes until the unit is gone or closed. It is the
// only one that reads, and closes the unit after its last Read: hidapi's close
// frees what a Read under way still holds.
func (s *Scanner) read() {
	defer close(s.ended)
	defer func() { s.given = s.unit.Close() }()
	var report [posReport + 1]byte // one more, to see a longer one
	defer clear(report[:])
	empty := 0 // in a row
	for !s.isShut() {
		n, err := s.unit.Read(report[:])
		switch {
		case err != nil:
			s.lose(err)
			return
		case n == 0:
			if empty++; empty == emptyMost {
				s.lose(errTaken)
				return
			}
		default:
			empty = 0
			s.take(report[:n], time.Now())
		}
	}
}

// emptyMost is how many empty reports in a row mean that the unit was closed or
// taken by another program, which hidapi may tell so, without an error. One is an
// empty packet: some units end each report that fills a packet with it.
const emptyMost = 16

var errTaken = errors.New("nothing but empty reports came: the unit was closed or taken by another program")

// take puts one report to the code under way.
func (s *Scanner) take(report []byte, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shut {
		return // it came just before Wake, and is nobody's
	}
	s.expire(at) // so that a late report does not join a code that was given up
	if s.last = at; !s.decoder.open() {
		s.began = at
	}
	s.decoder.feed(report, s.emit)
	s.tell()
}

// expire ends the code under way if nothing has come for the time of Gap.
func (s *Scanner) expire(now time.Time) {
	if s.decoder.open() && now.Sub(s.last) >= s.opts.Gap {
		s.decoder.expire(s.emit)
	}
}

// emit queues what the decoder has found.
func (s *Scanner) emit(raw []byte, err error) {
	f := found{}
	if err != nil {
		f.err = devices.Fail(s.opts.Unit, "read code", devices.ErrGarbled, err)
	} else {
		f.code = barcode.Code{Text: content.Text(raw), Raw: raw, At: s.last}
		if f.code.Text == "" || s.sight.Again(f.code.Text, s.began, f.code.At) {
			return
		}
	}
	if len(s.found) == room {
		s.found = slices.Delete(s.found, 0, 1)
	}
	s.found = append(s.found, f)
}

// lose notes that the unit is gone. hidapi says "unknown failure" whatever it was;
// to open again is right for all.
func (s *Scanner) lose(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expire(time.Now()) // a code that was complete by the pause still counts
	s.decoder.drop()
	s.failed = devices.Fail(s.opts.Unit, "read code", devices.ErrGone, err)
	s.tell()
}

// tell wakes the Next that waits.
func (s *Scanner) tell() {
	select {
	case s.more <- struct{}{}:
	default: // it has been told
	}
}

func (s *Scanner) isShut() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shut
}

// Next implements barcode.Scanner. Several callers take turns. Codes that nobody
// asks for wait, the latest 16 of them.
func (s *Scanner) Next(ctx context.Context) (barcode.Code, error) {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return barcode.Code{}, ctx.Err()
	}
	for {
		if ctx.Err() != nil {
			return barcode.Code{}, ctx.Err()
		}
		f, wait, ok := s.look(time.Now())
		if ok {
			return f.code, f.err
		}
		if err := s.wait(ctx, wait); err != nil {
			return barcode.Code{}, err
		}
	}
}

// look gives what was found first, if anything. If not, wait is when the code
// under way will be over; 0 = there is none.
func (s *Scanner) look(now time.Time) (f found, wait time.Duration, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shut { // codes may still be there; nobody wants them
		return found{err: devices.Fail(s.opts.Unit, "read code", devices.ErrClosed, nil)}, 0, true
	}
	s.expire(now)
	switch {
	case len(s.found) > 0:
		f = s.found[0]
		s.found = slices.Delete(s.found, 0, 1)
		return f, 0, true
	case s.failed != nil:
		return found{err: s.failed}, 0, true
	case s.decoder.open():
		return found{}, s.opts.Gap - now.Sub(s.last), false
	}
	return found{}, 0, false
}

// wait waits for news, at most for d; 0 = as long as it takes.
func (s *Scanner) wait(ctx context.Context, d time.Duration) error {
	var over <-chan time.Time
	if d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-s.more:
	case <-over:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// Close implements barcode.Scanner. The kernel's driver has the unit again when it
// returns; a keyboard scanner types into the window from then on. It takes 2 s at
// most: if the unit cannot be made to end its Read by then, Close fails with
// devices.ErrSilent and the unit is given back when it is unplugged.
func (s *Scanner) Close() error { return s.close() }

func (s *Scanner) shutDown() error {
	s.mu.Lock()
	s.shut = true
	s.found = nil
	s.decoder.drop()
	s.tell()
	s.mu.Unlock()

	late := time.NewTimer(closing)
	defer late.Stop()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		err := s.unit.Wake()
		select {
		case <-s.ended:
			return s.back()
		case <-again.C: // there was no transfer under way that could be ended
		case <-late.C:
			select {
			case <-s.ended: // just in time, on a slow machine
				return s.back()
			default:
				return devices.Fail(s.opts.Unit, "close", devices.ErrSilent, err)
			}
		}
	}
}

// back tells whether the unit was given back. After ended only.
func (s *Scanner) back() error {
	if s.given != nil {
		return devices.Fail(s.opts.Unit, "close", devices.ErrRefused, s.given)
	}
	return nil
}
