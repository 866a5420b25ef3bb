package hatch

import (
	"context"
	"sync"
)

// Board holds what is on the screen and wakes those who wait for the next
// view. The zero Board is empty and ready. Safe for use by several goroutines.
type Board struct {
	mu   sync.Mutex    // guards what follows
	now  Screen        // Seq 0 = nothing was shown yet
	next chan struct{} // closed by the next Show; nil while nobody waits
}

// Show puts s on the board under the next Seq, whatever s.Seq says. Call it
// once a view is drawn, so that who reads of a target can touch it.
func (b *Board) Show(s Screen) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s.Seq = b.now.Seq + 1
	b.now = s
	if b.next != nil {
		close(b.next)
		b.next = nil
	}
}

// Screen gives what is shown as soon as its Seq is greater than after. If ctx
// ends first it returns ctx.Err().
func (b *Board) Screen(ctx context.Context, after uint64) (Screen, error) {
	for {
		now, next := b.peek()
		if now.Seq > after {
			return now, nil
		}
		select {
		case <-next:
		case <-ctx.Done():
			return Screen{}, ctx.Err()
		}
	}
}

// peek gives what is shown and what closes when that changes.
func (b *Board) peek() (Screen, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next == nil {
		b.next = make(chan struct{})
	}
	return b.now, b.next
}
