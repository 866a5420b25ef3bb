package lds

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrCheckDigit: a check digit of the machine readable zone is wrong.
var ErrCheckDigit = errors.New("check digit wrong")

// Day is a date of the machine readable zone: year, month, day in two digits
// each. It prints redacted.
type Day string

// NeverExpires is the expiry of Vietnamese cards that say "Không thời hạn".
const NeverExpires Day = "991231"

// DayOf gives the day of t in its own time zone.
func DayOf(t time.Time) Day { return Day(t.Format("060102")) }

// Reveal gives the six digits.
func (d Day) Reveal() string { return string(d) }

// Born resolves d as a date of birth: the latest one that is not after now. A
// person of over a hundred years comes out a century young; the state's own
// fields (DG13) hold the whole year. ok is false when d is no date, which the
// standard allows for unknown dates ("<<").
func (d Day) Born(now time.Time) (t time.Time, ok bool) {
	t, err := time.ParseInLocation("20060102", "20"+string(d), now.Location())
	if err != nil || len(d) != 6 {
		return time.Time{}, false
	}
	if t.After(now) {
		t, err = time.ParseInLocation("20060102", "19"+string(d), now.Location())
	}
	return t, err == nil
}

// Expires resolves d as the last day of a card issued this century. never is
// true, and t zero, for NeverExpires; ok is false when d is no date.
func (d Day) Expires(in *time.Location) (t time.Time, never, ok bool) {
	if d == NeverExpires {
		return time.Time{}, true, true
	}
	t, err := time.ParseInLocation("20060102", "20"+string(d), in)
	if err != nil || len(d) != 6 {
		return time.Time{}, false, false
	}
	return t, false, true
}

// Layout of a machine readable zone (ICAO Doc 9303, parts 4 and 5).
type Layout uint8

// The layouts read here.
const (
	TD1 Layout = 1 // identity card, three lines of 30
	TD3 Layout = 3 // passport, two lines of 44
)

// MRZ is a machine readable zone whose check digits are right. Fillers are
// removed from the ends of its fields. It prints redacted.
type MRZ struct {
	Layout   Layout
	Document string // "I", "ID", "P"
	State    string // who issued it, "VNM"
	Number   string // of the document; on Vietnamese cards digits 4 to 12 of the personal number
	Optional string // on Vietnamese cards the 12-digit personal number
	Further  string // second optional field of TD1
	Born     Day
	Sex      byte // 'M', 'F' or '<'
	Expires  Day
	National string // nationality, "VNM"
	Surname  string // words with spaces, without diacritics
	Given    string
}

// Vietnamese says whether this is an identity card of Viet Nam: IDVNM, or
// I<VNM as some are said to have it.
func (m MRZ) Vietnamese() bool {
	return m.Layout == TD1 && m.State == "VNM" && (m.Document == "ID" || m.Document == "I")
}

// PersonalNumber gives the 12 digits of a Vietnamese card, "" on any other.
func (m MRZ) PersonalNumber() string {
	if !m.Vietnamese() || len(m.Optional) != 12 {
		return ""
	}
	return m.Optional
}

// Key is what the chip's keys for BAC and PACE grow from.
func (m MRZ) Key() Secret { return MRZKey(m.Number, m.Born, m.Expires) }

// MRZKey gives the MRZ_information of ICAO Doc 9303-11, 4.3.2: document number,
// date of birth and date of expiry, each with its check digit.
func MRZKey(number string, born, expires Day) Secret {
	if len(number) < 9 {
		number += strings.Repeat("<", 9-len(number))
	}
	var key strings.Builder
	for _, s := range []string{number, string(born), string(expires)} {
		key.WriteString(s)
		key.WriteByte(CheckDigit(s))
	}
	return Secret(key.String())
}

// CheckDigit is the check digit over s (ICAO Doc 9303-3, 4.9): weights 7, 3, 1.
// Characters that no machine readable zone holds count nothing.
func CheckDigit(s string) byte {
	sum := 0
	for i := range len(s) {
		v := 0
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			v = int(c - '0')
		case c >= 'A' && c <= 'Z':
			v = int(c-'A') + 10
		}
		sum += v * [3]int{7, 3, 1}[i%3]
	}
	return byte('0' + sum%10)
}

// ReadDG1 reads the machine readable zone of DG1 (ICAO Doc 9303-10, 4.7.1), TD1
// or TD3, and checks every check digit.
func ReadDG1(file []byte) (MRZ, error) {
	inner, err := Unwrap(file, DG1.Tag())
	if err != nil {
		return MRZ{}, DG1.fail("outer tag", err)
	}
	zone, err := Unwrap(inner, 0x5F1F)
	if err != nil {
		return MRZ{}, DG1.fail("zone", err)
	}
	return ReadMRZ(string(zone))
}

// ReadMRZ reads the characters of a machine readable zone, its lines joined or
// apart, TD1 or TD3, and checks every check digit.
func ReadMRZ(zone string) (MRZ, error) {
	if len(zone) <= 96 {
		zone = strings.NewReplacer("\r", "", "\n", "").Replace(zone)
	}
	for i := range len(zone) {
		if c := zone[i]; c != '<' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') {
			return MRZ{}, DG1.fail("characters", ErrValue)
		}
	}
	switch len(zone) {
	case 90:
		return readTD1(zone)
	case 88:
		return readTD3(zone)
	}
	return MRZ{}, DG1.fail("length of the zone", ErrValue)
}

func readTD1(z string) (MRZ, error) {
	number, optional, err := longNumber(z[5:14], z[14], z[15:30])
	if err != nil {
		return MRZ{}, err
	}
	m := MRZ{
		Layout: TD1, Document: trim(z[0:2]), State: trim(z[2:5]), Number: number, Optional: optional,
		Born: Day(z[30:36]), Sex: z[37], Expires: Day(z[38:44]), National: trim(z[45:48]), Further: trim(z[48:59]),
	}
	m.Surname, m.Given = names(z[60:90])
	if m.Vietnamese() {
		// Twelve digits, two fillers and a check digit of Viet Nam's own.
		if personal, filler, digit := z[15:27], z[27:29], z[29]; digits(personal) && filler == "<<" {
			if digit != CheckDigit(personal) {
				return MRZ{}, DG1.fail("personal number", ErrCheckDigit)
			}
			m.Optional = personal
		}
	}
	return m, m.check(z[36], z[44], z[5:30]+z[30:37]+z[38:45]+z[48:59], z[59])
}

func readTD3(z string) (MRZ, error) {
	m := MRZ{
		Layout: TD3, Document: trim(z[0:2]), State: trim(z[2:5]), Number: trim(z[44:53]), National: trim(z[54:57]),
		Born: Day(z[57:63]), Sex: z[64], Expires: Day(z[65:71]), Optional: trim(z[72:86]),
	}
	m.Surname, m.Given = names(z[5:44])
	if z[53] != CheckDigit(z[44:53]) {
		return MRZ{}, DG1.fail("document number", ErrCheckDigit)
	}
	if want := CheckDigit(z[72:86]); z[86] != want && (z[86] != '<' || m.Optional != "") {
		return MRZ{}, DG1.fail("optional field", ErrCheckDigit)
	}
	return m, m.check(z[63], z[71], z[44:54]+z[57:64]+z[65:87], z[87])
}

// check holds the check digits of the dates and the composite one, and the sex.
func (m MRZ) check(born, expires byte, composite string, last byte) error {
	for _, c := range []struct {
		step, over string
		digit      byte
	}{
		{"date of birth", string(m.Born), born},
		{"date of expiry", string(m.Expires), expires},
		{"whole zone", composite, last},
	} {
		if c.digit != CheckDigit(c.over) {
			return DG1.fail(c.step, ErrCheckDigit)
		}
	}
	if m.Sex != 'M' && m.Sex != 'F' && m.Sex != '<' {
		return DG1.fail("sex", ErrValue)
	}
	return nil
}

// longNumber checks the document number of a TD1. One of over nine characters
// leaves a filler for its check digit and goes on in the optional field, up to
// the first filler there (ICAO Doc 9303-5, 4.2.2, note j).
func longNumber(first string, digit byte, optional string) (number, rest string, err error) {
	if digit != '<' {
		if digit != CheckDigit(first) {
			return "", "", DG1.fail("document number", ErrCheckDigit)
		}
		return trim(first), trim(optional), nil
	}
	tail, rest, _ := strings.Cut(optional, "<")
	if len(tail) < 2 {
		return "", "", DG1.fail("document number", ErrValue)
	}
	number, digit = first+tail[:len(tail)-1], tail[len(tail)-1]
	if digit != CheckDigit(number) {
		return "", "", DG1.fail("document number", ErrCheckDigit)
	}
	return number, trim(rest), nil
}

func trim(s string) string { return strings.TrimRight(s, "<") }

func digits(s string) bool { return strings.Trim(s, "0123456789") == "" }

func names(s string) (surname, given string) {
	surname, given, _ = strings.Cut(trim(s), "<<")
	words := strings.NewReplacer("<", " ")
	return strings.TrimSpace(words.Replace(surname)), strings.TrimSpace(words.Replace(given))
}

// String names the layout as the standard does.
func (l Layout) String() string { return fmt.Sprintf("TD%d", uint8(l)) }
