// Package devices holds the words that all peripherals share: how a failure is
// named, who must act on it, and the plate on the unit.
package devices

import (
	"errors"
	"fmt"
)

// The reasons a peripheral gives for a failed call. There are no others; test
// for them with errors.Is. A context's own error passes through bare and a
// unit's time-out is ErrSilent, never context.DeadlineExceeded.
var (
	// ErrGone: the unit was unplugged or its port vanished. Reopen it.
	ErrGone = errors.New("unit gone")
	// ErrSilent: no answer in time. Retry once, then treat as gone.
	ErrSilent = errors.New("no answer")
	// ErrGarbled: bad length, checksum or framing. Retry and count it.
	ErrGarbled = errors.New("garbled answer")
	// ErrRefused: the unit said no to a legal call. Developer or configuration.
	ErrRefused = errors.New("refused by unit")
	// ErrVisitor: the visitor must act: lifted too soon, unreadable code.
	ErrVisitor = errors.New("visitor must act")
	// ErrStaff: staff must act: paper out, jam, cover open.
	ErrStaff = errors.New("staff must act")
	// ErrClosed: we closed it.
	ErrClosed = errors.New("closed")
)

// Error says which unit failed at which call and why. Err wraps one of the
// reasons above and, where there is one, its cause.
type Error struct {
	Unit string // the peripheral's name in the configuration
	Op   string // the call, in words: "print", "read status"
	Err  error
}

// Error prints unit, call and cause: "printer: print: unit gone: input/output error".
func (e *Error) Error() string { return fmt.Sprintf("%s: %s: %v", e.Unit, e.Op, e.Err) }

// Unwrap gives the reason and cause to errors.Is.
func (e *Error) Unwrap() error { return e.Err }

// Fail builds an Error from a reason and its cause; cause may be nil.
func Fail(unit, op string, reason, cause error) *Error {
	if cause == nil {
		return &Error{Unit: unit, Op: op, Err: reason}
	}
	return &Error{Unit: unit, Op: op, Err: fmt.Errorf("%w: %w", reason, cause)}
}

// Plate is what the plate on a unit says, as far as it can be read.
type Plate struct {
	Maker, Model, Serial string
}
