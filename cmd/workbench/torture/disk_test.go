package torture

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"motcua/cmd/workbench/filed"
	"motcua/cmd/workbench/stolen"
	"motcua/kiosk/outbox"
)

// people are the words of package filed that name somebody.
var people = []string{"NGUYỄN VĂN MẪU", "001090999999", "NGUYỄN THỊ MẪU", "1990-01-01"}

// TestStolenDisk: a thief who takes the disk of a station that was killed finds
// nobody on it: not in what waits, not in the papers that came with it, not in
// what was delivered, let go and forgotten, not in the logs.
func TestStolenDisk(t *testing.T) {
	bin := build(t, "motcua/cmd/central", "motcua/cmd/workbench/torture/headless")
	o := newOffice(t, bin, "CN-03")
	disk := t.TempDir()
	clean := func(when string, parts int) {
		t.Helper()
		files, err := filepath.Glob(filepath.Join(disk, "data", "parts", "*"))
		if err != nil || len(files) < parts || parts == 0 && len(files) > 0 {
			t.Errorf("%s: %d parts lie on the disk, %v, want %d at least, or none", when, len(files), err, parts)
		}
		found, err := stolen.Search(people, disk)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			t.Errorf("%s: %v", when, f)
		}
	}
	said, err := exec.CommandContext(t.Context(), filepath.Join(bin, "headless"), "--data", filepath.Join(disk, "data"),
		"--bundle", o.bundle("CN-03"), "--central", "https://"+o.addr,
		"--submit", "60", "--every", "6", "--paper", "60000", "--drain").CombinedOutput()
	if err := errors.Join(err, os.WriteFile(filepath.Join(disk, "log"), said, 0o600)); err != nil {
		t.Fatal(err)
	}
	clean("delivered", 10)
	box, err := outbox.Open(t.Context(), filepath.Join(disk, "data"), outbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, later := range []time.Duration{8, 91} { // the bytes go, then the rows
		if k, err := box.Retain(t.Context(), time.Now().Add(later*24*time.Hour)); err != nil || k.Sealed+k.Rows == 0 {
			t.Fatalf("Retain = %+v, %v", k, err)
		}
	}
	if err := box.Close(); err != nil {
		t.Fatal(err)
	}
	clean("forgotten", 0)

	cmd := exec.CommandContext(t.Context(), filepath.Join(bin, "headless"), "--data", filepath.Join(disk, "data"),
		"--bundle", o.bundle("CN-03"), "--central", "https://127.0.0.1:1", "--submit", "400",
		"--every", "4", "--paper", "60000")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for accepted := 0; accepted < 40 && lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "ok ") {
			accepted++
		}
	}
	if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	clean("killed with 40 waiting, in the midst of it", 10)

	paper := filed.Paper(30_000)
	for _, p := range []struct {
		path, content string
		words         int // of the people
	}{
		{filepath.Join(disk, "data", "core"), "…\x00" + people[1] + "\x00…", 1},
		{filepath.Join(disk, "data", "parts", "new-plain"), string(paper[:len(paper)/2]), len(people)},
	} {
		if err := os.WriteFile(p.path, []byte(p.content), 0o600); err != nil {
			t.Fatal(err)
		}
		found, err := stolen.Search(people, disk)
		words := map[int]bool{}
		for _, f := range found {
			words[f.Word] = true
		}
		if err != nil || len(words) != p.words || slices.ContainsFunc(found, func(f stolen.Found) bool { return f.File != p.path }) {
			t.Errorf("what was planted in %s: %v, %v", p.path, found, err)
		}
		if err := os.Remove(p.path); err != nil {
			t.Fatal(err)
		}
	}
}
