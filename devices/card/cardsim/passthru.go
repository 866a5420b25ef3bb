package cardsim

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"motcua/devices/card"
)

// A message to or from QEMU's USB reader is twelve bytes and what they announce:
// kind, reader, length (libcacard, vscard_common.h).
const (
	sayInit    = 1 // who is there
	sayResult  = 2 // what came of the other side's last word; 0 = it is done
	sayATR     = 5 // a card was put in
	sayRemoved = 6
	sayAPDU    = 7

	longestMessage = 1 << 16
)

// ServePassthru puts the chip into QEMU's USB reader (usb-ccid with a
// ccid-card-passthru on it), whose chardev is at the other end of conn. It blocks
// until the chip's fault Lost, which gives card.ErrLifted, or until ctx ends, which
// takes the card out and gives ctx.Err(); then the next can be put in on the same
// conn. One is served at a time.
//
// The reader does not tell when it takes the power off a card, so the chip does not
// forget what was before a reset.
func ServePassthru(ctx context.Context, conn io.ReadWriter, c *Chip) error {
	c.Reset()
	defer c.Reset()
	s := passthru{conn: conn, chip: c}
	if err := s.say(sayATR, c.ATR()); err != nil {
		return err
	}
	defer context.AfterFunc(ctx, s.remove)()
	for results := 0; ; {
		kind, b, err := s.hear()
		if err != nil {
			return fmt.Errorf("QEMU's reader: %w", err)
		}
		switch kind {
		case sayInit: // it says so once, at its beginning
		case sayAPDU:
			if err := s.answer(ctx, b); err != nil {
				return err
			}
		case sayResult:
			if len(b) != 4 || binary.BigEndian.Uint32(b) != 0 {
				return fmt.Errorf("QEMU's reader refuses the card: %X", b)
			}
			if results++; results < 2 {
				continue // it is in
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return card.ErrLifted
		default:
			return fmt.Errorf("QEMU's reader says %d, which is not known", kind)
		}
	}
}

// passthru is a chip in QEMU's reader.
type passthru struct {
	conn io.ReadWriter
	chip *Chip
	once sync.Once  // it is removed once
	mu   sync.Mutex // held while something is said
}

func (s *passthru) answer(ctx context.Context, command []byte) error {
	answer, silent, err := s.chip.inTime(ctx, command)
	switch {
	case errors.Is(err, card.ErrLifted):
		s.remove()
		return nil
	case err != nil, silent: // an error is the end of ctx: the reader is yet to say that the card is out
		return nil
	}
	return s.say(sayAPDU, answer)
}

// remove takes the card out; the reader confirms it. An error shows where it is
// listened to.
func (s *passthru) remove() {
	s.once.Do(func() { _ = s.say(sayRemoved, nil) })
}

func (s *passthru) say(kind uint32, b []byte) error {
	m := binary.BigEndian.AppendUint32(nil, kind)
	m = binary.BigEndian.AppendUint32(m, 0) // the only reader
	m = binary.BigEndian.AppendUint32(m, uint32(len(b)))
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.conn.Write(append(m, b...)); err != nil {
		return fmt.Errorf("QEMU's reader: %w", err)
	}
	return nil
}

func (s *passthru) hear() (kind uint32, b []byte, err error) {
	var head [12]byte
	if _, err := io.ReadFull(s.conn, head[:]); err != nil {
		return 0, nil, err
	}
	length := binary.BigEndian.Uint32(head[8:])
	if length > longestMessage {
		return 0, nil, fmt.Errorf("a message of %d bytes", length)
	}
	b = make([]byte, length)
	_, err = io.ReadFull(s.conn, b)
	return binary.BigEndian.Uint32(head[:]), b, err
}
