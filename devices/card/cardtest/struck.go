package cardtest

import (
	"context"
	"errors"
	"testing"
	"time"

	"motcua/devices"
	"motcua/devices/card"
	"motcua/devices/card/cardsim"
	"motcua/devices/card/emrtd"
	"motcua/devices/card/inspection"
	"motcua/devices/card/lds"
	"motcua/devices/card/lds/ldstest"
	"motcua/devices/card/lds/trust"
)

// at does something before exchange number nth, counted from when power came.
type at struct {
	card.Card
	nth, sent int
	do        func()
	again     func() // on each Reset; nil = nothing
}

func (c *at) Exchange(ctx context.Context, b []byte) ([]byte, error) {
	if c.sent++; c.sent == c.nth {
		c.do()
	}
	return c.Card.Exchange(ctx, b)
}

func (c *at) Reset(ctx context.Context) error {
	if c.again != nil {
		c.again()
	}
	return c.Card.Reset(ctx)
}

// provable makes a card whose chip can prove itself by one method alone.
func (o *office) provable(t *testing.T, by trust.Method) *ldstest.Card {
	t.Helper()
	return o.issue(t, ldstest.CCCD2021.Person(), ldstest.Chip{NoActive: by == trust.ChipAuthentication}, ldstest.None)
}

// steps inspects a good card and tells the steps of it.
func (o *office) steps(t *testing.T, b Bench, made *ldstest.Card) []step {
	t.Helper()
	c, err := cardsim.Issued(made, cardsim.Quirks{})
	if err != nil {
		t.Fatal(err)
	}
	k := &tap{Card: lay(t, b, c)}
	got, err := o.inspect(t.Context(), k, lds.Secret(made.Person.CAN()))
	if err != nil || got.Proof.Level != trust.ChipGenuine {
		t.Fatalf("a good card: %v, %v", got, err)
	}
	lift(t, b, k)
	return k.steps
}

// struck lets one fault strike at each exchange in turn, first once, then in
// every session anew. Once, it is named and got over; each time, it is named and
// ends the inspection, or costs the level that it must cost.
func struck(t *testing.T, b Bench, o *office, f cardsim.Fault, by trust.Method) {
	made := o.provable(t, by)
	steps := o.steps(t, b, made)
	opening := 0 // exchanges until the first file
	for opening < len(steps) && !steps[opening].sealed {
		opening++
	}
	opening++ // the application is selected under secure messaging
	for _, n := range o.places(len(steps), opening) {
		if by == trust.ChipAuthentication && !(steps[n].sealed && steps[n].ins != readBinary) {
			continue // the same as with the other method
		}
		want := named(f, steps[n], n > 0 && steps[n-1].sealed)
		o.strike(t, b, made, f, n, want)
		if o.thorough {
			o.stubborn(t, b, made, f, n, min(n, opening), want)
		}
	}
	o.next(t, b)
}

// readBinary is the command that reads a file (ISO/IEC 7816-4, 11.3.3).
const readBinary = 0xB0

// places are the exchanges at which a fault strikes: all, or one of opening,
// reading and proving.
func (o *office) places(n, opening int) []int {
	if !o.thorough {
		return []int{opening / 2, (opening + n) / 2, n - 1}
	}
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// strike lets f strike once, at exchange n from 0.
func (o *office) strike(t *testing.T, b Bench, made *ldstest.Card, f cardsim.Fault, n int, want error) {
	t.Helper()
	c, err := cardsim.Issued(made, cardsim.Quirks{})
	if err != nil {
		t.Fatal(err)
	}
	c.Fail(n+1, f)
	k := lay(t, b, c)
	got, err := o.inspect(t.Context(), k, lds.Secret(made.Person.CAN()))
	switch {
	case f.String() == cardsim.Lost.String():
		told := time.Now()
		if !errors.Is(err, card.ErrLifted) {
			t.Errorf("%v at exchange %d: %v", f, n+1, err)
		}
		if late := told.Sub(next[card.Lifted](t, b).When()); late > 500*time.Millisecond {
			t.Errorf("%v at exchange %d: told %v after the reader saw it", f, n+1, late)
		}
		o.said.hold(t, secretsOf(made.Person, c))
		return
	case err != nil && want == nil && reason(err):
		// In the clear a fault may look like a chip of another kind.
	case err != nil:
		t.Errorf("%v at exchange %d: %v; want it got over", f, n+1, err)
	case got.Proof.Level != trust.ChipGenuine:
		t.Errorf("%v at exchange %d: %v, %v", f, n+1, got.Proof.Level, got.Proof.Doubts)
	case want != nil && (len(got.Noise) != 1 || !is(got.Noise[0], want)):
		t.Errorf("%v at exchange %d: noise %v; want %v", f, n+1, got.Noise, want)
	default:
		reads := 0
		for _, at := range got.Times {
			if at.Step == inspection.Reading {
				reads++
			}
		}
		if reads > len(got.Files)+len(got.Noise) {
			t.Errorf("%v at exchange %d: %d reads of %d files, with %d disturbed", f, n+1, reads, len(got.Files), len(got.Noise))
		}
	}
	o.said.hold(t, secretsOf(made.Person, c))
	lift(t, b, k)
}

// stubborn lets f strike at exchange n of the first session and at exchange m of
// every later one, which goes on where the first ended.
func (o *office) stubborn(t *testing.T, b Bench, made *ldstest.Card, f cardsim.Fault, n, m int, want error) {
	t.Helper()
	if f.String() == cardsim.Lost.String() {
		return // there is no later session
	}
	c, err := cardsim.Issued(made, cardsim.Quirks{})
	if err != nil {
		t.Fatal(err)
	}
	c.Fail(n+1, f)
	k := &at{Card: lay(t, b, c), again: func() { c.Fail(m+1, f) }}
	got, err := o.inspect(t.Context(), k, lds.Secret(made.Person.CAN()))
	switch {
	case want == nil && (err == nil && got.Proof.Level == trust.ChipGenuine || err != nil && reason(err)):
	case want != nil && err != nil && is(err, want):
	case want != nil && err == nil && unproved(got):
	default:
		t.Errorf("%v at exchange %d and then at %d: %v, %v; want %v", f, n+1, m+1, got, err, want)
	}
	o.said.hold(t, secretsOf(made.Person, c))
	lift(t, b, k.Card)
}

// is tells whether err is want. Under new keys, an answer of before is no replay.
func is(err, want error) bool {
	return errors.Is(err, want) || want == emrtd.ErrReplay && errors.Is(err, emrtd.ErrWrongCode)
}

// unproved tells a result that says how far the chip did not prove itself: one
// that was disturbed, or is told as a copy.
func unproved(got *inspection.Result) bool {
	p := got.Proof
	return len(got.Noise) > 0 && (p.Level == trust.ChipVerified && p.Has(trust.ChipUnfinished) || p.Level == trust.ChipRead && p.Has(trust.ChipFailed))
}

// crowd lays a second card on at each exchange; lifted again, the first is told
// anew and comes out genuine.
func crowd(t *testing.T, b Bench, o *office, by trust.Method) {
	if b.Single {
		t.Skip("this reader cannot tell two cards from one")
	}
	made := o.provable(t, by)
	other, err := cardsim.Issued(o.healthy, cardsim.Quirks{})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range o.places(len(o.steps(t, b, made)), 9) {
		c, err := cardsim.Issued(made, cardsim.Quirks{})
		if err != nil {
			t.Fatal(err)
		}
		k := &at{Card: lay(t, b, c), nth: n + 1, do: func() { b.Lay(other) }}
		_, err = o.inspect(t.Context(), k, lds.Secret(made.Person.CAN()))
		if !errors.Is(err, card.ErrTwoCards) || !errors.Is(err, devices.ErrVisitor) {
			t.Errorf("a second card at exchange %d: %v", n+1, err)
		}
		next[card.Crowded](t, b)
		b.Lift()
		alone := next[card.Tapped](t, b).Card
		if got, err := o.inspect(t.Context(), alone, lds.Secret(made.Person.CAN())); err != nil || got.Proof.Level != trust.ChipGenuine {
			t.Errorf("alone again: %v, %v", got, err)
		}
		o.said.hold(t, secretsOf(made.Person, c, other))
		lift(t, b, alone)
	}
	o.next(t, b)
}
