package hatch_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"motcua/devices"
	"motcua/kiosk/hatch"
	"motcua/kiosk/hatch/hatchsim"
)

// serve runs a kiosk behind a hatch until the test ends and waits until it
// answers.
func serve(t *testing.T, k hatch.Kiosk, socket string) *hatch.Client {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- hatch.Run(ctx, socket, k) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run = %v, want nil after its context ended", err)
		}
	})
	c := hatch.Dial(socket)
	t.Cleanup(c.Close)
	for {
		_, err := c.Status(within(t, 10*time.Second))
		if err == nil {
			return c
		}
		if !errors.Is(err, hatch.ErrNotRunning) {
			t.Fatalf("Status = %v", err)
		}
		select {
		case err := <-ended:
			t.Fatalf("Run = %v", err)
		case <-time.After(time.Millisecond):
		}
	}
}

func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func socketIn(t *testing.T) string { return filepath.Join(t.TempDir(), "run", "hatch.sock") }

func TestAnswersCrossUnchanged(t *testing.T) {
	now := hatch.Status{
		Version: "1.0", Station: "CN-03", Unit: "00082", Pack: "hanoi 2026-11-01", Screen: "attract",
		Since: time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC),
		Peripherals: []hatch.Peripheral{{Name: "printer", Thing: "receipt", Driver: "escpos", State: "paper out",
			Since: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)}},
		Outbox: hatch.Count{Waiting: 2, Oldest: time.Date(2026, 11, 20, 8, 30, 0, 0, time.UTC)},
		Uplink: hatch.Uplink{URL: "https://127.0.0.1:1", Problem: "connection refused"},
	}
	k := hatchsim.New(now)
	want := hatch.Entry{ID: "0193-a", Claim: "K7-42", Procedure: "1.001193", State: "waiting",
		Accepted: time.Date(2026, 11, 20, 8, 30, 0, 0, time.UTC), Attempts: 3}
	k.Store(want, hatch.Entry{ID: "0193-b"})
	k.Write("one", "two", "three")
	c, ctx := serve(t, k, socketIn(t)), within(t, 10*time.Second)

	if got, err := c.Status(ctx); err != nil || !cmp.Equal(got, now) {
		t.Errorf("Status = %v, %s", err, cmp.Diff(now, got))
	}
	if got, total, err := c.Outbox(ctx); err != nil || total != 2 || len(got) != 2 || got[0] != want {
		t.Errorf("Outbox = %+v, %d, %v", got, total, err)
	}
	if got, err := c.Entry(ctx, "0193-a"); err != nil || got != want {
		t.Errorf("Entry = %+v, %v, want %+v", got, err, want)
	}
	if _, err := c.Entry(ctx, "../status"); !errors.Is(err, hatch.ErrUnknown) {
		t.Errorf("Entry(unknown) = %v, want ErrUnknown", err)
	}
	if got, err := c.Log(ctx, 2); err != nil || !cmp.Equal(got, []string{"two", "three"}) {
		t.Errorf("Log(2) = %q, %v", got, err)
	}
}

func TestOutboxIsBounded(t *testing.T) {
	k := hatchsim.New(hatch.Status{})
	for i := range 1500 {
		k.Store(hatch.Entry{ID: fmt.Sprint(i)})
	}
	got, total, err := serve(t, k, socketIn(t)).Outbox(within(t, 10*time.Second))
	if err != nil || total != 1500 || len(got) != 1000 || got[0].ID != "0" {
		t.Errorf("Outbox = %d of %d, %v, want the first 1000 of 1500", len(got), total, err)
	}
}

func TestScreenWaitsForTheNextView(t *testing.T) {
	k := hatchsim.New(hatch.Status{})
	c, ctx := serve(t, k, socketIn(t)), within(t, 10*time.Second)

	k.Show(hatch.Screen{Screen: "attract", Targets: []hatch.Target{{ID: "start", X: 10, Y: 20, W: 100, H: 50}}})
	first, err := c.Screen(ctx, 0)
	if err != nil || first.Screen != "attract" || first.Seq != 1 {
		t.Fatalf("Screen(0) = %+v, %v", first, err)
	}
	start, ok := first.Find("start")
	if x, y := start.Centre(); !ok || x != 60 || y != 45 {
		t.Errorf("start lies at %d,%d (%v), want 60,45", x, y, ok)
	}

	type result struct {
		s   hatch.Screen
		err error
	}
	waited := make(chan result, 1)
	go func() {
		s, err := c.Screen(ctx, first.Seq)
		waited <- result{s, err}
	}()
	select {
	case r := <-waited:
		t.Fatalf("Screen(%d) = %+v, %v before anything new was shown", first.Seq, r.s, r.err)
	case <-time.After(50 * time.Millisecond):
	}
	k.Show(hatch.Screen{Screen: "home"})
	if r := <-waited; r.err != nil || r.s.Screen != "home" || r.s.Seq != 2 {
		t.Errorf("Screen(1) = %+v, %v, want home with Seq 2", r.s, r.err)
	}
}

func TestScreenGivesUpWithItsContext(t *testing.T) {
	c := serve(t, hatchsim.New(hatch.Status{}), socketIn(t))
	if _, err := c.Screen(within(t, 20*time.Millisecond), 0); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Screen = %v, want the context's own error", err)
	}
	if _, err := c.Status(within(t, 10*time.Second)); err != nil {
		t.Errorf("Status afterwards = %v", err)
	}
}

func TestReasonsCrossTheSocket(t *testing.T) {
	k := hatchsim.New(hatch.Status{})
	c, ctx := serve(t, k, socketIn(t)), within(t, 10*time.Second)
	for _, reason := range []error{devices.ErrGone, devices.ErrSilent, devices.ErrGarbled, devices.ErrRefused,
		devices.ErrVisitor, devices.ErrStaff, devices.ErrClosed, hatch.ErrBusy} {
		k.Break("print", devices.Fail("printer", "print", reason, errors.New("cause")))
		err := c.PrintTest(ctx, "")
		if f, ok := errors.AsType[*hatch.Fault](err); !errors.Is(err, reason) || !ok || f.Unit != "printer" {
			t.Errorf("PrintTest = %#v, want %v of the printer", err, reason)
		}
	}
	k.Break("print", errors.New("something else"))
	if err := c.PrintTest(ctx, ""); err == nil || err.Error() != "something else" || errors.Unwrap(err) != nil {
		t.Errorf("PrintTest = %#v, want a fault without a reason", err)
	}
	k.Break("print", nil)
	if err := c.PrintTest(ctx, ""); err != nil {
		t.Errorf("PrintTest mended = %v", err)
	}
	if err := c.SpeakTest(ctx); err != nil {
		t.Errorf("SpeakTest = %v", err)
	}
	k.Present(hatch.Scan{Kind: "card", Length: 152})
	if got, err := c.ScanTest(ctx); err != nil || got != (hatch.Scan{Kind: "card", Length: 152}) {
		t.Errorf("ScanTest = %+v, %v", got, err)
	}
	if got := strings.Join(k.Done(), " "); !strings.HasSuffix(got, "print print speak scan") {
		t.Errorf("tests run: %s", got)
	}
}

func TestNobodyThere(t *testing.T) {
	socket := socketIn(t)
	if _, err := hatch.Dial(socket).Status(t.Context()); !errors.Is(err, hatch.ErrNotRunning) {
		t.Errorf("Status without a socket = %v, want ErrNotRunning", err)
	}
}

func TestStaleSocketIsReplaced(t *testing.T) {
	socket := socketIn(t)
	if err := os.MkdirAll(filepath.Dir(socket), 0o700); err != nil {
		t.Fatal(err)
	}
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false)
	dead.Close() // as a killed kiosk leaves it: the file is there, nobody listens
	if _, err := hatch.Dial(socket).Status(t.Context()); !errors.Is(err, hatch.ErrNotRunning) {
		t.Fatalf("Status of a dead kiosk = %v, want ErrNotRunning", err)
	}
	serve(t, hatchsim.New(hatch.Status{}), socket)
}

func TestSecondKioskIsRefused(t *testing.T) {
	socket := socketIn(t)
	c := serve(t, hatchsim.New(hatch.Status{Station: "first"}), socket)
	if err := hatch.Run(t.Context(), socket, hatchsim.New(hatch.Status{})); !errors.Is(err, hatch.ErrRunning) {
		t.Errorf("second Run = %v, want ErrRunning", err)
	}
	if s, err := c.Status(within(t, 10*time.Second)); err != nil || s.Station != "first" {
		t.Errorf("Status = %+v, %v, want the first kiosk unharmed", s, err)
	}
}

func TestOnlyOursMayOpenIt(t *testing.T) {
	socket := socketIn(t)
	serve(t, hatchsim.New(hatch.Status{}), socket)
	for path, want := range map[string]os.FileMode{socket: 0o600, filepath.Dir(socket): 0o700} {
		if st, err := os.Stat(path); err != nil || st.Mode().Perm() != want {
			t.Errorf("%s: %v, %v, want %v", filepath.Base(path), st.Mode().Perm(), err, want)
		}
	}

	open := t.TempDir()
	if err := os.Chmod(open, 0o777); err != nil {
		t.Fatal(err)
	}
	err := hatch.Run(t.Context(), filepath.Join(open, "hatch.sock"), hatchsim.New(hatch.Status{}))
	if err == nil || !strings.Contains(err.Error(), "others may write") {
		t.Errorf("Run in a folder open to all = %v, want a refusal", err)
	}
}

func TestLongPathIsRefused(t *testing.T) {
	err := hatch.Run(t.Context(), filepath.Join(t.TempDir(), strings.Repeat("x", 120)), hatchsim.New(hatch.Status{}))
	if err == nil || !strings.Contains(err.Error(), "at most 107") {
		t.Errorf("Run = %v, want advice on the length", err)
	}
}

func TestWaitingCallsEndWithTheHatch(t *testing.T) {
	socket := socketIn(t)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	k := waiting{hatchsim.New(hatch.Status{}), make(chan struct{})}
	go func() { ended <- hatch.Run(ctx, socket, k) }()
	answered := make(chan error, 1)
	go func() {
		for {
			_, err := hatch.Dial(socket).Screen(within(t, 10*time.Second), 0)
			if !errors.Is(err, hatch.ErrNotRunning) {
				answered <- err
				return
			}
		}
	}()
	<-k.asked
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Run = %v", err)
	}
	if err := <-answered; err == nil {
		t.Error("a waiting call was answered by a hatch that closed")
	}
}

// waiting tells when somebody waits for a screen.
type waiting struct {
	*hatchsim.Kiosk
	asked chan struct{}
}

func (w waiting) Screen(ctx context.Context, after uint64) (hatch.Screen, error) {
	close(w.asked)
	return w.Kiosk.Screen(ctx, after)
}

func TestTailKeepsTheLastLines(t *testing.T) {
	tail := hatch.NewTail(3)
	for i := range 5 {
		if _, err := fmt.Fprintf(tail, "line %d\n", i); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := tail.Lines(9), []string{"line 2", "line 3", "line 4"}; !cmp.Equal(got, want) {
		t.Errorf("Lines(9) = %q, want %q", got, want)
	}
	if got, want := tail.Lines(1), []string{"line 4"}; !cmp.Equal(got, want) {
		t.Errorf("Lines(1) = %q, want %q", got, want)
	}
	_, _ = io.WriteString(tail, strings.Repeat("x", 9000)+"\ntwo\n")
	if got := tail.Lines(2); len(got[0]) != 4096 || got[1] != "two" {
		t.Errorf("a long line was kept with %d bytes, then %q", len(got[0]), got[1])
	}
}
