package journal

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func open(t interface {
	Fatal(...any)
	Helper()
}, path string, o Options) *Journal {
	t.Helper()
	j, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

var page = [32]byte{1, 2, 3}

func TestOneReceipt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "receipts")
	at := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	j := open(t, path, Options{Now: func() time.Time { return at }})
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	want := func(err, reason error) {
		t.Helper()
		if !errors.Is(err, reason) {
			t.Fatalf("got %v, want %v", err, reason)
		}
	}
	must(j.Owe("a"))
	must(j.Owe("a"))
	want(j.Out("a", 0), ErrState)
	want(j.Lost("a", 1, "paper out"), ErrState)
	want(j.Begin("a", 2, page), ErrNumber)
	if n := j.Next("a"); n != 1 {
		t.Fatalf("the first copy has number %d", n)
	}
	must(j.Begin("a", 1, page))
	want(j.Begin("a", 1, page), ErrNumber) // two at once: one of them composes anew
	must(j.Lost("a", 1, "paper out"))
	want(j.Out("a", 1), ErrState)
	if got := j.Unfinished(); len(got) != 1 || got[0].State != Lost || got[0].Why != "paper out" {
		t.Fatalf("a lost copy is not owed any more: %+v", got)
	}
	if n := j.Next("a"); n != 2 {
		t.Fatalf("the copy after a lost one has number %d", n)
	}
	must(j.Begin("a", 2, page))
	want(j.Out("a", 1), ErrState)
	if got := j.Unfinished(); len(got) != 1 || got[0].State != Begun {
		t.Fatalf("unfinished: %+v", got)
	}
	must(j.Out("a", 2))
	must(j.GiveUp("a", "late")) // it is out: nothing to give up
	got, known := j.Job("a")
	job := Job{ID: "a", State: Out, Copy: 2, Digest: fmt.Sprintf("%x", page), At: at}
	if d := cmp.Diff(job, got); !known || d != "" {
		t.Errorf("job (-want +got):\n%s", d)
	}
	want(j.GiveUp("b", "never heard of"), ErrState)
	want(j.Owe(""), ErrState)
	must(j.Owe("c"))
	must(j.GiveUp("c", "visitor left"))
	if n := len(j.Unfinished()); n != 0 {
		t.Errorf("%d jobs unfinished", n)
	}
	_, err := Open(path, Options{})
	want(err, ErrInUse)
	must(j.Close())
	must(j.Close())
	want(j.Owe("d"), ErrBroken)

	// A visitor wants it once more, after a restart.
	j = open(t, path, Options{Now: func() time.Time { return at.Add(time.Hour) }})
	if n := j.Next("a"); n != 3 {
		t.Errorf("after a restart the next copy has number %d, want 3", n)
	}
	must(j.Begin("a", 3, page))
	must(j.Close())
}

// What is done is forgotten after its time; what is owed never is.
func TestForgets(t *testing.T) {
	path := filepath.Join(t.TempDir(), "receipts")
	at := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	now := func() time.Time { return at }
	j := open(t, path, Options{Now: now})
	for _, err := range []error{j.Owe("owed"), j.Begin("out", 1, page), j.Out("out", 1), j.Begin("begun", 1, page), j.Close()} {
		if err != nil {
			t.Fatal(err)
		}
	}
	at = at.Add(29 * 24 * time.Hour)
	j = open(t, path, Options{Now: now})
	if _, known := j.Job("out"); !known {
		t.Error("forgotten too early")
	}
	_ = j.Close()
	at = at.Add(2 * 24 * time.Hour)
	j = open(t, path, Options{Now: now})
	defer j.Close()
	if _, known := j.Job("out"); known || len(j.Unfinished()) != 2 {
		t.Errorf("known %t, unfinished %+v", known, j.Unfinished())
	}
}

// The file does not grow without end.
func TestIsWrittenAnew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "receipts")
	j := open(t, path, Options{})
	defer j.Close()
	if err := j.Owe("a"); err != nil {
		t.Fatal(err)
	}
	j.size = rewriteAt // as if by then
	if err := j.file.Truncate(rewriteAt); err != nil {
		t.Fatal(err)
	}
	if err := j.Begin("a", 1, page); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Size() > 1000 {
		t.Fatalf("%d bytes, %v", info.Size(), err)
	}
	if err := j.Out("a", 1); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(path); err != nil || !strings.Contains(string(b), `"out"`) {
		t.Errorf("what came after is not in the new file: %s, %v", b, err)
	}

	// Nor is it written anew at every event by a station that has much to remember.
	for i := range 2 * rewriteAt / 300 {
		id := strconv.Itoa(i)
		j.jobs[id] = Job{ID: id, State: Out, Copy: 1, Digest: fmt.Sprintf("%x", page), Why: strings.Repeat("x", 150), At: time.Now()}
	}
	j.size = j.anew
	var files [3]os.FileInfo
	for i := range files {
		if err := j.Begin("b", i+1, page); err != nil {
			t.Fatal(err)
		}
		if files[i], err = os.Stat(path); err != nil {
			t.Fatal(err)
		}
	}
	if files[0].Size() < rewriteAt || !os.SameFile(files[0], files[2]) {
		t.Errorf("%d bytes, and written anew again two events later", files[0].Size())
	}
}

// history makes random events, and tells what was durable at each length that the
// file had.
func history(t *rapid.T, path string) (b []byte, durable map[int]map[string]Job) {
	j := open(t, path, Options{Now: func() time.Time { return time.Unix(0, 0) }})
	defer j.Close()
	durable = map[int]map[string]Job{0: {}}
	for range rapid.IntRange(1, 12).Draw(t, "events") {
		id := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "id")
		copies := j.Next(id) - rapid.IntRange(0, 1).Draw(t, "back")
		switch rapid.IntRange(0, 4).Draw(t, "event") {
		case 0:
			_ = j.Owe(id)
		case 1:
			_ = j.Begin(id, copies, page)
		case 2:
			_ = j.Out(id, copies)
		case 3:
			_ = j.Lost(id, copies, "paper out")
		case 4:
			_ = j.GiveUp(id, "visitor left")
		}
		now := map[string]Job{}
		for id, job := range j.jobs {
			now[id] = job
		}
		durable[int(j.size)] = now
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b, durable
}

// Power may be cut while any byte is written: what was durable before is there,
// and the journal works on.
func TestCutAtEveryByte(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		path := filepath.Join(dir, "receipts")
		_ = os.Remove(path)
		b, durable := history(t, path)
		last := map[string]Job{}
		for n := range len(b) + 1 {
			if then, ok := durable[n]; ok {
				last = then
			}
			got, damaged := decode(b[:n])
			if d := cmp.Diff(last, got); d != "" || damaged > 1 {
				t.Fatalf("cut after %d of %d bytes, %d damaged lines (-want +got):\n%s", n, len(b), damaged, d)
			}
		}
		// On the disk itself once, at a place of its choice.
		n := rapid.IntRange(0, len(b)).Draw(t, "cut")
		if err := os.WriteFile(path, b[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		want, _ := decode(b[:n])
		long := Options{Keep: 200 * 365 * 24 * time.Hour}
		j := open(t, path, long)
		if err := j.Owe("new"); err != nil {
			t.Fatal(err)
		}
		_ = j.Close()
		j = open(t, path, long)
		defer j.Close()
		if _, known := j.Job("new"); !known || j.Damaged() != 0 || len(j.jobs) != len(want)+1 {
			t.Fatalf("after the cut: %d jobs, %d damaged lines", len(j.jobs), j.Damaged())
		}
	})
}

// A journal that cannot be read is left as it is: what is owed is in it.
func TestUnreadable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "receipts")
	if err := os.Symlink("/proc/self/mem", path); err != nil { // reads like a bad block: EIO
		t.Fatal(err)
	}
	if j, err := Open(path, Options{}); err == nil {
		_ = j.Close()
		t.Error("it opens")
	}
	if to, err := os.Readlink(path); err != nil {
		t.Errorf("it was written over: %q, %v", to, err)
	}
}

// A bad block in the middle takes its own lines with it, and gives no number a
// second time: what was begun in them must not be begun again unmarked.
func TestDamagedInTheMiddle(t *testing.T) {
	path := filepath.Join(t.TempDir(), "receipts")
	j := open(t, path, Options{})
	for _, err := range []error{j.Begin("a", 1, page), j.Lost("a", 1, "jam"), j.Owe("b"), j.Begin("a", 2, page), j.Close()} {
		if err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(b, []byte("\n"))
	lines[1] = bytes.Replace(lines[1], []byte(`"copy":1`), []byte(`"copy":7`), 1) // well formed, and wrong
	lines[3], lines[0] = lines[0], lines[3]                                       // what was said first, last
	if err := os.WriteFile(path, bytes.Join(lines, nil), 0o600); err != nil {
		t.Fatal(err)
	}
	j = open(t, path, Options{})
	if j.Damaged() != 1 || j.Next("a") != 4 || j.Next("b") != 2 {
		t.Errorf("%d damaged, next of a %d, of b %d", j.Damaged(), j.Next("a"), j.Next("b"))
	}
	_ = j.Close()
	j = open(t, path, Options{})
	defer j.Close()
	if j.Damaged() != 0 || j.Next("a") != 4 || j.Next("b") != 2 {
		t.Errorf("opened once more: %d damaged, next of a %d, of b %d", j.Damaged(), j.Next("a"), j.Next("b"))
	}
}

// A disk that fails is told, and nothing is believed that is not on it.
func TestDiskFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "receipts")
	j := open(t, path, Options{})
	defer j.Close()
	if err := j.Owe("a"); err != nil {
		t.Fatal(err)
	}
	good := j.file
	readOnly, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer readOnly.Close()
	j.file = readOnly
	if err := j.Begin("a", 1, page); !errors.Is(err, ErrBroken) {
		t.Fatalf("Begin on a disk that fails: %v", err)
	}
	if job, _ := j.Job("a"); job.State != Owed || j.Next("a") != 1 {
		t.Errorf("believed %+v", job)
	}
	j.file = good
	if err := j.Begin("a", 1, page); !errors.Is(err, ErrBroken) {
		t.Errorf("Begin after a failure that could not be undone: %v", err)
	}
}

// Nobody's name or number gets into the file.
func TestNothingPersonal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "receipts")
	j := open(t, path, Options{})
	id := "01890c1e-5f2a-7c31-9a54-1f0b6d7e8f90"
	for _, err := range []error{j.Owe(id), j.Begin(id, 1, page), j.Lost(id, 1, "paper out"), j.Close()} {
		if err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(b) {
		if got := bytes.Count(line, []byte(`":`)); got > 6 {
			t.Errorf("a line says %d things: %s", got, line)
		}
	}
}

// No file upsets it, and what it reads it writes so that it reads the same.
func FuzzDecode(f *testing.F) {
	line, err := encodeLine(Job{ID: "a", State: Begun, Copy: 2, Digest: "00ff", At: time.Unix(1, 0).UTC()})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(line)
	f.Add(append(line[:len(line)-3:len(line)-3], line...))
	f.Add([]byte("00000000 {}\n\n\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		jobs, damaged := decode(b)
		if lines := bytes.Count(b, []byte("\n")) + 1; len(jobs)+damaged > lines {
			t.Fatalf("%d jobs and %d damaged of %d lines", len(jobs), damaged, lines)
		}
		for id, job := range jobs {
			line, err := encodeLine(job)
			if err != nil {
				t.Fatal(err)
			}
			again, ok := decodeLine(line)
			if !ok || id != again.ID || again.Copy != job.Copy || again.State != job.State || !again.At.Equal(job.At) {
				t.Fatalf("%+v became %+v", job, again)
			}
		}
	})
}
