package hatch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// Bounds of what passes the hatch.
const (
	maxEntries = 1000             // of the outbox in one answer
	maxLines   = 500              // of the log in one answer
	maxWait    = 25 * time.Second // of one long poll
	maxTest    = 90 * time.Second // of one test of a peripheral
	maxAnswer  = 4 << 20          // bytes
	maxPath    = 107              // bytes of a unix socket's path, unix(7)
)

// Run serves k at the socket until ctx ends, then returns nil once every call
// has ended. It makes the socket's folder (0700) if there is none, refuses a
// folder that others may write to, and takes the place of a socket that a dead
// kiosk left behind. It fails with ErrRunning while another kiosk lives there.
func Run(ctx context.Context, socket string, k Kiosk) error {
	l, release, err := listen(socket)
	if err != nil {
		return fmt.Errorf("hatch: %w", err)
	}
	defer release()
	calls, cancel := context.WithCancel(ctx)
	defer cancel()
	srv := &http.Server{
		Handler:           routes(k),
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    8 << 10,
		BaseContext:       func(net.Listener) context.Context { return calls },
	}
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(l) }()
	select {
	case err := <-ended:
		return fmt.Errorf("hatch: %w", err)
	case <-ctx.Done():
	}
	cancel() // calls that wait give up, so that Shutdown need not
	last, stop := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer stop()
	err = srv.Shutdown(last)
	if err != nil {
		err = srv.Close()
	}
	<-ended
	if err != nil {
		return fmt.Errorf("hatch: %w", err)
	}
	return nil
}

// listen opens the socket. The lock beside it, held while the kiosk lives,
// tells a left-over socket from a live one without a race.
func listen(socket string) (l net.Listener, release func(), err error) {
	if len(socket) > maxPath {
		return nil, nil, fmt.Errorf("socket path of %d bytes: choose one of at most %d", len(socket), maxPath)
	}
	dir := filepath.Dir(socket)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, nil, err
	}
	if st, err := os.Stat(dir); err != nil {
		return nil, nil, err
	} else if st.Mode().Perm()&0o022 != 0 {
		return nil, nil, fmt.Errorf("others may write to %s: chmod go-w it", dir)
	}
	lock, err := os.OpenFile(socket+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, nil, err
	}
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		lock.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, nil, fmt.Errorf("%s: %w", socket, ErrRunning)
		}
		return nil, nil, fmt.Errorf("lock %s: %w", lock.Name(), err)
	}
	if err := os.Remove(socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		lock.Close()
		return nil, nil, err
	}
	l, err = net.Listen("unix", socket)
	if err == nil {
		err = os.Chmod(socket, 0o600)
	}
	if err != nil {
		if l != nil {
			l.Close()
		}
		lock.Close()
		return nil, nil, err
	}
	return l, func() { lock.Close() }, nil
}

func routes(k Kiosk) http.Handler {
	mux := http.NewServeMux()
	get := func(path string, call func(*http.Request) (any, error)) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) { answer(w, r, call) })
	}
	test := func(path string, call func(*http.Request) (any, error)) {
		mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
			answer(w, r, func(r *http.Request) (any, error) {
				ctx, cancel := context.WithTimeout(r.Context(), maxTest)
				defer cancel()
				return call(r.WithContext(ctx))
			})
		})
	}
	get("/v1/status", func(r *http.Request) (any, error) { return k.Status(r.Context()) })
	get("/v1/screen", func(r *http.Request) (any, error) { return screen(r, k) })
	get("/v1/outbox", func(r *http.Request) (any, error) {
		all, err := k.Outbox(r.Context())
		return listing{Total: len(all), Entries: all[:min(len(all), maxEntries)]}, err
	})
	get("/v1/outbox/{id}", func(r *http.Request) (any, error) { return k.Entry(r.Context(), r.PathValue("id")) })
	outboxRoutes(mux, k)
	get("/v1/log", func(r *http.Request) (any, error) {
		n, err := strconv.Atoi(r.FormValue("lines"))
		if err != nil {
			n = maxLines
		}
		return k.Log(r.Context(), min(n, maxLines))
	})
	test("/v1/scan-test", func(r *http.Request) (any, error) { return k.ScanTest(r.Context()) })
	test("/v1/speak-test", func(r *http.Request) (any, error) { return struct{}{}, k.SpeakTest(r.Context()) })
	trialRoutes(test, k)
	return mux
}

// listing is a bounded part of the outbox.
type listing struct {
	Total   int     `json:"total"`
	Entries []Entry `json:"entries"`
}

// errNothingNew ends a long poll in which nothing new was shown.
var errNothingNew = errors.New("nothing new")

// screen is the long poll: it waits for a view after ?after=, at most maxWait.
func screen(r *http.Request, k Kiosk) (any, error) {
	var after uint64
	if s := r.FormValue("after"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			return nil, &Fault{Text: "after: want a sequence number"}
		}
		after = n
	}
	ctx, cancel := context.WithTimeout(r.Context(), maxWait)
	defer cancel()
	s, err := k.Screen(ctx, after)
	if err != nil && ctx.Err() != nil && r.Context().Err() == nil {
		return nil, errNothingNew
	}
	return s, err
}

func answer(w http.ResponseWriter, r *http.Request, call func(*http.Request) (any, error)) {
	v, err := call(r)
	code := http.StatusOK
	switch {
	case errors.Is(err, errNothingNew):
		w.WriteHeader(http.StatusNoContent)
		return
	case err != nil:
		v, code = faultOf(err)
	}
	b, err := json.Marshal(v)
	if err != nil {
		v, code = faultOf(err)
		b, _ = json.Marshal(v) // a Fault is three strings
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_, _ = w.Write(b) // who asked may have gone
}
