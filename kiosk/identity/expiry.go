package identity

import (
	"slices"
	"time"
)

// newLaw is the first day of the Law on Identification 26/2023/QH15.
var newLaw = time.Date(2024, time.July, 1, 0, 0, 0, 0, time.UTC)

// Expiry gives the last day of a card by its two dates, both at midnight UTC: the
// birthday at 25, 40 or 60 (Law 59/2014/QH13, article 21), since 1 July 2024 at
// 14 too (Law 26/2023/QH15, article 21). A card issued within the two years
// before such a birthday is good until the next one; past the last it is good
// for ever. On the very day where the two years begin, and for those born on 29
// February, the sources do not say which of two days holds: both are given,
// earlier first. never beside days means that for ever is one of the two.
func Expiry(born, issued time.Time) (ends []time.Time, never bool) {
	ages := []int{25, 40, 60}
	if !issued.Before(newLaw) {
		ages = []int{14, 25, 40, 60}
	}
	for _, birthday := range birthdays(born) {
		days, always := expiry(ages, birthday, issued)
		ends, never = append(ends, days...), never || always
	}
	slices.SortFunc(ends, time.Time.Compare)
	return slices.Compact(ends), never
}

// Expired tells whether the card is past its last day at a moment, where that
// is: past the day that is known, else past the day of the law that it was
// issued under. A card of which neither is known has not expired.
func (p Person) Expired(at time.Time) bool {
	last := p.Expires
	switch {
	case p.Never:
		return false
	case last.IsZero() && (p.Born.IsZero() || p.Issued.IsZero()):
		return false
	case last.IsZero():
		ends, never := Expiry(p.Born, p.Issued)
		if never {
			return false
		}
		last = ends[len(ends)-1] // of two, the benefit of the doubt
	}
	return civil(at).After(last)
}

// expiry is the rule for one way to reckon birthdays.
func expiry(ages []int, birthday func(age int) time.Time, issued time.Time) (ends []time.Time, never bool) {
	for _, age := range ages {
		end, opens := birthday(age), birthday(age-2)
		switch {
		case !end.After(issued):
		case issued.Before(opens):
			return append(ends, end), false
		case issued.Equal(opens):
			ends = append(ends, end) // or the next
		}
	}
	return ends, true
}

// birthdays are the ways to reckon a birthday: one, but for 29 February, which
// in other years may be taken for 28 February or 1 March.
func birthdays(born time.Time) []func(age int) time.Time {
	late := func(age int) time.Time { return born.AddDate(age, 0, 0) }
	if born.Month() != time.February || born.Day() != 29 {
		return []func(int) time.Time{late}
	}
	early := func(age int) time.Time {
		day := late(age)
		if day.Day() == 1 {
			return day.AddDate(0, 0, -1)
		}
		return day
	}
	return []func(int) time.Time{early, late}
}
