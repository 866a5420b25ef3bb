package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"motcua/devices"
	"motcua/kiosk/hatch"
	"motcua/kiosk/hatch/hatchsim"
	"motcua/kiosk/stick"
	"motcua/kiosk/submission"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"kioskctl": main})
}

func TestScripts(t *testing.T) {
	hanoi, err := filepath.Abs("../../assets/packs/hanoi")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("KIOSK_HATCH", e.WorkDir+"/run/hatch.sock")
			e.Setenv("HANOI", hanoi)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"kiosk": runKiosk, "code": code, "picture": drawPicture},
	})
}

// code runs kioskctl and checks its exit code: "code 3 status --json".
func code(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec("kioskctl", args[1:]...)
	got := "0"
	if err != nil {
		got = err.Error()[len("exit status "):]
	}
	if got != args[0] {
		ts.Fatalf("kioskctl exited with %s, want %s", got, args[0])
	}
}

// runKiosk starts a kiosk behind the hatch: "kiosk well", or one of the cases below.
func runKiosk(ts *testscript.TestScript, _ bool, args []string) {
	k := hatchsim.New(statusOf(args[0]))
	k.Show(hatch.Screen{Screen: "question", Step: "child_name", Lang: "vi", Width: 1080, Height: 1920,
		Targets: []hatch.Target{{ID: "back", Label: "Quay lại", X: 56, Y: 1500, W: 300, H: 136, Enabled: true},
			{ID: "next", Label: "Tiếp tục", X: 368, Y: 1500, W: 656, H: 136}}})
	k.Write("level=INFO msg=started", "level=INFO msg=attract")
	switch args[0] {
	case "well":
		k.Present(hatch.Scan{Kind: "card", Length: 152})
		k.Store(
			hatch.Entry{ID: "0193aaaa", Claim: "K7-4Q2M", Procedure: "1.001193", State: "waiting",
				Accepted: time.Now().Add(-3*time.Hour - 5*time.Minute), Attempts: 12, Reason: "connection refused"},
			hatch.Entry{ID: "0193bbbb", Claim: "M2-8TRW", Procedure: "2.000815", State: "received",
				Accepted: time.Now().Add(-50 * time.Hour), Attempts: 1, Dossier: "H26.01-261120-0007"})
		one := kept("0193aaaa-0000-7000-8000-000000000001", "one")
		photo := []byte("a sealed photo")
		one.Parts = []hatch.Part{{Name: fmt.Sprintf("%x", sha256.Sum256(photo)), Size: int64(len(photo))}}
		k.KeepPart(one.Parts[0].Name, photo)
		k.Keep(one)
		k.Keep(kept("0193aaaa-0000-7000-8000-000000000002", "two"))
		k.Find(hatch.Verified{Whole: 2, Dropped: 1})
		k.Answer(func(file []byte) (hatch.Confirmed, error) {
			if string(file) != "good\n" {
				return hatch.Confirmed{}, stick.ErrForged
			}
			return hatch.Confirmed{Made: time.Now(), Received: 2, Known: 1}, nil
		})
	case "rotten":
		rotten := kept("0193aaaa-0000-7000-8000-000000000001", "one")
		rotten.Bytes[30] ^= 1
		k.Keep(rotten)
		k.Keep(kept("0193aaaa-0000-7000-8000-000000000002", "two"))
		k.Find(hatch.Verified{Whole: 1, Faults: []hatch.Wrong{{ID: rotten.ID, State: "queued", What: "digest differs"}}})
	case "paper-out":
		k.Break("print", devices.Fail("printer", "print", devices.ErrStaff, errors.New("paper out")))
		k.Break("read", devices.Fail("printer", "print", devices.ErrStaff, errors.New("paper out")))
	case "busy":
		k.Break("print", hatch.ErrBusy)
		k.Break("speak", hatch.ErrBusy)
	case "silent":
		k.Break("scan", devices.Fail("scanner", "read", devices.ErrGone, nil))
		k.Break("speak", devices.Fail("speaker", "play", devices.ErrGone, nil))
	}

	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	socket := ts.Getenv("KIOSK_HATCH")
	go func() { ended <- hatch.Run(ctx, socket, k) }()
	ts.Defer(func() {
		cancel()
		ts.Check(<-ended)
	})
	for c := hatch.Dial(socket); ; {
		_, err := c.Status(ctx)
		if err == nil {
			c.Close()
			return
		}
		select {
		case err := <-ended:
			ended <- err
			ts.Check(err)
		case <-time.After(time.Millisecond):
		}
	}
}

// kept is a submission as the outbox keeps it; that it cannot be opened does not
// matter here.
func kept(id, text string) hatch.Sealed {
	b := []byte("age-encryption.org/v1\n-> " + text + " of an invented person")
	return hatch.Sealed{ID: id, Digest: submission.Digest(b), Accepted: time.Now(), Bytes: b}
}

func statusOf(name string) hatch.Status {
	since := time.Now().Add(-26*time.Hour - time.Minute)
	s := hatch.Status{
		Version: "1.2.3", Station: "CN-03", Unit: "00082", Pack: "hanoi 2026-11-01", Since: since, Screen: "question",
		Peripherals: []hatch.Peripheral{
			{Name: "scanner", Thing: "barcode", Driver: "serial", State: "ok", Fine: true, Since: since},
			{Name: "printer", Thing: "receipt", Driver: "escpos", State: "ok", Fine: true, Since: since}},
		Outbox: hatch.Count{Waiting: 1, Oldest: time.Now().Add(-3*time.Hour - 5*time.Minute)},
		Uplink: hatch.Uplink{URL: "https://central.example", Reached: true, Last: time.Now().Add(-62 * time.Second)},
	}
	if name == "paper-out" {
		s.Peripherals[1].State, s.Peripherals[1].Fine = "paper out", false
		s.Uplink.Reached, s.Uplink.Problem = false, "connection refused"
		s.Troubles = []hatch.Trouble{{Code: "paper-out", Title: "Hết giấy in", Who: "staff", Since: since}}
	}
	return s
}

// An interrupt while it waits ends the tool with words, not with a stack.
func TestInterrupt(t *testing.T) {
	ctx, stop := signal.NotifyContext(t.Context(), os.Interrupt)
	defer stop()
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if err := self.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	<-ctx.Done()
	if got := run(ctx, []string{"--hatch", t.TempDir() + "/hatch.sock", "status"}); got != failed {
		t.Errorf("run = %d, want %d", got, failed)
	}
}
