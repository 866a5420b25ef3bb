// Package e2e drives the programs that run at a ward, as they are built, in a
// real X window by XTEST touches: kiosk, central and workbench.
package e2e

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jezek/xgb"

	"motcua/cmd/workbench/desk"
	"motcua/cmd/workbench/display"
	"motcua/cmd/workbench/proof"
	"motcua/cmd/workbench/stage"
	"motcua/cmd/workbench/walk"
	"motcua/kiosk/hatch"
)

// bin is where TestMain built the programs.
var bin string

func TestMain(m *testing.M) {
	xgb.Logger = log.New(io.Discard, "", 0) // it tells of connections that end with their display
	os.Exit(build(m))
}

// build builds the programs as `make build` does and runs the tests with them.
func build(m *testing.M) int {
	dir, err := os.MkdirTemp("", "motcua-bin-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	bin = dir
	if err := stage.Build(context.Background(), dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// limit is how long one test may take, its stage included.
const limit = 6 * time.Minute

// open puts a station on for one test, with a citizen in front of it. What was
// put on is taken down when the test ends; its logs are shown if it failed.
func open(t *testing.T, o stage.Options) (context.Context, *stage.Stage, *walk.Citizen) {
	t.Helper()
	dir, err := os.MkdirTemp("", "e2e-") // short: a socket lies in it
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	o.Dir, o.Bin = dir, bin
	s, err := stage.Open(ctx, o)
	t.Cleanup(func() { showLogs(t, dir) })
	if errors.Is(err, display.ErrNoXvfb) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return ctx, s, &walk.Citizen{Stage: s, Look: discreet(t)}
}

// showLogs puts the programs' logs into a failed test's own, then takes the
// folder away.
func showLogs(t *testing.T, dir string) {
	logs, _ := filepath.Glob(filepath.Join(dir, "log", "*.log")) // the pattern is good
	for _, path := range logs {
		b, err := os.ReadFile(path)
		if err == nil && t.Failed() {
			lines := strings.Split(strings.TrimSpace(string(b)), "\n")
			t.Logf("%s:\n%s", filepath.Base(path), strings.Join(lines[max(0, len(lines)-40):], "\n"))
		}
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Error(err)
	}
}

// discreet checks of every screen that the hatch tells nothing of the person in
// front of it.
func discreet(t *testing.T) func(context.Context, hatch.Screen) error {
	return func(_ context.Context, s hatch.Screen) error {
		for _, target := range s.Targets {
			for _, secret := range secrets() {
				if strings.Contains(strings.ToUpper(target.Label), secret) {
					t.Errorf("on %s %s, target %s shows the hatch personal data", s.Screen, s.Step, target.ID)
				}
			}
		}
		return nil
	}
}

// secrets are what must stay between the citizen, the paper and central.
func secrets() []string {
	now := time.Now()
	f := walk.Birth(now)
	card, _ := desk.CardByID(now, f.Card)
	field := strings.Split(card.Text, "|")
	return []string{field[0], strings.ToUpper(field[2]), strings.ToUpper(field[5]), f.Answers["c_name"], f.Answers["m_name"],
		f.Answers["m_pnum"], f.Answers["a_phone"]}
}

// quiet checks that the kiosk's log says nothing of the person.
func quiet(t *testing.T, s *stage.Stage) {
	t.Helper()
	log, err := s.KioskLog()
	if err != nil {
		t.Fatal(err)
	}
	for i, secret := range secrets() {
		if strings.Contains(strings.ToUpper(log), secret) {
			t.Errorf("the kiosk's log holds personal data (secret %d)", i)
		}
	}
}

// until waits until the kiosk's status is as wanted.
func until(ctx context.Context, t *testing.T, s *stage.Stage, what string, wanted func(hatch.Status) bool) time.Duration {
	t.Helper()
	start := time.Now()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		status, err := s.Hatch.Status(ctx)
		if err != nil {
			t.Fatalf("waiting for %s: %v", what, err)
		}
		if wanted(status) {
			return time.Since(start)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waiting for %s: the status is still %+v", what, status)
		}
	}
}

// peripheral tells whether one unit is fine.
func peripheral(s hatch.Status, name string) bool {
	for _, p := range s.Peripherals {
		if p.Name == name {
			return p.Fine
		}
	}
	return false
}

// paperOf gives the picture of a slip; a failed test leaves it behind, to be
// looked at.
func paperOf(ctx context.Context, t *testing.T, s *stage.Stage, slip int64) image.Image {
	t.Helper()
	paper, err := s.Desk.SlipPicture(ctx, slip)
	must(t, err)
	t.Cleanup(func() {
		if !t.Failed() {
			return
		}
		f, err := os.CreateTemp("", t.Name()+"-*.png")
		must(t, err)
		defer f.Close()
		must(t, png.Encode(f, paper))
		t.Logf("the paper is in %s", f.Name())
	})
	return paper
}

// says holds that the paper says a sentence of the texts.
func says(t *testing.T, paper image.Image, sentence func() (string, error)) {
	t.Helper()
	line, err := sentence()
	must(t, err)
	must(t, proof.Printed(paper, line))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
