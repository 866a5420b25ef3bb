package pcsc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"motcua/devices"
	"motcua/devices/card"
)

// limits are how long things may take.
type limits struct {
	// answer is for what needs no card. A daemon that was started by the call itself
	// gets its readers going first.
	answer time.Duration
	// exchange is for one exchange, until the card is given up. The reader's driver
	// ends a silent card itself, most after 3 s, and lets it ask for more time; no
	// command that a card is read with takes longer than this.
	exchange time.Duration
	// lifted is until the daemon has seen that a card is gone that stopped answering.
	// It asks most readers every 0.4 s (PCSCLITE_STATUS_POLL_RATE).
	lifted time.Duration
	// busy is for another program that has the reader for itself. Some have a short
	// look at each card; so had our own line that was cut in an exchange.
	busy time.Duration
}

// usual are the limits of a reader that is no test's.
func usual() limits {
	return limits{answer: 15 * time.Second, exchange: 20 * time.Second, lifted: time.Second, busy: 5 * time.Second}
}

// firstTry and lastTry are how long to wait until a busy reader is tried again;
// the daemon tells of most changes, but not of all.
const (
	firstTry = 10 * time.Millisecond
	lastTry  = 500 * time.Millisecond
)

// Options say which reader is opened.
type Options struct {
	// Unit is the name that errors give.
	Unit string
	// Reader is a part of the reader's name, in capitals or not. Of several readers,
	// the first for contactless cards by its name is taken, else the first. "" = any.
	Reader string
	// Socket is the daemon's. "" = /run/pcscd/pcscd.comm.
	Socket string
	// USB is the folder of the kernel's USB devices, to look into when the daemon
	// knows no reader. "" = /sys/bus/usb/devices.
	USB string
}

func (o Options) filled() Options {
	o.Socket = cmp.Or(o.Socket, "/run/pcscd/pcscd.comm")
	o.USB = cmp.Or(o.USB, "/sys/bus/usb/devices")
	return o
}

// A Reader is one reader of the card daemon. It is a card.Reader; see the package
// for what it can tell.
type Reader struct {
	unit, name, socket string
	minor              uint32
	limits             limits
	watch              *watch
	life               context.Context // ends with why
	cease              context.CancelFunc
	// turn is held by who waits; it guards what is told to whom.
	turn chan struct{}
	now  state // as the daemon told it last
	seen bool  // told the caller that a card lies there,
	with uint32
	old  *uint32   // the counter's, of a card that lay there when the reader was opened
	busy time.Time // since when another program holds the reader

	// mu guards what follows. Not held while the daemon is asked.
	mu   sync.Mutex
	why  error // of the end: devices.ErrGone with its cause, or ErrClosed
	held *held // the card that lies there
}

// Open reaches the daemon and finds the reader. It blocks until the daemon has
// told its readers, at most 15 s, and gives ctx.Err() bare if ctx ends first. It
// fails with one of this package's errors in a *devices.Error.
func Open(ctx context.Context, o Options) (*Reader, error) {
	return open(ctx, o, usual())
}

func open(ctx context.Context, o Options, t limits) (*Reader, error) {
	o = o.filled()
	w, minor, list, err := reach(ctx, o.Socket, t)
	if err != nil {
		return nil, told(ctx, o.Unit, "open", err)
	}
	s, err := choose(list, o)
	if err != nil {
		w.close()
		return nil, told(ctx, o.Unit, "open", err)
	}
	life, cease := context.WithCancel(context.Background())
	r := &Reader{
		unit: o.Unit, name: s.name, socket: o.Socket, minor: minor, limits: t,
		watch: w, life: life, cease: cease, turn: make(chan struct{}, 1), now: s,
	}
	if s.present() {
		r.old = &s.counter
	}
	return r, nil
}

// reach opens a watch and gives the states of the readers.
func reach(ctx context.Context, socket string, t limits) (*watch, uint32, []state, error) {
	within, cancel := context.WithTimeoutCause(ctx, t.answer, ErrHung)
	defer cancel()
	w, minor, err := newWatch(within, socket, 0)
	if err != nil {
		return nil, 0, nil, hung(within, err)
	}
	list, err := w.next(within)
	if err != nil {
		w.close()
		return nil, 0, nil, hung(within, err)
	}
	return w, minor, list, nil
}

// hung gives the context's cause where its own error came of the limit we set.
func hung(within context.Context, err error) error {
	if within.Err() != nil && errors.Is(err, within.Err()) && errors.Is(context.Cause(within), ErrHung) {
		return ErrHung
	}
	return err
}

// choose finds the reader that is meant.
func choose(list []state, o Options) (state, error) {
	var fit []state
	for _, s := range list {
		if strings.Contains(strings.ToLower(s.name), strings.ToLower(o.Reader)) {
			fit = append(fit, s)
		}
	}
	if len(fit) == 0 {
		return state{}, missing(list, o)
	}
	slices.SortStableFunc(fit, func(a, b state) int { return rank(a.name) - rank(b.name) })
	if fit[0].stuck() {
		return state{}, fmt.Errorf("%w (%s)", ErrStuck, fit[0].name)
	}
	return fit[0], nil
}

// rank orders names: contactless first, a slot for the reader's own chip last.
func rank(name string) int {
	parts := strings.FieldsFunc(strings.ToUpper(name), func(r rune) bool {
		return !(r >= 'A' && r <= 'Z')
	})
	switch {
	case slices.ContainsFunc(parts, func(p string) bool {
		return p == "CONTACTLESS" || p == "PICC" || p == "NFC" || p == "CL"
	}):
		return 0
	case slices.Contains(parts, "SAM"):
		return 2
	}
	return 1
}

// missing says why the reader is not there.
func missing(list []state, o Options) error {
	if len(list) > 0 {
		return fmt.Errorf("%w (of %q in its name; there is %s)", ErrNoReader, o.Reader, names(list))
	}
	units, err := OnUSB(o.USB)
	switch {
	case err != nil:
		return fmt.Errorf("%w (and USB cannot be looked at: %w)", ErrNoReader, err)
	case len(units) > 0:
		return fmt.Errorf("%w (%v)", ErrUnlisted, units[0])
	}
	return ErrNoReader
}

func names(list []state) string {
	var all []string
	for _, s := range list {
		all = append(all, s.name)
	}
	return strings.Join(all, ", ")
}

// told wraps an error for the caller, with the reason that belongs to it.
func told(ctx context.Context, unit, op string, err error) error {
	var named *devices.Error
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return ctx.Err()
	case errors.As(err, &named):
		return err
	}
	for _, reason := range []error{
		devices.ErrGone, devices.ErrSilent, devices.ErrGarbled, devices.ErrRefused, devices.ErrClosed,
	} {
		if errors.Is(err, reason) {
			return &devices.Error{Unit: unit, Op: op, Err: err}
		}
	}
	return devices.Fail(unit, op, reason(err), err)
}

// reason finds which of the reasons of devices an error belongs to.
func reason(err error) error {
	for _, e := range []error{ErrDenied, ErrVersion, ErrBusy, securityViolation, protocolMismatch, invalidParameter, invalidValue, unsupported, sharingViolation} {
		if errors.Is(err, e) {
			return devices.ErrRefused
		}
	}
	for _, e := range []error{ErrHung, ErrMute, unresponsive, unpowered, wasReset, notTransacted, commError, timeout, waitedTooLong, notReady} {
		if errors.Is(err, e) {
			return devices.ErrSilent
		}
	}
	if errors.Is(err, insufficient) || errors.Is(err, errAnswer) {
		return devices.ErrGarbled
	}
	return devices.ErrGone // no daemon, no reader, a line that broke
}

// Name is the reader's name, as the daemon says it.
func (r *Reader) Name() string { return r.name }

// Wait gives the next thing that happens. It never tells Crowded: PC/SC knows one
// card or none. A card that does not speak is told by Tapped; each exchange with
// it fails with devices.ErrSilent and ErrMute.
func (r *Reader) Wait(ctx context.Context) (card.Event, error) {
	const op = "wait for card"
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-r.life.Done():
		return nil, r.over(op)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	living, cancel := context.WithCancel(ctx) // until Close, also while a card is taken
	defer cancel()
	defer context.AfterFunc(r.life, cancel)()
	for {
		if err := r.over(op); err != nil {
			return nil, err
		}
		e, again, err := r.look(living)
		if e == nil && err == nil {
			err = r.await(ctx, again)
		}
		if err := r.over(op); err != nil {
			return nil, err // closed meanwhile: whatever failed, failed for that
		}
		switch {
		case e != nil:
			return e, nil
		case err == nil:
			continue
		case ctx.Err() != nil && errors.Is(err, ctx.Err()):
			return nil, ctx.Err()
		}
		err = told(ctx, r.unit, op, err)
		if errors.Is(err, devices.ErrGone) {
			r.end(errors.Unwrap(err))
		}
		return nil, err
	}
}

// await blocks until the state has changed, or until it is time to look again at
// a busy reader; 0 is never.
func (r *Reader) await(ctx context.Context, again time.Duration) error {
	within := ctx
	if again > 0 {
		var cancel context.CancelFunc
		within, cancel = context.WithTimeout(ctx, again)
		defer cancel()
	}
	list, err := r.watch.next(within)
	switch {
	case err != nil && ctx.Err() == nil && within.Err() != nil && errors.Is(err, within.Err()):
		return nil
	case err != nil:
		return err
	}
	i := slices.IndexFunc(list, func(s state) bool { return s.name == r.name })
	if i < 0 {
		return fmt.Errorf("%w: the reader left the daemon's list", devices.ErrGone)
	}
	r.now = list[i]
	if r.now.stuck() {
		return fmt.Errorf("%w: %w", devices.ErrGone, ErrStuck)
	}
	return nil
}

// look compares what is with what was told, and gives the event that is due. For
// a card that cannot be had yet it says when to look again.
func (r *Reader) look(ctx context.Context) (card.Event, time.Duration, error) {
	switch {
	case r.seen && (!r.now.present() || r.now.counter != r.with):
		r.seen = false
		r.drop(card.ErrLifted)
		return card.Lifted{At: time.Now()}, 0, nil
	case r.seen || !r.now.present():
		r.busy = time.Time{}
		return nil, 0, nil
	}
	h, err := r.connect(ctx, r.now, r.old != nil && *r.old == r.now.counter)
	switch {
	case errors.Is(err, sharingViolation):
		if r.busy.IsZero() {
			r.busy = time.Now()
		}
		since := time.Since(r.busy)
		if since > r.limits.busy {
			r.busy = time.Time{}
			return nil, 0, fmt.Errorf("%w: %w", ErrBusy, err)
		}
		return nil, min(max(since, firstTry), lastTry), nil
	case errors.Is(err, noCard), errors.Is(err, removed):
		return nil, 0, nil // it is gone again, of which the daemon will tell
	case err != nil:
		return nil, 0, err
	}
	r.busy = time.Time{}
	r.seen, r.with = true, r.now.counter
	r.mu.Lock()
	r.held = h
	why := r.why
	r.mu.Unlock()
	if why != nil {
		r.drop(why)
	}
	return card.Tapped{Card: h, At: time.Now()}, 0, nil
}

// drop ends the card that lies there.
func (r *Reader) drop(why error) {
	r.mu.Lock()
	h := r.held
	r.held = nil
	r.mu.Unlock()
	if h != nil {
		h.end(why)
	}
}

// end ends the reader for a reason, the first that is given.
func (r *Reader) end(why error) {
	r.mu.Lock()
	first := r.why == nil
	if first {
		r.why = why
		r.cease()
	}
	r.mu.Unlock()
	if first {
		r.watch.close()
		r.drop(why)
	}
}

// over gives the error of a call on a reader that has ended.
func (r *Reader) over(op string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.why == nil {
		return nil
	}
	return &devices.Error{Unit: r.unit, Op: op, Err: r.why}
}

// Close gives the reader back to the daemon. It does not wait for a card.
func (r *Reader) Close() error {
	r.end(devices.ErrClosed)
	return nil
}
