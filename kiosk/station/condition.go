package station

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"time"

	"motcua/devices"
	"motcua/devices/receipt"
	"motcua/kiosk/trouble"
)

// Unit is one configured peripheral.
type Unit[D io.Closer] struct {
	Name  string // in the configuration, in logs and for kioskctl
	Model string // as configured; "" = not known
	Open  func(context.Context) (D, error)
	// There looks whether the unit is plugged in, without opening it: for one that is
	// shut most of the time. It must not block; nil = only opening tells.
	There func() error
}

// The things that a Condition is of.
const (
	ThingPrinter = "printer"
	ThingScanner = "scanner"
	ThingReader  = "reader"
	ThingCamera  = "camera" // for pictures of papers
	ThingSpeaker = "speaker"
)

// State is how a unit is. What is not known, or cannot be, is neither fine nor bad.
type State string

// The states of a unit.
const (
	Unknown     State = "unknown"       // not looked at yet, or it has not answered
	Unsupported State = "not supported" // it is there; its make tells nothing, ever
	OK          State = "ok"
	NearEnd     State = "near end" // of the paper
	Presented   State = "presented"
	Card        State = "card" // lies on the reader
	Crowded     State = "several cards"
	PaperOut    State = "paper out"
	CoverOpen   State = "cover open"
	Faulty      State = "error"
	Away        State = "away"    // not there, or it no longer answers
	Refused     State = "refused" // it is there and may not be used, or not so
)

// Fine tells that the unit does its work.
func (s State) Fine() bool {
	return s == OK || s == NearEnd || s == Presented || s == Card || s == Crowded
}

// Bad tells that it does not. What is neither is not known.
func (s State) Bad() bool {
	return s == PaperOut || s == CoverOpen || s == Faulty || s == Away || s == Refused
}

// Condition is one unit and how it is.
type Condition struct {
	Unit    string
	Thing   string // ThingPrinter…
	Model   string
	State   State
	Since   time.Time    // when State began; zero = it was never another
	Trouble trouble.Code // what somebody must do about; "" = nothing
}

// troubles are what can be wrong with each thing; at most one is, of each unit.
var troubles = map[string][]trouble.Code{
	ThingScanner: {"scanner-away", "scanner-refused"},
	ThingReader:  {"reader-away", "reader-daemon", "reader-denied", "reader-unseen"},
	ThingPrinter: {"printer-away", "printer-refused", "printer-paper", "printer-near", "printer-open", "printer-faulty"},
	ThingCamera:  {"camera-away", "camera-refused"},
	ThingSpeaker: {"speaker-away", "speaker-wrong"},
}

// conditions are how all units are.
type conditions struct {
	mu      sync.Mutex // guards what follows
	all     []Condition
	changed chan struct{} // closed at the next change
}

func (c *conditions) add(thing, unit, model string) {
	c.all = append(c.all, Condition{Unit: unit, Thing: thing, Model: model, State: Unknown})
}

// set notes how a unit is, and tells whether that is another state than before.
func (c *conditions) set(unit string, state State, wrong trouble.Code, at time.Time) (now Condition, changed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.all, func(k Condition) bool { return k.Unit == unit })
	if i < 0 {
		return Condition{}, false
	}
	k := &c.all[i]
	changed = k.State != state || k.Trouble != wrong
	if changed {
		k.State, k.Trouble, k.Since = state, wrong, at
		c.wake()
	}
	return *k, changed
}

// ring wakes who waits for a change.
func (c *conditions) ring() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wake()
}

// wake is ring; c.mu is held.
func (c *conditions) wake() {
	if c.changed != nil {
		close(c.changed)
		c.changed = nil
	}
}

// of lists the units of one thing, in the order of preference.
func (c *conditions) of(thing string) []Condition {
	return slices.DeleteFunc(c.list(), func(k Condition) bool { return k.Thing != thing })
}

func (c *conditions) list() []Condition {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.all)
}

// change gives a channel that is closed at the next change.
func (c *conditions) change() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.changed == nil {
		c.changed = make(chan struct{})
	}
	return c.changed
}

// Conditions tells how every configured unit is, in the order of preference.
func (s *Station) Conditions() []Condition { return s.units.list() }

// Best is the state of the best unit of a thing: one that is fine, else one of which
// nothing is known, else the preferred one; Away where there is none.
func (s *Station) Best(thing string) State {
	best := State("")
	for _, c := range s.units.list() {
		switch {
		case c.Thing != thing:
		case c.State.Fine():
			return c.State
		case best == "" || best.Bad() && !c.State.Bad():
			best = c.State
		}
	}
	return cmp.Or(best, Away)
}

// is notes how a unit is and keeps its troubles true. wrong is "" when nobody has
// to do anything.
func (s *Station) is(unit string, state State, wrong trouble.Code, err error) (changed bool) {
	now, changed := s.units.set(unit, state, wrong, s.Now())
	for _, code := range troubles[now.Thing] {
		s.mend(code, unit, code != wrong, err)
	}
	if changed {
		s.Log.Info(now.Thing, "unit", unit, "state", string(state))
	}
	return changed
}

// mend sets or clears a trouble and logs the change.
func (s *Station) mend(code trouble.Code, unit string, fine bool, err error) {
	args := []any{"trouble", string(code)}
	if unit != "" {
		args = append(args, "unit", unit)
	}
	if fine {
		if s.Troubles.ClearUnit(code, unit) {
			s.Log.Info("healed", args...)
		}
		return
	}
	if s.Troubles.SetUnit(code, unit, s.Now()) {
		if err != nil {
			args = append(args, "err", err)
		}
		s.Log.Warn("trouble", args...)
	}
}

// lost tells how a unit that cannot be opened or was lost is: not there, or there
// and not to be had.
func lost(err error, away, refused trouble.Code) (State, trouble.Code) {
	if errors.Is(err, devices.ErrRefused) {
		return Refused, refused
	}
	return Away, away
}

// papers are the states of a printer, with what is to be done about each.
var papers = map[receipt.Status]struct {
	state State
	wrong trouble.Code
}{
	receipt.Unknown: {Unknown, ""}, receipt.Unsupported: {Unsupported, ""}, receipt.OK: {OK, ""}, receipt.Presented: {Presented, ""},
	receipt.NearEnd: {NearEnd, "printer-near"}, receipt.PaperOut: {PaperOut, "printer-paper"},
	receipt.CoverOpen: {CoverOpen, "printer-open"}, receipt.Error: {Faulty, "printer-faulty"}, receipt.Offline: {Away, "printer-away"},
}
