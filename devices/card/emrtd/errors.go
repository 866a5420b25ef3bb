package emrtd

import (
	"errors"
	"fmt"

	"motcua/devices"
)

// What can go wrong beside the reader and the context, whose errors pass through
// unchanged. Each is one of the reasons of package devices.
var (
	// ErrWrongCard: a chip card, but none of this kind.
	ErrWrongCard = fmt.Errorf("%w: not an identity card", devices.ErrVisitor)
	// ErrAsk: none of the passwords opened the chip. Ask for what is printed on it.
	ErrAsk = fmt.Errorf("%w: the passwords do not open the chip", devices.ErrVisitor)
	// ErrAbsent: the chip has no such file.
	ErrAbsent = fmt.Errorf("%w: no such file", devices.ErrRefused)
	// ErrForbidden: the chip does not give this file to us.
	ErrForbidden = fmt.Errorf("%w: access not allowed", devices.ErrRefused)
	// ErrUnsupported: the chip asks for a method that this package does not have.
	ErrUnsupported = fmt.Errorf("%w: method not supported", devices.ErrRefused)
	// ErrMalformed: an answer or a file does not have the form that the standard
	// gives it.
	ErrMalformed = fmt.Errorf("%w: wrong form", devices.ErrGarbled)
	// ErrClone: chip or active authentication failed: the chip does not hold the
	// key that its signed files name.
	ErrClone = errors.New("the chip does not hold its key: take it for a copy")
	// ErrClosed: the Chip was closed.
	ErrClosed = devices.ErrClosed

	// ErrTampered: secure messaging is broken, by noise or by somebody in between.
	// The errors below say how.
	ErrTampered = fmt.Errorf("%w: secure messaging broken", devices.ErrGarbled)
	// ErrDowngrade: an answer without secure messaging where it was agreed, or
	// access data that differ from the signed ones.
	ErrDowngrade = fmt.Errorf("%w: protection dropped", ErrTampered)
	// ErrTruncated: an answer ends in the middle of an object, or a file early.
	ErrTruncated = fmt.Errorf("%w: cut off", ErrTampered)
	// ErrNoStatus: the status word under protection (DO'99') is missing.
	ErrNoStatus = fmt.Errorf("%w: no protected status", ErrTampered)
	// ErrNoCode: the authentication code (DO'8E') is missing.
	ErrNoCode = fmt.Errorf("%w: no authentication code", ErrTampered)
	// ErrWrongCode: the authentication code is not that of the answer.
	ErrWrongCode = fmt.Errorf("%w: wrong authentication code", ErrTampered)
	// ErrReplay: the answer is one that was given before.
	ErrReplay = fmt.Errorf("%w: answer given before", ErrTampered)
	// ErrObjects: data objects that do not belong, in the wrong order or form.
	ErrObjects = fmt.Errorf("%w: wrong data objects", ErrTampered)
	// ErrProof: the chip took the password and did not prove that it knows it.
	ErrProof = fmt.Errorf("%w: chip did not prove the password", ErrTampered)
)

// Status is the status word of an answer (ISO/IEC 7816-4, 5.6).
type Status uint16

// The status words that are acted upon.
const (
	statusOK        Status = 0x9000
	statusEndOfFile Status = 0x6282
	statusDenied    Status = 0x6982
	statusAbsent    Status = 0x6A82
)

// StatusError is a command that the chip answered with an error.
type StatusError struct {
	Op     string // the command in words
	Status Status
}

// Error tells command and status word: "select application: status 6A82".
func (e *StatusError) Error() string { return fmt.Sprintf("%s: status %04X", e.Op, uint16(e.Status)) }

// Unwrap makes it ErrAbsent, ErrForbidden or plain devices.ErrRefused.
func (e *StatusError) Unwrap() error {
	switch e.Status {
	case statusAbsent:
		return ErrAbsent
	case statusDenied:
		return ErrForbidden
	}
	return devices.ErrRefused
}

// check makes an error of any status but success.
func check(op string, s Status) error {
	if s == statusOK {
		return nil
	}
	return &StatusError{op, s}
}

// isTampered tells an answer that broke secure messaging.
func isTampered(err error) bool { return errors.Is(err, ErrTampered) }
