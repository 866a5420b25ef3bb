package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"text/tabwriter"
	"time"

	"motcua/kiosk/checkup"
	"motcua/kiosk/config"
	"motcua/kiosk/hatch"
)

type doctorCmd struct {
	Config     string        `default:"${config}" placeholder:"PATH" help:"The station's configuration (${config})."`
	Only       []string      `placeholder:"NAME" help:"Only this peripheral. May be given several times."`
	Unattended bool          `help:"Nobody is here to scan, lay or listen: what needs a person fails."`
	Timeout    time.Duration `default:"1m" help:"How long to wait for a person, at each step (${default}, at most 80s)."`
}

// Help says what is tried, and lists the exit codes.
func (doctorCmd) Help() string {
	return "Each configured peripheral in turn, those that stand by too: a scanner and the document camera read a code that this terminal shows, " +
		"a printer's sheet is read back by a scanner, the loudspeaker says a number that you type, a card is laid on its reader. " +
		"How each ended is kept with its time, for `kioskctl report`.\n\n" + exitCodes
}

// Why a test was not done, or ended without a verdict of the unit's.
var (
	errPerson  = errors.New("a person is needed")
	errUntried = errors.New("not tried")
	errFailed  = errors.New("a test failed")
	errNoUnit  = errors.New("no such peripheral is configured")
)

// tried is how the test of one unit ended.
type tried struct {
	checkup.Outcome
	Result string `json:"result"` // "passed", "failed", "not tried"
	Do     string `json:"do,omitempty"`
}

// Run tries each peripheral and keeps how it ended.
func (c doctorCmd) Run(d *desk) error {
	cfg, err := config.Read(c.Config)
	if err != nil {
		return err
	}
	units, err := c.units(cfg)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(d.ctx, within)
	status, err := d.kiosk.Status(ctx)
	cancel()
	if err != nil {
		return err
	}
	book, err := checkup.Open(cfg.Data)
	if err != nil {
		return err
	}
	e := &examiner{desk: d, cmd: c, config: cfg, attended: d.attended && !c.Unattended}
	var all []tried
	for _, p := range units {
		t := e.examine(p, status)
		if d.ctx.Err() != nil {
			return d.ctx.Err()
		}
		all = append(all, t)
		fmt.Fprintf(d.words, "kioskctl: %s: %s: %s\n", p.Name, t.Result, t.Found)
		if t.Result == "not tried" {
			continue // the unit has said nothing: what was kept of it stays
		}
		if err := book.Note(t.Outcome); err != nil {
			return err
		}
	}
	if err := d.give(all, func(w *tabwriter.Writer) {
		row(w, "PERIPHERAL", "TEST", "RESULT", "CONFIRMED BY", "FOUND")
		for _, t := range all {
			row(w, t.Unit, t.Test, t.Result, t.By, t.Found)
			if t.Do != "" {
				row(w, "", "", "", "", "→ "+t.Do)
			}
		}
	}); err != nil {
		return err
	}
	if slices.ContainsFunc(all, func(t tried) bool { return t.Result != "passed" }) {
		return errFailed
	}
	return nil
}

// units gives what is to be tried, card readers last, and of those the preferred one
// last: a card that is laid on the one in use wakes the kiosk, and peripherals are
// not lent during a visit.
func (c doctorCmd) units(cfg config.Config) ([]config.Peripheral, error) {
	var first, last []config.Peripheral
	for _, p := range cfg.Peripherals {
		switch {
		case len(c.Only) > 0 && !slices.Contains(c.Only, p.Name):
		case p.Thing == "card":
			last = append(last, p)
		default:
			first = append(first, p)
		}
	}
	for _, name := range c.Only {
		if !slices.ContainsFunc(cfg.Peripherals, func(p config.Peripheral) bool { return p.Name == name }) {
			return nil, fmt.Errorf("%w: %q", errNoUnit, name)
		}
	}
	slices.Reverse(last)
	return append(first, last...), nil
}

// examiner tries one unit after the other.
type examiner struct {
	*desk
	cmd      doctorCmd
	config   config.Config
	attended bool
	answers  *answers
}

// finds is what a test found, and what confirmed it.
type finds struct {
	found, by string
	err       error
	do        string
}

// examine tries a unit by what it is.
func (e *examiner) examine(p config.Peripheral, s hatch.Status) tried {
	trial, ok := map[string]struct {
		name string
		run  func(config.Peripheral) finds
	}{
		"barcode": {"read a code", e.scanner},
		"receipt": {"print a sheet and read it back", e.printer},
		"camera":  {"see a code", e.camera},
		"sound":   {"say a number", e.speaker},
		"card":    {"see a card", e.reader},
	}[p.Thing]
	t := tried{Outcome: checkup.Outcome{Unit: p.Name, Thing: p.Thing, Test: trial.name, At: e.clock()}}
	if !ok {
		t.Result, t.Found = "not tried", "there is no test for a "+p.Thing
		return t
	}
	f := finds{}
	i := slices.IndexFunc(s.Peripherals, func(u hatch.Peripheral) bool { return u.Name == p.Name })
	switch {
	case i < 0:
		f = finds{found: "the kiosk runs with another configuration", err: errUntried, do: "`systemctl restart kiosk`, then try again"}
	case s.Peripherals[i].State == "away":
		f = finds{found: "away", by: "the kiosk", err: errFailed, do: "plug it in; `kioskctl devices` shows where it is looked for"}
	case s.Peripherals[i].State == "refused":
		f = finds{found: "it may not be used, or not so", by: "the kiosk", err: errFailed, do: "`kioskctl log` says why: another program that holds it, its permissions, or a key of the configuration"}
	default:
		f = trial.run(p)
	}
	t.At, t.Found, t.By, t.Do = e.clock(), f.found, f.by, f.do
	switch {
	case f.err == nil:
		t.Passed, t.Result = true, "passed"
	case errors.Is(f.err, errPerson), errors.Is(f.err, errUntried), errors.Is(f.err, hatch.ErrBusy), errors.Is(f.err, hatch.ErrNotRunning),
		errors.Is(f.err, context.Canceled):
		t.Result, t.By = "not tried", ""
	default:
		t.Result = "failed"
	}
	return t
}

// failing is a test that ended with an error of the kiosk's or a unit's.
func failing(err error, do string) finds {
	if do == "" {
		do = remedy(err)
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return finds{found: "nothing came in time", by: "the kiosk", err: err, do: do}
	case errors.Is(err, hatch.ErrBusy):
		return finds{found: err.Error(), err: err, do: "try again when the screen shows attract"}
	}
	return finds{found: err.Error(), by: "the kiosk", err: err, do: do}
}

// alone is a test that somebody would have to be there for.
func alone(what string) finds {
	return finds{found: "a person must " + what, err: errPerson, do: "run it on a terminal, without --unattended"}
}

// scanner has a code of this test held under the scanner.
func (e *examiner) scanner(p config.Peripheral) finds {
	if !e.attended {
		return alone("hold a code under the scanner")
	}
	s, err := e.hold(p, e.kiosk.ScanCode)
	switch {
	case err != nil:
		return failing(err, "if the scanner did beep, check its port, speed and mode; `kioskctl identify` tells its mode")
	case s.Unit != "" && s.Unit != p.Name:
		return finds{found: s.Unit + " read it", err: errUntried, do: "hold the code under " + p.Name + " alone"}
	case !s.Same:
		return finds{found: fmt.Sprintf("read another code than the one shown (%s, %d bytes)", s.Kind, s.Length), by: "the kiosk", err: errFailed,
			do: "hold the code of this test under it; if it was that, the scanner changes what it reads: reset it by its maker's sheet"}
	}
	return finds{found: fmt.Sprintf("read the %d bytes of this test's code", s.Length), by: "the kiosk"}
}

// hold shows a code of this test, has it held under a unit and gives what read it.
func (e *examiner) hold(p config.Peripheral, read func(context.Context, string) (hatch.Scan, error)) (hatch.Scan, error) {
	code := testCode(e.rand)
	if err := showCode(e.words, code); err != nil {
		return hatch.Scan{}, err
	}
	fmt.Fprintf(e.words, "kioskctl: %s: hold this code under it; a photo of it on a telephone will do (%s)\n", p.Name, e.cmd.Timeout)
	ctx, cancel := context.WithTimeout(e.ctx, e.cmd.Timeout)
	defer cancel()
	return read(ctx, code)
}

// testCode is of letters that no scanner changes and nobody has on a card.
func testCode(r *rand.Rand) string {
	const letters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
	b := []byte("KIOSK-TEST-")
	for range 12 {
		b = append(b, letters[r.IntN(len(letters))])
	}
	return string(b)
}
