package uplink

import (
	"context"
	"errors"
	"io"
	"log"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"motcua/kiosk/contract"
	"motcua/kiosk/outbox"
	"motcua/kiosk/submission"
)

var quiet = log.New(io.Discard, "", 0)

const secret = "K7MP"

// rig is a station's outbox and uplink, and central at the far end.
type rig struct {
	t       *testing.T
	box     *outbox.Outbox
	central *central
	cable   *cable
	up      *Uplink
	stop    func()

	mu      sync.Mutex // guards what follows
	news    []News
	arrived chan struct{} // closed at each piece of news
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, central: newCentral(t), arrived: make(chan struct{})}
	a := newAuthority(t)
	srv := a.serve(r.central, a.valid("central"))
	r.cable = plug(t, srv.Listener.Addr().String())
	r.box = openBox(t, filepath.Join(t.TempDir(), "outbox"))
	r.up = New(Options{Outbox: r.box, Base: "https://" + r.cable.addr, TLS: a.client(), Station: station, Tell: r.tell,
		Log:    slog.New(slog.NewTextHandler(t.Output(), nil)),
		Health: func() Health { return Health{Version: "1.2.3", Pack: "hanoi 2026-11-01"} }})
	return r
}

func openBox(t *testing.T, dir string) *outbox.Outbox {
	t.Helper()
	box, err := outbox.Open(t.Context(), dir, outbox.Options{MinFree: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := box.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return box
}

func (r *rig) tell(n News) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.news = append(r.news, n)
	close(r.arrived)
	r.arrived = make(chan struct{})
}

// run starts the uplink; it is stopped before the outbox is closed.
func (r *rig) run() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.up.Run(ctx) }()
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			r.t.Errorf("Run = %v, want context.Canceled", err)
		}
	})
	r.t.Cleanup(r.stop)
}

// await waits for news that match, also earlier ones.
func (r *rig) await(what string, match func(News) bool) {
	r.t.Helper()
	late := time.NewTimer(30 * time.Second)
	defer late.Stop()
	for {
		r.mu.Lock()
		found, arrived := slices.ContainsFunc(r.news, match), r.arrived
		r.mu.Unlock()
		if found {
			return
		}
		select {
		case <-arrived:
		case <-late.C:
			r.t.Fatalf("no news of %s within 30 s", what)
		}
	}
}

// settled waits until id is received or refused.
func (r *rig) settled(id string) outbox.Entry {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 30*time.Second)
	defer cancel()
	e, err := r.box.Await(ctx, id)
	if err != nil {
		r.t.Fatalf("%s is %s (%s) after 30 s", id, e.State, e.Reason.Code)
	}
	return e
}

// until waits for an entry that is as wanted.
func (r *rig) until(id, what string, want func(outbox.Entry) bool) outbox.Entry {
	r.t.Helper()
	late := time.NewTimer(30 * time.Second)
	defer late.Stop()
	for {
		changed := r.box.Changed()
		e, err := r.box.Show(r.t.Context(), id)
		if err != nil {
			r.t.Fatal(err)
		}
		if want(e) {
			return e
		}
		select {
		case <-changed:
		case <-late.C:
			r.t.Fatalf("%s is not %s after 30 s: %+v", id, what, e)
		}
	}
}

func (r *rig) file() outbox.Item {
	r.t.Helper()
	it := newItem()
	if err := r.box.Put(context.Background(), it); err != nil {
		r.t.Fatal(err)
	}
	return it
}

func newItem() outbox.Item {
	id, sealed := submission.NewID(), make([]byte, 2000+rand.IntN(4000))
	for i := range sealed {
		sealed[i] = byte(rand.Uint32())
	}
	return outbox.Item{ID: id, Claim: submission.Claim(station, id), Procedure: "1.001193", Created: time.Now(),
		SecretHash: outbox.HashSecret(id, secret), Sealed: sealed, Digest: submission.Digest(sealed)}
}

func TestDeliversInOrder(t *testing.T) {
	r := newRig(t)
	var want []string
	for range 20 {
		want = append(want, r.file().ID)
	}
	r.run()
	for range 5 { // filed while it runs
		it := r.file()
		want = append(want, it.ID)
		r.settled(it.ID)
	}
	if got := r.central.delivered(); !slices.Equal(got, want) {
		t.Errorf("delivered %v, want %v", got, want)
	}
	e := r.settled(want[0])
	if e.Attempts != 1 || e.Central.State != "received" || time.Since(e.Central.At).Abs() > time.Minute {
		t.Errorf("first: %+v", e)
	}
	s := r.up.State()
	if !s.Online || s.Cause != None || s.Success.IsZero() || !s.SkewKnown || s.Skew.Abs() > 2*time.Second {
		t.Errorf("State = %+v", s)
	}
}

func TestHeartbeat(t *testing.T) {
	r := newRig(t)
	r.run()
	r.await("central", func(n News) bool { return n == Online{} })
	deadline := time.Now().Add(10 * time.Second)
	for {
		r.central.mu.Lock()
		beats := slices.Clone(r.central.beats)
		r.central.mu.Unlock()
		if len(beats) > 0 {
			if b := beats[0]; b.Station != station || b.Version != "1.2.3" || b.Pack != "hanoi 2026-11-01" || b.Waiting != 0 {
				t.Errorf("heartbeat %+v", b)
			}
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("no heartbeat")
		}
		select {
		case <-t.Context().Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func TestRefusedGoesToTheDeadLetters(t *testing.T) {
	r := newRig(t)
	bad, clash, good := r.file(), r.file(), r.file()
	r.central.set(func() {
		r.central.refuses[bad.ID] = "schema"
		r.central.kept[clash.ID] = []byte("other bytes")
	})
	r.run()
	if e := r.settled(good.ID); e.State != outbox.Received {
		t.Errorf("the third is %s, want received", e.State)
	}
	for id, code := range map[string]string{bad.ID: "schema", clash.ID: "other-content"} {
		e := r.settled(id)
		if e.State != outbox.Refused || e.Reason.Code != code || e.Reason.Owner != outbox.Technician || e.Attempts != 1 {
			t.Errorf("%+v, want refused as %s after one try", e, code)
		}
		if e.Reason.Text != "Hồ sơ sai cấu trúc" || strings.Contains(e.Reason.Next, "001090999999") || strings.Contains(e.Reason.Text, "Mẫu") {
			t.Errorf("reason %+v: want the fixed title, no detail and no long number", e.Reason)
		}
		r.await("the refusal", func(n News) bool { got, ok := n.(Refused); return ok && got.ID == id && got.Reason.Code == code })
	}
	// Mended at central, then sent again by hand.
	r.central.set(func() { delete(r.central.refuses, bad.ID) })
	if err := r.box.Resend(t.Context(), bad.ID, outbox.Reason{Code: "by-hand"}); err != nil {
		t.Fatal(err)
	}
	if e := r.settled(bad.ID); e.State != outbox.Received {
		t.Errorf("after Resend it is %s, want received", e.State)
	}
}

func TestPoisonBlocksNobody(t *testing.T) {
	r := newRig(t)
	poison := r.file()
	r.central.misbehave(func(w http.ResponseWriter, req *http.Request) bool {
		if strings.HasSuffix(req.URL.Path, poison.ID) {
			say(w, 500, problem("central-fault", 500))
			return true
		}
		return false
	})
	var others []string
	for range 10 {
		others = append(others, r.file().ID)
	}
	r.run()
	for _, id := range others {
		r.settled(id)
	}
	if got := r.central.delivered(); !slices.Equal(got, others) {
		t.Errorf("delivered %v, want the others in order", got)
	}
	if e, err := r.box.Show(t.Context(), poison.ID); err != nil || e.State != outbox.Resend || e.Reason.Owner != outbox.CentralIT {
		t.Errorf("poison: %+v, %v; want it waiting, with central as owner", e, err)
	}
	r.central.misbehave(nil)
	r.settled(poison.ID) // by itself
}

func TestDossierComesByPoll(t *testing.T) {
	r := newRig(t)
	it, late, lost := r.file(), r.file(), r.file()
	r.run()
	for _, x := range []outbox.Item{it, late, lost} {
		r.settled(x.ID)
	}
	const code = "H26.82-20261103-0007"
	r.central.set(func() {
		r.central.status[it.ID] = contract.Status{State: contract.StateOpened, Dossier: code}
		r.central.status[late.ID] = contract.Status{State: contract.StateRefused, Refusal: problem("procedure-guided", 422)}
		delete(r.central.kept, lost.ID) // central was restored from an old backup
	})
	r.await("the dossier", func(n News) bool { return n == Opened{ID: it.ID, Code: code} })
	e := r.until(late.ID, "refused", func(e outbox.Entry) bool { return e.State == outbox.Refused })
	if e.Reason.Code != "procedure-guided" {
		t.Errorf("reason %+v", e.Reason)
	}
	r.until(lost.ID, "delivered anew", func(e outbox.Entry) bool { return e.State == outbox.Received && e.Attempts == 2 })
	if e, err := r.box.Show(t.Context(), it.ID); err != nil || e.Central.Dossier != code {
		t.Errorf("dossier %q, %v; want %q", e.Central.Dossier, err, code)
	}
}

func TestLookUp(t *testing.T) {
	r := newRig(t)
	it := r.file()
	look := func(ref, secret string) (Dossier, error) {
		t.Helper()
		return r.up.LookUp(t.Context(), ref, secret)
	}
	// Offline from the start: what is here is told.
	if d, err := look(it.ID, secret); err != nil || d.State != Stored || d.Fresh || d.Claim != it.Claim {
		t.Errorf("stored: %+v, %v", d, err)
	}
	if d, err := look(" "+strings.ToLower(it.Claim), "k7 mp"); err != nil || d.ID != it.ID {
		t.Errorf("by claim as typed: %+v, %v", d, err)
	}
	if _, err := look(submission.NewID(), secret); !errors.Is(err, ErrOffline) {
		t.Errorf("unknown while offline: %v, want ErrOffline", err)
	}
	if _, err := look(it.ID, "no"); !errors.Is(err, ErrNotFound) {
		t.Errorf("no secret at all: %v, want ErrNotFound", err)
	}
	r.run()
	r.settled(it.ID)
	if d, err := look(it.ID, secret); err != nil || d.State != AtCentral {
		t.Errorf("received: %+v, %v", d, err)
	}
	elsewhere := submission.NewID() // filed at another station
	r.central.set(func() {
		r.central.kept[elsewhere] = []byte("x")
		r.central.secrets[elsewhere], r.central.secrets[it.ID] = secret, secret
		r.central.status[elsewhere] = contract.Status{State: contract.StateOpened, Dossier: "H26.82-20261103-0009"}
		r.central.status[it.ID] = contract.Status{State: contract.StateOpened, Dossier: "H26.82-20261103-0010"}
	})
	if d, err := look(elsewhere, secret); err != nil || d.State != DossierOpen || d.Code != "H26.82-20261103-0009" || !d.Fresh {
		t.Errorf("of another station: %+v, %v", d, err)
	}
	if d, err := look(it.ID, secret); err != nil || d.Code != "H26.82-20261103-0010" || !d.Fresh || d.Claim != it.Claim {
		t.Errorf("central knows more: %+v, %v", d, err)
	}
	for i := range maxTries + 1 {
		want := ErrNotFound
		if i == maxTries {
			want = ErrTooMany
		}
		if _, err := look(it.ID, "9999"); !errors.Is(err, want) {
			t.Errorf("wrong secret, try %d: %v, want %v", i+1, err, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.up.LookUp(ctx, elsewhere, secret); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v, want context.Canceled", err)
	}
}

// First delivery after the network returns: the bar is 10 s.
func TestNetworkReturns(t *testing.T) {
	r := newRig(t)
	r.cable.cut()
	r.run()
	r.await("being offline", func(n News) bool { return n == Offline{Cause: Unreachable} })
	it := r.file()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second) // long enough for the pauses to grow past it
	defer cancel()
	if e, err := r.box.Await(ctx, it.ID); !errors.Is(err, context.DeadlineExceeded) || e.State == outbox.Received {
		t.Fatalf("Await = %s, %v while the cable is cut", e.State, err)
	}
	if s := r.up.State(); s.Online || s.Cause != Unreachable {
		t.Errorf("State = %+v, want offline", s)
	}
	r.cable.mend()
	start := time.Now()
	r.settled(it.ID)
	took := time.Since(start)
	t.Logf("delivered %v after the network returned (bar 10 s)", took.Round(time.Millisecond))
	if took > 10*time.Second {
		t.Errorf("delivered after %v, want at most 10 s", took)
	}
	r.await("being online", func(n News) bool { return n == Online{} })
}
