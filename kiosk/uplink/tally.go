package uplink

import (
	"sync"
	"time"
)

// Tally is what the uplink has done since it was made.
type Tally struct {
	Sent   map[Cause]int64 // sends by outcome; None = settled by central
	Bytes  int64           // sealed bytes that central took, parts and all
	Took   time.Duration   // all sends that central settled, together
	Pauses int64           // how often sending paused
}

// tally counts.
type tally struct {
	mu  sync.Mutex // guards sum
	sum Tally
}

func (t *tally) sent(f *failure, bytes int, took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.sum.Sent == nil {
		t.sum.Sent = map[Cause]int64{}
	}
	if f != nil {
		t.sum.Sent[f.cause]++
		return
	}
	t.sum.Sent[None]++
	t.sum.Bytes += int64(bytes)
	t.sum.Took += took
}

// part counts bytes of a part that central took.
func (t *tally) part(bytes int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sum.Bytes += bytes
}

func (t *tally) paused() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sum.Pauses++
}

// Tally tells what was done so far.
func (u *Uplink) Tally() Tally {
	u.tally.mu.Lock()
	defer u.tally.mu.Unlock()
	t := u.tally.sum
	t.Sent = map[Cause]int64{}
	for cause, n := range u.tally.sum.Sent {
		t.Sent[cause] = n
	}
	return t
}
