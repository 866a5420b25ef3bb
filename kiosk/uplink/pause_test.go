package uplink

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"motcua/kiosk/contract"
	"motcua/kiosk/outbox"
)

// wire is the way to central without real lines, so that hours pass in no time.
type wire struct {
	central *central
	mu      sync.Mutex // guards what follows
	down    error      // every request fails with it
	silent  bool       // no reply ever
	tried   []string   // requests begun: time since start, method, path
	start   time.Time
}

func (w *wire) set(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	w.tried = append(w.tried, fmt.Sprintf("%v %s %s", time.Since(w.start), r.Method, r.URL.Path))
	down, silent := w.down, w.silent
	w.mu.Unlock()
	if down != nil {
		return nil, down
	}
	if silent {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	if r.Body == nil {
		r.Body = http.NoBody
	}
	rec := httptest.NewRecorder()
	w.central.ServeHTTP(rec, r)
	return rec.Result(), nil
}

// inBubble runs a test in virtual time.
func inBubble(t *testing.T, test func(t *testing.T, w *wire, u *Uplink)) {
	synctest.Test(t, func(t *testing.T) {
		box, err := outbox.Open(context.Background(), filepath.Join(t.TempDir(), "outbox"), outbox.Options{MinFree: -1})
		if err != nil {
			t.Fatal(err)
		}
		w := &wire{central: newCentral(t), start: time.Now()}
		o := Options{Outbox: box, Base: "https://central.test", Station: station, Now: time.Now, Built: time.Unix(1, 0)}
		c := &clock{now: o.Now, floor: o.Built}
		u := assemble(New(o).o, c, lineOver(w, c), func() {})
		u.watch = func(ctx context.Context, _ func()) error { <-ctx.Done(); return ctx.Err() }
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error)
		go func() { done <- u.Run(ctx) }()
		test(t, w, u)
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run = %v, want context.Canceled", err)
		}
		if err := box.Close(); err != nil {
			t.Error(err)
		}
	})
}

func accept(t *testing.T, u *Uplink) outbox.Item {
	t.Helper()
	it := newItem()
	if err := u.o.Outbox.Put(context.Background(), it); err != nil {
		t.Fatal(err)
	}
	return it
}

// delivery waits for id and gives how long that took.
func delivery(t *testing.T, u *Uplink, id string) time.Duration {
	t.Helper()
	start := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), 24*time.Hour)
	defer cancel()
	if e, err := u.o.Outbox.Await(ctx, id); err != nil || e.State != outbox.Received {
		t.Fatalf("Await = %s, %v", e.State, err)
	}
	return time.Since(start)
}

// TestNetworkReturnsAfterHours: however long the network was away, what waits is
// delivered within seconds. With MOTCUA_LONG=1 it is away for three days, too.
func TestNetworkReturnsAfterHours(t *testing.T) {
	spells := []time.Duration{7 * time.Second, time.Minute, 9 * time.Hour, 24 * time.Hour}
	if os.Getenv("MOTCUA_LONG") != "" {
		spells = append(spells, 72*time.Hour)
	}
	for _, away := range spells {
		t.Run(away.String(), func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *wire, u *Uplink) {
				w.set(func() { w.down = errors.New("no route to host") })
				it := accept(t, u)
				time.Sleep(away) // virtual
				w.set(func() { w.down = nil })
				if took := delivery(t, u, it.ID); took > 10*time.Second {
					t.Errorf("delivered %v after the network returned, want at most 10 s", took)
				} else {
					t.Logf("away %v, delivered %v after", away, took)
				}
			})
		})
	}
}

func TestPauseIsCapped(t *testing.T) {
	inBubble(t, func(t *testing.T, w *wire, u *Uplink) {
		w.central.misbehave(func(rw http.ResponseWriter, _ *http.Request) bool {
			say(rw, 503, problem("busy", 503)) // it is central: nothing is probed
			return true
		})
		it := accept(t, u)
		time.Sleep(24 * time.Hour)
		var puts []time.Duration
		w.set(func() {
			for _, line := range w.tried {
				var at, method, path string
				if _, err := fmt.Sscan(line, &at, &method, &path); err != nil {
					t.Error(err)
				}
				if d, err := time.ParseDuration(at); err == nil && method == http.MethodPut {
					puts = append(puts, d)
				}
			}
		})
		// 24 h of at most 5 minutes each are 288; jitter makes some shorter.
		if len(puts) < 280 || len(puts) > 400 {
			t.Errorf("%d tries in a day, want about 300", len(puts))
		}
		for i := 1; i < len(puts); i++ {
			gap := puts[i] - puts[i-1]
			if gap > longest+time.Second {
				t.Errorf("try %d came %v after the one before, want at most %v", i, gap, longest)
			}
			if i == 1 && gap > 2*time.Second {
				t.Errorf("the second try came after %v, want about 1 s", gap)
			}
		}
		w.central.misbehave(nil)
		if took := delivery(t, u, it.ID); took > longest+time.Second {
			t.Errorf("delivered after %v, want at most %v", took, longest)
		}
	})
}

func TestRetryAfterIsKept(t *testing.T) {
	inBubble(t, func(t *testing.T, w *wire, u *Uplink) {
		start := time.Now()
		w.central.misbehave(func(rw http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodPut || time.Since(start) >= 42*time.Second {
				return false
			}
			rw.Header().Set("Retry-After", "42")
			say(rw, 503, problem("busy", 503))
			return true
		})
		it := accept(t, u)
		if took := delivery(t, u, it.ID); took < 42*time.Second || took > 45*time.Second {
			t.Errorf("delivered after %v, want just over 42 s", took)
		}
	})
}

func TestSendNowEndsThePause(t *testing.T) {
	inBubble(t, func(t *testing.T, w *wire, u *Uplink) {
		w.central.misbehave(func(rw http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodPut {
				say(rw, 500, problem("central-fault", 500))
			}
			return r.Method == http.MethodPut
		})
		it := accept(t, u)
		time.Sleep(time.Hour)
		synctest.Wait()
		w.central.misbehave(nil)
		u.SendNow()
		if took := delivery(t, u, it.ID); took > time.Second {
			t.Errorf("delivered after %v, want at once", took)
		}
	})
}

// A central that takes every request and never answers must not hold the
// station, and costs no more than one time-out each time.
func TestSilentCentral(t *testing.T) {
	inBubble(t, func(t *testing.T, w *wire, u *Uplink) {
		w.set(func() { w.silent = true })
		it := accept(t, u)
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if s := u.State(); s.Online || s.Cause != Unreachable {
			t.Errorf("State = %+v, want unreachable", s)
		}
		w.set(func() { w.silent = false })
		if took := delivery(t, u, it.ID); took > sendTime+10*time.Second {
			t.Errorf("delivered after %v", took)
		}
	})
}

// Central fails on everything: it must not be asked about the whole queue in
// one go, nor any one for ever.
func TestFaultyCentralIsNotFlooded(t *testing.T) {
	inBubble(t, func(t *testing.T, w *wire, u *Uplink) {
		w.central.misbehave(func(rw http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodPut {
				say(rw, 500, problem("central-fault", 500))
			}
			return r.Method == http.MethodPut
		})
		var ids []string
		for range 50 {
			ids = append(ids, accept(t, u).ID)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		w.set(func() {
			if n := len(w.tried); n > 60 {
				t.Errorf("%d requests in the first minute for 50 submissions", n)
			}
		})
		if s := u.State(); !s.Online || s.Cause != Faulty {
			t.Errorf("State = %+v, want central there and faulty", s)
		}
		w.central.misbehave(nil)
		for _, id := range ids {
			delivery(t, u, id)
		}
	})
}

// One that central fails on costs the others no time at all.
func TestPoisonCostsNobodyTime(t *testing.T) {
	inBubble(t, func(t *testing.T, w *wire, u *Uplink) {
		poison := newItem()
		w.central.misbehave(func(rw http.ResponseWriter, r *http.Request) bool {
			if strings.HasSuffix(r.URL.Path, poison.ID) {
				say(rw, 500, problem("central-fault", 500))
				return true
			}
			return false
		})
		if err := u.o.Outbox.Put(context.Background(), poison); err != nil {
			t.Fatal(err)
		}
		for range 5 {
			if took := delivery(t, u, accept(t, u).ID); took > 500*time.Millisecond {
				t.Errorf("delivered after %v, want at once", took)
			}
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if took := delivery(t, u, accept(t, u).ID); took > 500*time.Millisecond {
			t.Errorf("an hour later delivered after %v, want at once", took)
		}
		if e, err := u.o.Outbox.Show(context.Background(), poison.ID); err != nil || e.State != outbox.Resend || e.Attempts < 10 {
			t.Errorf("the poison is %s after %d tries, %v; want it tried again all along", e.State, e.Attempts, err)
		}
		w.central.misbehave(nil)
		if took := delivery(t, u, poison.ID); took > longest*5/4 {
			t.Errorf("the mended one was delivered after %v", took)
		}
	})
}

func TestPollsInBatches(t *testing.T) {
	inBubble(t, func(t *testing.T, w *wire, u *Uplink) {
		var last string
		for range contract.MaxStatusIDs + 50 {
			last = accept(t, u).ID
		}
		delivery(t, u, last)
		w.central.set(func() { w.central.asked = 0 })
		time.Sleep(pollEvery + pollSoon)
		synctest.Wait()
		w.central.set(func() {
			if w.central.asked < 2 || w.central.asked > 4 {
				t.Errorf("asked %d times about %d, want two batches a round", w.central.asked, contract.MaxStatusIDs+50)
			}
			w.central.status[last] = contract.Status{State: contract.StateOpened, Dossier: "H26.82-20261103-0001"}
		})
		time.Sleep(2 * pollEvery)
		synctest.Wait()
		if e, err := u.o.Outbox.Show(context.Background(), last); err != nil || e.Central.Dossier == "" {
			t.Errorf("no dossier after the next poll: %+v, %v", e, err)
		}
	})
}

func TestRunEndsWhenTheOutboxIsClosed(t *testing.T) {
	box, err := outbox.Open(t.Context(), t.TempDir(), outbox.Options{MinFree: -1})
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{central: newCentral(t)}
	c := &clock{now: time.Now}
	u := assemble(New(Options{Outbox: box, Base: "https://central.test", Station: station}).o, c, lineOver(w, c), func() {})
	if err := box.Close(); err != nil {
		t.Fatal(err)
	}
	if err := u.Run(t.Context()); !errors.Is(err, outbox.ErrClosed) {
		t.Errorf("Run = %v, want outbox.ErrClosed", err)
	}
}
