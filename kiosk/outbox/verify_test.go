package outbox

import (
	"errors"
	"testing"
	"time"
)

func TestVerify(t *testing.T) {
	b := open(t, t.TempDir(), Options{})
	var ids []string
	for range 4 {
		it := item(300)
		put(t, b, it)
		ids = append(ids, it.ID)
	}
	ok(t, b.Received(t.Context(), ids[0], Confirmation{}))
	if _, err := b.Retain(t.Context(), time.Now().Add(8*day)); err != nil {
		t.Fatal(err)
	}
	if _, err := b.write.Exec("UPDATE payload SET sealed = substr(sealed, 2) WHERE id = ?", ids[1]); err != nil {
		t.Fatal(err)
	}
	odd := errors.New("odd header")
	v, err := b.Verify(t.Context(), func(it Item) error {
		if it.ID == ids[2] {
			return odd
		}
		return nil
	})
	if err != nil || v.Whole != 1 || v.Dropped != 1 || len(v.Faults) != 2 {
		t.Fatalf("Verify = %+v, %v; want one whole, one dropped, two at fault", v, err)
	}
	if f := v.Faults[0]; f.ID != ids[1] || !errors.Is(f.Err, ErrDamaged) || f.State != Queued {
		t.Errorf("first fault %+v, want the damaged one", f)
	}
	if f := v.Faults[1]; f.ID != ids[2] || !errors.Is(f.Err, odd) {
		t.Errorf("second fault %+v, want the odd one", f)
	}
}
