package torture

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jezek/xgb"

	"motcua/kiosk/outbox"
)

// livesEnv says how many lives there are; else there are fewLives, which is as
// many as fit beside the other tests.
const (
	livesEnv = "TORTURE_LIVES"
	seedEnv  = "TORTURE_SEED"
	fewLives = 500
)

func TestMain(m *testing.M) {
	xgb.Logger = quiet // it tells of connections that end with their display
	os.Exit(m.Run())
}

var quiet = log.New(io.Discard, "", 0)

// season is after how many lives a station gets a new disk: a store with the
// submissions of a year is not what is tortured here.
const season = 50

// ward is one station, all its disks, and what it told of itself.
type ward struct {
	name, bin, bundle, dir string
	weather                *weather
	dice                   *rand.Rand
	strace                 string // "" = not there

	begun    map[string]string // id → SHA-256
	told     papers            // of what was begun, or nearly
	accepted map[string]bool
	failed   map[string]bool
	kills    map[string]int // by how
}

// TestKilledAndReplayed: at the end every accepted submission is at central
// exactly once, byte for byte and with every one of its attachments, and none
// that was not accepted is, nor a part of it.
func TestKilledAndReplayed(t *testing.T) {
	if testing.Short() {
		t.Skip("kills for a minute")
	}
	lives := number(t, livesEnv, fewLives)
	seed := seeded(t)
	bin := build(t, "motcua/cmd/central", "motcua/cmd/workbench/torture/headless")
	names := []string{"CN-03", "CN-04", "CN-05", "CN-06"}
	o := newOffice(t, bin, names...)
	strace := findStrace()
	var wards []*ward
	for i, n := range names {
		wards = append(wards, &ward{name: n, bin: filepath.Join(bin, "headless"), bundle: o.bundle(n), dir: t.TempDir(), strace: strace,
			weather: newWeather(t, seed+uint64(i), o.dir, o.bundle(n), "https://"+o.addr), dice: rand.New(rand.NewPCG(seed, uint64(i)+1)),
			begun: map[string]string{}, told: papers{}, accepted: map[string]bool{}, failed: map[string]bool{}, kills: map[string]int{}})
	}

	start := time.Now()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	haunted := make(chan error, 1)
	go func() { haunted <- o.haunt(ctx) }()
	var all sync.WaitGroup
	errs := make(chan error, len(wards))
	for _, w := range wards {
		all.Go(func() { errs <- w.suffer(ctx, lives/len(wards)) })
	}
	all.Wait()
	cancel()
	err := <-haunted
	for range wards {
		err = errors.Join(err, <-errs)
	}
	if err != nil {
		t.Fatal(err)
	}
	killed, weather := map[string]int{}, map[string]int{}
	for _, w := range wards {
		w.weather.settle()
		if err := w.drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		add(killed, w.kills)
		add(weather, w.weather.seen)
	}
	died := o.died
	o.kill(syscall.SIGTERM)

	atCentral, total, accepted, papered, told := held(t, o.dir), 0, 0, 0, papers{}
	for _, w := range wards {
		w.check(t, atCentral)
		total, accepted = total+len(w.begun), accepted+len(w.accepted)
		for id, all := range w.told {
			told[id] = all
			if w.accepted[id] {
				papered++
			}
		}
	}
	n, size := o.checkParts(t, atCentral, told)
	for id := range atCentral {
		if !slices.ContainsFunc(wards, func(w *ward) bool { return w.begun[id] != "" }) {
			t.Errorf("%s is at central and nobody sent it", id)
		}
	}
	t.Logf("%d lives in %v; central killed %d times; kills %v", lives, time.Since(start).Round(time.Second), died, killed)
	t.Logf("%d begun, %d accepted, %d at central; requests %v", total, accepted, len(atCentral), weather)
	t.Logf("%d accepted with attachments; %d parts at central, %.1f MB sealed", papered, n, float64(size)/1e6)
	if papered < lives/10 {
		t.Errorf("only %d accepted with attachments over %d lives: too few to prove anything", papered, lives)
	}
	if accepted < lives/2 {
		t.Errorf("only %d accepted over %d lives: too few to prove anything", accepted, lives)
	}
	for _, k := range kinds {
		if lives >= fewLives && weather[k.name] == 0 {
			t.Errorf("it never happened: %s", k.name)
		}
	}
}

// number is what an environment variable says; unless it is there, usual.
func number(t *testing.T, env string, usual int) int {
	t.Helper()
	said, there := os.LookupEnv(env)
	if !there {
		return usual
	}
	n, err := strconv.Atoi(said)
	if err != nil || n < 1 {
		t.Fatalf("%s is %q, want a number", env, said)
	}
	return n
}

// seeded gives what chance begins with, and says it, so that a run can be had
// again as far as the computer's own timing allows.
func seeded(t *testing.T) uint64 {
	t.Helper()
	seed := rand.Uint64()
	if said, there := os.LookupEnv(seedEnv); there {
		n, err := strconv.ParseUint(said, 10, 64)
		if err != nil {
			t.Fatalf("%s is %q, want a number", seedEnv, said)
		}
		seed = n
	}
	t.Logf("%s=%d", seedEnv, seed)
	return seed
}

func findStrace() string {
	path, err := exec.LookPath("strace")
	if err != nil {
		return ""
	}
	return path
}

func add(to, from map[string]int) {
	for k, n := range from {
		to[k] += n
	}
}

// suffer lives n lives, each of which is ended by a kill.
func (w *ward) suffer(ctx context.Context, n int) error {
	for i := range n {
		if i%season == season-1 {
			if err := w.moveOn(ctx); err != nil {
				return err
			}
		}
		if err := w.live(ctx, i); err != nil {
			return fmt.Errorf("%s, life %d: %w", w.name, i, err)
		}
	}
	return nil
}

// disk is the folder of the outbox now in use.
func (w *ward) disk() string {
	n, _ := filepath.Glob(filepath.Join(w.dir, "disk-*"))
	return filepath.Join(w.dir, fmt.Sprintf("disk-%03d", max(0, len(n)-1)))
}

// moveOn drains the disk and takes a new one.
func (w *ward) moveOn(ctx context.Context) error {
	if err := w.drain(ctx); err != nil {
		return err
	}
	n, _ := filepath.Glob(filepath.Join(w.dir, "disk-*"))
	return os.Mkdir(filepath.Join(w.dir, fmt.Sprintf("disk-%03d", len(n))), 0o700)
}

func (w *ward) drain(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, w.bin, "--data", w.disk(), "--bundle", w.bundle, "--central", w.weather.base, "--drain")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s does not deliver what it holds: %w\n%s", w.name, err, out)
	}
	return nil
}

// calls are the system calls at whose entry a station is killed.
var calls = []string{"pwrite64", "fsync", "write"}

// live lets the station accept and deliver until it is killed.
func (w *ward) live(ctx context.Context, i int) error {
	cmd := exec.CommandContext(ctx, w.bin, "--data", w.disk(), "--bundle", w.bundle, "--central", w.weather.base,
		"--submit", "8", "--every", "4", "--paper", "100000")
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	kill := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
	defer kill.Stop()
	how, trap := "by the clock", (*exec.Cmd)(nil)
	opened := func() { kill.Reset(w.upTo(100 * time.Millisecond)) }
	switch {
	case i%8 == 0:
		how, opened = "by the clock, while it opens", func() {}
		kill.Reset(w.upTo(40 * time.Millisecond))
	case i%2 == 1 && w.strace != "":
		call := calls[w.dice.IntN(len(calls))]
		trap = exec.CommandContext(ctx, w.strace, "-f", "-qq", "-o", "/dev/null", "-p", strconv.Itoa(cmd.Process.Pid),
			"-e", "trace="+call, "-e", "inject="+call+":signal=SIGKILL")
		how = "at " + call
		opened = func() {
			<-time.After(w.upTo(60 * time.Millisecond))
			if trap.Start() != nil {
				trap = nil
			}
			kill.Reset(250 * time.Millisecond)
		}
	}
	w.listen(out, opened)
	if struck := kill.Stop(); !struck && trap != nil {
		how = "by the clock" // no such call came
	}
	err = cmd.Wait()
	if trap != nil && trap.Process != nil {
		_ = trap.Wait() // it ends with what it watched
	}
	if s, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || !s.Signaled() {
		return fmt.Errorf("it ended by itself: %w: %s", err, complaint.String())
	}
	w.kills[how]++
	return nil
}

// upTo is a time of chance below d.
func (w *ward) upTo(d time.Duration) time.Duration { return time.Duration(w.dice.Int64N(int64(d))) }

// listen notes what the station says until it is dead.
func (w *ward) listen(out io.Reader, opened func()) {
	for said := bufio.NewScanner(out); said.Scan(); {
		if w.told.hear(said.Text()) {
			continue
		}
		f := strings.Fields(said.Text())
		switch {
		case len(f) == 1 && f[0] == "open":
			opened()
		case len(f) == 3 && f[0] == "begin":
			w.begun[f[1]] = f[2]
		case len(f) == 2 && f[0] == "ok":
			w.accepted[f[1]] = true
		case len(f) == 2 && f[0] == "failed":
			w.failed[f[1]] = true
		}
	}
}

// check holds what central has against what the station accepted.
func (w *ward) check(t *testing.T, held map[string]string) {
	t.Helper()
	disks, err := filepath.Glob(filepath.Join(w.dir, "disk-*"))
	if err != nil {
		t.Fatal(err)
	}
	stored := map[string]bool{}
	for _, d := range disks {
		box, err := outbox.Open(t.Context(), d, outbox.Options{MinFree: -1})
		if err != nil {
			t.Fatal(err)
		}
		list, err := box.List(t.Context(), outbox.Filter{})
		files, globErr := filepath.Glob(filepath.Join(d, "parts", "*"))
		if err := errors.Join(err, globErr, box.Close()); err != nil {
			t.Fatal(err)
		}
		kept := 0
		for _, e := range list {
			kept += len(e.Parts)
			if stored[e.ID] || e.State != outbox.Received {
				t.Errorf("%s: %s is %s (%s) in the outbox", w.name, e.ID, e.State, e.Reason.Code)
			}
			stored[e.ID] = true
		}
		if len(files) != kept {
			t.Errorf("%s: %d parts lie in %s, %d belong to submissions", w.name, len(files), filepath.Base(d), kept)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(w.begun)) {
		switch at := held[id]; {
		case w.accepted[id] && at == "":
			t.Errorf("%s: %s was accepted and is lost", w.name, id)
		case at != "" && at != w.begun[id]:
			t.Errorf("%s: %s is at central with other bytes", w.name, id)
		case at != "" && (w.failed[id] || !stored[id]):
			t.Errorf("%s: %s is at central and was not accepted", w.name, id)
		case at == "" && stored[id]:
			t.Errorf("%s: %s is received here and not there", w.name, id)
		}
	}
	for id := range stored {
		if w.begun[id] == "" {
			t.Errorf("%s: %s was never begun", w.name, id)
		}
	}
}
