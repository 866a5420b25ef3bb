package pcsc

import (
	"context"
	"errors"
	"fmt"
)

// A Part is what a diagnosis looks at, in the order it does.
type Part string

// The parts between the program and a card.
const (
	TheDaemon Part = "card daemon"
	TheReader Part = "card reader"
	TheField  Part = "antenna"
	TheCard   Part = "card"
)

// A Step is one part that was looked at.
type Step struct {
	Part Part
	// Found says what was seen, also where it fails. It names readers and cards'
	// make, never a holder.
	Found string
	// Err is one of this package's errors in a *devices.Error; nil if all is well.
	Err error
}

// Diagnose looks at every part from the daemon to the card that lies there, and
// stops at the first that fails. Without a card it cannot tell whether the antenna
// works and says so; that is no failure. It takes the card for itself as a Reader
// does, so that it finds one busy that the kiosk reads on. It blocks as Open does,
// and ends early with what it has when ctx ends.
func Diagnose(ctx context.Context, o Options) []Step { return diagnose(ctx, o, usual()) }

func diagnose(ctx context.Context, o Options, t limits) []Step {
	o = o.filled()
	const op = "diagnose"
	w, minor, list, err := reach(ctx, o.Socket, t)
	if err != nil {
		return []Step{{TheDaemon, "at " + o.Socket, told(ctx, o.Unit, op, err)}}
	}
	defer w.close()
	steps := []Step{{TheDaemon, fmt.Sprintf("at %s, protocol %d.%d", o.Socket, major, minor), nil}}

	s, err := choose(list, o)
	if err != nil {
		found := "the daemon knows no reader"
		if len(list) > 0 {
			found = "the daemon knows " + names(list)
		}
		if units, _ := OnUSB(o.USB); len(units) > 0 {
			found += fmt.Sprintf("; on USB is %v", units[0])
		}
		return append(steps, Step{TheReader, found, told(ctx, o.Unit, op, err)})
	}
	steps = append(steps, Step{TheReader, s.name, nil})
	if !s.present() {
		return append(steps, Step{TheField, "sees no card: lay one on the reader and look again", nil})
	}
	steps = append(steps, Step{TheField, "sees a card", nil})

	r := &Reader{unit: o.Unit, name: s.name, socket: o.Socket, minor: minor, limits: t}
	h, err := r.connect(ctx, s, false)
	if err == nil && h.line == nil {
		err = ErrMute
	}
	if err != nil {
		if errors.Is(err, sharingViolation) {
			err = fmt.Errorf("%w: %w", ErrBusy, err)
		}
		return append(steps, Step{TheCard, "cannot be reached", told(ctx, o.Unit, op, err)})
	}
	_ = h.Close()
	return append(steps, Step{TheCard, h.Link().String(), nil})
}
