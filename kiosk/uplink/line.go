package uplink

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strconv"
	"time"

	"motcua/kiosk/contract"
)

// Cause says what stands in the way of delivery.
type Cause string

// The causes. None means that nothing does.
const (
	None        Cause = ""
	Unreachable Cause = "unreachable"  // no route, no answer, connection cut
	NotCentral  Cause = "not-central"  // somebody else answered: a captive portal
	NotEnrolled Cause = "not-enrolled" // central does not take our certificate
	Busy        Cause = "busy"         // central says: later
	OverQuota   Cause = "over-quota"   // central takes no more of this kind today
	Faulty      Cause = "faulty"       // central fails again and again
	NoRoom      Cause = "no-room"      // central has no room for parts
	Lacking     Cause = "lacking"      // central lacks parts of a submission
	OutboxBad   Cause = "outbox"       // the outbox cannot be read or marked
)

// Causes are all that can stand in the way.
func Causes() []Cause {
	return []Cause{Unreachable, NotCentral, NotEnrolled, Busy, OverQuota, Faulty, NoRoom, Lacking, OutboxBad}
}

// away tells whether central itself was not reached.
func (c Cause) away() bool { return c == Unreachable || c == NotCentral || c == NotEnrolled }

// alone tells whether it is about the one submission, and perhaps no other.
func (f *failure) alone() bool { return f.cause == Faulty || f.cause == NoRoom }

// failure is a request that got no answer of central's that settles it.
type failure struct {
	cause Cause
	after time.Duration // what Retry-After asked for
	err   error
	moved bool // something was sent before it came
}

func (f *failure) Error() string { return fmt.Sprintf("uplink: %s: %v", f.cause, f.err) }
func (f *failure) Unwrap() error { return f.err }

const (
	dialTime   = 5 * time.Second
	answerTime = 10 * time.Second // from the request sent to the reply's header
	sendTime   = 45 * time.Second // a whole PUT: 1 MiB at 200 kbit/s
	askTime    = 15 * time.Second // a whole small request
	probeTime  = 4 * time.Second
	// maxBody bounds every reply: 200 statuses are below 200 kB.
	maxBody = 1 << 20
	// longest is the most that any wait between two tries takes.
	longest = 5 * time.Minute
	// longestAsked is the most that is waited because central asks for it.
	longestAsked = time.Hour
)

// line is the connection to central: it does requests and lets through only
// what can be central's reply, complete and in memory.
type line struct {
	client *http.Client
	clock  *clock
}

func newLine(config *tls.Config, c *clock, th *throttle) (*line, func()) {
	config = config.Clone()
	config.Time = c.check
	config.MinVersion = max(config.MinVersion, tls.VersionTLS13)
	var h1 http.Protocols
	h1.SetHTTP1(true) // one request at a time: a stuck connection is one to close
	t := &http.Transport{
		DialContext:            th.dial(&net.Dialer{Timeout: dialTime, KeepAlive: 15 * time.Second}),
		TLSClientConfig:        config,
		TLSHandshakeTimeout:    dialTime,
		ResponseHeaderTimeout:  answerTime,
		IdleConnTimeout:        time.Minute,
		MaxIdleConns:           4,
		MaxResponseHeaderBytes: 32 << 10,
		DisableCompression:     true,
		Protocols:              &h1,
	}
	return lineOver(t, c), t.CloseIdleConnections
}

func lineOver(t http.RoundTripper, c *clock) *line {
	return &line{clock: c, client: &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse // central redirects nobody
	}}}
}

// Do does req for the generated client.
func (l *line) Do(req *http.Request) (*http.Response, error) {
	rsp, err := l.client.Do(req)
	if err != nil {
		l.clock.failed(err)
		return nil, &failure{cause: causeOf(err), err: err}
	}
	defer rsp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(rsp.Body, maxBody+1))
	if err != nil {
		return nil, &failure{cause: Unreachable, err: fmt.Errorf("reply cut short: %w", err)}
	}
	if len(body) > maxBody {
		return nil, &failure{cause: NotCentral, err: fmt.Errorf("reply longer than %d bytes", maxBody)}
	}
	kind, _, _ := mime.ParseMediaType(rsp.Header.Get("Content-Type"))
	switch ours := rsp.StatusCode; {
	case ours < 300 && rsp.Header.Get("Tus-Resumable") == contract.TusVersion:
	case ours == http.StatusOK || ours == http.StatusCreated:
		if kind != "application/json" {
			return nil, &failure{cause: NotCentral, err: fmt.Errorf("status %d with %q", ours, kind)}
		}
	case kind == contract.ProblemType && ours >= 400:
	case ours >= 500: // whatever stands before central says that central is away
		return nil, &failure{cause: Busy, after: min(retryAfter(rsp), longest), err: fmt.Errorf("status %d with %q", ours, kind)}
	default:
		return nil, &failure{cause: NotCentral, err: fmt.Errorf("status %d with %q", ours, kind)}
	}
	if at, err := http.ParseTime(rsp.Header.Get("Date")); err == nil {
		l.clock.hearDate(at)
	}
	rsp.Body = io.NopCloser(bytes.NewReader(body))
	return rsp, nil
}

// causeOf tells an absent central from a foreign one and from one that does not
// want us.
func causeOf(err error) Cause {
	var (
		remote    *net.OpError
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
		verify    *tls.CertificateVerificationError
		record    tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &remote) && remote.Op == "remote error": // a TLS alert: it does not want our certificate
		return NotEnrolled
	case errors.As(err, &authority), errors.As(err, &host), errors.As(err, &invalid), errors.As(err, &verify), errors.As(err, &record):
		return NotCentral
	}
	return Unreachable
}

// shape is the failure of a reply whose body is not as the contract says.
func shape(err error) error {
	if f, ok := errors.AsType[*failure](err); ok {
		return f
	}
	return &failure{cause: NotCentral, err: fmt.Errorf("reply of another shape: %w", err)}
}

// refusedTo turns a problem that is about the station or central, not about
// what was sent, into a failure.
func refusedTo(rsp *http.Response, p *contract.Problem) error {
	code := "without a problem document"
	if p != nil {
		code = p.Code
	}
	f := &failure{after: min(retryAfter(rsp), longest), err: fmt.Errorf("status %d, %s", rsp.StatusCode, code)}
	switch {
	case rsp.StatusCode == http.StatusForbidden:
		f.cause = NotEnrolled
	case rsp.StatusCode == http.StatusServiceUnavailable:
		f.cause = Busy
	case rsp.StatusCode == http.StatusTooManyRequests:
		f.cause, f.after = OverQuota, retryAfter(rsp)
	case rsp.StatusCode == http.StatusInsufficientStorage:
		f.cause = NoRoom
	case rsp.StatusCode >= 500:
		f.cause = Faulty
	default:
		f.cause = NotCentral
	}
	return f
}

// retryAfter reads the header in seconds or as a date (RFC 9110, 10.2.3), at
// most longestAsked. A date is taken relative to the reply's own Date.
func retryAfter(rsp *http.Response) time.Duration {
	v := rsp.Header.Get("Retry-After")
	if s, err := strconv.ParseUint(v, 10, 31); err == nil {
		return min(time.Duration(s)*time.Second, longestAsked)
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	from, err := http.ParseTime(rsp.Header.Get("Date"))
	if err != nil {
		return 0
	}
	return min(max(0, at.Sub(from)), longestAsked)
}
