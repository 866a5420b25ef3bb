package voice

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"motcua/kiosk/pack"
)

// A Slot is what fills a name in braces of a prompt. The types below are all
// there are; none of them can hold a person's name, address or number.
type Slot interface {
	speech(pack.Lang) (speech, error)
}

// Number is a count, 0 to 999,999,999,999.
type Number int64

// Money is an amount in whole đồng, within the bounds of Number.
type Money int64

// Date is a calendar day; the time of day is not spoken.
type Date time.Time

// Time is a time of day; its date is not spoken.
type Time time.Time

// Code is a code that is read sign by sign: letters without marks, đ, digits,
// dot, dash, slash. Nine digits or more in a row are refused, also with spaces
// or dots between them: they could be a personal number or a telephone number.
type Code string

const maxNumber = 999_999_999_999

func (n Number) speech(lang pack.Lang) (speech, error) {
	if n < 0 || n > maxNumber {
		return nil, fmt.Errorf("number is not within 0 and %d", int64(maxNumber))
	}
	return number(lang, int64(n)), nil
}

func (m Money) speech(lang pack.Lang) (speech, error) {
	s, err := Number(m).speech(lang)
	return append(s, "money.dong"), err
}

func (d Date) speech(lang pack.Lang) (speech, error) {
	if y := time.Time(d).Year(); y < 1 || y > 9999 {
		return nil, errors.New("no such year")
	}
	return date(lang, time.Time(d)), nil
}

func (t Time) speech(lang pack.Lang) (speech, error) {
	hour, minute, _ := time.Time(t).Clock()
	return clock(lang, int64(hour), int64(minute)), nil
}

// maxCode is the longest code that anybody would listen to.
const maxCode = 40

// The errors do not repeat the code: they end up in logs.
func (c Code) speech(pack.Lang) (speech, error) {
	if c == "" || len(c) > maxCode {
		return nil, fmt.Errorf("code of %d signs, want 1 to %d", len(c), maxCode)
	}
	if personal(string(c)) {
		return nil, errors.New("code could be a person's number")
	}
	s, ok := code(string(c))
	if !ok {
		return nil, errors.New("code has a sign that cannot be spoken")
	}
	return s, nil
}

func personal(code string) bool {
	run := 0
	for _, r := range strings.NewReplacer(" ", "", ".", "").Replace(code) {
		if r < '0' || r > '9' {
			run = 0
			continue
		}
		if run++; run >= 9 {
			return true
		}
	}
	return false
}
