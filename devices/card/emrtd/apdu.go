package emrtd

import (
	"context"
	"fmt"
)

// command is one command APDU (ISO/IEC 7816-4, 5.1). le is the most bytes
// wanted, up to 65536; 0 wants none.
type command struct {
	op               string // in words, for errors
	cla, ins, p1, p2 byte
	data             []byte
	le               int
}

// odd tells whether the data of command and answer are BER-TLV (odd INS), which
// secure messaging then carries in DO'85'.
func (c command) odd() bool { return c.ins&1 != 0 }

// appendTo encodes the command: short where it fits, else extended.
func (c command) appendTo(b []byte) []byte {
	b = append(b, c.cla, c.ins, c.p1, c.p2)
	n := len(c.data)
	if n <= 255 && c.le <= 256 {
		if n > 0 {
			b = append(append(b, byte(n)), c.data...)
		}
		if c.le > 0 {
			b = append(b, byte(c.le)) // 256 is told as 00
		}
		return b
	}
	b = append(b, 0)
	if n > 0 {
		b = append(append(b, byte(n>>8), byte(n)), c.data...)
	}
	if c.le > 0 {
		b = append(b, byte(c.le>>8), byte(c.le)) // 65536 is told as 0000
	}
	return b
}

// maxAnswer is the longest answer that is put together from pieces.
const maxAnswer = 1 << 16

// send sends a command over secure messaging if it is agreed, and gives the
// answer's data, which are good until the next send.
func (c *Chip) send(ctx context.Context, cmd command) ([]byte, Status, error) {
	if c.dead != nil {
		return nil, 0, c.dead
	}
	if c.sm == nil {
		c.out = cmd.appendTo(c.out[:0])
		answer, err := c.exchange(ctx, c.out)
		if err != nil {
			return nil, 0, err
		}
		data, status := split(answer)
		return data, status, nil
	}
	answer, err := c.exchange(ctx, c.sm.seal(cmd))
	if err != nil {
		c.end(fmt.Errorf("secure messaging ended by: %w", err))
		return nil, 0, err
	}
	data, status, err := c.sm.open(cmd, answer)
	if err != nil {
		c.end(fmt.Errorf("%s: %w", cmd.op, err))
		return nil, 0, c.dead
	}
	return data, status, nil
}

// exchange sends bytes and fetches the whole of an answer that comes in pieces
// (61XX, GET RESPONSE: ISO/IEC 7816-4, 11.8.1).
func (c *Chip) exchange(ctx context.Context, apdu []byte) ([]byte, error) {
	clear(c.long[:cap(c.long)])
	c.long = c.long[:0]
	answer, err := c.piece(ctx, apdu)
	if err != nil || answer[len(answer)-2] != 0x61 {
		return answer, err
	}
	for answer[len(answer)-2] == 0x61 {
		more := answer[len(answer)-1]
		c.long = append(c.long, answer[:len(answer)-2]...)
		if answer, err = c.piece(ctx, []byte{0x00, 0xC0, 0x00, 0x00, more}); err != nil {
			return nil, err
		}
		if len(c.long)+len(answer) > maxAnswer || len(answer) == 2 && answer[0] == 0x61 {
			return nil, fmt.Errorf("%w: answer without end", ErrMalformed)
		}
	}
	c.long = append(c.long, answer...)
	return c.long, nil
}

// piece sends bytes and gives what the card answers. It lies in the driver's
// memory and is decrypted there, so it is wiped before the driver has it back.
func (c *Chip) piece(ctx context.Context, apdu []byte) ([]byte, error) {
	clear(c.lent)
	c.lent = nil
	answer, err := c.card.Exchange(ctx, apdu)
	if err != nil {
		return nil, err
	}
	c.lent = answer
	if len(answer) < 2 {
		return nil, fmt.Errorf("%w: answer without status", ErrMalformed)
	}
	return answer, nil
}

func split(answer []byte) ([]byte, Status) {
	n := len(answer) - 2
	return answer[:n], Status(answer[n])<<8 | Status(answer[n+1])
}
