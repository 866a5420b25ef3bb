package station_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"motcua/kiosk/hatch"
	"motcua/kiosk/outbox"
	"motcua/kiosk/station"
	"motcua/kiosk/visit"
)

func TestSubmitWithTheNetworkCut(t *testing.T) {
	h := open(t, -1)
	h.review()
	h.touch("consent")
	h.until("the tick", ticked)
	began := time.Now()
	h.touch("submit")
	h.at(visit.AtDone)
	paper := h.pieces(1)
	took := paper[0].At.Sub(began)
	t.Logf("consent touched to receipt complete: %v", took)
	if took > time.Second {
		t.Errorf("it took %v, the bar is 1 s", took)
	}
	kept := h.list()
	if len(kept) != 1 || kept[0].State != outbox.Queued || kept[0].Procedure != "1.004873" {
		t.Fatalf("outbox holds %d", len(kept))
	}
	if !strings.HasPrefix(kept[0].Claim, "CN03-") {
		t.Errorf("claim %q", kept[0].Claim)
	}
	// Central's word comes later: the screen says so, the paper is not changed.
	h.s.Post(visit.Received{ID: kept[0].ID, Dossier: "H26.82-261123-0001"})
	h.until("the code", func(v visit.View) bool { return shows(v, "H26.82-261123-0001") })
	if n := len(h.printer.Pieces()); n != 1 {
		t.Errorf("%d pieces of paper, want 1", n)
	}
}

func ticked(v visit.View) bool {
	for _, b := range v.Blocks {
		if c, ok := b.(visit.Consent); ok {
			return c.Ticked
		}
	}
	return false
}

func shows(v visit.View, code string) bool {
	for _, b := range v.Blocks {
		if c, ok := b.(visit.Code); ok && c.Text == code {
			return true
		}
	}
	return false
}

// TestPaperEndsInMidReceipt: the receipt is printed again from its start, and
// only one whole piece is valid.
func TestPaperEndsInMidReceipt(t *testing.T) {
	h := open(t, -1)
	h.review()
	h.printer.EndAfter(400)
	h.touch("consent", "submit")
	h.at(visit.AtNoPrint)
	if n := len(h.list()); n != 1 {
		t.Fatalf("%d submissions kept, want 1", n)
	}
	h.settles("the printer is without paper", func() bool { return h.s.Best(station.ThingPrinter) == station.PaperOut })
	h.touch("wait")
	h.printer.LoadPaper(1000)
	h.at(visit.AtDone)
	whole := 0
	for _, p := range h.pieces(1) {
		if !p.Torn {
			whole++
		}
	}
	if whole != 1 {
		t.Errorf("%d whole receipts, want 1", whole)
	}
	if n := len(h.list()); n != 1 {
		t.Errorf("%d submissions kept after the reprint, want 1", n)
	}
}

func TestPrinterUnpluggedAndBack(t *testing.T) {
	h := open(t, -1)
	h.review()
	h.printer.Unplug()
	h.touch("consent", "submit")
	h.at(visit.AtNoPrint)
	h.touch("onscreen")
	h.at(visit.AtCode)
	began := time.Now()
	if err := h.printer.Plug(); err != nil {
		t.Fatal(err)
	}
	h.at(visit.AtDone)
	h.pieces(1)
	if d := time.Since(began); d > 5*time.Second {
		t.Errorf("back in use after %v, the bar is 5 s", d)
	}
}

func TestScannerUnpluggedAndBack(t *testing.T) {
	h := open(t, -1)
	h.ready()
	h.touch("start", "door:submit", "row:1.004873")
	h.at(visit.AtIdentify)
	began := time.Now()
	if err := h.scanner.Unplug(); err != nil {
		t.Fatal(err)
	}
	title := func(want string) func(visit.View) bool {
		return func(v visit.View) bool {
			for _, b := range v.Blocks {
				if hd, ok := b.(visit.Heading); ok {
					return strings.HasPrefix(hd.Title, want)
				}
			}
			return false
		}
	}
	h.until("the word that it is away", title("Máy quét đang nghỉ"))
	if d := time.Since(began); d > 2*time.Second {
		t.Errorf("noticed after %v, the bar is 2 s", d)
	}
	began = time.Now()
	if err := h.scanner.Plug(); err != nil {
		t.Fatal(err)
	}
	h.until("the word that it is back", title("Quét mã QR"))
	if d := time.Since(began); d > 5*time.Second {
		t.Errorf("back after %v, the bar is 5 s", d)
	}
	if err := h.scanner.Scan([]byte(code), "\r\n"); err != nil {
		t.Fatal(err)
	}
	h.at(visit.AtPapers)
}

// TestGarbage: what no scanner should send never ends a visit.
func TestGarbage(t *testing.T) {
	h := open(t, -1)
	h.ready()
	h.touch("start", "door:submit", "row:1.004873")
	h.at(visit.AtIdentify)
	if err := h.scanner.Garbage(20_000); err != nil {
		t.Fatal(err)
	}
	note := func(v visit.View) bool {
		for _, b := range v.Blocks {
			if n, ok := b.(visit.Note); ok && n.Icon == "circle-alert" {
				return true
			}
		}
		return false
	}
	h.until("the word what to do", note)
	if err := h.scanner.Scan(nil, "\r"); err != nil { // ends what was no code
		t.Fatal(err)
	}
	if err := h.scanner.Scan([]byte(code), "\r"); err != nil {
		t.Fatal(err)
	}
	h.at(visit.AtPapers)
}

// TestDiskFull: nothing is accepted, the answers stay, the next visitor is served.
func TestDiskFull(t *testing.T) {
	h := open(t, 1<<60)
	h.review()
	h.touch("consent", "submit")
	h.at(visit.AtNotKept)
	if n := len(h.list()); n != 0 {
		t.Errorf("%d submissions kept, want none", n)
	}
	if n := len(h.printer.Pieces()); n != 0 {
		t.Errorf("%d receipts for a submission that was not accepted", n)
	}
	found := false
	for _, tr := range h.troubles.Now(time.Now()) {
		found = found || tr.Code == "outbox-full"
	}
	if !found {
		t.Errorf("troubles %v, want outbox-full", h.troubles.Now(time.Now()))
	}
	h.touch("end", "leave", "start")
	h.at(visit.AtHome)
}

func TestLending(t *testing.T) {
	h := open(t, -1)
	h.ready()
	if err := h.s.PrintTest(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	h.pieces(1)
	for { // the code may come before the test has asked: then the visit gets it
		scanned := make(chan hatch.Scan, 1)
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			got, err := h.s.ScanTest(ctx)
			if err == nil {
				scanned <- got
			}
		}()
		if err := h.scanner.Scan([]byte(code), "\r"); err != nil {
			t.Fatal(err)
		}
		select {
		case got := <-scanned:
			cancel()
			if got.Kind != "card" || got.Length <= 100 {
				t.Errorf("ScanTest: %+v", got)
			}
		case <-time.After(3 * time.Second): // past the time in which a repeat is left out
			cancel()
			h.touch("end", "leave")
			h.at(visit.AtAttract)
			continue
		}
		break
	}
	h.touch("start")
	h.at(visit.AtHome)
	if err := h.s.PrintTest(t.Context(), ""); err == nil {
		t.Error("a test was printed in the middle of a visit")
	}
	h.printer.Cover(true)
	h.touch("end")
	h.at(visit.AtAttract)
	if err := h.s.PrintTest(t.Context(), ""); err == nil {
		t.Error("a test was printed with the cover open")
	}
}
