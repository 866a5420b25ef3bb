package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"motcua/kiosk/config"
)

// printer has a sheet printed and read back by a scanner of the station, or by a
// person where there is none.
func (e *examiner) printer(p config.Peripheral) finds {
	if !e.attended {
		return alone("hold the sheet under the scanner, or look at it")
	}
	_, scanner := e.config.Peripheral("barcode")
	ctx, cancel := context.WithTimeout(e.ctx, e.cmd.Timeout)
	defer cancel()
	if scanner {
		fmt.Fprintf(e.words, "kioskctl: %s: take the sheet that comes out and hold its code under the scanner (%s)\n", p.Name, e.cmd.Timeout)
		if err := e.kiosk.PrintRead(ctx, p.Name); err != nil {
			return failing(err, "")
		}
	} else if err := e.kiosk.PrintTest(ctx, p.Name); err != nil {
		return failing(err, "")
	}
	whole, err := e.yes(p.Name + ": is the sheet dark, straight and cut, with every mark on the letters?")
	switch {
	case err != nil:
		return failing(err, "")
	case !whole:
		return finds{found: "the sheet is not as it should be", by: "a person", err: errFailed,
			do: "clean the head, turn the roll over, and check profile in the configuration"}
	case scanner:
		return finds{found: "printed, and the scanner read it back", by: "the scanner and a person"}
	}
	return finds{found: "printed; there is no scanner to read it back", by: "a person"}
}

// camera has a code of this test held under the camera for papers.
func (e *examiner) camera(p config.Peripheral) finds {
	if !e.attended {
		return alone("hold a code under the camera")
	}
	s, err := e.hold(p, e.kiosk.SeeCode)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		f := failing(err, "wipe the lens, hold the code where papers lie, flat and in the light; if papers are sharp there, show it larger")
		f.found = "it looked, and could read no code"
		return f
	case err != nil:
		return failing(err, "")
	case !s.Same:
		return finds{found: fmt.Sprintf("saw another code than the one shown (%s, %d bytes)", s.Kind, s.Length), by: "the kiosk", err: errFailed,
			do: "take every other code away from under it"}
	}
	return finds{found: fmt.Sprintf("read the %d bytes of this test's code", s.Length), by: "the kiosk"}
}

// speaker has a number spoken that the person then types.
func (e *examiner) speaker(p config.Peripheral) finds {
	if !e.attended {
		return alone("listen")
	}
	n := 11 + e.rand.IntN(88) // of two words at least
	for range 3 {
		fmt.Fprintf(e.words, "kioskctl: %s: listen: it asks in Vietnamese, and says a number of seconds\n", p.Name)
		ctx, cancel := context.WithTimeout(e.ctx, e.cmd.Timeout)
		err := e.kiosk.SpeakNumber(ctx, n)
		cancel()
		if err != nil {
			return failing(err, "")
		}
		heard, err := e.ask(p.Name + ": type the number that you heard; Enter alone to hear it again, n for nothing heard:")
		switch {
		case err != nil:
			return failing(err, "")
		case heard == "":
			continue
		case heard == strconv.Itoa(n):
			return finds{found: "the number that was said was heard", by: "a person"}
		case strings.HasPrefix(strings.ToLower(heard), "n"):
			return finds{found: "nothing was heard", by: "a person", err: errFailed,
				do: "switch the loudspeaker on, turn it up, and check card in the configuration: `kioskctl identify` lists sound cards"}
		}
		return finds{found: "another number was heard than was said", by: "a person", err: errFailed, do: "try again where it is quiet; turn it up"}
	}
	return finds{found: "not understood in three times", by: "a person", err: errFailed, do: "turn the loudspeaker up, or try it nearer"}
}

// partsOfReader is what to do about a reader that sees nothing.
const partsOfReader = "`systemctl stop kiosk`, then `kioskctl card doctor` looks at each part"

// reader has a card laid on the reader, as the running kiosk sees it: it holds the
// reader, and takes each card that is laid on. One that stands by is opened for it.
func (e *examiner) reader(p config.Peripheral) finds {
	if !e.attended {
		return alone("lay a card on the reader")
	}
	ctx, cancel := context.WithTimeout(e.ctx, e.cmd.Timeout)
	defer cancel()
	switch state, err := e.state(ctx, p.Name); {
	case err != nil:
		return failing(err, "")
	case state == standsBy:
		fmt.Fprintf(e.words, "kioskctl: %s: lay an ID card on it, and take it off again (%s)\n", p.Name, e.cmd.Timeout)
		if err := e.kiosk.CardTest(ctx, p.Name); err != nil {
			return failing(err, partsOfReader)
		}
		return finds{found: sawCard, by: "the kiosk"}
	}
	for _, step := range []struct{ state, ask, missed string }{
		{"ok", "take every card off it", "a card lies on it all the time"},
		{"card", "lay an ID card on it", "no card was seen"},
		{"ok", "take the card off again", "the card was not seen to go"},
	} {
		told := false
		err := e.until(ctx, p.Name, step.state, func() {
			if !told {
				fmt.Fprintf(e.words, "kioskctl: %s: %s (%s)\n", p.Name, step.ask, e.cmd.Timeout)
			}
			told = true
		})
		if err != nil {
			f := failing(err, partsOfReader)
			if ctx.Err() != nil && e.ctx.Err() == nil {
				f.found = step.missed
			}
			return f
		}
	}
	return finds{found: sawCard, by: "the kiosk"}
}

const (
	sawCard = "saw the card come and go"
	// standsBy is the state of a reader that the kiosk has no need to open.
	standsBy = "unknown"
)

// state is how a unit is, as the kiosk says.
func (e *examiner) state(ctx context.Context, unit string) (string, error) {
	s, err := e.kiosk.Status(ctx)
	if err != nil {
		return "", err
	}
	for _, u := range s.Peripherals {
		if u.Name == unit {
			return u.State, nil
		}
	}
	return "", nil
}

// until waits until the kiosk says that a unit is in a state, and calls waiting
// while it is not.
func (e *examiner) until(ctx context.Context, unit, state string, waiting func()) error {
	tick := time.NewTicker(glance / 5)
	defer tick.Stop()
	for {
		now, err := e.state(ctx, unit)
		if err != nil {
			return err
		}
		if now == state {
			return nil
		}
		waiting()
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
