package e2e

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"motcua/cmd/workbench/desk"
	"motcua/cmd/workbench/proof"
	"motcua/cmd/workbench/stage"
	"motcua/cmd/workbench/walk"
	"motcua/kiosk/hatch"
)

// kioskctl runs the technician's tool against the kiosk on stage.
func kioskctl(ctx context.Context, t *testing.T, s *stage.Stage, args ...string) (code int, out string) {
	t.Helper()
	cmd := exec.CommandContext(ctx, filepath.Join(bin, "kioskctl"), append([]string{"--hatch", s.Socket()}, args...)...)
	var b bytes.Buffer
	cmd.Stdout, cmd.Stderr = &b, &b
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode(), b.String()
	}
	must(t, err)
	return 0, b.String()
}

func TestTechnician(t *testing.T) {
	ctx, s, c := open(t, stage.Options{})
	want := func(code int, word string, args ...string) {
		t.Helper()
		got, out := kioskctl(ctx, t, s, args...)
		if got != code || !strings.Contains(out, word) {
			t.Errorf("kioskctl %s = %d, want %d and %q in:\n%s", strings.Join(args, " "), got, code, word, out)
		}
	}
	until(ctx, t, s, "all peripherals", func(s hatch.Status) bool {
		return peripheral(s, "scanner") && peripheral(s, "printer") && peripheral(s, "speaker") && s.Uplink.Reached
	})
	want(0, "CN-03, unit 00082", "status")
	want(0, `"reached": true`, "status", "--json")
	want(0, "attract", "screen")
	want(0, "central reached", "log")

	want(0, "printed", "print-test")
	slip, err := s.Desk.NextSlip(ctx, 0)
	must(t, err)
	if codes, err := desk.ReadCodes(paperOf(ctx, t, s, slip.ID)); err != nil || len(codes) != 1 || !strings.HasPrefix(codes[0], "MOTCUA-TEST:") {
		t.Errorf("the test sheet's code is %q, %v", codes, err)
	}
	speaks(ctx, t, s)
	scans(ctx, t, s, c)

	must(t, s.Desk.Put(ctx, func(h *desk.Hands) { h.Paper = desk.Out }))
	until(ctx, t, s, "the paper's end", func(s hatch.Status) bool { return !peripheral(s, "printer") })
	want(4, "paper out", "status")
	want(4, "hint: put in a roll", "print-test")
	must(t, s.Desk.Put(ctx, func(h *desk.Hands) { h.Paper = desk.Full }))
	until(ctx, t, s, "paper", func(s hatch.Status) bool { return peripheral(s, "printer") })

	_, done := file(ctx, t, c, walk.Birth(time.Now()))
	if done.Screen != "done" {
		t.Fatalf("it ended on %s", walk.Describe(done))
	}
	want(1, "a visit is under way", "print-test")
	want(0, "1.001193", "outbox", "list")
	_, list := kioskctl(ctx, t, s, "outbox", "list", "--json")
	for i, secret := range secrets() {
		if strings.Contains(strings.ToUpper(list), secret) {
			t.Errorf("outbox list tells personal data (secret %d)", i)
		}
	}
	must(t, s.KillKiosk())
	want(3, "hint: start it", "status")
}

// speaks holds that a test prompt is heard. A machine that is so busy that
// sound breaks off says so; then it is tried again.
func speaks(ctx context.Context, t *testing.T, s *stage.Stage) {
	t.Helper()
	for range 3 {
		code, out := kioskctl(ctx, t, s, "speak-test")
		if code == 0 {
			recording, err := s.Desk.Voice(ctx)
			must(t, err)
			sound, err := proof.Listen(recording)
			must(t, err)
			must(t, sound.Audible())
			return
		}
		t.Logf("speak-test: %s", out)
	}
	t.Error("no test prompt was spoken to its end")
}

// scans holds that a scanned card is told by its kind alone. The tool does not
// say when the scanner is lent: a card that comes too early begins a visit,
// which is ended, and the tool is asked again.
func scans(ctx context.Context, t *testing.T, s *stage.Stage, c *walk.Citizen) {
	t.Helper()
	card, _ := desk.CardByID(time.Now(), "card-11") // not the visitor's, who comes within a repeat's time
	for wait := 200 * time.Millisecond; wait < 10*time.Second; wait *= 2 {
		scanned := make(chan string, 1)
		go func() {
			_, out := kioskctl(ctx, t, s, "scan-test", "--json", "--timeout", "20s")
			scanned <- out
		}()
		<-time.After(wait)
		must(t, s.Desk.Scan(ctx, card.Text))
		out := <-scanned
		if strings.Contains(out, strings.Split(card.Text, "|")[0]) {
			t.Errorf("scan-test tells what the card says:\n%s", out)
		}
		if strings.Contains(out, `"kind": "card"`) {
			return
		}
		if shown, err := c.Now(ctx); err != nil || shown.Screen != "attract" {
			_, err = c.Go(ctx, "end", "attract")
			must(t, err)
		}
	}
	t.Error("scan-test never told of the card")
}
