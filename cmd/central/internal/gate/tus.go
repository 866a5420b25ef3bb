package gate

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"motcua/cmd/central/internal/ledger"
	"motcua/cmd/central/internal/parts"
	"motcua/kiosk/contract"
	"motcua/kiosk/submission"
)

// stall is how long a part may stand still on its way; it may take any time
// as long as it moves.
const stall = 30 * time.Second

// tus lets parts in by tus 1.0 with the extensions creation and expiration; see
// the contract. It is written here and not taken from tusd, which stores
// without fsync, knows no expiration and answers without problem documents: all
// that would be left of it are four header checks.
func (g *Gate) tus(mux *http.ServeMux) {
	const many, one = "/v1/submissions/{id}/parts", "/v1/submissions/{id}/parts/{name}"
	for _, path := range []string{many, one} {
		mux.HandleFunc("OPTIONS "+path, func(w http.ResponseWriter, _ *http.Request) {
			h := w.Header()
			h.Set("Tus-Resumable", contract.TusVersion)
			h.Set("Tus-Version", contract.TusVersion)
			h.Set("Tus-Extension", "creation,expiration")
			h.Set("Tus-Max-Size", strconv.Itoa(contract.MaxPart))
			w.WriteHeader(http.StatusNoContent)
		})
	}
	for pattern, f := range map[string]func(http.ResponseWriter, *http.Request, parts.Key) error{
		"POST " + many: g.beginPart, "HEAD " + one: g.headPart, "PATCH " + one: g.patchPart,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if err := g.part(w, r, f); err != nil {
				g.say(w, r, err)
			}
		})
	}
}

// part checks what all requests about parts have in common.
func (g *Gate) part(w http.ResponseWriter, r *http.Request, f func(http.ResponseWriter, *http.Request, parts.Key) error) error {
	w.Header().Set("Tus-Resumable", contract.TusVersion)
	if r.Header.Get("Tus-Resumable") != contract.TusVersion {
		w.Header().Set("Tus-Version", contract.TusVersion)
		return refuse("other-tus", "Tus-Resumable")
	}
	id := r.PathValue("id")
	if !submission.ValidID(id) {
		return refuse("bad-request", "id is no UUID of version 7")
	}
	err := f(w, r, parts.Key{Station: stationOf(r.Context()), ID: id, Name: r.PathValue("name")})
	switch {
	case errors.Is(err, parts.ErrUnknown):
		return refuse("not-found", "part")
	case errors.Is(err, parts.ErrOffset):
		return refuse("wrong-offset", "Upload-Offset")
	case errors.Is(err, parts.ErrOther):
		return refuse("other-content", "part of another length")
	case errors.Is(err, parts.ErrTooLong):
		return refuse("too-large", "part")
	case errors.Is(err, parts.ErrAltered):
		return refuse("digest-mismatch", "part is not what its name says")
	case errors.Is(err, parts.ErrBusy):
		return refuse("busy", "another process is at work on the part")
	case errors.Is(err, parts.ErrFull):
		g.log.Error("no room for parts", "err", err)
		return refuse("no-room", "disk")
	}
	return err
}

func (g *Gate) beginPart(w http.ResponseWriter, r *http.Request, k parts.Key) error {
	length, err := strconv.ParseInt(r.Header.Get("Upload-Length"), 10, 64)
	if err != nil {
		return refuse("bad-request", "Upload-Length")
	}
	name, ok := nameIn(r.Header.Get("Upload-Metadata"))
	if !ok {
		return refuse("bad-request", "Upload-Metadata")
	}
	k.Name = name
	if err := g.mayBring(r.Context(), k.Station, ledger.Parts); err != nil {
		return err
	}
	u, err := g.parts.Begin(r.Context(), k, length)
	if err != nil {
		return err
	}
	if u.Begun {
		g.brought(r.Context(), k.Station, ledger.Parts, 1, 0)
	}
	w.Header().Set("Location", "/v1/submissions/"+k.ID+"/parts/"+k.Name)
	expires(w, u)
	w.WriteHeader(http.StatusCreated)
	return nil
}

// nameIn reads the one pair of Upload-Metadata.
func nameIn(metadata string) (string, bool) {
	encoded, ok := strings.CutPrefix(metadata, "name ")
	if !ok {
		return "", false
	}
	name, err := base64.StdEncoding.DecodeString(encoded)
	return string(name), err == nil && submission.ValidPart(string(name))
}

func expires(w http.ResponseWriter, u parts.Upload) {
	if !u.Expires.IsZero() {
		w.Header().Set("Upload-Expires", u.Expires.UTC().Format(http.TimeFormat))
	}
}

func (g *Gate) headPart(w http.ResponseWriter, r *http.Request, k parts.Key) error {
	u, err := g.parts.Find(r.Context(), k)
	if err != nil {
		return err
	}
	w.Header().Set("Upload-Offset", strconv.FormatInt(u.Offset, 10))
	w.Header().Set("Upload-Length", strconv.FormatInt(u.Length, 10))
	expires(w, u)
	w.WriteHeader(http.StatusOK)
	return nil
}

func (g *Gate) patchPart(w http.ResponseWriter, r *http.Request, k parts.Key) error {
	if r.Header.Get("Content-Type") != contract.TusType {
		return refuse("wrong-type", "Content-Type")
	}
	offset, err := strconv.ParseInt(r.Header.Get("Upload-Offset"), 10, 64)
	if err != nil || offset < 0 {
		return refuse("bad-request", "Upload-Offset")
	}
	if r.ContentLength > contract.MaxPart-offset {
		return refuse("too-large", "part")
	}
	back, err := g.turn(r.Context(), k.Station)
	if err != nil {
		return err
	}
	defer back()
	if err := g.mayBring(r.Context(), k.Station, ledger.Parts); err != nil {
		return err
	}
	from := &moving{r: r, c: http.NewResponseController(w)}
	u, err := g.parts.Append(r.Context(), k, offset, from, from.stop)
	if from.read > 0 {
		g.brought(r.Context(), k.Station, ledger.Parts, 0, from.read)
	}
	_ = from.c.SetWriteDeadline(time.Now().Add(stall)) // the body may have taken longer than an answer may
	if from.err != nil {
		return refuse("bad-request", "body ended early")
	}
	if err != nil {
		return err
	}
	if r.ContentLength > u.Offset-offset {
		return refuse("too-large", "more than Upload-Length")
	}
	w.Header().Set("Upload-Offset", strconv.FormatInt(u.Offset, 10))
	expires(w, u)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// moving is a body that may take any time as long as it moves, and that can be
// stopped from outside.
type moving struct {
	r       *http.Request
	c       *http.ResponseController
	stopped atomic.Bool
	read    int64
	err     error
}

// Read reads from the body.
func (m *moving) Read(p []byte) (int, error) {
	_ = m.c.SetReadDeadline(time.Now().Add(stall)) // not supported: the server's own holds
	if m.stopped.Load() {
		m.err = context.Canceled
		return 0, m.err
	}
	n, err := m.r.Body.Read(p)
	m.read += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		m.err = err
	}
	return n, err
}

func (m *moving) stop() {
	m.stopped.Store(true)
	_ = m.c.SetReadDeadline(time.Unix(1, 0))
}

// claim holds the parts that doc names until the caller gives them back. It
// refuses doc as long as one is not here whole.
func (g *Gate) claim(doc submission.Document) (back func(), err error) {
	if len(doc.Attachments) == 0 {
		return func() {}, nil
	}
	want, total := map[string]int64{}, int64(0)
	for _, a := range doc.Attachments {
		want[a.Part] = a.PartSize
		total += a.Size
	}
	switch {
	case len(want) != len(doc.Attachments):
		return nil, refuse("schema", "two attachments in one part")
	case total > contract.MaxAttached:
		return nil, refuse("schema", "attachments too large together")
	}
	missing, back, err := g.parts.Claim(doc.Station, doc.ID, want)
	if err != nil || len(missing) == 0 {
		return back, err
	}
	back()
	no := refuse("parts-missing", strconv.Itoa(len(missing))+" parts")
	for _, a := range doc.Attachments { // in the document's order
		for _, name := range missing {
			if name == a.Part {
				no.Missing = append(no.Missing, name)
			}
		}
	}
	return nil, no
}
