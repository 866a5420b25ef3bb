// Package hotplug tells what is plugged in, and when something comes or goes.
//
// The kernel says so by itself, on a netlink socket (NETLINK_KOBJECT_UEVENT,
// netlink(7)): nothing is polled and nothing is opened. Where udev runs, it
// speaks a second time once it has set permissions and made the links below
// /dev/serial/by-id; in between a unit is there and may not be opened yet. What
// a unit is, is read from sysfs (Documentation/ABI/stable/sysfs-bus-usb).
//
// A Watcher is a bell for who waits for a unit to come back:
//
//	for {
//		came := plugs.Come() // before the try, so that no ring falls between
//		if unit, err := open(ctx); err == nil { … }
//		select {
//		case <-came: // try again at once
//		case <-time.After(wait): // for lines that no kernel speaks of, such as TCP
//		case <-ctx.Done():
//		}
//	}
//
// Faults that were put in on purpose, and the test that found each:
//
//	the bell rung before the unit is known     TestComesAndGoes
//	a bell that rang is kept                   TestComesAndGoes
//	udev's word taken for a second coming      TestComesAndGoes
//	a removal has forgotten what it was        TestComesAndGoes
//	udev's late word makes a unit that went    TestUdevIsLate
//	udev's removal told as well                TestComesAndGoes
//	lost messages wake nobody                  TestMissed
//	lost messages: not looked at anew          TestMissed
//	another program's message believed         TestKernel
//	a cancelled Watch goes on                  TestKernel
//	Close does not end Watch                   TestNothingLeft
//	a hub listed; a hub's removal told         TestPassedOver
//	a serial number with a colon split         TestUnits
//	ports without a chip listed                TestUnits
//	the first of two equal units taken         TestFind
//	a link by id that two equal units share    TestTwins
//	udev's offsets believed                    FuzzMessage
package hotplug

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"motcua/devices"
)

// Action is what happened.
type Action int

// What the kernel and udev tell of a unit.
const (
	Came    Action = iota + 1 // the kernel has its driver bound and its node made
	Settled                   // udev has set its permissions and made its links
	Went                      // unplugged
	Missed                    // messages were lost: look at all units again
)

// String gives the word used in logs.
func (a Action) String() string {
	return [...]string{"nothing", "came", "settled", "went", "missed"}[a]
}

// Event is one thing that happened to a unit. Unit is empty for Missed.
type Event struct {
	Action Action
	Unit   Unit
}

// Source gives the kernel's messages, one a call, in their order.
type Source interface {
	// Receive waits for a message and gives its length. It returns ctx.Err() if
	// ctx ends first, ErrMissed when messages were lost before this call, and any
	// other error when no more will come.
	Receive(ctx context.Context, p []byte) (int, error)
	// Close gives the source back and unblocks Receive.
	Close() error
}

// ErrMissed is what a Source returns when the kernel threw messages away because
// they were not read in time.
var ErrMissed = errors.New("messages were lost")

// Options say where to listen and look. The zero value is this computer.
type Options struct {
	Tree   Tree
	Source Source // nil = the kernel's socket
}

// Watcher listens. Its methods are safe for use by several goroutines, and may be
// called on a nil Watcher, which hears nothing: a station whose kernel does not
// talk to it works on by trying now and then.
type Watcher struct {
	tree   Tree
	source Source

	mu    sync.Mutex // guards what follows
	come  chan struct{}
	went  chan struct{}
	known map[string]Unit // by Unit.Sys
}

// Open begins to listen and reads what is plugged in. Messages wait in the
// kernel until Watch takes them. It fails with devices.ErrRefused where the
// program may not listen, such as under systemd with AF_NETLINK not among
// RestrictAddressFamilies.
func Open(o Options) (*Watcher, error) {
	source := o.Source
	if source == nil {
		s, err := listen()
		if err != nil {
			return nil, devices.Fail("hotplug", "open", devices.ErrRefused, err)
		}
		source = s
	}
	w := &Watcher{tree: o.Tree, source: source, come: make(chan struct{}), went: make(chan struct{})}
	// After listening has begun, or a unit could come unseen in between.
	if err := w.reread(); err != nil {
		_ = source.Close()
		return nil, devices.Fail("hotplug", "open", devices.ErrRefused, err)
	}
	return w, nil
}

// Watch takes the messages and calls told, which may be nil, for each event in
// its order, until ctx ends (it returns ctx.Err()), Close is called
// (devices.ErrClosed) or the source fails (devices.ErrGone). One Watch at a time;
// told runs on its goroutine and should not block for long.
func (w *Watcher) Watch(ctx context.Context, told func(Event)) error {
	if w == nil {
		<-ctx.Done()
		return ctx.Err()
	}
	if told == nil {
		told = func(Event) {}
	}
	p := make([]byte, largest)
	for {
		n, err := w.source.Receive(ctx, p)
		switch {
		case errors.Is(err, ErrMissed):
			if err := w.reread(); err != nil {
				return devices.Fail("hotplug", "look", devices.ErrGone, err)
			}
			w.ring(Missed)
			told(Event{Action: Missed})
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, devices.ErrClosed):
			return devices.Fail("hotplug", "watch", devices.ErrClosed, nil)
		case err != nil:
			return devices.Fail("hotplug", "watch", devices.ErrGone, err)
		default:
			if e, ok := w.note(p[:n]); ok {
				w.ring(e.Action)
				told(e)
			}
		}
	}
}

// Come gives a channel that is closed when the next unit comes, and when udev has
// finished with it. Take a new one before each look at the unit: what comes after
// the taking is never missed, and several may wait. On a nil Watcher it never
// closes.
func (w *Watcher) Come() <-chan struct{} { return w.bell(func() chan struct{} { return w.come }) }

// Went is Come for units that are unplugged.
func (w *Watcher) Went() <-chan struct{} { return w.bell(func() chan struct{} { return w.went }) }

func (w *Watcher) bell(of func() chan struct{}) <-chan struct{} {
	if w == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return of()
}

// Units gives what is plugged in, as told so far, sorted by Unit.Sys.
func (w *Watcher) Units() []Unit {
	if w == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.SortedFunc(maps.Values(w.known), func(a, b Unit) int { return cmp.Compare(a.Sys, b.Sys) })
}

// Close ends Watch. Twice is fine.
func (w *Watcher) Close() error {
	if w == nil {
		return nil
	}
	return w.source.Close()
}

// ring wakes who waits.
func (w *Watcher) ring(a Action) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if a != Went {
		close(w.come)
		w.come = make(chan struct{})
	}
	if a == Went || a == Missed {
		close(w.went)
		w.went = make(chan struct{})
	}
}

// reread learns all units anew.
func (w *Watcher) reread() error {
	all, err := w.tree.Units()
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.known = make(map[string]Unit, len(all))
	for _, u := range all {
		w.known[u.Sys] = u
	}
	return nil
}

// note turns a message into an event, if it is one about a unit.
func (w *Watcher) note(b []byte) (Event, bool) {
	m, err := parse(b)
	if err != nil || !m.peripheral() {
		return Event{}, false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case m.vars["ACTION"] == "add":
		u := w.tree.unit(m)
		if _, known := w.known[u.Sys]; u.hub || m.udev && !known && !w.tree.has(u.Sys) {
			return Event{}, false // or udev is late: it was pulled meanwhile, as the kernel has told
		}
		w.known[u.Sys] = u
		if m.udev {
			return Event{Settled, u}, true
		}
		return Event{Came, u}, true
	case m.vars["ACTION"] == "remove" && !m.udev:
		// sysfs has forgotten it by now; we have not.
		u, ok := w.known[m.vars["DEVPATH"]]
		if !ok {
			if u = w.tree.unit(m); u.hub {
				return Event{}, false
			}
		}
		delete(w.known, m.vars["DEVPATH"])
		return Event{Went, u}, true
	}
	return Event{}, false
}
