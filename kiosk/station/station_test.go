package station_test

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"

	"motcua/assets"
	"motcua/devices"
	"motcua/devices/barcode"
	"motcua/devices/barcode/barcodesim"
	"motcua/devices/barcode/serial"
	"motcua/devices/receipt"
	"motcua/devices/receipt/escpos"
	"motcua/devices/receipt/receiptsim"
	"motcua/devices/sound"
	"motcua/kiosk/outbox"
	"motcua/kiosk/pack"
	"motcua/kiosk/paper"
	"motcua/kiosk/station"
	"motcua/kiosk/submission"
	"motcua/kiosk/text"
	"motcua/kiosk/trouble"
	"motcua/kiosk/visit"
	"motcua/kiosk/voice"
)

// An invented person.
const card = "001090999999||Nguyễn Văn Mẫu|31011990|Nam|Số 1 Phố Mẫu, Phường Mẫu, Hà Nội|15042021"

// hall is a station with its peripherals on ptys, and a visitor's eyes and hands.
type hall struct {
	t        *testing.T
	s        *station.Station
	scanner  *barcodesim.Scanner
	printer  *receiptsim.Printer
	outbox   *outbox.Outbox
	troubles *trouble.Board
	log      *safeBuffer

	mu    sync.Mutex
	view  visit.View
	shown chan struct{} // closed at the next view
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func assetDir(t *testing.T, name string) fs.FS {
	t.Helper()
	f, err := fs.Sub(assets.Files, name)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// open puts a station on. minFree over the disk's size makes it full.
func open(t *testing.T, minFree int64) *hall {
	t.Helper()
	dir := t.TempDir()
	h := &hall{t: t, log: &safeBuffer{}, troubles: &trouble.Board{}, shown: make(chan struct{})}
	h.scanner = must[*barcodesim.Scanner](t)(barcodesim.Open(filepath.Join(dir, "scanner")))
	h.printer = must[*receiptsim.Printer](t)(receiptsim.Open(filepath.Join(dir, "printer"), receiptsim.Options{}))
	h.outbox = must[*outbox.Outbox](t)(outbox.Open(t.Context(), filepath.Join(dir, "outbox"), outbox.Options{MinFree: minFree}))
	p := must[*pack.Pack](t)(pack.Load(assetDir(t, "packs/hanoi")))
	texts := must[*text.Catalogue](t)(text.Load(assetDir(t, "text"))).WithPack(p)
	unit, ok := p.Unit("00082")
	if !ok {
		t.Fatal("no unit 00082")
	}
	central := must[*age.X25519Identity](t)(age.GenerateX25519Identity())
	noSpeaker := func(context.Context) (sound.Speaker, error) {
		return nil, devices.Fail("speaker", "open", devices.ErrGone, nil)
	}
	log := slog.New(slog.NewJSONHandler(h.log, nil))
	h.s = station.New(station.Parts{
		Name: "CN-03", Unit: unit, Pack: p, Texts: texts, Model: "generic-80",
		Machine: visit.New(visit.Place{Texts: texts, Pack: p, Unit: unit, Station: "CN-03", HasScanner: true, HasPrinter: true}),
		Show:    h.show,
		OpenScanner: func(ctx context.Context) (barcode.Scanner, error) {
			s, err := serial.Open(ctx, serial.Options{Unit: "scanner", Path: filepath.Join(dir, "scanner")})
			if err != nil {
				return nil, err
			}
			return s, nil
		},
		OpenPrinter: func(ctx context.Context) (receipt.Printer, error) {
			p, err := escpos.Open(ctx, escpos.Options{Unit: "printer", Port: filepath.Join(dir, "printer"), Baud: 115200, Model: "generic-80"})
			if err != nil {
				return nil, err
			}
			return p, nil
		},
		Mouth: voice.NewMouth(noSpeaker, must[*voice.Voice](t)(voice.Load(assetDir(t, "voice"), texts, nil)), func(error) {}),
		Level: 70, Press: must[*paper.Press](t)(paper.New(texts, assetDir(t, "fonts"))),
		Outbox: h.outbox, Key: submission.NewStationKey("CN-03", time.Time{}), To: []age.Recipient{central.Recipient()},
		LookUp: func(context.Context, string, string) visit.LookedUp {
			return visit.LookedUp{Result: visit.LookUpOffline}
		},
		Troubles: h.troubles, Log: log, Now: time.Now,
	})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != context.Canceled {
			t.Errorf("Run ended with %v", err)
		}
		for _, c := range []interface{ Close() error }{h.outbox, h.scanner, h.printer} {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}
		for _, secret := range []string{"001090999999", "9999", "Mẫu", "Nguyễn", "Phố"} {
			if strings.Contains(h.log.String(), secret) {
				t.Errorf("the log holds %q", secret)
			}
		}
	})
	return h
}

func (h *hall) show(v visit.View) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.view = v
	close(h.shown)
	h.shown = make(chan struct{})
}

// until waits for a view that pleases.
func (h *hall) until(what string, pleases func(visit.View) bool) visit.View {
	h.t.Helper()
	limit := time.After(20 * time.Second)
	for {
		h.mu.Lock()
		v, next := h.view, h.shown
		h.mu.Unlock()
		if pleases(v) {
			return v
		}
		select {
		case <-next:
		case <-limit:
			h.t.Fatalf("waiting for %s: it still shows %q %q", what, v.Screen, v.Step)
		}
	}
}

func (h *hall) at(page visit.Page) visit.View {
	h.t.Helper()
	return h.until(string(page), func(v visit.View) bool { return v.Screen == string(page) && !v.Busy })
}

func (h *hall) touch(ids ...string) {
	for _, id := range ids {
		h.s.Touched(id)
	}
}

// ready waits until scanner and printer are open.
func (h *hall) ready() {
	h.t.Helper()
	limit := time.Now().Add(20 * time.Second)
	for !h.s.Scanner() || h.s.Printer() != receipt.OK {
		if time.Now().After(limit) {
			h.t.Fatalf("scanner %v, printer %v", h.s.Scanner(), h.s.Printer())
		}
		<-time.After(5 * time.Millisecond)
	}
}

// review files a marital status certificate as far as the review, card first.
func (h *hall) review() {
	h.t.Helper()
	h.ready()
	h.touch("start", "door:submit", "row:1.004873")
	h.at(visit.AtIdentify)
	if err := h.scanner.Scan([]byte(card), "\r"); err != nil {
		h.t.Fatal(err)
	}
	h.at(visit.AtPapers)
	h.touch("next")
	for {
		v := h.until("a question or the review", func(v visit.View) bool { return v.Screen == "question" || v.Screen == "review" })
		if v.Screen == "review" {
			return
		}
		before := v.Step
		h.answer(v)
		h.touch("next")
		h.until("what comes after "+before, func(v visit.View) bool { return v.Step != before || v.Screen != "question" })
	}
}

// answer gives the shortest right answer to the question that is shown.
func (h *hall) answer(v visit.View) {
	for _, b := range v.Blocks {
		switch b := b.(type) {
		case visit.Options:
			h.touch(b.Items[0].ID)
		case visit.DatePad:
			for _, key := range "01112020" {
				h.touch("key:" + string(key))
			}
		case visit.Field:
			if b.Value != "" {
				return
			}
			h.keys(v)
		}
	}
}

func (h *hall) keys(v visit.View) {
	for _, b := range v.Blocks {
		if k, ok := b.(visit.Keyboard); ok {
			text := "mau thu"
			if k.Pad == visit.Digits {
				text = "0912345678"
			}
			if strings.HasSuffix(v.Step, "_pnum") {
				text = "001190999998"
			}
			if k.Pad == visit.Email {
				return // not required
			}
			for _, r := range text {
				if r == ' ' {
					h.touch("key:space")
				} else {
					h.touch("key:" + string(r))
				}
			}
		}
	}
}

func (h *hall) pieces(n int) []receiptsim.Piece {
	h.t.Helper()
	limit := time.Now().Add(20 * time.Second)
	for {
		if p := h.printer.Pieces(); len(p) >= n {
			return p
		}
		if time.Now().After(limit) {
			h.t.Fatalf("%d pieces of paper, want %d; on screen %q", len(h.printer.Pieces()), n, h.view.Screen)
		}
		<-time.After(5 * time.Millisecond)
	}
}

func (h *hall) list() []outbox.Entry {
	h.t.Helper()
	return must[[]outbox.Entry](h.t)(h.outbox.List(context.Background(), outbox.Filter{}))
}

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
	if got := h.s.Printer(); got != receipt.PaperOut {
		t.Errorf("printer says %v", got)
	}
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
	if err := h.scanner.Scan([]byte(card), "\r\n"); err != nil {
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
	if err := h.scanner.Scan([]byte(card), "\r"); err != nil {
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
	if err := h.s.PrintTest(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.pieces(1)
	scanned := make(chan string, 1)
	go func() {
		s, err := h.s.ScanTest(t.Context())
		scanned <- fmt.Sprintf("%s %v %v", s.Kind, s.Length > 100, err)
	}()
	for { // the test may not have asked yet: then the visit gets the code
		if err := h.scanner.Scan([]byte(card), "\r"); err != nil {
			t.Fatal(err)
		}
		select {
		case got := <-scanned:
			if got != "card true <nil>" {
				t.Errorf("ScanTest: %s", got)
			}
		case <-time.After(3 * time.Second): // past the time in which a repeat is left out
			h.touch("end", "leave")
			continue
		}
		break
	}
	h.touch("start")
	h.at(visit.AtHome)
	if err := h.s.PrintTest(t.Context()); err == nil {
		t.Error("a test was printed in the middle of a visit")
	}
	h.printer.Cover(true)
	h.touch("end")
	h.at(visit.AtAttract)
	if err := h.s.PrintTest(t.Context()); err == nil {
		t.Error("a test was printed with the cover open")
	}
}
