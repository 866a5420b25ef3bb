package escpos

import (
	"context"
	"errors"
	"time"

	"motcua/devices"
	"motcua/devices/receipt"
)

// How long the unit is waited for.
const (
	firstWord = 300 * time.Millisecond // a unit that never answered; then it is Unknown
	nextWord  = time.Second            // one that has; asked twice, so Offline after 2 s
	quiet     = 50 * time.Millisecond  // no more late answers after that
	babble    = 3 * time.Second        // it is not quiet for that long: ErrGarbled
	stall     = 3 * time.Second        // it takes no byte that long: ErrSilent
	glance    = 5 * time.Millisecond   // between the bands of a silent unit, for its XOFF
	peek      = 250 * time.Millisecond // while it takes none, how often its own word is looked for
	closing   = 2 * time.Second        // to end a slip cleanly after a cancel
	leaving   = 400 * time.Millisecond // to tidy up after a fault; the next slip does the rest
	settle    = 500 * time.Millisecond // beyond the reckoned end, for the cutter
	queuedLag = 3 * time.Second        // beyond the reckoned end, for GS r
	busyLag   = 30 * time.Second       // the same, for a unit that says that it is not done
)

// errUnheard: nothing came in time.
var errUnheard = errors.New("nothing heard")

// hear waits up to d for bytes and gives the kinds it finds to each, until
// each says that it has what it wants.
func (p *Printer) hear(ctx context.Context, op string, d time.Duration, each func(k kind, b byte) (enough bool)) error {
	ctx2, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	var buf [64]byte
	for {
		n, err := p.line.Read(ctx2, buf[:])
		enough := false
		for _, b := range buf[:n] {
			k := p.sort.see(b)
			switch k {
			case realTime, full, processed:
				p.answered = true
			case queued:
				p.answered = true
				p.pending = max(p.pending-1, 0)
			case automatic:
				p.answered = true
				p.told = autoStatus(p.sort.auto, p.profile.NearEnd)
			case xon, xoff:
				p.held = k == xoff
			}
			enough = each(k, b) || enough
		}
		switch {
		case enough:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case ctx2.Err() != nil:
			return errUnheard
		case err != nil:
			return p.fail(op, err)
		}
	}
}

// drain reads away late answers, until it is quiet. A unit that never is, as at a
// wrong speed, is ErrGarbled.
func (p *Printer) drain(ctx context.Context, op string) error {
	for until := time.Now().Add(babble); ; {
		if time.Now().After(until) {
			return devices.Fail(p.unit, op, devices.ErrGarbled, errors.New("it talks without end: check its speed"))
		}
		err := p.hear(ctx, op, quiet, func(kind, byte) bool { return true })
		if errors.Is(err, errUnheard) {
			p.stale = false
			p.sort.have, p.sort.block = 0, nil // what was cut off will not go on
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// ask sends DLE EOT n and waits for the answer; errUnheard if none comes. It
// must not be called in the middle of a raster: units without real-time
// commands take it for pixels.
//
// An answer does not tell what was asked. Questions that were not answered yet,
// and pixels that look like one, may be answered first; the line keeps order,
// so the last answer is ours.
func (p *Printer) ask(ctx context.Context, op string, n byte, wait time.Duration) (byte, error) {
	if p.stale {
		if err := p.drain(ctx, op); err != nil {
			return 0, err
		}
	}
	want, rest := 1+p.late+p.echoes, nextWord
	if p.late == 0 {
		rest = quiet + max(0, time.Until(p.pace.arrived))
	}
	if err := p.send(ctx, op, []byte{0x10, 0x04, n}); err != nil {
		return 0, err
	}
	p.late++
	var answer byte
	heard := false
	count := func(k kind, b byte) bool {
		if k == realTime || k == full {
			answer, heard, want = b, true, want-1
		}
		return heard
	}
	if err := p.hear(ctx, op, wait, count); err != nil {
		return 0, err
	}
	if want > 0 {
		err := p.hear(ctx, op, rest, func(k kind, b byte) bool { return count(k, b) && want <= 0 })
		if err != nil && !errors.Is(err, errUnheard) {
			return 0, err
		}
	}
	p.late, p.echoes = 0, 0
	return answer, nil
}

// send writes all of b. A unit that takes nothing for 3 s is ErrSilent, or
// what it said by itself in the meantime. What was not taken is owed.
func (p *Printer) send(ctx context.Context, op string, b []byte) error {
	moved := time.Now()
	for {
		ctx2, cancel := context.WithTimeout(ctx, peek)
		n, err := p.line.Write(ctx2, b)
		cancel()
		b = b[n:]
		if n > 0 {
			moved = time.Now()
		}
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			p.owed = len(b)
			return ctx.Err()
		case !errors.Is(err, context.DeadlineExceeded):
			p.owed = len(b)
			return p.fail(op, err)
		}
		if err := p.hear(ctx, op, glance, func(k kind, _ byte) bool { return k == automatic }); err != nil && !errors.Is(err, errUnheard) {
			p.owed = len(b)
			return err
		}
		switch {
		case !p.told.Prints():
			p.owed = len(b)
			return p.staff(op, p.told)
		case time.Since(moved) >= stall:
			p.owed = len(b)
			return devices.Fail(p.unit, op, devices.ErrSilent, errors.New("it takes no more bytes"))
		}
	}
}

// fail names unit and call; the line has given the reason, and may have named
// its own call.
func (p *Printer) fail(op string, err error) error {
	var named *devices.Error
	if errors.As(err, &named) {
		err = named.Err
	}
	return &devices.Error{Unit: p.unit, Op: op, Err: err}
}

func (p *Printer) staff(op string, s receipt.Status) error {
	return devices.Fail(p.unit, op, devices.ErrStaff, &receipt.StaffError{Status: s})
}
