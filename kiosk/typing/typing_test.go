package typing_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"motcua/kiosk/typing"
)

func press(t typing.Text, keys ...string) typing.Text {
	for _, key := range keys {
		t = t.Press(key)
	}
	return t
}

// letters are the keys for plain text.
func letters(s string) []string {
	var keys []string
	for _, r := range s {
		if r == ' ' {
			keys = append(keys, "space")
			continue
		}
		keys = append(keys, string(r))
	}
	return keys
}

var toneKeys = map[rune]struct{ row, telex string }{
	'\u0300': {"tone:huyen", "f"}, '\u0301': {"tone:sac", "s"}, '\u0303': {"tone:nga", "x"},
	'\u0309': {"tone:hoi", "r"}, '\u0323': {"tone:nang", "j"},
}

// spell takes a syllable apart into keys of the row and of Telex. With late,
// the tone comes last, else right behind its vowel.
func spell(syllable string, late bool) (row, telex []string) {
	var rowTone, telexTone []string
	for _, r := range syllable {
		parts := []rune(norm.NFD.String(string(r)))
		var tone rune
		if i := slices.IndexFunc(parts, func(r rune) bool { return toneKeys[r].row != "" }); i > 0 {
			tone = parts[i]
			parts = slices.Delete(parts, i, i+1)
		}
		plain := norm.NFC.String(string(parts))
		switch {
		case plain == "đ":
			telex = append(telex, "d", "d")
		case len(parts) > 1 && parts[1] == '\u0302':
			telex = append(telex, string(parts[0]), string(parts[0]))
		case len(parts) > 1:
			telex = append(telex, string(parts[0]), "w")
		default:
			telex = append(telex, plain)
		}
		if len(plain) > 1 {
			plain = "letter:" + plain
		}
		row = append(row, plain)
		if tone != 0 {
			rowTone, telexTone = []string{toneKeys[tone].row}, []string{toneKeys[tone].telex}
		}
		if !late {
			row, telex = append(row, rowTone...), append(telex, telexTone...)
			rowTone, telexTone = nil, nil
		}
	}
	return append(row, rowTone...), append(telex, telexTone...)
}

// memory keeps the Text after each run of keys: syllables begin alike, and a Text
// can be gone on from any number of times.
type memory map[string]typing.Text

func (m memory) press(keys []string) typing.Text {
	road := strings.Join(keys, " ")
	text, known := m[road]
	if !known {
		last := len(keys) - 1
		text = m.press(keys[:last]).Press(keys[last])
		m[road] = text
	}
	return text
}

func TestEverySyllable(t *testing.T) {
	all := syllables()
	if len(all) < 12000 {
		t.Fatalf("only %d syllables in the list", len(all))
	}
	plain := typing.New(typing.Sentences, 0).Press("shift")
	byRow, byTelex := memory{"": plain}, memory{"": plain.Press("telex")}
	for _, want := range all {
		if strings.Contains(norm.NFD.String(want), "oo") {
			continue // has a test of its own: ooo
		}
		for _, late := range []bool{true, false} {
			if !late && !slices.Contains([]string{"t", "th", "qu", "gi", "đ", ""}, onset(want)) {
				continue // one consonant more would show nothing more
			}
			row, telex := spell(want, late)
			if got := byRow.press(row).Value(); got != want {
				t.Errorf("row %v = %q, want %q", row, got, want)
			}
			if got := byTelex.press(telex).Value(); got != want {
				t.Errorf("Telex %v = %q, want %q", telex, got, want)
			}
		}
	}
}

// onset is the consonants that syllable starts with.
func onset(syllable string) string {
	bare := norm.NFD.String(syllable)
	for _, onset := range []string{"qu", "gi"} {
		if strings.HasPrefix(bare, onset) {
			return onset
		}
	}
	return syllable[:strings.IndexAny(bare, "aeiouy")]
}

func TestPress(t *testing.T) {
	tests := []struct {
		name string
		mode typing.Mode
		max  int
		keys []string
		want string
	}{
		{"name in capitals", typing.Capitals, 0, append(letters("nguye"), "letter:ê", "n", "tone:nga", "space", "v"), "NGUYỄN V"},
		{"a mark changes the last fitting vowel", typing.Capitals, 0, append(letters("nguyen"), "letter:ê", "tone:nga"), "NGUYỄN"},
		{"both horns at once", typing.Capitals, 0, append(letters("duong"), "letter:ơ", "letter:đ", "tone:huyen"), "ĐƯỜNG"},
		{"horn without a tail stands alone", typing.Capitals, 0, []string{"t", "h", "u", "letter:ơ", "tone:hoi"}, "THUỞ"},
		{"same tone again takes it off", typing.Capitals, 0, []string{"h", "o", "a", "tone:sac", "tone:sac"}, "HOA"},
		{"another tone takes its place", typing.Capitals, 0, []string{"h", "o", "a", "tone:sac", "tone:huyen"}, "HÒA"},
		{"tone moves with the next letter", typing.Capitals, 0, []string{"h", "o", "a", "tone:huyen", "n"}, "HOÀN"},
		{"and back", typing.Capitals, 0, []string{"h", "o", "a", "n", "tone:huyen", "delete"}, "HÒA"},
		{"gi before a vowel", typing.Capitals, 0, []string{"g", "i", "tone:huyen", "a"}, "GIÀ"},
		{"tone without a vowel does nothing", typing.Capitals, 0, []string{"n", "g", "tone:sac"}, "NG"},
		{"tone after a space does nothing", typing.Capitals, 0, []string{"a", "space", "tone:sac"}, "A "},
		{"breve over circumflex", typing.Capitals, 0, []string{"c", "letter:â", "n", "letter:ă"}, "CĂN"},
		{"delete takes the letter with its marks", typing.Capitals, 0, []string{"v", "i", "letter:ê", "tone:nang", "delete"}, "VI"},
		{"delete at the start", typing.Capitals, 0, []string{"delete"}, ""},
		{"clear", typing.Capitals, 0, []string{"a", "b", "clear", "c"}, "C"},
		{"no space first, no two", typing.Capitals, 0, []string{"space", "a", "space", "space", "b"}, "A B"},
		{"words", typing.Words, 0, append(letters("so 1 pho mau"), "letter:â", "tone:nga"), "So 1 Pho Mẫu"},
		{"sentences", typing.Sentences, 0, letters("co. khong?  da"), "Co. Khong? Da"},
		{"shift holds for one letter", typing.Sentences, 0, []string{"shift", "a", "b", "shift", "c", "d"}, "abCd"},
		{"e-mail", typing.Email, 0, []string{"m", "a", "u", "tone:nga", "letter:â", "space", "telex", "a", "@", "v", ".", "v", "n", "_", "-", "+"}, "maua@v.vn_-+"},
		{"digits alone", typing.Numbers, 12, letters("0a9 0-1"), "0901"},
		{"limit", typing.Capitals, 3, letters("abcd"), "ABC"},
		{"marks still work at the limit", typing.Capitals, 2, []string{"m", "a", "letter:â", "tone:nga", "letter:ơ"}, "MẪ"},
		{"unknown keys", typing.Capitals, 0, []string{"", "tone:", "tone:x", "letter:", "letter:\u0301", "F13", "a", "\u0301", "\n", "\xff"}, "A"},
		{"Telex capitals", typing.Capitals, 0, append([]string{"telex"}, letters("dduwowngf")...), "ĐƯỜNG"},
		{"Telex, marks last", typing.Capitals, 0, append([]string{"telex"}, letters("dduongwf tooi")...), "ĐƯỜNG TÔI"},
		{"Telex undoes", typing.Sentences, 0, append([]string{"shift", "telex"}, letters("aaa ddd ass")...), "aa dd as"},
		{"Telex, a long o", typing.Sentences, 0, append([]string{"shift", "telex"}, letters("xooong booongs")...), "xoong boóng"},
		{"Telex off again", typing.Sentences, 0, append([]string{"shift", "telex", "telex"}, letters("as")...), "as"},
		{"Telex after the tone row", typing.Sentences, 0, []string{"shift", "h", "o", "a", "tone:huyen", "telex", "n", "s"}, "hoán"},
		{"Telex goes on after delete", typing.Sentences, 0, append([]string{"shift", "telex"}, append(letters("nguyeenx"), "delete", "t", "s")...), "nguyết"},
		{"Telex z takes the tone off", typing.Sentences, 0, append([]string{"shift", "telex"}, letters("hoafz")...), "hoa"},
		{"an endless word is plain", typing.Sentences, 0, append([]string{"shift", "telex"}, letters("mnopqlkhgtbaa")...), "mnopqlkhgtbaa"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := press(typing.New(tt.mode, tt.max), tt.keys...).Value(); got != tt.want {
				t.Errorf("%v = %q, want %q", tt.keys, got, tt.want)
			}
		})
	}
}

func TestWith(t *testing.T) {
	tests := []struct {
		name  string
		text  typing.Text
		value string
		want  string
	}{
		{"composes", typing.New(typing.Words, 0), norm.NFD.String("Nguyễn"), "Nguyễn"},
		{"control characters", typing.New(typing.Words, 0), "a\tb\x00c", "a bc"},
		{"not UTF-8", typing.New(typing.Words, 0), "a\xffb", "ab"},
		{"cut to the limit", typing.New(typing.Words, 4), "Mẫuuu", "Mẫuu"},
		{"digits", typing.New(typing.Numbers, 0), "+84 901", "84901"},
		{"e-mail", typing.New(typing.Email, 0), "mẫu @a.vn", "mu@a.vn"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.text.With(tt.value).Value(); got != tt.want {
				t.Errorf("With(%q) = %q, want %q", tt.value, got, tt.want)
			}
		})
	}
}

func TestUpperFollowsMode(t *testing.T) {
	tests := []struct {
		mode  typing.Mode
		value string
		want  bool
	}{
		{typing.Capitals, "A", true},
		{typing.Words, "", true}, {typing.Words, "Phố", false}, {typing.Words, "Phố ", true}, {typing.Words, "12", false},
		{typing.Sentences, "", true}, {typing.Sentences, "Có. ", true}, {typing.Sentences, "Có.", false}, {typing.Sentences, "Có ", false},
		{typing.Email, "", false}, {typing.Numbers, "", false},
	}
	for _, tt := range tests {
		text := typing.New(tt.mode, 0).With(tt.value)
		if got := text.Upper(); got != tt.want {
			t.Errorf("mode %d, %q: Upper() = %t, want %t", tt.mode, tt.value, got, tt.want)
		}
		if got := text.Press("shift").Upper(); got == tt.want {
			t.Errorf("mode %d, %q: shift changes nothing", tt.mode, tt.value)
		}
	}
}

func TestPressLeavesTheOldText(t *testing.T) {
	before := press(typing.New(typing.Capitals, 0), "h", "o", "a")
	twin := before
	_ = press(before, "tone:sac", "n", "delete", "delete", "telex", "shift")
	if before != twin || before.Value() != "HOA" {
		t.Errorf("Press changed the Text it was called on: %q", before.Value())
	}
}

func TestComplete(t *testing.T) {
	tests := []struct {
		text       typing.Text
		word, want string
	}{
		{typing.New(typing.Capitals, 0).With("NGUYỄN D"), "Dương", "NGUYỄN DƯƠNG "},
		{typing.New(typing.Words, 0).With("Phố "), "huế", "Phố Huế "},
		{typing.New(typing.Sentences, 0).With("Tôi đ"), "đường", "Tôi đường "},
		{typing.New(typing.Capitals, 5).With("D"), "DƯƠNG", "DƯƠNG"},
	}
	for _, tt := range tests {
		if got := tt.text.Complete(tt.word).Value(); got != tt.want {
			t.Errorf("%q.Complete(%q) = %q, want %q", tt.text.Value(), tt.word, got, tt.want)
		}
	}
}

func TestFold(t *testing.T) {
	for in, want := range map[string]string{
		"Đường Giải Phóng": "duong giai phong", "NGUYỄN": "nguyen", norm.NFD.String("Thủy"): "thuy",
		"İz": "iz", "12/3": "12/3", "": "",
	} {
		if got := typing.Fold(in); got != want {
			t.Errorf("Fold(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestSuggest(t *testing.T) {
	names := []string{"DƯƠNG", "DUNG", "DIỆP", "ĐỨC", "ANH"}
	tests := []struct {
		syllable string
		n        int
		want     []string
	}{
		{"D", 9, []string{"DƯƠNG", "DUNG", "DIỆP", "ĐỨC"}},
		{"đ", 9, []string{"ĐỨC", "DƯƠNG", "DUNG", "DIỆP"}},
		{"du", 9, []string{"DUNG", "DƯƠNG", "ĐỨC"}},
		{"D", 2, []string{"DƯƠNG", "DUNG"}},
		{"anh", 9, nil},
		{"", 9, nil},
		{"x", 9, nil},
	}
	for _, tt := range tests {
		got := typing.Suggest(tt.syllable, names, tt.n)
		if len(got) == 0 && len(tt.want) == 0 {
			continue
		}
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("Suggest(%q, %d) (-want +got):\n%s", tt.syllable, tt.n, d)
		}
	}
}

func TestPrintsRedacted(t *testing.T) {
	text := typing.New(typing.Capitals, 0).With("MẪU")
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("typed", "text", text)
	j, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{fmt.Sprintf("%v %+v %#v %s %q %x %d", text, text, text, text, text, text, text), log.String(), string(j)} {
		if strings.Contains(s, "MẪU") || strings.Contains(strings.ToUpper(s), fmt.Sprintf("%X", "MẪU")) {
			t.Errorf("shows the text: %s", s)
		}
	}
}

// allKeys are the keys of every pad, and some that no pad has.
func allKeys() []string {
	keys := []string{
		"space", "delete", "clear", "shift", "telex", "tone:sac", "tone:huyen", "tone:hoi", "tone:nga", "tone:nang",
		"letter:â", "letter:ă", "letter:ê", "letter:ô", "letter:ơ", "letter:ư", "letter:đ",
		".", "@", "-", "_", "+", "/", ",", "tone:none", "letter:\u0302", "ế", "Ǆ", "ﬁ", "한", "\u0323",
	}
	for r := 'a'; r <= 'z'; r++ {
		keys = append(keys, string(r))
	}
	for r := '0'; r <= '9'; r++ {
		keys = append(keys, string(r))
	}
	return keys
}

func TestRandomWalk(t *testing.T) {
	keys := rapid.SampledFrom(allKeys())
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 24).Draw(t, "limit")
		text := typing.New(typing.Mode(rapid.IntRange(0, 4).Draw(t, "mode")), limit)
		for _, key := range rapid.SliceOfN(keys, 0, 60).Draw(t, "keys") {
			before := utf8.RuneCountInString(text.Value())
			text = text.Press(key)
			value := text.Value()
			if !norm.NFC.IsNormalString(value) || !utf8.ValidString(value) {
				t.Fatalf("after %q: %+q is not NFC", key, value)
			}
			n := utf8.RuneCountInString(value)
			if n > limit {
				t.Fatalf("after %q: %q is longer than %d", key, value, limit)
			}
			if key == "delete" && before > 0 && n >= before {
				t.Fatalf("delete took nothing off: %q", value)
			}
			if again := text.With(value); again.Value() != value {
				t.Fatalf("With(%q) = %q", value, again.Value())
			}
		}
	})
}

// Deleting n letters of n leaves nothing, whatever marks they wear.
func TestDeleteEndsEmpty(t *testing.T) {
	all := syllables()
	rapid.Check(t, func(t *rapid.T) {
		text := typing.New(typing.Sentences, 0).With(rapid.SampledFrom(all).Draw(t, "syllable"))
		for n := utf8.RuneCountInString(text.Value()); n > 0; n-- {
			text = text.Press("delete")
			if got := utf8.RuneCountInString(text.Value()); got != n-1 {
				t.Fatalf("delete left %d letters of %d", got, n)
			}
		}
	})
}

func FuzzText(f *testing.F) {
	f.Add("NGUYỄN", "s", 0)
	f.Add(norm.NFD.String("hoàn"), "tone:nga", 2)
	f.Add("e\u0301\u0323x", "delete", 1)
	f.Add("\u0301\u0301", "letter:ơ", 0)
	f.Fuzz(func(t *testing.T, value, key string, mode int) {
		text := typing.New(typing.Mode(mode), 40).Press("telex").With(value)
		for _, k := range []string{key, "a", key, "tone:sac", "delete", key} {
			text = text.Press(k)
			v := text.Value()
			if !norm.NFC.IsNormalString(v) || !utf8.ValidString(v) || utf8.RuneCountInString(v) > 40 {
				t.Fatalf("%q after %q", v, k)
			}
		}
		typing.Suggest(typing.Fold(value), []string{value, key}, 1)
	})
}

func ExampleText_Press() {
	name := typing.New(typing.Capitals, 60)
	for _, key := range []string{"d", "u", "o", "n", "g", "letter:ơ", "letter:đ", "tone:huyen"} {
		name = name.Press(key)
	}
	fmt.Println(name.Value())
	// Output: ĐƯỜNG
}

// BenchmarkPress types "đường" by Telex: one op is one word of nine keys.
func BenchmarkPress(b *testing.B) {
	for b.Loop() {
		text := typing.New(typing.Capitals, 60).Press("telex")
		for _, key := range letters("dduwowngf") {
			text = text.Press(key)
		}
	}
}
