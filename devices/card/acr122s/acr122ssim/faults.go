package acr122ssim

import "time"

// Fault is what goes wrong with one command on the wire.
type Fault struct {
	name    string
	deaf    bool // the reader does not hear it
	nack    bool // it says that the checksum is wrong
	mute    bool // its word that it got the command is lost
	restart bool // it loses its power after that word
	swallow bool // its answer is lost
	// spoil is what the answer arrives as, in pieces with pause after each; stale is
	// the one before it.
	spoil func(answer, stale []byte) [][]byte
	pause time.Duration
}

// String names the fault.
func (f Fault) String() string { return f.name }

// Restarted: the reader loses its power when it has taken the command.
var Restarted = Fault{name: "restarted", restart: true}

// Faults lists what a line does that a driver must get over.
func Faults() []Fault {
	whole := func(change func([]byte) []byte) func(a, _ []byte) [][]byte {
		return func(a, _ []byte) [][]byte { return [][]byte{change(append([]byte(nil), a...))} }
	}
	return []Fault{
		{name: "command not heard", deaf: true},
		{name: "negative status", nack: true},
		{name: "status lost", mute: true},
		{name: "answer lost", swallow: true},
		{name: "status and answer lost", mute: true, swallow: true},
		{name: "bad checksum", spoil: whole(func(b []byte) []byte { b[len(b)-2] ^= 0x10; return b })},
		{name: "flipped bit", spoil: whole(func(b []byte) []byte { b[len(b)-6] ^= 1; return b })},
		{name: "bad end", spoil: whole(func(b []byte) []byte { b[len(b)-1] = 0x83; return b })},
		{name: "byte lost", spoil: whole(func(b []byte) []byte { return append(b[:12], b[13:]...) })},
		{name: "start lost", spoil: whole(func(b []byte) []byte { return b[1:] })},
		{name: "length too long", spoil: whole(func(b []byte) []byte { b[2] += 9; return b })},
		{name: "length absurd", spoil: whole(func(b []byte) []byte { b[5] = 0x7F; return b })},
		{name: "noise before", spoil: func(a, _ []byte) [][]byte {
			return [][]byte{{0x55, 0x02, 0x00, 0x02, 0x91, 0x03, 0xFF, 0x02}, a}
		}},
		{name: "stale answer before", spoil: func(a, stale []byte) [][]byte { return [][]byte{stale, a} }},
		{name: "answer twice", spoil: func(a, _ []byte) [][]byte { return [][]byte{a, a} }},
		{name: "byte by byte", pause: time.Millisecond, spoil: func(a, _ []byte) [][]byte {
			var all [][]byte
			for i := range a {
				all = append(all, a[i:i+1])
			}
			return all
		}},
		{name: "torn in two", pause: 100 * time.Millisecond, spoil: func(a, _ []byte) [][]byte {
			return [][]byte{a[:len(a)/2], a[len(a)/2:]}
		}},
	}
}

// Spoil makes the command that comes next but n go wrong; 0 is the next one.
func (r *Reader) Spoil(n int, f Fault) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults[r.heard+1+n] = f
}
