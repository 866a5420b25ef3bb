// Package cardtest checks that a card.Reader keeps its promises (Run), and that
// identity cards can be read on it, whatever they can do and whatever goes wrong
// (RunChips).
//
// A driver shows itself with the simulator behind it: cardsim in process, behind
// the card daemon, or at the far end of a serial line.
//
// Faults that were put into emrtd and the simulated reader on purpose, and the
// case that found each:
//
//	an answer's code is not compared          RunFaults/wrong code
//	the status word outside is believed       RunFaults/other status
//	a bare status word is believed            RunFaults/bare
//	a copy's keys are taken for proven        RunFaults/replayed, RunChips/Copy
//	a signature is not checked                RunChips/Copy
//	passwords are tried without end           RunChips/Order
//	a hidden way of PACE is not missed        RunChips/PACEHidden
//	SELECT MF must work                       RunChips, every case
//	pieces never shrink                       RunChips/Quirk/MaxLe
//	a context's error is wrapped              Run/CancelledExchange
//	Reset forgets nothing                     Run/Exchanges
//	Close leaves an exchange hanging          Run/CardCloseEndsExchange
//
// Some lived, as the suite knows no bytes: PACE's token or BAC's challenge not
// compared, our own key taken back, a garbled EF.CardAccess passed over, a line
// used on after it broke. They fall to emrtd's own tests.
package cardtest

import (
	"context"
	"errors"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"motcua/devices"
	"motcua/devices/card"
	"motcua/devices/card/cardsim"
)

// Bench is one reader on the desk, and the hands that work it.
type Bench struct {
	Reader card.Reader
	Unit   string // the name that errors must give
	// Lay lays a chip on the reader, beside what lies there.
	Lay func(*cardsim.Chip)
	// Lift takes the chip off that was laid on last.
	Lift func()
	// Unplug pulls the cable. It may be called once.
	Unplug func()
	// Single says that the reader cannot tell two cards from one.
	Single bool
	// Patience is after how long at most the reader gives a silent card up.
	Patience time.Duration
}

// limit is how long anything in the suite may take before it is called stuck.
const limit = 60 * time.Second

// Run checks every promise of card.Reader and card.Card on readers that set
// makes, a new one for each case. set leaves cleaning up to t.Cleanup; Run closes
// the Reader.
func Run(t *testing.T, set func(*testing.T) Bench) {
	run(t, set, func(t *testing.T, test func(*testing.T)) { test(t) })
}

// RunInBubble is Run with each case in a synctest bubble: virtual time, and a
// goroutine left over fails it. For readers in memory only.
func RunInBubble(t *testing.T, set func(*testing.T) Bench) { run(t, set, synctest.Test) }

func run(t *testing.T, set func(*testing.T) Bench, in func(*testing.T, func(*testing.T))) {
	cases := []struct {
		name string
		test func(*testing.T, Bench)
	}{
		{"TellsInOrder", tellsInOrder},
		{"TellsLate", tellsLate},
		{"Exchanges", exchanges},
		{"CrowdIsTold", crowdIsTold},
		{"CancelLeavesItUsable", cancelLeavesItUsable},
		{"CancelledExchange", cancelledExchange},
		{"LiftedIsNamed", liftedIsNamed},
		{"SilentIsNamed", silentIsNamed},
		{"GarbledIsNamed", garbledIsNamed},
		{"CardCloseEndsExchange", cardCloseEndsExchange},
		{"CloseUnblocks", closeUnblocks},
		{"CloseTwice", closeTwice},
		{"UnplugIsNamed", unplugIsNamed},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			before := runtime.NumGoroutine()
			in(t, func(t *testing.T) {
				b := set(t)
				defer func() { _ = b.Reader.Close() }()
				c.test(t, b)
			})
			for end := time.Now().Add(limit); runtime.NumGoroutine() > before; runtime.Gosched() {
				if time.Now().After(end) {
					t.Fatalf("%d goroutines left", runtime.NumGoroutine()-before)
				}
			}
		})
	}
}

// next waits for an event of the kind, or fails the test.
func next[E card.Event](t *testing.T, b Bench) E {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	e, err := b.Reader.Wait(ctx)
	if err != nil {
		t.Fatalf("Wait = %v", err)
	}
	got, ok := e.(E)
	if !ok {
		t.Fatalf("Wait = %v; want %T", e, got)
	}
	if at := e.When(); at.IsZero() || at.After(time.Now()) {
		t.Errorf("%v at %v", e, at)
	}
	return got
}

// simple makes a chip that can be opened by BAC alone.
func simple(t *testing.T) *cardsim.Chip {
	t.Helper()
	locks, err := cardsim.NewLocks(cardsim.Plan{BAC: true})
	if err != nil {
		t.Fatal(err)
	}
	return chip(t, locks, 200, cardsim.Quirks{})
}

func chip(t *testing.T, l *cardsim.Locks, size int, q cardsim.Quirks) *cardsim.Chip {
	t.Helper()
	who, files := cardsim.Specimen(size)
	c, err := cardsim.New(l, who, files, q)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// selectApplication is a command that every identity card answers with 9000.
var selectApplication = []byte{0x00, 0xA4, 0x04, 0x0C, 0x07, 0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01}

func works(t *testing.T, c card.Card) {
	t.Helper()
	if b, err := c.Exchange(t.Context(), selectApplication); err != nil || string(b) != "\x90\x00" {
		t.Errorf("Exchange = %X, %v; want 9000", b, err)
	}
}

func tellsInOrder(t *testing.T, b Bench) {
	for range 3 {
		b.Lay(simple(t))
		e := next[card.Tapped](t, b)
		if len(e.Card.Link().ATR) == 0 || e.Card.Link().MaxAnswer < 256 {
			t.Errorf("Link = %v", e.Card.Link())
		}
		b.Lift()
		next[card.Lifted](t, b)
	}
}

// tellsLate changes the card while nobody waits.
func tellsLate(t *testing.T, b Bench) {
	b.Lay(simple(t))
	first := next[card.Tapped](t, b)
	b.Lift()
	b.Lay(simple(t))
	next[card.Lifted](t, b)
	second := next[card.Tapped](t, b)
	_, err := first.Card.Exchange(t.Context(), selectApplication)
	checkError(t, b, err, devices.ErrVisitor)
	works(t, second.Card)
}

func exchanges(t *testing.T, b Bench) {
	b.Lay(simple(t))
	e := next[card.Tapped](t, b)
	works(t, e.Card)
	challenge, err := e.Card.Exchange(t.Context(), []byte{0x00, 0x84, 0x00, 0x00, 0x08})
	if err != nil || len(challenge) != 10 {
		t.Fatalf("get challenge = %d bytes, %v; want 10", len(challenge), err)
	}
	clear(challenge) // the answer is ours
	if got, err := e.Card.Exchange(t.Context(), []byte{0x00, 0xFE, 0x00, 0x00}); err != nil || string(got) != "\x6D\x00" {
		t.Errorf("a refusal is an answer: got %X, %v", got, err)
	}
	if err := e.Card.Reset(t.Context()); err != nil {
		t.Fatalf("Reset = %v", err)
	}
	// Without power it has forgotten that the application was selected.
	if got, err := e.Card.Exchange(t.Context(), []byte{0x00, 0x84, 0x00, 0x00, 0x08}); err != nil || string(got) != "\x69\x85" {
		t.Errorf("after Reset: %X, %v; want 6985", got, err)
	}
}

func crowdIsTold(t *testing.T, b Bench) {
	if b.Single {
		t.Skip("this reader cannot tell two cards from one")
	}
	b.Lay(simple(t))
	first := next[card.Tapped](t, b)
	b.Lay(simple(t))
	next[card.Crowded](t, b)
	_, err := first.Card.Exchange(t.Context(), selectApplication)
	checkError(t, b, err, devices.ErrVisitor)
	if !errors.Is(err, card.ErrTwoCards) {
		t.Errorf("error = %v; want it to say that there are two cards", err)
	}
	b.Lift()
	works(t, next[card.Tapped](t, b).Card)
	b.Lift()
	next[card.Lifted](t, b)
}

func cancelLeavesItUsable(t *testing.T, b Bench) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.Reader.Wait(ctx); err != context.Canceled {
		t.Errorf("Wait = %v; want the context's own error, bare", err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := b.Reader.Wait(ctx); err != context.DeadlineExceeded {
		t.Errorf("Wait = %v; want the context's own error, bare", err)
	}
	b.Lay(simple(t))
	works(t, next[card.Tapped](t, b).Card)
}

func cancelledExchange(t *testing.T, b Bench) {
	c := simple(t)
	c.Fail(1, cardsim.Slow(b.Patience/2))
	b.Lay(c)
	e := next[card.Tapped](t, b)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := e.Card.Exchange(ctx, selectApplication); err != context.DeadlineExceeded {
		t.Errorf("Exchange = %v; want the context's own error, bare", err)
	}
	if err := e.Card.Reset(t.Context()); err != nil {
		t.Fatalf("Reset = %v", err)
	}
	works(t, e.Card)
}

func liftedIsNamed(t *testing.T, b Bench) {
	c := simple(t)
	c.Fail(2, cardsim.Lost)
	b.Lay(c)
	e := next[card.Tapped](t, b)
	works(t, e.Card)
	for range 2 { // also once it is gone
		_, err := e.Card.Exchange(t.Context(), selectApplication)
		checkError(t, b, err, devices.ErrVisitor)
		if !errors.Is(err, card.ErrLifted) {
			t.Errorf("error = %v; want it to say that the card was lifted", err)
		}
	}
	next[card.Lifted](t, b)
	b.Lay(simple(t))
	works(t, next[card.Tapped](t, b).Card)
}

func silentIsNamed(t *testing.T, b Bench) {
	c := simple(t)
	c.Fail(1, cardsim.Silent)
	b.Lay(c)
	e := next[card.Tapped](t, b)
	start := time.Now()
	_, err := e.Card.Exchange(t.Context(), selectApplication)
	checkError(t, b, err, devices.ErrSilent)
	if took := time.Since(start); took > 2*b.Patience {
		t.Errorf("gave a silent card up after %v; want %v", took, b.Patience)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		t.Error("a silent card is told as a context's end")
	}
}

func garbledIsNamed(t *testing.T, b Bench) {
	c := simple(t)
	c.Fail(1, cardsim.Nothing)
	b.Lay(c)
	e := next[card.Tapped](t, b)
	_, err := e.Card.Exchange(t.Context(), selectApplication)
	checkError(t, b, err, devices.ErrGarbled)
	works(t, e.Card)
}

func cardCloseEndsExchange(t *testing.T, b Bench) {
	c := simple(t)
	c.Fail(1, cardsim.Slow(b.Patience/2))
	b.Lay(c)
	e := next[card.Tapped](t, b)
	result := make(chan error, 1)
	go func() { _, err := e.Card.Exchange(t.Context(), selectApplication); result <- err }()
	<-time.After(20 * time.Millisecond) // most times it waits by now; the promise is the same
	for range 2 {
		if err := e.Card.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
	}
	closed := time.Now()
	checkError(t, b, await(t, result), devices.ErrClosed)
	if took := time.Since(closed); took > b.Patience/4 {
		t.Errorf("the exchange ended %v after Close", took)
	}
	b.Lift()
	next[card.Lifted](t, b)
}

func closeUnblocks(t *testing.T, b Bench) {
	result := make(chan error, 1)
	go func() { _, err := b.Reader.Wait(t.Context()); result <- err }()
	<-time.After(20 * time.Millisecond)
	if err := b.Reader.Close(); err != nil {
		t.Errorf("Close = %v", err)
	}
	checkError(t, b, await(t, result), devices.ErrClosed)
}

func closeTwice(t *testing.T, b Bench) {
	b.Lay(simple(t))
	e := next[card.Tapped](t, b)
	for range 2 {
		if err := b.Reader.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
	}
	_, err := b.Reader.Wait(t.Context())
	checkError(t, b, err, devices.ErrClosed)
	_, err = e.Card.Exchange(t.Context(), selectApplication)
	checkError(t, b, err, devices.ErrClosed)
}

func unplugIsNamed(t *testing.T, b Bench) {
	b.Lay(simple(t))
	e := next[card.Tapped](t, b)
	result := make(chan error, 1)
	go func() { _, err := b.Reader.Wait(t.Context()); result <- err }()
	<-time.After(20 * time.Millisecond)
	b.Unplug()
	checkError(t, b, await(t, result), devices.ErrGone)
	_, err := e.Card.Exchange(t.Context(), selectApplication)
	checkError(t, b, err, devices.ErrGone)
}

func await(t *testing.T, result chan error) error {
	t.Helper()
	select {
	case err := <-result:
		return err
	case <-time.After(limit):
		t.Fatal("the call is stuck")
		return nil
	}
}

func checkError(t *testing.T, b Bench, err, reason error) {
	t.Helper()
	var named *devices.Error
	if !errors.Is(err, reason) || !errors.As(err, &named) || named.Unit != b.Unit || named.Op == "" {
		t.Errorf("error = %v; want %v with the unit %q and the call named", err, reason, b.Unit)
	}
	if err != nil {
		silent(t, "error", err.Error())
	}
}

var (
	address = regexp.MustCompile(`0x[0-9a-f]+`)
	// secretive is what keys, codes and numbers look like, however they are printed.
	secretive = regexp.MustCompile(`[0-9A-Fa-f]{8,}|[0-9]{6,}|([0-9]+,? ){6,}`)
)

// silent fails when text holds anything of the specimen, or what looks like a key.
func silent(t *testing.T, what, text string) {
	t.Helper()
	for _, secret := range cardsim.Secrets() {
		if strings.Contains(text, secret) {
			t.Errorf("%s shows %q: %s", what, secret, text)
		}
	}
	if found := secretive.FindString(address.ReplaceAllString(text, "")); found != "" {
		t.Errorf("%s shows %q, which looks like a key: %s", what, found, text)
	}
}
