package gate

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"filippo.io/age"

	"motcua/assets/api"
	"motcua/cmd/central/internal/authority"
	"motcua/cmd/central/internal/centraltest"
	"motcua/cmd/central/internal/ledger"
	"motcua/cmd/central/internal/parts"
	"motcua/kiosk/contract"
	"motcua/kiosk/submission"
)

// bench is a gate with one enrolled station, reached without a network.
type bench struct {
	gate   *Gate
	routes http.Handler
	ledger *ledger.Ledger
	parts  *parts.Store
	log    bytes.Buffer
	key    *submission.StationKey
	to     []age.Recipient
}

func newBench(t testing.TB) *bench { return newBenchWith(t, Quota{}) }

func newBenchWith(t testing.TB, quota Quota) *bench {
	t.Helper()
	l, err := ledger.Open(t.Context(), filepath.Join(t.TempDir(), ledger.Name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	schema, err := submission.LoadSchema()
	if err != nil {
		t.Fatal(err)
	}
	p, err := parts.Open(t.TempDir(), 0)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{ledger: l, parts: p, key: submission.NewStationKey(centraltest.Station, time.Time{}), to: []age.Recipient{id.Recipient()}}
	if err := l.Enrol(t.Context(), b.key.Public(), centraltest.Unit, time.Now()); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(&b.log, nil))
	takeAll := func(string) authority.Verdict { return authority.Taken }
	b.gate = New(l, authority.New(l, authority.Agencies{Prefix: "H26"}, 0, log), takeAll, schema, []age.Identity{id}, p, quota, log)
	b.routes = b.gate.Routes()
	return b
}

// ask gives the answer to a request of station, as over verified TLS.
func (b *bench) ask(r *http.Request, station string) *httptest.ResponseRecorder {
	leaf := &x509.Certificate{Subject: pkix.Name{CommonName: station}}
	r.TLS = &tls.ConnectionState{VerifiedChains: [][]*x509.Certificate{{leaf}}}
	w := httptest.NewRecorder()
	b.routes.ServeHTTP(w, r)
	return w
}

func (b *bench) put(doc submission.Document, sealed []byte, digest string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPut, "/v1/submissions/"+doc.ID, bytes.NewReader(sealed))
	r.Header.Set("Content-Type", contract.SealedType)
	r.Header.Set("Content-Digest", digest)
	r.Header.Set("Station-Id", doc.Station)
	return b.ask(r, centraltest.Station)
}

func problemOf(t *testing.T, w *httptest.ResponseRecorder) contract.Problem {
	t.Helper()
	var p contract.Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Header().Get("Content-Type") != contract.ProblemType || p.Status != w.Code {
		t.Fatalf("%d is no problem document: %v: %s", w.Code, err, w.Body)
	}
	return p
}

// Every code has all its words, and stands in the contract; every code in the
// contract is one of ours.
func TestProblems(t *testing.T) {
	for _, code := range codes {
		p, ok := named(code)
		if !ok {
			t.Errorf("%s has no words", code)
			continue
		}
		for _, words := range []string{p.Type, p.Title, p.Detail, p.Next, p.TitleEN, p.DetailEN, p.NextEN} {
			if words == "" {
				t.Errorf("%s leaves something unsaid", code)
			}
		}
		if !p.Owner.Valid() || p.Status < 400 || p.Status > 599 {
			t.Errorf("%s: owner %q, status %d", code, p.Owner, p.Status)
		}
		if !strings.Contains(string(api.Central), "`"+code+"`") {
			t.Errorf("%s is not in the contract", code)
		}
		if wait := refuse(code, "").after; (wait > 0) != (p.Status == 429 || p.Status == 503 || p.Status == 507) || wait > 3600 {
			t.Errorf("%s: Retry-After %d", code, wait)
		}
	}
	if _, ok := named("nonsense"); ok {
		t.Error("nonsense has words")
	}
}

func TestStrangersAreRefused(t *testing.T) {
	b := newBench(t)
	bare := httptest.NewRecorder()
	b.routes.ServeHTTP(bare, httptest.NewRequest(http.MethodGet, "/v1/time", nil))
	if p := problemOf(t, bare); p.Code != "wrong-certificate" {
		t.Errorf("without TLS: %s", p.Code)
	}
	if p := problemOf(t, b.ask(httptest.NewRequest(http.MethodGet, "/v1/time", nil), "XX-01")); p.Code != "wrong-certificate" || p.Status != 403 {
		t.Errorf("not enrolled: %d %s", p.Status, p.Code)
	}
}

func TestOddRequests(t *testing.T) {
	b := newBench(t)
	id := submission.NewID()
	many := `{"ids":["` + id + `"` + strings.Repeat(`,"`+id+`"`, contract.MaxStatusIDs) + `]}`
	tests := []struct {
		name, method, path, body string
		status                   int
		code                     string
	}{
		{"no such path", "GET", "/v2/time", "", 404, "not-found"},
		{"no such method", "DELETE", "/v1/submissions/" + id, "", 404, "not-found"},
		{"id is none", "GET", "/v1/submissions/MẪU", "", 400, "bad-request"},
		{"statuses: no JSON", "POST", "/v1/statuses", "MẪU", 400, "bad-request"},
		{"statuses: none", "POST", "/v1/statuses", `{"ids":[]}`, 400, "bad-request"},
		{"statuses: not ids", "POST", "/v1/statuses", `{"ids":["MẪU"]}`, 400, "bad-request"},
		{"statuses: too many", "POST", "/v1/statuses", many, 400, "bad-request"},
		{"statuses: endless", "POST", "/v1/statuses", `{"ids":["` + strings.Repeat("a", maxSmall) + `"]}`, 400, "bad-request"},
		{"look-up: empty", "POST", "/v1/lookups", `{}`, 400, "bad-request"},
		{"look-up: long", "POST", "/v1/lookups", `{"ref":"` + strings.Repeat("a", 65) + `","secret":"7F2K"}`, 400, "bad-request"},
		{"look-up: unreadable secret", "POST", "/v1/lookups", `{"ref":"CN03-7F2K","secret":"????"}`, 404, "not-found"},
		{"heartbeat: negative", "POST", "/v1/heartbeats", `{"station":"CN-03","waiting":-1}`, 400, "bad-request"},
		{"heartbeat: long", "POST", "/v1/heartbeats", `{"station":"CN-03","version":"` + strings.Repeat("a", 65) + `"}`, 400, "bad-request"},
		{"put without headers", "PUT", "/v1/submissions/" + id, "x", 400, "bad-request"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequest(test.method, test.path, strings.NewReader(test.body))
			if p := problemOf(t, b.ask(r, centraltest.Station)); p.Status != test.status || p.Code != test.code {
				t.Errorf("got %d %s, want %d %s", p.Status, p.Code, test.status, test.code)
			}
		})
	}
	centraltest.CheckNoPerson(t, "log", b.log.String())
}

// A ledger that cannot write is busy; the station hears when to come again.
func TestBusy(t *testing.T) { synctest.Test(t, testBusy) }

func testBusy(t *testing.T) {
	b := newBench(t)
	doc := centraltest.Document()
	sealed, digest, err := submission.Seal(doc, b.key, b.to)
	if err != nil {
		t.Fatal(err)
	}
	for range underway {
		b.gate.turns <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.gate.turn(ctx, centraltest.Station, b.gate.turns); !errors.Is(err, context.Canceled) {
		t.Errorf("turn of one who left: %v", err)
	}
	asked := time.Now()
	w := b.put(doc, sealed, digest)
	if waited := time.Since(asked); waited != patience {
		t.Errorf("waited %v for a turn, want %v", waited, patience)
	}
	if p := problemOf(t, w); p.Code != "busy" || p.Status != 503 || w.Header().Get("Retry-After") != "15" {
		t.Errorf("%d %s, Retry-After %q", p.Status, p.Code, w.Header().Get("Retry-After"))
	}
	for range underway {
		<-b.gate.turns
	}
	if w := b.put(doc, sealed, digest); w.Code != http.StatusCreated {
		t.Errorf("with room again: %d %s", w.Code, w.Body)
	}
	if err := b.ledger.Close(); err != nil {
		t.Fatal(err)
	}
	if p := problemOf(t, b.put(doc, sealed, digest)); p.Code != "central-fault" || p.Status != 500 {
		t.Errorf("without a ledger: %d %s", p.Status, p.Code)
	}
}

// breakingBody is a body whose sender goes away.
type breakingBody struct{}

func (breakingBody) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestBodyEndsEarly(t *testing.T) {
	b := newBench(t)
	r := httptest.NewRequest(http.MethodPut, "/v1/submissions/"+submission.NewID(), breakingBody{})
	r.Header.Set("Content-Type", contract.SealedType)
	r.Header.Set("Content-Digest", submission.Digest(nil))
	r.Header.Set("Station-Id", centraltest.Station)
	if p := problemOf(t, b.ask(r, centraltest.Station)); p.Code != "bad-request" {
		t.Errorf("%d %s", p.Status, p.Code)
	}
}

func TestPanicIsAProblem(t *testing.T) {
	b := newBench(t)
	b.gate.rules = func(string) authority.Verdict { panic("NGUYỄN VĂN MẪU") }
	doc := centraltest.Document()
	sealed, digest, err := submission.Seal(doc, b.key, b.to)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 * underway { // a panic gives its turn back
		if p := problemOf(t, b.put(doc, sealed, digest)); p.Code != "central-fault" {
			t.Fatalf("%d %s", p.Status, p.Code)
		}
	}
	centraltest.CheckNoPerson(t, "log", b.log.String())
}

func TestTries(t *testing.T) {
	var w tries
	at := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	for i := range triesARef {
		if w.spent("ref", triesARef, at) {
			t.Fatalf("spent after %d", i)
		}
		w.wasWrong(at.Add(time.Duration(i)*time.Second), "ref", "station")
	}
	if !w.spent("ref", triesARef, at.Add(window-time.Second)) {
		t.Error("not spent within the window")
	}
	if w.spent("station", triesAStation, at) || w.spent("other", triesARef, at) {
		t.Error("others are held up")
	}
	if w.spent("ref", triesARef, at.Add(window)) {
		t.Error("spent for ever")
	}
	w.wasWrong(at.Add(window), "ref")
	if w.spent("ref", triesARef, at.Add(window)) {
		t.Error("a new window starts with old tries")
	}
	if len(w.wrong) != 1 {
		t.Errorf("%d subjects remembered, want 1", len(w.wrong))
	}
}

// FuzzPut gives any body, digest and id, as an enrolled station may.
func FuzzPut(f *testing.F) {
	b := newBench(f)
	doc := centraltest.Document()
	sealed, _, err := submission.Seal(doc, b.key, b.to)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(doc.ID, centraltest.Station, "", sealed)
	f.Add(submission.NewID(), centraltest.Station, "", sealed)
	f.Add("%00", "CN-04", "sha-256=:x:", []byte("age-encryption.org/v1\n"))
	f.Fuzz(func(t *testing.T, id, station, digest string, body []byte) {
		r := httptest.NewRequest(http.MethodPut, "/v1/submissions/x", bytes.NewReader(body))
		r.URL.Path = "/v1/submissions/" + id
		r.Header.Set("Content-Type", contract.SealedType)
		if digest == "" {
			digest = submission.Digest(body)
		}
		r.Header["Content-Digest"], r.Header["Station-Id"] = []string{digest}, []string{station}
		checkSane(t, b.ask(r, centraltest.Station))
	})
}

// FuzzPost gives any body to what takes JSON.
func FuzzPost(f *testing.F) {
	b := newBench(f)
	f.Add("/v1/statuses", []byte(`{"ids":["`+submission.NewID()+`"]}`))
	f.Add("/v1/lookups", []byte(`{"ref":"CN03-7F2K","secret":"7F2K"}`))
	f.Add("/v1/heartbeats", []byte(`{"station":"CN-03","at":"2026-11-21T09:00:00Z","troubles":[{"code":"x"}]}`))
	f.Add("/v1/lookups", []byte("null"))
	f.Fuzz(func(t *testing.T, path string, body []byte) {
		r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
		r.URL.Path = path
		checkSane(t, b.ask(r, centraltest.Station))
	})
}

// checkSane holds that an answer is one of the contract, and no fault of ours.
func checkSane(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	switch {
	case w.Code >= 500:
		t.Errorf("%d: %s", w.Code, w.Body)
	case w.Code >= 400:
		problemOf(t, w)
	case w.Code >= 300: // the mux mends paths
	case !json.Valid(w.Body.Bytes()):
		t.Errorf("%d: no JSON: %s", w.Code, w.Body)
	}
}

// One station that hangs with all its places keeps no other out.
func TestOneStationTakesNotAllPlaces(t *testing.T) { synctest.Test(t, testShare) }

func testShare(t *testing.T) {
	b := newBench(t)
	doc := centraltest.Document()
	sealed, digest, err := submission.Seal(doc, b.key, b.to)
	if err != nil {
		t.Fatal(err)
	}
	for range share {
		if _, err := b.gate.turn(t.Context(), "CN-04", b.gate.turns); err != nil {
			t.Fatal(err)
		}
	}
	for range underway { // and waits for more
		if _, err := b.gate.turn(t.Context(), "CN-04", b.gate.turns); err == nil {
			t.Fatal("a station has more places than its share")
		}
	}
	asked := time.Now()
	if w := b.put(doc, sealed, digest); w.Code != http.StatusCreated || time.Since(asked) >= patience {
		t.Errorf("another station: %d after %v", w.Code, time.Since(asked))
	}
	if err := b.ledger.Close(); err != nil {
		t.Fatal(err)
	}
}
