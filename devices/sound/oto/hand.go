package oto

import (
	"errors"
	"time"
)

// errStuck: the device did not come back from a call in time.
var errStuck = errors.New("device hangs")

// hand makes calls that a dead device may never return from, one at a time,
// so that at most one goroutine is stuck in each hand.
type hand chan struct{}

func newHand() hand { return make(hand, 1) }

// do calls f and gives its error, or errStuck once limit has passed. f then
// goes on, and until it is back do only waits and fails.
func (h hand) do(limit time.Duration, f func() error) error {
	t := time.NewTimer(limit)
	defer t.Stop()
	select {
	case h <- struct{}{}: // a free hand is taken even without patience
	default:
		select {
		case h <- struct{}{}:
		case <-t.C:
			return errStuck
		}
	}
	done := make(chan error, 1)
	go func() {
		err := f()
		<-h
		done <- err
	}()
	select {
	case err := <-done:
		return err
	case <-t.C:
		return errStuck
	}
}
