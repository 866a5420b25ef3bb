package pcsc

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"motcua/devices"
	"motcua/devices/card"
)

var (
	// errAnswer says that the daemon's answer to an exchange makes no sense.
	errAnswer = errors.New("the card daemon's answer makes no sense")
	// errStep says that the answer of an exchange that was given up is still due.
	errStep = errors.New("an exchange before it was given up: reset the card")
)

// held is the card on a reader, on a line of its own and for this program alone.
type held struct {
	reader   *Reader
	counter  uint32 // the daemon's, as the card came
	handle   uint32 // set before line
	protocol uint32
	owed     uint32 // the number of the message whose answer nobody waits for; 0 = none

	// line is set under mu by who exchanges; nil for a mute card. mu guards link and
	// why it ended, too. Not held while the daemon is asked.
	mu   sync.Mutex
	line *line
	link card.Link
	why  error
}

// connect takes the card in the reader for this program alone. A card that was used
// begins anew.
func (r *Reader) connect(ctx context.Context, s state, used bool) (*held, error) {
	within, cancel := context.WithTimeoutCause(ctx, r.limits.exchange+r.limits.answer, ErrHung)
	defer cancel()
	h := &held{reader: r, counter: s.counter, link: card.Link{ATR: slices.Clone(s.atr), MaxAnswer: 256}}
	err := h.connect(within)
	if err == nil && used && h.line != nil {
		if err = h.reset(within); err != nil {
			_ = h.Close()
		}
	}
	if err != nil {
		return nil, hung(within, err)
	}
	return h, nil
}

func (h *held) connect(ctx context.Context) error {
	r := h.reader
	l, _, err := dial(ctx, r.socket, r.minor)
	if err != nil {
		return err
	}
	answer, err := l.call(ctx, message(sayEstablish, systemScope, 0, 0), establishSize)
	if err == nil && last(answer) != fine {
		err = last(answer)
	}
	if err != nil {
		l.close(nil)
		return err
	}
	answer, err = l.call(ctx, connectMessage(word(answer, 4), r.name), connectSize)
	if err != nil {
		l.close(nil)
		if hungUp(err) {
			return h.turnedAway(ctx, err)
		}
		return err
	}
	switch v := last(answer); v {
	case fine:
	case unresponsive, unpowered, protocolMismatch, notReady:
		l.close(nil)
		return nil // it is mute
	case securityViolation:
		l.close(nil)
		return fmt.Errorf("%w: %w", ErrDenied, v)
	default:
		l.close(nil)
		return v
	}
	h.handle, h.protocol = word(answer, connectSize-12), word(answer, connectSize-8)
	most, err := h.carries(ctx, l)
	if err != nil {
		l.close(h.farewell())
		return err
	}
	h.mu.Lock()
	why := h.why
	if why == nil {
		h.line, h.link.MaxAnswer = l, most
	}
	h.mu.Unlock()
	if why != nil { // closed meanwhile
		l.close(h.farewell())
	}
	return why
}

// turnedAway says why the daemon hung up on who asked for a card: before 2.3.0
// that is what polkit's no looks like (winscard_svc.c), if the daemon still lives.
func (h *held) turnedAway(ctx context.Context, err error) error {
	l, _, again := dial(ctx, h.reader.socket, h.reader.minor)
	if again != nil {
		return again
	}
	l.close(nil)
	return fmt.Errorf("%w: %w", ErrDenied, err)
}

// Exchange carries one command to the card and its answer back. A card that says
// nothing is given up by the reader's driver, or after 20 s.
func (h *held) Exchange(ctx context.Context, command []byte) ([]byte, error) {
	const op = "exchange"
	if err := h.before(ctx, op); err != nil {
		return nil, err
	}
	switch {
	case h.line == nil:
		return nil, devices.Fail(h.reader.unit, op, devices.ErrSilent, ErrMute)
	case h.owed != 0:
		return nil, devices.Fail(h.reader.unit, op, devices.ErrGarbled, errStep)
	case len(command) > longestCommand:
		return nil, devices.Fail(h.reader.unit, op, devices.ErrRefused, fmt.Errorf("%d bytes are too long for a command", len(command)))
	}
	within, cancel := context.WithTimeoutCause(ctx, h.reader.limits.exchange, devices.ErrSilent)
	defer cancel()
	say := message(sayTransmit, h.handle, h.protocol, pciLength, uint32(len(command)), h.protocol, pciLength, longest, 0)
	answer, err := h.ask(within, append(say, command...), sayTransmit)
	if err != nil {
		return nil, h.failed(ctx, within, op, err)
	}
	if len(answer) == 0 { // some drivers say so of a card that was pulled away
		return nil, h.vanished(ctx, op, devices.ErrGarbled, fmt.Errorf("%w: nothing", errAnswer))
	}
	if len(answer) < 2 {
		return nil, devices.Fail(h.reader.unit, op, devices.ErrGarbled, fmt.Errorf("an answer of %d bytes", len(answer)))
	}
	return answer, nil
}

// ask says something of a number and waits for its answer. If ctx ends, that is
// owed.
func (h *held) ask(ctx context.Context, say []byte, number uint32) ([]byte, error) {
	if err := h.line.say(ctx, say); err != nil {
		return nil, err
	}
	h.owed = number
	return h.answer(ctx)
}

// answer waits for the answer that is owed: what the message is about for a
// transmission, the body for others. If ctx ends it can be called again.
func (h *held) answer(ctx context.Context) ([]byte, error) {
	size := transmitSize
	if h.owed == sayReconnect {
		size = reconnectSize
	}
	b, err := h.line.hear(ctx, size)
	if err != nil {
		return nil, err
	}
	v := last(b)
	if h.owed == sayTransmit && v == fine {
		n := word(b, transmitSize-8)
		if n > longest {
			return nil, fmt.Errorf("%w: %w: %d bytes", devices.ErrGone, errAnswer, n)
		}
		if b, err = h.line.hear(ctx, size+int(n)); err != nil {
			return nil, err
		}
		b = b[size:]
	}
	h.line.heard()
	h.owed = 0
	if v != fine {
		return nil, v
	}
	return b, nil
}

// Reset takes the power off the card and gives it back. An exchange that was given
// up is waited for first: the daemon does one thing after the other.
func (h *held) Reset(ctx context.Context) error {
	const op = "reset"
	if err := h.before(ctx, op); err != nil {
		return err
	}
	within, cancel := context.WithTimeoutCause(ctx, h.reader.limits.exchange, devices.ErrSilent)
	defer cancel()
	if err := h.reset(within); err != nil {
		return h.failed(ctx, within, op, err)
	}
	return nil
}

func (h *held) reset(ctx context.Context) error {
	if h.line == nil { // it was mute; perhaps it lies better now
		if err := h.connect(ctx); err != nil {
			return err
		}
		if h.line == nil {
			return fmt.Errorf("%w: %w", devices.ErrSilent, ErrMute)
		}
		return nil
	}
	if h.owed != 0 {
		var v verdict
		if _, err := h.answer(ctx); err != nil && !errors.As(err, &v) {
			return err
		}
	}
	say := message(sayReconnect, h.handle, exclusive, anyProtocol, unpowerCard, 0, 0)
	answer, err := h.ask(ctx, say, sayReconnect)
	if err != nil {
		return err
	}
	h.protocol = word(answer, reconnectSize-8)
	return nil
}

// before gives the error of a call that cannot begin.
func (h *held) before(ctx context.Context, op string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return h.over(op)
}

// failed names the error of a call. within is ctx with the reader's patience.
func (h *held) failed(ctx, within context.Context, op string, err error) error {
	unit := h.reader.unit
	if over := h.over(op); over != nil {
		return over // ended meanwhile: whatever failed, failed for that
	}
	var v verdict
	switch {
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return ctx.Err()
	case within.Err() != nil && errors.Is(err, within.Err()):
		return devices.Fail(unit, op, devices.ErrSilent, nil)
	case errors.As(err, &v):
		return h.judged(ctx, op, v)
	case errors.Is(err, ErrMute):
		return told(ctx, unit, op, err) // it may be laid better
	case hungUp(err):
		err = fmt.Errorf("%w: the card daemon hung up: %w", devices.ErrGone, err)
	}
	err = told(ctx, unit, op, err)
	h.end(errors.Unwrap(err)) // the line is of no more use
	return err
}

// judged names what a verdict of the daemon means for the caller.
func (h *held) judged(ctx context.Context, op string, v verdict) error {
	unit := h.reader.unit
	switch v {
	case removed, noCard:
		h.end(card.ErrLifted)
		return card.Visitor(unit, op, card.ErrLifted)
	case readerUnavailable, unknownReader, invalidHandle, noService, serviceStopped, shutdown, noReaders:
		err := fmt.Errorf("%w: %w", devices.ErrGone, v)
		h.end(err)
		return &devices.Error{Unit: unit, Op: op, Err: err}
	case protocolMismatch, invalidParameter, invalidValue, unsupported, sharingViolation, securityViolation, insufficient:
		return devices.Fail(unit, op, reason(v), v)
	}
	return h.vanished(ctx, op, devices.ErrSilent, v)
}

// vanished names the error of an exchange in which the reader could not reach the
// card. Most times it was lifted, which the daemon sees some time later; else it
// is the reason and cause given.
func (h *held) vanished(ctx context.Context, op string, reason, cause error) error {
	unit := h.reader.unit
	err := h.gone(ctx)
	if over := h.over(op); over != nil {
		return over
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil:
		return devices.Fail(unit, op, reason, cause)
	case errors.Is(err, card.ErrLifted):
		h.end(card.ErrLifted)
		return card.Visitor(unit, op, card.ErrLifted)
	}
	return told(ctx, unit, op, err)
}

// gone waits a while for the daemon to see that the card was lifted, which gives
// card.ErrLifted. nil means that it lies there still.
func (h *held) gone(ctx context.Context) error {
	within, cancel := context.WithTimeout(ctx, h.reader.limits.lifted)
	defer cancel()
	w, _, err := newWatch(within, h.reader.socket, h.reader.minor)
	if err != nil && within.Err() != nil && errors.Is(err, within.Err()) {
		return ctx.Err()
	}
	if err != nil {
		return err
	}
	defer w.close()
	for {
		list, err := w.next(within)
		if err != nil && within.Err() != nil && errors.Is(err, within.Err()) {
			return ctx.Err()
		}
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(s state) bool { return s.name == h.reader.name })
		switch {
		case i < 0:
			return fmt.Errorf("%w: the reader left the daemon's list", devices.ErrGone)
		case list[i].stuck():
			return fmt.Errorf("%w: %w", devices.ErrGone, ErrStuck)
		case !list[i].present() || list[i].counter != h.counter:
			return card.ErrLifted
		}
	}
}

// Link tells the card's answer to reset and what the reader carries.
func (h *held) Link() card.Link {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.link
}

// Close lets the card go. It does not wait for the daemon, which takes the power
// off the card some seconds later.
func (h *held) Close() error {
	h.end(devices.ErrClosed)
	return nil
}

// end ends the card for a reason, the first that is given.
func (h *held) end(why error) {
	h.mu.Lock()
	l := h.line
	if h.why == nil {
		h.why = why
	}
	h.mu.Unlock()
	if l != nil {
		l.close(h.farewell())
	}
}

// farewell leaves the card as it is. The daemon could reset it; but should the card
// be lifted just then, the daemon takes note of that in a way that makes it miss
// the next card if that is quick (SCardDisconnect in winscard.c).
func (h *held) farewell() []byte { return message(sayDisconnect, h.handle, leaveCard, 0) }

// over gives the error of a call on a card that has ended.
func (h *held) over(op string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.why == nil:
		return nil
	case errors.Is(h.why, card.ErrLifted):
		return card.Visitor(h.reader.unit, op, card.ErrLifted)
	}
	return &devices.Error{Unit: h.reader.unit, Op: op, Err: h.why}
}
