package voice

import (
	"strconv"
	"strings"
	"time"

	"motcua/kiosk/pack"
)

// A speech is clip names in order; pause stands for a short silence.
type speech []string

const pause = ""

// number gives the clips of n, 0 to 999,999,999,999, as it is counted aloud.
func number(lang pack.Lang, n int64) speech {
	if lang == pack.EN {
		return numberEN(n)
	}
	return numberVI(n)
}

func num(n int64) string { return "num." + strconv.FormatInt(n, 10) }

// scales are the words after each group of three digits, greatest first.
var scales = [...]struct {
	value int64
	clip  string
}{{1e9, "num.billion"}, {1e6, "num.million"}, {1e3, "num.thousand"}, {1, ""}}

// numberVI counts as in the north: groups that are zero are left out, and one
// below a hundred after a greater group says so ("không trăm").
func numberVI(n int64) (s speech) {
	if n == 0 {
		return speech{num(0)}
	}
	for _, scale := range scales {
		group := n / scale.value
		n %= scale.value
		if group == 0 {
			continue
		}
		s = append(s, hundredsVI(group, len(s) > 0)...)
		if scale.clip != "" {
			s = append(s, scale.clip)
		}
	}
	return s
}

// hundredsVI gives 1 to 999; inside is true after a greater group.
func hundredsVI(n int64, inside bool) (s speech) {
	hundreds, rest := n/100, n%100
	if hundreds > 0 || inside {
		s = append(s, num(hundreds), "num.hundred")
		if 0 < rest && rest < 10 {
			return append(s, "num.and", num(rest)) // linh
		}
	}
	return append(s, belowHundredVI(rest)...)
}

// belowHundredVI gives 0 to 99, nothing for 0. After mươi, one, four and five
// change: mốt, tư, lăm.
func belowHundredVI(n int64) speech {
	tens, unit := n/10*10, n%10
	switch {
	case n == 0:
		return nil
	case n < 20:
		return speech{num(n)}
	case unit == 0:
		return speech{num(tens)}
	case unit == 1 || unit == 4 || unit == 5:
		return speech{num(tens), "num.after-ten." + strconv.FormatInt(unit, 10)}
	}
	return speech{num(tens), num(unit)}
}

func numberEN(n int64) (s speech) {
	if n == 0 {
		return speech{num(0)}
	}
	for _, scale := range scales {
		group := n / scale.value
		n %= scale.value
		if group == 0 {
			continue
		}
		if group >= 100 {
			s = append(s, num(group/100), "num.hundred")
		}
		if rest := group % 100; rest > 0 {
			if group >= 100 || scale.value == 1 && len(s) > 0 {
				s = append(s, "num.and")
			}
			s = append(s, belowHundredEN(rest)...)
		}
		if scale.clip != "" {
			s = append(s, scale.clip)
		}
	}
	return s
}

func belowHundredEN(n int64) speech {
	if n <= 20 || n%10 == 0 {
		return speech{num(n)}
	}
	return speech{num(n / 10 * 10), num(n % 10)}
}

// date gives "ngày hai mươi mốt tháng mười một năm hai nghìn không trăm hai
// mươi sáu" and "the twenty first of November, twenty twenty six".
func date(lang pack.Lang, d time.Time) speech {
	s := speech{
		"date.day." + strconv.Itoa(d.Day()),
		"date.month." + strconv.Itoa(int(d.Month())),
	}
	year := int64(d.Year())
	if lang == pack.EN {
		if high, low := year/100, year%100; low >= 10 {
			return append(append(s, belowHundredEN(high)...), belowHundredEN(low)...)
		}
		return append(s, numberEN(year)...)
	}
	return append(append(s, "date.year"), numberVI(year)...)
}

// clock gives "mười lăm giờ ba mươi phút" and "three thirty p.m.".
func clock(lang pack.Lang, hour, minute int64) speech {
	if lang == pack.EN {
		s := belowHundredEN((hour+11)%12 + 1)
		if minute > 0 && minute < 10 {
			s = append(s, "code.o")
		}
		if minute > 0 {
			s = append(s, belowHundredEN(minute)...)
		}
		if hour < 12 {
			return append(s, "time.morning")
		}
		return append(s, "time.afternoon")
	}
	s := append(numberVI(hour), "time.hour")
	if minute > 0 {
		s = append(append(s, numberVI(minute)...), "time.minute")
	}
	return s
}

// codeSigns name what stands in a code beside digits and the letters a to z.
var codeSigns = map[rune]string{'đ': "code.dd", '.': "code.dot", '-': "code.dash", '/': "code.slash"}

// code gives each sign of a code by its own name, with a pause after every
// three and at each mark, so that it can be written down. ok is false if there
// is a sign without a name.
func code(signs string) (s speech, ok bool) {
	run := 0
	for _, r := range strings.ToLower(signs) {
		switch {
		case '0' <= r && r <= '9':
			s = append(s, num(int64(r-'0')))
		case 'a' <= r && r <= 'z':
			s = append(s, "code."+string(r))
		case codeSigns[r] != "":
			s = append(s, codeSigns[r])
		case r == ' ':
			run = 2
		default:
			return nil, false
		}
		if run++; run == 3 || r == '.' || r == '-' || r == '/' {
			s, run = append(s, pause), 0
		}
	}
	return s, true
}
