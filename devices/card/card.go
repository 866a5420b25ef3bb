// Package card says what a reader of chip cards is.
//
// A Reader tells when a card was laid on it and when it was lifted. A Card is one
// card on it, from Tapped to Lifted: it carries command APDUs to the chip and
// brings the answers back (ISO/IEC 7816-4), and understands neither. Drivers are
// in the packages below; emrtd speaks to the chip of an identity card through a
// Card; every driver passes cardtest.
package card

import (
	"context"
	"errors"
	"fmt"
	"time"

	"motcua/devices"
)

// What the visitor did, told beside devices.ErrVisitor.
var (
	// ErrLifted: the card left the reader during the exchange, or before it.
	ErrLifted = errors.New("card lifted")
	// ErrTwoCards: there is more than one card in the field; nothing was sent.
	ErrTwoCards = errors.New("more than one card")
)

// Visitor builds the error of a call that failed because of what the visitor
// did: ErrLifted or ErrTwoCards.
func Visitor(unit, op string, what error) *devices.Error {
	return devices.Fail(unit, op, devices.ErrVisitor, what)
}

// An Event is what was seen on a reader: Tapped, Lifted or Crowded.
type Event interface {
	// When is the moment the reader saw it.
	When() time.Time
	event()
}

// Tapped: one card was laid on the reader and answers.
type Tapped struct {
	// Card is the card. It belongs to who received the event and must be closed.
	Card Card
	At   time.Time
}

// Lifted: the card, or the last of several, is gone.
type Lifted struct{ At time.Time }

// Crowded: there are several cards in the field. None can be read until all but
// one are lifted, which is told by Tapped.
type Crowded struct{ At time.Time }

// When is the moment the card was laid on the reader.
func (e Tapped) When() time.Time { return e.At }

// When is the moment the card was missed.
func (e Lifted) When() time.Time { return e.At }

// When is the moment the second card was seen.
func (e Crowded) When() time.Time { return e.At }

func (Tapped) event()  {}
func (Lifted) event()  {}
func (Crowded) event() {}

// String names the event and nothing of the card.
func (e Tapped) String() string { return "card tapped" }

// String names the event.
func (e Lifted) String() string { return "card lifted" }

// String names the event.
func (e Crowded) String() string { return "several cards" }

// A Reader is a reader of chip cards, of any make. Safe for use by several
// goroutines; each event goes to one of those who wait.
type Reader interface {
	// Wait blocks until something changed on the reader: events come in order and
	// none is lost between two calls, except that a card laid on and lifted in
	// between may be left out altogether. A card that lies there when the reader is
	// opened is told by the first call.
	//
	// It returns ctx.Err() bare if ctx ends first; the reader works on. It fails
	// with devices.ErrGone when the reader is unplugged and devices.ErrClosed after
	// Close. Both are *devices.Error and name unit and call.
	Wait(ctx context.Context) (Event, error)
	// Close gives the reader back, ends every exchange and unblocks Wait. Cards of
	// it fail with devices.ErrClosed from then on. Twice is fine.
	Close() error
}

// Link is what a card and the way to it can carry.
type Link struct {
	// ATR is the answer to reset (ISO/IEC 7816-3), for a contactless card the one
	// that the reader makes up (PC/SC part 3, section 3.1.3.2.3).
	ATR []byte
	// MaxAnswer is the longest answer without status word that the reader can
	// carry: 256 for short APDUs, up to 65536 for extended ones.
	MaxAnswer int
}

// String tells the figures. An ATR names a product, not a holder.
func (l Link) String() string { return fmt.Sprintf("atr %X, answers to %d bytes", l.ATR, l.MaxAnswer) }

// A Card is one card on a reader. It is used by one goroutine at a time; only
// Close may be called beside an exchange.
type Card interface {
	// Exchange sends one command APDU and gives the answer: its data and the two
	// bytes of the status word, so at least two bytes. Any status word is an answer,
	// not an error. The answer is the caller's to read and write over until the next
	// Exchange; the command is not kept.
	//
	// It blocks while the card asks for more time. If ctx ends first it returns
	// ctx.Err() bare and the card is out of step: Reset it, or Close it.
	// Other errors are *devices.Error: devices.ErrVisitor with ErrLifted when the
	// card is taken away, with ErrTwoCards when a second one disturbs the first;
	// devices.ErrSilent when the card does not answer in the reader's own time;
	// devices.ErrGarbled for an answer below two bytes; devices.ErrGone when the
	// reader is unplugged; devices.ErrClosed after Close of card or reader.
	Exchange(ctx context.Context, command []byte) ([]byte, error)
	// Reset takes the power off the card and gives it back: the chip begins anew,
	// also after an exchange that went wrong. It fails as Exchange does.
	Reset(ctx context.Context) error
	// Link tells what can be sent. It does not block.
	Link() Link
	// Close lets the card go and ends an exchange that is under way. It is told by
	// no new Tapped until it was lifted. Twice is fine.
	Close() error
}
