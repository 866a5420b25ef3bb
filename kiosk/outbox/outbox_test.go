package outbox

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

const holdEnv = "OUTBOX_TEST_HOLD"

// TestMain is also the second process of TestTwoProcesses, and the one that is
// killed in TestKilledWithParts.
func TestMain(m *testing.M) {
	if dir := os.Getenv(holdEnv); dir != "" {
		_, err := Open(context.Background(), dir, Options{})
		fmt.Print(errors.Is(err, ErrInUse))
		os.Exit(0)
	}
	if dir := os.Getenv(killEnv); dir != "" {
		partsVictim(dir)
	}
	os.Exit(m.Run())
}

// open opens an outbox for a test, closed at its end.
func open(t testing.TB, dir string, o Options) *Outbox {
	t.Helper()
	b, err := Open(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return b
}

// item makes an item of n random bytes, as sealed bytes look.
func item(n int) Item {
	sealed := make([]byte, n)
	for i := range sealed {
		sealed[i] = byte(rand.Uint32())
	}
	hash := sha256.Sum256([]byte("K7MP"))
	return Item{ID: uuid.Must(uuid.NewV7()).String(), Claim: "CN03-7F2K", Procedure: "1.001193", SecretHash: hash[:],
		Created: time.Date(2026, 11, 3, 9, 0, 0, 0, time.UTC), Sealed: sealed, Digest: "sha-256=:x:"}
}

func put(t testing.TB, b *Outbox, items ...Item) {
	t.Helper()
	for _, it := range items {
		if err := b.Put(context.Background(), it); err != nil {
			t.Fatal(err)
		}
	}
}

func next(t *testing.T, b *Outbox, now time.Time) string {
	t.Helper()
	it, ok, err := b.Next(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	if !ok {
		return ""
	}
	return it.ID
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestPutSurvivesReopening(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir, Options{})
	want := item(9000)
	put(t, b, want)
	ok(t, b.Close())

	b = open(t, dir, Options{})
	got, found, err := b.Next(t.Context(), time.Now())
	if err != nil || !found {
		t.Fatalf("Next = %v, %v", found, err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("Next differs (-want +got):\n%s", d)
	}
	if b.Damage() != nil {
		t.Errorf("Damage = %+v after a clean close", b.Damage())
	}
	for _, p := range []string{dir, filepath.Join(dir, storeDir)} {
		if fi, err := os.Stat(p); err != nil || fi.Mode().Perm() != 0o700 {
			t.Errorf("%s has mode %v, want 0700", p, fi.Mode())
		}
	}
	for _, p := range []string{"outbox.db", "outbox.db-wal"} {
		if fi, err := os.Stat(filepath.Join(dir, storeDir, p)); err != nil || fi.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, want 0600", p, fi.Mode())
		}
	}
}

// A kill does not show whether a commit was synced; only a power cut does. So
// this looks at the settings that make it so.
func TestCommitsAreSynced(t *testing.T) {
	b := open(t, t.TempDir(), Options{})
	for _, c := range []struct{ pragma, want string }{
		{"synchronous", "2"}, {"journal_mode", "wal"}, {"wal_autocheckpoint", "0"}, {"secure_delete", "1"}, {"busy_timeout", "5000"},
	} {
		var got string
		if err := b.write.QueryRow("PRAGMA " + c.pragma).Scan(&got); err != nil || got != c.want {
			t.Errorf("%s = %s, %v; want %s", c.pragma, got, err, c.want)
		}
	}
	var got string
	if err := b.tend.QueryRow("PRAGMA synchronous").Scan(&got); err != nil || got != "2" {
		t.Errorf("upkeep: synchronous = %s, %v; want 2", got, err)
	}
	if s := size(filepath.Join(b.dir, storeDir, fileName+"-wal")); s < logPages*frameSize {
		t.Errorf("the log has %d bytes, want it laid out to %d", s, logPages*frameSize)
	}
}

func TestPutAgain(t *testing.T) {
	b := open(t, t.TempDir(), Options{KeepSealed: time.Hour})
	it := item(100)
	other := it
	other.Sealed = bytes.Repeat([]byte{1}, len(it.Sealed))
	check := func(when string) {
		t.Helper()
		if err := b.Put(t.Context(), it); err != nil {
			t.Errorf("%s: Put of the same = %v", when, err)
		}
		if err := b.Put(t.Context(), other); !errors.Is(err, ErrConflict) {
			t.Errorf("%s: Put of other bytes = %v, want ErrConflict", when, err)
		}
		if l, err := b.List(t.Context(), Filter{}); err != nil || len(l) != 1 {
			t.Errorf("%s: %d in the list, %v; want 1", when, len(l), err)
		}
	}
	put(t, b, it)
	check("queued")
	ok(t, b.Received(t.Context(), it.ID, Confirmation{At: time.Now()}))
	check("received")
	if _, err := b.Retain(t.Context(), time.Now().Add(2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	check("dropped")
}

func TestPutRefusesWhatCannotBeSent(t *testing.T) {
	b := open(t, t.TempDir(), Options{MaxItem: 1000})
	noID, empty, big := item(10), item(0), item(1001)
	noID.ID = "../../etc/passwd"
	for _, it := range []Item{noID, empty, big} {
		if err := b.Put(t.Context(), it); !errors.Is(err, ErrInvalid) {
			t.Errorf("Put(id %.8s, %d bytes) = %v, want ErrInvalid", it.ID, len(it.Sealed), err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.Put(ctx, item(10)); err != context.Canceled {
		t.Errorf("Put after cancel = %v, want the bare context error", err)
	}
	if s, err := b.Summary(t.Context()); err != nil || s.Pending() != 0 {
		t.Errorf("Pending = %d, %v; want none", s.Pending(), err)
	}
}

func TestOneThatWaitsOrIsRefusedBlocksNobody(t *testing.T) {
	b := open(t, t.TempDir(), Options{})
	ctx, now := t.Context(), time.Now()
	bad, slow, good := item(10), item(10), item(10)
	put(t, b, bad, slow, good)
	if got := next(t, b, now); got != bad.ID {
		t.Fatalf("Next = %s, want the first accepted %s", got, bad.ID)
	}
	ok(t, b.Refused(ctx, bad.ID, Reason{Code: "schema", Text: "t", Owner: Technician, Next: "n"}))
	ok(t, b.Retry(ctx, slow.ID, time.Minute, Reason{Code: "central-fault"}))
	if got := next(t, b, now); got != good.ID {
		t.Fatalf("Next = %s, want %s", got, good.ID)
	}
	if got := next(t, b, now.Add(2*time.Minute)); got != slow.ID {
		t.Errorf("two minutes later Next = %s, want %s back in its place", got, slow.ID)
	}
	if got := next(t, b, now.Add(-48*time.Hour)); got != slow.ID {
		t.Errorf("with the clock set back two days Next = %s, want %s", got, slow.ID)
	}
	if at, err := b.NextDue(ctx); err != nil || at != time.UnixMilli(0) {
		t.Errorf("NextDue = %v, %v; want at once for the good one", at, err)
	}
	ok(t, b.Received(ctx, good.ID, Confirmation{}))
	if at, err := b.NextDue(ctx); err != nil || at.Sub(now) < 50*time.Second || at.Sub(now) > 70*time.Second {
		t.Errorf("NextDue = %v, %v; want a minute from %v", at, err, now)
	}
	ok(t, b.Wake(ctx))
	if got := next(t, b, now); got != slow.ID {
		t.Errorf("after Wake Next = %s, want %s", got, slow.ID)
	}
}

func TestStates(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir, Options{})
	ctx := t.Context()
	it := item(10)
	put(t, b, it)
	state := func(want State) Entry {
		t.Helper()
		e, err := b.Show(ctx, it.ID)
		if err != nil || e.State != want {
			t.Fatalf("Show = %v, %v; want %v", e.State, err, want)
		}
		return e
	}
	state(Queued)
	ok(t, b.Sending(ctx, it.ID))
	if e := state(Sending); e.Attempts != 1 || e.Tried.IsZero() {
		t.Errorf("after Sending: %d attempts, tried %v", e.Attempts, e.Tried)
	}
	ok(t, b.Close()) // the power goes while sending
	b = open(t, dir, Options{})
	if e := state(Resend); e.Reason.Code != "interrupted" || e.Attempts != 1 {
		t.Errorf("after a restart: %+v", e)
	}
	why := Reason{Code: "not-for-us", Text: "text", Owner: Technician, Next: "next"}
	ok(t, b.Refused(ctx, it.ID, why))
	if e := state(Refused); e.Reason != why || e.Pending() {
		t.Errorf("after Refused: %+v", e)
	}
	if err := b.Sending(ctx, it.ID); !errors.Is(err, ErrSettled) {
		t.Errorf("Sending of a refused one = %v, want ErrSettled", err)
	}
	if err := b.Retry(ctx, it.ID, 0, why); !errors.Is(err, ErrSettled) {
		t.Errorf("Retry of a refused one = %v, want ErrSettled", err)
	}
	ok(t, b.Resend(ctx, it.ID, Reason{Code: "by-hand"}))
	state(Resend)
	at := time.Date(2026, 11, 3, 2, 0, 0, 0, time.UTC)
	ok(t, b.Received(ctx, it.ID, Confirmation{At: at, State: "received"}))
	e := state(Received)
	if e.Reason != (Reason{}) || !e.Central.At.Equal(at) || e.Central.Heard.IsZero() || e.Accepted.IsZero() {
		t.Errorf("after Received: %+v", e)
	}
	if ids, err := b.Awaiting(ctx, time.Time{}, 10); err != nil || len(ids) != 1 {
		t.Errorf("Awaiting = %v, %v; want the one", ids, err)
	}
	ok(t, b.Dossier(ctx, it.ID, "G22.99.1-20261103-0007"))
	if e := state(Received); e.Central.Dossier != "G22.99.1-20261103-0007" || e.Central.State != "opened" {
		t.Errorf("after Dossier: %+v", e.Central)
	}
	if ids, err := b.Awaiting(ctx, time.Time{}, 10); err != nil || len(ids) != 0 {
		t.Errorf("Awaiting = %v, %v; want none", ids, err)
	}
	unknown := item(1).ID
	for name, err := range map[string]error{
		"Sending": b.Sending(ctx, unknown), "Received": b.Received(ctx, unknown, Confirmation{}),
		"Refused": b.Refused(ctx, unknown, why), "Retry": b.Retry(ctx, unknown, 0, why),
		"Dossier": b.Dossier(ctx, unknown, "x"), "Resend": b.Resend(ctx, unknown, why),
	} {
		if !errors.Is(err, ErrUnknown) {
			t.Errorf("%s of an unknown id = %v, want ErrUnknown", name, err)
		}
	}
}

func TestAwait(t *testing.T) {
	b := open(t, t.TempDir(), Options{})
	it := item(10)
	put(t, b, it)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if e, err := b.Await(ctx, it.ID); err != context.DeadlineExceeded || e.State != Queued {
		t.Errorf("Await = %v, %v; want queued and the bare deadline", e.State, err)
	}
	type result struct {
		e   Entry
		err error
	}
	got := make(chan result)
	await := func(id string) {
		e, err := b.Await(context.Background(), id)
		got <- result{e, err}
	}
	go await(it.ID)
	ok(t, b.Sending(t.Context(), it.ID))
	ok(t, b.Received(t.Context(), it.ID, Confirmation{Dossier: "X"}))
	if r := <-got; r.err != nil || r.e.State != Received || r.e.Central.Dossier != "X" {
		t.Errorf("Await = %+v, %v; want received", r.e, r.err)
	}
	other := item(10)
	put(t, b, other)
	go await(other.ID)
	ok(t, b.Close())
	if r := <-got; !errors.Is(r.err, ErrClosed) {
		t.Errorf("Await across Close = %v, want ErrClosed", r.err)
	}
}

func TestRetain(t *testing.T) {
	now := time.Date(2026, 11, 3, 8, 0, 0, 0, time.UTC)
	b := open(t, t.TempDir(), Options{Now: func() time.Time { return now }})
	ctx := t.Context()
	var got, waits, refused Item
	for range 150 { // more than one batch
		got, waits, refused = item(50), item(50), item(50)
		put(t, b, got, waits, refused)
		ok(t, b.Received(ctx, got.ID, Confirmation{At: now}))
		ok(t, b.Refused(ctx, refused.ID, Reason{Code: "schema"}))
	}
	for _, c := range []struct {
		after time.Duration
		want  Kept
	}{
		{6 * day, Kept{}},
		{7*day + time.Minute, Kept{Sealed: 150}},
		{8 * day, Kept{}},
		{89 * day, Kept{}},
		{90*day + time.Minute, Kept{Rows: 150}},
		{400 * day, Kept{}},
	} {
		if k, err := b.Retain(ctx, now.Add(c.after)); err != nil || k != c.want {
			t.Errorf("Retain after %v = %+v, %v; want %+v", c.after, k, err, c.want)
		}
		if c.after == 8*day {
			if e, err := b.Show(ctx, got.ID); err != nil || e.Dropped.IsZero() {
				t.Errorf("the row of a received one: %+v, %v; want it there, without bytes", e, err)
			}
			if err := b.Resend(ctx, got.ID, Reason{}); !errors.Is(err, ErrSettled) {
				t.Errorf("Resend without bytes = %v, want ErrSettled", err)
			}
		}
	}
	s, err := b.Summary(ctx)
	if err != nil || s.Counts[Queued] != 150 || s.Counts[Refused] != 150 || s.Counts[Received] != 0 || s.Bytes != 300*50 {
		t.Errorf("Summary = %+v, %v; want 150 queued and 150 refused with their bytes", s, err)
	}
	if s.Age(now.Add(time.Hour)) != time.Hour {
		t.Errorf("Age = %v, want 1h", s.Age(now.Add(time.Hour)))
	}
}

func TestFind(t *testing.T) {
	b := open(t, t.TempDir(), Options{})
	old, young := item(10), item(10) // the same claim code came again
	put(t, b, old, young)
	ok(t, b.Received(t.Context(), old.ID, Confirmation{Dossier: "G22.99.1-20261103-0007"}))
	for _, c := range []struct {
		ref  string
		want []string
	}{
		{old.ID, []string{old.ID}},
		{" cn03 -7f2k", []string{young.ID, old.ID}},
		{"g22.99.1-20261103-0007", []string{old.ID}},
		{"", nil},
		{"' OR 1=1 --", nil},
	} {
		list, err := b.Find(t.Context(), c.ref)
		ok(t, err)
		var got []string
		for _, e := range list {
			got = append(got, e.ID)
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("Find(%q) (-want +got):\n%s", c.ref, d)
		}
	}
}

func TestCloseTwiceAndCallsAfter(t *testing.T) {
	b := open(t, t.TempDir(), Options{})
	ok(t, b.Close())
	ok(t, b.Close())
	if err := b.Put(t.Context(), item(1)); !errors.Is(err, ErrClosed) {
		t.Errorf("Put after Close = %v, want ErrClosed", err)
	}
	if _, _, err := b.Next(t.Context(), time.Now()); !errors.Is(err, ErrClosed) {
		t.Errorf("Next after Close = %v, want ErrClosed", err)
	}
}

func TestTwoProcesses(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir, Options{})
	second := func() string {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), holdEnv+"="+dir)
		out, err := cmd.Output()
		ok(t, err)
		return string(out)
	}
	if got := second(); got != "true" {
		t.Errorf("a second process was let in")
	}
	ok(t, b.Close())
	if got := second(); got != "false" {
		t.Errorf("a second process was kept out after Close")
	}
}
