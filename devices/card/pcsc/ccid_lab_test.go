package pcsc_test

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"motcua/devices"
	"motcua/devices/card"
	"motcua/devices/card/cardsim"
	"motcua/devices/card/cardtest"
	"motcua/devices/card/pcsc"
)

// The tests here have cards in a CCID reader on USB (QEMU's usb-ccid) behind the real
// driver, libccid, and the real daemon. The cards are simulated in the test: QEMU's
// ccid-card-passthru hands commands to a virtio port of the same machine, so that no
// time passes on the way that the machine's clock does not know.
//
// What differs from a metal contactless reader: libccid speaks T=0 with this one,
// no answer is longer than 258 bytes, and a card that asks for more time is not
// heard.

// TestLabPromises keeps the promises of card.Reader and card.Card.
func TestLabPromises(t *testing.T) { cardtest.Run(t, onCCID) }

// TestLabInspections inspects cards: a good one, a copy, one that was written to, a
// mistyped number, and one that is taken out at each kind of exchange.
func TestLabInspections(t *testing.T) { cardtest.RunInspections(t, onCCID, cardtest.Few) }

// The bars: how soon an unplugged reader is missed, and how soon it can be opened again.
const (
	missedIn = 2 * time.Second
	usedIn   = 5 * time.Second
)

// TestLabReplug unplugs the reader with a card in it and plugs it in again, of which
// udev tells the daemon. It runs where LAB_REPLUG asks for it, on a quiet computer:
// QEMU's monitor answers by the clock on the wall, and the guest's may be far ahead
// when it does.
func TestLabReplug(t *testing.T) {
	inLab(t)
	if os.Getenv("MOTCUA_REPLUG") == "" {
		t.Skip("needs a quiet computer: LAB_REPLUG=1 make lab")
	}
	s, cable := openSlot(t), openPort(t, "cable")
	go func() { _, _ = io.Copy(io.Discard, cable) }() // the monitor says a lot
	tell := func(line string) {
		t.Helper()
		if _, err := cable.WriteString(line + "\n"); err != nil {
			t.Fatal(err)
		}
	}
	start(t, "systemd-udevd")
	startDaemon(t)
	r := readerOnUSB(t)
	var missed, used time.Duration
	for range 3 {
		s.lay(t, chip(t))
		e, err := r.Wait(t.Context())
		tapped, ok := e.(card.Tapped)
		if !ok {
			t.Fatalf("Wait = %v, %v; want the card", e, err)
		}
		if b, err := tapped.Card.Exchange(t.Context(), selectApplication); err != nil || string(b) != "\x90\x00" {
			t.Fatalf("Exchange = %X, %v", b, err)
		}
		began := time.Now()
		tell("device_del reader")
		if e, err = r.Wait(t.Context()); err == nil { // most times the card is missed first
			if _, ok := e.(card.Lifted); !ok {
				t.Errorf("Wait = %v; want the card lifted or the reader gone", e)
			}
			_, err = r.Wait(t.Context())
		}
		if !errors.Is(err, devices.ErrGone) {
			t.Fatalf("Wait = %v; want %v", err, devices.ErrGone)
		}
		missed = max(missed, time.Since(began))
		if _, err := tapped.Card.Exchange(t.Context(), selectApplication); !errors.Is(err, card.ErrLifted) && !errors.Is(err, devices.ErrGone) {
			t.Errorf("Exchange = %v; want %v or %v", err, card.ErrLifted, devices.ErrGone)
		}
		if err := r.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
		listed(t, false)
		if _, err := pcsc.Open(t.Context(), pcsc.Options{Unit: "chip"}); !errors.Is(err, devices.ErrGone) {
			t.Errorf("Open = %v; want %v", err, devices.ErrGone)
		}
		began = time.Now()
		tell("device_add usb-ccid,id=reader")
		tell("device_add ccid-card-passthru,chardev=slot")
		r = readerOnUSB(t)
		used = max(used, time.Since(began))
		s.lift()
	}
	t.Logf("missed %v after it was unplugged at most, opened %v after it was put back",
		missed.Round(time.Millisecond), used.Round(time.Millisecond))
	if missed > missedIn || used > usedIn {
		t.Errorf("the bars are %v and %v", missedIn, usedIn)
	}
}

// driverPatience is above the 5.2 s after which libccid gives a silent card up that
// speaks T=0.
const driverPatience = 6 * time.Second

// onCCID starts the daemon, with QEMU's reader plugged in.
func onCCID(t *testing.T) cardtest.Bench {
	t.Helper()
	inLab(t)
	s := openSlot(t)
	startDaemon(t)
	r := readerOnUSB(t)
	return cardtest.Bench{
		Reader: reader{r, s}, Unit: "chip", Single: true, Patience: driverPatience,
		Lay:  func(c *cardsim.Chip) { s.lay(t, c) },
		Lift: s.lift,
		Unplug: func() {
			authorize(t, "0")
			t.Cleanup(func() { authorize(t, "1") })
		},
	}
}

// driver is where Debian's libccid lies.
const driver = "/usr/lib/pcsc/drivers/ifd-ccid.bundle/Contents/Linux/libccid.so"

// startDaemon starts pcscd.
func startDaemon(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(driver); err != nil {
		t.Skip("the computer that made the lab has no libccid")
	}
	start(t, "pcscd", "--foreground", "--info")
}

// start starts a program; it is killed at the test's end.
func start(t *testing.T, name string, args ...string) {
	t.Helper()
	binary, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("the computer that made the lab could not give it %s", name)
	}
	output, err := os.Create(filepath.Join(t.TempDir(), "output"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, args...)
	cmd.Stdout, cmd.Stderr = output, output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = output.Close()
		if b, err := os.ReadFile(output.Name()); t.Failed() && len(b) > 0 {
			t.Logf("%s: %s %v", name, b, err)
		}
	})
}

// readerOnUSB waits until the daemon has the reader.
func readerOnUSB(t *testing.T) *pcsc.Reader {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		r, err := pcsc.Open(ctx, pcsc.Options{Unit: "chip"})
		if err == nil {
			t.Cleanup(func() { _ = r.Close() })
			return r
		}
		select {
		case <-ctx.Done():
			t.Fatal(err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// reader tells the chip when its power was taken off: QEMU's keeps that to itself.
type reader struct {
	*pcsc.Reader
	slot *slot
}

func (r reader) Wait(ctx context.Context) (card.Event, error) {
	e, err := r.Reader.Wait(ctx)
	if tapped, ok := e.(card.Tapped); ok {
		tapped.Card = powered{tapped.Card, r.slot.chip}
		e = tapped
	}
	return e, err
}

// Close puts the reader away with what lies on it.
func (r reader) Close() error {
	defer r.slot.lift()
	return r.Reader.Close()
}

type powered struct {
	card.Card
	chip *cardsim.Chip
}

func (p powered) Reset(ctx context.Context) error {
	if err := p.Card.Reset(ctx); err != nil {
		return err
	}
	p.chip.Reset()
	return nil
}

// slot is the reader's, with hands.
type slot struct {
	port   *os.File
	chip   *cardsim.Chip // the one that was put in last
	cancel context.CancelFunc
	served sync.WaitGroup
}

func openSlot(t *testing.T) *slot {
	t.Helper()
	s := &slot{port: openPort(t, "card")}
	t.Cleanup(s.lift)
	return s
}

// openPort opens a virtio port by its name; it is closed at the test's end.
func openPort(t *testing.T, name string) *os.File {
	t.Helper()
	all, _ := filepath.Glob("/sys/class/virtio-ports/*/name")
	for _, path := range all {
		if b, err := os.ReadFile(path); err != nil || string(b) != name+"\n" {
			continue
		}
		port, err := os.OpenFile(filepath.Join("/dev", filepath.Base(filepath.Dir(path))), os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = port.Close() })
		return port
	}
	t.Fatalf("no port %s in %q", name, all)
	return nil
}

// handling is how long hands take between two cards. QEMU's reader forgets that a card
// was out when nobody has looked meanwhile.
const handling = time.Second

func (s *slot) lay(t *testing.T, c *cardsim.Chip) {
	s.lift()
	ctx, cancel := context.WithCancel(context.Background())
	s.chip, s.cancel = c, cancel
	s.served.Go(func() {
		if err := cardsim.ServePassthru(ctx, s.port, c); err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, card.ErrLifted) {
			t.Log(err)
		}
	})
}

func (s *slot) lift() {
	if s.cancel != nil {
		s.cancel()
		late := time.AfterFunc(30*time.Second, func() { _ = s.port.SetReadDeadline(time.Now()) }) // no reader is plugged in
		s.served.Wait()
		late.Stop()
		s.cancel = nil
		<-time.After(handling)
	}
}
