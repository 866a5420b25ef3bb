// Package handover is the page on which a citizen's phone hands photos of papers
// to the station, over the ward's Wi-Fi.
//
// The station serves it itself, over TLS, only where it is configured. A page
// exists while the screen asks one visitor one question: Open makes it with a
// token of 128 bits or more in its address, which the screen shows as a QR code;
// Close ends it, and with it whatever is being sent. There is no other page, no
// listing, no script and nothing that is fetched from elsewhere.
//
// Files go straight into the visit's attachment.Tray, which checks and seals
// them as they come: no plain byte touches the disk, and no more than a few KiB
// of a file are in memory. What files are called is not read. Whoever was sent
// the address could hand in files as well; the visitor sees on the station's
// screen what came, and takes back what is not theirs.
package handover

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"motcua/kiosk/attachment"
	"motcua/kiosk/pack"
	"motcua/kiosk/text"
)

// Bounds on what strangers in the Wi-Fi can take of the station.
const (
	headerTime  = 5 * time.Second  // for a request's head, and for the TLS handshake
	idleTime    = 15 * time.Second // between two requests on one connection
	answerTime  = 15 * time.Second // for an answer to be fetched
	maxHeader   = 8 << 10          // bytes of a request's head; net/http adds 4 KiB
	connections = 48               // at once
	fromOne     = 12               // of them from one address; browsers open six
	retryEvery  = 5 * time.Second  // while the address is not this machine's
)

// Tray takes files in; *attachment.Tray is one.
type Tray interface {
	Take(ctx context.Context, from io.Reader) (attachment.Attachment, error)
	List() []attachment.Attachment
}

// Ask is what a page is opened for. Its functions are called from several
// goroutines and must not block; some may be called once more after Close.
type Ask struct {
	Label   pack.Text // what is asked for
	Tray    Tray
	Coming  func()                      // a phone opened the page or sends, at most once a second
	Arrived func(attachment.Attachment) // a file was taken
	Refused func(key string)            // a file was not; key is of the sentence that says why
}

// Options are what a Page is made of.
type Options struct {
	Listen string // address and port of this machine in the ward's Wi-Fi, "192.168.10.5:8443"
	Host   string // as phones call it, without a port, and as its certificate does; "" = Listen's address
	// Certificate gives what phones are shown; see Files and SelfSigned.
	Certificate Certificate
	Texts       *text.Catalogue
	Ward        pack.Text // shown on top of the page
	Log         *slog.Logger
	// Told hears whether phones can reach the page, once for each change, and
	// why they cannot. It must not block.
	Told func(ready bool, err error)
}

// Page is the page of one station. It is safe for use by several goroutines.
type Page struct {
	Options
	head  time.Duration // for a request's head
	pace  pace
	wait  time.Duration // for the phone before to be done
	addrs func() ([]net.Addr, error)
	style string

	mu   sync.Mutex // guards what follows
	open *session   // nil = none
	port string     // that it is served on; "" = it is not
}

// New makes a Page that nobody can reach before Run.
func New(o Options) *Page {
	return &Page{Options: o, head: headerTime, pace: usualPace, wait: 20 * time.Second, addrs: net.InterfaceAddrs, style: styleSource()}
}

// Opened is a page that is open.
type Opened struct {
	URL  string // for the QR code; whoever has it may hand files in
	Code string // short, not secret; the page shows it too
}

// Open opens a page for a, and closes the one before. It only fills memory. ok
// is false, and nothing is open, while phones cannot reach the station.
func (p *Page) Open(a Ask) (o Opened, ok bool) {
	p.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.port == "" {
		return Opened{}, false
	}
	token := rand.Text() // 26 letters and digits, 130 bits
	p.open = newSession(a, token)
	host := p.Host
	if host == "" {
		host, _, _ = net.SplitHostPort(p.Listen)
	}
	return Opened{URL: "https://" + net.JoinHostPort(host, p.port) + "/" + token, Code: p.open.code}, true
}

// Close ends the page that is open, if any, and what is being sent to it. From
// its return on nothing more is read; a file that was taken at that moment may
// still be told of. It does not wait.
func (p *Page) Close() {
	p.mu.Lock()
	s := p.open
	p.open = nil
	p.mu.Unlock()
	if s != nil {
		s.end()
	}
}

// session gives the open one to whoever has its token. How long it takes says
// nothing of the token: digests are compared, in constant time.
func (p *Page) session(token string) *session {
	p.mu.Lock()
	s := p.open
	p.mu.Unlock()
	sum := sha256.Sum256([]byte(token))
	if s == nil || subtle.ConstantTimeCompare(sum[:], s.token[:]) != 1 {
		return nil
	}
	return s
}

// Run serves the page until ctx ends, and waits for its address to be this
// machine's. It returns ctx's error after everything it started has ended.
func (p *Page) Run(ctx context.Context) error {
	defer p.Close()
	said := ""
	tell := func(err error) {
		now := "ready"
		if err != nil {
			now = err.Error()
		}
		if now != said {
			said = now
			p.Told(err == nil, err)
		}
	}
	for {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", p.Listen)
		if err == nil {
			p.serve(ctx, l, tell)
			err = errGone
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		tell(err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(retryEvery):
		}
	}
}

// errGone: the machine has left the Wi-Fi.
var errGone = errors.New("the address is no longer one of this machine's")

// serve serves l until ctx ends or the address is gone.
func (p *Page) serve(ctx context.Context, l net.Listener, tell func(error)) {
	s := &http.Server{
		Handler: http.HandlerFunc(p.answer), MaxHeaderBytes: maxHeader,
		ReadHeaderTimeout: p.head, ReadTimeout: answerTime, WriteTimeout: answerTime, IdleTimeout: idleTime,
		ErrorLog:  slog.NewLogLogger(p.Log.Handler(), slog.LevelDebug), // a stranger's noise
		TLSConfig: &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: p.Certificate},
		Protocols: new(http.Protocols),
	}
	s.Protocols.SetHTTP1(true) // one request a connection: easier to bound
	var work sync.WaitGroup
	answer := s.Handler
	s.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		work.Add(1)
		defer work.Done()
		answer.ServeHTTP(w, r)
	})
	ended := make(chan error, 1)
	go func() { ended <- s.ServeTLS(newDoor(l, connections, fromOne), "", "") }()
	p.reachable(l.Addr())
	tell(nil)
	look := time.NewTicker(retryEvery)
	defer look.Stop()
	for here := true; here; {
		select {
		case <-ctx.Done():
			here = false
		case err := <-ended:
			ended <- err
			here = false
		case <-look.C:
			here = p.present()
		}
	}
	p.reachable(nil)
	p.Close()
	_ = s.Close()
	<-ended
	work.Wait()
}

// reachable keeps on which port phones find the page; nil = on none.
func (p *Page) reachable(at net.Addr) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.port = ""
	if at != nil {
		_, p.port, _ = net.SplitHostPort(at.String())
	}
}

// present tells whether the address is still one of this machine's.
func (p *Page) present() bool {
	at, err := netip.ParseAddrPort(p.Listen)
	if err != nil || at.Addr().IsUnspecified() {
		return true
	}
	all, err := p.addrs()
	if err != nil {
		return true // nothing is known
	}
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok {
			if ip, ok := netip.AddrFromSlice(n.IP); ok && ip.Unmap() == at.Addr().Unmap() {
				return true
			}
		}
	}
	return false
}
