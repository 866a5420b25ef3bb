package outbox

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// hog takes the room of a small disk until only so many bytes are left.
func hog(t *testing.T, dir string, left int64) (file string) {
	t.Helper()
	file = filepath.Join(dir, "hog")
	f, err := os.Create(file)
	ok(t, err)
	defer f.Close()
	free, err := freeBytes(dir)
	ok(t, err)
	if take := free - left; take > 0 {
		ok(t, unix.Fallocate(int(f.Fd()), 0, 0, take))
	}
	return file
}

// The disk becomes full at any write: of an acceptance, a mark, a checkpoint, an
// opening. What was accepted is there in the end, what was declined is not, and
// nobody gets another answer than "no room".
func TestDiskFullAtEachWrite(t *testing.T) {
	rooms := []int64{0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144}
	if raceDetector {
		rooms = []int64{0, 2, 13, 89} // SQLite, which is Go here, is ten times slower
	}
	for _, pages := range rooms {
		t.Run(fmt.Sprintf("%d pages left", pages), func(t *testing.T) {
			dir := smallDisk(t, "64m")
			box := filepath.Join(dir, "outbox")
			b := open(t, box, Options{MinFree: -1})
			accepted, declined := map[string]bool{}, map[string]bool{}
			try := func() {
				t.Helper()
				it := item(20_000)
				switch err := b.Put(t.Context(), it); {
				case err == nil:
					accepted[it.ID] = true
				case errors.Is(err, ErrFull):
					declined[it.ID] = true
				default:
					t.Fatalf("Put = %v, want nil or ErrFull", err)
				}
			}
			for range 20 {
				try()
			}
			big := hog(t, dir, pages*pageSize)
			for range 250 { // more than the log was laid out for
				try()
			}
			if len(declined) == 0 {
				t.Fatal("the disk never became full: it proves nothing")
			}
			delivered := map[string]bool{}
			for range 30 {
				it, found, err := b.Next(t.Context(), time.Now())
				if err != nil || !found {
					t.Fatalf("Next = %v, %v", found, err)
				}
				if err := b.Received(t.Context(), it.ID, Confirmation{}); err != nil {
					if !errors.Is(err, ErrFull) {
						t.Fatalf("Received = %v, want nil or ErrFull", err)
					}
					break
				}
				delivered[it.ID] = true
			}
			ok(t, b.Close())
			full, err := Open(t.Context(), box, Options{MinFree: -1})
			switch {
			case err == nil:
				b = full
				try()
				ok(t, b.Close())
			case !errors.Is(err, ErrFull):
				t.Fatalf("Open on the full disk = %v, want nil or ErrFull", err)
			}
			ok(t, os.Remove(big))
			b = open(t, box, Options{MinFree: -1})
			if d := b.Damage(); d != nil {
				t.Errorf("a full disk counts as damage: %+v", *d)
			}
			list, err := b.List(t.Context(), Filter{})
			ok(t, err)
			if len(list) != len(accepted) {
				t.Errorf("%d in the list, %d were accepted and %d declined", len(list), len(accepted), len(declined))
			}
			for _, e := range list {
				if !accepted[e.ID] || delivered[e.ID] != (e.State == Received) {
					t.Errorf("%s is %s; accepted %v, delivered %v", e.ID, e.State, accepted[e.ID], delivered[e.ID])
				}
			}
			if v, err := b.Verify(t.Context(), nil); err != nil || v.Whole != len(accepted) {
				t.Errorf("Verify = %+v, %v; want %d whole", v, err, len(accepted))
			}
		})
	}
}

// Somebody hears that the disk fills up while everything is still accepted.
func TestWarnsBeforeItIsFull(t *testing.T) {
	for _, c := range []struct {
		name string
		o    Options
		low  bool
	}{{"room", Options{WarnFree: 1}, false}, {"little room", Options{WarnFree: 1 << 60}, true}, {"guard alone", Options{MinFree: -1, WarnFree: 1}, false}} {
		b := open(t, t.TempDir(), c.o)
		put(t, b, item(100))
		if s, err := b.Summary(t.Context()); err != nil || s.Low != c.low {
			t.Errorf("%s: Low = %v, %v", c.name, s.Low, err)
		}
	}
	if o := (Options{}).withDefaults(); o.WarnFree <= o.MinFree {
		t.Errorf("warns at %d bytes, declines at %d", o.WarnFree, o.MinFree)
	}
}

// What a folder is called is no pattern: with one that looks like it, a damaged
// store that lies aside is still seen, and parts of it are kept.
func TestFolderCalledLikeAPattern(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "kiosk [1")
	b := open(t, dir, Options{})
	it := item(100)
	put(t, b, it)
	ok(t, b.Close())
	ok(t, os.Mkdir(filepath.Join(dir, asidePrefix+"20261120T120000Z"), 0o700))
	left := filepath.Join(dir, partsDir, strings.Repeat("0a", 32))
	ok(t, os.WriteFile(left, []byte("sealed"), 0o600))
	b = open(t, dir, Options{})
	if s, err := b.Summary(t.Context()); err != nil || len(s.Aside) != 1 {
		t.Errorf("Aside = %v, %v", s.Aside, err)
	}
	if _, err := os.Stat(left); err != nil {
		t.Errorf("a part of the damaged store is gone: %v", err)
	}
}
