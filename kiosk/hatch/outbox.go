package hatch

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"
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
	// Verify reads every sealed submission and checks it.
	Verify(ctx context.Context) (Verified, error)
}

// Sealed is a submission as it is sent.
type Sealed struct {
	ID       string    `json:"id"`
	Digest   string    `json:"digest"` // as a Content-Digest header
	Accepted time.Time `json:"accepted"`
	Bytes    []byte    `json:"bytes"`
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
	mux.HandleFunc("POST /v1/outbox/verify", func(w http.ResponseWriter, r *http.Request) {
		answer(w, r, func(r *http.Request) (any, error) {
			ctx, cancel := context.WithTimeout(r.Context(), maxVerify)
			defer cancel()
			return k.Verify(ctx)
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

// Verify has every sealed submission read and checked; minutes for a full
// outbox.
func (c *Client) Verify(ctx context.Context) (v Verified, err error) {
	_, err = c.call(ctx, http.MethodPost, "/v1/outbox/verify", &v)
	return v, err
}
