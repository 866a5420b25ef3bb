package uplink

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"motcua/kiosk/outbox"
)

// overQuota answers that central takes no more for the time told.
func overQuota(w http.ResponseWriter, seconds string) {
	w.Header().Set("Retry-After", seconds)
	say(w, 429, problem("over-quota", 429))
}

// While central takes no submissions the station waits as long as it was told,
// though that is longer than any pause of its own, and goes on with the rest.
func TestQuotaIsObeyed(t *testing.T) {
	inBubble(t, func(t *testing.T, w *wire, u *Uplink) {
		start := time.Now()
		var tries []time.Duration
		w.central.misbehave(func(rw http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodPut {
				return false
			}
			w.set(func() { tries = append(tries, time.Since(start)) })
			if time.Since(start) >= 50*time.Minute {
				return false
			}
			overQuota(rw, "3000")
			return true
		})
		first := accept(t, u)
		time.Sleep(10 * time.Minute)
		second := accept(t, u) // nothing new ends the wait
		e, err := u.o.Outbox.Show(t.Context(), first.ID)
		if err != nil || e.State != outbox.Resend || e.Reason.Code != string(OverQuota) || e.Reason.Owner != outbox.CentralIT {
			t.Errorf("%s, %+v, %v", e.State, e.Reason, err)
		}
		if s := u.State(); !s.Online {
			t.Errorf("central is taken for away: %+v", s)
		}
		if took := delivery(t, u, second.ID); took < 40*time.Minute || took > 41*time.Minute {
			t.Errorf("delivered after %v, want just over 40 minutes", took)
		}
		w.set(func() {
			if len(tries) != 3 || tries[1] < 50*time.Minute {
				t.Errorf("tried at %v, want once before the time was over", tries)
			}
		})
		beats := 0
		w.central.set(func() { beats = len(w.central.beats) })
		if beats < 40 {
			t.Errorf("%d heartbeats in 50 minutes", beats)
		}
	})
}

// An hour is the most that central is believed, and 503 no more than before.
func TestQuotaHasItsEnd(t *testing.T) {
	inBubble(t, func(t *testing.T, w *wire, u *Uplink) {
		start := time.Now()
		w.central.misbehave(func(rw http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodPut || time.Since(start) > time.Minute {
				return false
			}
			overQuota(rw, "999999")
			return true
		})
		if took := delivery(t, u, accept(t, u).ID); took < longestAsked || took > longestAsked+time.Minute {
			t.Errorf("delivered after %v, want an hour", took)
		}
	})
}

// When it is parts that central takes no more of, what has none is delivered.
func TestQuotaOfPartsHoldsNothingUp(t *testing.T) {
	r := newRig(t)
	newDock(r)
	dock := r.central.bad
	r.central.misbehave(func(w http.ResponseWriter, req *http.Request) bool {
		if strings.Contains(req.URL.Path, "/parts") {
			w.Header().Set("Tus-Resumable", "1.0.0")
			overQuota(w, "3000")
			return true
		}
		return dock(w, req)
	})
	with, _, _ := r.hand(1000)
	r.run()
	r.until(with.ID, "told of the quota", func(e outbox.Entry) bool { return e.Reason.Code == string(OverQuota) })
	plain := newItem()
	if err := r.box.Put(t.Context(), plain); err != nil {
		t.Fatal(err)
	}
	if e := r.settled(plain.ID); e.State != outbox.Received {
		t.Errorf("the plain one is %s", e.State)
	}
}
