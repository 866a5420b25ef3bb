package station

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"motcua/devices"
	"motcua/devices/card"
	"motcua/devices/card/emrtd"
	"motcua/kiosk/identity"
	"motcua/kiosk/visit"
)

// readTime is the longest that a chip may take, one that slows down after wrong
// passwords included. For a visitor the portrait, which takes most of the time of
// other readers, is not read.
const readTime = 25 * time.Second

// settleTime is how long a reader that was just opened may take to tell what lies
// on it; most do at once.
const settleTime = 500 * time.Millisecond

// reader keeps the card reader open, tells the visit what lies on it and reads the
// chip when the visit asks for it.
type reader struct {
	open  func(context.Context) (card.Reader, error)
	plugs Plugs
	told  func(visit.Reader, error)
	// post sends an event of one reading; it is dropped if that was ended before
	// the visit came to it.
	post    func(*reading, visit.Event)
	inspect func(context.Context, card.Card, identity.Person, func(visit.ChipStep)) (identity.Person, error)
	do      func(func())
	log     *slog.Logger
	wall    wall

	mu      sync.Mutex    // guards what follows
	lying   card.Card     // the one card on the reader; nil = none, or several
	current *reading      // the one whose answer the visit waits for; nil = none
	last    chan struct{} // closed when the reading begun last let go of its card
}

// look is what is done with a card: it gives what the visit is to hear.
type look func(ctx context.Context, c card.Card, reached func(visit.ChipStep)) (visit.Event, error)

// reading is one attempt to read a chip. It is answered once.
type reading struct {
	card    card.Card
	cancel  context.CancelFunc
	once    sync.Once
	fetched atomic.Bool // all of the card was read: it may go
}

func (r *reader) run(ctx context.Context) {
	keep(ctx, r.plugs, r.open, r.serve, func(err error) {
		if err != nil {
			r.told(visit.ReaderAway, err)
		}
	})
}

// serve tells what happens on the reader until the unit fails.
func (r *reader) serve(ctx context.Context, unit card.Reader) error {
	defer r.lay(nil, visit.ChipUnreadable)
	event, err := first(ctx, unit)
	for ; err == nil; event, err = unit.Wait(ctx) {
		switch e := event.(type) {
		case nil:
			r.told(visit.ReaderEmpty, nil)
		case card.Tapped:
			r.lay(e.Card, visit.ChipLifted)
			r.told(visit.ReaderCard, nil)
		case card.Lifted:
			r.lay(nil, visit.ChipLifted)
			r.told(visit.ReaderEmpty, nil)
		case card.Crowded:
			r.lay(nil, visit.ChipCrowded)
			r.told(visit.ReaderCrowded, nil)
		}
	}
	return err
}

// first is what lies on a reader that was just opened, nil = nothing. A card that
// somebody left there is not told as one that was laid down now.
func first(ctx context.Context, unit card.Reader) (card.Event, error) {
	within, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	event, err := unit.Wait(within)
	if err != nil && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		return nil, nil
	}
	return event, err
}

// lay notes which card lies on the reader now. A reading of the one before has
// failed, for the reason given, whatever its driver still waits for.
func (r *reader) lay(c card.Card, why visit.ChipProblem) {
	r.mu.Lock()
	before, g := r.lying, r.current
	r.lying = c
	r.mu.Unlock()
	if before == nil {
		return
	}
	if g != nil && g.card == before && !g.fetched.Load() {
		r.answer(g, visit.ChipFailed{Why: why})
		g.cancel()
	}
	if err := closing(before); err != nil {
		r.log.Warn("card not let go", "unit", "reader", "err", err)
	}
}

// answer ends a reading for the visit, and tells whether it had not ended before.
func (r *reader) answer(g *reading, e visit.Event) (told bool) {
	g.once.Do(func() { told = true; r.post(g, e) })
	return told
}

// awaited tells whether the visit still wants to hear of a reading.
func (r *reader) awaited(g *reading) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.current == g
}

// drop ends the reading that is under way; nothing of it is told from now on, and
// no portrait stays.
func (r *reader) drop() {
	r.mu.Lock()
	g := r.current
	r.current = nil
	r.mu.Unlock()
	if g != nil {
		g.cancel()
	}
	r.wall.bare("")
}

// read begins to read who the card on the reader is of, and ends the reading before.
func (r *reader) read(ctx context.Context, p identity.Person) {
	r.begin(ctx, func(ctx context.Context, c card.Card, reached func(visit.ChipStep)) (visit.Event, error) {
		person, err := r.inspect(ctx, c, p, reached)
		return visit.ChipRead{Person: person}, err
	})
}

// begin begins to look at the card that lies on the reader, and ends the reading
// before.
func (r *reader) begin(ctx context.Context, at look) {
	r.drop()
	ctx, cancel := context.WithTimeout(ctx, readTime)
	g := &reading{cancel: cancel}
	free := make(chan struct{})
	r.mu.Lock()
	g.card = r.lying
	before := r.last
	r.current, r.last = g, free
	r.mu.Unlock()
	r.do(func() {
		defer close(free)
		defer cancel()
		if before != nil {
			<-before // a card is used by one at a time; that one was told to end
		}
		if g.card == nil {
			r.answer(g, visit.ChipFailed{Why: visit.ChipLifted})
			return
		}
		r.readNow(ctx, g, at)
	})
}

func (r *reader) readNow(ctx context.Context, g *reading, at look) {
	began := time.Now()
	event, err := at(ctx, g.card, func(s visit.ChipStep) {
		g.fetched.Store(s == visit.ChipChecking)
		r.post(g, visit.ChipReached{Step: s})
	})
	took := time.Since(began).String()
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		r.log.Info("chip left", "unit", "reader", "took", took) // it was lifted, or nobody wants it any more
	case err != nil:
		r.log.Warn("chip not read", "unit", "reader", "took", took, "err", err)
		r.answer(g, visit.ChipFailed{Why: problem(err)})
		return
	default:
		switch e := event.(type) {
		case visit.ChipRead:
			r.log.Info("chip read", "unit", "reader", "took", took, "assurance", string(e.Person.Assurance),
				"opened", e.Person.Proof.Opened, "signed", e.Person.Proof.Signed, "doubts", e.Person.Proof.Doubts)
		case visit.PortraitRead:
			r.log.Info("portrait read", "unit", "reader", "took", took, "assurance", string(e.Assurance), "lack", e.Lack)
		}
		if r.answer(g, event) {
			return
		}
	}
	if e, ok := event.(visit.PortraitRead); ok && e.ID != "" {
		r.wall.bare(e.ID) // nobody hears of it
	}
}

// problem is what a failed reading means to a visitor.
func problem(err error) visit.ChipProblem {
	var known *chipError
	switch {
	case errors.As(err, &known):
		return known.why
	case errors.Is(err, card.ErrTwoCards):
		return visit.ChipCrowded
	case errors.Is(err, card.ErrLifted):
		return visit.ChipLifted
	case errors.Is(err, emrtd.ErrAsk):
		return visit.ChipLocked
	case errors.Is(err, emrtd.ErrWrongCard), errors.Is(err, devices.ErrRefused):
		return visit.ChipUnknown
	}
	return visit.ChipUnreadable // silence, noise, a reader that went away, too slow
}
