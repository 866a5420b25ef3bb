// Package cccd reads what the state of Viet Nam writes on its identity cards
// beyond ICAO Doc 9303: the fields of DG13, and the card access number.
//
// The layout of DG13 is not published; it was agreed on by several independent
// readers of real cards: 6D { SEQUENCE { version, OID, SET OF SEQUENCE { INTEGER n,
// value } } }. Fields are found by their number, never by their place, may be
// absent or blank, and only those that are asked for are decoded: ethnicity and
// religion stay bytes unless somebody names them.
//
// Every type that holds what a card says of a person prints "redacted".
package cccd

import (
	"errors"
	"fmt"
	"time"

	"motcua/devices/card/lds"
)

// Field is the number of a field in DG13.
type Field int

// The fields. Those from 8 on moved between the cards of 2021 and 2024: 8 may be
// the place of birth registration, 9 the place of residence; 15 and 16 change
// places and are told apart by what they hold, see Former and Serial.
const (
	Number    Field = 1 // personal number, 12 digits
	Name      Field = 2
	Born      Field = 3
	Sex       Field = 4
	National  Field = 5
	Ethnicity Field = 6 // sensitive by law
	Religion  Field = 7 // sensitive by law
	Origin    Field = 8
	Residence Field = 9
	Marks     Field = 10
	Issued    Field = 11
	Expires   Field = 12
	Parents   Field = 13 // father, mother
	Spouse    Field = 14
	Former    Field = 15 // former number, 9 or 12 digits
	Serial    Field = 16 // 16 hex digits, probably of the chip
)

var fieldNames = [...]string{
	"", "number", "name", "date of birth", "sex", "nationality", "ethnicity", "religion", "place of origin", "residence",
	"marks", "date of issue", "date of expiry", "parents", "spouse", "former number", "serial",
}

// String names the field: "date of birth".
func (f Field) String() string {
	if f < Number || f > Serial {
		return fmt.Sprintf("field %d", int(f))
	}
	return fieldNames[f]
}

// Card is what was asked for of DG13. A field that was not asked for, or is
// absent or blank on the card, is zero. Text is in NFC. Dates are midnight in the
// time zone given to Read. It prints redacted.
type Card struct {
	Number    Text
	Name      Text
	Born      time.Time
	Sex       Text // as on the card: "Nam", "Nữ"
	National  Text
	Ethnicity Text
	Religion  Text
	Origin    Text
	Residence Text
	Marks     Text
	Issued    time.Time
	Expires   time.Time // zero = unknown or never, see Never
	Never     bool      // the card says that it does not expire
	Father    Text
	Mother    Text
	Spouse    Text
	Former    Text
	Serial    Text

	// Unread are fields that were asked for and are on the card, but whose value
	// is not what the field should hold. They are zero above.
	Unread []Field
}

// The ways DG13 or a number can be wrong.
var (
	// ErrTwice: a field is on the card twice, so that neither can be believed.
	ErrTwice = errors.New("field given twice")
	// ErrNumber: not a personal number of 12 digits.
	ErrNumber = errors.New("not a personal number of 12 digits")
)

// numbers says whether s is n digits.
func numbers(s string, n int) bool {
	if len(s) != n {
		return false
	}
	for i := range n {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// CAN gives the card access number that opens the chip by PACE: the last six
// digits of the personal number. It fails with ErrNumber.
func CAN(number string) (lds.Secret, error) {
	if !numbers(number, 12) {
		return "", ErrNumber
	}
	return lds.Secret(number[6:]), nil
}

// MRZKey gives what opens the chip by BAC or by PACE without a CAN, as the
// machine readable zone has it: the last nine digits of the personal number, the
// date of birth and the date of expiry, each with its check digit. The zero
// expires stands for a card that never does. It fails with ErrNumber.
func MRZKey(number string, born, expires time.Time) (lds.Secret, error) {
	if !numbers(number, 12) {
		return "", ErrNumber
	}
	last := lds.NeverExpires
	if !expires.IsZero() {
		last = lds.DayOf(expires)
	}
	return lds.MRZKey(number[3:], lds.DayOf(born), last), nil
}
