package torture

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// weather is the way from one station to central: it holds both ends of the
// TLS, so that it can do to whole requests and replies what a bad network and
// the boxes in it do.
type weather struct {
	base   string // where the station finds it
	to     string // where central is
	client *http.Client
	late   sync.WaitGroup // what is still to be repeated
	end    context.CancelFunc
	ctx    context.Context

	mu   sync.Mutex // guards what follows
	dice *rand.Rand
	deck []string // of kinds, to be drawn from the top
	calm bool
	trap *trap          // for the next submission; nil = none
	seen map[string]int // what happened, how often
	last *reply         // of an earlier submission
}

type reply struct {
	status int
	header http.Header
	body   []byte
}

// kinds are what may happen to a request that brings a submission or a piece of
// a part, with their weights; the rest passes.
var kinds = []struct {
	name   string
	weight int
}{
	{"request lost", 4}, {"request cut short", 3}, {"reply lost", 6}, {"reply truncated", 4}, {"reply delayed", 4},
	{"request delayed", 4}, {"request doubled", 5}, {"request repeated later", 5}, {"reply of another", 3},
	{"portal's page", 2}, {"busy", 1},
}

// newWeather stands between a station with this bundle and central, with
// central's own certificate on the one side and the station's on the other.
func newWeather(t *testing.T, seed uint64, central, bundle, to string) *weather {
	t.Helper()
	pair := func(dir, cert, key string) tls.Certificate {
		p, err := tls.LoadX509KeyPair(filepath.Join(dir, cert), filepath.Join(dir, key))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	root, err := os.ReadFile(filepath.Join(central, "ca.crt"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(root)
	w := &weather{to: to, dice: rand.New(rand.NewPCG(seed, 0)), seen: map[string]int{}}
	w.ctx, w.end = context.WithCancel(context.Background())
	w.client = &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots,
		Certificates: []tls.Certificate{pair(bundle, "station.crt", "station.key")}}}}
	srv := httptest.NewUnstartedServer(w)
	srv.TLS = &tls.Config{Certificates: []tls.Certificate{pair(central, "server.crt", "server.key")},
		ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: roots}
	srv.Config.ErrorLog = quiet
	srv.StartTLS()
	w.base = srv.URL
	t.Cleanup(func() {
		w.end()
		w.late.Wait()
		srv.CloseClientConnections()
		srv.Close()
	})
	return w
}

// choose says what happens to the next request. What brings something draws from a
// deck, so that in a hundred such requests each kind happens as often as it weighs.
func (w *weather) choose(brings bool) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	kind := passed
	switch {
	case w.calm:
	case brings:
		if len(w.deck) == 0 {
			w.deck = cards()
			w.dice.Shuffle(len(w.deck), func(i, j int) { w.deck[i], w.deck[j] = w.deck[j], w.deck[i] })
		}
		kind, w.deck = w.deck[0], w.deck[1:]
	case w.dice.IntN(4) == 0:
		kind = cards()[w.dice.IntN(deckSize)]
	}
	w.seen[kind]++
	return kind
}

// passed is the kind of a request to which nothing happens.
const passed = "passed"

// deckSize is how many cards there are, and so what the weights add up to with
// what passes.
const deckSize = 100

// cards gives a new deck.
func cards() []string {
	deck := make([]string, 0, deckSize)
	for _, k := range kinds {
		deck = append(deck, slices.Repeat([]string{k.name}, k.weight)...)
	}
	return append(deck, slices.Repeat([]string{passed}, deckSize-len(deck))...)
}

// trap lies in wait for a submission on its way.
type trap struct {
	reply bool   // it is central's answer to it that is waited for
	lost  bool   // what was caught goes no further
	shut  func() // called once, while what was caught stands still
}

// lay lays a trap in the place of another; nil takes it away.
func (w *weather) lay(t *trap) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.trap = t
}

// caught shuts the trap, if there is one for such a thing, and tells whether that
// is lost.
func (w *weather) caught(reply bool) bool {
	w.mu.Lock()
	t := w.trap
	if t == nil || t.reply != reply {
		w.mu.Unlock()
		return false
	}
	w.trap = nil
	w.mu.Unlock()
	t.shut()
	return t.lost
}

// settle ends the bad weather, and waits until all that was held back is done.
func (w *weather) settle() {
	w.mu.Lock()
	w.calm = true
	w.mu.Unlock()
	w.late.Wait()
}

func (w *weather) ServeHTTP(out http.ResponseWriter, in *http.Request) {
	body, err := io.ReadAll(in.Body)
	if err != nil {
		return // the station died in the midst of it
	}
	put := in.Method == http.MethodPut
	if put && w.caught(false) {
		hangUp(out)
		return
	}
	brings := put || in.Method == http.MethodPatch
	kind := w.choose(brings)
	switch kind {
	case "request lost":
		hangUp(out)
		return
	case "request cut short":
		_, _ = w.forward(in, body, len(body)/2)
		hangUp(out)
		return
	case "portal's page":
		out.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(out, "<html>Chào mừng đến với Wi-Fi miễn phí</html>")
		return
	case "busy":
		out.WriteHeader(http.StatusBadGateway)
		return
	case "request delayed":
		w.pass(20 * time.Millisecond)
	case "request doubled":
		_, _ = w.forward(in, body, len(body))
	case "request repeated later": // behind others that the station sends meanwhile
		if brings {
			copied := in.Clone(w.ctx)
			w.late.Go(func() {
				w.pass(time.Second)
				_, _ = w.forward(copied, body, len(body))
			})
		}
	}
	r, err := w.forward(in, body, len(body))
	if err != nil {
		hangUp(out)
		return
	}
	if put && w.caught(true) {
		hangUp(out)
		return
	}
	w.mu.Lock()
	other := w.last
	if put {
		w.last = r
	}
	w.mu.Unlock()
	switch kind {
	case "reply lost":
		hangUp(out)
		return
	case "reply truncated":
		for k, v := range r.header {
			out.Header()[k] = v
		}
		out.Header().Set("Content-Length", fmt.Sprint(len(r.body)))
		out.WriteHeader(r.status)
		_, _ = out.Write(r.body[:len(r.body)/2])
		_ = http.NewResponseController(out).Flush()
		hangUp(out)
		return
	case "reply delayed":
		w.pass(30 * time.Millisecond)
	case "reply of another":
		if put && other != nil {
			r = other
		}
	}
	for k, v := range r.header {
		out.Header()[k] = v
	}
	out.WriteHeader(r.status)
	_, _ = out.Write(r.body)
}

// pass lets some time pass, at most d.
func (w *weather) pass(d time.Duration) {
	w.mu.Lock()
	d = time.Duration(w.dice.Int64N(int64(d)))
	w.mu.Unlock()
	select {
	case <-time.After(d):
	case <-w.ctx.Done():
	}
}

// forward sends the first n bytes of a request to central, all of them
// announced, and gives the whole reply.
func (w *weather) forward(in *http.Request, body []byte, n int) (*reply, error) {
	var from io.Reader = bytes.NewReader(body[:n])
	if n < len(body) {
		from = io.MultiReader(from, cutOff{})
	}
	req, err := http.NewRequestWithContext(w.ctx, in.Method, w.to+in.URL.RequestURI(), from)
	if err != nil {
		return nil, err
	}
	req.ContentLength = int64(len(body))
	for k, v := range in.Header {
		if !strings.EqualFold(k, "Connection") {
			req.Header[k] = v
		}
	}
	rsp, err := w.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer rsp.Body.Close()
	all, err := io.ReadAll(rsp.Body)
	return &reply{rsp.StatusCode, rsp.Header, all}, err
}

// cutOff is a body that ends before its time.
type cutOff struct{}

func (cutOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// hangUp cuts the station's connection without another byte.
func hangUp(out http.ResponseWriter) {
	if c, _, err := http.NewResponseController(out).Hijack(); err == nil {
		_ = c.Close()
	}
}
