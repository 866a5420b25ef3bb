// Package barcode says what a barcode scanner is.
//
// A Scanner reports one Code at a time, in the order they were presented, with
// repeats of a code that is still held under it left out. Drivers are in the
// packages below; every driver passes barcodetest.
package barcode

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// A Code is what was read from one barcode. It prints redacted, so that one can be
// logged by mistake.
type Code struct {
	// Text is the content as NFC UTF-8, without AIM prefix, ECI escapes or
	// terminator. It may be personal data: never log it.
	Text string
	// Raw is the frame as the unit sent it, for support tools; also personal.
	Raw []byte
	// At is when its last byte came.
	At time.Time
}

const redacted = "code (redacted)"

// Format prints "code (redacted)" under every verb.
func (Code) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(redacted)) }

// LogValue prints the same in logs.
func (Code) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText gives the same in JSON.
func (Code) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// A Scanner is a barcode reader of any make.
type Scanner interface {
	// Next blocks until a code was read. It returns ctx.Err() if ctx ends
	// first; the scanner works on and no half-read code is lost. It fails with
	// devices.ErrGone when unplugged, devices.ErrClosed after Close, and
	// devices.ErrGarbled for a frame past 4 KiB, which is dropped.
	Next(ctx context.Context) (Code, error)
	// Close gives the unit back and unblocks Next. Twice is fine.
	Close() error
}
