// Package trouble says what is wrong at a station now, since when, and who must
// act. A trouble is data: absence means healed. Its words are in the texts
// under "trouble.CODE.title" and "trouble.CODE.text".
package trouble

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"
)

// Code names a trouble; it is a key of the texts and of the log.
type Code string

// Who must act.
type Who string

// The people who act.
const (
	Nobody     Who = "nobody" // heals by itself
	Staff      Who = "staff"
	Technician Who = "technician"
)

// Kind is what is known of a trouble before it happens.
type Kind struct {
	Who       Who
	ShowAfter time.Duration // a blip shorter than this is not shown
	// PassOn is after how long staff have done what they can and the technician
	// must act; 0 = never.
	PassOn  time.Duration
	Picture string // of what to do, as visit.Picture names it; "" = none helps
}

// How long it takes until somebody is told. A cable that is put back within ten
// seconds, or a driver that finds its unit anew, alarms nobody.
const (
	blip  = 10 * time.Second
	shift = 30 * time.Minute
)

// kinds are all troubles there are.
var kinds = map[Code]Kind{
	"scanner-away":    {Staff, blip, shift, "cable"},
	"scanner-refused": {Technician, blip, 0, ""},
	"reader-away":     {Staff, blip, shift, "cable"},
	"reader-daemon":   {Technician, blip, 0, ""},
	"reader-denied":   {Technician, blip, 0, ""},
	"reader-unseen":   {Technician, blip, 0, ""},
	"printer-away":    {Staff, blip, shift, "cable"},
	"printer-refused": {Technician, blip, 0, ""},
	"printer-paper":   {Staff, 0, shift, "printer-roll"},
	"printer-near":    {Staff, 0, 0, "printer-roll"},
	"printer-open":    {Staff, 0, shift, "printer-shut"},
	"printer-faulty":  {Technician, 0, 0, ""},
	"receipt-owed":    {Staff, blip, 0, "receipt"},
	"camera-away":     {Staff, blip, shift, "cable"},
	"camera-refused":  {Technician, blip, 0, ""},
	"speaker-away":    {Technician, 30 * time.Second, 0, "cable"},
	"speaker-wrong":   {Technician, 30 * time.Second, 0, ""},
	"central-away":    {Nobody, 60 * time.Second, 0, ""},
	"clock-wrong":     {Technician, 0, 0, ""},
	"outbox-filling":  {Technician, 0, 0, ""},
	"outbox-full":     {Technician, 0, 0, ""},
	"outbox-broken":   {Technician, 0, 0, ""},
	"outbox-damaged":  {Technician, 0, 0, ""},
	"handover-away":   {Technician, 60 * time.Second, 0, ""},
	"refused":         {Staff, 0, 0, ""},
	"staff-called":    {Staff, 0, 0, ""},
}

// Codes lists every trouble there is, sorted.
func Codes() []Code { return slices.Sorted(maps.Keys(kinds)) }

// KindOf tells what is known of a code; the zero Kind of one that is not known.
func KindOf(c Code) Kind { return kinds[c] }

// Trouble is one thing wrong now.
type Trouble struct {
	Code  Code
	Unit  string // the peripheral, by its name in the configuration; "" = the station as a whole
	Who   Who
	Since time.Time
}

// place is where one thing can be wrong.
type place struct {
	code Code
	unit string
}

// Board holds what is wrong now. The zero Board is ready; safe for all.
type Board struct {
	mu      sync.Mutex // guards what follows
	wrong   map[place]time.Time
	changed chan struct{} // closed at the next change; nil = nobody waits
}

// Set says that code is wrong since at; it keeps the first moment. A code that
// is not known is a mistake in the program: it panics.
func (b *Board) Set(code Code, at time.Time) (isNew bool) { return b.SetUnit(code, "", at) }

// SetUnit is Set for one peripheral.
func (b *Board) SetUnit(code Code, unit string, at time.Time) (isNew bool) {
	if _, ok := kinds[code]; !ok {
		panic("trouble: no such code " + string(code))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, there := b.wrong[place{code, unit}]; there {
		return false
	}
	if b.wrong == nil {
		b.wrong = map[place]time.Time{}
	}
	b.wrong[place{code, unit}] = at
	b.ring()
	return true
}

// Clear says that code healed, and whether it was wrong.
func (b *Board) Clear(code Code) (was bool) { return b.ClearUnit(code, "") }

// ClearUnit is Clear for one peripheral.
func (b *Board) ClearUnit(code Code, unit string) (was bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, was = b.wrong[place{code, unit}]; was {
		delete(b.wrong, place{code, unit})
		b.ring()
	}
	return was
}

// ring wakes who waits for a change; b.mu is held.
func (b *Board) ring() {
	if b.changed != nil {
		close(b.changed)
		b.changed = nil
	}
}

// Changed gives a channel that is closed when something goes wrong or heals. Take
// it before looking at what is wrong, so that nothing is missed in between.
func (b *Board) Changed() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.changed == nil {
		b.changed = make(chan struct{})
	}
	return b.changed
}

// Now lists what is wrong and old enough to be shown, oldest first, each with who
// must act by then.
func (b *Board) Now(at time.Time) []Trouble {
	all := slices.DeleteFunc(b.All(), func(t Trouble) bool { return at.Sub(t.Since) < kinds[t.Code].ShowAfter })
	for i, t := range all {
		if k := kinds[t.Code]; k.PassOn > 0 && at.Sub(t.Since) >= k.PassOn {
			all[i].Who = Technician
		}
	}
	return all
}

// All lists everything that is wrong, blips too, oldest first.
func (b *Board) All() []Trouble {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []Trouble
	for p, since := range b.wrong {
		out = append(out, Trouble{Code: p.code, Unit: p.unit, Who: kinds[p.code].Who, Since: since})
	}
	slices.SortFunc(out, func(a, b Trouble) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Unit, b.Unit))
	})
	return out
}
