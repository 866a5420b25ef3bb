package escpos

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"

	"motcua/devices"
	"motcua/devices/port"
	"motcua/devices/receipt"
)

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
	case st == receipt.Presented:
		if err := p.pullBack(ctx, op); err != nil {
			return err
		}
	}
	hello := step{bytes: p.profile.reset()}
	if p.remains {
		off := p.profile.cutOff()
		hello.bytes, hello.rows = slices.Concat(hello.bytes, off.bytes, hello.bytes), off.rows
	}
	p.pace.add(time.Now(), hello)
	if err := p.send(ctx, op, hello.bytes); err != nil {
		return err
	}
	p.remains, p.told = false, receipt.Unknown
	if p.fresh {
		if err := p.outlive(ctx, op); err != nil {
			return err
		}
		p.fresh = false
	}
	return nil
}

// outlive waits, before the first slip on a line, for what an earlier program may
// have asked: it may have ended with a slip and a GS r in the unit's buffer, and
// that answer is like the one to ours. Process ids cannot be mistaken.
func (p *Printer) outlive(ctx context.Context, op string) error {
	if !p.answered || !p.profile.Queued || p.profile.ProcessID {
		return nil
	}
	if err := p.send(ctx, op, []byte{0x1D, 'r', 1}); err != nil {
		return err
	}
	p.pending++
	if done, err := p.await(ctx, op, func() bool { return p.pending == 0 }); err != nil || !done {
		return err // not done: it counts for the next one
	}
	for { // the last of them is ours, and comes when the unit has cut what it held
		long := max(0, time.Until(p.pace.printed)) + peek
		err := p.hear(ctx, op, long, func(k kind, _ byte) bool { return k == queued })
		if errors.Is(err, errUnheard) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// body sends the steps and the cut, and asks in between.
func (p *Printer) body(ctx context.Context, op string, steps []step) error {
	unasked := 0
	for _, s := range append(steps, p.profile.end()) {
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
	if !p.answered || len(p.profile.Status) == 0 {
		err := p.hear(ctx, op, glance, func(k kind, _ byte) bool { return k == xoff })
		if errors.Is(err, errUnheard) {
			err = nil
		}
		return err
	}
	if p.profile.full() {
		st, err := p.wholly(ctx, op)
		if err == nil && !st.Prints() {
			err = p.staff(op, st)
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
		if err := p.passOn(ctx, op); err != nil {
			return err
		}
		// It had no time yet, perhaps: one that wakes up slowly is no deaf one.
		if len(p.profile.Status) == 0 {
			return nil
		}
		if _, err := p.ask(ctx, op, p.profile.Status[0], 2*nextWord); errors.Is(err, errUnheard) {
			return nil
		} else if err != nil {
			return err
		}
	}
	err := p.out(ctx, op)
	if errors.Is(err, devices.ErrStaff) {
		p.remains = true
	}
	return err
}

// passOn waits until the line has passed on what it took. That is all that can be
// known of a unit that never answers.
func (p *Printer) passOn(ctx context.Context, op string) error {
	line, ok := p.line.(port.Drainer)
	if !ok {
		return nil
	}
	limit, cancel := context.WithDeadline(ctx, maxTime(time.Now(), p.pace.printed).Add(stall))
	defer cancel()
	switch err := line.Drain(limit); {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case limit.Err() != nil:
		p.remains = true
		return devices.Fail(p.unit, op, devices.ErrSilent, errors.New("it takes no more bytes"))
	default:
		return p.fail(op, err)
	}
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (p *Printer) out(ctx context.Context, op string) error {
	if p.profile.presents() {
		return p.presented(ctx, op)
	}
	if p.profile.ProcessID && !p.noID {
		if done, err := p.processedEnd(ctx, op); err != nil || done {
			return err
		}
	}
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

// queuedEnd puts GS r behind the cut and waits for its answer.
func (p *Printer) queuedEnd(ctx context.Context, op string) (done bool, err error) {
	if err := p.send(ctx, op, []byte{0x1D, 'r', 1}); err != nil {
		return false, err
	}
	p.pending++
	done, err = p.await(ctx, op, func() bool { return p.pending == 0 })
	if !done && err == nil {
		p.pending, p.unqueued = 0, true
	}
	return done, err
}

// processedEnd puts a process id behind the cut and waits until the unit says
// that it came to it. Ids are not used again soon, so that a late response to an
// earlier one counts for nothing.
func (p *Printer) processedEnd(ctx context.Context, op string) (done bool, err error) {
	p.job++
	var id [4]byte                                        // each from 32 to 126
	for i, n := 0, p.job; i < len(id); i, n = i+1, n/95 { // some 81 million
		id[i] = byte(32 + n%95)
	}
	if err := p.send(ctx, op, append([]byte{0x1D, '(', 'H', 6, 0, '0', '0'}, id[:]...)); err != nil {
		return false, err
	}
	done, err = p.await(ctx, op, func() bool { return p.sort.id == id })
	p.noID = !done && err == nil
	return done, err
}

// await listens until the unit has said what is waited for, and looks in between
// whether it is still online; not done and nil if it should long have said so.
func (p *Printer) await(ctx context.Context, op string, said func() bool) (done bool, err error) {
	until := p.pace.printed.Add(queuedLag)
	for {
		err := p.hear(ctx, op, peek, func(kind, byte) bool { return said() })
		switch {
		case err == nil:
			return true, nil
		case !errors.Is(err, errUnheard):
			return false, err
		}
		if err := p.check(ctx, op); err != nil {
			return false, err
		}
		if said() {
			return true, nil
		}
		if time.Now().After(until) {
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
		if p.send(ctx, op, p.profile.cutOff().bytes) == nil {
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
