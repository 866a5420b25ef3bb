package cardsim

import (
	"bytes"
	"time"
)

// Fault is what goes wrong with one exchange.
type Fault struct {
	name  string
	lose  bool
	hush  bool
	after time.Duration
	// bend changes an answer on its way; was is the one before it.
	bend func(b, was []byte) []byte
}

// String names the fault.
func (f Fault) String() string { return f.name }

// The faults. Those that speak of codes and objects are meant for answers under
// secure messaging; they change nothing in an answer without data.
var (
	// Lost: the card is lifted.
	Lost = Fault{name: "lost", lose: true}
	// Silent: the chip never answers.
	Silent = Fault{name: "silent", hush: true}
	// Flipped: one bit of the first half is another.
	Flipped = Fault{name: "flipped", bend: func(b, _ []byte) []byte { b[(len(b)-2)/2] ^= 4; return b }}
	// Halved: the second half of the data is missing.
	Halved = Fault{name: "halved", bend: func(b, _ []byte) []byte { return cutOut(b, (len(b)-2)/2, len(b)-2) }}
	// Bare: nothing but the status word.
	Bare = Fault{name: "bare", bend: func(b, _ []byte) []byte { return b[len(b)-2:] }}
	// Nothing: no byte at all.
	Nothing = Fault{name: "nothing", bend: func([]byte, []byte) []byte { return nil }}
	// Replayed: the answer before it once more.
	Replayed = Fault{name: "replayed", bend: func(b, was []byte) []byte {
		if was == nil {
			return b
		}
		return was
	}}
	// WrongCode: the authentication code is another.
	WrongCode = Fault{name: "wrong code", bend: func(b, _ []byte) []byte {
		if len(b) > 2 {
			b[len(b)-3] ^= 1
		}
		return b
	}}
	// NoCode: the authentication code is missing.
	NoCode = Fault{name: "no code", bend: func(b, _ []byte) []byte { return cutOut(b, max(0, len(b)-12), len(b)-2) }}
	// NoStatus: the protected status word is missing.
	NoStatus = Fault{name: "no status", bend: func(b, _ []byte) []byte {
		return cutOut(b, max(0, len(b)-16), max(0, len(b)-12))
	}}
	// OtherStatus: the status word outside says that the file is absent.
	OtherStatus = Fault{name: "other status", bend: func(b, _ []byte) []byte {
		return append(b[:len(b)-2], 0x6A, 0x82)
	}}
	// Unprotected: bytes of a file without secure messaging, as who sits in the
	// middle would like to send them.
	Unprotected = Fault{name: "unprotected", bend: func([]byte, []byte) []byte {
		return append(bytes.Repeat([]byte{0x61}, 32), 0x90, 0x00)
	}}
)

// Slow makes the chip ask for so much more time.
func Slow(by time.Duration) Fault { return Fault{name: "slow", after: by} }

// Faults lists all of them, Slow with one second.
func Faults() []Fault {
	return []Fault{Lost, Silent, Flipped, Halved, Bare, Nothing, Replayed, WrongCode, NoCode, NoStatus, OtherStatus, Unprotected, Slow(time.Second)}
}

// cutOut takes the bytes from i to j out of b.
func cutOut(b []byte, i, j int) []byte { return append(b[:i], b[j:]...) }

// Fail makes the exchange number nth, counted from 1 since power came, go wrong.
// It does so once.
func (c *Chip) Fail(nth int, f Fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults[nth] = f
}

// Sent tells how many commands came since power did.
func (c *Chip) Sent() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sent
}
