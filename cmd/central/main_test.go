package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"filippo.io/age"

	"motcua/assets/api"
	"motcua/cmd/central/internal/centraltest"
	"motcua/kiosk/contract"
	"motcua/kiosk/submission"
)

// The test binary is central itself when this is set: "main", or a point at
// which it dies (crash_test.go).
const actEnv = "CENTRAL_TEST_ACT"

func TestMain(m *testing.M) {
	switch act := os.Getenv(actEnv); act {
	case "":
		openapi3filter.RegisterBodyDecoder(contract.SealedType, openapi3filter.FileBodyDecoder)
		os.Exit(m.Run())
	case "main":
		main()
	default:
		dyingMain(act)
	}
}

// childEnv makes the child act as central. Under the race detector a program
// sleeps for a second at its end, which is of no use here.
func childEnv(act string) []string {
	return append(os.Environ(), actEnv+"="+act, "GORACE=atexit_sleep_ms=0")
}

// central runs a verb of the real program and gives what it printed.
func central(t testing.TB, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = childEnv("main")
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	return out.String(), errs.String(), err
}

func mustCentral(t testing.TB, args ...string) string {
	t.Helper()
	out, errs, err := central(t, args...)
	if err != nil {
		t.Fatalf("central %s: %v\n%s", strings.Join(args, " "), err, errs)
	}
	return out
}

// office is a folder of keys with one station enrolled.
type office struct {
	dir string
	to  []age.Recipient
	key *submission.StationKey
}

func newOffice(t testing.TB) *office {
	t.Helper()
	o := &office{dir: filepath.Join(t.TempDir(), "central")}
	mustCentral(t, "keys", o.dir)
	o.key, o.to = o.enrol(t, centraltest.Station)
	return o
}

func (o *office) bundle(station string) string { return filepath.Join(o.dir, "stations", station) }

func (o *office) enrol(t testing.TB, station string) (*submission.StationKey, []age.Recipient) {
	t.Helper()
	out := mustCentral(t, "enrol", o.dir, "--station", station, "--unit", centraltest.Unit)
	if strings.TrimSpace(out) != o.bundle(station) {
		t.Fatalf("enrol printed %q", out)
	}
	key, err := submission.LoadStationKey(filepath.Join(o.bundle(station), "sign.jwk"))
	if err != nil {
		t.Fatal(err)
	}
	to, err := submission.LoadRecipients(filepath.Join(o.bundle(station), "recipients.txt"))
	if err != nil {
		t.Fatal(err)
	}
	return key, to
}

// seal gives the sealed form of doc by the office's station.
func (o *office) seal(t testing.TB, doc submission.Document) (sealed []byte, digest string) {
	t.Helper()
	sealed, digest, err := submission.Seal(doc, o.key, o.to)
	if err != nil {
		t.Fatal(err)
	}
	return sealed, digest
}

// running is a serving central in a process of its own.
type running struct {
	cmd       *exec.Cmd
	api, page string
	mu        sync.Mutex // guards log
	log       bytes.Buffer
	ended     chan error
}

// Write keeps the log.
func (r *running) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.Write(p)
}

func (r *running) said() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.String()
}

// serve starts central and waits until it says that it is ready. When the test
// ends it is stopped, if it still runs, and must have logged no person.
func (o *office) serve(t testing.TB, act string, more ...string) *running {
	t.Helper()
	r := &running{ended: make(chan error, 1)}
	args := append([]string{"serve", "--dir", o.dir, "--listen", "127.0.0.1:0", "--page", "127.0.0.1:0"}, more...)
	r.cmd = exec.Command(os.Args[0], args...)
	r.cmd.Env = childEnv(act)
	r.cmd.Stderr = r
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		switch word, rest, _ := strings.Cut(lines.Text(), " "); word {
		case "api":
			r.api = rest
		case "page":
			r.page = rest
		case "ready":
			go func() { r.ended <- r.cmd.Wait() }()
			t.Cleanup(func() { r.stop(t) })
			return r
		}
	}
	t.Fatalf("central did not come up: %v\n%s", r.cmd.Wait(), r.said())
	return nil
}

// stop ends central as an operator would, and checks how it went.
func (r *running) stop(t testing.TB) {
	t.Helper()
	if err := r.cmd.Process.Signal(syscall.SIGTERM); err == nil {
		select {
		case err := <-r.ended:
			if err != nil {
				t.Errorf("central ended with %v\n%s", err, r.said())
			}
			r.ended <- nil
		case <-time.After(20 * time.Second):
			t.Errorf("central did not stop\n%s", r.said())
			_ = r.cmd.Process.Kill()
		}
	}
	centraltest.CheckNoPerson(t, "log", r.said())
	if strings.Contains(r.said(), "DATA RACE") {
		t.Error(r.said())
	}
}

// gone waits until central has died by itself.
func (r *running) gone(t testing.TB) {
	t.Helper()
	select {
	case <-r.ended:
		r.ended <- nil
	case <-time.After(20 * time.Second):
		t.Fatal("central still lives")
	}
}

// client is the generated client with the certificate in bundle. Whatever it
// sends and gets is held against the contract.
func client(t testing.TB, r *running, bundle string) *contract.ClientWithResponses {
	t.Helper()
	c, err := contract.NewClientWithResponses(r.api, contract.WithHTTPClient(&http.Client{
		Transport: newInspector(t, transport(t, bundle)), Timeout: 20 * time.Second}))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func transport(t testing.TB, bundle string) *http.Transport {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(filepath.Join(bundle, "station.crt"), filepath.Join(bundle, "station.key"))
	if err != nil {
		t.Fatal(err)
	}
	ca, err := os.ReadFile(filepath.Join(bundle, "ca.crt"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca) {
		t.Fatal("ca.crt holds no certificate")
	}
	tr := &http.Transport{TLSClientConfig: &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: roots, MinVersion: tls.VersionTLS13}}
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

// inspector holds every request and response against the contract.
type inspector struct {
	t      testing.TB
	next   http.RoundTripper
	routes routers.Router
}

func newInspector(t testing.TB, next http.RoundTripper) *inspector {
	t.Helper()
	spec, err := openapi3.NewLoader().LoadFromData(api.Central)
	if err != nil {
		t.Fatal(err)
	}
	spec.Servers = nil // any address
	routes, err := legacy.NewRouter(spec)
	if err != nil {
		t.Fatal(err)
	}
	return &inspector{t: t, next: next, routes: routes}
}

// wrongOnPurpose marks requests that break the contract because the test wants it.
type wrongOnPurpose struct{}

// RoundTrip passes the request on.
func (i *inspector) RoundTrip(r *http.Request) (*http.Response, error) {
	route, params, err := i.routes.FindRoute(r)
	if err != nil {
		i.t.Errorf("%s %s is not in the contract: %v", r.Method, r.URL.Path, err)
		return i.next.RoundTrip(r)
	}
	options := &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true,
		AuthenticationFunc: openapi3filter.NoopAuthenticationFunc} // TLS does it
	asked := &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route, Options: options}
	if err := openapi3filter.ValidateRequest(r.Context(), asked); err != nil && r.Context().Value(wrongOnPurpose{}) == nil {
		i.t.Errorf("request %s %s breaks the contract: %v", r.Method, r.URL.Path, err)
	}
	answer, err := i.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	var body bytes.Buffer
	if _, err := body.ReadFrom(answer.Body); err != nil {
		return nil, err
	}
	if err := answer.Body.Close(); err != nil {
		return nil, err
	}
	got := &openapi3filter.ResponseValidationInput{RequestValidationInput: asked, Status: answer.StatusCode, Header: answer.Header, Options: options}
	if err := openapi3filter.ValidateResponse(r.Context(), got.SetBodyBytes(body.Bytes())); err != nil {
		i.t.Errorf("answer %d to %s %s breaks the contract: %v", answer.StatusCode, r.Method, r.URL.Path, err)
	}
	answer.Body = readCloser{&body}
	return answer, nil
}

type readCloser struct{ *bytes.Buffer }

// Close does nothing: the bytes are in memory.
func (readCloser) Close() error { return nil }

// put hands over sealed bytes and gives the parsed answer.
func put(ctx context.Context, t testing.TB, c *contract.ClientWithResponses, id, station, digest string, sealed []byte) *contract.PutSubmissionResponse {
	t.Helper()
	answer, err := c.PutSubmissionWithBodyWithResponse(ctx, id,
		&contract.PutSubmissionParams{StationID: station, ContentDigest: digest}, contract.SealedType, bytes.NewReader(sealed))
	if err != nil {
		t.Fatalf("put: %v", err)
	}
	return answer
}
