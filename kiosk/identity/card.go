package identity

import (
	"fmt"
	"strings"
	"time"
	"unicode"
)

// The fields of a card's code, parted by "|". Cards of 2021 have seven; those
// of 2024 four more, mostly empty, whose meaning is not published: they are
// neither kept nor shown.
const (
	fieldNumber = iota
	fieldOld    // former 9-digit number, often empty
	fieldName
	fieldBorn // ddMMyyyy
	fieldSex
	fieldAddress
	fieldIssued // ddMMyyyy
	fieldCount
)

// readCard makes a Person out of a card's fields.
func readCard(f []string, now time.Time) (Person, error) {
	if len(f) < fieldCount {
		return Person{}, fmt.Errorf("%w: %d fields", ErrFields, len(f))
	}
	if old := f[fieldOld]; old != "" && !digits9.MatchString(old) && !digits12.MatchString(old) {
		return Person{}, fmt.Errorf("%w: former number", ErrFields)
	}
	name := strings.Join(strings.Fields(f[fieldName]), " ")
	if !isName(name) {
		return Person{}, fmt.Errorf("%w: name", ErrFields)
	}
	sex, ok := readSex(f[fieldSex])
	if !ok {
		return Person{}, fmt.Errorf("%w: sex", ErrFields)
	}
	born, err := readDate(f[fieldBorn], now)
	if err != nil {
		return Person{}, fmt.Errorf("%w: birth", err)
	}
	issued, err := readDate(f[fieldIssued], now)
	if err != nil {
		return Person{}, fmt.Errorf("%w: issue", err)
	}
	if issued.Before(born) {
		return Person{}, fmt.Errorf("%w: issued before birth", ErrDate)
	}
	p := Person{Number: PersonalNumber(f[fieldNumber]), Old: f[fieldOld], Name: name, Born: born, Sex: sex,
		Address: strings.Join(strings.Fields(f[fieldAddress]), " "), Issued: issued, Assurance: QR}
	ends, never := Expiry(born, issued)
	p.Never = never
	if !never {
		p.Expires = ends[len(ends)-1] // of two, the benefit of the doubt
	}
	if p.Expired(now) {
		return Person{}, ErrExpired
	}
	p.Warnings = Doubts(p)
	return p, nil
}

// clockSlack is how far the station's clock may be behind: a card issued
// yesterday is good although the clock says that it is issued tomorrow.
const clockSlack = 48 * time.Hour

// readDate reads ddMMyyyy. A day that no calendar has is refused, not rolled
// over, and so is one that is yet to come.
func readDate(s string, now time.Time) (time.Time, error) {
	if len(s) != 8 {
		return time.Time{}, ErrDate
	}
	t, err := time.Parse("02012006", s)
	if err != nil || t.After(civil(now).Add(clockSlack)) || t.Year() < 1900 {
		return time.Time{}, ErrDate
	}
	return t, nil
}

// civil is the day on the calendar where now is, at midnight UTC like the dates
// on cards: at 6 in Hanoi it is still yesterday in UTC.
func civil(now time.Time) time.Time {
	y, m, d := now.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

func readSex(s string) (string, bool) {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "nam":
		return "Nam", true
	case "nữ", "nu":
		return "Nữ", true
	}
	return "", false
}

// isName takes letters, spaces, apostrophes, hyphens and points.
func isName(s string) bool {
	letters := 0
	for _, r := range s {
		switch {
		case unicode.IsLetter(r), unicode.IsMark(r):
			letters++
		case !strings.ContainsRune(" '’-.", r):
			return false
		}
	}
	return letters > 0
}
