package stage

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// within bounds a test's waits.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func shell(t *testing.T, script string) *process {
	t.Helper()
	p, err := launch(t.TempDir(), "script", nil, "/bin/sh", "-c", script)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.kill() })
	return p
}

func TestLinesUpToReady(t *testing.T) {
	p := shell(t, "echo api 1; echo ready; echo more; exec sleep 1000")
	if got, err := p.lines(within(t), "ready"); err != nil || !slices.Equal(got, []string{"api 1", "ready"}) {
		t.Errorf("lines = %q, %v", got, err)
	}
	if err := p.end(); err != nil {
		t.Errorf("end = %v", err)
	}
}

func TestFailureShowsTheLog(t *testing.T) {
	p := shell(t, "echo no port free >&2; exit 7")
	_, err := p.lines(within(t), "ready")
	if err == nil || !strings.Contains(err.Error(), "no port free") {
		t.Errorf("lines = %v, want the log's end", err)
	}
	err = p.ready(within(t), func(context.Context) error { return errors.New("no") })
	if err == nil || !strings.Contains(err.Error(), "exit status 7") {
		t.Errorf("ready = %v, want how it ended", err)
	}
}

func TestEndTakesTheWholeGroup(t *testing.T) {
	p := shell(t, "sleep 1000 & echo $!; wait")
	lines, err := p.lines(within(t), "")
	if err != nil {
		t.Fatal(err)
	}
	line := lines[0]
	child, err := strconv.Atoi(line)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.end(); err != nil {
		t.Fatal(err)
	}
	// An orphan that was killed is gone once whoever inherited it has noticed.
	for ctx := within(t); ; {
		stat, err := os.ReadFile(filepath.Join("/proc", line, "stat"))
		if err != nil || strings.Contains(string(stat), ") Z ") {
			break
		}
		if ctx.Err() != nil {
			t.Fatalf("the child is there still: kill(0) = %v", syscall.Kill(child, 0))
		}
	}
}

func TestReadyTriesUntilItIs(t *testing.T) {
	p := shell(t, "exec sleep 1000")
	tries := 0
	err := p.ready(within(t), func(context.Context) error {
		if tries++; tries < 3 {
			return errors.New("not yet")
		}
		return nil
	})
	if err != nil || tries != 3 {
		t.Errorf("ready = %v after %d tries", err, tries)
	}
}
