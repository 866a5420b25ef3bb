package typing

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Fold gives s in lower case without marks and tones, đ as d, for search:
// "Đường" and "DUONG" fold to "duong".
func Fold(s string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(s) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case r == 'đ' || r == 'Đ':
			b.WriteByte('d')
		default:
			b.WriteRune(unicode.ToLower(r))
		}
	}
	// Lower case can bring a mark of its own (İ), and what is left may compose.
	return norm.NFC.String(strings.ReplaceAll(b.String(), "\u0307", ""))
}

// Suggest gives at most n words out of list that start with syllable, in the
// order of list, those that agree in marks before those that agree only folded.
// Without a syllable, or with a word that is complete as it stands, it gives none.
func Suggest(syllable string, list []string, n int) []string {
	folded := Fold(syllable)
	if folded == "" {
		return nil
	}
	lower := strings.ToLower(norm.NFC.String(syllable))
	var exact, near []string
	for _, word := range list {
		switch w := strings.ToLower(norm.NFC.String(word)); {
		case w == lower:
		case strings.HasPrefix(w, lower):
			exact = append(exact, word)
		case strings.HasPrefix(Fold(w), folded):
			near = append(near, word)
		}
	}
	all := slices.Concat(exact, near)
	return all[:min(n, len(all))]
}
