package outbox

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// resident is the memory of this process in bytes, as of proc(5): SQLite's own
// is not on Go's heap.
func resident(t *testing.T) int64 {
	t.Helper()
	runtime.GC()
	raw, err := os.ReadFile("/proc/self/statm")
	ok(t, err)
	pages, err := strconv.ParseInt(strings.Fields(string(raw))[1], 10, 64)
	ok(t, err)
	return pages * int64(os.Getpagesize())
}

// processor is the processor time of this process so far.
func processor(t *testing.T) time.Duration {
	t.Helper()
	var u unix.Rusage
	ok(t, unix.Getrusage(unix.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func TestTenThousandQueued(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 120 MB")
	}
	n := 10_000
	if raceDetector {
		n = 2_500
	}
	dir := filepath.Join(t.TempDir(), "outbox")
	fillMany(t, dir, n)
	ctx := t.Context()

	// The bars are for a station at rest. What is held to them is processor
	// time, which other programs on this machine do not change; the clock's is
	// told beside it. The race detector makes SQLite, which is Go here, about
	// ten times slower.
	slack := time.Duration(1)
	if raceDetector {
		slack = 20
	}
	best := func(what string, bar time.Duration, f func()) {
		t.Helper()
		took, wall := time.Duration(1<<63-1), time.Duration(1<<63-1)
		for range 3 {
			start, used := time.Now(), processor(t)
			f()
			took, wall = min(took, processor(t)-used), min(wall, time.Since(start))
		}
		t.Logf("%s: %v, by the clock %v (bar %v)", what, took.Round(time.Millisecond), wall.Round(time.Millisecond), bar)
		if took > bar*slack {
			t.Errorf("%s took %v, want at most %v", what, took, bar)
		}
	}
	var b *Outbox
	best("open", time.Second, func() {
		if b != nil {
			ok(t, b.Close())
		}
		b = open(t, dir, Options{})
	})
	best("list", 200*time.Millisecond, func() {
		if l, err := b.List(ctx, Filter{}); err != nil || len(l) != n {
			t.Fatalf("List = %d, %v; want %d", len(l), err, n)
		}
	})
	best("summary", 200*time.Millisecond, func() {
		if s, err := b.Summary(ctx); err != nil || s.Pending() != n {
			t.Fatalf("Summary = %+v, %v; want %d pending", s, err, n)
		}
	})

	var plan string
	ok(t, b.read.QueryRow("EXPLAIN QUERY PLAN "+nextDue, 1, 2, 1).Scan(new(int), new(int), new(int), &plan))
	if !strings.Contains(plan, "submission_ready") {
		t.Errorf("the next one is looked for by %q: slower with every one delivered", plan)
	}

	deliver := func(k int) {
		t.Helper()
		if _, err := b.write.Exec("PRAGMA synchronous=OFF"); err != nil {
			t.Fatal(err)
		}
		for range k {
			it, found, err := b.Next(ctx, time.Now())
			if err != nil || !found {
				t.Fatalf("Next = %v, %v", found, err)
			}
			ok(t, b.Sending(ctx, it.ID))
			ok(t, b.Received(ctx, it.ID, Confirmation{At: time.Now()}))
		}
	}
	deliver(200)
	before := resident(t)
	deliver(n / 2)
	after := resident(t)
	t.Logf("resident: %d KiB before, %d KiB after %d more deliveries", before>>10, after>>10, n/2)
	if grown := after - before; grown > 8<<20 && !raceDetector {
		t.Errorf("memory grew by %d KiB over %d deliveries of %d bytes", grown>>10, n/2, sealedSize)
	}
	if fi, err := os.Stat(filepath.Join(dir, storeDir, fileName+"-wal")); err != nil || fi.Size() > 2*logPages*frameSize {
		t.Errorf("the log has %d bytes, %v; want it kept short by checkpoints", fi.Size(), err)
	}
}

// Nothing that names a person may be in any file, in clear, at any time. What
// comes in with names in it are the sealed bytes, and those are not readable
// here; so this looks for what the outbox might add: the secret, and the text
// of anything that it was not given to keep.
func TestNothingInClear(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir, Options{})
	it := item(5000)
	put(t, b, it)
	ok(t, b.Sending(context.Background(), it.ID))
	ok(t, b.Refused(context.Background(), it.ID, Reason{Code: "schema", Text: "tờ khai không đúng mẫu", Owner: Technician, Next: "gọi"}))
	var all []byte
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if strings.Contains(path, "Nguyễn") || strings.Contains(path, "001090999999") {
			t.Errorf("a file name names a person: %s", path)
		}
		raw, err := os.ReadFile(path)
		all = append(all, raw...)
		return err
	})
	ok(t, err)
	text := string(all)
	for _, secret := range []string{"K7MP", "Nguyễn Văn Mẫu", "001090999999", "NGUYỄN VĂN MẪU"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q stands in clear on the disk", secret)
		}
	}
	if !strings.Contains(text, it.ID) || !strings.Contains(text, string(it.Sealed[:64])) {
		t.Error("the scan does not see what is there: it proves nothing")
	}

	// The columns are these and no others: whoever adds one thinks of this.
	want := "id claim procedure secret digest sum size created accepted state code text owner next" +
		" attempts tried due confirmed heard asked central dossier dropped parts lacking"
	if got := strings.Join(strings.FieldsFunc(columns, func(r rune) bool { return strings.ContainsRune(", \n\t", r) }), " "); got != want {
		t.Errorf("columns are\n%s, want\n%s", got, want)
	}
}
