package pcsc_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"motcua/devices"
	"motcua/devices/card"
	"motcua/devices/card/cardsim"
	"motcua/devices/card/pcsc"
	"motcua/devices/card/pcsc/pcscdtest"
	"motcua/devices/card/pcsc/pcscsim"
)

// Numbers of messages, for plans that bend what is said.
const (
	sayConnect  = 0x04
	sayTransmit = 0x09
	sayVersion  = 0x11
	sayStates   = 0x12
	sayWatch    = 0x13
)

// hasty gives things up fast.
var hasty = pcsc.Hasty{Answer: 300 * time.Millisecond, Exchange: patience, Lifted: 50 * time.Millisecond, Busy: 300 * time.Millisecond}

// chip makes a card.
func chip(t testing.TB) *cardsim.Chip {
	t.Helper()
	l, err := cardsim.NewLocks(cardsim.Plan{BAC: true})
	if err != nil {
		t.Fatal(err)
	}
	who, files := cardsim.Specimen(100)
	c, err := cardsim.New(l, who, files, cardsim.Quirks{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var selectApplication = []byte{0x00, 0xA4, 0x04, 0x0C, 0x07, 0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01}

// check fails unless err is a *devices.Error of the unit with the reason and cause.
func check(t *testing.T, err, reason, cause error) {
	t.Helper()
	var named *devices.Error
	if !errors.As(err, &named) || named.Unit != "chip" || named.Op == "" || !errors.Is(err, reason) || cause != nil && !errors.Is(err, cause) {
		t.Errorf("error = %v; want %v because of %v, with unit and call named", err, reason, cause)
	}
}

// usb makes a kernel's folder of USB devices with one unit in it.
func usb(t *testing.T, vendor, class, driver string) string {
	t.Helper()
	root := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name), []byte(text+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("usb1/idVendor", "1d6b")
	write("1-2/idVendor", vendor)
	write("1-2/idProduct", "2200")
	write("1-2/manufacturer", "ACS")
	write("1-2/product", "ACR122U PICC Interface")
	write("1-2:1.0/bInterfaceClass", class)
	if driver != "" {
		if err := os.Symlink("../../../bus/usb/drivers/"+driver, filepath.Join(root, "1-2:1.0/driver")); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestOpenNamesTheTrouble(t *testing.T) {
	t.Parallel()
	nine := func(number uint32, b []byte) ([]byte, bool) {
		if number == sayVersion {
			binary.NativeEndian.PutUint32(b, 9)
		}
		return b, true
	}
	noise := func(number uint32, b []byte) ([]byte, bool) {
		if number == sayWatch {
			b = bytes.Repeat([]byte{0xA5}, len(b))
		}
		return b, true
	}
	half := func(number uint32, b []byte) ([]byte, bool) {
		if number == sayWatch {
			return b[:len(b)/2], false
		}
		return b, true
	}
	tests := []struct {
		name   string
		plan   pcscsim.Plan
		reader bool
		usb    string
		want   string // of the reader's name
		reason error
		cause  error
		says   string
	}{
		{"turned away", pcscsim.Plan{Denies: true}, true, "", "", devices.ErrRefused, pcsc.ErrDenied, "polkit"},
		{"says nothing", pcscsim.Plan{Deaf: true}, true, "", "", devices.ErrSilent, pcsc.ErrHung, "systemctl restart pcscd"},
		{"too old", pcscsim.Plan{Minor: 3}, true, "", "", devices.ErrRefused, pcsc.ErrVersion, "4.3"},
		{"too new", pcscsim.Plan{Minor: 7}, true, "", "", devices.ErrRefused, pcsc.ErrVersion, "4.7"},
		{"another protocol", pcscsim.Plan{Bend: nine}, true, "", "", devices.ErrRefused, pcsc.ErrVersion, "9.4"},
		{"garbled", pcscsim.Plan{Bend: noise}, true, "", "", devices.ErrGarbled, nil, "make no sense"},
		{"dies in the middle", pcscsim.Plan{Bend: half}, true, "", "", devices.ErrGone, nil, ""},
		{"no reader", pcscsim.Plan{}, false, "", "", devices.ErrGone, pcsc.ErrNoReader, "plug it in"},
		{"another reader", pcscsim.Plan{}, true, "", "omnikey", devices.ErrGone, pcsc.ErrNoReader, desktop},
		{"no driver", pcscsim.Plan{}, false, usb(t, "abcd", "0b", ""), "", devices.ErrGone, pcsc.ErrUnlisted, "abcd:2200 ACS ACR122U"},
		{"held by the kernel", pcscsim.Plan{}, false, usb(t, "072f", "00", "pn533_usb"), "", devices.ErrGone, pcsc.ErrUnlisted, "the kernel's pn533_usb"},
		{"a keyboard", pcscsim.Plan{}, false, usb(t, "072f", "03", "usbhid"), "", devices.ErrGone, pcsc.ErrNoReader, ""},
		{"another make's own", pcscsim.Plan{}, false, usb(t, "abcd", "ff", ""), "", devices.ErrGone, pcsc.ErrNoReader, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, o := sim(t, tt.plan)
			if !tt.reader {
				d.Unplug(desktop)
			}
			if tt.usb != "" {
				o.USB = tt.usb
			}
			o.Reader = tt.want
			r, err := hasty.Open(t.Context(), o)
			if err == nil {
				_ = r.Close()
			}
			check(t, err, tt.reason, tt.cause)
			if err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error = %v; want it to say %q", err, tt.says)
			}
			steps := hasty.Diagnose(t.Context(), o)
			last := steps[len(steps)-1].Err
			check(t, last, tt.reason, tt.cause)
			if last != nil && !strings.Contains(last.Error(), tt.says) {
				t.Errorf("Diagnose = %v; want it to say %q", last, tt.says)
			}
		})
	}
}

func TestOpenWithoutDaemon(t *testing.T) {
	t.Parallel()
	o := pcsc.Options{Unit: "chip", Socket: socket(t)}
	_, err := pcsc.Open(t.Context(), o)
	check(t, err, devices.ErrGone, pcsc.ErrNoDaemon)
	// A socket that a daemon left behind.
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: o.Socket, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	_ = l.Close()
	_, err = pcsc.Open(t.Context(), o)
	check(t, err, devices.ErrGone, pcsc.ErrNoDaemon)
	if steps := pcsc.Diagnose(t.Context(), o); len(steps) != 1 || steps[0].Part != pcsc.TheDaemon || !errors.Is(steps[0].Err, pcsc.ErrNoDaemon) {
		t.Errorf("Diagnose = %v", steps)
	}
}

func TestOpenEndsWithItsContext(t *testing.T) {
	t.Parallel()
	_, o := sim(t, pcscsim.Plan{Deaf: true})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if _, err := pcsc.Open(ctx, o); err != context.DeadlineExceeded {
		t.Errorf("Open = %v; want the context's own error, bare", err)
	}
}

// opened opens the reader of a daemon with a card on it.
func opened(t *testing.T, p pcscsim.Plan) (*pcscsim.Daemon, *pcsc.Reader) {
	t.Helper()
	d, o := sim(t, p)
	r, err := hasty.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	d.Lay(desktop, chip(t), false)
	return d, r
}

// event waits for the next event.
func event[E card.Event](t *testing.T, r *pcsc.Reader) E {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	e, err := r.Wait(ctx)
	got, ok := e.(E)
	if !ok {
		t.Fatalf("Wait = %v, %v; want %T", e, err, got)
	}
	return got
}

func TestCardIsDenied(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]pcscsim.Plan{"by hanging up": {DeniesCard: true}, "in words": {DeniesReader: true}} {
		t.Run(name, func(t *testing.T) {
			_, r := opened(t, p)
			_, err := r.Wait(t.Context())
			check(t, err, devices.ErrRefused, pcsc.ErrDenied)
		})
	}
}

func TestDaemonDiesAtConnect(t *testing.T) {
	t.Parallel()
	var d *pcscsim.Daemon
	d, r := opened(t, pcscsim.Plan{Bend: func(number uint32, b []byte) ([]byte, bool) {
		if number == sayConnect {
			go d.Close()
			return nil, false
		}
		return b, true
	}})
	_, err := r.Wait(t.Context())
	if errors.Is(err, pcsc.ErrDenied) && !errors.Is(err, devices.ErrGone) {
		t.Skip("the daemon was still there when it was asked again")
	}
	check(t, err, devices.ErrGone, nil)
}

func TestAnotherProgramHoldsTheReader(t *testing.T) {
	t.Parallel()
	d, r := opened(t, pcscsim.Plan{})
	d.Hold(desktop, true)
	_, err := r.Wait(t.Context())
	check(t, err, devices.ErrRefused, pcsc.ErrBusy)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := r.Wait(ctx); err != context.DeadlineExceeded {
		t.Errorf("Wait = %v; want the context's own error, bare", err)
	}
	d.Hold(desktop, false) // of which nobody is told
	works(t, event[card.Tapped](t, r).Card)
}

func works(t *testing.T, c card.Card) {
	t.Helper()
	if b, err := c.Exchange(t.Context(), selectApplication); err != nil || string(b) != "\x90\x00" {
		t.Errorf("Exchange = %X, %v; want 9000", b, err)
	}
}

func TestMuteCard(t *testing.T) {
	t.Parallel()
	d, r := opened(t, pcscsim.Plan{})
	d.Lift(desktop)
	d.Lay(desktop, chip(t), true)
	c := event[card.Tapped](t, r).Card
	_, err := c.Exchange(t.Context(), selectApplication)
	check(t, err, devices.ErrSilent, pcsc.ErrMute)
	check(t, c.Reset(t.Context()), devices.ErrSilent, pcsc.ErrMute)
	d.Speak(desktop)
	if err := c.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	works(t, c)
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	check(t, c.Reset(t.Context()), devices.ErrClosed, nil)
	d.Lift(desktop)
	event[card.Lifted](t, r)
}

// TestSwappedUnseen changes the card between two looks of the daemon.
func TestSwappedUnseen(t *testing.T) {
	t.Parallel()
	d, r := opened(t, pcscsim.Plan{})
	first := event[card.Tapped](t, r).Card
	d.Lay(desktop, chip(t), false)
	event[card.Lifted](t, r)
	_, err := first.Exchange(t.Context(), selectApplication)
	check(t, err, devices.ErrVisitor, card.ErrLifted)
	works(t, event[card.Tapped](t, r).Card)
}

func TestLongAnswers(t *testing.T) {
	t.Parallel()
	for says, want := range map[uint32]int{0: 256, 100: 256, 2048: 2048, 65536: 65536, 1 << 31: 65536} {
		_, r := opened(t, pcscsim.Plan{Carries: says})
		if got := event[card.Tapped](t, r).Card.Link().MaxAnswer; got != want {
			t.Errorf("a reader that says %d carries %d; want %d", says, got, want)
		}
	}
}

// TestDaemonSpoilsTheAnswer bends the answer to an exchange.
func TestDaemonSpoilsTheAnswer(t *testing.T) {
	t.Parallel()
	word := func(at int, v uint32) func([]byte) ([]byte, bool) {
		return func(b []byte) ([]byte, bool) { binary.NativeEndian.PutUint32(b[4*at:], v); return b, true }
	}
	tests := []struct {
		name   string
		bend   func([]byte) ([]byte, bool)
		reason error
		broken bool
	}{
		{"dies before it", func([]byte) ([]byte, bool) { return nil, false }, devices.ErrGone, true},
		{"dies in its head", func(b []byte) ([]byte, bool) { return b[:17], false }, devices.ErrGone, true},
		{"dies in its data", func(b []byte) ([]byte, bool) { return b[:33], false }, devices.ErrGone, true},
		{"longer than a reader can carry", word(6, 1<<30), devices.ErrGone, true},
		{"longer than it is", word(6, 300), devices.ErrSilent, false},
		{"says that the reader is gone", word(7, 0x80100017), devices.ErrGone, true},
		{"says that the daemon ends", word(7, 0x8010001E), devices.ErrGone, true},
		{"says that it is too long", word(7, 0x80100008), devices.ErrGarbled, false},
		{"says that it may not be", word(7, 0x80100011), devices.ErrRefused, false},
		{"says that the card was reset", word(7, 0x80100068), devices.ErrSilent, false},
		{"says what nobody knows", word(7, 0x801000EE), devices.ErrSilent, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, r := opened(t, pcscsim.Plan{Bend: func(number uint32, b []byte) ([]byte, bool) {
				if number == sayTransmit {
					b, more := tt.bend(b)
					return b, more
				}
				return b, true
			}})
			c := event[card.Tapped](t, r).Card
			_, err := c.Exchange(t.Context(), selectApplication)
			check(t, err, tt.reason, nil)
			_, again := c.Exchange(t.Context(), selectApplication)
			if tt.broken {
				check(t, again, tt.reason, nil)
			}
			if err := errors.Join(c.Close(), r.Close()); err != nil {
				t.Error(err)
			}
			settle(t, "lines", func() bool { n, _ := d.Lines(); return n == 0 })
		})
	}
}

// TestHealsWithTheDaemon lets the real daemon crash, be away, and come back.
func TestHealsWithTheDaemon(t *testing.T) {
	t.Parallel()
	d := pcscdtest.Start(t)
	o := pcsc.Options{Unit: "chip", Socket: d.Socket, USB: t.TempDir()}
	for range 3 {
		r, err := pcsc.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if r.Name() != pcscdtest.Reader {
			t.Errorf("Name = %q", r.Name())
		}
		d.Kill()
		_, err = r.Wait(t.Context())
		check(t, err, devices.ErrGone, nil)
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		_, err = pcsc.Open(t.Context(), o)
		check(t, err, devices.ErrGone, pcsc.ErrNoDaemon)
		d.Restart(t)
	}
}

// TestRealDaemonHangs stops the real daemon in its tracks: nothing waits for it for
// longer than was said.
func TestRealDaemonHangs(t *testing.T) {
	t.Parallel()
	d := pcscdtest.Start(t)
	o := pcsc.Options{Unit: "chip", Socket: d.Socket}
	h := &hands{daemon: d}
	defer h.lift()
	h.lay(t, chip(t))
	r, err := hasty.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	c := event[card.Tapped](t, r).Card
	steps := hasty.Diagnose(t.Context(), o)
	if last := steps[len(steps)-1]; len(steps) != 4 || !errors.Is(last.Err, pcsc.ErrBusy) {
		t.Errorf("Diagnose = %v; want it to find the card busy", steps)
	}
	d.Hang(t)
	_, err = c.Exchange(t.Context(), selectApplication)
	check(t, err, devices.ErrSilent, nil)
	_, err = c.Exchange(t.Context(), selectApplication)
	check(t, err, devices.ErrGarbled, nil)
	start := time.Now()
	if err := errors.Join(c.Close(), r.Close()); err != nil || time.Since(start) > time.Second {
		t.Errorf("Close = %v after %v", err, time.Since(start))
	}
	_, err = hasty.Open(t.Context(), o)
	check(t, err, devices.ErrSilent, pcsc.ErrHung)
}
