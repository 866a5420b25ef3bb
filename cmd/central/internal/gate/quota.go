package gate

import (
	"context"
	"fmt"
	"sync"
	"time"

	"motcua/cmd/central/internal/authority"
	"motcua/cmd/central/internal/ledger"
)

// Bound is how much of one kind a station may bring on one day; 0 = any.
type Bound struct{ Count, Bytes int64 }

// Quota is how much one station may bring on one day, so that one that is broken
// or in wrong hands fills no disk. What it put before and puts again is free. It
// must let in what a station stores in months without a network.
type Quota struct{ Submissions, Parts Bound }

// longestWait is the most that a station is told to wait: the contract's limit.
const longestWait = time.Hour

// meter counts what stations bring. It is written with the pulses: what a crash
// loses of it are seconds.
type meter struct {
	quota  Quota
	ledger *ledger.Ledger

	mu   sync.Mutex // guards what follows
	day  string
	used map[string]*dues // by station
}

// dues is what one station brought today.
type dues struct {
	known ledger.Usage // as the ledger had it, by every central of its folder
	fresh ledger.Usage // and since
	told  map[ledger.Kind]bool
}

// spent tells whether station may bring no more of kind today, and whether
// nobody was told so yet.
func (m *meter) spent(ctx context.Context, station string, kind ledger.Kind, now time.Time) (over, first bool, err error) {
	b := m.quota.of(kind)
	if b == (Bound{}) {
		return false, false, nil
	}
	d, err := m.dues(ctx, station, now)
	if err != nil {
		return false, false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	n := d.known.Of(kind).Plus(d.fresh.Of(kind))
	over = b.Count > 0 && n.Count >= b.Count || b.Bytes > 0 && n.Bytes >= b.Bytes
	if first = over && !d.told[kind]; first {
		d.told[kind] = true
	}
	return over, first, nil
}

func (q Quota) of(kind ledger.Kind) Bound {
	if kind == ledger.Parts {
		return q.Parts
	}
	return q.Submissions
}

// dues finds what station brought today; the first time in the ledger.
func (m *meter) dues(ctx context.Context, station string, now time.Time) (*dues, error) {
	day := authority.Day(now)
	m.mu.Lock()
	if m.day != day {
		m.day, m.used = day, map[string]*dues{}
	}
	d := m.used[station]
	m.mu.Unlock()
	if d != nil {
		return d, nil
	}
	known, err := m.ledger.Used(ctx, station, day)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if there := m.used[station]; there != nil && m.day == day {
		return there, nil
	}
	d = &dues{known: known, told: map[ledger.Kind]bool{}}
	if m.day == day {
		m.used[station] = d
	}
	return d, nil
}

// add counts what station brought.
func (m *meter) add(ctx context.Context, station string, kind ledger.Kind, count, bytes int64, now time.Time) error {
	d, err := m.dues(ctx, station, now)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	d.fresh = d.fresh.With(kind, ledger.Amount{Count: count, Bytes: bytes})
	return nil
}

// flush writes what was counted, and hears what other centrals counted.
func (m *meter) flush(ctx context.Context) error {
	m.mu.Lock()
	day, fresh := m.day, map[string]ledger.Usage{}
	for station, d := range m.used {
		if d.fresh != (ledger.Usage{}) {
			fresh[station] = d.fresh
		}
	}
	m.mu.Unlock()
	if len(fresh) == 0 {
		return nil
	}
	now, err := m.ledger.Use(ctx, day, fresh)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for station, written := range fresh {
		if d := m.used[station]; d != nil && m.day == day {
			d.known, d.fresh = now[station], d.fresh.Less(written)
		}
	}
	return nil
}

// mayBring refuses station's bringing more of kind than a day allows. The first
// time on a day it is told to staff.
func (g *Gate) mayBring(ctx context.Context, station string, kind ledger.Kind) error {
	now := time.Now()
	over, first, err := g.quota.spent(ctx, station, kind, now)
	if err != nil || !over {
		return err
	}
	b := g.quota.quota.of(kind)
	if first {
		why := fmt.Sprintf("no more %s today: at most %d, %d MiB", kind, b.Count, b.Bytes>>20)
		g.log.Warn("station is over its quota", "station", station, "kind", string(kind), "count", b.Count, "bytes", b.Bytes)
		if err := g.ledger.Note(ctx, ledger.Line{At: now, Act: ledger.Bounded, Station: station, Code: "over-quota", Why: why}); err != nil {
			return err
		}
	}
	no := refuse("over-quota", string(kind))
	no.after = int(min(authority.NextDay(now).Sub(now)+time.Second, longestWait).Seconds())
	return no
}

// brought counts what was taken in, or refused and noted. A count that fails
// fails no submission.
func (g *Gate) brought(ctx context.Context, station string, kind ledger.Kind, count, bytes int64) {
	if err := g.quota.add(context.WithoutCancel(ctx), station, kind, count, bytes, time.Now()); err != nil {
		g.log.Error("what a station brought was not counted", "station", station, "err", err)
	}
}
