package pcsc_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

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
// heard. After an unplugging the daemon is started anew, as no udev runs that would
// tell it.

// TestLabPromises keeps the promises of card.Reader and card.Card.
func TestLabPromises(t *testing.T) { cardtest.Run(t, onCCID) }

// TestLabInspections inspects cards: a good one, a copy, one that was written to, a
// mistyped number, and one that is taken out at each kind of exchange.
func TestLabInspections(t *testing.T) { cardtest.RunInspections(t, onCCID, cardtest.Few) }

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

// startDaemon starts pcscd; it is killed at the test's end.
func startDaemon(t *testing.T) {
	t.Helper()
	binary, err := exec.LookPath("pcscd")
	if err != nil {
		t.Skip("the computer that made the lab has no pcscd")
	}
	output, err := os.Create(filepath.Join(t.TempDir(), "output"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "--foreground", "--info")
	cmd.Stdout, cmd.Stderr = output, output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = output.Close()
		if b, err := os.ReadFile(output.Name()); t.Failed() && len(b) > 0 {
			t.Logf("pcscd: %s %v", b, err)
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
	all, _ := filepath.Glob("/sys/class/virtio-ports/*/name")
	for _, name := range all {
		if b, err := os.ReadFile(name); err != nil || string(b) != "card\n" {
			continue
		}
		port, err := os.OpenFile(filepath.Join("/dev", filepath.Base(filepath.Dir(name))), os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		s := &slot{port: port}
		t.Cleanup(func() {
			s.lift()
			_ = port.Close()
		})
		return s
	}
	t.Fatalf("no way to the reader's slot in %q", all)
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
		s.served.Wait()
		s.cancel = nil
		<-time.After(handling)
	}
}
