// Package escpos drives receipt printers that speak ESC/POS over any line: a
// serial port, USB (usblp) or TCP.
//
// The host draws every dot: a slip goes out as rasters (GS v 0) of at most 128
// rows with feeds (ESC J) for the white between them, so that Vietnamese looks
// the same on every make. Models differ in a Profile; see profiles.yaml.
//
// Status is asked by DLE EOT, before a slip, between its bands (never within
// one) and after the cut. A unit that never answers is Unknown and prints all
// the same; one whose model cannot answer is Unsupported and is not asked. One
// that has answered and then keeps silent for 2 s is Offline. What a unit says
// unasked (automatic status) is told from the answers by its fixed bits, and
// explains why a unit takes no more bytes.
//
// When is a slip out? The unit says so, by the best means that its profile has:
//
//	process id (GS ( H)   answered when all before it is printed
//	queued (GS r)         answered when all before it is worked off
//	full status           no longer printing, and the slip is at the mouth or taken
//	time                  what the rows take, and no fault in DLE EOT after that
//	none                  it never answered: its line has passed on all bytes
//
// A means that stays without an answer is not tried again on that unit; the next
// one in the list is. With the last one nothing can be known of the paper.
//
// After a fault in the middle of a slip the unit still holds up to a bufferful
// of it. The driver pads the band that was cut off, empties the buffers where
// the model can, and begins the next slip with ESC @ and a cut of its own, so
// that the remains come out as a piece apart; a kiosk printer pulls them back.
// The same goes for the first slip on a new line, as an earlier run may have
// ended anywhere.
//
// A kiosk printer holds each slip at its mouth until it is taken; see
// receipt.Presenter. Print pulls back a slip that is still there, as a second one
// would jam and the first belongs to somebody else.
//
// Serial lines have no flow control here (no RTS/CTS, no XON/XOFF towards the
// unit; XOFF from it is obeyed): pace reckons with the baud rate. A slip of
// 200 mm is about 35 kB: 3 s at 115,200 baud, 36 s at 9,600, where a unit is
// of no use. Over USB and TCP the line holds us back by itself: baud 0.
//
// Manuals: Epson TM-T88III specification, TM-T81 specification (GS ( H), Citizen
// CT-S310 command manual, Bixolon SRP-350 command manual, Custom KPM150-H command
// reference, KPM210 manual, Star ESC/POS Mode specification.
package escpos

import (
	"context"
	"errors"
	"math/rand/v2"

	"motcua/devices"
	"motcua/devices/port"
	"motcua/devices/receipt"
)

// Printer is an ESC/POS printer. Safe for use by several goroutines.
type Printer struct {
	unit    string
	line    port.Line
	profile Profile

	turn   chan struct{} // holds one token: whoever has it works the unit
	closed chan struct{}
	shut   chan struct{} // holds one token: whoever takes it closes

	// All below belongs to the holder of the turn.
	pace     pace
	sort     sorter
	answered bool           // it has answered something, ever
	deaf     [5]bool        // DLE EOT n that it does not answer though it does others
	unqueued bool           // it did not answer GS r though the profile says so
	noID     bool           // nor GS ( H
	job      uint32         // number of the last process id
	fresh    bool           // what an earlier program sent may still be answered
	told     receipt.Status // its last automatic status
	held     bool           // XOFF came
	stale    bool           // bytes may be there that answer nothing of ours
	late     int            // DLE EOT that were not answered, yet
	echoes   int            // answers to pixels that look like DLE EOT
	pending  int            // GS r whose answers have not come
	owed     int            // bytes of a band that were not sent
	remains  bool           // something hangs over the cutter, or may
}

var _ receipt.Presenter = (*Printer)(nil)

// New makes a printer of the unit at the end of line, which it owns. It sends
// nothing yet. The line is taken to hold back the writer; see WithBaud.
func New(unit string, line port.Line, profile Profile) *Printer {
	p := &Printer{unit: unit, line: line, profile: profile,
		turn: make(chan struct{}, 1), closed: make(chan struct{}), shut: make(chan struct{}, 1),
		pace: profile.pace(0), stale: true, remains: true, fresh: true, owed: profile.Buffer/2 + 8,
		// Not from 0: the response to an earlier program's id may still come.
		job: rand.Uint32()}
	p.sort.custom = profile.full()
	p.turn <- struct{}{}
	p.shut <- struct{}{}
	return p
}

// WithBaud tells the speed of a serial line without flow control, before the
// first call of anything else. It gives p back.
func (p *Printer) WithBaud(baud int) *Printer {
	p.pace = p.profile.pace(baud)
	return p
}

// Width is the printable width in dots.
func (p *Printer) Width() int { return p.profile.Width }

// Close gives the line back. It waits for nobody.
func (p *Printer) Close() error {
	select {
	case <-p.shut:
		close(p.closed)
		if err := p.line.Close(); err != nil {
			return p.fail("close", err)
		}
	default:
	}
	return nil
}

// take waits for the turn; the caller gives it back.
func (p *Printer) take(ctx context.Context, op string) error {
	select {
	case <-p.closed:
		return p.fail(op, devices.ErrClosed)
	default:
	}
	select {
	case <-p.turn:
		if ctx.Err() != nil {
			p.give()
			return ctx.Err()
		}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-p.closed:
		return p.fail(op, devices.ErrClosed)
	}
}

func (p *Printer) give() { p.turn <- struct{}{} }

// Status asks the unit now, and waits for a print that is under way. It takes 2 s
// of a unit that fell silent, 3 s of one that takes no bytes, and as long of one
// that talks without end, which is devices.ErrGarbled.
func (p *Printer) Status(ctx context.Context) (receipt.Status, error) {
	if err := p.take(ctx, "read status"); err != nil {
		return receipt.Unknown, err
	}
	defer p.give()
	if err := p.pad(ctx, "read status"); err != nil {
		return p.unheard(err)
	}
	return p.status(ctx, "read status")
}

// unheard turns a unit that takes no bytes into what that means for a status.
func (p *Printer) unheard(err error) (receipt.Status, error) {
	var fault *receipt.StaffError
	switch {
	case errors.As(err, &fault):
		return fault.Status, nil
	case errors.Is(err, devices.ErrSilent) && p.answered:
		return p.silence(), nil
	case errors.Is(err, devices.ErrSilent):
		return receipt.Unknown, nil
	}
	return receipt.Unknown, err
}

// silence is the status of a unit that answered before and does not now: what
// it last said unasked, if that explains it, else Offline.
func (p *Printer) silence() receipt.Status {
	if !p.told.Prints() {
		return p.told
	}
	return receipt.Offline
}

// status asks for all that the profile knows.
func (p *Printer) status(ctx context.Context, op string) (receipt.Status, error) {
	if len(p.profile.Status) == 0 {
		return receipt.Unsupported, nil
	}
	if p.profile.full() {
		return p.wholly(ctx, op)
	}
	var got answers
	for _, n := range p.profile.Status {
		if p.deaf[n] {
			continue
		}
		b, err := p.patiently(ctx, op, n)
		switch {
		case err == nil:
			got[n] = b
		case !errors.Is(err, errUnheard):
			return p.unheard(err)
		case !p.answered:
			return receipt.Unknown, nil
		case got == answers{}:
			return p.silence(), nil
		default:
			// It answered the ones before: is it only this one it does not know?
			if _, err := p.ask(ctx, op, p.profile.Status[0], nextWord); errors.Is(err, errUnheard) {
				return p.silence(), nil
			} else if err != nil {
				return p.unheard(err)
			}
			p.deaf[n] = true
		}
	}
	return got.status(p.profile.NearEnd), nil
}

// wholly asks for a full status.
func (p *Printer) wholly(ctx context.Context, op string) (receipt.Status, error) {
	switch _, err := p.patiently(ctx, op, fullStatus); {
	case err == nil:
		return wholeStatus(p.sort.whole, p.profile.NearEnd), nil
	case !errors.Is(err, errUnheard):
		return p.unheard(err)
	case !p.answered:
		return receipt.Unknown, nil
	}
	return p.silence(), nil
}

// patiently asks, and asks again where an answer must be expected.
func (p *Printer) patiently(ctx context.Context, op string, n byte) (byte, error) {
	if !p.answered || !p.told.Prints() { // or it told us why it may not answer
		return p.ask(ctx, op, n, firstWord)
	}
	b, err := p.ask(ctx, op, n, nextWord)
	if errors.Is(err, errUnheard) {
		b, err = p.ask(ctx, op, n, nextWord)
	}
	return b, err
}
