package uplink

import (
	"crypto/tls"
	"errors"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"motcua/kiosk/contract"
	"motcua/kiosk/outbox"
	"motcua/kiosk/stick"
	"motcua/kiosk/submission"
)

// writer is central's hand that signs confirmations.
type writer struct {
	t    *testing.T
	a    *authority
	with tls.Certificate
	at   time.Time
}

// confirmRig is a rig and a central that signs; nothing goes over the network.
func confirmRig(t *testing.T) (*rig, *writer) {
	a := newAuthority(t)
	r := &rig{t: t, central: newCentral(t), arrived: make(chan struct{})}
	r.box = openBox(t, t.TempDir()+"/outbox")
	r.up = New(Options{Outbox: r.box, Base: "https://127.0.0.1:1", TLS: a.client(), Station: station, Tell: r.tell,
		Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	return r, &writer{t, a, a.valid("central"), time.Now().UTC().Truncate(time.Second)}
}

func (w *writer) write(words ...stick.Word) []byte {
	w.t.Helper()
	file, err := stick.Confirmation{Station: station, Made: w.at, Words: words}.Sign(w.with)
	if err != nil {
		w.t.Fatal(err)
	}
	return file
}

// of is central's word that it has it, as a dossier if that is not empty.
func (w *writer) of(it outbox.Item, dossier string) stick.Word {
	digest := submission.Digest(it.Sealed)
	s := contract.Status{ID: it.ID, State: contract.StateReceived, At: w.at, Digest: digest, Dossier: dossier}
	if dossier != "" {
		s.State = contract.StateOpened
	}
	return stick.Word{Digest: digest, Status: s}
}

func (w *writer) refusal(it outbox.Item) stick.Word {
	return stick.Word{Digest: submission.Digest(it.Sealed),
		Status: contract.Status{ID: it.ID, State: contract.StateRefused, At: w.at, Refusal: problem("schema", 422)}}
}

func (r *rig) confirm(file []byte, received, refused, known, other int) {
	r.t.Helper()
	got, err := r.up.Confirm(r.t.Context(), file)
	got.Made = time.Time{}
	if want := (Confirmed{Received: received, Refused: refused, Known: known, Other: other}); err != nil || got != want {
		r.t.Errorf("Confirm = %+v, %v; want %+v", got, err, want)
	}
}

func (r *rig) is(it outbox.Item, want outbox.State, dossier string) {
	r.t.Helper()
	e, err := r.box.Show(r.t.Context(), it.ID)
	if err != nil || e.State != want || e.Central.Dossier != dossier {
		r.t.Errorf("%s with dossier %q, %v; want %s with %q", e.State, e.Central.Dossier, err, want, dossier)
	}
}

// What central confirms on a stick is marked as over the network, once, and is
// let go after its time; nothing else is touched.
func TestConfirm(t *testing.T) {
	r, w := confirmRig(t)
	had, opened, declined, altered, untold := accept(t, r.up), accept(t, r.up), accept(t, r.up), accept(t, r.up), accept(t, r.up)
	other := w.of(untold, "") // central has other bytes under this id
	other.Digest = submission.Digest([]byte("other bytes"))
	other.Status.Digest = other.Digest
	crooked := w.of(altered, "") // hash told twice, differently
	crooked.Status.Digest = other.Digest
	stranger := w.of(outbox.Item{ID: submission.NewID(), Sealed: []byte("x")}, "")
	file := w.write(w.of(had, ""), w.of(opened, "H26.82-261120-0001"), w.refusal(declined), crooked, other, stranger)

	r.confirm(file, 2, 1, 0, 3)
	r.await("reception", func(n News) bool { return n == Received{ID: had.ID} })
	r.await("dossier", func(n News) bool { return n == Received{ID: opened.ID, Dossier: "H26.82-261120-0001"} })
	r.confirm(file, 0, 0, 3, 3) // the same again
	r.is(had, outbox.Received, "")
	r.is(opened, outbox.Received, "H26.82-261120-0001")
	r.is(declined, outbox.Refused, "")
	r.is(altered, outbox.Queued, "")
	r.is(untold, outbox.Queued, "")
	if e, err := r.box.Show(t.Context(), declined.ID); err != nil || e.Reason.Code != "schema" || e.Reason.Owner == outbox.Nobody {
		t.Errorf("refused for %+v, %v", e.Reason, err)
	}

	// A later one tells of a dossier; an older one, brought afterwards, tells nothing.
	w.at = w.at.Add(time.Hour)
	late := w.write(w.of(had, "H26.82-261120-0002"))
	r.confirm(late, 1, 0, 0, 0)
	r.confirm(file, 0, 0, 3, 3)
	r.is(had, outbox.Received, "H26.82-261120-0002")

	kept, err := r.box.Retain(t.Context(), time.Now().Add(8*24*time.Hour))
	if err != nil || kept.Sealed != 2 {
		t.Errorf("Retain = %+v, %v; want the two that central has", kept, err)
	}
}

// A refusal that staff had mended does not come back with the same stick, nor
// does one undo that central took it meanwhile.
func TestRefusalIsToldOnce(t *testing.T) {
	r, w := confirmRig(t)
	it, taken := accept(t, r.up), accept(t, r.up)
	file := w.write(w.refusal(it), w.refusal(taken))
	if err := r.box.Received(t.Context(), taken.ID, outbox.Confirmation{At: w.at, State: "received"}); err != nil {
		t.Fatal(err)
	}
	r.confirm(file, 0, 1, 1, 0)
	if err := r.up.SendThis(t.Context(), it.ID); err != nil {
		t.Fatal(err)
	}
	r.confirm(file, 0, 0, 2, 0)
	r.is(it, outbox.Resend, "")
	r.is(taken, outbox.Received, "")
}

// A confirmation of so many that it takes two files holds in both of them.
func TestRefusedInTheSecondFile(t *testing.T) {
	r, w := confirmRig(t)
	it, usb := accept(t, r.up), t.TempDir()
	var words []stick.Word
	for range 1000 {
		words = append(words, w.refusal(outbox.Item{ID: submission.NewID(), Sealed: []byte("x")}))
	}
	if err := stick.Confirm(usb, station, w.at, append(words, w.refusal(it)), w.with); err != nil {
		t.Fatal(err)
	}
	files, err := stick.Confirmations(usb, station)
	if err != nil || len(files) != 2 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, f := range files {
		b, err := stick.ReadConfirmation(f)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.up.Confirm(t.Context(), b); err != nil {
			t.Error(err)
		}
	}
	r.is(it, outbox.Refused, "")
}

// Once central has lost what it confirmed, a confirmation of before is worth
// nothing: the station has the only copy.
func TestConfirmationOfBeforeALoss(t *testing.T) {
	r, w := confirmRig(t)
	it := accept(t, r.up)
	w.at = w.at.Add(-time.Minute)
	old := w.write(w.of(it, ""))
	r.confirm(old, 1, 0, 0, 0)
	r.up.forgotten(t.Context(), it.ID)
	r.is(it, outbox.Resend, "")
	if _, err := r.up.Confirm(t.Context(), old); !errors.Is(err, ErrStale) {
		t.Errorf("Confirm = %v, want ErrStale", err)
	}
	r.is(it, outbox.Resend, "")
	w.at = w.at.Add(2 * time.Minute)
	r.confirm(w.write(w.of(it, "")), 1, 0, 0, 0)
	r.is(it, outbox.Received, "")
}

// A network that refuses makes older confirmations worth nothing too.
func TestConfirmationOfBeforeARefusal(t *testing.T) {
	r := newRig(t)
	w := &writer{t: t, at: time.Now().UTC().Truncate(time.Second)}
	a := newAuthority(t)
	w.with, r.up.o.TLS.RootCAs = a.valid("central"), r.up.o.TLS.RootCAs.Clone()
	r.up.o.TLS.RootCAs.AddCert(a.cert)
	it := accept(t, r.up)
	r.central.set(func() { r.central.refuses[it.ID] = "procedure-unknown" })
	old := w.write(w.of(it, ""))
	r.run()
	r.settled(it.ID)
	if _, err := r.up.Confirm(t.Context(), old); !errors.Is(err, ErrStale) {
		t.Errorf("Confirm = %v, want ErrStale", err)
	}
	r.is(it, outbox.Refused, "")
}

// Nothing is marked by what central did not sign for this station, and a dead
// clock does not keep a true one out.
func TestUnbelieved(t *testing.T) {
	r, w := confirmRig(t)
	it := accept(t, r.up)
	file := w.write(w.of(it, ""))
	foreign, err := stick.Confirmation{Station: "CN-04", Made: w.at, Words: []stick.Word{w.of(it, "")}}.Sign(w.with)
	if err != nil {
		t.Fatal(err)
	}
	spoilt := append([]byte(nil), file...)
	spoilt[len(spoilt)/2] ^= 1
	forger := &writer{t, nil, newAuthority(t).valid("central"), w.at}
	late := &writer{t, nil, w.a.issue("central", time.Now().AddDate(-2, 0, 0), time.Now().AddDate(-1, 0, 0)), w.at}
	for _, c := range []struct {
		file []byte
		want error
	}{{foreign, stick.ErrForeign}, {spoilt, stick.ErrAltered}, {forger.write(w.of(it, "")), stick.ErrForged},
		{late.write(w.of(it, "")), stick.ErrDate}, {[]byte("{}"), stick.ErrAltered}} {
		if _, err := r.up.Confirm(t.Context(), c.file); !errors.Is(err, c.want) {
			t.Errorf("Confirm = %v, want %v", err, c.want)
		}
		r.is(it, outbox.Queued, "")
	}
	if at, err := r.box.Heard(t.Context(), outbox.HeardByStick); err != nil || !at.IsZero() {
		t.Errorf("the unbelieved are remembered: %v, %v", at, err)
	}
	o := r.up.o
	o.Now, o.Built = func() time.Time { return time.Unix(1000, 0) }, time.Now().Add(-time.Hour)
	r.up = New(o)
	r.confirm(file, 1, 0, 0, 0)
}

// Over the network a submission that was confirmed by stick is not sent again.
func TestConfirmedIsNotSent(t *testing.T) {
	r := newRig(t)
	a := newAuthority(t)
	w := &writer{t, a, a.valid("central"), time.Now().UTC().Truncate(time.Second)}
	r.up.o.TLS.RootCAs = r.up.o.TLS.RootCAs.Clone()
	r.up.o.TLS.RootCAs.AddCert(a.cert)
	it, next := accept(t, r.up), accept(t, r.up)
	r.confirm(w.write(w.of(it, "H26.82-261120-0001")), 1, 0, 0, 0)
	r.central.misbehave(func(_ http.ResponseWriter, req *http.Request) bool {
		if req.Method == http.MethodPut && req.URL.Path == "/v1/submissions/"+it.ID {
			t.Error("sent though central has it")
		}
		return false
	})
	r.run()
	r.settled(next.ID)
}
