package cardsim

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"motcua/devices/card"
)

// qemu is QEMU's end of a line to a chip.
type qemu struct {
	t      *testing.T
	conn   net.Conn
	result chan error // what ServePassthru returned
}

func passedThrough(ctx context.Context, t *testing.T, prepare func(*Chip)) qemu {
	t.Helper()
	l, err := NewLocks(Plan{BAC: true})
	if err != nil {
		t.Fatal(err)
	}
	who, files := Specimen(100)
	c, err := New(l, who, files, Quirks{})
	if err != nil {
		t.Fatal(err)
	}
	prepare(c)
	ours, theirs := net.Pipe()
	t.Cleanup(func() { _ = ours.Close() })
	q := qemu{t, ours, make(chan error, 1)}
	go func() { q.result <- ServePassthru(ctx, theirs, c) }()
	return q
}

// say sends a message; its payload is in hexadecimal.
func (q qemu) say(kind uint32, payload string) {
	q.t.Helper()
	b, err := hex.DecodeString(payload)
	if err != nil {
		q.t.Fatal(err)
	}
	m := binary.BigEndian.AppendUint32(nil, kind)
	m = binary.BigEndian.AppendUint32(m, 0)
	m = binary.BigEndian.AppendUint32(m, uint32(len(b)))
	if _, err := q.conn.Write(append(m, b...)); err != nil {
		q.t.Fatal(err)
	}
}

// hears reads a message, which must be of that kind.
func (q qemu) hears(kind uint32) []byte {
	q.t.Helper()
	var head [3]uint32
	if err := binary.Read(q.conn, binary.BigEndian, &head); err != nil {
		q.t.Fatal(err)
	}
	b := make([]byte, head[2])
	if _, err := io.ReadFull(q.conn, b); err != nil {
		q.t.Fatal(err)
	}
	if head[0] != kind || head[1] != 0 {
		q.t.Fatalf("the chip's side says %d to reader %d: %X; want %d", head[0], head[1], b, kind)
	}
	return b
}

const done = "00000000"

func TestServePassthru(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		q := passedThrough(ctx, t, func(c *Chip) { c.Fail(3, Slow(3*time.Second)) })
		if atr := q.hears(sayATR); len(atr) == 0 || atr[0] != 0x3B {
			t.Errorf("ATR = %X", atr)
		}
		q.say(sayInit, "56534344"+"00000002"+"00000000")
		q.say(sayResult, done)
		start := time.Now()
		for _, c := range []struct {
			command string
			length  int
			after   time.Duration
		}{{selectApp, 2, 0}, {"0084000008", 10, 0}, {"00A4000C023F00", 2, 3 * time.Second}} {
			q.say(sayAPDU, c.command)
			if got := q.hears(sayAPDU); len(got) != c.length || time.Since(start) != c.after {
				t.Errorf("%s = %X after %v; want %d bytes after %v", c.command, got, time.Since(start), c.length, c.after)
			}
		}
		cancel()
		q.hears(sayRemoved)
		q.say(sayAPDU, "0084000008") // was on its way; without power nothing was selected
		q.hears(sayAPDU)
		q.say(sayResult, done)
		if err := <-q.result; err != context.Canceled {
			t.Errorf("ServePassthru = %v; want the context's own error", err)
		}
	})
}

func TestServePassthruLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := passedThrough(t.Context(), t, func(c *Chip) { c.Fail(1, Silent); c.Fail(2, Lost) })
		q.hears(sayATR)
		q.say(sayResult, done)
		q.say(sayAPDU, selectApp) // to which nothing is said
		q.say(sayAPDU, selectApp)
		if b := q.hears(sayRemoved); len(b) > 0 {
			t.Errorf("removed: %X", b)
		}
		q.say(sayResult, done)
		if err := <-q.result; err != card.ErrLifted {
			t.Errorf("ServePassthru = %v; want %v", err, card.ErrLifted)
		}
	})
}

func TestServePassthruRefused(t *testing.T) {
	for name, say := range map[string]func(qemu){
		"the card is refused": func(q qemu) { q.say(sayResult, "00000001") },
		"no result":           func(q qemu) { q.say(sayResult, "") },
		"an unknown kind":     func(q qemu) { q.say(99, "") },
		"too long": func(q qemu) {
			if _, err := q.conn.Write([]byte{0, 0, 0, sayAPDU, 0, 0, 0, 0, 0, 1, 0, 1}); err != nil {
				q.t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			q := passedThrough(t.Context(), t, func(*Chip) {})
			q.hears(sayATR)
			say(q)
			if err := <-q.result; err == nil || errors.Is(err, card.ErrLifted) {
				t.Errorf("ServePassthru = %v; want an error", err)
			}
		})
	}
}
