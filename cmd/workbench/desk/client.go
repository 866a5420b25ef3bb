package desk

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"net/http"
	"strings"

	"motcua/cmd/workbench/cable"
)

// Client works a desk from another program. Its methods may be called by
// several goroutines.
type Client struct{ url string }

// NewClient makes a client of the desk whose page is at url.
func NewClient(url string) *Client { return &Client{strings.TrimRight(url, "/")} }

// Page is the address for a browser.
func (c *Client) Page() string { return c.url + "/" }

// State tells how the desk is.
func (c *Client) State(ctx context.Context) (s State, err error) {
	return s, c.get(ctx, "/api/state", &s)
}

// CableAddr is the station's end of the network cable, "127.0.0.1:port".
func (c *Client) CableAddr(ctx context.Context) (string, error) {
	s, err := c.State(ctx)
	return s.Addr, err
}

// Scan holds a code under the scanner.
func (c *Client) Scan(ctx context.Context, text string) error { return c.post(ctx, "/api/scan", text) }

// Garbage makes the scanner send n bytes that are no code and have no end.
func (c *Client) Garbage(ctx context.Context, n int) error {
	return c.post(ctx, "/api/scan/garbage", n)
}

// ScanCard holds a card of the drawer under the scanner.
func (c *Client) ScanCard(ctx context.Context, id string) error {
	return c.post(ctx, "/api/scan/card", id)
}

// Lay lays a chip card of the drawer on the reader.
func (c *Client) Lay(ctx context.Context, l Lay) error { return c.post(ctx, "/api/card/lay", l) }

// Lift takes the card off the reader.
func (c *Client) Lift(ctx context.Context) error { return c.post(ctx, "/api/card/lift", struct{}{}) }

// ScanSlip holds the first code of a slip under the scanner; 0 is the last slip.
func (c *Client) ScanSlip(ctx context.Context, id int64) error {
	return c.post(ctx, "/api/scan/slip", id)
}

// Put changes how the peripherals stand.
func (c *Client) Put(ctx context.Context, change func(*Hands)) error {
	s, err := c.State(ctx)
	if err != nil {
		return err
	}
	change(&s.Hands)
	return c.post(ctx, "/api/hands", s.Hands)
}

// Cable changes what the network does.
func (c *Client) Cable(ctx context.Context, m cable.Mode) error { return c.post(ctx, "/api/cable", m) }

// EndPaperAfter makes the roll end once that many more rows were printed.
func (c *Client) EndPaperAfter(ctx context.Context, rows int) error {
	return c.post(ctx, "/api/paper-end", rows)
}

// NextSlip waits for the first slip after that one; 0 is any.
func (c *Client) NextSlip(ctx context.Context, after int64) (s Slip, err error) {
	for s.ID == 0 {
		if err := c.get(ctx, fmt.Sprintf("/api/slips/next?after=%d", after), &s); err != nil {
			return s, err
		}
	}
	return s, nil
}

// SlipPicture gives the printed paper, one pixel a dot.
func (c *Client) SlipPicture(ctx context.Context, id int64) (image.Image, error) {
	b, err := c.fetch(ctx, fmt.Sprintf("/api/slips/%d.png", id))
	if err != nil {
		return nil, err
	}
	return png.Decode(bytes.NewReader(b))
}

// SlipBytes gives the bytes that the printer was sent for a slip.
func (c *Client) SlipBytes(ctx context.Context, id int64) ([]byte, error) {
	return c.fetch(ctx, fmt.Sprintf("/api/slips/%d.bin", id))
}

// Voice gives all that was heard as a WAV file.
func (c *Client) Voice(ctx context.Context) ([]byte, error) {
	return c.fetch(ctx, "/api/voice/all.wav")
}

// VoiceRun gives one run of sound as a WAV file, by its number in State.
func (c *Client) VoiceRun(ctx context.Context, n int) ([]byte, error) {
	return c.fetch(ctx, fmt.Sprintf("/api/voice/%d.wav", n))
}

func (c *Client) get(ctx context.Context, path string, v any) error {
	b, err := c.fetch(ctx, path)
	if err != nil || len(b) == 0 {
		return err
	}
	return json.Unmarshal(b, v)
}

func (c *Client) fetch(ctx context.Context, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+path, nil)
	if err != nil {
		return nil, err
	}
	return do(req)
}

func (c *Client) post(ctx context.Context, path string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+path, bytes.NewReader(b))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	_, err = do(req)
	return err
}

func do(req *http.Request) ([]byte, error) {
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode >= 300 {
		return nil, fmt.Errorf("workbench: %s: %s", req.URL.Path, strings.TrimSpace(string(b)))
	}
	return b, nil
}
