// Package barcodetest checks that a barcode.Scanner keeps its promises.
//
// A driver shows itself three ways: with its firmware at the far end of a line in
// memory, in virtual time (RunInBubble); with the simulator on a pty (Run); and on
// a live unit.
//
// Faults that were put into the serial driver on purpose, and the case that found
// each:
//
//	a cancel drops the half code                    HalfThenCancel
//	after a cancel the half counts as a whole one   HalfThenCancel
//	the context's error is wrapped                  CancelLeavesItUsable, HalfThenCancel
//	a held code is reported each time               OncePerPresentation
//	a held code is reported again after Repeat      OncePerPresentation
//	a code is never reported again                  OncePerPresentation
//	a flood is garbled many times over              FloodIsGarbledOnce
//	after a flood nothing more is read              FloodIsGarbledOnce
//	a flood has no limit                            FloodIsGarbledOnce
//	an error without the unit's name                FloodIsGarbledOnce
//	letters are not composed                        Reports
//	Close leaves the line open                      CloseUnblocks, CloseTwice
//	Raw is the driver's own buffer                  KeepsOrder
//
// One lived, as the suite knows codes and not bytes: two codes in one read, the
// second dropped. It falls to the driver's own table of framings.
//
// Into the camera's driver:
//
//	a cancel drops half a frame                     HalfThenCancel
//	the context's error counts as silence           CancelLeavesItUsable, HalfThenCancel
//	a held code is reported each time               OncePerPresentation
//	a flood is garbled many times over              FloodIsGarbledOnce
//	a flood has no limit                            FloodIsGarbledOnce
//	an error without the unit's name                FloodIsGarbledOnce
//	Close leaves the camera open                    CloseUnblocks, CloseTwice
//	letters are not composed                        Reports
//	lengths in a JPEG are not followed              every case
//
// The suite shows no empty desk, no damage and no second format, so these fell to
// the driver's own tests: a desk that never changes, or is looked at as often while
// it does not; frames taken as fast as they come; one spoiled frame that fails Next;
// colour taken for brightness; JPEG tables that are not put back. One lived: a
// closed scanner that goes on, as its closed source refuses by itself.
//
// Into the triggers of the serial driver, with a unit that answers, one that does
// not and one that is slow:
//
//	an answer counts as a code                      Reports, KeepsOrder, HalfThenCancel and others
//	a silent unit is refused                        every case
//	the unit is never let go                        its own test of each profile
//	the unit is told once only                      its own test of host mode
//	a no is not heard                               its own test of refusals
//	a refused unit stays open                       its own test of refusals
//	answers are not waited for                      its own test of each profile
//	the suffix is no end                            its own test of suffixes
//
// Those that were put into package picture are listed in picturetest.
package barcodetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/text/unicode/norm"

	"motcua/devices"
	"motcua/devices/barcode"
)

// Bench is one scanner on the desk, and the hands that work it.
type Bench struct {
	Scanner barcode.Scanner
	Unit    string // the name that errors must give
	// Scan presents a code once; it returns when the unit has sent it.
	Scan func(content string)
	// Half presents a code and stops in the middle of sending it until rest is
	// called. The driver must not take the pause for the end.
	Half func(content string) (rest func())
	// Flood sends far more than a code can be, and the end of it.
	Flood func()
	// Repeat is how long a code counts as still held after its last sighting;
	// at most 2 s.
	Repeat time.Duration
	// Unplug pulls the cable. It may be called once.
	Unplug func()
	// PutAway ends what the unit itself keeps running, before goroutines are
	// counted; may be nil.
	PutAway func()
}

// limit is how long anything in the suite may take before it is called stuck.
const limit = 20 * time.Second

// Card is an invented card's code, as the unit should report it.
const Card = "001090999999||Nguyễn Văn Mẫu|31011990|Nam|Số 1 Phố Mẫu, Phường Mẫu, Hà Nội|15102024||||"

// Run checks every promise of barcode.Scanner on scanners that set makes, a new
// one for each case. set leaves cleaning up to t.Cleanup; Run closes the Scanner.
func Run(t *testing.T, set func(*testing.T) Bench) {
	run(t, set, func(t *testing.T, test func(*testing.T)) { test(t) })
}

// RunInBubble is Run with each case in a synctest bubble: virtual time, and a
// goroutine left over fails it. For lines in memory only.
func RunInBubble(t *testing.T, set func(*testing.T) Bench) { run(t, set, synctest.Test) }

func run(t *testing.T, set func(*testing.T) Bench, in func(*testing.T, func(*testing.T))) {
	cases := []struct {
		name string
		test func(*testing.T, Bench)
	}{
		{"Reports", reports},
		{"KeepsOrder", keepsOrder},
		{"OncePerPresentation", oncePerPresentation},
		{"CancelLeavesItUsable", cancelLeavesItUsable},
		{"HalfThenCancel", halfThenCancel},
		{"FloodIsGarbledOnce", floodIsGarbledOnce},
		{"CloseUnblocks", closeUnblocks},
		{"CloseTwice", closeTwice},
		{"UnplugIsNamed", unplugIsNamed},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			before := runtime.NumGoroutine()
			in(t, func(t *testing.T) {
				b := set(t)
				defer func() {
					_ = b.Scanner.Close()
					if b.PutAway != nil {
						b.PutAway()
					}
				}()
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

// next gives the next code, or fails the test.
func next(t *testing.T, b Bench) barcode.Code {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	code, err := b.Scanner.Next(ctx)
	if err != nil {
		t.Fatalf("Next = %v", err)
	}
	return code
}

// later presents codes beside the test; wait for it before the end.
func later(present func()) (wait func()) {
	var all sync.WaitGroup
	all.Go(present)
	return all.Wait
}

func reports(t *testing.T, b Bench) {
	start := time.Now()
	wait := later(func() { b.Scan(norm.NFD.String(Card)) })
	code := next(t, b)
	wait()
	if code.Text != Card {
		t.Errorf("Text = %q; want %q, composed", code.Text, Card)
	}
	if len(code.Raw) == 0 {
		t.Error("Raw is empty")
	}
	if code.At.Before(start) || code.At.After(time.Now()) {
		t.Errorf("At = %v; want it between %v and now", code.At, start)
	}
	if s := fmt.Sprintf("%v %s %+v", code, code, code); strings.Contains(s, "001090999999") {
		t.Error("a Code prints what it holds")
	}
}

func keepsOrder(t *testing.T, b Bench) {
	want := []string{"A1", "B2", Card, "C3", "A1"}
	wait := later(func() {
		for _, content := range want {
			b.Scan(content)
		}
	})
	var first barcode.Code
	var raw string
	for i, content := range want {
		got := next(t, b)
		if got.Text != content {
			t.Fatalf("Next = %q; want %q", got.Text, content)
		}
		if i == 0 {
			first, raw = got, string(got.Raw)
		}
	}
	wait()
	if string(first.Raw) != raw {
		t.Errorf("Raw of the first code became %q", first.Raw)
	}
}

// oncePerPresentation holds a code under the unit for longer than Repeat, which
// sends it again and again, and then comes back with it.
func oncePerPresentation(t *testing.T, b Bench) {
	wait := later(func() {
		for range 6 {
			b.Scan(Card)
			<-time.After(b.Repeat / 2)
		}
		<-time.After(b.Repeat)
		b.Scan(Card)
		b.Scan("END")
	})
	first, second, end := next(t, b), next(t, b), next(t, b)
	wait()
	if first.Text != Card || second.Text != Card || end.Text != "END" {
		t.Errorf("got %q, %q, %q; want the code once for each time it was held, then END", first.Text, second.Text, end.Text)
	}
	if apart := second.At.Sub(first.At); apart < 3*b.Repeat {
		t.Errorf("reported again after %v, while it was still held", apart)
	}
}

func cancelLeavesItUsable(t *testing.T, b Bench) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.Scanner.Next(ctx); err != context.Canceled {
		t.Errorf("Next = %v; want the context's own error, bare", err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), 5*time.Millisecond)
	defer cancel()
	if _, err := b.Scanner.Next(ctx); err != context.DeadlineExceeded {
		t.Errorf("Next = %v; want the context's own error, bare", err)
	}
	wait := later(func() { b.Scan(Card) })
	if got := next(t, b); got.Text != Card {
		t.Errorf("after the cancel Next = %q", got.Text)
	}
	wait()
}

func halfThenCancel(t *testing.T, b Bench) {
	rests := make(chan func(), 1)
	wait := later(func() { rests <- b.Half(Card) })
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if code, err := b.Scanner.Next(ctx); err != context.DeadlineExceeded {
		t.Fatalf("Next = %d bytes, %v; want the context's own error", len(code.Text), err)
	}
	wait()
	wait = later(<-rests)
	if got := next(t, b); got.Text != Card {
		t.Errorf("after half a code and a cancel Next = %q; want all of it", got.Text)
	}
	wait()
}

func floodIsGarbledOnce(t *testing.T, b Bench) {
	wait := later(func() {
		b.Scan("BEFORE")
		b.Flood()
		b.Scan("AFTER")
	})
	if got := next(t, b); got.Text != "BEFORE" {
		t.Errorf("Next = %q", got.Text)
	}
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	code, err := b.Scanner.Next(ctx)
	checkError(t, b, err, devices.ErrGarbled)
	if len(code.Text) != 0 {
		t.Errorf("%d bytes of the flood were reported", len(code.Text))
	}
	if got := next(t, b); got.Text != "AFTER" {
		t.Errorf("after the flood Next = %q; want AFTER", got.Text)
	}
	wait()
}

func closeUnblocks(t *testing.T, b Bench) {
	result := make(chan error, 1)
	go func() { _, err := b.Scanner.Next(t.Context()); result <- err }()
	<-time.After(20 * time.Millisecond) // most times it waits by now; the promise is the same
	if err := b.Scanner.Close(); err != nil {
		t.Errorf("Close = %v", err)
	}
	checkError(t, b, await(t, result), devices.ErrClosed)
}

// closeTwice closes with a code still waiting, which then is nobody's.
func closeTwice(t *testing.T, b Bench) {
	wait := later(func() { b.Scan("A"); b.Scan("B") })
	if got := next(t, b); got.Text != "A" {
		t.Errorf("Next = %q", got.Text)
	}
	for range 2 {
		if err := b.Scanner.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
	}
	_, err := b.Scanner.Next(t.Context())
	checkError(t, b, err, devices.ErrClosed)
	wait()
}

func unplugIsNamed(t *testing.T, b Bench) {
	result := make(chan error, 1)
	go func() { _, err := b.Scanner.Next(t.Context()); result <- err }()
	<-time.After(20 * time.Millisecond)
	b.Unplug()
	checkError(t, b, await(t, result), devices.ErrGone)
}

func await(t *testing.T, result chan error) error {
	t.Helper()
	select {
	case err := <-result:
		return err
	case <-time.After(limit):
		t.Fatal("Next is stuck")
		return nil
	}
}

func checkError(t *testing.T, b Bench, err, reason error) {
	t.Helper()
	var named *devices.Error
	if !errors.Is(err, reason) || !errors.As(err, &named) || named.Unit != b.Unit || named.Op == "" {
		t.Errorf("error = %v; want %v with the unit %q and the call named", err, reason, b.Unit)
	}
}
