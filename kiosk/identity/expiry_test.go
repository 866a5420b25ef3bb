package identity

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestExpiry holds the worked bands and the boundaries.
func TestExpiry(t *testing.T) {
	born := day(2000, 5, 10)
	for _, tc := range []struct {
		name         string
		born, issued time.Time
		want         []time.Time
		never        bool
	}{
		{"child under 12, new law", day(2014, 5, 10), day(2024, 9, 1), []time.Time{day(2028, 5, 10)}, false},
		{"12 to 14, new law", day(2012, 5, 10), day(2024, 9, 1), []time.Time{day(2037, 5, 10)}, false},
		{"15, old law", born, day(2016, 1, 1), []time.Time{day(2025, 5, 10)}, false},
		{"22", born, day(2022, 6, 1), []time.Time{day(2025, 5, 10)}, false},
		{"23 to the day", born, day(2023, 5, 10), []time.Time{day(2025, 5, 10), day(2040, 5, 10)}, false},
		{"23 and a day", born, day(2023, 5, 11), []time.Time{day(2040, 5, 10)}, false},
		{"25 to the day", born, day(2025, 5, 10), []time.Time{day(2040, 5, 10)}, false},
		{"39", day(1985, 5, 10), day(2024, 9, 1), []time.Time{day(2045, 5, 10)}, false},
		{"57", day(1967, 5, 10), day(2024, 9, 1), []time.Time{day(2027, 5, 10)}, false},
		{"58 to the day", day(1966, 5, 10), day(2024, 5, 10), []time.Time{day(2026, 5, 10)}, true},
		{"59", day(1965, 5, 10), day(2024, 9, 1), nil, true},
		{"80", day(1944, 5, 10), day(2024, 9, 1), nil, true},
		{"58 to the day, 29 February", day(1964, 2, 29), day(2022, 2, 28), []time.Time{day(2024, 2, 29)}, true},
		{"29 February, the window opens a day apart", day(2000, 2, 29), day(2023, 2, 28), []time.Time{day(2025, 2, 28), day(2025, 3, 1), day(2040, 2, 29)}, false},
		{"29 February in a leap year", day(2000, 2, 29), day(2030, 1, 1), []time.Time{day(2040, 2, 29)}, false},
		{"last day of the old law, a child", day(2013, 5, 10), day(2024, 6, 30), []time.Time{day(2038, 5, 10)}, false},
		{"first day of the new law, a child", day(2013, 5, 10), day(2024, 7, 1), []time.Time{day(2027, 5, 10)}, false},
		{"29 February", day(2004, 2, 29), day(2022, 1, 1), []time.Time{day(2029, 2, 28), day(2029, 3, 1)}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, never := Expiry(tc.born, tc.issued)
			if !slices.Equal(got, tc.want) || never != tc.never {
				t.Errorf("Expiry = %v, %v; want %v, %v", got, never, tc.want, tc.never)
			}
		})
	}
}

// TestExpiryIsABirthday: whatever the days, a card ends at 14, 25, 40 or 60, at
// least two years after it was issued.
func TestExpiryIsABirthday(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		born := day(1920, 1, 1).AddDate(0, 0, rapid.IntRange(0, 38000).Draw(t, "born"))
		issued := born.AddDate(0, 0, rapid.IntRange(0, 32000).Draw(t, "age"))
		ends, never := Expiry(born, issued)
		if len(ends) == 0 && !never {
			t.Fatal("neither a day nor never")
		}
		for _, e := range ends {
			if e.Before(issued.AddDate(2, 0, -2)) {
				t.Fatalf("issued %v, ends %v already", issued, e)
			}
			if age := e.Year() - born.Year(); !slices.Contains([]int{14, 25, 40, 60}, age) {
				t.Fatalf("ends at %d", age)
			}
		}
	})
}

// bands is the rule as its table prints it: up to which age at issue a card ends
// at which birthday; past the last, never.
var bands = map[bool][]struct{ below, end int }{
	false: {{23, 25}, {38, 40}, {58, 60}},
	true:  {{12, 14}, {23, 25}, {38, 40}, {58, 60}},
}

// TestExpiryByBands compares the rule with its table on any two dates.
func TestExpiryByBands(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		born := day(1920, 1, 1).AddDate(0, 0, rapid.IntRange(0, 38000).Draw(t, "born"))
		issued := born.AddDate(0, 0, rapid.IntRange(0, 32000).Draw(t, "age"))
		if born.Month() == 2 && born.Day() == 29 || born.Month() == issued.Month() && born.Day() == issued.Day() {
			t.Skip("two readings")
		}
		age := issued.Year() - born.Year()
		if issued.YearDay() < time.Date(issued.Year(), born.Month(), born.Day(), 0, 0, 0, 0, time.UTC).YearDay() {
			age--
		}
		ends, never := Expiry(born, issued)
		for _, band := range bands[!issued.Before(newLaw)] {
			if age < band.below {
				want := time.Date(born.Year()+band.end, born.Month(), born.Day(), 0, 0, 0, 0, time.UTC)
				if never || !slices.Equal(ends, []time.Time{want}) {
					t.Fatalf("issued at %d: %v, %v; want %v", age, ends, never, want)
				}
				return
			}
		}
		if !never || len(ends) != 0 {
			t.Fatalf("issued at %d: %v, %v; want never", age, ends, never)
		}
	})
}

// TestLastDay: a card is good on its last day, wherever the clock is, and a
// clock that is two days behind refuses nobody.
func TestLastDay(t *testing.T) {
	hanoi := time.FixedZone("Hanoi", 7*3600)
	const code = "001101999999||Nguyễn Văn Mẫu|31012001|Nam|Hà Nội|15042021" // until 31 January 2026
	for _, tc := range []struct {
		name, code string
		now        time.Time
		want       error
	}{
		{"last morning", code, time.Date(2026, 1, 31, 6, 0, 0, 0, hanoi), nil},
		{"last evening", code, time.Date(2026, 1, 31, 23, 0, 0, 0, hanoi), nil},
		{"the morning after", code, time.Date(2026, 2, 1, 6, 0, 0, 0, hanoi), ErrExpired},
		{"issued this morning", strings.Replace(code, "15042021", "31012026", 1), time.Date(2026, 1, 31, 6, 0, 0, 0, hanoi), nil},
		{"clock two days behind", strings.Replace(code, "15042021", "31012026", 1), time.Date(2026, 1, 29, 9, 0, 0, 0, hanoi), nil},
		{"clock three days behind", strings.Replace(code, "15042021", "31012026", 1), time.Date(2026, 1, 28, 9, 0, 0, 0, hanoi), ErrDate},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := Read(tc.code, tc.now); !errors.Is(err, tc.want) {
				t.Errorf("Read = %v, want %v", err, tc.want)
			}
		})
	}
}

// TestNeverHasNoDay: where the sources leave open whether a card ends, it does
// not, and says no day.
func TestNeverHasNoDay(t *testing.T) {
	found, err := Read("001066999999||Nguyễn Văn Mẫu|10051966|Nam|Hà Nội|10052024", today)
	if p := found.Person; err != nil || !p.Never || !p.Expires.IsZero() {
		t.Errorf("Never = %t, Expires = %v, %v", p.Never, p.Expires, err)
	}
}

// TestBenefitOfTheDoubt: of two last days the later one counts.
func TestBenefitOfTheDoubt(t *testing.T) {
	found, err := Read("001100999999||Nguyễn Văn Mẫu|10052000|Nam|Hà Nội|10052023", today)
	if p := found.Person; err != nil || !p.Expires.Equal(day(2040, 5, 10)) || p.Never {
		t.Errorf("Expires = %v, %v; want 10 May 2040", p.Expires, err)
	}
}
