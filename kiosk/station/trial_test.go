package station_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"motcua/devices"
	"motcua/kiosk/hatch"
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
