package station_test

import (
	"os"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"motcua/kiosk/station"
)

// cycles is how often a cable is pulled and put back.
const cycles = 1000

// TestReplugs pulls and plugs every unit a thousand times under a station that
// hears of plugs: each is back in use, and nothing is left behind.
func TestReplugs(t *testing.T) {
	shelf := newShelf(t)
	var plugs atomic.Int64
	var before, after [3]int
	play(t, shelf, options{silent: true, plugs: ringing(func() { plugs.Add(1) })}, func(w *ward) {
		n := cycles
		if raced {
			n /= 10
		}
		for i := range n {
			if i == n/10 {
				before = held()
			}
			w.scanner.fail(gone("scanner"))
			w.printer.fail(gone("printer"))
			w.pullReader(gone("reader"))
			w.pass(time.Second)
			for _, thing := range []string{station.ThingScanner, station.ThingPrinter, station.ThingReader} {
				if s := w.s.Best(thing); s != station.Away {
					t.Fatalf("cycle %d: a %s that was pulled is %q after a second", i, thing, s)
				}
			}
			w.scanner.plug()
			w.printer.plug()
			w.reader.plug()
			w.pass(3 * time.Second)
			for _, thing := range []string{station.ThingScanner, station.ThingPrinter, station.ThingReader} {
				if s := w.s.Best(thing); s != station.OK {
					t.Fatalf("cycle %d: a %s that was put back is %q after three seconds", i, thing, s)
				}
			}
			if told := w.troubles.Now(opening.Add(48 * time.Hour)); len(told) != 0 {
				t.Fatalf("cycle %d: troubles stay: %v", i, told)
			}
		}
		after = held()
	})
	t.Logf("goroutines, files, KiB in use: %v after a tenth, %v at the end", before, after)
	if after[0] > before[0] || after[1] > before[1] {
		t.Errorf("goroutines and files grew from %v to %v", before[:2], after[:2])
	}
	if grown := after[2] - before[2]; grown > 2048 {
		t.Errorf("memory grew by %d KiB", grown)
	}
	if plugs.Load() == 0 {
		t.Error("nobody listened for plugs")
	}
}

// ringing is a Plugs that counts who asks and never rings: what is left is to try
// now and then.
type ringing func()

// Come implements station.Plugs.
func (r ringing) Come() <-chan struct{} { r(); return nil }

// held counts goroutines, open files and KiB of memory in use. The log, which a
// test keeps, is counted too.
func held() [3]int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return [3]int{runtime.NumGoroutine(), 0, int(m.HeapInuse >> 10)}
	}
	return [3]int{runtime.NumGoroutine(), len(files), int(m.HeapInuse >> 10)}
}

// TestPlugWakesAtOnce: a unit is back the moment that its plug is heard, not when a
// keeper tries by itself.
func TestPlugWakesAtOnce(t *testing.T) {
	shelf := newShelf(t)
	plugs := &bell{}
	play(t, shelf, options{silent: true, plugs: plugs}, func(w *ward) {
		w.scanner.fail(gone("scanner"))
		w.printer.fail(gone("printer"))
		w.pullReader(gone("reader"))
		w.pass(20*time.Second + 100*time.Millisecond)
		w.scanner.plug()
		w.printer.plug()
		w.reader.plug()
		began := time.Now()
		plugs.ring()
		w.sees() // all is done that needs no time
		for _, thing := range []string{station.ThingScanner, station.ThingPrinter} {
			if s := w.s.Best(thing); s != station.OK || time.Since(began) != 0 {
				t.Errorf("the %s is %q when its plug was heard", thing, s)
			}
		}
		w.pass(time.Second) // a reader says after half a second that nothing lies on it
		if s := w.s.Best(station.ThingReader); s != station.OK {
			t.Errorf("the reader is %q a second after its plug was heard", s)
		}
	})
}
