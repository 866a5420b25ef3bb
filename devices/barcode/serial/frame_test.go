package serial

import (
	"bytes"
	"strings"
	"testing"
)

// frames cuts stream, given in pieces, into frames; "!" stands for one too long.
func frames(pieces ...[]byte) (all []string) {
	var f framer
	for _, in := range pieces {
		for len(in) > 0 {
			frame, used, err := f.take(in)
			in = in[used:]
			if err != nil {
				all = append(all, "!")
			}
			if frame != nil {
				all = append(all, string(frame))
			}
		}
	}
	if frame := f.end(); frame != nil {
		all = append(all, string(frame))
	}
	return all
}

// However the stream is cut into reads, its frames are the same, none is empty or
// past the limit, and no byte of a short one is lost.
func FuzzFramer(f *testing.F) {
	f.Add([]byte("A\rB\nC\r\nD"), 3)
	f.Add([]byte("\r\n\r\n\n\r"), 1)
	f.Add(append(bytes.Repeat([]byte("x"), MaxFrame+3), "\rB\r"...), 4096)
	f.Fuzz(func(t *testing.T, stream []byte, cut int) {
		whole := frames(stream)
		at := 0
		if len(stream) > 0 {
			at = int(uint(cut) % uint(len(stream)))
		}
		if cut := frames(stream[:at], stream[at:]); strings.Join(cut, "\n") != strings.Join(whole, "\n") {
			t.Errorf("cut at %d: %q; whole: %q", at, cut, whole)
		}
		var want []string
		for _, line := range bytes.FieldsFunc(stream, func(r rune) bool { return r == '\r' || r == '\n' }) {
			if len(line) > MaxFrame {
				line = []byte("!")
			}
			want = append(want, string(line))
		}
		if strings.Join(want, "\n") != strings.Join(whole, "\n") {
			t.Errorf("frames of %q = %q, want %q", stream, whole, want)
		}
	})
}
