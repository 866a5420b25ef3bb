package acr122s

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"motcua/devices"
	"motcua/devices/card"
)

var (
	errExtended = errors.New("this reader carries short APDUs only")
	errNotSmart = errors.New("a card without a chip that can be asked")
)

// held is one card on the reader. It implements card.Card.
type held struct {
	reader *Reader
	atr    []byte
	smart  bool // it speaks ISO/IEC 14443-4
	ended  context.Context
	stop   context.CancelFunc

	// Used by who has the reader's turn.
	begun  bool      // something was agreed with the chip, or may have been
	seen   time.Time // when the card answered last
	answer []byte

	// mu guards why.
	mu  sync.Mutex
	why error // why ended is
}

func newHeld(r *Reader, found target) *held {
	h := &held{reader: r, atr: found.atr, smart: found.smart, seen: time.Now()}
	h.ended, h.stop = context.WithCancel(context.Background())
	return h
}

// end ends the card for the reason that comes first, but for Close of the reader.
func (h *held) end(why error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.why == nil {
		h.why = why
		h.stop()
	}
}

func (h *held) over() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.why
}

// Exchange implements card.Card. A command that is extended fails with
// devices.ErrRefused and is not sent.
func (h *held) Exchange(ctx context.Context, command []byte) ([]byte, error) {
	const op = "exchange"
	r := h.reader
	if len(command) > 261 || len(command) >= 7 && command[4] == 0 {
		return nil, devices.Fail(r.unit, op, devices.ErrRefused, errExtended)
	}
	var answer []byte
	err := h.with(ctx, op, func(ctx context.Context) error {
		if !h.smart {
			return devices.Fail(r.unit, op, devices.ErrVisitor, errNotSmart)
		}
		h.begun = true
		clear(h.answer)
		got, status, err := r.wire.carry(ctx, command, h.answer[:0])
		h.answer = got
		if err != nil {
			return err
		}
		if status != fine {
			return h.diagnose(ctx, status)
		}
		h.seen = time.Now()
		if answer = got; len(got) < 2 {
			return devices.Fail(r.unit, op, devices.ErrGarbled, nil)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return answer, nil
}

// diagnose finds out why the chip gave no answer.
func (h *held) diagnose(ctx context.Context, status byte) error {
	const op = "exchange"
	r := h.reader
	there, err := r.wire.present(ctx, op)
	switch {
	case err != nil:
		return err
	case !there:
		if err := r.missed(ctx, op, h); err != nil {
			return err
		}
		return h.over()
	case status == timedOut:
		return devices.Fail(r.unit, op, devices.ErrSilent, nil)
	}
	return devices.Fail(r.unit, op, devices.ErrGarbled, fmt.Errorf("the contactless chip says %02X", status))
}

// Reset implements card.Card.
func (h *held) Reset(ctx context.Context) error {
	const op = "reset"
	return h.with(ctx, op, func(ctx context.Context) error {
		if err := h.reader.count(ctx, op); err != nil {
			return err
		}
		h.begun, h.seen = false, time.Now()
		return h.over()
	})
}

// with runs f with the reader's turn, until ctx ends or the card does.
func (h *held) with(ctx context.Context, op string, f func(context.Context) error) error {
	r := h.reader
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := h.over(); err != nil {
		return named(err, op)
	}
	either, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(h.ended, cancel)
	defer stop()
	select {
	case <-r.turn:
	case <-either.Done():
	}
	err := either.Err()
	if err == nil {
		err = f(either)
		r.turn <- struct{}{}
	}
	if err == nil {
		return nil
	}
	if ended := h.over(); ended != nil { // by Close, or by what f found
		return named(ended, op)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, devices.ErrGone) {
		r.fault(err)
	}
	return err
}

// Link implements card.Card.
func (h *held) Link() card.Link {
	return card.Link{ATR: append([]byte(nil), h.atr...), MaxAnswer: 256}
}

// Close implements card.Card.
func (h *held) Close() error {
	h.end(devices.Fail(h.reader.unit, "exchange", devices.ErrClosed, nil))
	return nil
}
