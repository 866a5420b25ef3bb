package emrtd

import (
	"context"
	"errors"
	"fmt"

	"motcua/devices/card/lds"
)

const (
	firstChunk = 0xDF    // fits one short answer with all of secure messaging around it
	smallChunk = 0xA0    // what every chip and reader seen can do
	longChunk  = 0x1000  // extended length
	maxFile    = 1 << 20 // no file of an identity card comes near
)

// Read reads one whole file, and no other. Its length comes from the file's own
// header, so that no byte behind it is fetched. The bytes are the caller's, to be
// wiped by the caller.
//
// f must be one that has a tag. It fails with ErrAbsent, ErrForbidden, ErrMalformed
// when the file does not begin with its tag or names more than 1 MiB, with an error
// below ErrTampered, and with the card's and the context's own errors. After the
// first three the chip works on.
func (c *Chip) Read(ctx context.Context, f lds.File) ([]byte, error) {
	c.progress(Progress{Step: "read " + f.String()})
	if c.dead != nil {
		return nil, c.dead
	}
	if !c.noShort {
		first, err := c.first(ctx, f, 0x80|byte(f))
		if err == nil {
			c.short = true
			return c.body(ctx, f, first)
		}
		// A chip that never took a short name may refuse it with any status.
		if !isRefusal(err) || c.short && (errors.Is(err, ErrAbsent) || errors.Is(err, ErrForbidden)) {
			return nil, err
		}
	}
	if err := c.selectFile(ctx, f); err != nil {
		return nil, err
	}
	b, err := c.body(ctx, f, nil)
	c.noShort = c.noShort || err == nil && !c.short // only by its longer name it can be read
	return b, err
}

func (c *Chip) selectFile(ctx context.Context, f lds.File) error {
	op := "select " + f.String()
	_, status, err := c.send(ctx, command{op: op, ins: 0xA4, p1: 0x02, p2: 0x0C, data: []byte{byte(f.ID() >> 8), byte(f.ID())}})
	if err != nil {
		return err
	}
	return check(op, status)
}

// first reads the beginning of a file: of the one with a short identifier if p1
// says so, else of the selected one. What comes is good until the next send.
func (c *Chip) first(ctx context.Context, f lds.File, p1 byte) ([]byte, error) {
	cmd := command{op: "read " + f.String(), ins: 0xB0, p1: p1, le: c.chunk}
	data, status, err := c.send(ctx, cmd)
	for err == nil && status == 0x6700 && c.shrink() {
		cmd.le = c.chunk
		data, status, err = c.send(ctx, cmd)
	}
	if err == nil && status>>8 == 0x6C && status != 0x6C00 { // so many there are
		cmd.le = int(status & 0xFF)
		data, status, err = c.send(ctx, cmd)
	}
	if err == nil && tooLong(status) { // a chip that will not read past the end
		cmd.le = 8 // more than any header takes
		data, status, err = c.send(ctx, cmd)
	}
	if err != nil {
		return nil, err
	}
	if status == statusEndOfFile {
		status = statusOK
	}
	return data, check(cmd.op, status)
}

// shrink makes the pieces smaller; false if they are the smallest.
func (c *Chip) shrink() bool {
	switch c.chunk {
	case longChunk:
		c.chunk = firstChunk
	case firstChunk:
		c.chunk = smallChunk
	default:
		return false
	}
	return true
}

// tooLong tells the status words that chips give when too much is asked for.
func tooLong(s Status) bool { return s == 0x6700 || s == 0x6B00 || s>>8 == 0x6C }

// body reads the rest of a file of which first is the beginning, or all of it.
func (c *Chip) body(ctx context.Context, f lds.File, first []byte) ([]byte, error) {
	if first == nil {
		var err error
		if first, err = c.first(ctx, f, 0); err != nil {
			return nil, err
		}
	}
	if len(first) == 0 || first[0] != byte(f.Tag()) {
		return nil, fmt.Errorf("%v: %w: does not begin with its tag", f, ErrMalformed)
	}
	total, err := lds.Extent(first)
	if err != nil {
		return nil, fmt.Errorf("%v: %w: %w", f, ErrMalformed, err)
	}
	if total > maxFile {
		return nil, fmt.Errorf("%v: %w: %d bytes", f, ErrMalformed, total)
	}
	step := "read " + f.String()
	b := append(make([]byte, 0, min(total, 4096)), first[:min(total, len(first))]...)
	for c.progress(Progress{step, len(b), total}); len(b) < total; c.progress(Progress{step, len(b), total}) {
		more, err := c.piecemeal(ctx, step, len(b), total-len(b))
		if err != nil {
			clear(b)
			return nil, err
		}
		b = grow(b, len(more), total)
		b = append(b, more...)
	}
	return b, nil
}

// grow makes room for n more bytes, by as much as has come, and wipes what it
// leaves: a header that lies costs no memory.
func grow(b []byte, n, total int) []byte {
	if len(b)+n <= cap(b) {
		return b
	}
	bigger := append(make([]byte, 0, min(total, max(2*len(b), len(b)+n))), b...)
	clear(b)
	return bigger
}

// piecemeal reads the next piece of the selected file, at most left bytes.
func (c *Chip) piecemeal(ctx context.Context, op string, offset, left int) ([]byte, error) {
	for {
		want := min(left, c.chunk)
		data, status, err := c.readAt(ctx, op, offset, want)
		if err != nil {
			return nil, err
		}
		if tooLong(status) && len(data) == 0 && c.shrink() {
			continue
		}
		if status == statusEndOfFile {
			status = statusOK
		}
		if err := check(op, status); err != nil {
			return nil, err
		}
		if len(data) == 0 || len(data) > want {
			return nil, fmt.Errorf("%s: %w: %d bytes for %d", op, ErrTruncated, len(data), want)
		}
		return data, nil
	}
}

// readAt reads by READ BINARY, and past 32 KiB by its odd form, which carries
// the offset in an object and wraps what it reads in one (9303-10, 3.6.3).
func (c *Chip) readAt(ctx context.Context, op string, offset, n int) ([]byte, Status, error) {
	if offset < 0x8000 {
		return c.send(ctx, command{op: op, ins: 0xB0, p1: byte(offset >> 8), p2: byte(offset), le: n})
	}
	c.offset = append(c.offset[:0], 0x54, 0x02, byte(offset>>8), byte(offset))
	if offset > 0xFFFF {
		c.offset = append(c.offset[:0], 0x54, 0x03, byte(offset>>16), byte(offset>>8), byte(offset))
	}
	// The object's header takes up to four bytes of the answer.
	data, status, err := c.send(ctx, command{op: op, ins: 0xB1, data: c.offset, le: min(n+4, max(c.chunk, 16))})
	if err != nil || len(data) == 0 {
		return nil, status, err
	}
	value, err := lds.Unwrap(data, 0x53)
	if err != nil {
		return nil, 0, fmt.Errorf("%s: %w: %w", op, ErrMalformed, err)
	}
	return value[:min(n, len(value))], status, nil
}
