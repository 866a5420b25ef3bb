package voice

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"motcua/kiosk/pack"
	"motcua/kiosk/text"
)

// Langs are the languages that are spoken; each has a folder of clips.
var Langs = [...]pack.Lang{pack.VI, pack.EN}

// Script is one clip to be recorded: these words, in this language, under this
// name. The file is LANG/NAME.ogg among the clips, LANG/NAME.wav among a
// station's own recordings.
type Script struct {
	Lang  pack.Lang
	Name  string // the entry's key; with "+N" the Nth fixed part of one with slots
	Words string
}

// Hash tells whether a clip was made of these words: settings is whatever else
// decides how it sounds.
func (s Script) Hash(settings string) string {
	sum := sha256.Sum256([]byte(string(s.Lang) + "\x00" + s.Words + "\x00" + settings))
	return hex.EncodeToString(sum[:8])
}

// span is a stretch of a prompt: a fixed part with a clip of its own, or a slot
// that is filled when it is spoken.
type span struct {
	clip string // name of the clip
	slot string // else name of the slot
}

var (
	slotRE = regexp.MustCompile(`\{([a-z]+)\}`)
	keyRE  = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]*$`)
)

// Scripts lists every clip that the texts need, by key, then language. A key
// that cannot be a file's name is an error.
func Scripts(texts *text.Catalogue) ([]Script, error) {
	var all []Script
	for _, key := range texts.Keys() {
		for _, lang := range Langs {
			words, ok := texts.Spoken(lang, key)
			if !ok {
				continue
			}
			if !keyRE.MatchString(key) {
				return nil, fmt.Errorf("text %q: a spoken key may only have a-z, 0-9, dot, - and _", key)
			}
			_, scripts := split(lang, key, words)
			if len(scripts) == 0 && !slotRE.MatchString(words) {
				return nil, fmt.Errorf("text %q: nothing to speak in %s", key, lang)
			}
			all = append(all, scripts...)
		}
	}
	return all, nil
}

// split takes a prompt apart at its slots. Parts without a letter or digit are
// silent and have no clip.
func split(lang pack.Lang, key, words string) (spans []span, scripts []Script) {
	slots := slotRE.FindAllStringSubmatchIndex(words, -1)
	add := func(part string) {
		part = strings.Join(strings.Fields(part), " ")
		if !strings.ContainsFunc(part, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
			return
		}
		name := key
		if slots != nil {
			name += "+" + strconv.Itoa(len(scripts))
		}
		spans = append(spans, span{clip: name})
		scripts = append(scripts, Script{lang, name, part})
	}
	from := 0
	for _, at := range slots {
		add(words[from:at[0]])
		spans = append(spans, span{slot: words[at[2]:at[3]]})
		from = at[1]
	}
	add(words[from:])
	return spans, scripts
}
