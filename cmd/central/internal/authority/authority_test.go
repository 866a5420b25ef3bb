package authority

import (
	"context"
	"log/slog"
	"path/filepath"
	"regexp"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"motcua/cmd/central/internal/ledger"
	"motcua/kiosk/contract"
	"motcua/kiosk/submission"
)

func TestAgencyCode(t *testing.T) {
	a := Agencies{Prefix: "H26", Own: map[string]string{"00070": "H26.3.7"}}
	for unit, want := range map[string]string{
		"00082": "H26.82", "00004": "H26.4", "09999": "H26.9999", "10231": "H26.1.0231", "00070": "H26.3.7", "x": "H26", "": "H26",
	} {
		if got := a.Code(unit); got != want {
			t.Errorf("Code(%q) = %s, want %s", unit, got, want)
		}
	}
	if err := a.Check(); err != nil {
		t.Error(err)
	}
	for _, bad := range []Agencies{{}, {Prefix: "h26"}, {Prefix: "H26", Own: map[string]string{"00070": "H26.12345"}}, {Prefix: "H26.1.2.3.4"}} {
		if bad.Check() == nil {
			t.Errorf("%+v passes", bad)
		}
	}
}

// Every code follows the form that the contract promises, and no two units of
// a province share an agency.
func TestCodesProperty(t *testing.T) {
	form := regexp.MustCompile(`^([0-9]{3}\.[0-9]{2}\.[0-9]{2}\.)?[A-Z][0-9]{2}(\.[0-9]{1,4}){0,3}-([0-9]{6}|[0-9]{8})-[0-9]{4,7}$`)
	a := New(nil, Agencies{Prefix: "H26"}, 0, nil)
	rapid.Check(t, func(r *rapid.T) {
		unit, other := rapid.StringMatching(`[0-9]{5}`).Draw(r, "unit"), rapid.StringMatching(`[0-9]{5}`).Draw(r, "other")
		at := time.Unix(rapid.Int64Range(0, 4e9).Draw(r, "at"), 0)
		s := a.AtOnce(unit, at)
		if code := s.Code(rapid.IntRange(1, 9_999_999).Draw(r, "n")); !form.MatchString(code) {
			r.Fatalf("code %s", code)
		}
		if o := a.AtOnce(other, at); (s.Agency == o.Agency) != (unit == other) {
			r.Fatalf("%s and %s: agencies %s and %s", unit, other, s.Agency, o.Agency)
		}
	})
}

// The day of a dossier is Vietnam's, not London's.
func TestDayIsVietnams(t *testing.T) {
	a := New(nil, Agencies{Prefix: "H26"}, 0, nil)
	if got := a.AtOnce("00082", time.Date(2026, 11, 21, 17, 0, 0, 0, time.UTC)).Code(7); got != "H26.82-261122-0007" {
		t.Errorf("code %s", got)
	}
	if got := a.AtOnce("00082", time.Date(2026, 11, 21, 16, 59, 59, 0, time.UTC)).Code(12345); got != "H26.82-261121-12345" {
		t.Errorf("code %s", got)
	}
}

func accept(t *testing.T, l *ledger.Ledger) string {
	t.Helper()
	id := submission.NewID()
	_, fresh, err := l.Accept(t.Context(), ledger.Record{ID: id, Station: "CN-03", Unit: "00082", Digest: id,
		Procedure: contract.ProcedureName{Code: "1.001193", Title: "Đăng ký khai sinh"}, Received: time.Now()}, nil)
	if err != nil || !fresh {
		t.Fatalf("Accept: fresh %v, %v", fresh, err)
	}
	return id
}

func dossier(t *testing.T, l *ledger.Ledger, id string) string {
	t.Helper()
	r, err := l.Known(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return r.Dossier
}

func TestRunOpensAfterTheDelay(t *testing.T) {
	path := filepath.Join(t.TempDir(), ledger.Name)
	synctest.Test(t, func(t *testing.T) {
		l, err := ledger.Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		left := accept(t, l) // by an earlier run
		a := New(l, Agencies{Prefix: "H26"}, time.Hour, slog.New(slog.DiscardHandler))
		if a.AtOnce("00082", time.Now()) != nil {
			t.Error("the dossier is opened at once")
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- a.Run(ctx) }()

		time.Sleep(30 * time.Minute)
		second := accept(t, l)
		a.Arrived()
		a.Arrived() // never blocks
		time.Sleep(30*time.Minute - time.Millisecond)
		synctest.Wait()
		if d := dossier(t, l, left); d != "" {
			t.Errorf("opened early: %s", d)
		}
		time.Sleep(2 * time.Millisecond)
		synctest.Wait()
		if d := dossier(t, l, left); d != "H26.82-000101-0001" { // bubbles begin in 2000
			t.Errorf("after the delay: %q", d)
		}
		if d := dossier(t, l, second); d != "" {
			t.Errorf("the second was opened early: %s", d)
		}
		time.Sleep(30 * time.Minute)
		synctest.Wait()
		if d := dossier(t, l, second); d != "H26.82-000101-0002" {
			t.Errorf("second: %q", d)
		}
		third := accept(t, l) // nothing waits now: the arrival wakes it
		a.Arrived()
		time.Sleep(time.Hour + time.Millisecond)
		synctest.Wait()
		if d := dossier(t, l, third); d != "H26.82-000101-0003" {
			t.Errorf("third: %q", d)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}
