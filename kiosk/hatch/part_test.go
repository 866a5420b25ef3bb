package hatch_test

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"time"

	"motcua/kiosk/hatch"
	"motcua/kiosk/hatch/hatchsim"
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
