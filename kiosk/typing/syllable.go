package typing

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// The marks that change a letter and the tones, as combining characters.
const (
	circumflex = '\u0302'
	breve      = '\u0306'
	horn       = '\u031b'

	huyen = '\u0300'
	sac   = '\u0301'
	nga   = '\u0303'
	hoi   = '\u0309'
	nang  = '\u0323'
)

// tones are the keys of the tone row.
var tones = map[string]rune{"sac": sac, "huyen": huyen, "hoi": hoi, "nga": nga, "nang": nang}

// letter is one letter taken apart: â with nặng is 'a', circumflex, nang.
type letter struct {
	base rune // keeps its case; đ is a base of its own
	mark rune // circumflex, breve, horn or 0
	tone rune // or 0
	rest string
}

// split takes a composed letter apart. Marks that Vietnamese does not have stay
// in rest.
func split(r rune) letter {
	var l letter
	for i, part := range norm.NFD.String(string(r)) {
		switch {
		case i == 0:
			l.base = part
		case part == circumflex || part == breve || part == horn:
			l.mark = part
		case strings.ContainsRune("\u0300\u0301\u0303\u0309\u0323", part):
			l.tone = part
		default:
			l.rest += string(part)
		}
	}
	return l
}

func splitAll(word string) []letter {
	var letters []letter
	for _, r := range word {
		letters = append(letters, split(r))
	}
	return letters
}

// join composes the letter again.
func (l letter) join() string {
	s := string(l.base)
	for _, part := range []rune{l.mark, l.tone} {
		if part != 0 {
			s += string(part)
		}
	}
	return norm.NFC.String(s + l.rest)
}

func (l letter) lower() rune { return unicode.ToLower(l.base) }

func (l letter) vowel() bool { return strings.ContainsRune("aeiouy", l.lower()) }

// wordStart is where the run of letters at the end begins.
func wordStart(runes []rune) int {
	i := len(runes)
	for i > 0 && unicode.In(runes[i-1], unicode.L, unicode.Mn) {
		i--
	}
	return i
}

// nucleus finds the last run of vowels in word, word[from:to]. The u of qu and
// the i of gi belong to the consonant where a vowel follows: quý, già, but gì.
func nucleus(word []letter) (from, to int) {
	to = len(word)
	for to > 0 && !word[to-1].vowel() {
		to--
	}
	from = to
	for from > 0 && word[from-1].vowel() {
		from--
	}
	if from > 0 && to-from > 1 && word[from].mark == 0 {
		switch pair := string([]rune{word[from-1].lower(), word[from].lower()}); pair {
		case "qu", "gi":
			from++
		}
	}
	return from, to
}

// toneSeat is the vowel in word[from:to] that carries the tone: the last one
// with a mark; else, before a final consonant, the last; else the middle one of
// three and the first one of two.
func toneSeat(word []letter, from, to int) int {
	for i := to - 1; i >= from; i-- {
		if word[i].mark != 0 {
			return i
		}
	}
	switch {
	case to < len(word):
		return to - 1
	case to-from >= 3:
		return from + 1
	}
	return from
}

// settle mends what a new or lost letter has upset: ươ wears its horns together
// as soon as something follows (thuơ, then ng, is thương), and the tone goes to
// its seat.
func settle(word []letter) []letter {
	from, to := nucleus(word)
	for i := from; i+1 < to; i++ {
		u, o := &word[i], &word[i+1]
		if u.lower() == 'u' && o.lower() == 'o' && (u.mark == horn) != (o.mark == horn) &&
			o.mark != circumflex && i+2 < len(word) {
			u.mark, o.mark = horn, horn
		}
	}
	if tone := takeTone(word, from, to); tone != 0 {
		word[toneSeat(word, from, to)].tone = tone
	}
	return word
}

// setTone puts tone on the last syllable of word, or takes it off if it is
// there. A word without vowels stays as it is.
func setTone(word []letter, tone rune) []letter {
	from, to := nucleus(word)
	if from == to {
		return word
	}
	if takeTone(word, from, to) != tone {
		word[toneSeat(word, from, to)].tone = tone
	}
	return word
}

// takeTone takes the tones off word[from:to], and off the u of qu and the i of
// gi before it, and gives the last of them.
func takeTone(word []letter, from, to int) (tone rune) {
	if from > 0 && word[from-1].vowel() {
		from--
	}
	for i := from; i < to; i++ {
		if word[i].tone != 0 {
			tone = word[i].tone
		}
		word[i].tone = 0
	}
	return tone
}

// setMark turns the last letter that r is a marked form of into it; the case
// stays. It tells false if there is none or it is that already.
func setMark(word []letter, r rune) ([]letter, bool) {
	want := split(unicode.ToLower(r))
	if want.base == 'đ' {
		for i := len(word) - 1; i >= 0; i-- {
			switch word[i].base {
			case 'd':
				word[i].base = 'đ'
				return word, true
			case 'D':
				word[i].base = 'Đ'
				return word, true
			case 'đ', 'Đ':
				return word, false
			}
		}
		return word, false
	}
	if want.mark == 0 || want.tone != 0 {
		return word, false
	}
	from, to := nucleus(word)
	for i := to - 1; i >= from; i-- {
		if word[i].lower() == want.base {
			same := word[i].mark == want.mark
			word[i].mark = want.mark
			return word, !same
		}
	}
	return word, false
}
