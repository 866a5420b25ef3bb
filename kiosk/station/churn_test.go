package station_test

import (
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"motcua/devices/receipt/receiptsim"
	"motcua/kiosk/station"
)

// cycles is how often a cable is pulled and put back.
const cycles = 1000

// TestReplugs pulls and plugs every unit a thousand times under a station that
// hears of plugs: each is back in use, and nothing is left behind.
func TestReplugs(t *testing.T) {
	shelf := newShelf(t)
	var plugs atomic.Int64
	var before, after use
	play(t, shelf, options{silent: true, plugs: ringing(func() { plugs.Add(1) })}, func(w *ward) {
		n := cycles
		if raced {
			n /= 10
		}
		for i := range n {
			if i == n/10 {
				before = w.uses()
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
		after = w.uses()
	})
	t.Logf("%+v after a tenth, %+v at the end", before, after)
	if after.goroutines > before.goroutines || after.files > before.files {
		t.Errorf("goroutines and files grew from %+v to %+v", before, after)
	}
	if grown := after.memory - before.memory; grown > 1024 {
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

// TestReplugsOfDrivers is TestReplugs with the program's own drivers on lines that
// hang up: scanner and printer are pulled and put back under a station that hears of
// plugs. MOTCUA_LONG=1 makes it a thousand times.
func TestReplugsOfDrivers(t *testing.T) {
	n := 40
	switch {
	case os.Getenv("MOTCUA_LONG") == "1":
		n = cycles
	case raced:
		n = 20
	}
	h := open(t, -1)
	h.ready()
	away := func() bool {
		return h.s.Best(station.ThingScanner) == station.Away && h.s.Best(station.ThingPrinter) == station.Away
	}
	var before, after use
	var missed, used time.Duration // the longest
	for i := range n {
		if i == n/10 {
			before = h.uses()
		}
		began := time.Now()
		if err := h.scanner.Unplug(); err != nil {
			t.Fatal(err)
		}
		if err := h.printer.Close(); err != nil { // for good: it keeps all that it ever took
			t.Fatal(err)
		}
		h.settles("both are missed", away)
		missed = max(missed, time.Since(began))
		began = time.Now()
		if err := h.scanner.Plug(); err != nil {
			t.Fatal(err)
		}
		h.printer = must[*receiptsim.Printer](t)(receiptsim.Open(filepath.Join(h.dir, "printer"), receiptsim.Options{}))
		h.plugs.ring()
		h.ready()
		used = max(used, time.Since(began))
		h.settles("the troubles to be gone", func() bool { return len(h.troubles.All()) == 0 })
	}
	h.settles("goroutines and files to be given back", func() bool {
		after = h.uses()
		return after.goroutines <= before.goroutines && after.files <= before.files
	})
	t.Logf("%d cycles: missed after %v, used again after %v at most; %+v after a tenth, %+v at the end", n, missed, used, before, after)
	if grown := after.memory - before.memory; grown > 1024 {
		t.Errorf("memory grew by %d KiB", grown)
	}
}

// use is what a program holds on to; memory is in KiB.
type use struct{ goroutines, files, memory int }

// uses counts what is in use now, without the log, which only a test keeps.
func (h *hall) uses() use {
	h.log.mu.Lock()
	log := h.log.b.Cap() >> 10
	h.log.mu.Unlock()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	files := must[[]os.DirEntry](h.t)(os.ReadDir("/proc/self/fd"))
	return use{runtime.NumGoroutine(), len(files), int(m.HeapAlloc>>10) - log}
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
