package hatch_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"motcua/kiosk/hatch"
	"motcua/kiosk/hatch/hatchsim"
	"motcua/kiosk/stick"
)

// A part crosses in one stream, however long it is, and what is not there is
// told as such.
func TestPartsCross(t *testing.T) {
	k := hatchsim.New(hatch.Status{})
	content := bytes.Repeat([]byte("sealed "), 3<<20)
	k.KeepPart("0a", content)
	k.Keep(hatch.Sealed{ID: "0193-a", Parts: []hatch.Part{{Name: "0a", Size: int64(len(content))}}})
	c, ctx := serve(t, k, socketIn(t)), within(t, 30*time.Second)
	s, err := c.Sealed(ctx, "0193-a")
	if err != nil || len(s.Parts) != 1 || s.Parts[0] != (hatch.Part{Name: "0a", Size: int64(len(content))}) {
		t.Fatalf("Sealed = %+v, %v", s.Parts, err)
	}
	r, err := c.Part(ctx, s.ID, "0a")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, content) {
		t.Errorf("%d bytes of %d, %v", len(got), len(content), err)
	}
	if _, err := c.Part(ctx, s.ID, "0b"); !errors.Is(err, hatch.ErrUnknown) {
		t.Errorf("Part(unknown) = %v, want ErrUnknown", err)
	}
}

// A confirmation crosses the socket byte for byte, and what is too large for one
// is refused before anybody looks into it.
func TestConfirmationCrossesTheSocket(t *testing.T) {
	k := hatchsim.New(hatch.Status{})
	want := []byte(strings.Repeat("confirmed ", 100_000))
	done := hatch.Confirmed{Made: time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC), Received: 2, Known: 1}
	looked := 0
	k.Answer(func(file []byte) (hatch.Confirmed, error) {
		looked++
		if !bytes.Equal(file, want) {
			return hatch.Confirmed{}, errors.New("other bytes")
		}
		return done, nil
	})
	c, ctx := serve(t, k, socketIn(t)), within(t, 30*time.Second)
	if got, err := c.Confirm(ctx, want); err != nil || got != done {
		t.Errorf("Confirm = %+v, %v, want %+v", got, err, done)
	}
	if _, err := c.Confirm(ctx, []byte("x")); err == nil || err.Error() != "other bytes" {
		t.Errorf("Confirm of others = %v", err)
	}
	if _, err := c.Confirm(ctx, make([]byte, stick.MaxConfirmation+1)); err == nil || looked != 2 {
		t.Errorf("Confirm of too many = %v, looked into %d", err, looked)
	}
}
