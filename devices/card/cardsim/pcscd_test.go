package cardsim_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"motcua/devices"
	"motcua/devices/card"
	"motcua/devices/card/cardsim"
	"motcua/devices/card/emrtd"
	"motcua/devices/card/lds"
	"motcua/devices/card/pcsc/pcscdtest"
)

// TestBehindDaemon lays the chip on vpcd's virtual reader below the real card
// daemon, and reads it as any program would: through the daemon's socket.
func TestBehindDaemon(t *testing.T) {
	t.Parallel()
	pcscd := pcscdtest.Start(t)
	l, err := cardsim.NewLocks(cardsim.Plan{PACE: cardsim.Ways()[1:2], BAC: true, Chip: cardsim.Ways()[1], ActiveRSA: 2048})
	if err != nil {
		t.Fatal(err)
	}
	who, files := cardsim.Specimen(3000)
	can, err := emrtd.NewCAN(who.CAN)
	if err != nil {
		t.Fatal(err)
	}
	options := emrtd.Options{Passwords: []*emrtd.Password{can}}
	for _, fault := range []int{0, 12, 0} { // the second is pulled away in the middle
		c, err := cardsim.New(l, who, files, cardsim.Quirks{})
		if err != nil {
			t.Fatal(err)
		}
		if fault > 0 {
			c.Fail(fault, cardsim.Lost)
		}
		ctx, lift := context.WithCancel(t.Context())
		served := make(chan error, 1)
		conn := pcscd.Dial(t)
		go func() { served <- cardsim.Serve(ctx, conn, c) }()
		d := openDaemon(t, pcscd.Socket)
		d.connect(t)
		err = all(t, d, c, options)
		switch {
		case fault == 0 && err != nil:
			t.Errorf("reading = %v", err)
		case fault > 0 && !errors.Is(err, devices.ErrVisitor):
			t.Errorf("reading a card that is pulled away = %v; want ErrVisitor", err)
		}
		lift()
		if err := <-served; !errors.Is(err, context.Canceled) && !errors.Is(err, card.ErrLifted) {
			t.Errorf("Serve = %v", err)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
}

// all reads a card and has it proven.
func all(t *testing.T, k card.Card, c *cardsim.Chip, o emrtd.Options) error {
	e, err := emrtd.Open(t.Context(), k, o)
	if err != nil {
		return err
	}
	defer e.Close()
	for _, f := range []lds.File{lds.COM, lds.SOD, lds.DG1, lds.DG2, lds.DG13} {
		b, err := e.Read(t.Context(), f)
		if err != nil {
			return err
		}
		if !bytes.Equal(b, c.File(f)) {
			t.Errorf("%v is not what the chip has", f)
		}
	}
	security, err := lds.ReadDG14(c.File(lds.DG14))
	if err != nil {
		return err
	}
	if err := e.AuthenticateChip(t.Context(), security); err != nil {
		return err
	}
	key, err := lds.ReadDG15(c.File(lds.DG15))
	if err != nil {
		return err
	}
	return e.AuthenticateActive(t.Context(), key, security)
}

// try calls f until it gives no error, for a while.
func try(t *testing.T, f func() error) {
	t.Helper()
	end := time.After(20 * time.Second)
	for {
		err := f()
		if err == nil {
			return
		}
		select {
		case <-end:
			t.Fatal(err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// daemon is a program's end of the daemon's socket (pcsc-lite, winscard_msg.h,
// protocol 4.4), as far as this test needs it. It is a card.Card.
type daemon struct {
	conn          net.Conn
	context, card uint32
	atr           []byte
}

func openDaemon(t *testing.T, socket string) *daemon {
	t.Helper()
	d := &daemon{}
	try(t, func() (err error) {
		d.conn, err = net.Dial("unix", socket)
		return err
	})
	version := []uint32{4, 4, 0}
	if err := d.call(0x11, version); err != nil {
		t.Fatal(err)
	}
	establish := []uint32{2, 0, 0} // system scope
	if err := d.call(0x01, establish); err != nil {
		t.Fatal(err)
	}
	d.context = establish[1]
	return d
}

// call sends a message, reads the answer over it and fails if its last word, the
// return value, is not zero.
func (d *daemon) call(number uint32, words []uint32) error {
	var b bytes.Buffer
	for _, w := range append([]uint32{uint32(4 * len(words)), number}, words...) {
		_ = binary.Write(&b, binary.NativeEndian, w)
	}
	if _, err := d.conn.Write(b.Bytes()); err != nil {
		return err
	}
	if err := binary.Read(d.conn, binary.NativeEndian, words); err != nil {
		return err
	}
	return value(words[len(words)-1])
}

func value(rv uint32) error {
	if rv != 0 {
		return fmt.Errorf("pcscd says %08X", rv)
	}
	return nil
}

// connect waits for the card in the first reader and connects to it.
func (d *daemon) connect(t *testing.T) {
	t.Helper()
	const stateSize, name = 184, 128
	var reader []byte
	try(t, func() error {
		if _, err := d.conn.Write(binary.NativeEndian.AppendUint32([]byte{0, 0, 0, 0}, 0x12)); err != nil {
			return err
		}
		states := make([]byte, 16*stateSize)
		if _, err := io.ReadFull(d.conn, states); err != nil {
			return err
		}
		reader = states[:name]
		if binary.NativeEndian.Uint32(states[name+4:])&0x04 == 0 {
			return errors.New("there is no card in the virtual reader")
		}
		d.atr = states[name+12 : name+12+33][:binary.NativeEndian.Uint32(states[name+48:])]
		return nil
	})
	try(t, func() error {
		words := make([]uint32, 1+name/4+5)
		words[0] = d.context
		for i := range name / 4 {
			words[1+i] = binary.NativeEndian.Uint32(reader[4*i:])
		}
		words[1+name/4], words[2+name/4] = 2, 2 // shared, T=1
		err := d.call(0x04, words)
		d.card = words[3+name/4]
		return err
	})
}

func (d *daemon) Exchange(ctx context.Context, b []byte) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	words := []uint32{d.card, 2, 16, uint32(len(b)), 2, 16, 66_000, 0}
	head := append([]uint32{uint32(4 * len(words)), 0x09}, words...)
	var message bytes.Buffer
	_ = binary.Write(&message, binary.NativeEndian, head)
	message.Write(b)
	if _, err := d.conn.Write(message.Bytes()); err != nil {
		return nil, devices.Fail("daemon", "exchange", devices.ErrGone, err)
	}
	if err := binary.Read(d.conn, binary.NativeEndian, words); err != nil {
		return nil, devices.Fail("daemon", "exchange", devices.ErrGone, err)
	}
	if err := value(words[7]); err != nil {
		return nil, card.Visitor("daemon", "exchange", card.ErrLifted)
	}
	answer := make([]byte, words[6])
	_, err := io.ReadFull(d.conn, answer)
	return answer, err
}

func (d *daemon) Reset(context.Context) error { return nil }
func (d *daemon) Link() card.Link             { return card.Link{ATR: d.atr, MaxAnswer: 256} }
func (d *daemon) Close() error                { return d.conn.Close() }
