package reader_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"motcua/cmd/workbench/reader"
	"motcua/devices"
	"motcua/devices/card"
	"motcua/devices/card/cardsim"
	"motcua/devices/card/inspection"
	"motcua/devices/card/lds"
	"motcua/devices/card/lds/ldstest"
	"motcua/devices/card/pcsc"
)

// open puts a virtual reader up and opens it as a kiosk does.
func open(t *testing.T) (*reader.Reader, string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "reader-") // short: a socket lies in it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	r, err := reader.Open(dir)
	if errors.Is(err, reader.ErrNone) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r, reader.Socket(dir)
}

// within is how long a test waits for one thing.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// connect opens the reader through its daemon, which may be on its way up.
func connect(t *testing.T, socket string) *pcsc.Reader {
	t.Helper()
	ctx := within(t)
	for {
		p, err := pcsc.Open(ctx, pcsc.Options{Unit: "reader", Reader: reader.Name, Socket: socket})
		if err == nil {
			t.Cleanup(func() { _ = p.Close() })
			return p
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			t.Fatal(err)
		}
	}
}

// next waits for an event of one kind and passes over the others.
func next[E card.Event](t *testing.T, p *pcsc.Reader) E {
	t.Helper()
	for {
		e, err := p.Wait(within(t))
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := e.(E); ok {
			return e
		}
	}
}

func chip(t *testing.T) *cardsim.Chip {
	t.Helper()
	state, err := ldstest.NewState(ldstest.Options{Suite: ldstest.P256, Now: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	made, err := state.Issue(ldstest.CCCD2021.Person(), ldstest.Chip{PhotoSize: 2000}, ldstest.None)
	if err != nil {
		t.Fatal(err)
	}
	c, err := cardsim.Issued(made, cardsim.Quirks{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func read(t *testing.T, c card.Card) error {
	t.Helper()
	result, err := inspection.Inspect(within(t), c, inspection.Options{
		Passwords: []lds.Secret{lds.Secret(ldstest.CCCD2021.Person().CAN())}, Groups: []lds.File{lds.DG13},
	})
	if err == nil {
		result.Wipe()
	}
	return err
}

// A card is read through the daemon; lifted, it is missed; pulled away in the
// middle, it is off, and another one can be laid down.
func TestHands(t *testing.T) {
	t.Parallel()
	r, socket := open(t)
	p := connect(t, socket)
	if r.Lies() {
		t.Error("a card lies on a reader that nobody touched")
	}
	c := chip(t)
	if err := r.Lay(c); err != nil {
		t.Fatal(err)
	}
	if err := read(t, next[card.Tapped](t, p).Card); err != nil {
		t.Errorf("reading = %v", err)
	}
	if !r.Lies() {
		t.Error("the card does not lie where it was laid")
	}
	r.Lift()
	next[card.Lifted](t, p)

	c.Fail(12, cardsim.Lost)
	if err := r.Lay(c); err != nil {
		t.Fatal(err)
	}
	if err := read(t, next[card.Tapped](t, p).Card); !errors.Is(err, card.ErrLifted) {
		t.Errorf("reading a card that is pulled away = %v", err)
	}
	next[card.Lifted](t, p)
	if r.Lies() {
		t.Error("a card that was pulled away still lies there")
	}
	if err := r.Lay(c); err != nil {
		t.Fatal(err)
	}
	if err := read(t, next[card.Tapped](t, p).Card); err != nil {
		t.Errorf("reading it again = %v", err)
	}
}

// Unplugged, the daemon answers and has no reader; plugged in, it is as before.
func TestCable(t *testing.T) {
	t.Parallel()
	r, socket := open(t)
	p := connect(t, socket)
	if err := r.Lay(chip(t)); err != nil {
		t.Fatal(err)
	}
	next[card.Tapped](t, p)
	if err := r.Unplug(); err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := p.Wait(within(t)); err != nil {
			if !errors.Is(err, devices.ErrGone) {
				t.Errorf("Wait after the cable was pulled = %v", err)
			}
			break
		}
	}
	if r.Lies() {
		t.Error("a card lies on a reader that was unplugged")
	}
	_, err := pcsc.Open(within(t), pcsc.Options{Unit: "reader", Socket: socket, USB: t.TempDir()})
	if !errors.Is(err, pcsc.ErrNoReader) {
		t.Errorf("Open without a reader = %v", err)
	}
	if err := r.Plug(); err != nil {
		t.Fatal(err)
	}
	p = connect(t, socket)
	if err := r.Lay(chip(t)); err != nil {
		t.Fatal(err)
	}
	if err := read(t, next[card.Tapped](t, p).Card); err != nil {
		t.Errorf("reading = %v", err)
	}
	for range 2 {
		if err := r.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
	}
	if _, err := os.Stat(socket); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is left behind: %v", err)
	}
}

func TestNone(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := reader.Open(filepath.Join(t.TempDir(), "card")); !errors.Is(err, reader.ErrNone) {
		t.Errorf("Open without a daemon = %v", err)
	}
}
