package outbox

import (
	"errors"
	"testing"
	"time"
)

func TestApplyManyAtOnce(t *testing.T) {
	b := open(t, t.TempDir(), Options{})
	var ids []string
	for range 4 {
		it := item(100)
		put(t, b, it)
		ids = append(ids, it.ID)
	}
	ok(t, b.Apply(t.Context(), b.MarkSending(ids[0]), b.MarkSending(ids[1]), b.MarkSending(ids[2])))
	ok(t, b.Apply(t.Context(), b.MarkRetry(ids[1], time.Minute, Reason{Code: "busy"})))
	ok(t, b.Apply(t.Context(), b.MarkSending(ids[1])))
	err := b.Apply(t.Context(), b.MarkReceived(ids[0], Confirmation{Dossier: "H26.82-1"}), b.MarkUnsent(ids[1]),
		b.MarkUnsent(ids[2]), b.MarkUnsent(ids[3]), b.MarkSending("unknown"))
	if !errors.Is(err, ErrSettled) || !errors.Is(err, ErrUnknown) {
		t.Errorf("Apply = %v, want ErrSettled of the one that was not sending and ErrUnknown", err)
	}
	for i, want := range []struct {
		state    State
		attempts int
	}{{Received, 1}, {Resend, 1}, {Queued, 0}, {Queued, 0}} {
		e, err := b.Show(t.Context(), ids[i])
		if err != nil || e.State != want.state || e.Attempts != want.attempts {
			t.Errorf("%d: %s after %d tries, %v; want %s after %d", i, e.State, e.Attempts, err, want.state, want.attempts)
		}
		if i == 2 && !e.Tried.IsZero() {
			t.Errorf("one that was never sent was tried %v", e.Tried)
		}
	}
}

func TestDue(t *testing.T) {
	b := open(t, t.TempDir(), Options{})
	var ids []string
	for range 5 {
		it := item(1000)
		put(t, b, it)
		ids = append(ids, it.ID)
	}
	ok(t, b.Retry(t.Context(), ids[1], time.Hour, Reason{}))
	if _, err := b.write.Exec("UPDATE payload SET sealed = x'00' WHERE id = ?", ids[0]); err != nil {
		t.Fatal(err)
	}
	got := func(n, bytes int) (list []string) {
		t.Helper()
		due, err := b.Due(t.Context(), time.Now(), n, bytes)
		ok(t, err)
		for _, it := range due {
			list = append(list, it.ID)
		}
		return list
	}
	check := func(what string, got []string, want ...string) {
		t.Helper()
		if len(got) != len(want) {
			t.Fatalf("%s: %d, want %d", what, len(got), len(want))
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s: %v, want %v", what, got, want)
			}
		}
	}
	check("the first, damaged, gives way", got(1, 1<<20), ids[2])
	check("two thousand bytes", got(10, 2000), ids[2], ids[3])
	check("one at least", got(10, 0), ids[2])
	check("all that are due", got(10, 1<<20), ids[2], ids[3], ids[4])
	if e, err := b.Show(t.Context(), ids[0]); err != nil || e.State != Refused || e.Reason.Owner != Technician {
		t.Errorf("the damaged one: %+v, %v; want it refused", e, err)
	}
	if it, err := b.Item(t.Context(), ids[1]); err != nil || len(it.Sealed) != 1000 {
		t.Errorf("Item of one that is not due: %d bytes, %v", len(it.Sealed), err)
	}
	if _, err := b.Item(t.Context(), ids[0]); !errors.Is(err, ErrDamaged) {
		t.Errorf("Item of a damaged one = %v, want ErrDamaged", err)
	}
}
