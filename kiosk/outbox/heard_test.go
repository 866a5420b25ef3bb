package outbox

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// What was heard only ever moves on, and outlives the process and a damage.
func TestHeard(t *testing.T) {
	dir, _ := aged(t, 4, false)
	check := func(b *Outbox, what Heard, want time.Time) {
		t.Helper()
		if got, err := b.Heard(t.Context(), what); err != nil || !got.Equal(want) {
			t.Errorf("Heard(%s) = %v, %v; want %v", what, got, err, want)
		}
	}
	b := open(t, dir, Options{})
	check(b, HeardLost, time.Time{})
	for _, at := range []time.Time{noon, noon.Add(time.Hour), noon.Add(time.Minute)} {
		ok(t, b.Remember(t.Context(), HeardLost, at))
	}
	check(b, HeardLost, noon.Add(time.Hour))
	check(b, HeardByStick, time.Time{})
	if _, err := b.tend.Exec("PRAGMA wal_checkpoint(RESTART)"); err != nil {
		t.Fatal(err)
	}
	ok(t, b.Close())
	b = open(t, dir, Options{})
	check(b, HeardLost, noon.Add(time.Hour))
	ok(t, b.Close())
	clearLog(t, dir)
	spoil(t, dir, fileName, (pagesOf(t, dir, "sqlite_autoindex_submission_1")-1)*pageSize, pageSize)
	b = open(t, dir, Options{})
	if b.Damage() == nil {
		t.Fatal("the damage was not found")
	}
	check(b, HeardLost, noon.Add(time.Hour))
}

// A dossier that is known is not forgotten by an older word, and one that
// central took is not refused by one that waits for it no more.
func TestOlderWordsChangeNothing(t *testing.T) {
	b := open(t, t.TempDir(), Options{})
	it := item(100)
	put(t, b, it)
	ok(t, b.Received(t.Context(), it.ID, Confirmation{At: noon, State: "opened", Dossier: "H26.82-261120-0001"}))
	before, err := b.Show(t.Context(), it.ID)
	ok(t, err)
	ok(t, b.Received(t.Context(), it.ID, Confirmation{At: noon.Add(-time.Hour), State: "received"}))
	if err := b.Apply(t.Context(), b.MarkDeclined(it.ID, Reason{Code: "schema"})); !errors.Is(err, ErrSettled) {
		t.Errorf("declined after it was received: %v, want ErrSettled", err)
	}
	e, err := b.Show(t.Context(), it.ID)
	if err != nil || e.State != Received || e.Central != before.Central {
		t.Errorf("%s, %+v, %v; want it as before: %+v", e.State, e.Central, err, before.Central)
	}
	if sum := sha256.Sum256(it.Sealed); !bytes.Equal(e.Sum, sum[:]) {
		t.Errorf("Sum = %x", e.Sum)
	}
	waits := item(100)
	put(t, b, waits)
	ok(t, b.Apply(t.Context(), b.MarkDeclined(waits.ID, Reason{Code: "schema", Owner: Staff})))
	if e, err := b.Show(t.Context(), waits.ID); err != nil || e.State != Refused || e.Reason.Owner != Staff {
		t.Errorf("%+v, %v", e, err)
	}
}
