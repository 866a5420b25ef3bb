package torture

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"motcua/cmd/workbench/stolen"
	"motcua/kiosk/outbox"
)

// people are the words of package filed that name somebody.
var people = []string{"NGUYỄN VĂN MẪU", "001090999999", "NGUYỄN THỊ MẪU", "1990-01-01"}

// TestStolenDisk: a thief who takes the disk of a station that was killed finds
// nobody on it: not in what waits, not in what was delivered, let go and
// forgotten, not in the logs.
func TestStolenDisk(t *testing.T) {
	bin := build(t, "motcua/cmd/central", "motcua/cmd/workbench/torture/headless")
	o := newOffice(t, bin, "CN-03")
	disk := t.TempDir()
	clean := func(when string) {
		t.Helper()
		found, err := stolen.Search(people, disk)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			t.Errorf("%s: %v", when, f)
		}
	}
	said, err := exec.CommandContext(t.Context(), filepath.Join(bin, "headless"), "--data", filepath.Join(disk, "data"),
		"--bundle", o.bundle("CN-03"), "--central", "https://"+o.addr, "--submit", "60", "--drain").CombinedOutput()
	if err := errors.Join(err, os.WriteFile(filepath.Join(disk, "log"), said, 0o600)); err != nil {
		t.Fatal(err)
	}
	clean("delivered")
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
	clean("forgotten")

	cmd := exec.CommandContext(t.Context(), filepath.Join(bin, "headless"), "--data", filepath.Join(disk, "data"),
		"--bundle", o.bundle("CN-03"), "--central", "https://127.0.0.1:1", "--submit", "40")
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
	clean("killed with 40 waiting")

	planted := filepath.Join(disk, "data", "core")
	if err := os.WriteFile(planted, []byte("…\x00"+people[1]+"\x00…"), 0o600); err != nil {
		t.Fatal(err)
	}
	if found, err := stolen.Search(people, disk); err != nil || len(found) != 1 || found[0].File != planted {
		t.Errorf("what was planted: %v, %v", found, err)
	}
}
