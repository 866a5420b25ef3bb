// Package hatchsim is a kiosk behind the hatch without a station around it: a
// desk with hands for the tests of what talks through the hatch.
package hatchsim

import (
	"context"
	"slices"
	"sync"

	"motcua/kiosk/hatch"
)

// Kiosk answers what it was told to. Its hands may be used while it serves.
type Kiosk struct {
	hatch.Board // what is on the screen: Show changes it

	mu      sync.Mutex // guards what follows
	now     hatch.Status
	outbox  []hatch.Entry
	sealed  []hatch.Sealed
	parts   map[string][]byte // by name
	found   hatch.Verified
	log     []string
	failing map[string]error // by test: "print", "read", "scan", "see", "lay", "speak"
	scan    chan hatch.Scan
	hear    func(n int)
	await   func(code string)
	confirm func(file []byte) (hatch.Confirmed, error)
	done    []string // the tests that were run
}

// New makes a kiosk that is well, with nothing in its outbox.
func New(now hatch.Status) *Kiosk {
	return &Kiosk{now: now, failing: map[string]error{}, scan: make(chan hatch.Scan, 1)}
}

var _ hatch.Kiosk = (*Kiosk)(nil)

// Say sets what Status tells.
func (k *Kiosk) Say(now hatch.Status) { k.set(func() { k.now = now }) }

// Store puts entries into the outbox.
func (k *Kiosk) Store(e ...hatch.Entry) { k.set(func() { k.outbox = append(k.outbox, e...) }) }

// Write adds lines to the log.
func (k *Kiosk) Write(lines ...string) { k.set(func() { k.log = append(k.log, lines...) }) }

// Break makes a test ("print", "read", "scan", "see", "lay", "speak") fail with err; nil
// mends it.
func (k *Kiosk) Break(test string, err error) { k.set(func() { k.failing[test] = err }) }

// Present holds a code under the scanner for the next ScanTest.
func (k *Kiosk) Present(s hatch.Scan) { k.scan <- s }

// Done lists the tests that were run, in order.
func (k *Kiosk) Done() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.done)
}

// Status gives what Say said.
func (k *Kiosk) Status(context.Context) (hatch.Status, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.now, nil
}

// Outbox gives what Store stored.
func (k *Kiosk) Outbox(context.Context) ([]hatch.Entry, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.outbox), nil
}

// Entry finds what Store stored.
func (k *Kiosk) Entry(ctx context.Context, id string) (hatch.Entry, error) {
	all, _ := k.Outbox(ctx)
	for _, e := range all {
		if e.ID == id {
			return e, nil
		}
	}
	return hatch.Entry{}, hatch.ErrUnknown
}

// SpeakTest notes that it was asked, or fails as told by Break.
func (k *Kiosk) SpeakTest(context.Context) error { return k.run("speak") }

// ScanTest waits for Present, or fails as told by Break.
func (k *Kiosk) ScanTest(ctx context.Context) (hatch.Scan, error) { return k.next(ctx, "scan") }

func (k *Kiosk) next(ctx context.Context, test string) (hatch.Scan, error) {
	if err := k.run(test); err != nil {
		return hatch.Scan{}, err
	}
	select {
	case s := <-k.scan:
		return s, nil
	case <-ctx.Done():
		return hatch.Scan{}, ctx.Err()
	}
}

// Log gives what Write wrote.
func (k *Kiosk) Log(_ context.Context, n int) ([]string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.log[max(0, len(k.log)-n):]), nil
}

func (k *Kiosk) run(test string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.done = append(k.done, test)
	return k.failing[test]
}

func (k *Kiosk) set(f func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	f()
}
