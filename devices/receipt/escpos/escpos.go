// Package escpos drives receipt printers that speak ESC/POS over any line.
//
// The host draws every dot: a slip goes out as rasters (GS v 0) of at most 128
// rows with feeds (ESC J) for the white between them, so that Vietnamese looks
// the same on every make. Models differ in a Profile; see profiles.yaml.
//
// Status is asked by DLE EOT, before a slip, between its bands (never within
// one) and after the cut. A unit that never answers is Unknown and prints all
// the same. One that has answered and then keeps silent for 2 s is Offline.
//
// When is a slip out? Units that answer GS r say so: it is queued behind the
// cut. Others are given the time the rows take and asked by DLE EOT once more.
// From units that never answer nothing can be known, and Print returns when
// they have taken the bytes.
//
// After a fault in the middle of a slip the unit still holds up to a bufferful
// of it. The driver pads the band that was cut off, empties the buffers where
// the model can, and begins the next slip with ESC @ and a cut of its own, so
// that the remains come out as a piece apart. The same goes for the first slip
// on a new line, as an earlier run may have ended anywhere.
//
// Serial lines have no flow control here (no RTS/CTS, no XON/XOFF towards the
// unit; XOFF from it is obeyed): pace reckons with the baud rate. A slip of
// 200 mm is about 35 kB: 3 s at 115,200 baud, 36 s at 9,600, where a unit is
// of no use. Over USB the line holds us back by itself: baud 0.
//
// Manuals: Epson TM-T88III specification, Citizen CT-S310 command manual,
// Bixolon SRP-350 command manual.
package escpos

import (
	"bytes"
	"context"
	"errors"
	"time"

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
	told     receipt.Status // its last automatic status
	held     bool           // XOFF came
	stale    bool           // bytes may be there that answer nothing of ours
	late     int            // DLE EOT that were not answered, yet
	echoes   int            // answers to pixels that look like DLE EOT
	pending  int            // GS r whose answers have not come
	owed     int            // bytes of a band that were not sent
	remains  bool           // something hangs over the cutter, or may
}

var _ receipt.Printer = (*Printer)(nil)

// New makes a printer of the unit at the end of line, which it owns. It sends
// nothing yet. The line is taken to hold back the writer; see WithBaud.
func New(unit string, line port.Line, profile Profile) *Printer {
	p := &Printer{unit: unit, line: line, profile: profile,
		turn: make(chan struct{}, 1), closed: make(chan struct{}), shut: make(chan struct{}, 1),
		pace: profile.pace(0), stale: true, remains: true, owed: profile.Buffer/2 + 8}
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

// Status asks the unit now. It takes at most 2 s and waits for a print that is
// under way.
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

// Print prints s whole and cuts; see receipt.Printer.
func (p *Printer) Print(ctx context.Context, s receipt.Slip) error {
	const op = "print"
	steps, err := encode(s.Page, p.profile)
	if err != nil {
		return devices.Fail(p.unit, op, devices.ErrRefused, err)
	}
	if err := p.take(ctx, op); err != nil {
		return err
	}
	defer p.give()
	if err := p.begin(ctx, op); err != nil {
		return err
	}
	err = p.body(ctx, op, steps)
	if err == nil {
		err = p.confirm(ctx, op)
	}
	if err != nil && p.remains {
		p.abandon(op, err)
	}
	return err
}

// pad sends the rest of a band that was cut off, as white.
func (p *Printer) pad(ctx context.Context, op string) error {
	if p.owed == 0 {
		return nil
	}
	white := make([]byte, p.owed)
	p.owed = 0
	return p.send(ctx, op, white) // what fails is owed again
}

// begin finds out whether the unit prints, and cuts off what is left of an
// earlier slip.
func (p *Printer) begin(ctx context.Context, op string) error {
	if err := p.pad(ctx, op); err != nil {
		return err
	}
	st, err := p.status(ctx, op)
	switch {
	case err != nil:
		return err
	case !st.Prints():
		return p.staff(op, st)
	}
	hello := p.profile.reset()
	if p.remains {
		hello = append(hello, p.profile.cut().bytes...)
	}
	if err := p.send(ctx, op, hello); err != nil {
		return err
	}
	p.remains, p.told = false, receipt.Unknown
	return nil
}

// body sends the steps and the cut, and asks in between.
func (p *Printer) body(ctx context.Context, op string, steps []step) error {
	unasked := 0
	for _, s := range append(steps, p.profile.cut()) {
		if unasked += len(s.bytes); unasked > p.profile.chunk() {
			unasked = len(s.bytes)
			if err := p.check(ctx, op); err != nil {
				return err
			}
		}
		if err := p.wait(ctx, op, len(s.bytes)); err != nil {
			return err
		}
		p.pace.add(time.Now(), s)
		p.remains = true
		p.echoes += s.echoes
		if err := p.send(ctx, op, s.bytes); err != nil {
			return err
		}
	}
	return nil
}

// wait holds back until the unit has room, by reckoning and by its own XOFF.
func (p *Printer) wait(ctx context.Context, op string, n int) error {
	if err := p.sleep(ctx, op, p.pace.room(time.Now(), n)); err != nil {
		return err
	}
	if !p.told.Prints() {
		return p.staff(op, p.told)
	}
	for since := time.Now(); p.held; {
		err := p.hear(ctx, op, peek, func(k kind, _ byte) bool { return k == xon })
		if errors.Is(err, errUnheard) {
			err = p.check(ctx, op)
		}
		switch {
		case err != nil:
			return err
		case p.held && time.Since(since) >= stall:
			return devices.Fail(p.unit, op, devices.ErrSilent, errors.New("it sent XOFF and no XON"))
		}
	}
	return nil
}

// check asks one question, whether the unit is online; all of them if not. Of
// a unit that never answered it only looks for an XOFF.
func (p *Printer) check(ctx context.Context, op string) error {
	if !p.answered {
		err := p.hear(ctx, op, glance, func(k kind, _ byte) bool { return k == xoff })
		if errors.Is(err, errUnheard) {
			err = nil
		}
		return err
	}
	first := p.profile.Status[0]
	if b, err := p.patiently(ctx, op, first); err == nil {
		var got answers
		if got[first] = b; got.status(false).Prints() {
			return nil
		}
	} else if !errors.Is(err, errUnheard) {
		return err
	}
	st, err := p.status(ctx, op)
	switch {
	case err != nil:
		return err
	case !st.Prints():
		return p.staff(op, st)
	}
	return nil
}

// confirm waits for the unit to say that the slip is out, by the best means it
// has; see the package comment.
func (p *Printer) confirm(ctx context.Context, op string) error {
	p.remains = false
	if !p.answered {
		return nil
	}
	err := p.out(ctx, op)
	if errors.Is(err, devices.ErrStaff) {
		p.remains = true
	}
	return err
}

func (p *Printer) out(ctx context.Context, op string) error {
	if p.profile.Queued && !p.unqueued {
		if done, err := p.queuedEnd(ctx, op); err != nil || done {
			return err
		}
	}
	if err := p.sleep(ctx, op, time.Until(p.pace.printed.Add(settle))); err != nil {
		return err
	}
	st, err := p.status(ctx, op)
	if err == nil && !st.Prints() {
		err = p.staff(op, st)
	}
	return err
}

// sleep waits for d, for ctx or for Close.
func (p *Printer) sleep(ctx context.Context, op string, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-p.closed:
		return p.fail(op, devices.ErrClosed)
	}
}

// queuedEnd puts GS r behind the cut and waits for its answer, looking in
// between whether the unit is still online.
func (p *Printer) queuedEnd(ctx context.Context, op string) (done bool, err error) {
	if err := p.send(ctx, op, []byte{0x1D, 'r', 1}); err != nil {
		return false, err
	}
	p.pending++
	until := p.pace.printed.Add(queuedLag)
	for {
		err := p.hear(ctx, op, peek, func(kind, byte) bool { return p.pending == 0 })
		switch {
		case err == nil:
			return true, nil
		case !errors.Is(err, errUnheard):
			return false, err
		}
		if err := p.check(ctx, op); err != nil {
			return false, err
		}
		if p.pending == 0 {
			return true, nil
		}
		if time.Now().After(until) {
			p.pending, p.unqueued = 0, true
			return false, nil
		}
	}
}

// clearBuffers is DLE DC4 fn 8, obeyed as it arrives even while offline.
var clearBuffers = []byte{0x10, 0x14, 8, 1, 3, 20, 1, 6, 2, 8}

// abandon leaves the unit so that the next slip starts clean, as far as it
// still takes bytes. What cannot be done now is done by begin.
func (p *Printer) abandon(op string, cause error) {
	if errors.Is(cause, devices.ErrGone) || errors.Is(cause, devices.ErrClosed) || errors.Is(cause, devices.ErrSilent) {
		return
	}
	limit := closing
	if errors.Is(cause, devices.ErrStaff) {
		limit = leaving
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	if p.pad(ctx, op) != nil {
		return
	}
	switch {
	case errors.Is(cause, devices.ErrStaff) && p.profile.Clear:
		if p.send(ctx, op, clearBuffers) == nil {
			p.stale, p.pending = true, 0
		}
	case !errors.Is(cause, devices.ErrStaff): // the caller gave up: end the slip here
		if p.send(ctx, op, p.profile.cut().bytes) == nil {
			p.remains = false
		}
	}
}

// Encode gives the bytes that Print sends for s to a unit that is well and
// holds no remains: from ESC @ to the cut.
func Encode(profile Profile, s receipt.Slip) ([]byte, error) {
	steps, err := encode(s.Page, profile)
	if err != nil {
		return nil, err
	}
	b := bytes.NewBuffer(profile.reset())
	for _, s := range append(steps, profile.cut()) {
		b.Write(s.bytes)
	}
	return b.Bytes(), nil
}
