package inspection_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"motcua/devices/card"
	"motcua/devices/card/acr122s"
	"motcua/devices/card/acr122s/acr122ssim"
	"motcua/devices/card/cardsim"
	"motcua/devices/card/cardtest"
	"motcua/devices/card/pcsc"
	"motcua/devices/card/pcsc/pcscdtest"
)

// The suite over every way to a chip but the shortest. A card takes seconds behind
// the daemon: MOTCUA_LONG=1 runs as much of it there as on the serial line, in
// minutes.

func depth() cardtest.Depth {
	if os.Getenv("MOTCUA_LONG") != "" {
		return cardtest.OfEachKind
	}
	return cardtest.Few
}

// patience is after how long the drivers' readers give a silent card up, at most.
const patience = 2 * time.Second

func TestBehindTheCardDaemon(t *testing.T) {
	t.Parallel()
	d := pcscdtest.Start(t) // one for all: it is slow to start
	r, err := pcsc.Open(t.Context(), pcsc.Options{Unit: "card", Socket: d.Socket})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	h := &hands{daemon: d}
	t.Cleanup(h.lift)
	cardtest.RunInspections(t, func(*testing.T) cardtest.Bench {
		return cardtest.Bench{
			Reader: kept{r}, Unit: "card", Single: true, Patience: patience,
			Lay: func(c *cardsim.Chip) { h.lay(t, c) }, Lift: h.lift,
		}
	}, depth())
}

// kept is a reader that stays open for the next case.
type kept struct{ card.Reader }

func (kept) Close() error { return nil }

// hands lay chips on the daemon's virtual reader.
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

// whole makes an empty answer one of a single byte, which no answer is either:
// vpcd takes an empty one for a card that was pulled off.
type whole struct{ net.Conn }

func (w whole) Write(b []byte) (int, error) {
	if bytes.Equal(b, []byte{0, 0}) {
		_, err := w.Conn.Write([]byte{0, 1, 0x6F})
		return len(b), err
	}
	return w.Conn.Write(b)
}

func (h *hands) lift() {
	if h.cancel != nil {
		h.cancel()
		h.served.Wait()
		h.cancel = nil
	}
}

func TestOnASerialLine(t *testing.T) {
	t.Parallel()
	cardtest.RunInspections(t, func(t *testing.T) cardtest.Bench {
		path := filepath.Join(t.TempDir(), "tty")
		d, err := acr122ssim.Open(path, acr122ssim.Options{Fast: true})
		if err != nil {
			t.Fatal(err)
		}
		r, err := acr122s.Open(t.Context(), acr122s.Options{Unit: "card", Path: path})
		if err != nil {
			_ = d.Close()
			t.Fatal(err)
		}
		return cardtest.Bench{Reader: line{r, d}, Unit: "card", Lay: d.Lay, Lift: d.Lift, Patience: patience}
	}, cardtest.OfEachKind)
}

// line is a reader that is switched off where it is closed.
type line struct {
	card.Reader
	far *acr122ssim.Reader
}

func (l line) Close() error { return errors.Join(l.Reader.Close(), l.far.Close()) }
