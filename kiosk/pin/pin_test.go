package pin

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestHash(t *testing.T) {
	for pin, want := range map[string]error{
		"4711": nil, "123457": nil, "000000000001": nil,
		"471": ErrForm, "0000000000001": ErrForm, "47a1": ErrForm, "４７１１": ErrForm, "": ErrForm,
		"0000": ErrEasy, "1234": ErrEasy, "987654": ErrEasy, "2468": ErrEasy,
	} {
		h, err := Hash(pin)
		if !errors.Is(err, want) {
			t.Errorf("Hash(%s): %v, want %v", pin, err, want)
		}
		if err == nil && (strings.Contains(h, pin) || CheckHash(h) != nil) {
			t.Errorf("Hash(%s) gives %q", pin, h)
		}
	}
	for _, bad := range []string{"", "4711", "$2a$10$short", "$argon2id$v=19$m=1,t=1,p=1$aa$bb"} {
		if CheckHash(bad) == nil {
			t.Errorf("CheckHash takes %q", bad)
		}
	}
}

// TestGate: five wrong ones close it for a while, to the right one too.
func TestGate(t *testing.T) {
	h, err := Hash("4711")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	g := NewGate(h, func() time.Time { return at })
	for range Tries - 1 {
		if g.Try("4712") {
			t.Fatal("let a wrong one through")
		}
	}
	if !g.Try("4711") {
		t.Fatal("the right one stays out after four wrong ones")
	}
	for range Tries {
		g.Try("0815")
	}
	if g.Try("4711") {
		t.Error("not closed after five wrong ones")
	}
	at = at.Add(Closed - time.Second)
	if g.Try("4711") {
		t.Error("opened too soon")
	}
	at = at.Add(time.Second)
	if !g.Try("4711") {
		t.Error("still closed after its time")
	}
	if NewGate("", time.Now).Try("") {
		t.Error("a gate without a PIN let one through")
	}
}
