package cardtest

import (
	"bytes"
	"context"
	"crypto/elliptic"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"motcua/devices"
	"motcua/devices/card"
	"motcua/devices/card/cardsim"
	"motcua/devices/card/emrtd"
	"motcua/devices/card/lds"
)

// RunFaults lets each fault of the simulator strike at each exchange of a whole
// reading: it must end with the fault's own name, or unharmed; the reader must
// work after it, and the next card be read. Nothing told may hold a secret.
func RunFaults(t *testing.T, set func(*testing.T) Bench) {
	runFaults(t, set, func(t *testing.T, test func(*testing.T)) { test(t) })
}

// RunFaultsInBubble is RunFaults in synctest bubbles, one a fault.
func RunFaultsInBubble(t *testing.T, set func(*testing.T) Bench) { runFaults(t, set, synctest.Test) }

func runFaults(t *testing.T, set func(*testing.T) Bench, in func(*testing.T, func(*testing.T))) {
	l := locks(t, cardsim.Plan{
		PACE: cardsim.Ways()[1:2], BAC: true, // AES-128 on P-256
		Chip: cardsim.Ways()[1], ActiveCurve: elliptic.P256(),
	})
	healthy := locks(t, cardsim.Plan{BAC: true})
	for _, f := range cardsim.Faults() {
		t.Run(f.String(), func(t *testing.T) {
			t.Parallel()
			in(t, func(t *testing.T) {
				b := set(t)
				defer func() { _ = b.Reader.Close() }()
				steps := whole(t, b, l)
				for n := range steps {
					strike(t, b, l, f, n, steps)
					again(t, b, chip(t, healthy, 100, cardsim.Quirks{}))
				}
			})
		})
	}
}

// step is one exchange of a reading that went well.
type step struct {
	ins     byte // which command it is
	sealed  bool // under secure messaging
	answers bool // with data
}

// tap looks on at the exchanges with a card.
type tap struct {
	card.Card
	steps []step
	all   bytes.Buffer // every byte that passed
}

func (c *tap) Exchange(ctx context.Context, b []byte) ([]byte, error) {
	c.all.Write(b)
	answer, err := c.Card.Exchange(ctx, b)
	c.all.Write(answer)
	c.steps = append(c.steps, step{ins: b[1], sealed: b[0]&0x0C != 0, answers: len(answer) > 2})
	return answer, err
}

// reading does all that can be done with a card.
func reading(ctx context.Context, t *testing.T, k card.Card, c *cardsim.Chip, told *[]string) error {
	e, err := emrtd.Open(ctx, k, emrtd.Options{
		Passwords: keys(t, true, true),
		Progress:  func(p emrtd.Progress) { *told = append(*told, fmt.Sprintf("%v %+v", p, p)) },
	})
	if err != nil {
		return err
	}
	defer e.Close()
	for _, f := range []lds.File{lds.COM, lds.DG1, lds.DG2, lds.DG13} {
		if err := same(ctx, t, e, c, f); err != nil {
			return err
		}
	}
	return prove(ctx, t, e, c)
}

// whole reads a card without fault and gives the steps of it.
func whole(t *testing.T, b Bench, l *cardsim.Locks) []step {
	t.Helper()
	c := chip(t, l, 300, cardsim.Quirks{})
	k := &tap{Card: lay(t, b, c)}
	var told []string
	if err := reading(t.Context(), t, k, c, &told); err != nil {
		t.Fatal(err)
	}
	for _, secret := range cardsim.Secrets() {
		if bytes.Contains(k.all.Bytes(), []byte(secret)) {
			t.Errorf("%q passed in the clear", secret)
		}
	}
	lift(t, b, k)
	return k.steps
}

func strike(t *testing.T, b Bench, l *cardsim.Locks, f cardsim.Fault, n int, steps []step) {
	t.Helper()
	c := chip(t, l, 300, cardsim.Quirks{})
	c.Fail(n+1, f)
	k := lay(t, b, c)
	var told []string
	err := reading(t.Context(), t, k, c, &told)
	silent(t, "progress", fmt.Sprint(told))
	if err != nil {
		silent(t, "error", fmt.Sprintf("%v %+v %#v", err, err, err))
	}
	want := named(f, steps[n], n > 0 && steps[n-1].sealed)
	if want == emrtd.ErrReplay && errors.Is(err, emrtd.ErrClone) {
		want = emrtd.ErrWrongCode // an answer under the keys of before, right after they changed
	}
	switch {
	case want == nil && (err == nil || reason(err)):
	case want != nil && errors.Is(err, want) && reason(err):
	default:
		t.Errorf("%v at exchange %d %+v: %v; want %v", f, n+1, steps[n], err, want)
	}
	if f.String() == cardsim.Lost.String() {
		next[card.Lifted](t, b)
		return
	}
	lift(t, b, k)
}

// named gives the error that a fault must end in; nil if any reason will do, or
// none: outside secure messaging nothing can tell some faults from other chips.
func named(f cardsim.Fault, s step, before bool) error {
	switch f.String() {
	case cardsim.Lost.String():
		return card.ErrLifted
	case cardsim.Silent.String():
		return devices.ErrSilent
	case cardsim.Nothing.String():
		return devices.ErrGarbled
	}
	if !s.sealed {
		return nil
	}
	switch f.String() {
	case cardsim.Bare.String():
		return emrtd.ErrDowngrade
	case cardsim.NoCode.String():
		return emrtd.ErrNoCode
	case cardsim.NoStatus.String():
		return emrtd.ErrNoStatus
	case cardsim.WrongCode.String():
		return emrtd.ErrWrongCode
	case cardsim.OtherStatus.String():
		return emrtd.ErrObjects
	case cardsim.Flipped.String(), cardsim.Halved.String(), cardsim.Unprotected.String():
		return emrtd.ErrTampered
	case cardsim.Replayed.String():
		if before {
			return emrtd.ErrReplay
		}
		return emrtd.ErrTampered
	}
	return nil
}

// reason tells whether an error is one that the station knows what to do with.
func reason(err error) bool {
	for _, r := range []error{devices.ErrGone, devices.ErrSilent, devices.ErrGarbled, devices.ErrRefused, devices.ErrVisitor, devices.ErrClosed, emrtd.ErrClone} {
		if errors.Is(err, r) {
			return true
		}
	}
	return false
}

// again reads a healthy card on the same reader.
func again(t *testing.T, b Bench, c *cardsim.Chip) {
	t.Helper()
	k := lay(t, b, c)
	e, err := emrtd.Open(t.Context(), k, emrtd.Options{Passwords: keys(t, false, true)})
	if err != nil {
		t.Fatalf("the next card: %v", err)
	}
	defer e.Close()
	if err := same(t.Context(), t, e, c, lds.DG1); err != nil {
		t.Fatalf("the next card: %v", err)
	}
	lift(t, b, k)
}
