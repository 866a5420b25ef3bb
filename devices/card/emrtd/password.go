package emrtd

import (
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"

	"motcua/devices/card/lds"
)

// Password is what proves to the chip that its holder is near: the card access
// number, or what the machine-readable zone says. It is for one card: a method by
// which its chip refused it is not tried with it again, as wrong tries make chips
// slow. It prints redacted. Wipe it after use; Open does not.
type Password struct {
	reference byte   // of MSE:Set AT (9303-11, table 12)
	secret    []byte // what the key is derived from for PACE
	seed      []byte // for BAC: the first 16 bytes; nil for a CAN
	refused   []Method
}

const (
	byMRZ byte = 1
	byCAN byte = 2
)

// ErrPassword says that a CAN or a line of the zone is not of the right form.
var ErrPassword = errors.New("password of the wrong form")

// NewCAN takes the six digits of a card access number.
func NewCAN(can lds.Secret) (*Password, error) {
	if text := can.Reveal(); len(text) == 6 && strings.Trim(text, "0123456789") == "" {
		return &Password{reference: byCAN, secret: []byte(text)}, nil
	}
	return nil, fmt.Errorf("%w: a CAN is 6 digits", ErrPassword)
}

// NewMRZ takes what lds.MRZKey makes of a document number and the dates of birth
// and expiry. For Vietnamese cards the number is the last nine digits of the
// personal number.
func NewMRZ(key lds.Secret) (*Password, error) {
	text := key.Reveal()
	if len(text) < 9+1+6+1+6+1 || strings.Trim(text, "0123456789<ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return nil, fmt.Errorf("%w: want number, birth and expiry as the zone has them", ErrPassword)
	}
	hash := sha1.Sum([]byte(text))
	return &Password{reference: byMRZ, secret: hash[:], seed: hash[:16]}, nil
}

// fits tells whether the method can use the password, and it was not refused.
func (p *Password) fits(m Method) bool {
	return p.secret != nil && (m == PACEWithCAN) == (p.reference == byCAN) && !slices.Contains(p.refused, m)
}

// Wipe forgets the password; it opens nothing from then on. Twice is fine.
func (p *Password) Wipe() {
	clear(p.secret)
	clear(p.seed)
	p.secret, p.seed = nil, nil
}

// Format prints the kind and no secret under every verb.
func (p Password) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, p.kind()) }

// LogValue prints the kind and no secret in logs.
func (p Password) LogValue() slog.Value { return slog.StringValue(p.kind()) }

// MarshalJSON prints the kind and no secret.
func (p Password) MarshalJSON() ([]byte, error) { return []byte(`"` + p.kind() + `"`), nil }

func (p Password) kind() string {
	if p.reference == byCAN {
		return "CAN (redacted)"
	}
	return "MRZ (redacted)"
}
