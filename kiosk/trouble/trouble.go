// Package trouble says what is wrong at a station now, since when, and who must
// act. A trouble is data: absence means healed. Its words are in the texts
// under "trouble.CODE.title" and "trouble.CODE.text".
package trouble

import (
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
}

// Kinds are all troubles there are.
var kinds = map[Code]Kind{
	"scanner-away":   {Staff, 10 * time.Second},
	"reader-away":    {Staff, 10 * time.Second},
	"reader-daemon":  {Technician, 10 * time.Second},
	"reader-denied":  {Technician, 10 * time.Second},
	"reader-unseen":  {Technician, 10 * time.Second},
	"printer-away":   {Staff, 10 * time.Second},
	"printer-paper":  {Staff, 0},
	"printer-near":   {Staff, 0},
	"printer-open":   {Staff, 0},
	"printer-faulty": {Technician, 0},
	"speaker-away":   {Technician, 30 * time.Second},
	"central-away":   {Nobody, 60 * time.Second},
	"clock-wrong":    {Technician, 0},
	"outbox-full":    {Technician, 0},
	"outbox-broken":  {Technician, 0},
	"outbox-damaged": {Technician, 0},
	"refused":        {Staff, 0},
	"staff-called":   {Staff, 0},
}

// Codes lists every trouble there is, sorted.
func Codes() []Code { return slices.Sorted(maps.Keys(kinds)) }

// Trouble is one thing wrong now.
type Trouble struct {
	Code  Code
	Who   Who
	Since time.Time
}

// Board holds what is wrong now. The zero Board is ready; safe for all.
type Board struct {
	mu    sync.Mutex // guards wrong
	wrong map[Code]time.Time
}

// Set says that code is wrong since at; it keeps the first moment. A code that
// is not known is a mistake in the program: it panics.
func (b *Board) Set(code Code, at time.Time) (isNew bool) {
	if _, ok := kinds[code]; !ok {
		panic("trouble: no such code " + string(code))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, there := b.wrong[code]; there {
		return false
	}
	if b.wrong == nil {
		b.wrong = map[Code]time.Time{}
	}
	b.wrong[code] = at
	return true
}

// Clear says that code healed, and whether it was wrong.
func (b *Board) Clear(code Code) (was bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, was = b.wrong[code]
	delete(b.wrong, code)
	return was
}

// Now lists what is wrong and old enough to be shown, oldest first.
func (b *Board) Now(at time.Time) []Trouble {
	return slices.DeleteFunc(b.All(), func(t Trouble) bool { return at.Sub(t.Since) < kinds[t.Code].ShowAfter })
}

// All lists everything that is wrong, blips too, oldest first.
func (b *Board) All() []Trouble {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []Trouble
	for code, since := range b.wrong {
		out = append(out, Trouble{Code: code, Who: kinds[code].Who, Since: since})
	}
	slices.SortFunc(out, func(a, b Trouble) int {
		if c := a.Since.Compare(b.Since); c != 0 {
			return c
		}
		if a.Code < b.Code {
			return -1
		}
		return 1
	})
	return out
}
