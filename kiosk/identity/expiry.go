package identity

import "time"

// newLaw is the first day of the Law on Identification 26/2023/QH15.
var newLaw = time.Date(2024, time.July, 1, 0, 0, 0, 0, time.UTC)

// Expiry gives the day from which a card is to be renewed: the birthday at 25,
// 40 or 60 (Law 59/2014/QH13, article 21), since 1 July 2024 at 14 too (Law
// 26/2023/QH15, article 21). A card issued within the two years before such a
// birthday is good until the next one; past the last it is good for ever. On
// the very day where the two years begin, and for those born on 29 February,
// the sources do not say which of two days holds: both are given, earlier first.
func Expiry(born, issued time.Time) (ends []time.Time, never bool) {
	ages := []int{25, 40, 60}
	if !issued.Before(newLaw) {
		ages = []int{14, 25, 40, 60}
	}
	for i, age := range ages {
		birthday := at(born, age)
		if !birthday.After(issued) {
			continue
		}
		within := birthday.AddDate(-2, 0, 0)
		if issued.Before(within) {
			return days(born, age), false
		}
		if issued.Equal(within) {
			ends = days(born, age)
		}
		if i+1 == len(ages) {
			return ends, true
		}
		return append(ends, days(born, ages[i+1])...), false
	}
	return nil, true
}

// at is the birthday at an age; 1 March where 29 February is not there.
func at(born time.Time, age int) time.Time { return born.AddDate(age, 0, 0) }

// days are the days that may be meant by the birthday at an age.
func days(born time.Time, age int) []time.Time {
	b := at(born, age)
	if born.Day() == 29 && b.Day() == 1 {
		return []time.Time{b.AddDate(0, 0, -1), b}
	}
	return []time.Time{b}
}
