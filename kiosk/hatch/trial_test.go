package hatch_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"motcua/devices"
	"motcua/kiosk/hatch"
	"motcua/kiosk/hatch/hatchsim"
)

// What a trial is told and what it finds cross the hatch whole.
func TestTrials(t *testing.T) {
	k := hatchsim.New(hatch.Status{})
	c, ctx := serve(t, k, socketIn(t)), within(t, 10*time.Second)
	if err := c.PrintRead(ctx, ""); err != nil {
		t.Errorf("PrintRead = %v", err)
	}
	k.Break("read", devices.Fail("scanner", "read the test sheet back", devices.ErrVisitor, nil))
	if err := c.PrintRead(ctx, ""); !errors.Is(err, devices.ErrVisitor) {
		t.Errorf("PrintRead = %v, want ErrVisitor", err)
	}

	const code = "TEST & TRỜI +100%"
	k.Await(func(got string) {
		k.Present(hatch.Scan{Kind: "unknown", Length: len(got), Unit: "scanner-2", Same: got == code})
	})
	want := hatch.Scan{Kind: "unknown", Length: len(code), Unit: "scanner-2", Same: true}
	if got, err := c.ScanCode(ctx, code); err != nil || got != want {
		t.Errorf("ScanCode = %+v, %v, want %+v", got, err, want)
	}

	if got, err := c.SeeCode(ctx, code); err != nil || got != want {
		t.Errorf("SeeCode = %+v, %v, want %+v", got, err, want)
	}
	for test, call := range map[string]func(context.Context, string) error{"print": c.PrintTest, "read": c.PrintRead, "lay": c.CardTest} {
		k.Break(test, nil)
		if err := call(ctx, "unit-2"); err != nil {
			t.Errorf("%s: %v", test, err)
		}
		if done := k.Done(); done[len(done)-1] != test+" unit-2" {
			t.Errorf("%s of unit-2 was asked for as %q", test, done[len(done)-1])
		}
	}

	var heard []int
	k.Hear(func(n int) { heard = append(heard, n) })
	for _, n := range []int{0, 42, 99} {
		if err := c.SpeakNumber(ctx, n); err != nil {
			t.Errorf("SpeakNumber(%d) = %v", n, err)
		}
	}
	if len(heard) != 3 || heard[1] != 42 {
		t.Errorf("heard %v", heard)
	}
	k.Break("speak", hatch.ErrBusy)
	if err := c.SpeakNumber(ctx, 7); !errors.Is(err, hatch.ErrBusy) {
		t.Errorf("SpeakNumber = %v, want ErrBusy", err)
	}
}

// What no trial can be told is refused before the kiosk is asked.
func TestTrialsRefuse(t *testing.T) {
	k := hatchsim.New(hatch.Status{})
	c, ctx := serve(t, k, socketIn(t)), within(t, 10*time.Second)
	for _, n := range []int{-1, 100} {
		if err := c.SpeakNumber(ctx, n); err == nil {
			t.Errorf("SpeakNumber(%d) was taken", n)
		}
	}
	for _, code := range []string{"", strings.Repeat("x", 201)} {
		if _, err := c.ScanCode(ctx, code); err == nil {
			t.Errorf("ScanCode of %d bytes was taken", len(code))
		}
	}
	if err := c.PrintTest(ctx, strings.Repeat("x", 65)); err == nil {
		t.Error("PrintTest took a name of 65 bytes")
	}
	if done := k.Done(); len(done) != 0 {
		t.Errorf("the kiosk was asked for %q", done)
	}
}
