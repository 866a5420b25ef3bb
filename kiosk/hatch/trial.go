package hatch

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
)

// Trials are the tests of one peripheral each, of which most are proven, by another
// peripheral or by a person who tells what was heard. They fail as the other tests
// do, and end with a *devices.Error or ErrBusy.
type Trials interface {
	// PrintTest prints a test sheet on the printer unit, "" = on the one that would
	// print for a visitor, and returns when it is out.
	PrintTest(ctx context.Context, unit string) error
	// PrintRead is PrintTest that returns when a scanner of the station has read the
	// sheet's code back.
	PrintRead(ctx context.Context, unit string) error
	// ScanCode waits for one code and tells whether it is the one given, beside
	// what ScanTest tells. The code is made for this test; it is no citizen's.
	ScanCode(ctx context.Context, code string) (Scan, error)
	// SeeCode is ScanCode for the document camera, which looks until it can read a
	// code.
	SeeCode(ctx context.Context, code string) (Scan, error)
	// CardTest returns when a card was laid on the card reader unit and taken off
	// again. It is for one that stands by; what lies on the one in use is in Status.
	CardTest(ctx context.Context, unit string) error
	// SpeakNumber speaks a sentence with the number, 0 to 99, in Vietnamese, and
	// returns when it has ended.
	SpeakNumber(ctx context.Context, n int) error
}

// maxCode bounds what a test is told to expect, maxUnit the name of a unit, in bytes.
const (
	maxCode = 200
	maxUnit = 64
)

var (
	errUnit   = errors.New("unit: want at most 64 bytes")
	errNumber = errors.New("number: want one from 0 to 99")
	errCode   = errors.New("code: want 1 to 200 bytes")
)

// trialRoutes adds the paths of Trials; test makes one of a path.
func trialRoutes(test func(path string, call func(*http.Request) (any, error)), k Trials) {
	for path, call := range map[string]func(context.Context, string) error{
		"/v1/print-test": k.PrintTest, "/v1/print-read": k.PrintRead, "/v1/card-test": k.CardTest,
	} {
		test(path, func(r *http.Request) (any, error) {
			unit := r.FormValue("unit")
			if len(unit) > maxUnit {
				return nil, errUnit
			}
			return struct{}{}, call(r.Context(), unit)
		})
	}
	for path, call := range map[string]func(context.Context, string) (Scan, error){
		"/v1/scan-code": k.ScanCode, "/v1/see-code": k.SeeCode,
	} {
		test(path, func(r *http.Request) (any, error) {
			code := r.FormValue("code")
			if code == "" || len(code) > maxCode {
				return nil, errCode
			}
			return call(r.Context(), code)
		})
	}
	test("/v1/speak-number", func(r *http.Request) (any, error) {
		n, err := strconv.Atoi(r.FormValue("number"))
		if err != nil || n < 0 || n > 99 {
			return nil, errNumber
		}
		return struct{}{}, k.SpeakNumber(r.Context(), n)
	})
}

// PrintTest has a test sheet printed on the printer unit, "" = on the one that would
// print for a visitor, and waits until it is out, at most 90 s.
func (c *Client) PrintTest(ctx context.Context, unit string) error {
	return c.try(ctx, "print-test", "unit", unit, nil)
}

// PrintRead is PrintTest that waits until a scanner of the station has read the sheet
// back, at most 90 s.
func (c *Client) PrintRead(ctx context.Context, unit string) error {
	return c.try(ctx, "print-read", "unit", unit, nil)
}

// CardTest waits until a card was laid on the reader unit, which must stand by, and
// taken off again, at most 90 s.
func (c *Client) CardTest(ctx context.Context, unit string) error {
	return c.try(ctx, "card-test", "unit", unit, nil)
}

// ScanCode waits for one code under a scanner, at most 90 s; Same tells whether it
// was code.
func (c *Client) ScanCode(ctx context.Context, code string) (s Scan, err error) {
	err = c.try(ctx, "scan-code", "code", code, &s)
	return s, err
}

// SeeCode waits for one code under the document camera, at most 90 s; Same tells
// whether it was code.
func (c *Client) SeeCode(ctx context.Context, code string) (s Scan, err error) {
	err = c.try(ctx, "see-code", "code", code, &s)
	return s, err
}

// try asks for one test; v is what it finds, nil = nothing.
func (c *Client) try(ctx context.Context, test, key, value string, v any) error {
	_, err := c.call(ctx, http.MethodPost, "/v1/"+test+"?"+url.Values{key: {value}}.Encode(), v)
	return err
}

// SpeakNumber has a sentence with n spoken, 0 to 99, and waits until it has ended.
func (c *Client) SpeakNumber(ctx context.Context, n int) error {
	_, err := c.call(ctx, http.MethodPost, "/v1/speak-number?number="+strconv.Itoa(n), nil)
	return err
}
