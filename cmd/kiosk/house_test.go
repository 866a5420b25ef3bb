package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"filippo.io/age"

	"motcua/devices"
	"motcua/devices/barcode/barcodesim"
	"motcua/devices/hotplug"
	"motcua/devices/hotplug/hotplugtest"
	"motcua/devices/receipt/journal"
	"motcua/devices/receipt/receiptsim"
	"motcua/kiosk"
	"motcua/kiosk/config"
	"motcua/kiosk/outbox"
	"motcua/kiosk/screen"
	"motcua/kiosk/station"
	"motcua/kiosk/submission"
	"motcua/kiosk/visit"
)

// site is where a house can be opened: a configuration, and units on ptys.
type site struct {
	t       *testing.T
	config  config.Config
	out     outside
	scanner *barcodesim.Scanner
	printer *receiptsim.Printer
	kernel  *hotplugtest.Kernel // of the house that was opened last
}

func newSite(t *testing.T) *site {
	t.Helper()
	dir := t.TempDir()
	s := &site{t: t}
	var err error
	if s.scanner, err = barcodesim.Open(filepath.Join(dir, "scanner")); err != nil {
		t.Fatal(err)
	}
	if s.printer, err = receiptsim.Open(filepath.Join(dir, "printer"), receiptsim.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = errors.Join(s.scanner.Close(), s.printer.Close()) })
	s.config = config.Config{Station: "CN-03", Unit: "00082", Data: filepath.Join(dir, "data"), Hatch: filepath.Join(dir, "hatch.sock"),
		Screen: config.Screen{Width: 540, Height: 960}, Central: config.Central{URL: "https://127.0.0.1:1", Bundle: filepath.Join(dir, "bundle")},
		Metrics:  config.Metrics{Listen: "127.0.0.1:0"},
		Handover: config.Handover{Listen: "127.0.0.1:0", SelfSigned: true},
		Peripherals: []config.Peripheral{
			{Name: "scanner", Thing: "barcode", Driver: "serial", Port: filepath.Join(dir, "scanner")},
			{Name: "printer", Thing: "receipt", Driver: "escpos", Port: filepath.Join(dir, "printer"), Profile: "generic-80"},
		}}
	enrol(t, s.config.Central.Bundle, s.config.Station)
	s.out.window = func(screen.Options) (panel, error) { return &darkPanel{}, nil }
	return s
}

// darkPanel is a panel that nobody looks at.
type darkPanel struct {
	mu   sync.Mutex
	view visit.View
}

func (d *darkPanel) Show(v visit.View) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.view = v
}

func (d *darkPanel) View() (visit.View, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.view, true
}

func (d *darkPanel) Targets() []screen.Target { return nil }
func (d *darkPanel) Run()                     {}
func (d *darkPanel) Close()                   {}

// enrol makes what central gives to a station.
func enrol(t *testing.T, dir, name string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ours := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, ours, ours, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	central, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	cert = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})
	for file, content := range map[string][]byte{"ca.crt": cert, "station.crt": cert,
		"station.key":    pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
		"recipients.txt": []byte(central.Recipient().String() + "\n")} {
		if err := os.WriteFile(filepath.Join(dir, file), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := submission.NewStationKey(name, time.Time{}).Save(filepath.Join(dir, "sign.jwk")); err != nil {
		t.Fatal(err)
	}
}

// open opens a house whose kernel is the site's.
func (s *site) open() (*house, error) {
	s.kernel = hotplugtest.NewKernel()
	s.out.plugs = hotplug.Options{Tree: hotplugtest.Plant(s.t, hotplugtest.Desk), Source: s.kernel}
	return open(s.t.Context(), s.config, s.out)
}

// soon waits until something holds.
func soon(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for limit := time.Now().Add(30 * time.Second); !holds(); <-time.After(5 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// kept is what a program holds on to.
type kept struct{ goroutines, files int }

func keeps(t *testing.T) kept {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return kept{runtime.NumGoroutine(), len(files)}
}

// given opens what only one program can have, to see that it was given back.
func (s *site) given() {
	s.t.Helper()
	b, err := outbox.Open(s.t.Context(), s.config.Data, outbox.Options{})
	if err != nil {
		s.t.Fatalf("the outbox is still held: %v", err)
	}
	j, err := journal.Open(filepath.Join(s.config.Data, "receipts.journal"), journal.Options{})
	if err != nil {
		s.t.Fatalf("the print journal is still held: %v", err)
	}
	if err := errors.Join(j.Close(), b.Close()); err != nil {
		s.t.Error(err)
	}
}

// A house that has run gives back all that it took, units, sockets, disk and the
// kernel's word, however often; the outbox goes last.
func TestHouseGivesAllBack(t *testing.T) {
	s := newSite(t)
	var first kept
	for round := range 3 {
		h, err := s.open()
		if err != nil {
			t.Fatal(err)
		}
		var order []string
		for i, c := range h.taken {
			h.taken[i].give = func() error { order = append(order, c.name); return c.give() }
		}
		ctx, leave := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- kiosk.Run(ctx, h.parts()...) }()
		soon(t, "the units", func() bool {
			return h.station.Best(station.ThingScanner) == station.OK && h.station.Best(station.ThingPrinter) == station.OK
		})
		// What the kernel tells wakes who waits.
		came := h.plugs.Come()
		s.kernel.Lose()
		soon(t, "the plug to be heard", func() bool {
			select {
			case <-came:
				return true
			default:
				return false
			}
		})
		leave()
		if err := <-ended; err != nil {
			t.Fatalf("round %d ended with %v", round, err)
		}
		if s.scanner.InUse() {
			t.Error("the scanner's line is still open")
		}
		if err := errors.Join(h.close(), h.close()); err != nil {
			t.Fatal(err)
		}
		if want := []string{"plugs", "print journal", "outbox"}; !slices.Equal(order, want) {
			t.Errorf("closed %q, want %q", order, want)
		}
		if _, err := s.kernel.Receive(t.Context(), nil); err == nil {
			t.Error("the kernel is still listened to")
		}
		s.given()
		if round == 0 {
			first = keeps(t) // what libraries keep for good is there by now
			continue
		}
		var now kept
		soon(t, "goroutines and files to be given back", func() bool {
			now = keeps(t)
			return now.goroutines <= first.goroutines && now.files <= first.files
		})
		t.Logf("round %d keeps %+v, the first %+v", round, now, first)
	}
}

// A house that cannot be opened whole says why, and gives back what it had.
func TestHouseOpenedByHalf(t *testing.T) {
	s := newSite(t)
	first, err := s.open() // so that libraries have what they keep
	if err != nil {
		t.Fatal(err)
	}
	if err := first.close(); err != nil {
		t.Fatal(err)
	}
	errNoDisplay := errors.New("no display")
	for _, c := range []struct {
		name  string
		spoil func(*site) (mend func())
		want  error
	}{
		{"no window", func(s *site) func() {
			window := s.out.window
			s.out.window = func(screen.Options) (panel, error) { return nil, errNoDisplay }
			return func() { s.out.window = window }
		}, errNoDisplay},
		{"journal in use", func(s *site) func() {
			j, err := journal.Open(filepath.Join(s.config.Data, "receipts.journal"), journal.Options{})
			if err != nil {
				s.t.Fatal(err)
			}
			return func() { _ = j.Close() }
		}, journal.ErrInUse},
		{"outbox in use", func(s *site) func() {
			b, err := outbox.Open(s.t.Context(), s.config.Data, outbox.Options{})
			if err != nil {
				s.t.Fatal(err)
			}
			return func() { _ = b.Close() }
		}, outbox.ErrInUse},
		{"no bundle", func(s *site) func() {
			at := s.config.Central.Bundle
			s.config.Central.Bundle = t.TempDir()
			return func() { s.config.Central.Bundle = at }
		}, nil},
		{"no such ward", func(s *site) func() {
			s.config.Unit = "99999"
			return func() { s.config.Unit = "00082" }
		}, nil},
	} {
		before := keeps(t)
		mend := c.spoil(s)
		h, err := s.open()
		if h != nil || err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: opened %v, %v", c.name, h, err)
		}
		mend()
		s.given()
		soon(t, c.name+": goroutines and files to be given back", func() bool {
			now := keeps(t)
			return now.goroutines <= before.goroutines && now.files <= before.files
		})
	}
}

// A kernel that falls silent is no reason to end.
func TestPlugsNotHeardAnyMore(t *testing.T) {
	s := newSite(t)
	h, err := s.open()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = h.close() }()
	ctx, leave := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.hearPlugs(ctx) }()
	if err := h.plugs.Close(); err != nil {
		t.Fatal(err)
	}
	soon(t, "the log to say so", func() bool { return len(h.tail.Lines(1)) == 1 })
	select {
	case err := <-ended:
		t.Fatalf("it ended with %v", err)
	default:
	}
	leave()
	if err := <-ended; !errors.Is(err, context.Canceled) || errors.Is(err, devices.ErrClosed) {
		t.Errorf("it ended with %v", err)
	}
}

// A disk that fails is no word on whether a submission is there.
func TestLookUpFails(t *testing.T) {
	s := newSite(t)
	h, err := s.open()
	if err != nil {
		t.Fatal(err)
	}
	if err := h.close(); err != nil {
		t.Fatal(err)
	}
	if got := h.lookUp(t.Context(), submission.NewID(), submission.Secret(rand.Reader)); got.Result != visit.LookUpOffline {
		t.Errorf("a closed outbox: %+v", got)
	}
	if got := h.lookUp(t.Context(), submission.NewID(), "?"); got.Result != visit.LookUpUnknown {
		t.Errorf("no secret: %+v", got)
	}
}
