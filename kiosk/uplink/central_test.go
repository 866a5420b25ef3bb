package uplink

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"motcua/assets/api"
	"motcua/kiosk/contract"
	"motcua/kiosk/submission"
)

const station = "CN-03"

// central is the far end: it follows the contract, holds every request against
// it, and has hands to misbehave with.
type central struct {
	t      testing.TB
	routes routers.Router
	now    func() time.Time

	mu      sync.Mutex // guards what follows
	kept    map[string][]byte
	order   []string
	puts    map[string]int
	status  map[string]contract.Status // says so instead of "received"
	refuses map[string]string          // id → code, answered with 422
	beats   []contract.Heartbeat
	asked   int // status queries
	secrets map[string]string
	// bad sees every request first; true = it has answered, or cut the line.
	bad func(w http.ResponseWriter, r *http.Request) bool
}

var decoders = sync.OnceFunc(func() {
	openapi3filter.RegisterBodyDecoder(contract.SealedType, openapi3filter.FileBodyDecoder)
})

func newCentral(t testing.TB) *central {
	t.Helper()
	decoders()
	spec, err := openapi3.NewLoader().LoadFromData(api.Central)
	if err != nil {
		t.Fatal(err)
	}
	spec.Servers = nil // any address
	routes, err := legacy.NewRouter(spec)
	if err != nil {
		t.Fatal(err)
	}
	return &central{t: t, routes: routes, now: time.Now, kept: map[string][]byte{}, puts: map[string]int{},
		status: map[string]contract.Status{}, refuses: map[string]string{}, secrets: map[string]string{}}
}

// misbehave sets what sees every request first; nil ends it.
func (c *central) misbehave(bad func(w http.ResponseWriter, r *http.Request) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bad = bad
}

func (c *central) delivered() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.order)
}

func (c *central) set(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
}

func (c *central) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	bad := c.bad
	c.mu.Unlock()
	if bad != nil && bad(w, r) {
		return
	}
	c.answer(w, r)
}

// answer does what the contract says.
func (c *central) answer(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", c.now().UTC().Format(http.TimeFormat))
	if !c.follows(r) {
		say(w, 400, problem("bad-request", 400))
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch r.Method + " " + r.URL.Path {
	case "GET /v1/time":
		say(w, 200, contract.Time{Time: c.now()})
	case "POST /v1/heartbeats":
		var h contract.Heartbeat
		_ = json.NewDecoder(r.Body).Decode(&h)
		c.beats = append(c.beats, h)
		say(w, 200, contract.Time{Time: c.now()})
	case "POST /v1/statuses":
		var q contract.StatusQuery
		_ = json.NewDecoder(r.Body).Decode(&q)
		c.asked++
		list := contract.StatusList{Statuses: []contract.Status{}, Unknown: []string{}}
		for _, id := range q.Ids {
			if _, ok := c.kept[id]; ok {
				list.Statuses = append(list.Statuses, c.statusOf(id))
			} else {
				list.Unknown = append(list.Unknown, id)
			}
		}
		say(w, 200, list)
	case "POST /v1/lookups":
		var l contract.LookUp
		_ = json.NewDecoder(r.Body).Decode(&l)
		if _, ok := c.kept[l.Ref]; !ok || c.secrets[l.Ref] != l.Secret {
			say(w, 404, problem("not-found", 404))
			return
		}
		s := c.statusOf(l.Ref)
		say(w, 200, contract.Tracking{ID: s.ID, State: s.State, At: s.At, ReceivedAt: s.At, Dossier: s.Dossier,
			Procedure: contract.ProcedureName{Code: "1.001193", Title: "Đăng ký khai sinh"}})
	default:
		c.take(w, r)
	}
}

func (c *central) take(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Path[len("/v1/submissions/"):]
	body, err := io.ReadAll(r.Body)
	if err != nil || r.Header.Get("Content-Digest") != submission.Digest(body) || r.Header.Get("Station-Id") != station {
		say(w, 400, problem("digest-mismatch", 400))
		return
	}
	c.puts[id]++
	if code, no := c.refuses[id]; no {
		say(w, 422, problem(code, 422))
		return
	}
	had, again := c.kept[id]
	switch {
	case again && !bytes.Equal(had, body):
		say(w, 409, problem("other-content", 409))
	case again:
		say(w, 200, c.statusOf(id))
	default:
		c.kept[id] = body
		c.order = append(c.order, id)
		say(w, 201, c.statusOf(id))
	}
}

func (c *central) statusOf(id string) contract.Status {
	s, ok := c.status[id]
	if !ok {
		s = contract.Status{State: contract.StateReceived}
	}
	s.ID, s.At = id, c.now().UTC().Truncate(time.Second)
	if s.State != contract.StateRefused {
		s.Digest = submission.Digest(c.kept[id])
	}
	return s
}

// follows holds a request against the contract.
func (c *central) follows(r *http.Request) bool {
	route, params, err := c.routes.FindRoute(r)
	if err == nil {
		err = openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{
			Request: r, PathParams: params, Route: route,
			Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc}}) // TLS does it
	}
	if err != nil && r.Context().Err() == nil {
		c.t.Errorf("%s %s breaks the contract: %v", r.Method, r.URL.Path, err)
	}
	return err == nil
}

func problem(code string, status int) contract.Problem {
	return contract.Problem{Type: "urn:motcua:problem:" + code, Code: code, Status: status, Owner: contract.ProblemOwnerTechnician,
		Title: "Hồ sơ sai cấu trúc", TitleEN: "Malformed", Detail: "Nguyễn Văn Mẫu 001090999999", DetailEN: "d",
		Next: "Báo kỹ thuật 19001009 và gọi 001090999999", NextEN: "n"}
}

func say(w http.ResponseWriter, status int, v any) {
	kind := "application/json"
	if status >= 400 {
		kind = contract.ProblemType
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// authority is a certificate authority for one test.
type authority struct {
	t    testing.TB
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pool *x509.CertPool
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	a := &authority{t: t, pool: x509.NewCertPool()}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	root := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"},
		NotBefore: time.Unix(0, 0), NotAfter: time.Now().AddDate(20, 0, 0), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, root, root, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	a.key = key
	a.pool.AddCert(a.cert)
	return a
}

func (a *authority) issue(name string, from, to time.Time) tls.Certificate {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name},
		NotBefore: from, NotAfter: to, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}, a.cert, key.Public(), a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func (a *authority) valid(name string) tls.Certificate {
	return a.issue(name, time.Now().AddDate(-1, 0, 0), time.Now().AddDate(1, 0, 0))
}

// client is the station's side of mutual TLS.
func (a *authority) client() *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{a.valid(station)}, RootCAs: a.pool}
}

// serve puts h behind TLS as central does.
func (a *authority) serve(h http.Handler, cert tls.Certificate) *httptest.Server {
	srv := httptest.NewUnstartedServer(h)
	srv.TLS = &tls.Config{Certificates: []tls.Certificate{cert}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: a.pool}
	srv.Config.ErrorLog = quiet
	srv.StartTLS()
	a.t.Cleanup(srv.Close)
	return srv
}

// cable is a line to a server that can be cut and mended.
type cable struct {
	t      testing.TB
	to     string
	addr   string
	garble bool // answers rubbish itself

	mu    sync.Mutex // guards what follows
	in    net.Listener
	conns map[net.Conn]bool
	done  sync.WaitGroup
}

func plug(t testing.TB, to string) *cable {
	t.Helper()
	c := &cable{t: t, to: to, addr: "127.0.0.1:0", conns: map[net.Conn]bool{}}
	c.mend()
	t.Cleanup(c.cut)
	return c
}

func (c *cable) mend() {
	c.t.Helper()
	in, err := net.Listen("tcp", c.addr)
	if err != nil {
		c.t.Fatal(err)
	}
	c.mu.Lock()
	c.in, c.addr = in, in.Addr().String()
	c.mu.Unlock()
	c.done.Go(func() {
		for {
			near, err := in.Accept()
			if err != nil {
				return
			}
			c.done.Go(func() { c.join(near) })
		}
	})
}

func (c *cable) join(near net.Conn) {
	defer near.Close()
	if c.garble {
		_, _ = near.Write([]byte("220 mail.example.vn ESMTP\r\n"))
		return
	}
	far, err := net.Dial("tcp", c.to)
	if err != nil {
		return
	}
	defer far.Close()
	c.mu.Lock()
	if c.in == nil {
		c.mu.Unlock()
		return
	}
	c.conns[near], c.conns[far] = true, true
	c.mu.Unlock()
	var both sync.WaitGroup
	for _, way := range [][2]net.Conn{{near, far}, {far, near}} {
		both.Go(func() {
			_, _ = io.Copy(way[0], way[1])
			_, _ = way[0].Close(), way[1].Close()
		})
	}
	both.Wait()
	c.mu.Lock()
	delete(c.conns, near)
	delete(c.conns, far)
	c.mu.Unlock()
}

// cut closes everything; a new connection is refused.
func (c *cable) cut() {
	c.mu.Lock()
	if c.in != nil {
		_ = c.in.Close()
		c.in = nil
	}
	for conn := range c.conns {
		_ = conn.Close()
	}
	c.mu.Unlock()
	c.done.Wait()
}
