package hatch

import (
	"context"
	"errors"
	"net/http"

	"motcua/devices"
)

// Fault is a failed call as it crosses the socket. It unwraps to the reason,
// so that errors.Is works on both sides.
type Fault struct {
	Reason string `json:"reason"`         // a word of reasons below, "" = other
	Unit   string `json:"unit,omitempty"` // the peripheral, if it was one
	Text   string `json:"text"`
}

// Error is the text of the error that the kiosk met.
func (f *Fault) Error() string { return f.Text }

// Unwrap gives the reason: one of package devices, ErrUnknown, ErrBusy, ErrSettled, or nil.
func (f *Fault) Unwrap() error {
	for _, r := range reasons() {
		if r.word == f.Reason {
			return r.err
		}
	}
	return nil
}

type reason struct {
	word string
	err  error
	code int
}

// reasons pairs each reason with its word and HTTP status.
func reasons() []reason {
	return []reason{
		{"unknown", ErrUnknown, http.StatusNotFound},
		{"busy", ErrBusy, http.StatusConflict},
		{"settled", ErrSettled, http.StatusConflict},
		{"gone", devices.ErrGone, http.StatusServiceUnavailable},
		{"silent", devices.ErrSilent, http.StatusServiceUnavailable},
		{"garbled", devices.ErrGarbled, http.StatusServiceUnavailable},
		{"refused", devices.ErrRefused, http.StatusServiceUnavailable},
		{"visitor", devices.ErrVisitor, http.StatusServiceUnavailable},
		{"staff", devices.ErrStaff, http.StatusServiceUnavailable},
		{"closed", devices.ErrClosed, http.StatusServiceUnavailable},
		{"late", context.DeadlineExceeded, http.StatusGatewayTimeout},
	}
}

// faultOf puts err into words for the other side, with its HTTP status.
func faultOf(err error) (*Fault, int) {
	f := &Fault{Text: err.Error()}
	if unit, ok := errors.AsType[*devices.Error](err); ok {
		f.Unit = unit.Unit
	}
	for _, r := range reasons() {
		if errors.Is(err, r.err) {
			f.Reason = r.word
			return f, r.code
		}
	}
	return f, http.StatusInternalServerError
}
