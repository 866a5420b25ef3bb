package desk

import (
	"bufio"
	"context"
	"errors"
	"image"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"motcua/cmd/workbench/cable"
	"motcua/kiosk/hatch"
	"motcua/kiosk/hatch/hatchsim"
)

// bench is a desk that serves, with a client of it.
func bench(t *testing.T, o Options) (*Client, Ports) {
	t.Helper()
	if o.Run == "" {
		o.Run = t.TempDir()
	}
	o.Sink, o.Central = "cat > /dev/null", "127.0.0.1:1"
	d, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run = %v", err)
		}
		if err := d.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
		http.DefaultClient.CloseIdleConnections()
	})
	return NewClient("http://" + l.Addr().String()), PortsOf(o.Run)
}

func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// open opens a tty as a driver does.
func open(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if err := f.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestScannedCardComesOutOfThePort(t *testing.T) {
	c, ports := bench(t, Options{})
	in := bufio.NewReader(open(t, ports.Scanner))
	want, _ := CardByID(time.Now(), "card-11")
	if err := c.ScanCard(within(t), "card-11"); err != nil {
		t.Fatal(err)
	}
	if got, err := in.ReadString('\r'); err != nil || got != want.Text+"\r" {
		t.Errorf("the port gave %q, %v, want the card", got, err)
	}
	if err := c.Scan(within(t), "own text"); err != nil {
		t.Fatal(err)
	}
	if got, err := in.ReadString('\r'); err != nil || got != "own text\r" {
		t.Errorf("the port gave %q, %v", got, err)
	}
	if err := c.ScanCard(within(t), "passport"); err == nil {
		t.Error("a card that is not in the drawer was scanned")
	}
}

func TestUnpluggedScannerHasNoPort(t *testing.T) {
	c, ports := bench(t, Options{})
	f := open(t, ports.Scanner)
	if err := c.Put(within(t), func(h *Hands) { h.Scanner = false }); err != nil {
		t.Fatal(err)
	}
	if n, err := f.Read(make([]byte, 8)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read of a pulled cable = %d, %v, want a hangup", n, err)
	}
	if err := c.Put(within(t), func(h *Hands) { h.Scanner = true }); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(open(t, ports.Scanner))
	if err := c.Scan(within(t), "again"); err != nil {
		t.Fatal(err)
	}
	if got, err := in.ReadString('\r'); err != nil || got != "again\r" {
		t.Errorf("after plugging in: %q, %v", got, err)
	}
}

// status asks the printer by DLE EOT n.
func status(t *testing.T, port *os.File, n byte) byte {
	t.Helper()
	if _, err := port.Write([]byte{0x10, 0x04, n}); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 1)
	if _, err := port.Read(b); err != nil {
		t.Fatal(err)
	}
	return b[0]
}

func TestPaperAndCoverAreWhatTheHandsDid(t *testing.T) {
	c, ports := bench(t, Options{})
	port := open(t, ports.Printer)
	const paper, offline = 4, 2
	healthy := status(t, port, paper)
	for _, step := range []struct {
		name    string
		change  func(*Hands)
		ask     byte
		set     byte // bits that must be set
		healthy bool
	}{
		{"near end", func(h *Hands) { h.Paper = NearEnd }, paper, 0x0C, false},
		{"out", func(h *Hands) { h.Paper = Out }, paper, 0x60, false},
		{"full", func(h *Hands) { h.Paper = Full }, paper, 0, true},
		{"cover", func(h *Hands) { h.Cover = true }, offline, 0x04, false},
		{"shut", func(h *Hands) { h.Cover = false }, paper, 0, true},
	} {
		if err := c.Put(within(t), step.change); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		got := status(t, port, step.ask)
		if got&step.set != step.set || step.healthy && got != healthy {
			t.Errorf("%s: status %d is %08b, want bits %08b", step.name, step.ask, got, step.set)
		}
	}
	if err := c.Put(within(t), func(h *Hands) { h.Paper = "soggy" }); err == nil {
		t.Error("soggy paper was put in")
	}
}

// qr prints a QR code as a raster of 1 bit a dot, 4 dots a module (GS v 0).
func qr(t *testing.T, text string) []byte {
	t.Helper()
	m, err := qrcode.NewQRCodeWriter().Encode(text, gozxing.BarcodeFormat_QR_CODE, 240, 240, nil)
	if err != nil {
		t.Fatal(err)
	}
	var job []byte
	job = append(job, 0x1b, '@')
	job = append(job, 0x1d, 'v', '0', 0, 30, 0, 240, 0)
	for y := range 240 {
		for x := 0; x < 240; x += 8 {
			var b byte
			for i := range 8 {
				b <<= 1
				if m.Get(x+i, y) {
					b |= 1
				}
			}
			job = append(job, b)
		}
	}
	return append(job, 0x1d, 'V', 66, 120) // feed and cut
}

func TestSlipIsSeenAndScanned(t *testing.T) {
	c, ports := bench(t, Options{})
	const text = "https://example.gov.vn/tra-cuu?h=0193&m=7F2K"
	job := qr(t, text)
	if _, err := open(t, ports.Printer).Write(job); err != nil {
		t.Fatal(err)
	}
	s, err := c.NextSlip(within(t), 0)
	if err != nil || s.MM < 30 || s.Torn {
		t.Fatalf("NextSlip = %+v, %v", s, err)
	}
	img, err := c.SlipPicture(within(t), s.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ReadCodes(img); err != nil || len(got) != 1 || got[0] != text {
		t.Errorf("the slip's codes are %q, %v", got, err)
	}
	if raw, err := c.SlipBytes(within(t), s.ID); err != nil || string(raw) != string(job) {
		t.Errorf("the slip was made by %d bytes, %v, want the %d that were sent", len(raw), err, len(job))
	}

	in := bufio.NewReader(open(t, ports.Scanner))
	if err := c.ScanSlip(within(t), 0); err != nil {
		t.Fatal(err)
	}
	if got, err := in.ReadString('\r'); err != nil || got != text+"\r" {
		t.Errorf("the scanner read %q, %v", got, err)
	}
	if err := c.ScanSlip(within(t), 17); err == nil {
		t.Error("a slip that is not there was scanned")
	}
}

func TestNoCodeOnWhitePaper(t *testing.T) {
	img := image.NewGray(image.Rect(0, 0, 300, 300))
	for i := range img.Pix {
		img.Pix[i] = 0xff
	}
	if got, err := ReadCodes(img); !errors.Is(err, ErrNoCode) {
		t.Errorf("ReadCodes = %q, %v, want ErrNoCode", got, err)
	}
}

func TestCableIsSwitched(t *testing.T) {
	c, _ := bench(t, Options{})
	for _, m := range cable.Modes() {
		if err := c.Cable(within(t), m); err != nil {
			t.Fatal(err)
		}
		if s, err := c.State(within(t)); err != nil || s.Cable != m {
			t.Errorf("cable is %s, %v, want %s", s.Cable, err, m)
		}
	}
	if err := c.Cable(within(t), "wet"); err == nil {
		t.Error("a wet cable was laid")
	}
}

func TestShowsWhatTheKioskShows(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "run", "hatch.sock")
	k := hatchsim.New(hatch.Status{})
	k.Show(hatch.Screen{Screen: "home", Width: 1080, Height: 1920})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- hatch.Run(ctx, socket, k) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	c, _ := bench(t, Options{Hatch: socket})
	for ctx := within(t); ; {
		s, err := c.State(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if s.Kiosk != nil {
			if s.Kiosk.Screen != "home" {
				t.Errorf("the kiosk shows %s, want home", s.Kiosk.Screen)
			}
			return
		}
	}
}

func TestPageOffersAllHands(t *testing.T) {
	c, _ := bench(t, Options{})
	b, err := c.fetch(within(t), "/")
	if err != nil {
		t.Fatal(err)
	}
	page := string(b)
	for _, card := range Cards(time.Now()) {
		if !strings.Contains(page, `data-card="`+card.ID+`"`) {
			t.Errorf("the page has no card %s", card.ID)
		}
	}
	for _, m := range cable.Modes() {
		if !strings.Contains(page, `data-mode="`+string(m)+`"`) {
			t.Errorf("the page has no cable mode %s", m)
		}
	}
	for _, path := range []string{"/static/page.css", "/static/page.js"} {
		if b, err := c.fetch(within(t), path); err != nil || len(b) < 1000 {
			t.Errorf("%s: %d bytes, %v", path, len(b), err)
		}
	}
}

func TestStrangersAreRefused(t *testing.T) {
	c, _ := bench(t, Options{})
	send := func(host, kind, body string) int {
		req, err := http.NewRequestWithContext(within(t), http.MethodPost, c.url+"/api/scan", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", kind)
		if host != "" {
			req.Host = host
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	if got := send("evil.example:80", "application/json", `"x"`); got != http.StatusForbidden {
		t.Errorf("a foreign name: %d, want 403", got)
	}
	if got := send("", "text/plain", `"x"`); got != http.StatusUnsupportedMediaType {
		t.Errorf("a form: %d, want 415", got)
	}
	if got := send("", "application/json", `{"x":`); got != http.StatusBadRequest {
		t.Errorf("half a body: %d, want 400", got)
	}
}
