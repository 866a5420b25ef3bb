// Package identity says who a visitor is and how well that is known: card QR,
// personal number, the expiry rule, and the Person they yield.
package identity

import (
	"fmt"
	"log/slog"
	"time"
)

// Assurance is how well an identity is known, weakest first.
type Assurance string

// The levels. Only a chip proves anything; a QR code can be a photograph.
const (
	Typed        Assurance = "typed"
	QR           Assurance = "qr"
	ChipRead     Assurance = "chip-read"
	ChipVerified Assurance = "chip-verified"
	ChipGenuine  Assurance = "chip-genuine"
)

// PersonalNumber is the 12-digit personal number. It prints redacted whatever
// the verb; Reveal is the one way to its digits.
type PersonalNumber string

// Reveal gives the digits, for the submission and for the chip.
func (n PersonalNumber) Reveal() string { return string(n) }

// Masked gives what may be shown and printed: dots and the last four digits.
func (n PersonalNumber) Masked() string {
	if len(n) < 4 {
		return "••••••••"
	}
	return "••••••••" + string(n[len(n)-4:])
}

// Format prints "redacted" under every verb.
func (n PersonalNumber) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte("redacted")) }

// LogValue prints "redacted" in logs.
func (n PersonalNumber) LogValue() slog.Value { return slog.StringValue("redacted") }

// MarshalJSON prints "redacted"; documents use Reveal on purpose.
func (n PersonalNumber) MarshalJSON() ([]byte, error) { return []byte(`"redacted"`), nil }

// Person is what is known of the visitor. It prints redacted.
type Person struct {
	Number    PersonalNumber
	Old       string // former 9-digit number, often empty
	Name      string // NFC, as on the card
	Born      time.Time
	Sex       string // "Nam", "Nữ"
	Address   string // as on the card, may name units of before July 2025
	Issued    time.Time
	Expires   time.Time // zero = unknown or never; see Never
	Never     bool      // the card does not expire
	Assurance Assurance
	Proof     Proof     // how the chip was proven; zero unless a chip was read
	Warnings  []Warning // soft doubts, shown to staff, never a refusal
}

// Proof is how a chip's data were proven, in words for staff and technicians. It
// holds nothing that the card said of its holder.
type Proof struct {
	Opened string   // how the chip was opened: "PACE-CAN", "PACE-MRZ", "BAC"
	Signed string   // what signed it: "ECDSA SHA-384 brainpoolP384r1"; "" = not known
	Doubts []string // why the assurance is no higher, by reason: "anchor-missing"; empty = nothing is wanting
}

// Warning is a soft doubt about a number or card, by its key in the texts.
type Warning string

// Format prints "redacted" under every verb.
func (p Person) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte("person (redacted)")) }

// LogValue prints "redacted" in logs.
func (p Person) LogValue() slog.Value { return slog.StringValue("person (redacted)") }

// MarshalJSON prints "redacted".
func (p Person) MarshalJSON() ([]byte, error) { return []byte(`"person (redacted)"`), nil }
