package hid

import (
	"errors"
	"sync"
	"testing"
	"time"
)

// queued is how many reports hidapi keeps before it drops the oldest.
const queued = 30

// fake is an open unit as hidapi has it: Read waits for ever, reports that nobody
// reads push out the oldest, and to Close under a Read is to free what it holds.
type fake struct {
	t       *testing.T
	reports chan []byte
	woken   chan struct{}
	pulled  chan struct{}
	onClose error // what Close gives
	deaf    bool  // Wake does nothing

	mu      sync.Mutex
	reading bool
	closed  int
}

func plugIn(t *testing.T) *fake {
	return &fake{t: t, reports: make(chan []byte, queued), woken: make(chan struct{}, 1), pulled: make(chan struct{})}
}

func (f *fake) Read(report []byte) (int, error) {
	f.mu.Lock()
	if f.closed > 0 || f.reading {
		f.t.Error("read while closed or being read")
	}
	f.reading = true
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		f.reading = false
		f.mu.Unlock()
	}()
	select {
	case r := <-f.reports: // reports first, as hidapi does
		return copy(report, r), nil
	default:
	}
	select {
	case r := <-f.reports:
		return copy(report, r), nil
	case <-f.woken:
		return 0, nil
	case <-f.pulled:
		return 0, errors.New("hidapi: unknown failure")
	}
}

func (f *fake) Wake() error {
	if f.deaf {
		return errors.New("not this one")
	}
	select {
	case f.woken <- struct{}{}:
	default:
	}
	return nil
}

func (f *fake) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.reading {
		f.t.Error("closed while being read: hidapi frees what Read still uses")
	}
	f.closed++
	return f.onClose
}

// closures tells how often the unit was closed.
func (f *fake) closures() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.closed
}

// send is the unit sending, a report each millisecond and an empty packet after
// it, as units do whose reports fill a packet.
func (f *fake) send(reports ...[]byte) {
	for i := range 2 * len(reports) {
		r := []byte(nil)
		if i%2 == 0 {
			r = reports[i/2]
		}
		for sent := false; !sent; {
			select {
			case f.reports <- r:
				sent = true
			default:
				select {
				case <-f.reports:
				default:
				}
			}
		}
		<-time.After(time.Millisecond / 2)
	}
}

func (f *fake) unplug() { close(f.pulled) }
