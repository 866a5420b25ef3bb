package hatch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"syscall"
)

// Client asks a running kiosk through its socket. Its calls fail with
// ErrNotRunning when nobody listens there and with a *Fault when the kiosk says
// no; ctx bounds each. Safe for use by several goroutines.
type Client struct {
	socket string
	http   *http.Client
}

// Dial makes a client of the kiosk at socket. It connects at the first call.
func Dial(socket string) *Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}
	return &Client{socket, &http.Client{Transport: &http.Transport{DialContext: dial}}}
}

// Close drops idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Status tells how the kiosk is.
func (c *Client) Status(ctx context.Context) (s Status, err error) {
	_, err = c.call(ctx, http.MethodGet, "/v1/status", &s)
	return s, err
}

// Screen gives what is shown as soon as its Seq is greater than after: with 0,
// at once unless nothing was drawn yet. It waits as long as ctx allows.
func (c *Client) Screen(ctx context.Context, after uint64) (s Screen, err error) {
	for {
		news, err := c.call(ctx, http.MethodGet, "/v1/screen?after="+strconv.FormatUint(after, 10), &s)
		if news || err != nil {
			return s, err
		}
	}
}

// Outbox lists what is stored at the station, oldest first, at most 1,000;
// total is how many there are.
func (c *Client) Outbox(ctx context.Context) (entries []Entry, total int, err error) {
	var l listing
	_, err = c.call(ctx, http.MethodGet, "/v1/outbox", &l)
	return l.Entries, l.Total, err
}

// Entry gives one entry of the outbox, or a Fault that is ErrUnknown.
func (c *Client) Entry(ctx context.Context, id string) (e Entry, err error) {
	_, err = c.call(ctx, http.MethodGet, "/v1/outbox/"+url.PathEscape(id), &e)
	return e, err
}

// Log gives the last n lines of the kiosk's log, at most 500.
func (c *Client) Log(ctx context.Context, n int) (lines []string, err error) {
	_, err = c.call(ctx, http.MethodGet, "/v1/log?lines="+strconv.Itoa(n), &lines)
	return lines, err
}

// ScanTest waits for one code under the scanner, at most 90 s.
func (c *Client) ScanTest(ctx context.Context) (s Scan, err error) {
	_, err = c.call(ctx, http.MethodPost, "/v1/scan-test", &s)
	return s, err
}

// SpeakTest has a test prompt spoken and waits until it has ended.
func (c *Client) SpeakTest(ctx context.Context) error {
	_, err := c.call(ctx, http.MethodPost, "/v1/speak-test", nil)
	return err
}

// call asks and reads the answer into v; news is false when there was none
// within the kiosk's own limit.
func (c *Client) call(ctx context.Context, method, path string, v any) (news bool, err error) {
	return c.send(ctx, method, path, nil, v)
}

// send is call with a body; nil = none.
func (c *Client) send(ctx context.Context, method, path string, body io.Reader, v any) (news bool, err error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://kiosk"+path, body)
	if err != nil {
		return false, fmt.Errorf("hatch: %w", err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return false, c.failed(ctx, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusNoContent {
		return false, nil
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return false, c.failed(ctx, err)
	case len(b) > maxAnswer:
		return false, fmt.Errorf("hatch: %s: answer of more than %d bytes", path, maxAnswer)
	}
	if resp.StatusCode != http.StatusOK {
		f := &Fault{}
		if json.Unmarshal(b, f) != nil || f.Text == "" {
			return false, fmt.Errorf("hatch: %s: %s", path, resp.Status)
		}
		return false, f
	}
	if v == nil {
		return true, nil
	}
	if err := json.Unmarshal(b, v); err != nil {
		return false, fmt.Errorf("hatch: %s: %w", path, err)
	}
	return true, nil
}

// failed names why the kiosk was not reached: our own stop, nobody there, else.
func (c *Client) failed(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, os.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("%w (nobody listens at %s)", ErrNotRunning, c.socket)
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("hatch: %s: %w; use the kiosk's own account or root", c.socket, os.ErrPermission)
	}
	return fmt.Errorf("hatch: %w", err)
}
