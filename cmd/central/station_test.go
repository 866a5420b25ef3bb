package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"motcua/cmd/central/internal/centraltest"
	"motcua/kiosk/contract"
	"motcua/kiosk/outbox"
	"motcua/kiosk/submission"
	"motcua/kiosk/uplink"
)

// listening stands between a station and central, holds every request and
// answer against the contract, and gives the address to call. It shows central's
// own certificate, so that the station cannot tell.
func (o *office) listening(t *testing.T, r *running) string {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(filepath.Join(o.dir, "server.crt"), filepath.Join(o.dir, "server.key"))
	if err != nil {
		t.Fatal(err)
	}
	in, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAnyClientCert})
	if err != nil {
		t.Fatal(err)
	}
	there, err := url.Parse(r.api)
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(r, "", 0), Handler: &httputil.ReverseProxy{
		Rewrite:   func(p *httputil.ProxyRequest) { p.SetURL(there) },
		Transport: newInspector(t, transport(t, o.bundle(centraltest.Station))),
		ErrorLog:  log.New(r, "", 0),
	}}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(in) }()
	t.Cleanup(func() {
		_ = s.Close()
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	})
	return "https://" + in.Addr().String()
}

// The station's own outbox and uplink against central itself: what is proper
// arrives and brings its dossier code, what is refused is set aside with the
// reason and stands in nobody's way, and the look-up finds it. Both sides keep
// to the contract all the while.
func TestStationAgainstCentral(t *testing.T) {
	o := newOffice(t)
	r := o.serve(t, "main", "--dossier-delay", "500ms")
	bundle, err := uplink.LoadBundle(o.bundle(centraltest.Station))
	if err != nil {
		t.Fatal(err)
	}
	box, err := outbox.Open(t.Context(), filepath.Join(t.TempDir(), "outbox"), outbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()

	proper, guided := centraltest.Document(), centraltest.Document()
	proper.Secret = submission.Secret(rand.Reader)
	guided.Procedure.Code = "1.004222"
	for _, doc := range []submission.Document{guided, proper} {
		sealed, digest, err := submission.Seal(doc, bundle.Key, bundle.To)
		if err != nil {
			t.Fatal(err)
		}
		if err := box.Put(t.Context(), outbox.Item{ID: doc.ID, Claim: submission.Claim(doc.Station, doc.ID), Procedure: doc.Procedure.Code,
			SecretHash: outbox.HashSecret(doc.ID, doc.Secret), Created: doc.CreatedAt, Sealed: sealed, Digest: digest}); err != nil {
			t.Fatal(err)
		}
	}
	opened := make(chan uplink.Opened, 8)
	u := uplink.New(uplink.Options{Outbox: box, Base: o.listening(t, r), TLS: bundle.TLS, Station: bundle.Station,
		Health: func() uplink.Health { return uplink.Health{Version: "1.2.3", Pack: "hanoi 2026-11-01"} },
		Tell: func(n uplink.News) {
			if o, ok := n.(uplink.Opened); ok {
				opened <- o
			}
		}})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- u.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("uplink: %v", err)
		}
	}()

	patience, done := context.WithTimeout(t.Context(), 30*time.Second)
	defer done()
	e, err := box.Await(patience, guided.ID)
	if err != nil || e.State != outbox.Refused || e.Reason.Code != "procedure-guided" || e.Reason.Text == "" || e.Reason.Next == "" {
		t.Errorf("guided: %s %+v, %v", e.State, e.Reason, err)
	}
	if e, err = box.Await(patience, proper.ID); err != nil || e.State != outbox.Received {
		t.Fatalf("proper: %s %+v, %v", e.State, e.Reason, err)
	}
	var code string
	select {
	case n := <-opened:
		code = n.Code
		if n.ID != proper.ID || !dossierForm.MatchString(code) {
			t.Errorf("opened %+v", n)
		}
	case <-patience.Done():
		t.Fatal("the dossier code never came")
	}
	for _, ref := range []string{submission.Claim(proper.Station, proper.ID), code} {
		d, err := u.LookUp(t.Context(), ref, proper.Secret)
		if err != nil || d.Code != code || !d.Fresh || !d.Due.Equal(proper.DuePromised) {
			t.Errorf("look up %s: %+v, %v", ref, d, err)
		}
	}
	if _, err := u.LookUp(t.Context(), code, "9999"); !errors.Is(err, uplink.ErrNotFound) {
		t.Errorf("look up with a wrong secret: %v", err)
	}
	if got := client(t, r, o.bundle(centraltest.Station)); got != nil {
		s, err := got.GetSubmissionWithResponse(t.Context(), proper.ID)
		if err != nil || s.JSON200 == nil || s.JSON200.State != contract.StateOpened || s.JSON200.Dossier != code {
			t.Errorf("central says %v %s", err, s.Body)
		}
	}
	checkHeldOnce(t, o, proper.ID, 1)
}
