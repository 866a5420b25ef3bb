package identity

import (
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"
)

// Kind is what a scanned code is.
type Kind int

// The codes that are told apart. The zero Kind is one that nobody knows; it may
// be VNeID's, whose form is not public, and is never taken for an identity.
const (
	Unknown  Kind = iota
	Card          // the code on an ID card
	Health        // of a health insurance card
	Payment       // VietQR, an EMV payment code
	Personal      // the personal code of the COVID years
	Web           // an address
	Receipt       // ours
)

var kinds = [...]string{"unknown", "card", "health", "payment", "personal", "web", "receipt"}

// String gives the word for logs and support tools.
func (k Kind) String() string { return kinds[k] }

// Sentence is the key of the text that says what to do when this code was
// scanned where a card was asked for.
func (k Kind) Sentence() string { return "identity." + kinds[k] }

// Found is what a code says. It prints its kind alone.
type Found struct {
	Kind   Kind
	Person Person // of a Card
	// ReceiptID and ReceiptSecret are what a Receipt looks up.
	ReceiptID, ReceiptSecret string
}

// Format prints the kind under every verb: the rest is a person, or opens a
// receipt.
func (f Found) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(f.Kind.String() + " (redacted)")) }

// LogValue prints the kind in logs.
func (f Found) LogValue() slog.Value { return slog.StringValue(f.Kind.String() + " (redacted)") }

// MarshalJSON prints the kind.
func (f Found) MarshalJSON() ([]byte, error) {
	return []byte(`"` + f.Kind.String() + ` (redacted)"`), nil
}

// Why a card's code cannot be used. Test with errors.Is; Sentence says it to
// the visitor.
var (
	// ErrFields: it looks like a card's code, but is not whole or not one.
	ErrFields = errors.New("card code: a field is missing or misplaced")
	// ErrDate: a date in it is none, or lies in the future.
	ErrDate = errors.New("card code: a date is impossible")
	// ErrExpired: the card is past its date.
	ErrExpired = errors.New("card expired")
)

// Sentence is the key of the text that says what to do about err, which Read
// gave.
func Sentence(err error) string {
	switch {
	case errors.Is(err, ErrExpired):
		return "identity.expired"
	case errors.Is(err, ErrDate):
		return "identity.date"
	}
	return "identity.fields"
}

var (
	digits12   = regexp.MustCompile(`^[0-9]{12}$`)
	digits9    = regexp.MustCompile(`^[0-9]{9}$`)
	healthCard = regexp.MustCompile(`^([A-Z]{2}[0-9]{13}|[0-9]{10})$`)
	hexText    = regexp.MustCompile(`^(?:[0-9a-fA-F]{2})+$`)
	webPage    = regexp.MustCompile(`^(?i:https?)://`)
	isoDate    = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)
	ownCode    = regexp.MustCompile(`^MOTCUA1:(` + uuid + `):([0-9A-Z]{4})$`)
	ownPage    = regexp.MustCompile(`^https://\S+/(` + uuid + `)#([0-9A-Z]{4})$`)
)

const uuid = `[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`

// Read tells what a scanned code is at a moment, and who it names if it is an
// ID card's. A card's code is plain and unsigned: it fills a form and proves
// nothing, so the Person's Assurance is QR. Errors name no field's content.
func Read(code string, now time.Time) (Found, error) {
	code = strings.TrimSpace(norm.NFC.String(code))
	if m := ownCode.FindStringSubmatch(code); m != nil {
		return Found{Kind: Receipt, ReceiptID: m[1], ReceiptSecret: m[2]}, nil
	}
	if m := ownPage.FindStringSubmatch(code); m != nil {
		return Found{Kind: Receipt, ReceiptID: m[1], ReceiptSecret: m[2]}, nil
	}
	fields := strings.Split(code, "|")
	switch {
	case strings.HasPrefix(code, "000201") && !digits12.MatchString(fields[0]):
		return Found{Kind: Payment}, nil
	case webPage.MatchString(code):
		return Found{Kind: Web}, nil
	case len(fields) < 2:
		return Found{}, nil
	case isPersonal(fields):
		return Found{Kind: Personal}, nil
	case isHealth(fields):
		return Found{Kind: Health}, nil
	case !digits12.MatchString(fields[0]):
		return Found{}, nil
	}
	p, err := readCard(fields, now)
	if err != nil {
		return Found{Kind: Card}, err
	}
	return Found{Kind: Card, Person: p}, nil
}

// isHealth: insurance number first, then the name in hex (as public readers of
// these cards decode them). The number may be the personal number; then the name
// tells it from a card, where the former number stands in that place.
func isHealth(f []string) bool {
	if len(f) < 3 || !hexText.MatchString(f[1]) {
		return false
	}
	name, err := hex.DecodeString(f[1])
	return healthCard.MatchString(f[0]) || digits12.MatchString(f[0]) && err == nil && isName(norm.NFC.String(string(name)))
}

// isPersonal: number|NAME|YYYY-MM-DD|0 or 1|… ; the number may be masked.
func isPersonal(f []string) bool {
	return len(f) >= 4 && isoDate.MatchString(f[2]) && (f[3] == "0" || f[3] == "1")
}
