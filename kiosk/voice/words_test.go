package voice

import (
	"os"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"motcua/kiosk/pack"
	"motcua/kiosk/text"
)

// texts are the real ones: what is written in voice.yaml is what is spoken.
func texts(t testing.TB) *text.Catalogue {
	t.Helper()
	c, err := text.Load(os.DirFS("../../assets/text"))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// said gives the words of a slot, pauses as commas.
func said(t testing.TB, c *text.Catalogue, lang pack.Lang, slot Slot) string {
	t.Helper()
	s, err := slot.speech(lang)
	if err != nil {
		t.Fatalf("%#v: %v", slot, err)
	}
	var b strings.Builder
	for _, name := range s {
		if name == pause {
			b.WriteString(",")
			continue
		}
		words, ok := c.Spoken(lang, wordClips+name)
		if !ok {
			t.Fatalf("%#v: no spoken text %s%s", slot, wordClips, name)
		}
		b.WriteString(" " + words)
	}
	return strings.TrimSpace(b.String())
}

func day(y int, m time.Month, d int) Date { return Date(time.Date(y, m, d, 9, 0, 0, 0, time.UTC)) }

func at(hour, minute int) Time { return Time(time.Date(2026, 1, 1, hour, minute, 59, 0, time.UTC)) }

func TestSlotWords(t *testing.T) {
	c := texts(t)
	for _, tt := range []struct {
		slot   Slot
		vi, en string
	}{
		{Number(0), "không", "zero"},
		{Number(1), "một", "one"},
		{Number(5), "năm", "five"},
		{Number(10), "mười", "ten"},
		{Number(11), "mười một", "eleven"},
		{Number(14), "mười bốn", "fourteen"},
		{Number(15), "mười lăm", "fifteen"},
		{Number(20), "hai mươi", "twenty"},
		{Number(21), "hai mươi mốt", "twenty one"},
		{Number(24), "hai mươi tư", "twenty four"},
		{Number(51), "năm mươi mốt", "fifty one"},
		{Number(55), "năm mươi lăm", "fifty five"},
		{Number(99), "chín mươi chín", "ninety nine"},
		{Number(100), "một trăm", "one hundred"},
		{Number(101), "một trăm linh một", "one hundred and one"},
		{Number(105), "một trăm linh năm", "one hundred and five"},
		{Number(110), "một trăm mười", "one hundred and ten"},
		{Number(115), "một trăm mười lăm", "one hundred and fifteen"},
		{Number(191), "một trăm chín mươi mốt", "one hundred and ninety one"},
		{Number(1000), "một nghìn", "one thousand"},
		{Number(1009), "một nghìn không trăm linh chín", "one thousand and nine"},
		{Number(1015), "một nghìn không trăm mười lăm", "one thousand and fifteen"},
		{Number(1100), "một nghìn một trăm", "one thousand one hundred"},
		{Number(10_000), "mười nghìn", "ten thousand"},
		{Number(10_021), "mười nghìn không trăm hai mươi mốt", "ten thousand and twenty one"},
		{Number(2_000_000), "hai triệu", "two million"},
		{Number(1_000_005), "một triệu không trăm linh năm", "one million and five"},
		{Number(1_050_000), "một triệu không trăm năm mươi nghìn", "one million fifty thousand"},
		{Number(999_999_999_999),
			"chín trăm chín mươi chín tỷ chín trăm chín mươi chín triệu chín trăm chín mươi chín nghìn chín trăm chín mươi chín",
			"nine hundred and ninety nine billion nine hundred and ninety nine million nine hundred and ninety nine thousand nine hundred and ninety nine"},
		{Money(8_000), "tám nghìn đồng", "eight thousand dong"},
		{Money(0), "không đồng", "zero dong"},
		{day(2026, 11, 21), "ngày hai mươi mốt tháng mười một năm hai nghìn không trăm hai mươi sáu", "the twenty first of November twenty twenty six"},
		{day(2005, 4, 5), "ngày mùng năm tháng tư năm hai nghìn không trăm linh năm", "the fifth of April two thousand and five"},
		{day(1999, 12, 31), "ngày ba mươi mốt tháng mười hai năm một nghìn chín trăm chín mươi chín", "the thirty first of December nineteen ninety nine"},
		{at(15, 30), "mười lăm giờ ba mươi phút", "three thirty p m"},
		{at(8, 0), "tám giờ", "eight a m"},
		{at(12, 5), "mười hai giờ năm phút", "twelve oh five p m"},
		{at(0, 41), "không giờ bốn mươi mốt phút", "twelve forty one a m"},
		{Code("H26.5-0012"), "hát hai sáu, chấm, năm gạch ngang, không không một, hai", "aitch two six, dot, five dash, zero zero one, two"},
		{Code("1900 1009"), "một chín không, không, một không không, chín", "one nine zero, zero, one zero zero, nine"},
		{Code("Đ7d"), "đê bảy dê,", "d with a bar seven dee,"},
	} {
		if got := said(t, c, pack.VI, tt.slot); got != tt.vi {
			t.Errorf("%#v in vi:\n got %s\nwant %s", tt.slot, got, tt.vi)
		}
		if got := said(t, c, pack.EN, tt.slot); got != tt.en {
			t.Errorf("%#v in en:\n got %s\nwant %s", tt.slot, got, tt.en)
		}
	}
}

// counted reads Vietnamese number words back.
func counted(words string) int64 {
	digits := map[string]int64{"không": 0, "một": 1, "mốt": 1, "hai": 2, "ba": 3, "bốn": 4, "tư": 4,
		"năm": 5, "lăm": 5, "sáu": 6, "bảy": 7, "tám": 8, "chín": 9}
	var sum, group, digit int64
	for word := range strings.FieldsSeq(words) {
		switch word {
		case "mười":
			group, digit = group+10, 0
		case "mươi":
			group, digit = group+10*digit, 0
		case "trăm":
			group, digit = group+100*digit, 0
		case "linh":
		case "nghìn", "triệu", "tỷ":
			scale := map[string]int64{"nghìn": 1e3, "triệu": 1e6, "tỷ": 1e9}[word]
			sum, group, digit = sum+(group+digit)*scale, 0, 0
		default:
			digit = digits[word]
		}
	}
	return sum + group + digit
}

func TestNumberReadsBack(t *testing.T) {
	c := texts(t)
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.OneOf(rapid.Int64Range(0, 9999), rapid.Int64Range(0, maxNumber)).Draw(rt, "n")
		words := said(t, c, pack.VI, Number(n))
		if got := counted(words); got != n {
			rt.Errorf("%d is said %q, which is %d", n, words, got)
		}
		said(t, c, pack.EN, Number(n)) // each word has a clip
	})
}

// Every day, month, minute and sign has its clips.
func TestEverySlotHasWords(t *testing.T) {
	c := texts(t)
	for _, lang := range Langs {
		for d := range 366 {
			said(t, c, lang, Date(time.Date(2024, 1, 1+d, 0, 0, 0, 0, time.UTC)))
		}
		for m := range 24 * 60 {
			said(t, c, lang, at(m/60, m%60))
		}
		for _, r := range "abcdefghijklmnopqrstuvwxyzđ0123456789.-/" {
			said(t, c, lang, Code(r))
		}
	}
}

func TestSlotRefuses(t *testing.T) {
	for _, tt := range []struct {
		name string
		slot Slot
	}{
		{"personal number", Code("001090999999")},
		{"old identity number", Code("012345678")},
		{"personal number in groups", Code("001 090 999 999")},
		{"telephone number with dots", Code("0912.345.678")},
		{"health insurance code", Code("GD4010012345678")},
		{"name", Code("Nguyễn Văn Mẫu")},
		{"nothing", Code("")},
		{"endless", Code(strings.Repeat("A1", 30))},
		{"negative", Number(-1)},
		{"too great", Number(1_000_000_000_000)},
		{"negative amount", Money(-5)},
		{"year 10000", day(10000, 1, 1)},
	} {
		for _, lang := range Langs {
			s, err := tt.slot.speech(lang)
			if err == nil {
				t.Errorf("%s: %s speaks %v, want an error", tt.name, lang, s)
				continue
			}
			if c, ok := tt.slot.(Code); ok && c != "" && strings.Contains(err.Error(), string(c)) {
				t.Errorf("%s: the error repeats the code: %v", tt.name, err)
			}
		}
	}
}
