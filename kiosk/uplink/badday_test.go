package uplink

import (
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"motcua/kiosk/contract"
	"motcua/kiosk/outbox"
	"motcua/kiosk/submission"
)

// What central or somebody in its place may answer to a PUT, and what becomes
// of the submission. Afterwards central is itself again, and everything that
// is not refused is there exactly once.
func TestBadDays(t *testing.T) {
	isPut := func(r *http.Request) bool { return r.Method == http.MethodPut }
	cut := func(w http.ResponseWriter) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_ = conn.Close()
		}
	}
	for _, c := range []struct {
		name  string
		bad   func(r *rig, w http.ResponseWriter, req *http.Request)
		cause Cause
	}{
		{"500", func(_ *rig, w http.ResponseWriter, _ *http.Request) { say(w, 500, problem("central-fault", 500)) }, Faulty},
		{"500 without a word", func(_ *rig, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, Busy},
		{"503 come later", func(_ *rig, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "1")
			say(w, 503, problem("busy", 503))
		}, Busy},
		{"502 of a proxy", func(_ *rig, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(502)
			_, _ = io.WriteString(w, "<html>Bad Gateway</html>")
		}, Busy},
		{"400 damaged on the way", func(_ *rig, w http.ResponseWriter, _ *http.Request) { say(w, 400, problem("digest-mismatch", 400)) }, Faulty},
		{"403 not enrolled", func(_ *rig, w http.ResponseWriter, _ *http.Request) { say(w, 403, problem("wrong-certificate", 403)) }, NotEnrolled},
		{"portal: 200 with HTML", func(_ *rig, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = io.WriteString(w, "<html>Chào mừng đến với Wi-Fi miễn phí</html>")
		}, NotCentral},
		{"portal: redirect", func(_ *rig, w http.ResponseWriter, req *http.Request) {
			http.Redirect(w, req, "/v1/time", http.StatusFound)
		}, NotCentral},
		{"422 that is HTML", func(_ *rig, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(422)
		}, NotCentral},
		{"409 about a part", func(_ *rig, w http.ResponseWriter, _ *http.Request) { say(w, 409, problem("wrong-offset", 409)) }, NotCentral},
		{"409 without a reason", func(_ *rig, w http.ResponseWriter, _ *http.Request) { say(w, 409, struct{}{}) }, NotCentral},
		{"201 of another shape", func(_ *rig, w http.ResponseWriter, _ *http.Request) { say(w, 201, []int{1}) }, NotCentral},
		{"201 empty", func(_ *rig, w http.ResponseWriter, _ *http.Request) { say(w, 201, struct{}{}) }, NotCentral},
		{"201 of another id", func(_ *rig, w http.ResponseWriter, _ *http.Request) {
			say(w, 201, contract.Status{ID: submission.NewID(), State: contract.StateReceived, At: time.Now(), Digest: submission.Digest(nil)})
		}, NotCentral},
		{"201 of other bytes", func(_ *rig, w http.ResponseWriter, req *http.Request) {
			say(w, 201, contract.Status{ID: filepath.Base(req.URL.Path), State: contract.StateReceived, At: time.Now(), Digest: submission.Digest(nil)})
		}, NotCentral},
		{"a reply without end", func(_ *rig, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			for range 64 {
				if _, err := io.WriteString(w, strings.Repeat(" ", 1<<16)); err != nil {
					return
				}
			}
		}, NotCentral},
		{"cut before anything", func(_ *rig, w http.ResponseWriter, _ *http.Request) { cut(w) }, Unreachable},
		{"stored, reply lost", func(r *rig, w http.ResponseWriter, req *http.Request) {
			r.central.answer(discard{http.Header{}}, req)
			cut(w)
		}, Unreachable},
		{"stored, cut in mid-body", func(r *rig, w http.ResponseWriter, req *http.Request) {
			r.central.answer(discard{http.Header{}}, req)
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "400")
			w.WriteHeader(201)
			_, _ = io.WriteString(w, `{"id":"`)
			_ = http.NewResponseController(w).Flush()
			cut(w)
		}, Unreachable},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.central.misbehave(func(w http.ResponseWriter, req *http.Request) bool {
				if isPut(req) {
					c.bad(r, w, req)
					return true
				}
				return false
			})
			first, second := r.file(), r.file()
			r.run()
			e := r.until(first.ID, "to be sent again", func(e outbox.Entry) bool { return e.State == outbox.Resend })
			if e.Reason.Code != string(c.cause) || e.Reason.Next == "" {
				t.Errorf("reason %+v, want code %s and a next step", e.Reason, c.cause)
			}
			r.central.misbehave(nil)
			r.up.SendNow()
			for _, it := range []outbox.Item{first, second} {
				if e := r.settled(it.ID); e.State != outbox.Received {
					t.Errorf("%s is %s, want received", it.ID, e.State)
				}
			}
			got, want := r.central.delivered(), []string{first.ID, second.ID}
			if c.cause == Faulty { // each waited by itself
				slices.Sort(got)
				slices.Sort(want)
			}
			if !slices.Equal(got, want) {
				t.Errorf("central has %v, want %v once in order", got, want)
			}
		})
	}
}

// discard is a reply that nobody gets.
type discard struct{ h http.Header }

func (d discard) Header() http.Header         { return d.h }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}

func TestSomebodyElseAnswers(t *testing.T) {
	for _, c := range []struct {
		name string
		set  func(t *testing.T, r *rig)
		want Cause
	}{
		{"garbage instead of TLS", func(t *testing.T, r *rig) { r.cable.garble = true }, NotCentral},
		{"TLS of a stranger", func(t *testing.T, r *rig) {
			other := newAuthority(t)
			r.cable.to = other.serve(r.central, other.valid("portal")).Listener.Addr().String()
		}, NotCentral},
		{"does not know us", func(t *testing.T, r *rig) {
			a := newAuthority(t)
			srv := a.serve(r.central, a.valid("central"))
			config := newAuthority(t).client()
			config.RootCAs = a.pool
			r.up = New(Options{Outbox: r.box, Base: srv.URL, TLS: config, Station: station, Tell: r.tell})
		}, NotEnrolled},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			r.cable.cut()
			c.set(t, r)
			r.cable.mend()
			it := r.file()
			r.run()
			r.await(string(c.want), func(n News) bool { return n == Offline{Cause: c.want} })
			r.until(it.ID, "to be sent again", func(e outbox.Entry) bool {
				return e.State == outbox.Resend && e.Reason.Code == string(c.want) && e.Reason.Owner == outbox.Technician
			})
			if got := r.central.delivered(); len(got) != 0 {
				t.Errorf("a stranger got %v", got)
			}
		})
	}
}
