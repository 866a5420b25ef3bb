package torture

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// daysEnv says for how many days the station has no network; else a few.
const (
	daysEnv = "TORTURE_DAYS"
	fewDays = 3
	aDay    = 200 // submissions
	papered = 10  // one of so many has attachments
)

// TestMonthOffline: a station without a network for thirty days accepts all the
// while, is started anew each day, and then delivers everything: what has
// attachments in the order of acceptance, and so the rest, which does not wait
// for it. Every paper is at central as it was handed over. The station's memory
// grows neither with what it holds nor with what it has delivered.
func TestMonthOffline(t *testing.T) {
	if testing.Short() {
		t.Skip("accepts and delivers hundreds")
	}
	days := number(t, daysEnv, fewDays)
	bin := build(t, "motcua/cmd/central", "motcua/cmd/workbench/torture/headless")
	o := newOffice(t, bin, "CN-03")
	disk := t.TempDir()
	start := func(central string, more ...string) (*exec.Cmd, *bufio.Scanner, *bytes.Buffer) {
		t.Helper()
		cmd := exec.Command(filepath.Join(bin, "headless"), append([]string{"--data", disk, "--bundle", o.bundle("CN-03"),
			"--central", central, "--weight", "12000"}, more...)...)
		var complaint bytes.Buffer
		cmd.Stderr = &complaint
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cmd.Process.Kill() })
		return cmd, bufio.NewScanner(out), &complaint
	}

	var want []string
	told := papers{}
	began := time.Now()
	var weights []int64 // at the end of each day
	for range days {
		cmd, said, complaint := start("https://127.0.0.1:1", "--submit", strconv.Itoa(aDay),
			"--every", strconv.Itoa(papered))
		for accepted := 0; accepted < aDay && said.Scan(); {
			if told.hear(said.Text()) {
				continue
			}
			if id, ok := strings.CutPrefix(said.Text(), "ok "); ok {
				want = append(want, id)
				accepted++
			}
		}
		weights = append(weights, resident(t, cmd.Process.Pid))
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Fatalf("a day ended with %v\n%s", err, complaint)
		}
	}
	accepting := time.Since(began)
	if len(want) != days*aDay || len(told) != len(want)/papered {
		t.Fatalf("%d accepted, %d with papers, in %d days, want %d and %d each", len(want), len(told), days, aDay, aDay/papered)
	}

	began = time.Now()
	cmd, said, complaint := start("https://"+o.addr, "--drain")
	samples := watch(t, cmd.Process.Pid, said)
	if err := cmd.Wait(); err != nil {
		t.Fatalf("the drain ended with %v\n%s", err, complaint)
	}
	draining := time.Since(began)
	got := order(t, o.dir)
	for _, with := range []bool{false, true} {
		others := func(id string) bool { return (len(told[id]) > 0) != with }
		if got, want := slices.DeleteFunc(slices.Clone(got), others), slices.DeleteFunc(slices.Clone(want), others); !slices.Equal(got, want) {
			t.Errorf("with papers %v: central received %d, want %d in the order of acceptance", with, len(got), len(want))
		}
	}
	n, size := o.checkParts(t, held(t, o.dir), told)
	o.checkPapers(t, want, told)
	if len(samples) < 10 {
		t.Fatalf("only %d samples of its memory", len(samples))
	}
	early, late := median(samples[:len(samples)/5+1]), median(samples[len(samples)*4/5:])
	t.Logf("%d submissions came with %d attachments, %.1f MB sealed at central", len(told), n, float64(size)/1e6)
	t.Logf("%d days, %d submissions: accepted in %v, delivered in order in %v (%.0f/s); resident %d MB on the first day, %d MB on the last; "+
		"%d MB early in the drain, %d MB late, %d MB at most", days, len(want), accepting.Round(time.Second), draining.Round(time.Second),
		float64(len(want))/draining.Seconds(), weights[0]>>20, weights[len(weights)-1]>>20, early>>20, late>>20, slices.Max(samples)>>20)
	if grown := weights[len(weights)-1] - weights[0]; grown > 8<<20 {
		t.Errorf("the station weighs %d KiB more on the last day than on the first", grown>>10)
	}
	if late-early > 8<<20 {
		t.Errorf("the station weighs %d KiB more late in the drain than early", (late-early)>>10)
	}
}

// watch takes samples of a process's memory until it has nothing more to say.
func watch(t *testing.T, pid int, said *bufio.Scanner) (samples []int64) {
	t.Helper()
	ctx, ended := context.WithCancel(t.Context())
	go func() {
		defer ended()
		for said.Scan() {
		}
	}()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return samples
		case <-tick.C:
			if n, err := statm(pid); err == nil && n > 0 {
				samples = append(samples, n)
			}
		}
	}
}

func resident(t *testing.T, pid int) int64 {
	t.Helper()
	n, err := statm(pid)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// statm is the resident memory of a process in bytes, as of proc(5).
func statm(pid int) (int64, error) {
	raw, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "statm"))
	if err != nil {
		return 0, err
	}
	f := strings.Fields(string(raw))
	if len(f) < 2 {
		return 0, errors.New("statm is short")
	}
	pages, err := strconv.ParseInt(f[1], 10, 64)
	return pages * int64(os.Getpagesize()), err
}

func median(all []int64) int64 {
	all = slices.Sorted(slices.Values(all))
	return all[len(all)/2]
}

// order gives the ids in the ledger of central in dir in the order of reception.
func order(t *testing.T, dir string) (ids []string) {
	t.Helper()
	db := ledger(t, dir)
	defer db.Close()
	rows, err := db.Query("SELECT id FROM submissions ORDER BY n")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return ids
}
