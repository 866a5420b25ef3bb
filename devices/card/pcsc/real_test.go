package pcsc_test

import (
	"bytes"
	"context"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"motcua/devices/card"
	"motcua/devices/card/cardsim"
	"motcua/devices/card/cardtest"
	"motcua/devices/card/pcsc"
	"motcua/devices/card/pcsc/pcscdtest"
)

// patience is that of readers in tests.
const patience = 2 * time.Second

// TestRealDaemon keeps the promises of card.Reader and card.Card behind pcscd.
func TestRealDaemon(t *testing.T) { cardtest.Run(t, real) }

// TestRealChips reads every kind of card behind pcscd.
func TestRealChips(t *testing.T) {
	t.Parallel()
	cardtest.RunChips(t, real, false)
}

// TestRealFaults lets every fault of a card strike at every exchange behind pcscd.
// pcscd looks for cards every 0.4 s, so this takes minutes.
func TestRealFaults(t *testing.T) {
	if os.Getenv("MOTCUA_LONG") == "" {
		t.Skip("set MOTCUA_LONG=1 to let faults strike behind pcscd")
	}
	cardtest.RunFaults(t, real)
}

// real sets a reader behind the real daemon up.
func real(t *testing.T) cardtest.Bench {
	t.Helper()
	d := pcscdtest.Start(t)
	r, err := pcsc.Hasty{Exchange: patience}.Open(t.Context(), pcsc.Options{Unit: "chip", Socket: d.Socket})
	if err != nil {
		t.Fatal(err)
	}
	h := &hands{daemon: d}
	return cardtest.Bench{
		Reader: desk{r, h}, Unit: "chip", Single: true, Patience: patience,
		Lay:    func(c *cardsim.Chip) { h.lay(t, c) },
		Lift:   h.lift,
		Unplug: d.Kill,
	}
}

// desk is a reader that is put away with what lies on it.
type desk struct {
	card.Reader
	hands *hands
}

func (d desk) Close() error {
	defer d.hands.lift()
	return d.Reader.Close()
}

// hands lay cards on the virtual reader.
type hands struct {
	daemon *pcscdtest.Daemon
	cancel context.CancelFunc
	served sync.WaitGroup
}

func (h *hands) lay(t *testing.T, c *cardsim.Chip) {
	h.lift()
	ctx, cancel := context.WithCancel(context.Background())
	conn := h.daemon.Dial(t)
	h.cancel = cancel
	h.served.Go(func() { _ = cardsim.Serve(ctx, whole{conn}, c) })
}

func (h *hands) lift() {
	if h.cancel != nil {
		h.cancel()
		h.served.Wait()
		h.cancel = nil
	}
}

// whole makes an empty answer one of a single byte, which no answer is either:
// vpcd takes an empty one for a card that was pulled off.
type whole struct{ *net.TCPConn }

func (w whole) Write(b []byte) (int, error) {
	if bytes.Equal(b, []byte{0, 0}) {
		_, err := w.TCPConn.Write([]byte{0, 1, 0x6F})
		return len(b), err
	}
	return w.TCPConn.Write(b)
}
