package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"motcua/assets"
	"motcua/cmd/workbench/cable"
	"motcua/devices/sound/soundsim"
	"motcua/kiosk/hatch"
)

// State is the whole desk at one moment.
type State struct {
	Hands Hands         `json:"hands"`
	Cable cable.Mode    `json:"cable"`
	Addr  string        `json:"addr"` // the station's end of the cable, "127.0.0.1:port"
	Slips []Slip        `json:"slips"`
	Heard []Heard       `json:"heard"`
	Kiosk *hatch.Screen `json:"kiosk,omitempty"` // absent = not running
	Laid  string        `json:"laid,omitempty"`  // the chip card that lies on the reader
	// NoReader says why there is no card reader on the desk.
	NoReader string `json:"no_reader,omitempty"`
}

// Heard is one run of sound that came out of the loudspeaker.
type Heard struct {
	N       int       `json:"n"`
	At      time.Time `json:"at"`
	Seconds float64   `json:"seconds"`
}

// Bounds of the API.
const (
	maxBody = 64 << 10
	maxWait = 25 * time.Second

	shownRuns = 20 // of sound in a State
)

// Run carries the network and serves the desk on l until ctx ends. Only
// programs on this machine are answered, and only pages of this desk.
func (d *Desk) Run(ctx context.Context, l net.Listener) error {
	g, ctx := errgroup.WithContext(ctx)
	srv := &http.Server{
		Handler: ours(d.routes()), ReadHeaderTimeout: 5 * time.Second,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	g.Go(func() error { return d.cable.Run(ctx) })
	g.Go(func() error {
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("workbench: %w", err)
		}
		return nil
	})
	g.Go(func() error {
		<-ctx.Done()
		return srv.Close()
	})
	return g.Wait()
}

// ours refuses what another page in the same browser sends: a name that is not
// this machine's, and a form in the place of JSON.
func ours(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			http.Error(w, "this desk is reached as 127.0.0.1", http.StatusForbidden)
			return
		}
		if r.Method == http.MethodPost {
			if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json" {
				http.Error(w, "send application/json", http.StatusUnsupportedMediaType)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

func (d *Desk) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", d.page)
	mux.Handle("GET /static/", static())
	mux.Handle("GET /fonts/", http.FileServerFS(assets.Files))
	mux.HandleFunc("GET /api/state", func(w http.ResponseWriter, r *http.Request) { reply(w, d.State(r.Context()), nil) })
	mux.HandleFunc("GET /api/cards", func(w http.ResponseWriter, _ *http.Request) { reply(w, Cards(time.Now()), nil) })
	mux.HandleFunc("GET /api/slips/next", d.nextSlip)
	mux.HandleFunc("GET /api/slips/{file}", d.slipFile)
	mux.HandleFunc("GET /api/voice/{file}", d.voiceFile)
	act(mux, "/api/hands", d.Put)
	act(mux, "/api/cable", d.cable.Set)
	act(mux, "/api/paper-end", func(rows int) error { d.EndPaperAfter(rows); return nil })
	act(mux, "/api/card/lay", d.Lay)
	act(mux, "/api/card/lift", func(struct{}) error { return d.Lift() })
	act(mux, "/api/scan", d.Scan)
	act(mux, "/api/scan/garbage", func(n int) error { return d.Garbage(min(max(n, 1), maxBody)) })
	act(mux, "/api/scan/card", func(id string) error {
		c, ok := CardByID(time.Now(), id)
		if !ok {
			return fmt.Errorf("no card %q in the drawer", id)
		}
		return d.Scan(c.Text)
	})
	act(mux, "/api/scan/slip", func(id int64) error {
		p, ok := d.piece(id)
		if !ok {
			return errNoSlip
		}
		codes, err := ReadCodes(p.Image)
		if err != nil {
			return err
		}
		return d.Scan(codes[0])
	})
	return mux
}

var errNoSlip = errors.New("no such slip in the tray")

// act serves a POST whose body is one JSON value.
func act[T any](mux *http.ServeMux, path string, do func(T) error) {
	mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
		var v T
		dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&v); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		reply(w, struct{}{}, do(v))
	})
}

func reply(w http.ResponseWriter, v any, err error) {
	switch {
	case errors.Is(err, errNoSlip), errors.Is(err, ErrNoCode):
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	case err != nil:
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(v) // who asked may have gone
}

// State tells how the desk is.
func (d *Desk) State(ctx context.Context) State {
	s := State{Hands: d.Hands(), Cable: d.cable.Mode(), Addr: d.cable.Addr(), Slips: d.Slips(), Heard: []Heard{}, Laid: d.lies()}
	if d.missing != nil {
		s.NoReader = d.missing.Error()
	}
	if runs, err := soundsim.Heard(d.ports.Voice); err == nil {
		for i, r := range runs {
			s.Heard = append(s.Heard, Heard{i, r.At, float64(len(r.PCM)) / float64(r.Rate)})
		}
		s.Heard = s.Heard[max(0, len(s.Heard)-shownRuns):]
	}
	if d.kiosk != nil {
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		if shown, err := d.kiosk.Screen(ctx, 0); err == nil {
			s.Kiosk = &shown
		}
	}
	return s
}

// nextSlip is a long poll for the first slip after ?after=.
func (d *Desk) nextSlip(w http.ResponseWriter, r *http.Request) {
	after, err := strconv.ParseInt(r.FormValue("after"), 10, 64)
	if err != nil {
		http.Error(w, "after: want the id of a slip, or 0", http.StatusBadRequest)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), maxWait)
	defer cancel()
	s, err := d.NextSlip(ctx, after)
	if err != nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	reply(w, s, nil)
}

// slipFile gives the picture of a slip, or the bytes that made it: "last.png",
// "last.bin", "17…9.png".
func (d *Desk) slipFile(w http.ResponseWriter, r *http.Request) {
	id, kind, err := fileName(r.PathValue("file"))
	p, ok := d.piece(id)
	if err != nil || !ok {
		http.Error(w, errNoSlip.Error(), http.StatusNotFound)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	switch kind {
	case "png":
		b, err := p.PNG()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "image/png")
		_, _ = w.Write(b) // who asked may have gone
	case "bin":
		w.Header().Set("Content-Type", "application/octet-stream")
		_, _ = w.Write(p.Raw)
	default:
		http.Error(w, "a slip is .png or .bin", http.StatusNotFound)
	}
}

// voiceFile gives one run of sound, "3.wav", or all of them, "all.wav".
func (d *Desk) voiceFile(w http.ResponseWriter, r *http.Request) {
	runs, err := soundsim.Heard(d.ports.Voice)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if name := r.PathValue("file"); name != "all.wav" {
		n, kind, err := fileName(name)
		if err != nil || kind != "wav" || n < 0 || n >= int64(len(runs)) {
			http.Error(w, "nothing like that was heard", http.StatusNotFound)
			return
		}
		runs = runs[n : n+1]
	}
	w.Header().Set("Content-Type", "audio/wav")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(wav(runs...)) // who asked may have gone
}

// fileName takes "17.png" apart; "last" is 0.
func fileName(name string) (id int64, kind string, err error) {
	for i := len(name) - 1; i >= 0; i-- {
		if name[i] == '.' {
			if name[:i] == "last" {
				return 0, name[i+1:], nil
			}
			id, err = strconv.ParseInt(name[:i], 10, 64)
			return id, name[i+1:], err
		}
	}
	return 0, "", io.ErrUnexpectedEOF
}
