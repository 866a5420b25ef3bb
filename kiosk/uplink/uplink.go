package uplink

import (
	"context"
	"crypto/tls"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"golang.org/x/sync/errgroup"

	"motcua/kiosk/contract"
	"motcua/kiosk/outbox"
)

// News is something that the rest of the station wants to know. The concrete
// types below are all there are.
type News interface{ news() }

// Online: central answers, after it did not or for the first time.
type Online struct{}

// Offline: central cannot be reached, and why.
type Offline struct{ Cause Cause }

// Received: central has confirmed a submission. Dossier is empty as long as the
// authority has opened none.
type Received struct{ ID, Dossier string }

// Refused: central will not take a submission as it is.
type Refused struct {
	ID     string
	Reason outbox.Reason
}

// Opened: the authority has opened a dossier from a submission.
type Opened struct{ ID, Code string }

func (Online) news()   {}
func (Offline) news()  {}
func (Received) news() {}
func (Refused) news()  {}
func (Opened) news()   {}

// Health is what the heartbeat says of the station beside its outbox.
type Health struct {
	Version  string // of the program
	Pack     string // "hanoi 2026-11-01"
	Troubles []contract.Trouble
}

// Options say how an Uplink is made. Outbox, Base, TLS and Station are needed.
type Options struct {
	Outbox  *outbox.Outbox
	Base    string      // "https://central.example.vn"
	TLS     *tls.Config // certificate and authority, as in a Bundle; its Time is ours to set
	Station string      // "CN-03"
	Log     *slog.Logger
	// Tell hears the news, in order. It must not block. nil = nobody listens.
	Tell func(News)
	// Health is asked before each heartbeat. nil = nothing to say.
	Health func() Health
	// VisitRate is how many bytes a second are sent at most while somebody uses
	// the station, see Visit. 0 = VisitRate.
	VisitRate int
	// Built is a time that is certainly past; zero = the program's commit.
	Built time.Time
	// Now is the clock; nil = time.Now.
	Now func() time.Time
}

// State is how the uplink is at one moment.
type State struct {
	Online  bool      // central itself answered last
	Since   time.Time // when that began, by the station's clock
	Cause   Cause     // what stands in the way now; None = nothing
	Success time.Time // last answer of central's; zero = none yet
	// Skew is central's time minus the station's; known only if SkewKnown.
	Skew      time.Duration
	SkewKnown bool
}

// Uplink delivers what the outbox holds. It is safe for use by several
// goroutines.
type Uplink struct {
	o         Options
	began     time.Time
	clock     *clock
	api       *contract.ClientWithResponses
	hangUp    func()                              // closes idle connections
	watch     func(context.Context, func()) error // calls back when the network changes
	kick      chan struct{}                       // ends deliver's pause
	kickCarry chan struct{}                       // ends carry's
	line      *line                               // to central
	base      string                              // of every address
	poll      chan struct{}                       // asks for statuses soon
	hello     chan struct{}                       // asks for a heartbeat now
	tries     *tries

	throttle *throttle
	tally    tally

	mu         sync.Mutex // guards what follows
	state      State
	told       bool     // whether Online or Offline was ever told
	first      []string // asked to be sent before all others
	firstCarry []string // the same, of those that lack parts
}

// New makes an Uplink; Run starts it.
func New(o Options) *Uplink {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Tell == nil {
		o.Tell = func(News) {}
	}
	if o.Health == nil {
		o.Health = func() Health { return Health{} }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Built.IsZero() {
		o.Built = builtAt()
	}
	if o.TLS == nil {
		o.TLS = &tls.Config{}
	}
	c := &clock{now: o.Now, floor: o.Built}
	th := newThrottle(o.VisitRate)
	l, hangUp := newLine(o.TLS, c, th)
	u := assemble(o, c, l, hangUp)
	u.throttle = th
	return u
}

func assemble(o Options, c *clock, l *line, hangUp func()) *Uplink {
	now, base := o.Now(), strings.TrimSuffix(o.Base, "/")
	return &Uplink{
		line: l, base: base, kickCarry: make(chan struct{}, 1),
		o: o, began: now, clock: c, throttle: newThrottle(o.VisitRate), hangUp: hangUp, watch: watchNetwork,
		api: &contract.ClientWithResponses{ClientInterface: &contract.Client{
			Server: base + "/", Client: l}},
		kick: make(chan struct{}, 1), poll: make(chan struct{}, 1), hello: make(chan struct{}, 1), tries: newTries(o.Now),
		state: State{Since: now, Cause: Unreachable},
	}
}

// Run delivers until ctx ends, and then returns ctx's error after everything
// has stopped. It fails only when the outbox is closed under it.
func (u *Uplink) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return u.deliver(ctx) })
	g.Go(func() error { return u.carry(ctx) })
	g.Go(func() error { return u.probe(ctx) })
	g.Go(func() error { return u.pulse(ctx) })
	g.Go(func() error {
		if err := u.watch(ctx, u.networkChanged); err != nil && ctx.Err() == nil {
			u.o.Log.Warn("network changes are not seen, probing only", "err", err)
		}
		return nil
	})
	err := g.Wait()
	u.hangUp()
	return err
}

// State tells how the uplink is.
func (u *Uplink) State() State {
	u.mu.Lock()
	s := u.state
	u.mu.Unlock()
	s.Skew, s.SkewKnown = u.clock.difference()
	return s
}

func (u *Uplink) signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // one is waiting already
	}
}

// goOn ends every pause.
func (u *Uplink) goOn() {
	u.signal(u.kick)
	u.signal(u.kickCarry)
}

// networkChanged is told by the kernel that a link, address or route came or
// went. Old connections may hang on what is gone.
func (u *Uplink) networkChanged() {
	u.hangUp()
	if !u.State().Online {
		u.goOn()
	}
}

// answered notes that central itself answered; cause is what it has against
// taking more just now.
func (u *Uplink) answered(cause Cause) {
	now := u.o.Now()
	u.mu.Lock()
	came := !u.state.Online
	if came {
		u.state.Online, u.state.Since, u.told = true, now, true
	}
	u.state.Cause, u.state.Success = cause, now
	u.mu.Unlock()
	if !came {
		return
	}
	skew, _ := u.clock.difference()
	u.o.Log.Info("central reached", "skew", skew.String())
	if err := u.o.Outbox.Wake(context.Background()); err != nil {
		u.o.Log.Error("outbox cannot be woken", "err", err)
	}
	u.goOn()
	u.signal(u.hello)
	u.o.Tell(Online{})
}

// failed notes a failure and gives it back as one.
func (u *Uplink) failed(err error) *failure {
	f := asFailure(err)
	if !f.cause.away() {
		if f.cause != OutboxBad {
			u.answered(f.cause)
		}
		return f
	}
	u.hangUp() // the next try begins with a connection of its own
	u.mu.Lock()
	went := u.state.Online || !u.told
	if went {
		u.state.Since = u.o.Now()
	}
	went = went || u.state.Cause != f.cause // another cause is news too
	u.state.Online, u.state.Cause, u.told = false, f.cause, true
	u.mu.Unlock()
	if went {
		u.o.Log.Warn("central away", "cause", string(f.cause), "err", f.err)
		u.o.Tell(Offline{Cause: f.cause})
	}
	return f
}

// newBackoff doubles from 1 s to longest, each wait ±25 %.
func newBackoff() *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval = time.Second, longest
	b.Multiplier, b.RandomizationFactor = 2, 0.25
	b.Reset()
	return b
}

// nextWait is the next wait of b, never longer than longest.
func nextWait(b *backoff.ExponentialBackOff) time.Duration { return min(b.NextBackOff(), longest) }
