package identity

import (
	_ "embed"
	"strconv"
	"strings"
)

// The doubts about a personal number. Only twelve digits and uniqueness are law
// (26/2023/QH15, article 12), so that a doubt never refuses anybody.
const (
	DoubtPlace Warning = "number.place" // no place or country code that we know
	DoubtSex   Warning = "number.sex"   // century and sex digit do not fit
	DoubtYear  Warning = "number.year"  // year of birth does not fit
	DoubtForm  Warning = "number.form"  // not twelve digits
)

// places are the first three digits of personal numbers, one a line with the
// place as it was called then; lines that begin with # say where from.
//
//go:embed places.txt
var places string

// Doubts compares a person's number with what else is known of the person
// (circular 07/2016/TT-BCA: three digits of the place of birth registration,
// one of century and sex, two of the year).
func Doubts(p Person) []Warning {
	n := p.Number.Reveal()
	if !digits12.MatchString(n) {
		return []Warning{DoubtForm}
	}
	var doubts []Warning
	if !knownPlace(n[:3]) {
		doubts = append(doubts, DoubtPlace)
	}
	if p.Born.IsZero() {
		return doubts
	}
	// 1900s: 0 male, 1 female; 2000s: 2, 3; 2100s: 4, 5; and so on.
	want := (p.Born.Year()/100 - 19) * 2
	if got := int(n[3] - '0'); got/2*2 != want || (p.Sex == "Nam" && got%2 != 0) || (p.Sex == "Nữ" && got%2 != 1) {
		doubts = append(doubts, DoubtSex)
	}
	if year, err := strconv.Atoi(n[4:6]); err != nil || year != p.Born.Year()%100 {
		doubts = append(doubts, DoubtYear)
	}
	return doubts
}

func knownPlace(code string) bool {
	for line := range strings.Lines(places) {
		if strings.HasPrefix(line, code+" ") {
			return true
		}
	}
	return false
}
