package uplink

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"motcua/kiosk/outbox"
)

// What staff ask for goes before all that was accepted earlier, also if it was
// refused; and ends the pause.
func TestSendThis(t *testing.T) {
	inBubble(t, func(t *testing.T, w *wire, u *Uplink) {
		w.central.misbehave(func(rw http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodPut {
				say(rw, 503, problem("busy", 503))
			}
			return r.Method == http.MethodPut
		})
		var ids []string
		for range 5 {
			ids = append(ids, accept(t, u).ID)
		}
		if err := u.o.Outbox.Refused(t.Context(), ids[4], outbox.Reason{Code: "schema", Owner: outbox.Staff}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		// The first asked for is still on its way when the second is.
		both := make(chan struct{})
		w.central.misbehave(func(http.ResponseWriter, *http.Request) bool {
			<-both
			return false
		})
		for _, id := range []string{ids[3], ids[4]} {
			if err := u.SendThis(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
		close(both)
		if took := delivery(t, u, ids[4]); took > time.Second {
			t.Errorf("delivered after %v, want at once", took)
		}
		for _, id := range ids {
			delivery(t, u, id)
		}
		if got, want := w.central.delivered(), []string{ids[3], ids[4], ids[0], ids[1], ids[2]}; !slices.Equal(got, want) {
			t.Errorf("order %v, want %v", got, want)
		}
		if err := u.SendThis(t.Context(), ids[0]); !errors.Is(err, outbox.ErrSettled) {
			t.Errorf("SendThis of what central has = %v, want ErrSettled", err)
		}
		if err := u.SendThis(t.Context(), "01900000-0000-7000-8000-000000000009"); !errors.Is(err, outbox.ErrUnknown) {
			t.Errorf("SendThis of nothing = %v, want ErrUnknown", err)
		}
	})
}

// When the way ends in the middle of a row, what was not sent counts as never
// sent, and all goes on in order.
func TestWayEndsInMidRow(t *testing.T) {
	inBubble(t, func(t *testing.T, w *wire, u *Uplink) {
		w.central.misbehave(func(rw http.ResponseWriter, r *http.Request) bool {
			return r.Method == http.MethodPut // nothing gets a reply
		})
		var ids []string
		for range 30 {
			ids = append(ids, accept(t, u).ID)
		}
		time.Sleep(time.Minute)
		puts := 0
		w.central.misbehave(func(rw http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodPut {
				puts++
			}
			if puts > 5 { // a row of one, one of two, two of four
				say(rw, 503, problem("busy", 503))
			}
			return puts > 5
		})
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		list, err := u.o.Outbox.List(context.Background(), outbox.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		for i, e := range list {
			want := outbox.Queued
			switch {
			case i < 5:
				want = outbox.Received
			case i == 5:
				want = outbox.Resend
			}
			if e.State != want || want == outbox.Queued && e.Attempts != 0 {
				t.Errorf("%d is %s after %d tries, want %s", i, e.State, e.Attempts, want)
			}
		}
		w.central.misbehave(nil)
		delivery(t, u, ids[29])
		if !slices.Equal(w.central.delivered(), ids) {
			t.Errorf("delivered out of order")
		}
	})
}

// far takes what is written to it as fast as it comes.
type far struct {
	net.Conn
	took atomic.Int64
}

func (f *far) Write(p []byte) (int, error) { f.took.Add(int64(len(p))); return len(p), nil }
func (f *far) Close() error                { return nil }

func TestVisitSlowsSending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := &Uplink{throttle: newThrottle(20 << 10)}
		open, end := context.WithCancel(context.Background())
		f := &far{}
		c := &slowConn{Conn: f, throttle: u.throttle, open: open, end: end}
		send := func(n int) time.Duration {
			t.Helper()
			start := time.Now()
			if w, err := io.Copy(c, strings.NewReader(strings.Repeat("x", n))); err != nil || w != int64(n) {
				t.Fatalf("Copy = %d, %v", w, err)
			}
			return time.Since(start)
		}
		if took := send(1 << 20); took != 0 {
			t.Errorf("without a visit 1 MiB took %v", took)
		}
		u.Visit(true)
		if took := send(200 << 10); took < 9*time.Second || took > 11*time.Second {
			t.Errorf("200 KiB took %v, want 10 s at 20 KiB/s", took)
		}
		slow := make(chan error, 1)
		go func() {
			_, err := c.Write(make([]byte, 1<<20))
			slow <- err
		}()
		time.Sleep(time.Second)
		synctest.Wait()
		before := f.took.Load()
		u.Visit(false)
		if err := <-slow; err != nil {
			t.Fatal(err)
		}
		if before > 300<<10+1<<20 || f.took.Load() != 2<<20+200<<10 {
			t.Errorf("%d bytes within the visit, %d in all", before, f.took.Load())
		}
		u.Visit(true)
		go func() {
			_, err := c.Write(make([]byte, 1<<20))
			slow <- err
		}()
		time.Sleep(time.Second)
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-slow; !errors.Is(err, net.ErrClosed) {
			t.Errorf("Write = %v after Close, want net.ErrClosed", err)
		}
	})
}
