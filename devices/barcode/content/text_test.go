package content

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

const card = "001090999999||Nguyễn Văn Mẫu|31011990|Nam|Số 1 Phố Đường Mẫu, Phường Mẫu, Hà Nội|15042021"

// toCP1258 encodes as Windows-1258 wants it: letters with their mark, tones behind.
func toCP1258(s string) []byte {
	var b strings.Builder
	for _, r := range s {
		var tone string
		letter := norm.NFC.String(strings.Map(func(r rune) rune {
			if strings.ContainsRune("\u0300\u0301\u0303\u0309\u0323", r) {
				tone = string(r)
				return -1
			}
			return r
		}, norm.NFD.String(string(r))))
		b.WriteString(letter + tone)
	}
	raw, err := charmap.Windows1258.NewEncoder().String(b.String())
	if err != nil {
		panic(err)
	}
	return []byte(raw)
}

// misread is what a unit sends that takes the code's UTF-8 for page.
func misread(s string, page *charmap.Charmap) []byte {
	var b strings.Builder
	for i := range len(s) {
		r := page.DecodeByte(s[i])
		if r == utf8.RuneError {
			r = rune(s[i])
		}
		b.WriteRune(r)
	}
	return []byte(b.String())
}

func TestText(t *testing.T) {
	tests := []struct {
		name  string
		frame string
		want  string
	}{
		{"plain", "HELLO 123", "HELLO 123"},
		{"UTF-8", card, card},
		{"decomposed", norm.NFD.String(card), card},
		{"AIM prefix", "]Q1" + card, card},
		{"AIM prefix alone is content", "]Q1", "]Q1"},
		{"AIM prefix and ECI", `]Q2\000026` + card, card},
		{"ECI in the middle", `A\000003B\000026C\\D`, `ABC\D`},
		{"no ECI, no change", `C:\\DIR\00`, `C:\\DIR\00`},
		{"BOM", "\ufeff" + card, card},
		{"AIM prefix and BOM", "]Q1\ufeff" + card, card},
		{"STX and ETX", "\x02" + card + "\x03", card},
		{"Windows-1258", string(toCP1258(card)), card},
		{"UTF-8 taken for Windows-1252", string(misread(card, charmap.Windows1252)), card},
		{"UTF-8 taken for Latin-1", string(misread(card, charmap.ISO8859_1)), card},
		{"UTF-8 taken for Windows-1258", string(misread(card, charmap.Windows1258)), card},
		{"BOM taken for Windows-1252", string(misread("\ufeff"+card, charmap.Windows1252)), card},
		{"one byte lost", "Nguy\xe1\xbbn Văn", "Nguy\ufffdn Văn"},
		{"Windows-1252, not Vietnamese", "Stra\xdfe", "Straße"},
		{"other scripts stay", "日本", "日本"},
		{"nothing", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Text([]byte(tt.frame)); got != tt.want {
				t.Errorf("Text(%q) = %q, want %q", tt.frame, got, tt.want)
			}
		})
	}
}

// Whatever a unit does to Vietnamese text, the text comes back.
func TestTextUndoes(t *testing.T) {
	const letters = "aàáảãạăằắẳẵặâầấẩẫậbcdđeèéẻẽẹêềếểễệghiìíỉĩịklmnoòóỏõọôồốổỗộơờớởỡợpqrstuùúủũụưừứửữựvxyỳýỷỹỵ"
	runes := rapid.SampledFrom([]rune(letters + strings.ToUpper(letters) + " ,/|0123456789"))
	rapid.Check(t, func(t *rapid.T) {
		text := strings.TrimSpace(rapid.StringOfN(runes, 1, 60, -1).Draw(t, "text"))
		for name, frame := range map[string][]byte{
			"UTF-8":        []byte(text),
			"decomposed":   norm.NFD.Bytes([]byte(text)),
			"Windows-1258": toCP1258(text),
			"for 1252":     misread(text, charmap.Windows1252),
			"for Latin-1":  misread(text, charmap.ISO8859_1),
			"for 1258":     misread(text, charmap.Windows1258),
		} {
			if got := Text(frame); got != text {
				t.Fatalf("%s: Text(%q) = %q, want %q", name, frame, got, text)
			}
		}
	})
}

func FuzzText(f *testing.F) {
	for _, seed := range [][]byte{
		[]byte(card), toCP1258(card), misread(card, charmap.Windows1252), misread(card, charmap.Windows1258),
		[]byte(`]Q2\000026A\\B`), []byte("\ufeff"), []byte("Nguy\xe1\xbbn"), []byte("\x02]Q1"), {0xff, 0xfe, 'A', 0},
		[]byte("00020101021138560010A000000727"), []byte("MOTCUA1:0190f3a0-0000-7000-8000-000000000000:k3y"),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		before := bytes.Clone(frame)
		text := Text(frame)
		if !utf8.ValidString(text) || !norm.NFC.IsNormalString(text) {
			t.Errorf("Text(%q) = %q is not NFC UTF-8", frame, text)
		}
		if !bytes.Equal(before, frame) {
			t.Errorf("Text changed its frame %q", before)
		}
		if isASCII(string(frame)) && !bytes.ContainsAny(frame, `\]`) && text != strings.TrimFunc(string(frame), func(r rune) bool { return r < ' ' || r == 0x7f }) {
			t.Errorf("Text(%q) = %q; ASCII has nothing to repair", frame, text)
		}
	})
}

func TestSight(t *testing.T) {
	start := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	s := NewSight(2 * time.Second)
	for i, tt := range []struct {
		text  string
		after time.Duration // half a second to send
		want  bool
	}{
		{"A", 0, false}, {"A", 2500 * time.Millisecond, true}, {"A", 5 * time.Second, true}, // since the last sighting
		{"A", 8 * time.Second, false}, {"B", 9 * time.Second, false}, {"A", 10 * time.Second, false},
	} {
		if got := s.Again(tt.text, start.Add(tt.after), start.Add(tt.after+time.Second/2)); got != tt.want {
			t.Errorf("sighting %d: Again(%q) = %t, want %t", i, tt.text, got, tt.want)
		}
	}
	every := NewSight(-1)
	for range 2 {
		if every.Again("A", start, start) {
			t.Error("with a negative time a sighting was held back")
		}
	}
}
