package pcsc_test

import (
	"context"
	"crypto/elliptic"
	"errors"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"motcua/devices"
	"motcua/devices/card"
	"motcua/devices/card/cardsim"
	"motcua/devices/card/emrtd"
	"motcua/devices/card/lds"
	"motcua/devices/card/pcsc"
	"motcua/devices/card/pcsc/pcscdtest"
	"motcua/devices/card/pcsc/pcscsim"
)

// open counts the files this program has open.
func open(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip(err)
	}
	return len(list)
}

// TestNothingIsLeft opens and closes readers with a card on them, in the middle of
// a wait and of an exchange. It is not parallel, as it counts goroutines and files.
func TestNothingIsLeft(t *testing.T) {
	for name, p := range map[string]pcscsim.Plan{"1.9.9": plans["1.9.9"], "2.5.1": plans["2.5.1"]} {
		t.Run(name, func(t *testing.T) {
			d, o := sim(t, p)
			slow := chip(t)
			d.Lay(desktop, slow, false)
			goroutines, files := runtime.NumGoroutine(), open(t)
			for i := range 200 {
				r, err := pcsc.Open(t.Context(), o)
				if err != nil {
					t.Fatal(err)
				}
				c := event[card.Tapped](t, r).Card
				slow.Fail(1, cardsim.Slow(5*time.Millisecond))
				var busy sync.WaitGroup
				busy.Go(func() { _, _ = c.Exchange(t.Context(), selectApplication) })
				busy.Go(func() { _, _ = r.Wait(t.Context()) })
				if i%2 == 0 {
					_ = c.Close()
				}
				if err := r.Close(); err != nil {
					t.Fatal(err)
				}
				busy.Wait()
			}
			settle(t, "lines", func() bool { n, _ := d.Lines(); return n == 0 })
			settle(t, "goroutines", func() bool { return runtime.NumGoroutine() <= goroutines })
			settle(t, "files", func() bool { return open(t) <= files })
		})
	}
}

// settle waits until something is so.
func settle(t *testing.T, what string, so func() bool) {
	t.Helper()
	end := time.After(30 * time.Second)
	for !so() {
		select {
		case <-end:
			t.Fatalf("%s are left", what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// TestIdleSaysNothing waits for a card that does not come: nothing goes to the
// daemon, so that nobody wakes for it.
func TestIdleSaysNothing(t *testing.T) {
	t.Parallel()
	for name, p := range plans {
		t.Run(name, func(t *testing.T) {
			d, o := sim(t, p)
			r, err := pcsc.Open(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			_, before := d.Lines()
			if _, err := r.Wait(ctx); err != context.DeadlineExceeded {
				t.Errorf("Wait = %v", err)
			}
			if _, after := d.Lines(); after != before {
				t.Errorf("%d messages while nothing happened", after-before)
			}
		})
	}
}

// TestOthersDoNotDisturb changes what is none of this reader's, with rings in vain
// in the middle of everything, while contexts end at any moment: the events of the
// reader come all the same, each once, in order.
func TestOthersDoNotDisturb(t *testing.T) {
	t.Parallel()
	for name, p := range plans {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, o := sim(t, p)
			r, err := pcsc.Open(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			done := make(chan struct{})
			var noise sync.WaitGroup
			noise.Go(func() {
				other := chip(t)
				for n := 0; ; n++ {
					select {
					case <-done:
						return
					case <-time.After(100 * time.Microsecond):
					}
					switch n % 4 {
					case 0:
						d.Plug("Other 00 00")
					case 1:
						d.Lay("Other 00 00", other, false)
					case 2:
						d.Ring()
					case 3:
						d.Unplug("Other 00 00")
					}
				}
			})
			c := chip(t)
			for i := range 100 {
				lying := i%2 == 0
				if lying {
					d.Lay(desktop, c, false)
				} else {
					d.Lift(desktop)
				}
				e := persist(t, r)
				if tapped, ok := e.(card.Tapped); ok != lying {
					t.Fatalf("event %d = %v", i, e)
				} else if lying {
					works(t, tapped.Card)
				}
			}
			close(done)
			noise.Wait()
		})
	}
}

// persist waits in steps that get longer.
func persist(t *testing.T, r *pcsc.Reader) card.Event {
	t.Helper()
	for within := 50 * time.Microsecond; within < time.Minute; within += within / 2 {
		ctx, cancel := context.WithTimeout(t.Context(), within)
		e, err := r.Wait(ctx)
		cancel()
		switch {
		case err == nil:
			return e
		case err != context.DeadlineExceeded:
			t.Fatalf("Wait = %v", err)
		}
	}
	t.Fatal("the event is lost")
	return nil
}

// TestCloseWhileStuck closes card and reader while the card says nothing.
func TestCloseWhileStuck(t *testing.T) {
	t.Parallel()
	d, o := sim(t, pcscsim.Plan{Patience: 10 * time.Second})
	r, err := pcsc.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	c := chip(t)
	c.Fail(1, cardsim.Silent)
	d.Lay(desktop, c, false)
	k := event[card.Tapped](t, r).Card
	result := make(chan error, 1)
	go func() { _, err := k.Exchange(t.Context(), selectApplication); result <- err }()
	settle(t, "exchanges", func() bool { _, asked := d.Lines(); return asked >= 6 })
	start := time.Now()
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	check(t, <-result, devices.ErrClosed, nil)
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("Close took %v", took)
	}
}

// TestCloseWhileTaking closes the reader while the daemon says nothing to who wants
// the card, and two wait.
func TestCloseWhileTaking(t *testing.T) {
	t.Parallel()
	d, o := sim(t, pcscsim.Plan{Bend: func(number uint32, b []byte) ([]byte, bool) {
		if number == sayConnect {
			return nil, true
		}
		return b, true
	}})
	d.Lay(desktop, chip(t), false)
	r, err := pcsc.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	result := make(chan error, 2)
	for range 2 {
		go func() { _, err := r.Wait(t.Context()); result <- err }()
	}
	settle(t, "messages", func() bool { _, asked := d.Lines(); return asked >= 5 })
	start := time.Now()
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	check(t, <-result, devices.ErrClosed, nil)
	check(t, <-result, devices.ErrClosed, nil)
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("Wait ended %v after Close", took)
	}
}

// TestTakesACardInUse finds a card that another program left in the middle of
// something: it begins anew.
func TestTakesACardInUse(t *testing.T) {
	t.Parallel()
	d, o := sim(t, pcscsim.Plan{})
	d.Lay(desktop, chip(t), false)
	for range 2 {
		r, err := pcsc.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		c := event[card.Tapped](t, r).Card
		if b, err := c.Exchange(t.Context(), []byte{0x00, 0x84, 0x00, 0x00, 0x08}); err != nil || string(b) != "\x69\x85" {
			t.Errorf("get challenge = %X, %v; want 6985, as nothing was selected", b, err)
		}
		works(t, c)
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestLiftedIsSoonKnown pulls the card off in the middle of an exchange behind the
// real daemon, which looks for cards every 0.4 s.
func TestLiftedIsSoonKnown(t *testing.T) {
	t.Parallel()
	d := pcscdtest.Start(t)
	h := &hands{daemon: d}
	defer h.lift()
	c := chip(t)
	c.Fail(1, cardsim.Slow(time.Minute))
	h.lay(t, c)
	r, err := pcsc.Open(t.Context(), pcsc.Options{Unit: "chip", Socket: d.Socket})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	k := event[card.Tapped](t, r).Card
	result := make(chan error, 1)
	go func() { _, err := k.Exchange(t.Context(), selectApplication); result <- err }()
	<-time.After(50 * time.Millisecond) // most times it waits by now; the promise is the same
	start := time.Now()
	h.lift()
	check(t, <-result, devices.ErrVisitor, card.ErrLifted)
	t.Logf("known after %v", time.Since(start))
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("known after %v", took)
	}
}

// TestReadingBehindDaemon says how long a whole card takes behind the real daemon.
func TestReadingBehindDaemon(t *testing.T) {
	t.Parallel()
	d := pcscdtest.Start(t)
	h := &hands{daemon: d}
	defer h.lift()
	l, err := cardsim.NewLocks(cardsim.Plan{PACE: cardsim.Ways()[1:2], BAC: true, ActiveCurve: elliptic.P256()})
	if err != nil {
		t.Fatal(err)
	}
	who, files := cardsim.Specimen(15_000)
	c, err := cardsim.New(l, who, files, cardsim.Quirks{})
	if err != nil {
		t.Fatal(err)
	}
	h.lay(t, c)
	can, err := emrtd.NewCAN(who.CAN)
	if err != nil {
		t.Fatal(err)
	}
	r, err := pcsc.Open(t.Context(), pcsc.Options{Unit: "chip", Socket: d.Socket})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	tap := &counted{Card: event[card.Tapped](t, r).Card}
	start := time.Now()
	e, err := emrtd.Open(t.Context(), tap, emrtd.Options{Passwords: []*emrtd.Password{can}})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	bytes := 0
	for _, f := range []lds.File{lds.SOD, lds.DG1, lds.DG2, lds.DG13, lds.DG14, lds.DG15} {
		b, err := e.Read(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		bytes += len(b)
	}
	key, err := lds.ReadDG15(c.File(lds.DG15))
	if err != nil {
		t.Fatal(err)
	}
	security, err := lds.ReadDG14(c.File(lds.DG14))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(e.AuthenticateActive(t.Context(), key, security)); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes in %d exchanges: %v, of it %v in exchanges", bytes, tap.n, time.Since(start).Round(time.Millisecond), tap.took.Round(time.Millisecond))
}

// counted is a card whose exchanges are timed.
type counted struct {
	card.Card
	n    int
	took time.Duration
}

func (c *counted) Exchange(ctx context.Context, b []byte) ([]byte, error) {
	start := time.Now()
	defer func() { c.n++; c.took += time.Since(start) }()
	return c.Card.Exchange(ctx, b)
}
