// Package authority opens dossiers for what central received: it says which
// procedures are taken and gives each dossier its code.
package authority

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strconv"
	"time"

	"motcua/cmd/central/internal/ledger"
)

// zone is the time of the authority: all of Vietnam is seven hours ahead of UTC.
var zone = time.FixedZone("ICT", 7*60*60)

// Verdict is whether a procedure may be submitted at a station.
type Verdict int

// The verdicts.
const (
	Unknown Verdict = iota // not in the catalogue
	Guided                 // another office takes it
	Taken
)

// Rulebook says of a procedure's code what may be done with it.
type Rulebook func(code string) Verdict

// Agencies turn a unit into the agency code that starts its dossier codes.
type Agencies struct {
	Prefix string            // of the province: "H26"
	Own    map[string]string // codes of units that do not follow the rule
}

var agency = regexp.MustCompile(`^[A-Z][0-9]{2}(\.[0-9]{1,4}){0,3}$`)

// Check tells whether every code is one that a dossier code may start with.
func (a Agencies) Check() error {
	if !agency.MatchString(a.Prefix) {
		return fmt.Errorf("agency prefix %q is not like H26", a.Prefix)
	}
	for unit, code := range a.Own {
		if !agency.MatchString(code) {
			return fmt.Errorf("agency code %q of unit %s is not like H26.82", code, unit)
		}
	}
	return nil
}

// Code gives the agency code of a five-digit unit: its own, else prefix and
// number, "H26.82" for 00082. A part has at most four digits, so 10231 becomes
// "H26.1.0231".
func (a Agencies) Code(unit string) string {
	if code, ok := a.Own[unit]; ok {
		return code
	}
	n, err := strconv.Atoi(unit)
	if err != nil || len(unit) != 5 {
		return a.Prefix
	}
	if n < 10000 {
		return fmt.Sprintf("%s.%d", a.Prefix, n)
	}
	return fmt.Sprintf("%s.%s.%s", a.Prefix, unit[:1], unit[1:])
}

// Authority opens dossiers a while after reception, or at once.
type Authority struct {
	ledger   *ledger.Ledger
	agencies Agencies
	delay    time.Duration
	log      *slog.Logger
	arrived  chan struct{}
}

// New makes an authority that opens each dossier delay after its reception.
func New(l *ledger.Ledger, agencies Agencies, delay time.Duration, log *slog.Logger) *Authority {
	return &Authority{ledger: l, agencies: agencies, delay: delay, log: log, arrived: make(chan struct{}, 1)}
}

// AtOnce gives the series of the dossier to open together with reception at
// moment, or nil when the authority takes its time.
func (a *Authority) AtOnce(unit string, moment time.Time) *ledger.Series {
	if a.delay > 0 {
		return nil
	}
	s := a.series(unit, moment)
	return &s
}

// series are the codes of one agency on one day, "H26.82-261121-0001"
// (circular 01/2018, article 19; decision 20/2020).
func (a *Authority) series(unit string, moment time.Time) ledger.Series {
	agency, day := a.agencies.Code(unit), Day(moment)
	return ledger.Series{Agency: agency, Day: day, Code: func(n int) string {
		return fmt.Sprintf("%s-%s-%04d", agency, day, n)
	}}
}

// Day gives the authority's day of a moment, "261121".
func Day(moment time.Time) string { return moment.In(zone).Format("060102") }

// NextDay gives when the authority's next day begins.
func NextDay(moment time.Time) time.Time {
	y, m, d := moment.In(zone).Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, zone)
}

// Arrived tells that something was received. It never blocks.
func (a *Authority) Arrived() {
	select {
	case a.arrived <- struct{}{}:
	default:
	}
}

// batch is how many dossiers are looked up at a time.
const batch = 100

// patience is how long to wait when the ledger cannot be written.
const patience = 2 * time.Second

// Run opens dossiers when they are due, in the order of reception, until ctx
// ends; it then returns nil. It goes on where an earlier run stopped.
func (a *Authority) Run(ctx context.Context) error {
	for {
		wait, err := a.openDue(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, ledger.ErrBusy):
			a.log.Warn("authority: ledger cannot write, trying again", "err", err)
			wait = patience
		case err != nil:
			return err
		}
		var due <-chan time.Time // nil: nothing to wait for but an arrival
		if wait > 0 {
			due = time.After(wait)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-due:
		case <-a.arrived:
		}
	}
}

// openDue opens all that is due and gives how long it is to the next one; 0 =
// there is none.
func (a *Authority) openDue(ctx context.Context) (time.Duration, error) {
	for {
		list, err := a.ledger.Unopened(ctx, batch)
		if err != nil {
			return 0, err
		}
		for _, r := range list {
			now := time.Now()
			// The clock may have been set back since: never wait longer than the delay.
			if wait := min(r.Received.Add(a.delay).Sub(now), a.delay); wait > 0 {
				return wait, nil
			}
			if err := a.ledger.Number(ctx, r.ID, a.series(r.Unit, now), now); err != nil {
				return 0, err
			}
			a.log.Info("dossier opened", "id", r.ID, "station", r.Station)
		}
		if len(list) < batch {
			return 0, nil
		}
	}
}
