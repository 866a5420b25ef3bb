package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"motcua/kiosk/config"
	"motcua/kiosk/hatch"
)

// printer has a sheet printed and read back by a scanner of the station, or by a
// person where there is none.
func (e *examiner) printer(p config.Peripheral) finds {
	if first, _ := e.config.Peripheral("receipt"); first.Name != p.Name {
		return finds{found: "the kiosk prints on " + first.Name + " as long as that is well", err: errUntried,
			do: "unplug " + first.Name + ", put " + p.Name + " first in the configuration, or print to it from its own buttons"}
	}
	if !e.attended {
		return alone("hold the sheet under the scanner, or look at it")
	}
	_, scanner := e.config.Peripheral("barcode")
	ctx, cancel := context.WithTimeout(e.ctx, e.cmd.Timeout)
	defer cancel()
	if scanner {
		fmt.Fprintf(e.words, "kioskctl: %s: take the sheet that comes out and hold its code under the scanner (%s)\n", p.Name, e.cmd.Timeout)
		if err := e.kiosk.PrintRead(ctx); err != nil {
			return failing(err, "")
		}
	} else if err := e.kiosk.PrintTest(ctx); err != nil {
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

// reader has a card laid on the reader, as the running kiosk sees it: it holds the
// reader, and takes each card that is laid on.
func (e *examiner) reader(p config.Peripheral) finds {
	if !e.attended {
		return alone("lay a card on the reader")
	}
	ctx, cancel := context.WithTimeout(e.ctx, e.cmd.Timeout)
	defer cancel()
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
			f := failing(err, "`systemctl stop kiosk`, then `kioskctl card doctor` looks at each part")
			if ctx.Err() != nil && e.ctx.Err() == nil {
				f.found = step.missed
			}
			return f
		}
	}
	return finds{found: "saw the card come and go", by: "the kiosk"}
}

// until waits until the kiosk says that a unit is in a state, and calls waiting
// while it is not.
func (e *examiner) until(ctx context.Context, unit, state string, waiting func()) error {
	tick := time.NewTicker(glance / 5)
	defer tick.Stop()
	for {
		s, err := e.kiosk.Status(ctx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(s.Peripherals, func(u hatch.Peripheral) bool { return u.Name == unit })
		if i >= 0 && s.Peripherals[i].State == state {
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
