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
	"motcua/devices/card"
	"motcua/devices/receipt"
	"motcua/devices/receipt/escpos"
	"motcua/devices/receipt/journal"
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

// code is on the card of an invented person.
const code = "001090999999||Nguyễn Văn Mẫu|31011990|Nam|Số 1 Phố Mẫu, Phường Mẫu, Hà Nội|15042021"

// hall is a station with its peripherals on ptys, and a visitor's eyes and hands.
type hall struct {
	t        *testing.T
	s        *station.Station
	scanner  *barcodesim.Scanner
	printer  *receiptsim.Printer
	desk     *cardDesk // nil = a station without a card reader
	outbox   *outbox.Outbox
	troubles *trouble.Board
	log      *safeBuffer
	journal  *journal.Journal
	plugs    *bell
	spare    *receiptsim.Printer // nil = there is one printer only
	dir      string

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

// withoutTime leaves out the moment of a line, whose digits are anybody's.
func withoutTime(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
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

// bell is what tells that something was plugged in.
type bell struct {
	mu   sync.Mutex
	came chan struct{}
}

func (b *bell) Come() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.came == nil {
		b.came = make(chan struct{})
	}
	return b.came
}

func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.came != nil {
		close(b.came)
		b.came = nil
	}
}

// printerAt is a printer on a pty.
func (h *hall) printerAt(name, path string) station.Unit[receipt.Printer] {
	return station.Unit[receipt.Printer]{Name: name, Model: "generic-80", Open: func(ctx context.Context) (receipt.Printer, error) {
		p, err := escpos.Open(ctx, escpos.Options{Unit: name, Port: path, Baud: 115200, Model: "generic-80"})
		if err != nil {
			return nil, err
		}
		return p, nil
	}}
}

// open puts a station on. minFree over the disk's size makes it full.
func open(t *testing.T, minFree int64) *hall { return openWith(t, minFree, nil) }

// openWith puts a station on that has a card reader.
func openWith(t *testing.T, minFree int64, desk *cardDesk, with ...func(*hall, *station.Parts)) *hall {
	t.Helper()
	dir := t.TempDir()
	h := &hall{t: t, dir: dir, desk: desk, log: &safeBuffer{}, troubles: &trouble.Board{}, plugs: &bell{}, shown: make(chan struct{})}
	h.journal = must[*journal.Journal](t)(journal.Open(filepath.Join(dir, "journal"), journal.Options{}))
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
	log := slog.New(slog.NewJSONHandler(h.log, &slog.HandlerOptions{ReplaceAttr: withoutTime}))
	parts := station.Parts{
		Name: "CN-03", Unit: unit, Pack: p, Texts: texts, Journal: h.journal,
		Machine: visit.New(visit.Place{Texts: texts, Pack: p, Unit: unit, Station: "CN-03", HasScanner: true, HasReader: desk != nil, HasPrinter: true}),
		Show:    h.show,
		Scanners: []station.Unit[barcode.Scanner]{{Name: "scanner", Open: func(ctx context.Context) (barcode.Scanner, error) {
			s, err := serial.Open(ctx, serial.Options{Unit: "scanner", Path: filepath.Join(dir, "scanner")})
			if err != nil {
				return nil, err
			}
			return s, nil
		}}},
		Printers: []station.Unit[receipt.Printer]{h.printerAt("printer", filepath.Join(dir, "printer"))},
		Plugs:    h.plugs,
		Mouth:    voice.NewMouth(noSpeaker, must[*voice.Voice](t)(voice.Load(assetDir(t, "voice"), texts, nil)), func(error) {}),
		Level:    70, Press: must[*paper.Press](t)(paper.New(texts, assetDir(t, "fonts"))),
		Outbox: h.outbox, Key: submission.NewStationKey("CN-03", time.Time{}), To: []age.Recipient{central.Recipient()},
		LookUp: func(context.Context, string, string) visit.LookedUp {
			return visit.LookedUp{Result: visit.LookUpOffline}
		},
		Troubles: h.troubles, Log: log, Now: time.Now,
	}
	if desk != nil {
		parts.Readers, parts.Anchors = []station.Unit[card.Reader]{{Name: "reader", Open: desk.open}}, desk.anchors
	}
	for _, f := range with {
		f(h, &parts)
	}
	h.s = station.New(parts)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != context.Canceled {
			t.Errorf("Run ended with %v", err)
		}
		owned := []interface{ Close() error }{h.journal, h.outbox, h.scanner, h.printer}
		if h.spare != nil {
			owned = append(owned, h.spare)
		}
		for _, c := range owned {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}
		for _, secret := range []string{"001090999999", "090999999", "999999", "Mẫu", "Nguyễn", "NGUYEN", "Phố", "012345678", "300131", "900131"} {
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
	h.settles("scanner and printer are open", func() bool {
		return h.s.Best(station.ThingScanner) == station.OK && h.s.Best(station.ThingPrinter) == station.OK
	})
}

// review files a marital status certificate as far as the review, card first.
func (h *hall) review() {
	h.t.Helper()
	h.ready()
	h.touch("start", "door:submit", "row:1.004873")
	h.at(visit.AtIdentify)
	if err := h.scanner.Scan([]byte(code), "\r"); err != nil {
		h.t.Fatal(err)
	}
	h.at(visit.AtPapers)
	h.touch("next")
	h.answers(nil)
}

// birth brings a registration of birth to the question for the notice's photo.
func (h *hall) birth() {
	h.t.Helper()
	h.ready()
	h.touch("start", "door:submit", "row:1.001193")
	h.at(visit.AtIdentify)
	h.s.Post(visit.Scanned{Text: code}) // a scanner reads one card once
	h.at(visit.AtPapers)
	h.touch("next", "opt:cha", "next", "opt:giay", "next")
}

// answers answers all that is asked, to the review. at hears before each answer which
// question that is, from 1; it may be nil.
func (h *hall) answers(at func(n int)) {
	h.t.Helper()
	for n := 1; ; n++ {
		v := h.until("a question or the review", func(v visit.View) bool { return v.Screen == "question" || v.Screen == "review" })
		if v.Screen == "review" {
			return
		}
		if at != nil {
			at(n)
		}
		h.answer(v)
		h.touch("next")
		h.until("what comes after "+v.Step, func(next visit.View) bool { return next.Step != v.Step || next.Screen != "question" })
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
	h.settles(fmt.Sprintf("%d pieces of paper are out", n), func() bool { return len(h.printer.Pieces()) >= n })
	return h.printer.Pieces()
}

// settles waits for something that no view tells.
func (h *hall) settles(what string, holds func() bool) {
	h.t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(20 * time.Second)
	for !holds() {
		select {
		case <-tick.C:
		case <-limit:
			h.mu.Lock()
			v := h.view
			h.mu.Unlock()
			h.t.Fatalf("never: %s; it shows %q %q, the units are %v", what, v.Screen, v.Step, h.s.Conditions())
		}
	}
}

func (h *hall) list() []outbox.Entry {
	h.t.Helper()
	return must[[]outbox.Entry](h.t)(h.outbox.List(context.Background(), outbox.Filter{}))
}
