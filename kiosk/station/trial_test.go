package station_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"motcua/devices"
	"motcua/devices/card/cardsim"
	"motcua/kiosk/hatch"
	"motcua/kiosk/station"
	"motcua/kiosk/visit"
)

// scanCode holds shown under the scanner until ScanCode(want) has taken it.
func (h *hall) scanCode(want, shown string) hatch.Scan {
	h.t.Helper()
	for {
		ctx, cancel := context.WithCancel(h.t.Context())
		scanned := make(chan hatch.Scan, 1)
		go func() {
			if got, err := h.s.ScanCode(ctx, want); err == nil {
				scanned <- got
			}
		}()
		if err := h.scanner.Scan([]byte(shown), "\r"); err != nil {
			h.t.Fatal(err)
		}
		select {
		case got := <-scanned:
			cancel()
			return got
		case <-time.After(3 * time.Second): // it came before the test had asked, and the visit got it
			cancel()
			if h.s.InVisit() {
				h.touch("end", "leave")
				h.at(visit.AtAttract)
			}
		}
	}
}

// A technician's code is told from any other, by content, and lends nobody a
// scanner or loudspeaker that a visitor uses.
func TestScanCode(t *testing.T) {
	h := open(t, -1)
	h.ready()
	const own = "KIOSK-TEST-7Q2M"
	if got := h.scanCode(own, own); !got.Same || got.Length != len(own) || got.Unit != "scanner" {
		t.Errorf("ScanCode of its own code: %+v", got)
	}
	if got := h.scanCode(own, "KIOSK-TEST-7Q2N"); got.Same {
		t.Errorf("ScanCode of another: %+v", got)
	}
	// There is a sentence for every number; it is the loudspeaker that is missing.
	if err := h.s.SpeakNumber(t.Context(), 42); !errors.Is(err, devices.ErrGone) {
		t.Errorf("SpeakNumber without a loudspeaker: %v", err)
	}
	h.touch("start")
	h.at(visit.AtHome)
	if _, err := h.s.ScanCode(t.Context(), own); !errors.Is(err, hatch.ErrBusy) {
		t.Errorf("ScanCode in a visit: %v", err)
	}
	if err := h.s.SpeakNumber(t.Context(), 42); !errors.Is(err, hatch.ErrBusy) {
		t.Errorf("SpeakNumber in a visit: %v", err)
	}
}

// trial runs a test of a technician's beside the ward.
func trial[T any](w *ward, test func(context.Context) (T, error)) (ended func() (T, error)) {
	type end struct {
		got T
		err error
	}
	c := make(chan end, 1)
	go func() {
		ctx, stop := context.WithTimeout(w.t.Context(), time.Minute)
		defer stop()
		got, err := test(ctx)
		c <- end{got, err}
	}()
	w.pass(time.Millisecond)
	return func() (T, error) { e := <-c; return e.got, e.err }
}

// TestPrintOnOne: a sheet comes out of the printer that was named, and of no other.
func TestPrintOnOne(t *testing.T) {
	shelf := newShelf(t)
	play(t, shelf, options{spare: true, silent: true}, func(w *ward) {
		ctx := w.t.Context()
		if err := w.s.PrintTest(ctx, "spare"); err != nil || w.spare.pieces() != 1 || w.printer.pieces() != 0 {
			t.Errorf("spare: %v; %d pieces of it, %d of the first", err, w.spare.pieces(), w.printer.pieces())
		}
		w.spare.fail(gone("spare"))
		w.pass(time.Second)
		if err := w.s.PrintTest(ctx, "spare"); !errors.Is(err, devices.ErrGone) || w.printer.pieces() != 0 {
			t.Errorf("a spare that is away: %v; %d pieces of the first", err, w.printer.pieces())
		}
		if err := w.s.PrintTest(ctx, "laser"); !errors.Is(err, devices.ErrGone) {
			t.Errorf("no such printer: %v", err)
		}
	})
}

// TestGivenUpSheet: what a technician no longer waits for does not come out later,
// for a visitor to find.
func TestGivenUpSheet(t *testing.T) {
	shelf := newShelf(t)
	play(t, shelf, options{silent: true}, func(w *ward) {
		first := trial(w, func(ctx context.Context) (any, error) { return nil, w.s.PrintTest(ctx, "") })
		ctx, stop := context.WithTimeout(w.t.Context(), printTakes/2)
		defer stop()
		if err := w.s.PrintTest(ctx, ""); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the second sheet: %v", err)
		}
		if _, err := first(); err != nil {
			t.Errorf("the first sheet: %v", err)
		}
		w.pass(3 * printTakes)
		if n := w.printer.pieces(); n != 1 {
			t.Errorf("%d sheets came out", n)
		}
	})
}

// TestVisitTakesScannerBack: the code that a visitor scans is the visit's, though a
// technician waits for one.
func TestVisitTakesScannerBack(t *testing.T) {
	shelf := newShelf(t)
	play(t, shelf, options{silent: true}, func(w *ward) {
		ended := trial(w, func(ctx context.Context) (hatch.Scan, error) { return w.s.ScanCode(ctx, "KIOSK-TEST-1") })
		w.to(visit.AtIdentify)
		if got, err := ended(); !errors.Is(err, hatch.ErrBusy) {
			t.Errorf("ScanCode = %+v, %v", got, err)
		}
		w.scanner.codes <- code
		w.must(visit.AtChip)
	})
}

// TestCardTest: a reader that stands by is opened for the test, sees a card come and
// go, and is shut; the one in use is the visit's.
func TestCardTest(t *testing.T) {
	shelf := newShelf(t)
	play(t, shelf, options{spare: true, silent: true}, func(w *ward) {
		chip, err := cardsim.New(&cardsim.Locks{}, cardsim.Holder{}, nil, cardsim.Quirks{})
		if err != nil {
			t.Fatal(err)
		}
		ended := trial(w, func(ctx context.Context) (any, error) { return nil, w.s.CardTest(ctx, "reader-2") })
		w.standby.Lay(chip)
		w.pass(time.Second)
		w.must(visit.AtAttract)
		w.standby.Lift()
		if _, err := ended(); err != nil || !w.standby.Closed() {
			t.Errorf("the reader that stands by: %v, shut: %v", err, w.standby.Closed())
		}
		for unit, want := range map[string]error{"reader": devices.ErrRefused, "laser": devices.ErrGone} {
			if err := w.s.CardTest(w.t.Context(), unit); !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", unit, err, want)
			}
		}
		if n := w.s.Best(station.ThingReader); n != station.OK {
			t.Errorf("the reader in use is %q", n)
		}
	})
}

// TestSeeCode: the camera passes when it makes out the code of the test, and no other;
// one that hangs is told; a visitor does not wait for it.
func TestSeeCode(t *testing.T) {
	shelf := newShelf(t)
	play(t, shelf, options{camera: true, silent: true}, func(w *ward) {
		ctx := w.t.Context()
		if err := w.s.PrintTest(ctx, ""); err != nil {
			t.Fatal(err)
		}
		sheet := w.printer.whole[0]
		text := readCode(t, sheet)
		see := func(ctx context.Context) (hatch.Scan, error) { return w.s.SeeCode(ctx, text) }
		ended := trial(w, see)
		w.pass(2 * time.Second) // nothing lies there
		w.lens.change(func() { w.lens.paper = sheet })
		if got, err := ended(); err != nil || !got.Same || got.Unit != "desk" || got.Length != len(text) {
			t.Errorf("SeeCode = %+v, %v", got, err)
		}
		if got, err := w.s.SeeCode(ctx, "KIOSK-TEST-2"); err != nil || got.Same {
			t.Errorf("SeeCode of another = %+v, %v", got, err)
		}
		w.lens.change(func() { w.lens.paper = nil })
		late, stop := context.WithTimeout(ctx, 3*time.Second)
		defer stop()
		if _, err := see(late); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("SeeCode of nothing: %v", err)
		}
		w.pass(time.Second)
		if s := w.s.Best(station.ThingCamera); s != station.OK || !w.lens.shut() {
			t.Errorf("a test that was given up leaves the camera %q, shut: %v", s, w.lens.shut())
		}
		ended = trial(w, see)
		w.do("start")
		w.pass(time.Second)
		if got, err := ended(); !errors.Is(err, hatch.ErrBusy) || !w.lens.shut() {
			t.Errorf("in a visit: %+v, %v, shut: %v", got, err, w.lens.shut())
		}
		if _, err := see(ctx); !errors.Is(err, hatch.ErrBusy) {
			t.Errorf("in a visit: %v", err)
		}
		w.do("end")
		w.must(visit.AtAttract)
		held := make(chan struct{})
		w.lens.change(func() { w.lens.held = held })
		if _, err := see(ctx); !errors.Is(err, devices.ErrSilent) {
			t.Errorf("one that hangs: %v", err)
		}
		if _, err := see(ctx); !errors.Is(err, devices.ErrGone) {
			t.Errorf("one that is not there any more: %v", err)
		}
		close(held)
	})
	play(t, shelf, options{silent: true}, func(w *ward) {
		if _, err := w.s.SeeCode(w.t.Context(), "KIOSK-TEST-3"); !errors.Is(err, devices.ErrGone) {
			t.Errorf("without a camera: %v", err)
		}
	})
}
