package outbox

import (
	"testing"
	"time"
)

// A station that was killed while it laid its log out opens again.
func TestKilledWhileLayingTheLog(t *testing.T) {
	for _, whole := range []bool{false, true} {
		dir := t.TempDir()
		b := open(t, dir, Options{})
		it := item(100)
		put(t, b, it)
		if _, err := b.write.Exec("CREATE TABLE room (n INTEGER PRIMARY KEY, x BLOB); INSERT INTO room VALUES (1, zeroblob(100000))"); err != nil {
			t.Fatal(err)
		}
		if !whole {
			if _, err := b.write.Exec("PRAGMA application_id = 0; PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
				t.Fatal(err)
			}
		}
		ok(t, b.Close())
		b = open(t, dir, Options{})
		if d := b.Damage(); d != nil {
			t.Errorf("Damage = %+v", d)
		}
		if got := next(t, b, time.Now()); got != it.ID {
			t.Errorf("Next = %s, want %s", got, it.ID)
		}
		ok(t, b.Close())
	}
}
