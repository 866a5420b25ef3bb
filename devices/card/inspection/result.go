package inspection

import (
	"fmt"
	"io"
	"log/slog"
	"time"

	"motcua/devices/card/emrtd"
	"motcua/devices/card/lds"
	"motcua/devices/card/lds/trust"
)

// Step is how far an inspection is.
type Step int

// The steps, in order. A chip that proves itself by chip authentication does so
// amid Reading.
const (
	Opening  Step = iota // the chip is opened with a password
	Reading              // its files are fetched
	Proving              // the chip shows that it is no copy
	Checking             // the state's signature is checked
)

// String names the step.
func (s Step) String() string {
	if names := [...]string{"opening", "reading", "proving", "checking"}; s >= 0 && int(s) < len(names) {
		return names[s]
	}
	return fmt.Sprintf("step %d", int(s))
}

// Result is what an inspection came to. It prints without a byte of a file.
type Result struct {
	// Files are the files that were read, whole: those asked for as far as the
	// chip has them and the SOD covers them, EF.SOD, and what the proof needed. A
	// DG2 that is here is the one that EF.SOD has the hash of; whether the state
	// signed that, the Proof tells.
	Files  map[lds.File][]byte
	Proof  trust.Proof
	Method emrtd.Method // how the chip was opened
	Times  []Timing     // what each step took, in order, also those done again
	Noise  []error      // what made the inspection start over; empty as a rule
}

// Timing is what one part of an inspection took.
type Timing struct {
	Step      Step
	File      lds.File // that was read, or whose key was proven; 0 = none
	Took      time.Duration
	Exchanges int // with the card
	Bytes     int // of commands and answers
}

// String tells the figures: "reading DG2: 1.2s, 68 exchanges, 17024 bytes".
func (t Timing) String() string {
	s := t.Step.String()
	if t.File != 0 {
		s += " " + t.File.String()
	}
	return fmt.Sprintf("%s: %v, %d exchanges, %d bytes", s, t.Took.Round(time.Millisecond), t.Exchanges, t.Bytes)
}

// Wipe overwrites every file. Call it when what they say was taken over. Twice is
// fine.
func (r *Result) Wipe() {
	for f, b := range r.Files {
		clear(b)
		delete(r.Files, f)
	}
}

// Format prints the level and no byte of a file under every verb.
func (r Result) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, r.words()) }

// LogValue prints the level and no byte of a file in logs.
func (r Result) LogValue() slog.Value { return slog.StringValue(r.words()) }

// MarshalJSON prints the level and no byte of a file.
func (r Result) MarshalJSON() ([]byte, error) { return []byte(`"` + r.words() + `"`), nil }

func (r Result) words() string {
	return fmt.Sprintf("card opened by %s, %s, %d files (redacted)", r.Method, r.Proof.Level, len(r.Files))
}
