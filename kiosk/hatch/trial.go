package hatch

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
)

// Trials are the tests of peripherals whose outcome is proven, by another
// peripheral or by a person who tells what was heard. They fail as the other tests
// do, and end with a *devices.Error or ErrBusy.
type Trials interface {
	// PrintRead prints a test sheet and returns when a scanner of the station has
	// read its code back.
	PrintRead(ctx context.Context) error
	// ScanCode waits for one code and tells whether it is the one given, beside
	// what ScanTest tells. The code is made for this test; it is no citizen's.
	ScanCode(ctx context.Context, code string) (Scan, error)
	// SpeakNumber speaks a sentence with the number, 0 to 99, in Vietnamese, and
	// returns when it has ended.
	SpeakNumber(ctx context.Context, n int) error
}

// maxCode bounds what ScanCode is told to expect, in bytes.
const maxCode = 200

var (
	errNumber = errors.New("number: want one from 0 to 99")
	errCode   = errors.New("code: want 1 to 200 bytes")
)

// trialRoutes adds the paths of Trials; test makes one of a path.
func trialRoutes(test func(path string, call func(*http.Request) (any, error)), k Trials) {
	test("/v1/print-read", func(r *http.Request) (any, error) { return struct{}{}, k.PrintRead(r.Context()) })
	test("/v1/scan-code", func(r *http.Request) (any, error) {
		code := r.FormValue("code")
		if code == "" || len(code) > maxCode {
			return nil, errCode
		}
		return k.ScanCode(r.Context(), code)
	})
	test("/v1/speak-number", func(r *http.Request) (any, error) {
		n, err := strconv.Atoi(r.FormValue("number"))
		if err != nil || n < 0 || n > 99 {
			return nil, errNumber
		}
		return struct{}{}, k.SpeakNumber(r.Context(), n)
	})
}

// PrintRead has a test sheet printed and waits until a scanner of the station has
// read it back, at most 90 s.
func (c *Client) PrintRead(ctx context.Context) error {
	_, err := c.call(ctx, http.MethodPost, "/v1/print-read", nil)
	return err
}

// ScanCode waits for one code under a scanner, at most 90 s; Same tells whether it
// was code.
func (c *Client) ScanCode(ctx context.Context, code string) (s Scan, err error) {
	_, err = c.call(ctx, http.MethodPost, "/v1/scan-code?"+url.Values{"code": {code}}.Encode(), &s)
	return s, err
}

// SpeakNumber has a sentence with n spoken, 0 to 99, and waits until it has ended.
func (c *Client) SpeakNumber(ctx context.Context, n int) error {
	_, err := c.call(ctx, http.MethodPost, "/v1/speak-number?number="+strconv.Itoa(n), nil)
	return err
}
