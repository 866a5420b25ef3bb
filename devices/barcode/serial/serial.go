// Package serial drives barcode scanners on a serial line: USB-CDC, which is the
// scanner's "COM port" or "virtual serial" mode, and RS-232.
//
// That mode is the one to set: the unit passes on the bytes of the code as they
// are, where keyboard mode loses every Vietnamese letter. Makes differ in what
// they send after a code and in what they do to its characters, so the driver
// takes CR, LF, CRLF or a pause as the end, and repairs what was taken for a code
// page. Presentation mode needs no trigger; units that are to be put into it, or to
// read on our word only, are told so in the words of their make (profiles.yaml).
package serial

import (
	"bytes"
	"context"
	"errors"
	"sync/atomic"
	"time"

	"motcua/devices"
	"motcua/devices/barcode"
	"motcua/devices/barcode/content"
	"motcua/devices/port"
)

// Options say which unit and how it behaves. Zero values are right for most.
type Options struct {
	Unit string // the peripheral's name in the configuration
	Path string // for Open: /dev/serial/by-id/…
	Baud int    // for Open: 0 = 9,600; USB units ignore it
	// Gap is how long the line must be quiet for a code without CR or LF to be
	// complete: 0 = DefaultGap, negative = such a code never is.
	Gap time.Duration
	// Repeat is how long after its last sighting a code counts as still held
	// under the unit: 0 = DefaultRepeat, negative = every sighting counts.
	Repeat time.Duration
	// Profile is how the unit is told things, and Trigger what it is told: see
	// ProfileOf. With AsSet nothing is sent; the Profile's prefix and suffix count
	// all the same.
	Profile Profile
	Trigger Trigger
}

// DefaultGap is some 80 characters at 9,600 baud; USB units pause no more than a
// few milliseconds within a code.
const DefaultGap = 80 * time.Millisecond

// DefaultRepeat is longer than any unit waits before it sends a code again that
// stays in its sight.
const DefaultRepeat = 2 * time.Second

// Scanner is a scanner on a line. It implements barcode.Scanner.
type Scanner struct {
	line   port.Line
	opts   Options
	closed atomic.Bool
	answer atomic.Int32 // an Answer

	// turn is held by the Next under way; what follows is its own.
	turn   chan struct{}
	framer framer
	buf    [512]byte
	rest   []byte // of buf, not yet framed
	at     time.Time
	sight  *content.Sight
	owed   []Command // sent, and not answered yet
	pulled time.Time // when a unit in Host mode was made to read; zero = it is not
}

var _ barcode.Scanner = (*Scanner)(nil)

// Open opens the line under o.Path and sets the unit up for o.Trigger, with the
// errors of port.OpenSerial. It fails with devices.ErrRefused when the unit says no,
// and when the profile does not know the trigger. It waits for answers as long as
// the profile says; a unit that gives none is taken for one that obeys.
func Open(ctx context.Context, o Options) (*Scanner, error) {
	line, err := port.OpenSerial(ctx, port.SerialOptions{Unit: o.Unit, Path: o.Path, Baud: o.Baud})
	if err != nil {
		return nil, err
	}
	s := New(line, o)
	if err := s.setUp(ctx); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

// New drives the scanner at the end of line, and owns line from then on. It sends
// nothing: a unit in Host mode must be set to that by other means.
func New(line port.Line, o Options) *Scanner {
	if o.Gap == 0 {
		o.Gap = DefaultGap
	}
	if o.Repeat == 0 {
		o.Repeat = DefaultRepeat
	}
	return &Scanner{line: line, opts: o, turn: make(chan struct{}, 1), sight: content.NewSight(o.Repeat),
		framer: framer{suffix: o.Profile.Suffix}}
}

// Next implements barcode.Scanner. Several callers take turns.
func (s *Scanner) Next(ctx context.Context) (barcode.Code, error) {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return barcode.Code{}, ctx.Err()
	}
	defer s.letGo(ctx)
	for {
		if s.closed.Load() { // codes may still be in rest; nobody wants them
			return barcode.Code{}, devices.Fail(s.opts.Unit, "read code", devices.ErrClosed, nil)
		}
		frame, err := s.frame(ctx)
		if err != nil {
			return barcode.Code{}, err
		}
		if frame, err = s.settle(frame); err != nil {
			s.framer.drop()
			return barcode.Code{}, err
		}
		code := barcode.Code{Text: content.Text(bytes.TrimPrefix(frame, s.opts.Profile.Prefix)), Raw: append([]byte(nil), frame...), At: s.at}
		s.framer.drop()
		if code.Text != "" && !s.sight.Again(code.Text, code.At, code.At) {
			return code, nil
		}
	}
}

// frame reads to the end of one frame. What came of a frame when ctx ends stays
// in the framer; what came of the next one stays in rest.
func (s *Scanner) frame(ctx context.Context) ([]byte, error) {
	for {
		for len(s.rest) > 0 {
			frame, used, err := s.framer.take(s.rest)
			s.done(used)
			if err != nil {
				return nil, devices.Fail(s.opts.Unit, "read code", devices.ErrGarbled, err)
			}
			if frame != nil {
				return frame, nil
			}
		}
		if err := s.pull(ctx); err != nil {
			return nil, err
		}
		n, err := s.read(ctx)
		switch {
		case errors.Is(err, errIdle):
			if frame := s.framer.end(); frame != nil {
				return frame, nil
			}
		case err != nil:
			return nil, err
		default:
			s.rest, s.at = s.buf[:len(s.rest)+n], time.Now()
		}
	}
}

// done forgets the first n bytes of rest, which may be a person's.
func (s *Scanner) done(n int) {
	left := copy(s.buf[:], s.rest[n:])
	clear(s.rest[left:])
	s.rest = s.buf[:left]
}

var errIdle = errors.New("line idle")

// read reads what is there into buf, behind rest. With a frame under way it
// waits no longer than Gap from now, not from the last byte: after a cancel, bytes
// that came in the meantime go first. A unit in Host mode is waited
// for no longer than until it is due to be told again.
func (s *Scanner) read(ctx context.Context) (int, error) {
	wait := time.Duration(0) // as long as it takes
	switch {
	case s.framer.open() && s.opts.Gap >= 0:
		wait = s.opts.Gap
	case s.opts.Trigger == Host && !s.framer.open():
		wait = s.every()
	}
	if wait == 0 {
		return s.line.Read(ctx, s.buf[len(s.rest):])
	}
	limited, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	n, err := s.line.Read(limited, s.buf[len(s.rest):])
	if err != nil && limited.Err() != nil && errors.Is(err, limited.Err()) && ctx.Err() == nil {
		return 0, errIdle
	}
	return n, err
}

// Close implements barcode.Scanner.
func (s *Scanner) Close() error {
	s.closed.Store(true)
	return s.line.Close()
}
