// Package metrics tells a monitoring system on the same machine how the outbox
// and the uplink do, in Prometheus's text format. No id and nothing of a
// submission is among it.
package metrics

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"motcua/kiosk/outbox"
	"motcua/kiosk/uplink"
)

// lookTime bounds how long the outbox is looked into for one answer.
const lookTime = 5 * time.Second

// Source is what is measured.
type Source struct {
	Outbox *outbox.Outbox
	Uplink *uplink.Uplink
	Now    func() time.Time // nil = time.Now
}

// Page answers a GET with all figures as of then, those of the process among
// them. It answers 500 when the outbox cannot be read.
func (s Source) Page() http.Handler {
	if s.Now == nil {
		s.Now = time.Now
	}
	r := prometheus.NewRegistry()
	r.MustRegister(&figures{s}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{})
}

// Run serves the page at http://listen/metrics until ctx ends, and then gives
// ctx's error. It refuses an address that others than this machine can reach.
func (s Source) Run(ctx context.Context, listen string) error {
	at, err := Listen(ctx, listen)
	if err != nil {
		return err
	}
	return s.Serve(ctx, at)
}

// Listen opens a loopback address; port 0 takes a free one.
func Listen(ctx context.Context, listen string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("metrics: %s is not of this machine alone: take 127.0.0.1 or [::1]", listen)
	}
	at, err := new(net.ListenConfig).Listen(ctx, "tcp", listen)
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	return at, nil
}

// Serve is Run on an address that is open already.
func (s Source) Serve(ctx context.Context, at net.Listener) error {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.Page())
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 8 << 10}
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(at) }()
	select {
	case err := <-ended:
		return fmt.Errorf("metrics: %w", err)
	case <-ctx.Done():
	}
	err := srv.Close()
	if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return errors.Join(ctx.Err(), err)
}

// The figures by name.
var (
	submissions = desc("outbox_submissions", "Submissions kept here, by state.", "state")
	oldest      = desc("outbox_oldest_seconds", "How long the oldest that central has not confirmed has waited; 0 = none waits.")
	sealed      = desc("outbox_sealed_bytes", "Bytes of sealed submissions kept here.")
	free        = desc("outbox_free_bytes", "Bytes free on the outbox's disk.")
	aside       = desc("outbox_damaged_stores", "Damaged stores that were set aside and not removed yet.")
	online      = desc("uplink_online", "1 if central itself answered last, else 0.")
	stands      = desc("uplink_cause", "1 for what stands in the way of delivery now.", "cause")
	answered    = desc("uplink_answered_timestamp_seconds", "When central answered last, by the station's clock; 0 = not yet.")
	sends       = desc("uplink_sends_total", "Submissions sent, by what came of it; settled = received or refused.", "outcome")
	sentBytes   = desc("uplink_sent_bytes_total", "Sealed bytes that central took, parts and all.")
	took        = desc("uplink_send_seconds", "How long the sends took that central settled.")
	pauses      = desc("uplink_pauses_total", "How often sending paused.")
	skew        = desc("clock_skew_seconds", "Central's clock minus the station's; absent as long as it is not known.")
)

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("motcua_"+name, help, labels, nil)
}

// figures collects what is asked for, when it is asked for.
type figures struct{ Source }

// Describe names all figures.
func (f *figures) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{submissions, oldest, sealed, free, aside, online, stands, answered, sends, sentBytes, took, pauses, skew} {
		out <- d
	}
}

// Collect takes all figures.
func (f *figures) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	count := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, labels...)
	}
	ctx, cancel := context.WithTimeout(context.Background(), lookTime)
	defer cancel()
	box, err := f.Outbox.Summary(ctx)
	if err != nil {
		out <- prometheus.NewInvalidMetric(submissions, err)
		return
	}
	for _, s := range []outbox.State{outbox.Queued, outbox.Sending, outbox.Resend, outbox.Received, outbox.Refused} {
		gauge(submissions, float64(box.Counts[s]), string(s))
	}
	gauge(oldest, box.Age(f.Now()).Seconds())
	gauge(sealed, float64(box.Bytes))
	gauge(free, float64(box.Free))
	gauge(aside, float64(len(box.Aside)))

	up := f.Uplink.State()
	gauge(online, one(up.Online))
	for _, c := range uplink.Causes() {
		gauge(stands, one(up.Cause == c), string(c))
	}
	at := 0.0
	if !up.Success.IsZero() {
		at = float64(up.Success.UnixMilli()) / 1000
	}
	gauge(answered, at)
	if up.SkewKnown {
		gauge(skew, up.Skew.Seconds())
	}

	t := f.Uplink.Tally()
	count(sends, float64(t.Sent[uplink.None]), "settled")
	for _, c := range uplink.Causes() {
		if c != uplink.OutboxBad { // nothing was sent
			count(sends, float64(t.Sent[c]), string(c))
		}
	}
	count(sentBytes, float64(t.Bytes))
	count(pauses, float64(t.Pauses))
	out <- prometheus.MustNewConstSummary(took, uint64(t.Sent[uplink.None]), t.Took.Seconds(), nil)
}

func one(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
