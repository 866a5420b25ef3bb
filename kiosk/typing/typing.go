// Package typing edits a line of Vietnamese text by the keys of the on-screen
// keyboard.
//
// A Text is a value: Press gives the next one and leaves the old as it was, so
// that a visit can keep Texts in its state. There are two ways to write a mark,
// and they mix freely: the tone row, whose keys work on the syllable before the
// caret, and Telex, where letters do ("dduwowngf" is đường). The caret is always
// at the end.
//
// Tones stand where print in Vietnam puts them most often, the classic way:
// hòa, thủy, khỏe, but hoàn, thuyền, quý, già. They move by themselves as the
// syllable grows or shrinks: hòa, then n, is hoàn.
//
// Every value is NFC, has no control characters, and is never longer than its
// limit in letters.
package typing

import (
	"fmt"
	"log/slog"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Mode is what is typed: which letters become capitals by themselves and which
// keys count at all.
type Mode int

// The modes.
const (
	Sentences Mode = iota // prose: a capital at the start and after . ! ?
	Words                 // every word starts with a capital: addresses
	Capitals              // all capitals: names as cards print them
	Email                 // ASCII without spaces; tones and Telex do nothing
	Numbers               // digits alone
)

// DefaultMax is the limit of a Text made with max 0, in letters.
const DefaultMax = 200

// Text is what has been typed. The zero Text is empty, of mode Sentences, with
// DefaultMax. Texts can be compared with ==. It prints redacted: it may be a name.
type Text struct {
	value string
	mode  Mode
	max   int
	shift bool // the next letter goes against the mode
	telex bool
}

// New gives an empty Text for mode that holds at most max letters; 0 stands for
// DefaultMax. Telex is off.
func New(mode Mode, max int) Text { return Text{mode: mode, max: max} }

// With gives a Text that holds value instead, as far as mode and limit allow.
func (t Text) With(value string) Text {
	var b strings.Builder
	for _, r := range norm.NFC.String(strings.ToValidUTF8(value, "")) {
		if unicode.IsSpace(r) {
			r = ' '
		}
		if unicode.IsControl(r) || !t.allows(r) {
			continue
		}
		b.WriteRune(r)
	}
	value, letters := norm.NFC.String(b.String()), 0
	for i := range value {
		if letters == t.limit() {
			value = value[:i]
			break
		}
		letters++
	}
	t.value, t.shift = value, false
	return t
}

// Value is the text, always NFC. A last space is part of it.
func (t Text) Value() string { return t.value }

// Upper tells whether the next letter will be a capital, so that the keys can
// be drawn that way.
func (t Text) Upper() bool { return t.auto() != t.shift }

// Telex tells whether letters also work as marks.
func (t Text) Telex() bool { return t.telex && t.vietnamese() }

// Full tells that the limit is reached: letters do nothing, marks still work.
func (t Text) Full() bool { return utf8.RuneCountInString(t.value) >= t.limit() }

// Equal tells whether both hold the same text in the same state.
func (t Text) Equal(u Text) bool { return t == u }

// Format prints "text (redacted)" under every verb.
func (t Text) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte("text (redacted)")) }

// LogValue prints "text (redacted)" in logs.
func (t Text) LogValue() slog.Value { return slog.StringValue("text (redacted)") }

// MarshalJSON prints "text (redacted)"; documents use Value on purpose.
func (t Text) MarshalJSON() ([]byte, error) { return []byte(`"text (redacted)"`), nil }

// Press gives the Text after key. Keys are:
//
//	a … z, A … Z, 0 … 9, one sign    that letter; a … z follow Upper
//	space                            one space; never first, never two
//	delete                           takes off the last letter with its marks
//	clear                            takes off everything
//	shift                            the next letter goes against the mode
//	telex                            switches Telex on or off
//	tone:sac huyen hoi nga nang      puts the tone on the last syllable; the
//	                                 same again takes it off
//	letter:â ă ê ô ơ ư đ             marks the last letter that it fits, else
//	                                 adds the letter
//
// A key that is unknown, or makes no sense here, changes nothing.
func (t Text) Press(key string) Text {
	switch key {
	case "space":
		if t.value == "" || strings.HasSuffix(t.value, " ") {
			return t
		}
		return t.add(' ')
	case "delete":
		return t.drop()
	case "clear":
		t.value, t.shift = "", false
		return t
	case "shift":
		t.shift = !t.shift
		return t
	case "telex":
		t.telex = !t.telex
		return t
	}
	if name, ok := strings.CutPrefix(key, "tone:"); ok {
		return t.tone(tones[name])
	}
	key = norm.NFC.String(strings.TrimPrefix(key, "letter:"))
	r, size := utf8.DecodeRuneInString(key)
	if size == 0 || size != len(key) || !typeable(r) {
		return t
	}
	if unicode.IsLetter(r) && t.Upper() {
		r = unicode.ToUpper(r)
	}
	switch {
	case r > unicode.MaxASCII && t.vietnamese():
		return t.mark(r)
	case unicode.IsLetter(r) && t.Telex():
		return t.compose(r)
	}
	return t.add(r)
}

// Complete puts word, one of Suggest's, in the place of the syllable before the
// caret, in the capitals of the mode, with a space behind it.
func (t Text) Complete(word string) Text {
	head := t.value[:len(t.value)-len(t.Syllable())]
	next := t.With(head)
	switch {
	case t.mode == Capitals:
		word = strings.ToUpper(word)
	case next.auto():
		word = title(word)
	}
	if next = t.With(head + norm.NFC.String(word) + " "); next.Full() {
		next.value = strings.TrimRight(next.value, " ")
	}
	return next
}

// Syllable is the run of letters before the caret, "" after a space.
func (t Text) Syllable() string {
	runes := []rune(t.value)
	return string(runes[wordStart(runes):])
}

// add puts r at the end and lets the tone of its syllable move.
func (t Text) add(r rune) Text {
	if !t.allows(r) {
		return t
	}
	return t.edit(func(word []letter) []letter {
		return settle(append(word, split(r)))
	}, r)
}

// drop takes off the last letter.
func (t Text) drop() Text {
	runes := []rune(t.value)
	if len(runes) == 0 {
		return t
	}
	last := len(runes) - 1
	for last > 0 && unicode.Is(unicode.Mn, runes[last]) { // marks that no letter is composed with
		last--
	}
	inWord := unicode.IsLetter(runes[last])
	t.value = string(runes[:last])
	if !inWord {
		return t
	}
	return t.edit(settle, 0)
}

// tone puts tone on the last syllable or takes it off.
func (t Text) tone(tone rune) Text {
	if tone == 0 || !t.vietnamese() {
		return t
	}
	return t.edit(func(word []letter) []letter { return setTone(word, tone) }, 0)
}

// mark works the key of a marked letter: on a letter it fits, else as r itself.
func (t Text) mark(r rune) Text {
	marked := false
	next := t.edit(func(word []letter) []letter {
		word, marked = setMark(word, r)
		return settle(word)
	}, 0)
	if marked {
		return next
	}
	return t.add(r)
}

// compose works the key r by Telex.
func (t Text) compose(r rune) Text {
	word, ok := telex(t.Syllable(), r)
	if !ok {
		return t.add(r)
	}
	return t.edit(func([]letter) []letter { return settle(splitAll(word)) }, r)
}

// edit gives the word before the caret to change. typed is the letter that was
// typed to that end, 0 if none was; what is not a letter is added as it is.
func (t Text) edit(change func([]letter) []letter, typed rune) Text {
	if typed != 0 && !unicode.IsLetter(typed) {
		return t.replace(t.value+string(typed), true)
	}
	runes := []rune(t.value)
	start := wordStart(runes)
	var b strings.Builder
	b.WriteString(string(runes[:start]))
	for _, l := range change(splitAll(string(runes[start:]))) {
		b.WriteString(l.join())
	}
	return t.replace(b.String(), typed != 0)
}

// replace sets the value unless it is too long; a letter typed ends shift.
func (t Text) replace(value string, typed bool) Text {
	value = norm.NFC.String(value)
	if n := utf8.RuneCountInString(value); n > t.limit() && n > utf8.RuneCountInString(t.value) {
		return t
	}
	t.value = value
	t.shift = t.shift && !typed
	return t
}

func (t Text) limit() int {
	if t.max <= 0 {
		return DefaultMax
	}
	return t.max
}

func (t Text) vietnamese() bool { return t.mode != Email && t.mode != Numbers }

// allows tells whether r may stand in a Text of this mode.
func (t Text) allows(r rune) bool {
	switch t.mode {
	case Email:
		return r > ' ' && r < unicode.MaxASCII
	case Numbers:
		return r >= '0' && r <= '9'
	}
	return true
}

// auto tells whether the mode makes the next letter a capital.
func (t Text) auto() bool {
	last, _ := utf8.DecodeLastRuneInString(t.value)
	switch t.mode {
	case Capitals:
		return true
	case Words:
		return t.value == "" || !unicode.In(last, unicode.L, unicode.Mn, unicode.Nd) && last != '\''
	case Sentences:
		said := strings.TrimRight(t.value, " ")
		return said == "" || said != t.value && strings.ContainsRune(".!?", rune(said[len(said)-1]))
	}
	return false
}

// typeable holds back control characters and lone marks, which would change
// the letter before them behind our back.
func typeable(r rune) bool {
	return r > ' ' && r < unicode.MaxASCII || unicode.Is(unicode.Latin, r)
}

func title(word string) string {
	first, size := utf8.DecodeRuneInString(word)
	return string(unicode.ToUpper(first)) + word[size:]
}
