// Package gate is where stations come in: the contract's server over mutual TLS.
//
// It logs ids, stations and codes of problems, never what a submission says.
package gate

import (
	"context"
	"errors"
	"log/slog"
	"mime"
	"net/http"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"filippo.io/age"

	"motcua/cmd/central/internal/authority"
	"motcua/cmd/central/internal/ledger"
	"motcua/cmd/central/internal/parts"
	"motcua/kiosk/contract"
	"motcua/kiosk/submission"
)

// Limits of the gate.
const (
	maxSmall  = 64 << 10         // bytes of a body that is no submission
	underway  = 64               // submissions taken in at the same time
	share     = 16               // submissions and parts of one station: it sends two
	patience  = 5 * time.Second  // that one waits for its turn
	flushTime = 10 * time.Second // between writes of what stations said of themselves
)

// Gate takes in what stations send. It implements contract.StrictServerInterface.
type Gate struct {
	ledger    *ledger.Ledger
	authority *authority.Authority
	rules     authority.Rulebook
	schema    *submission.Schema
	ids       []age.Identity
	parts     *parts.Store
	quota     meter
	log       *slog.Logger
	turns     chan struct{}
	lookUps   tries

	mu     sync.Mutex // guards what follows
	pulses map[string]ledger.Pulse
	own    map[string]chan struct{} // places by station
}

// New makes a gate: ids open what arrives, rules say which procedures are taken,
// p holds the parts, and each station may bring as much in a day as q says.
func New(l *ledger.Ledger, a *authority.Authority, rules authority.Rulebook, schema *submission.Schema, ids []age.Identity, p *parts.Store, q Quota, log *slog.Logger) *Gate {
	return &Gate{ledger: l, authority: a, rules: rules, schema: schema, ids: ids, parts: p, log: log, quota: meter{quota: q, ledger: l},
		turns: make(chan struct{}, underway), pulses: map[string]ledger.Pulse{}, own: map[string]chan struct{}{}}
}

// stationKey is the context's key for the station of the certificate.
type stationKey struct{}

func stationOf(ctx context.Context) string {
	station, _ := ctx.Value(stationKey{}).(string)
	return station
}

// Routes gives the contract over HTTP. The server must have verified the
// client's certificate; without one everything is refused.
func (g *Gate) Routes() http.Handler {
	mux := http.NewServeMux()
	malformed := func(w http.ResponseWriter, r *http.Request, err error) {
		g.say(w, r, refuse("bad-request", "not as the contract says"))
	}
	contract.HandlerWithOptions(
		contract.NewStrictHandlerWithOptions(g, nil, contract.StrictHTTPServerOptions{
			RequestErrorHandlerFunc:  malformed,
			ResponseErrorHandlerFunc: g.say,
		}),
		contract.StdHTTPServerOptions{BaseRouter: mux, ErrorHandlerFunc: malformed})
	g.tus(mux)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		g.say(w, r, refuse("not-found", "no such path or method"))
	})
	return g.guard(mux)
}

// guard lets in enrolled stations alone, bounds bodies and turns a panic into a
// problem of ours.
func (g *Gate) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if fault := recover(); fault != nil {
				if fault == http.ErrAbortHandler {
					panic(fault)
				}
				// The fault itself might quote a document: the place is enough.
				g.log.Error("panic at the gate", "path", r.Pattern, "stack", string(debug.Stack()))
				g.say(w, r, refuse("central-fault", "panic"))
			}
		}()
		w.Header().Set("Cache-Control", "no-store")
		if r.TLS == nil || len(r.TLS.VerifiedChains) == 0 {
			g.say(w, r, refuse("wrong-certificate", "no certificate"))
			return
		}
		station := r.TLS.VerifiedChains[0][0].Subject.CommonName
		r = r.WithContext(context.WithValue(r.Context(), stationKey{}, station))
		if there, err := g.ledger.Enrolled(r.Context(), station); err != nil || !there {
			if err == nil {
				err = refuse("wrong-certificate", "station is not enrolled")
			}
			g.say(w, r, err)
			return
		}
		switch r.Method {
		case http.MethodPut:
			if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != contract.SealedType {
				g.say(w, r, refuse("bad-request", "body is not "+contract.SealedType))
				return
			}
		case http.MethodPatch:
			r.Body = http.MaxBytesReader(w, r.Body, contract.MaxPart)
		default:
			r.Body = http.MaxBytesReader(w, r.Body, maxSmall)
		}
		next.ServeHTTP(w, r)
	})
}

// say answers with the problem in err, or with one of ours that tells nothing.
func (g *Gate) say(w http.ResponseWriter, r *http.Request, err error) {
	var no *refusal
	switch {
	case errors.As(err, &no):
	case r.Context().Err() != nil:
		return // nobody listens any more
	case errors.Is(err, ledger.ErrBusy):
		g.log.Error("ledger cannot be used", "station", stationOf(r.Context()), "err", err)
		no = refuse("busy", "ledger")
	default:
		g.log.Error("fault at the gate", "station", stationOf(r.Context()), "path", r.Pattern, "err", err)
		no = refuse("central-fault", "see the log")
	}
	if no.after > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(no.after))
	}
	w.Header().Set("Content-Type", contract.ProblemType)
	w.WriteHeader(no.Status)
	writeJSON(w, no.Problem)
	g.log.Info("refused", "station", stationOf(r.Context()), "path", r.Pattern, "code", no.Code, "why", no.why)
}
