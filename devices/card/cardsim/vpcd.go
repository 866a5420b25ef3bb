package cardsim

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"

	"motcua/devices/card"
)

// What a virtual reader says beside APDUs, each a frame of one byte
// (vsmartcard, vpcd.h).
const (
	powerOff = 0x00
	powerOn  = 0x01
	reset    = 0x02
	askATR   = 0x04
)

// Serve lays the chip on the virtual reader at the other end of conn, which
// speaks as vpcd of the vsmartcard project does: each message behind its length in
// two bytes, most significant first. It blocks until the reader hangs up, which
// gives nil; until the chip's fault Lost, which gives card.ErrLifted; or until ctx
// ends, which lifts the card and gives ctx.Err(). conn is closed in each case.
func Serve(ctx context.Context, conn net.Conn, c *Chip) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer func() {
		stop()
		_ = conn.Close()
		c.Reset()
	}()
	c.Reset()
	for {
		hurry(conn)
		message, err := readFrame(conn)
		if err == nil {
			err = serveOne(ctx, conn, c, message)
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed):
			return nil
		case errors.Is(err, card.ErrLifted):
			return card.ErrLifted
		case err != nil:
			return fmt.Errorf("virtual reader: %w", err)
		}
	}
}

func serveOne(ctx context.Context, conn net.Conn, c *Chip, message []byte) error {
	if len(message) == 1 {
		switch message[0] {
		case powerOff, powerOn, reset:
			c.Reset()
			return nil
		case askATR:
			return writeFrame(conn, c.ATR())
		}
		return fmt.Errorf("control %02X is not known", message[0])
	}
	answer, silent, err := c.inTime(ctx, message)
	if err != nil || silent {
		return err
	}
	return writeFrame(conn, answer)
}

// inTime answers a command when the chip would have done. It fails with
// card.ErrLifted when the chip is lost, and with ctx's error.
func (c *Chip) inTime(ctx context.Context, command []byte) (answer []byte, silent bool, err error) {
	got := c.Answer(command)
	if got.Lost {
		return nil, false, card.ErrLifted
	}
	if got.After > 0 && !got.Silent {
		t := time.NewTimer(got.After)
		defer t.Stop()
		select {
		case <-t.C:
		case <-ctx.Done():
			return nil, false, ctx.Err()
		}
	}
	return got.Answer, got.Silent, nil
}

// hurry has the kernel confirm at once what comes next on a TCP connection. vpcd
// sends a message's length and the message apart, and its kernel holds the second
// back until the first was confirmed: 40 ms an exchange.
func hurry(conn net.Conn) {
	c, ok := conn.(syscall.Conn)
	if !ok {
		return
	}
	if raw, err := c.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) {
			_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 1)
		})
	}
}

func readFrame(r io.Reader) ([]byte, error) {
	var length [2]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, err
	}
	b := make([]byte, binary.BigEndian.Uint16(length[:]))
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, err
	}
	return b, nil
}

func writeFrame(w io.Writer, b []byte) error {
	if len(b) > 0xFFFF {
		return fmt.Errorf("%d bytes do not fit a frame", len(b))
	}
	_, err := w.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...))
	return err
}
