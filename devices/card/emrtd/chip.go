package emrtd

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"motcua/devices"
	"motcua/devices/card"
	"motcua/devices/card/lds"
)

// Method is how a chip was opened.
type Method string

// The methods, in the order they are tried.
const (
	PACEWithCAN Method = "PACE-CAN"
	PACEWithMRZ Method = "PACE-MRZ"
	BAC         Method = "BAC"
)

// maxTries is how many passwords a chip is tried with in one Open: chips answer
// more and more slowly after wrong ones, and some lock.
const maxTries = 4

// Options is what Open needs beside the card.
type Options struct {
	// Passwords are tried in the order of Method, those of one kind in the order
	// given; no more than four tries are made in all, not counting kinds of
	// password that the chip does not know. They stay the caller's, and remember by
	// which methods they were refused.
	Passwords []*Password
	// Careful has files read in the smallest pieces from the start, which every
	// chip and reader seen can carry. Without it that is done only once the chip has
	// said that a piece is too large; some break off instead.
	Careful bool
	// Random is where keys and challenges come from; nil is crypto/rand.
	Random io.Reader
	// Progress, if not nil, is called before each step and after each piece of a
	// file, on the goroutine of the call. It must not block.
	Progress func(Progress)
}

// Progress is how far a reading is. It holds nothing of the holder.
type Progress struct {
	Step        string // in words: "open by PACE-CAN", "read DG2"
	Done, Total int    // bytes of the file; 0 outside files and before its length is known
}

// Chip is the opened chip of a card. It is used by one goroutine at a time.
type Chip struct {
	card     card.Card
	random   io.Reader
	progress func(Progress)
	sm       *channel
	method   Method
	offered  lds.Security // what EF.CardAccess said
	dead     error        // why nothing is sent any more
	short    bool         // the chip took a short file identifier once
	noShort  bool         // it did not, where it took a long one
	chunk    int          // most bytes asked for at once
	out      []byte       // commands outside secure messaging
	lent     []byte       // the last answer, in the driver's memory until the next exchange
	long     []byte       // answers in pieces
	offset   []byte       // of READ BINARY in its odd form
}

// Open opens the chip: EF.CardAccess, then PACE with a CAN, PACE with the zone,
// and BAC, as far as the chip offers them and passwords are given, until one
// works. It takes about ten exchanges.
//
// The card stays the caller's, also on success; close the Chip first. A chip
// that was opened once must be powered off (card.Card.Reset) before it is opened
// again.
//
// It fails with ErrAsk when no password opens the chip, ErrWrongCard when the
// card is of another kind, ErrUnsupported when the chip offers none of our
// methods, an error below ErrTampered when somebody meddles, and with the card's
// and the context's own errors.
func Open(ctx context.Context, c card.Card, o Options) (*Chip, error) {
	chip := newChip(c, o)
	if err := chip.open(ctx, o.Passwords); err != nil {
		chip.Close()
		return nil, err
	}
	return chip, nil
}

func newChip(c card.Card, o Options) *Chip {
	chip := &Chip{card: c, random: o.Random, progress: o.Progress}
	if chip.random == nil {
		chip.random = rand.Reader
	}
	if chip.progress == nil {
		chip.progress = func(Progress) {}
	}
	chip.chunk = firstChunk
	if l := c.Link(); o.Careful {
		chip.chunk = smallChunk
	} else if l.MaxAnswer > longChunk+64 && card.Extended(l.ATR) {
		chip.chunk = longChunk
	}
	return chip
}

// Method tells how the chip was opened.
func (c *Chip) Method() Method { return c.method }

// Ways asks a chip by which ways of PACE it can be opened, known here or not, and
// leaves it closed. It takes two exchanges. A chip without EF.CardAccess, or a card
// of another kind, has none. It fails as Open does before it tries a password.
func Ways(ctx context.Context, c card.Card) ([]lds.PACE, error) {
	chip := newChip(c, Options{})
	defer chip.Close()
	_, err := chip.access(ctx)
	return chip.offered.PACE, err
}

// OffersPACE tells whether the chip said that it does PACE in a way known here. One
// that does and was opened by BAC refused PACE with the same password, or somebody
// in between did in its stead: CheckAccess cannot tell, as nothing was taken out.
func (c *Chip) OffersPACE() bool { return len(paceChoices(c.offered)) > 0 }

// Close wipes keys and buffers. The card is not closed. Twice is fine.
func (c *Chip) Close() { c.end(ErrClosed) }

// end wipes what is secret; every later call fails with why.
func (c *Chip) end(why error) {
	if c.dead == nil || why == ErrClosed {
		c.dead = why
	}
	if c.sm != nil {
		c.sm.wipe()
		c.sm = nil
	}
	for _, b := range [][]byte{c.out, c.long} {
		clear(b[:cap(b)])
	}
	clear(c.lent)
	c.lent = nil
}

// Format prints the method and no secret under every verb.
func (c Chip) Format(s fmt.State, _ rune) {
	_, _ = io.WriteString(s, "chip opened by "+string(c.method))
}

// LogValue prints the method and no secret in logs.
func (c Chip) LogValue() slog.Value { return slog.StringValue("chip opened by " + string(c.method)) }

// application is the identifier of the eMRTD application (9303-10, 3.6.1).
var application = []byte{0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01}

func (c *Chip) open(ctx context.Context, passwords []*Password) error {
	c.progress(Progress{Step: "look at the chip"})
	choices, err := c.access(ctx)
	if err != nil {
		return err
	}
	left, refused := maxTries, error(nil)
	// with tries the passwords that fit a method until one opens the chip.
	with := func(m Method, try func(*Password) error) (opened bool, err error) {
		for _, p := range passwords {
			if !p.fits(m) || left == 0 {
				continue
			}
			left--
			c.progress(Progress{Step: "open by " + string(m)})
			if err = try(p); err == nil {
				c.method = m
				return true, nil
			}
			if !isRefusal(err) {
				return false, err
			}
			if isUnheard(err) {
				left++
			} else {
				p.refused = append(p.refused, m)
			}
			refused = err
		}
		return false, nil
	}
	if len(choices) > 0 {
		pace := func(p *Password) error { return c.pace(ctx, choices[0], p) }
		for _, m := range []Method{PACEWithCAN, PACEWithMRZ} {
			if opened, err := with(m, pace); err != nil {
				return err
			} else if opened {
				return c.selectApplication(ctx)
			}
		}
	}
	if err := c.selectApplication(ctx); err != nil {
		return err
	}
	opened, err := with(BAC, func(p *Password) error { return c.bac(ctx, p) })
	switch {
	case err != nil || opened:
		return err
	case refused == nil && len(choices) == 0 && len(c.offered.PACE) > 0:
		return fmt.Errorf("%w: none of the ways of PACE that the chip offers", ErrUnsupported)
	case refused == nil:
		return fmt.Errorf("%w: none given that fits", ErrAsk)
	}
	return fmt.Errorf("%w: %v", ErrAsk, refused)
}

// isUnheard tells a method that the chip refused before it heard of the password,
// which is no try.
func isUnheard(err error) bool {
	var status *StatusError
	return errors.As(err, &status) && status.Op == setPACE
}

// isRefusal tells a chip that said no, and may say yes to another password, from
// everything else.
func isRefusal(err error) bool {
	var status *StatusError
	return errors.As(err, &status)
}

// access reads EF.CardAccess and lists the ways of PACE. A chip without the file
// has none.
func (c *Chip) access(ctx context.Context) ([]paceChoice, error) {
	err := c.selectFile(ctx, lds.CardAccess)
	if errors.Is(err, devices.ErrRefused) {
		// Some chips want to stand in the master file first; others do not know it.
		if _, _, err := c.send(ctx, command{op: "select master file", ins: 0xA4, p1: 0x00, p2: 0x0C, data: []byte{0x3F, 0x00}}); err != nil {
			return nil, err
		}
		err = c.selectFile(ctx, lds.CardAccess)
	}
	if errors.Is(err, devices.ErrRefused) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	b, err := c.body(ctx, lds.CardAccess, nil)
	if err != nil {
		return nil, err
	}
	if c.offered, err = lds.ReadCardAccess(b); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return paceChoices(c.offered), nil
}

func (c *Chip) selectApplication(ctx context.Context) error {
	const op = "select application"
	_, status, err := c.send(ctx, command{op: op, ins: 0xA4, p1: 0x04, p2: 0x0C, data: application})
	if err != nil {
		return err
	}
	if err := check(op, status); err != nil {
		return fmt.Errorf("%w: %v", ErrWrongCard, err)
	}
	return nil
}
