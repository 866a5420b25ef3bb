package walk

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// toneKeys are the keys of the tone row, by the combining mark of the tone.
var toneKeys = map[rune]string{'\u0300': "tone:huyen", '\u0301': "tone:sac", '\u0303': "tone:nga", '\u0309': "tone:hoi", '\u0323': "tone:nang"}

// Keys gives the keys of the on-screen keyboard that write text: each letter by
// its own key, the tone of a syllable at its end, as people do it. Capitals are
// the keyboard's affair.
func Keys(text string) []string {
	var keys []string
	tone := ""
	rest := func() {
		if tone != "" {
			keys = append(keys, "key:"+tone)
			tone = ""
		}
	}
	for _, r := range norm.NFC.String(strings.ToLower(text)) {
		if !unicode.IsLetter(r) {
			rest()
			if r == ' ' {
				keys = append(keys, "key:space")
			} else {
				keys = append(keys, "key:"+string(r))
			}
			continue
		}
		bare := ""
		for _, part := range norm.NFD.String(string(r)) {
			if key, ok := toneKeys[part]; ok {
				tone = key
			} else {
				bare += string(part)
			}
		}
		keys = append(keys, "key:"+norm.NFC.String(bare))
	}
	rest()
	return keys
}
