package outbox

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const sealedSize = 8 << 10 // about what a birth registration comes to

// BenchmarkAccept measures Put beside the bare minimum on the same disk: the
// same bytes appended to a file and one fdatasync. The bar is 2. Beside it
// stands the least that any disk can do, the same bytes written over blocks
// that the file already has. The three take turns, so that all meet the same
// disk.
func BenchmarkAccept(b *testing.B) {
	dir := benchDir(b)
	box, err := Open(b.Context(), filepath.Join(dir, "outbox"), Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer box.Close()
	raw, err := os.Create(filepath.Join(dir, "raw"))
	if err != nil {
		b.Fatal(err)
	}
	defer raw.Close()
	over, err := os.Create(filepath.Join(dir, "over"))
	if err != nil {
		b.Fatal(err)
	}
	defer over.Close()
	if _, err := over.Write(make([]byte, sealedSize)); err != nil {
		b.Fatal(err)
	}
	var ours, bare, least []time.Duration
	for b.Loop() {
		it := item(sealedSize)
		start := time.Now()
		if err := box.Put(context.Background(), it); err != nil {
			b.Fatal(err)
		}
		ours = append(ours, time.Since(start))
		start = time.Now()
		if _, err := raw.Write(it.Sealed); err != nil {
			b.Fatal(err)
		}
		if err := unix.Fdatasync(int(raw.Fd())); err != nil {
			b.Fatal(err)
		}
		bare = append(bare, time.Since(start))
		start = time.Now()
		if _, err := over.WriteAt(it.Sealed, 0); err != nil {
			b.Fatal(err)
		}
		if err := unix.Fdatasync(int(over.Fd())); err != nil {
			b.Fatal(err)
		}
		least = append(least, time.Since(start))
	}
	b.ReportMetric(float64(quantile(ours, 0.5).Microseconds()), "accept-p50-µs")
	b.ReportMetric(float64(quantile(ours, 0.99).Microseconds()), "accept-p99-µs")
	b.ReportMetric(float64(quantile(bare, 0.5).Microseconds()), "write+fdatasync-p50-µs")
	b.ReportMetric(float64(quantile(ours, 0.5))/float64(quantile(bare, 0.5)), "ratio")
	b.ReportMetric(float64(quantile(ours, 0.5))/float64(quantile(least, 0.5)), "ratio-to-overwrite")
}

// benchDir is on the disk that OUTBOX_BENCH_DIR names, else on that of the
// temporary files.
func benchDir(b *testing.B) string {
	b.Helper()
	if parent := os.Getenv("OUTBOX_BENCH_DIR"); parent != "" {
		dir, err := os.MkdirTemp(parent, "outbox-bench-")
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = os.RemoveAll(dir) })
		return dir
	}
	return b.TempDir()
}

func quantile(d []time.Duration, q float64) time.Duration {
	d = slices.Sorted(slices.Values(d))
	return d[min(len(d)-1, int(float64(len(d))*q))]
}

// BenchmarkOpen10000 opens an outbox with 10,000 queued submissions; the bar
// is 1 s.
func BenchmarkOpen10000(b *testing.B) {
	dir := filepath.Join(benchDir(b), "outbox")
	fillMany(b, dir, 10_000)
	for b.Loop() {
		box, err := Open(b.Context(), dir, Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := box.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// fillMany accepts n submissions, with the disk's syncs left out.
func fillMany(t testing.TB, dir string, n int) {
	t.Helper()
	box, err := Open(t.Context(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := box.write.Exec("PRAGMA synchronous=OFF"); err != nil {
		t.Fatal(err)
	}
	it := item(sealedSize)
	for i := range n {
		it.ID = fmt.Sprintf("01900000-0000-7000-8000-%012x", i)
		if err := box.Put(context.Background(), it); err != nil {
			t.Fatal(err)
		}
	}
	if err := box.Close(); err != nil {
		t.Fatal(err)
	}
}
