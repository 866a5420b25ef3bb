package hatch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"motcua/kiosk/stick"
)

// ErrSettled: central has this submission; there is nothing to send.
var ErrSettled = errors.New("central has it already")

// maxVerify bounds the reading of a whole outbox.
const maxVerify = 10 * time.Minute

// Stored is what a technician may do with what is stored at the station.
// None of it shows what a submission says: the station itself cannot read it.
type Stored interface {
	// Send has the submission id sent before all others, "" all that waits, at
	// once. It fails with ErrUnknown or ErrSettled.
	Send(ctx context.Context, id string) error
	// Unconfirmed lists the ids that central has not confirmed, in the order of
	// acceptance; refused ones are not among them.
	Unconfirmed(ctx context.Context) ([]string, error)
	// Sealed gives one submission as it is sent, or ErrUnknown.
	Sealed(ctx context.Context, id string) (Sealed, error)
	// Part opens the part called name of the submission id, or ErrUnknown. The
	// caller closes it.
	Part(ctx context.Context, id, name string) (io.ReadCloser, error)
	// Verify reads every sealed submission and checks it.
	Verify(ctx context.Context) (Verified, error)
	// Confirm takes in one file that central wrote onto a stick. It fails, and
	// then has marked nothing, with a sentence that says why it is not believed.
	Confirm(ctx context.Context, file []byte) (Confirmed, error)
}

// Confirmed is what became of what a confirmation tells of.
type Confirmed struct {
	Made     time.Time `json:"made"`     // by central's clock
	Received int       `json:"received"` // marked as received now
	Refused  int       `json:"refused"`  // set aside now, somebody must act
	Known    int       `json:"known"`    // nothing is new about these
	Other    int       `json:"other"`    // not here, or other bytes: nothing was marked
}

// Sealed is a submission as it is sent.
type Sealed struct {
	ID       string    `json:"id"`
	Digest   string    `json:"digest"` // as a Content-Digest header
	Accepted time.Time `json:"accepted"`
	Bytes    []byte    `json:"bytes"`
	Parts    []Part    `json:"parts,omitempty"`
}

// Part is one sealed part of a submission.
type Part struct {
	Name string `json:"name"` // SHA-256 of its bytes, in hexadecimal
	Size int64  `json:"size"` // bytes
}

// Verified is what a check of the outbox found.
type Verified struct {
	Whole   int     `json:"whole"`   // as they were accepted
	Dropped int     `json:"dropped"` // confirmed, bytes let go after their time
	Faults  []Wrong `json:"faults"`
}

// Wrong is a submission whose bytes are not as they were accepted.
type Wrong struct {
	ID    string `json:"id"`
	State string `json:"state"`
	What  string `json:"what"`
}

// outboxRoutes adds the paths of Stored.
func outboxRoutes(mux *http.ServeMux, k Stored) {
	send := func(w http.ResponseWriter, r *http.Request) {
		answer(w, r, func(r *http.Request) (any, error) { return struct{}{}, k.Send(r.Context(), r.PathValue("id")) })
	}
	mux.HandleFunc("POST /v1/outbox/send", send)
	mux.HandleFunc("POST /v1/outbox/{id}/send", send)
	mux.HandleFunc("GET /v1/unconfirmed", func(w http.ResponseWriter, r *http.Request) {
		answer(w, r, func(r *http.Request) (any, error) { return k.Unconfirmed(r.Context()) })
	})
	mux.HandleFunc("GET /v1/outbox/{id}/sealed", func(w http.ResponseWriter, r *http.Request) {
		answer(w, r, func(r *http.Request) (any, error) { return k.Sealed(r.Context(), r.PathValue("id")) })
	})
	mux.HandleFunc("GET /v1/outbox/{id}/parts/{name}", func(w http.ResponseWriter, r *http.Request) {
		part, err := k.Part(r.Context(), r.PathValue("id"), r.PathValue("name"))
		if err != nil {
			answer(w, r, func(*http.Request) (any, error) { return nil, err })
			return
		}
		defer part.Close()
		w.Header().Set("Content-Type", "application/octet-stream")
		_, _ = io.Copy(w, part) // who asked may have gone, and holds it against its name
	})
	mux.HandleFunc("POST /v1/outbox/verify", func(w http.ResponseWriter, r *http.Request) {
		answer(w, r, func(r *http.Request) (any, error) {
			ctx, cancel := context.WithTimeout(r.Context(), maxVerify)
			defer cancel()
			return k.Verify(ctx)
		})
	})
	mux.HandleFunc("POST /v1/outbox/confirm", func(w http.ResponseWriter, r *http.Request) {
		answer(w, r, func(r *http.Request) (any, error) {
			file, err := io.ReadAll(http.MaxBytesReader(w, r.Body, stick.MaxConfirmation))
			if err != nil {
				return nil, fmt.Errorf("confirmation cannot be read: %w", err)
			}
			return k.Confirm(r.Context(), file)
		})
	})
}

// Send has the submission id sent before all others, "" all that waits. It
// fails with a Fault that is ErrUnknown or ErrSettled.
func (c *Client) Send(ctx context.Context, id string) error {
	path := "/v1/outbox/send"
	if id != "" {
		path = "/v1/outbox/" + url.PathEscape(id) + "/send"
	}
	_, err := c.call(ctx, http.MethodPost, path, nil)
	return err
}

// Unconfirmed lists the ids that central has not confirmed.
func (c *Client) Unconfirmed(ctx context.Context) (ids []string, err error) {
	_, err = c.call(ctx, http.MethodGet, "/v1/unconfirmed", &ids)
	return ids, err
}

// Sealed gives one submission as it is sent.
func (c *Client) Sealed(ctx context.Context, id string) (s Sealed, err error) {
	_, err = c.call(ctx, http.MethodGet, "/v1/outbox/"+url.PathEscape(id)+"/sealed", &s)
	return s, err
}

// Part opens one part of a submission; ctx bounds its reading. It may end early:
// hold it against its name. The caller closes it.
func (c *Client) Part(ctx context.Context, id, name string) (io.ReadCloser, error) {
	path := "/v1/outbox/" + url.PathEscape(id) + "/parts/" + url.PathEscape(name)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://kiosk"+path, nil)
	if err != nil {
		return nil, fmt.Errorf("hatch: %w", err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.failed(ctx, err)
	}
	if resp.StatusCode == http.StatusOK {
		return resp.Body, nil
	}
	defer resp.Body.Close()
	f := &Fault{}
	if json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(f) != nil || f.Text == "" {
		return nil, fmt.Errorf("hatch: %s: %s", path, resp.Status)
	}
	return nil, f
}

// Verify has every sealed submission read and checked; minutes for a full
// outbox.
func (c *Client) Verify(ctx context.Context) (v Verified, err error) {
	_, err = c.call(ctx, http.MethodPost, "/v1/outbox/verify", &v)
	return v, err
}

// Confirm has one file taken in that central wrote onto a stick.
func (c *Client) Confirm(ctx context.Context, file []byte) (done Confirmed, err error) {
	_, err = c.send(ctx, http.MethodPost, "/v1/outbox/confirm", bytes.NewReader(file), &done)
	return done, err
}
