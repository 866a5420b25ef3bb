package ledger

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"motcua/kiosk/contract"
	"motcua/kiosk/submission"
)

func open(t testing.TB, path string) *Ledger {
	t.Helper()
	l, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func record(at time.Time) Record {
	id := submission.NewID()
	return Record{ID: id, Station: "CN-03", Unit: "00082", Claim: submission.Claim("CN-03", id), Digest: submission.Digest([]byte(id)),
		Sealed: []byte("sealed " + id), Procedure: contract.ProcedureName{Code: "1.001193", Title: "Đăng ký khai sinh"},
		Assurance: contract.AssuranceQR, Secret: "7F2K", Promised: at.Add(time.Hour), Received: at}
}

func series(day string) *Series {
	return &Series{Agency: "H26.82", Day: day, Code: func(n int) string { return fmt.Sprintf("H26.82-%s-%04d", day, n) }}
}

func TestAcceptOnce(t *testing.T) {
	l := open(t, filepath.Join(t.TempDir(), Name))
	at := time.UnixMilli(1_790_000_000_123).UTC()
	r := record(at)
	stored, fresh, err := l.Accept(t.Context(), r, series("261121"))
	if err != nil || !fresh {
		t.Fatalf("Accept: fresh %v, %v", fresh, err)
	}
	want := r
	want.N, want.Sealed, want.Dossier, want.Opened = 1, nil, "H26.82-261121-0001", at
	if diff := cmp.Diff(want, stored); diff != "" {
		t.Error(diff)
	}
	other := r
	other.Digest, other.Station, other.Sealed = "sha-256=:other:", "CN-04", []byte("other")
	again, fresh, err := l.Accept(t.Context(), other, series("261121"))
	if err != nil || fresh {
		t.Fatalf("Accept again: fresh %v, %v", fresh, err)
	}
	if diff := cmp.Diff(want, again); diff != "" {
		t.Errorf("the first one was changed: %s", diff)
	}
	found, err := l.Find(t.Context(), r.ID)
	if err != nil || string(found.Sealed) != string(r.Sealed) {
		t.Errorf("Find: %q, %v", found.Sealed, err)
	}
	if _, err := l.Find(t.Context(), submission.NewID()); !errors.Is(err, ErrUnknown) {
		t.Errorf("Find unknown: %v", err)
	}
}

// Two ledgers on one file, as two processes have it: numbers of a day are
// given in order, each once, whoever comes.
func TestNumbersAreNeverGivenTwice(t *testing.T) {
	path := filepath.Join(t.TempDir(), Name)
	ledgers := []*Ledger{open(t, path), open(t, path)}
	const each = 20
	var wg sync.WaitGroup
	for i := range 4 {
		l := ledgers[i%2]
		wg.Go(func() {
			for range each {
				r := record(time.Now())
				if _, fresh, err := l.Accept(t.Context(), r, series("261121")); err != nil || !fresh {
					t.Errorf("Accept: fresh %v, %v", fresh, err)
				}
			}
		})
	}
	wg.Wait()
	list, err := ledgers[0].List(t.Context(), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, r := range list {
		seen[r.Dossier] = true
	}
	for n := 1; n <= 4*each; n++ {
		if code := series("261121").Code(n); !seen[code] {
			t.Errorf("%s was not given", code)
		}
	}
	if len(list) != 4*each || len(seen) != 4*each {
		t.Errorf("%d records, %d codes, want %d of each", len(list), len(seen), 4*each)
	}
	next, _, err := ledgers[1].Accept(t.Context(), record(time.Now()), series("261122"))
	if err != nil || next.Dossier != "H26.82-261122-0001" {
		t.Errorf("the next day starts with %q, %v", next.Dossier, err)
	}
}

func TestNumberLater(t *testing.T) {
	l := open(t, filepath.Join(t.TempDir(), Name))
	at := time.UnixMilli(1_790_000_000_000).UTC()
	first, second := record(at), record(at.Add(time.Second))
	for _, r := range []Record{first, second} {
		if stored, _, err := l.Accept(t.Context(), r, nil); err != nil || stored.Dossier != "" {
			t.Fatalf("Accept: %q, %v", stored.Dossier, err)
		}
	}
	waiting, err := l.Unopened(t.Context(), 10)
	if err != nil || len(waiting) != 2 || waiting[0].ID != first.ID {
		t.Fatalf("Unopened: %d, %v", len(waiting), err)
	}
	for range 2 { // the second time changes nothing
		if err := l.Number(t.Context(), first.ID, *series("261121"), at.Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Number(t.Context(), second.ID, *series("261121"), at.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	r, err := l.Known(t.Context(), second.ID)
	if err != nil || r.Dossier != "H26.82-261121-0002" || !r.Opened.Equal(at.Add(time.Hour)) {
		t.Errorf("second: %q at %v, %v", r.Dossier, r.Opened, err)
	}
}

func TestLookUpNeedsSecret(t *testing.T) {
	l := open(t, filepath.Join(t.TempDir(), Name))
	twin, r := record(time.Now()), record(time.Now())
	twin.Claim, twin.Secret = r.Claim, "9999" // claims may meet
	for _, r := range []Record{r, twin} {
		if _, _, err := l.Accept(t.Context(), r, nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []Record{r, twin} {
		if got, err := l.LookUp(t.Context(), want.Claim, want.Secret); err != nil || got.ID != want.ID {
			t.Errorf("LookUp by claim: %s, %v", got.ID, err)
		}
	}
	for _, secret := range []string{"", "7F2", "7f2k", "7F2K ", "2222"} {
		if _, err := l.LookUp(t.Context(), r.ID, secret); !errors.Is(err, ErrUnknown) {
			t.Errorf("LookUp with %q: %v", secret, err)
		}
	}
}

func TestForgetKeepsTheID(t *testing.T) {
	l := open(t, filepath.Join(t.TempDir(), Name))
	now := time.Now()
	old, unopened, young := record(now.Add(-48*time.Hour)), record(now.Add(-48*time.Hour)), record(now)
	for _, r := range []Record{old, young} {
		if _, _, err := l.Accept(t.Context(), r, series("261121")); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := l.Accept(t.Context(), unopened, nil); err != nil {
		t.Fatal(err)
	}
	if n, err := l.Forget(t.Context(), now.Add(-24*time.Hour)); err != nil || n != 1 {
		t.Fatalf("Forget: %d, %v", n, err)
	}
	for _, test := range []struct {
		r    Record
		kept bool
	}{{old, false}, {unopened, true}, {young, true}} {
		got, err := l.Find(t.Context(), test.r.ID)
		if err != nil || got.Digest != test.r.Digest || (got.Sealed != nil) != test.kept {
			t.Errorf("kept %v, want %v: %v", got.Sealed != nil, test.kept, err)
		}
	}
	if _, fresh, err := l.Accept(t.Context(), old, nil); err != nil || fresh {
		t.Errorf("what was forgotten is taken again: fresh %v, %v", fresh, err)
	}
}

func TestAudit(t *testing.T) {
	l := open(t, filepath.Join(t.TempDir(), Name))
	at := time.UnixMilli(1_790_000_000_000).UTC()
	id := submission.NewID()
	first := Line{At: at, Act: Refused, Station: "CN-03", ID: id, Code: "schema", Why: "/unit pattern", Digest: "d", Size: 7}
	last := first
	last.At, last.Code = at.Add(time.Second), "tampered"
	for _, line := range []Line{first, last, {At: at, Act: Read, Station: "CN-03", ID: id, Why: "page"}} {
		if err := l.Note(t.Context(), line); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := l.Refusal(t.Context(), "CN-03", id); err != nil || !cmp.Equal(got, last) {
		t.Errorf("Refusal: %+v, %v", got, err)
	}
	if _, err := l.Refusal(t.Context(), "CN-04", id); !errors.Is(err, ErrUnknown) {
		t.Errorf("Refusal of another station: %v", err)
	}
	if err := l.Prune(t.Context(), at.Add(time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if lines, err := l.Audit(t.Context(), 10); err != nil || len(lines) != 1 || !cmp.Equal(lines[0], last) {
		t.Errorf("after Prune: %+v, %v", lines, err)
	}
}

func TestKeys(t *testing.T) {
	l := open(t, filepath.Join(t.TempDir(), Name))
	key := submission.NewStationKey("CN-03", time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)).Public()
	if err := l.Enrol(t.Context(), key, "00082", time.Now()); err != nil {
		t.Fatal(err)
	}
	got, unit, err := l.Key(t.Context(), key.ID)
	if err != nil || unit != "00082" || !cmp.Equal(got, key) {
		t.Errorf("Key: %+v %s %v", got, unit, err)
	}
	if _, _, err := l.Key(t.Context(), "CN-03.none"); !errors.Is(err, submission.ErrForeign) {
		t.Errorf("unknown kid: %v", err)
	}
	for station, want := range map[string]bool{"CN-03": true, "CN-04": false, "": false} {
		if there, err := l.Enrolled(t.Context(), station); err != nil || there != want {
			t.Errorf("Enrolled(%q) = %v, %v", station, there, err)
		}
	}
}

// A full disk is busy, not broken: the station sends again.
func TestFullDiskIsBusy(t *testing.T) {
	l := open(t, filepath.Join(t.TempDir(), Name))
	if _, err := l.write.ExecContext(t.Context(), `PRAGMA max_page_count = 1`); err != nil {
		t.Fatal(err)
	}
	r := record(time.Now())
	r.Sealed = make([]byte, 1<<20)
	if _, _, err := l.Accept(t.Context(), r, nil); !errors.Is(err, ErrBusy) {
		t.Errorf("Accept on a full disk: %v", err)
	}
	if _, err := l.Known(t.Context(), r.ID); !errors.Is(err, ErrUnknown) {
		t.Errorf("half of it is there: %v", err)
	}
	if _, err := l.write.ExecContext(t.Context(), `PRAGMA max_page_count = 1000000`); err != nil {
		t.Fatal(err)
	}
	if _, fresh, err := l.Accept(t.Context(), r, nil); err != nil || !fresh {
		t.Errorf("Accept when there is room again: fresh %v, %v", fresh, err)
	}
}

func TestDurability(t *testing.T) {
	l := open(t, filepath.Join(t.TempDir(), Name))
	for name, db := range map[string]*sql.DB{"write": l.write, "read": l.read} {
		var mode string
		var sync int
		if err := db.QueryRowContext(t.Context(), `PRAGMA journal_mode`).Scan(&mode); err != nil {
			t.Fatal(err)
		}
		if err := db.QueryRowContext(t.Context(), `PRAGMA synchronous`).Scan(&sync); err != nil {
			t.Fatal(err)
		}
		if mode != "wal" || sync != 2 {
			t.Errorf("%s: journal_mode %s, synchronous %d; want wal, 2 (FULL)", name, mode, sync)
		}
	}
	if _, err := l.read.ExecContext(t.Context(), `DELETE FROM submissions`); err == nil {
		t.Error("the reading side may write")
	}
}

func TestOpenFaults(t *testing.T) {
	dir := t.TempDir()
	garbage := filepath.Join(dir, "garbage ?%.db")
	if err := os.WriteFile(garbage, []byte("this is no ledger, it is a letter of more than a few bytes"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{garbage, filepath.Join(dir, "none", Name)} {
		if l, err := Open(t.Context(), path); err == nil {
			t.Errorf("%s opened", path)
			_ = l.Close()
		}
	}
	odd := filepath.Join(dir, "a ?b%20#c.db")
	if err := open(t, odd).Note(t.Context(), Line{At: time.Now(), Act: Read}); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(odd); err != nil {
		t.Error(err)
	}
}
