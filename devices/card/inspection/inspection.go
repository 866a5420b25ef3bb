package inspection

import (
	"context"
	"errors"
	"io"
	"time"

	"motcua/devices"
	"motcua/devices/card"
	"motcua/devices/card/emrtd"
	"motcua/devices/card/lds"
	"motcua/devices/card/lds/trust"
)

// Options is what Inspect needs beside the card.
type Options struct {
	// Passwords open the chip: six digits are a CAN, anything else is the key of
	// the machine readable zone, see cccd.MRZKey. They are tried in the order of
	// emrtd.Method, those of one kind in the order given, four at most.
	Passwords []lds.Secret
	// Groups are the data groups that the caller wants, in the order to read them.
	// What the proof needs beyond is read too. DG2, the portrait, is in the result
	// only if EF.SOD has a hash for it and the hash is right: a face that nobody
	// vouches for is shown to nobody.
	Groups []lds.File
	// Anchors are the state's certificates; without any, no signature leads to one.
	Anchors *trust.Anchors
	// Now tells the time that certificates are judged by; nil is time.Now.
	Now func() time.Time
	// Random is where keys and challenges come from; nil is crypto/rand.
	Random io.Reader
	// Reached, if not nil, is told each step as it begins, each once and in order,
	// on the goroutine of the call. It must not block.
	Reached func(Step)
}

// Inspect reads the card and proves what it read. It takes the card as it was
// laid on and leaves it without power for a moment, so that it can be inspected
// again; the card stays the caller's. It blocks for some seconds. After ten it
// begins nothing over any more, so that a card that falls silent holds it no longer
// than that and the reader's own patience.
//
// A result is no consent: a card whose Proof has Contradictions must be refused.
// A copy that answers is told that way, and not as an error; one that keeps its key
// back is told by ChipKeyMissing or ChipUnfinished, and is no more than verified.
//
// It fails as emrtd.Open and emrtd.Chip.Read do, among others with
// emrtd.ErrAsk when no password opens the chip, emrtd.ErrWrongCard, an error
// below emrtd.ErrTampered when somebody meddles and goes on with it, and with the
// card's and the context's own errors. What was read until then is wiped.
func Inspect(ctx context.Context, c card.Card, o Options) (*Result, error) {
	keys, err := passwords(o.Passwords)
	defer wipe(keys)
	if err != nil {
		return nil, err
	}
	return begin(c, o).run(ctx, keys)
}

// passwords makes passwords of secrets, also of those before one at fault.
func passwords(secrets []lds.Secret) ([]*emrtd.Password, error) {
	var keys []*emrtd.Password
	for _, s := range secrets {
		make := emrtd.NewMRZ
		if isCAN(s) {
			make = emrtd.NewCAN
		}
		p, err := make(s)
		if err != nil {
			return keys, err
		}
		keys = append(keys, p)
	}
	return keys, nil
}

// isCAN tells a card access number, also one of the wrong length.
func isCAN(s lds.Secret) bool { return len(s.Reveal()) <= 6 }

func wipe(keys []*emrtd.Password) {
	for _, p := range keys {
		p.Wipe()
	}
}

const (
	// sessions is how often a chip is opened in one inspection.
	sessions = 3
	// patience is after how long no new session is begun.
	patience = 10 * time.Second
	// rest is how long the card's power may take when an inspection ends.
	rest = time.Second
)

// inspection is one card under inspection, over several sessions if need be.
type inspection struct {
	o       Options
	card    *meter
	began   time.Time
	reached Step // the last one told; -1 before the first
	files   map[lds.File][]byte
	sod     *trust.SOD        // of what was read; nil = there is none that can be read
	denied  map[lds.File]bool // files that the chip does not give
	failed  map[trust.Method][]error
	outcome []outcome
	method  emrtd.Method
	passed  bool // PACE was passed over: the chip offers it and was opened by BAC
	noise   []error
	times   []Timing
}

// outcome is what came of one way in which the chip could prove itself; why is
// empty if it did.
type outcome struct {
	by  trust.Method
	why trust.Reason
}

func begin(c card.Card, o Options) *inspection {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Reached == nil {
		o.Reached = func(Step) {}
	}
	return &inspection{
		o: o, card: &meter{Card: c}, began: time.Now(), reached: -1,
		files: map[lds.File][]byte{}, denied: map[lds.File]bool{}, failed: map[trust.Method][]error{},
	}
}

// run inspects the card and leaves nothing behind but the result.
func (i *inspection) run(ctx context.Context, keys []*emrtd.Password) (*Result, error) {
	result, err := i.inspect(ctx, keys)
	i.leave(ctx, err)
	if err != nil {
		for _, b := range i.files {
			clear(b)
		}
		return nil, err
	}
	return result, nil
}

func (i *inspection) inspect(ctx context.Context, keys []*emrtd.Password) (*Result, error) {
	for {
		err := i.session(ctx, i.fit(keys))
		if err == nil {
			return i.check()
		}
		if !isNoise(err) || len(i.noise)+1 >= sessions || time.Since(i.began) > patience {
			return nil, err
		}
		i.noise = append(i.noise, err)
		if err := i.card.Reset(ctx); err != nil {
			return nil, err
		}
	}
}

// fit gives the passwords for a session: all for the first, and those of the kind
// that opened the chip from then on, so that wrong ones are not tried twice.
func (i *inspection) fit(keys []*emrtd.Password) []*emrtd.Password {
	if i.method == "" {
		return keys
	}
	var fit []*emrtd.Password
	for n, p := range keys {
		if isCAN(i.o.Passwords[n]) == (i.method == emrtd.PACEWithCAN) {
			fit = append(fit, p)
		}
	}
	return fit
}

// isNoise tells what may have gone wrong on the line, and go well another time.
// Who meddles looks the same at first, and is told by doing it again.
func isNoise(err error) bool {
	return errors.Is(err, devices.ErrGarbled) || errors.Is(err, devices.ErrSilent) || errors.Is(err, emrtd.ErrClone)
}

// leave takes the power off the card, so that the chip forgets the session. A
// card that is out of reach has forgotten it.
func (i *inspection) leave(ctx context.Context, err error) {
	for _, gone := range []error{devices.ErrGone, devices.ErrClosed, devices.ErrVisitor} {
		if errors.Is(err, gone) && !errors.Is(err, emrtd.ErrAsk) && !errors.Is(err, emrtd.ErrWrongCard) {
			return
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rest)
	defer cancel()
	_ = i.card.Reset(ctx) // who inspects it next finds out
}

// reach tells that a step begins, unless it or a later one did before.
func (i *inspection) reach(s Step) {
	for i.reached < s {
		i.reached++
		i.o.Reached(i.reached)
	}
}

// timed runs one step and notes what it took.
func (i *inspection) timed(s Step, f lds.File, do func() error) error {
	t := Timing{Step: s, File: f}
	start, exchanges, bytes := time.Now(), i.card.exchanges, i.card.bytes
	err := do()
	t.Took, t.Exchanges, t.Bytes = time.Since(start), i.card.exchanges-exchanges, i.card.bytes-bytes
	i.times = append(i.times, t)
	return err
}

// check holds what was read against the state's signature.
func (i *inspection) check() (*Result, error) {
	i.reach(Checking)
	anchors, err := i.o.Anchors, error(nil)
	if anchors == nil {
		if anchors, err = trust.New(trust.Rules{}); err != nil {
			return nil, err
		}
	}
	r := &Result{Method: i.method, Noise: i.noise}
	_ = i.timed(Checking, 0, func() error {
		groups := map[lds.File][]byte{}
		for f, b := range i.files {
			if f.Group() {
				groups[f] = b
			}
		}
		r.Proof = anchors.Check(i.files[lds.SOD], groups, i.o.Now())
		return nil
	})
	for _, out := range i.outcome {
		if out.why == "" {
			r.Proof = r.Proof.Proved(out.by)
		} else {
			r.Proof = r.Proof.Unproved(out.by, out.why)
		}
	}
	if i.passed {
		r.Proof = r.Proof.Noted(trust.Doubt{Reason: trust.AccessWeaker, File: lds.CardAccess})
	}
	for f := lds.File(1); f.Group(); f++ {
		if i.denied[f] && i.covers(f) {
			r.Proof = r.Proof.Noted(trust.Doubt{Reason: trust.GroupMissing, File: f})
		}
	}
	if face := i.files[lds.DG2]; i.signed(lds.DG2) == nil {
		clear(face)
		delete(i.files, lds.DG2)
	}
	r.Files, r.Times = i.files, i.times
	return r, nil
}

// meter counts what passes.
type meter struct {
	card.Card
	exchanges, bytes int
}

// Exchange carries one command to the card and its answer back.
func (m *meter) Exchange(ctx context.Context, command []byte) ([]byte, error) {
	answer, err := m.Card.Exchange(ctx, command)
	m.exchanges++
	m.bytes += len(command) + len(answer)
	return answer, err
}
