package emrtd

import (
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"log/slog"
)

// Password is what proves to the chip that its holder is near: the card access
// number, or what the machine-readable zone says. It prints redacted. Wipe it
// after use; Open does not.
type Password struct {
	reference byte   // of MSE:Set AT (9303-11, table 12)
	secret    []byte // what the key is derived from for PACE
	seed      []byte // for BAC: the first 16 bytes; nil for a CAN
}

const (
	byMRZ byte = 1
	byCAN byte = 2
)

// ErrPassword says that a CAN or a line of the zone is not of the right form.
var ErrPassword = errors.New("password of the wrong form")

// NewCAN takes the six digits of a card access number.
func NewCAN(can string) (*Password, error) {
	if len(can) != 6 || !digits(can) {
		return nil, fmt.Errorf("%w: a CAN is 6 digits", ErrPassword)
	}
	return &Password{reference: byCAN, secret: []byte(can)}, nil
}

// NewMRZ takes the document number, padded with '<' to nine characters if it is
// shorter, and the dates of birth and expiry as YYMMDD, all without check digits.
// For Vietnamese cards the number is the last nine digits of the personal number,
// and the expiry of a card that never expires is 991231.
func NewMRZ(number, born, expires string) (*Password, error) {
	for len(number) < 9 {
		number += "<"
	}
	if len(born) != 6 || len(expires) != 6 || !digits(born) || !digits(expires) || !zone(number) {
		return nil, fmt.Errorf("%w: want a document number and two dates as YYMMDD", ErrPassword)
	}
	// MRZ information (9303-11, 4.3.2 and appendix D.2): each with its check digit.
	var text []byte
	for _, part := range []string{number, born, expires} {
		text = append(append(text, part...), checkDigit(part))
	}
	defer clear(text)
	hash := sha1.Sum(text)
	return &Password{reference: byMRZ, secret: hash[:], seed: hash[:16]}, nil
}

func digits(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

func zone(s string) bool {
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && c != '<' {
			return false
		}
	}
	return true
}

// checkDigit is that of 9303-3, 4.9, of characters that zone allows.
func checkDigit(s string) byte {
	sum := 0
	for i, c := range []byte(s) {
		v := 0
		switch {
		case c >= '0' && c <= '9':
			v = int(c - '0')
		case c >= 'A' && c <= 'Z':
			v = int(c-'A') + 10
		}
		sum += v * [3]int{7, 3, 1}[i%3]
	}
	return byte('0' + sum%10)
}

// Wipe forgets the password; it opens nothing from then on. Twice is fine.
func (p *Password) Wipe() {
	clear(p.secret)
	clear(p.seed)
	p.secret, p.seed = nil, nil
}

// Format prints the kind and no secret under every verb.
func (p *Password) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, p.kind()) }

// LogValue prints the kind and no secret in logs.
func (p *Password) LogValue() slog.Value { return slog.StringValue(p.kind()) }

// MarshalJSON prints the kind and no secret.
func (p *Password) MarshalJSON() ([]byte, error) { return []byte(`"` + p.kind() + `"`), nil }

func (p *Password) kind() string {
	switch {
	case p == nil:
		return "no password"
	case p.reference == byCAN:
		return "CAN (redacted)"
	}
	return "MRZ (redacted)"
}
