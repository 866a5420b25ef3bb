package typing

import (
	"strings"
	"unicode"

	bamboo "github.com/BambooEngine/bamboo-core"
	"golang.org/x/text/unicode/norm"
)

// telexRules are only read.
var telexRules = bamboo.ParseInputMethod(bamboo.GetInputMethodDefinitions(), "Telex")

// longestTelex is where we stop to look for Vietnamese: "nghiêng" has seven
// letters, and an engine given endless words would take endless time.
const longestTelex = 10

// telex gives the word after the Telex key r. The engine remembers keys, we
// remember letters, so each word is first turned back into keys that make it. A
// word that no keys make, such as "aa" after aaa, is not Vietnamese: ok is false
// and the key is a plain letter.
func telex(word string, r rune) (next string, ok bool) {
	if !strings.ContainsRune("aeowdsfrxjz", unicode.ToLower(r)) || len([]rune(word)) > longestTelex {
		return "", false // the key has no second meaning, or the word is not Vietnamese
	}
	if next, ok = telexWord(word, r); ok && next != word+string(r) {
		return next, true
	}
	// The engine refuses some rimes after some consonants (nhoằng), but takes all
	// of them after h.
	if onset := strings.IndexFunc(word, func(r rune) bool { return split(r).vowel() }); onset > 0 {
		if next, ok := telexWord("h"+word[onset:], r); ok {
			return word[:onset] + next[1:], true
		}
	}
	return next, ok
}

func telexWord(word string, r rune) (next string, ok bool) {
	keys, ok := telexKeys(word)
	if !ok {
		return "", false
	}
	if same(runTelex(keys), word) {
		return runTelex(keys + string(r)), true
	}
	// A long o is ooo: xoong, boong.
	long := strings.NewReplacer("oo", "ooo", "OO", "OOO", "Oo", "Ooo").Replace(keys)
	if same(runTelex(long), word) {
		return runTelex(long + string(r)), true
	}
	// A tone that cannot stay (nguyễt, on the way to nguyết) makes way for another.
	bare, tone := toneless(word)
	if tone != 0 && strings.ContainsRune("sfrxjz", unicode.ToLower(r)) {
		return telexWord(bare, r)
	}
	return "", false
}

func runTelex(keys string) string {
	engine := bamboo.NewEngine(telexRules, bamboo.EstdFlags)
	engine.ProcessString(keys, bamboo.VietnameseMode)
	return norm.NFC.String(engine.GetProcessedString(bamboo.VietnameseMode | bamboo.FullText))
}

// same compares two words but for the seat of the tone: the engine knows one
// way, a word that came from elsewhere may follow the other.
func same(a, b string) bool {
	if a == b {
		return true
	}
	bareA, toneA := toneless(a)
	bareB, toneB := toneless(b)
	return bareA == bareB && toneA == toneB
}

func toneless(word string) (bare string, tone rune) {
	var b strings.Builder
	for _, r := range word {
		l := split(r)
		if l.tone != 0 {
			tone, l.tone = l.tone, 0
		}
		b.WriteString(l.join())
	}
	return b.String(), tone
}

// telexKeys are the keys for word: each letter, its mark behind it, the tone last.
func telexKeys(word string) (string, bool) {
	var b strings.Builder
	var tone string
	for _, r := range word {
		l := split(r)
		switch {
		case l.rest != "":
			return "", false
		case l.lower() == 'đ':
			d := 'd'
			if unicode.IsUpper(l.base) {
				d = 'D'
			}
			b.WriteString(string(d) + "d")
			continue
		}
		b.WriteRune(l.base)
		switch l.mark {
		case circumflex:
			b.WriteRune(l.lower())
		case breve, horn:
			b.WriteByte('w')
		}
		switch l.tone {
		case sac:
			tone = "s"
		case huyen:
			tone = "f"
		case hoi:
			tone = "r"
		case nga:
			tone = "x"
		case nang:
			tone = "j"
		}
	}
	return b.String() + tone, true
}
