package cccd

import (
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"motcua/devices/card/lds"
)

// NameFits says whether c's name may be the one in the machine readable zone: its
// letters without diacritics, word by word, and where the zone is full also
// shortened or with words left out (ICAO Doc 9303-3, 4.6 and 6; 9303-5, 4.2.3).
// It is a reason to look twice and none to refuse a card, as issuers shorten in
// ways of their own. It is true where nothing can be told: one of the two names is
// blank, or has letters that may be written in several ways.
func (c Card) NameFits(m lds.MRZ) bool {
	zone := strings.Fields(m.Surname + " " + m.Given)
	words, ok := zoneWords(c.Name.Reveal())
	if len(zone) == 0 || len(words) == 0 || !ok {
		return true
	}
	if strings.Join(words, "") == strings.Join(zone, "") || slices.Equal(slices.Sorted(slices.Values(words)), slices.Sorted(slices.Values(zone))) {
		return true
	}
	return isFull(m) && isShortened(words, zone)
}

// zoneWords gives the words of a name as the zone writes them: an apostrophe goes,
// a hyphen parts words. It fails for what is no letter of Vietnamese: the zone may
// write Ö as O, OE or OXX.
func zoneWords(name string) (words []string, ok bool) {
	var b strings.Builder
	for _, r := range norm.NFD.String(name) {
		switch {
		case r >= 'a' && r <= 'z':
			b.WriteRune(r - 'a' + 'A')
		case r >= 'A' && r <= 'Z':
			b.WriteRune(r)
		case r == 'đ' || r == 'Đ':
			b.WriteByte('D')
		case r == ' ' || r == '-' || r == '.' || r == ',':
			b.WriteByte(' ')
		case r == '\'' || r == '’':
		case strings.ContainsRune(marks, r):
			if text := b.String(); text == "" || !strings.ContainsRune("AEIOUY", rune(text[len(text)-1])) {
				return nil, false // Ñ, for one, may be N or NXX
			}
		default:
			return nil, false
		}
	}
	return strings.Fields(b.String()), true
}

// marks are the diacritics of Vietnamese in NFD: five tones, and those of ă, â and
// ơ.
const marks = "\u0300\u0301\u0303\u0309\u0323\u0306\u0302\u031B"

// isFull says whether the names reach the end of their field, or end with a word
// right before it, which tells that they may have been shortened.
func isFull(m lds.MRZ) bool {
	room := map[lds.Layout]int{lds.TD1: 30, lds.TD3: 39}[m.Layout]
	n := len(m.Surname)
	if m.Given != "" {
		n += 2 + len(m.Given)
	}
	return n >= room-2
}

// isShortened says whether each word of the zone begins one of the name's, in
// their order, the first one's with the first one's.
func isShortened(words, zone []string) bool {
	if !strings.HasPrefix(words[0], zone[0]) {
		return false
	}
	for _, w := range words {
		if len(zone) > 0 && strings.HasPrefix(w, zone[0]) {
			zone = zone[1:]
		}
	}
	return len(zone) == 0
}
