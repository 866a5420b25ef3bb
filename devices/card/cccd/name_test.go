package cccd_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"motcua/devices/card/cccd"
	"motcua/devices/card/lds"
)

// zoned writes names as a zone of TD1 has them, cut off at its end.
func zoned(surname, given string) lds.MRZ {
	line := strings.ReplaceAll(surname, " ", "<") + "<<" + strings.ReplaceAll(given, " ", "<")
	if len(line) > 30 {
		line = line[:30]
	}
	surname, given, _ = strings.Cut(strings.TrimRight(line, "<"), "<<")
	return lds.MRZ{Layout: lds.TD1, Surname: strings.ReplaceAll(surname, "<", " "), Given: strings.ReplaceAll(given, "<", " ")}
}

func TestNameFits(t *testing.T) {
	for _, tt := range []struct {
		name           string
		surname, given string
		want           bool
	}{
		{"Nguyễn Văn Mẫu", "NGUYEN", "VAN MAU", true},
		{"NGUYỄN VĂN MẪU", "NGUYEN", "VAN MAU", true},
		{"Đặng Thị Ơn", "DANG", "THI ON", true},
		{"Nguyễn Văn Mẫu", "MAU", "NGUYEN VAN", true}, // who puts the last name first
		{"Nguyễn Văn Mẫu", "NGUYEN", "VAN MAO", false},
		{"Nguyễn Văn Mẫu", "NGUYEN", "MAU", false}, // there was room
		{"Nguyễn Văn Mẫu", "NGUYEN", "V MAU", false},
		{"H'Hen Niê", "HHEN", "NIE", true},
		{"Tôn Nữ Minh-Châu", "TON", "NU MINH CHAU", true},
		{"Nguyễn Phúc Khánh Hưng Công Tằng Tôn Nữ", "NGUYEN", "PHUC KHANH HUNG CONG TANG TON NU", true},
		{"Nguyễn Phúc Khánh Hưng Công Tằng Tôn Nữ", "NGUYEN", "P K HUNG CONG TANG TON", true},
		{"Nguyễn Phúc Khánh Hưng Công Tằng Tôn Nữ", "NGUYEN", "KHANH PHUC HUNG CONG TANG", false},
		{"Nguyễn Phúc Khánh Hưng Công Tằng Tôn Nữ", "PHUC", "KHANH HUNG CONG TANG TON NU", false},
		{"José Muñoz", "MUNOZ", "JOSE", true},  // Ñ may be NXX: nothing can be told
		{"José Muñoz", "MUNXXOZ", "ANA", true}, // nor here
		{"Ольга", "OLGA", "", true},
		{"", "NGUYEN", "VAN MAU", true},
		{"Nguyễn Văn Mẫu", "", "", true},
	} {
		if got := (cccd.Card{Name: cccd.Text(tt.name)}).NameFits(zoned(tt.surname, tt.given)); got != tt.want {
			t.Errorf("%q and %s<<%s: NameFits = %v, want %v", tt.name, tt.surname, tt.given, got, tt.want)
		}
	}
	c, m := mau(t)
	if !c.NameFits(m) {
		t.Error("a card's own name does not fit its zone")
	}
}

// A name fits its own zone, however long it is; with one letter changed that is
// still there it does not.
func TestNameFitsItsOwnZone(t *testing.T) {
	syllable := rapid.SampledFrom([]string{"Nguyễn", "Đỗ", "Ưng", "Ơn", "Ăn", "Thị", "Quỳnh", "Khoẻ", "Y", "Huỳnh", "Trượng", "Bình", "Ất", "Ỷ"})
	plain := strings.NewReplacer("ễ", "E", "Đ", "D", "ỗ", "O", "Ư", "U", "Ơ", "O", "Ă", "A", "ị", "I", "ỳ", "Y", "ẻ", "E",
		"ư", "U", "ợ", "O", "ì", "I", "Ấ", "A", "Ỷ", "Y")
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(syllable, 2, 9).Draw(t, "words")
		name := strings.Join(words, " ")
		letters := strings.ToUpper(plain.Replace(name))
		surname, given, _ := strings.Cut(letters, " ")
		m := zoned(surname, given)
		c := cccd.Card{Name: cccd.Text(name)}
		if !c.NameFits(m) {
			t.Fatalf("%q does not fit %q << %q", name, m.Surname, m.Given)
		}
		i := rapid.IntRange(0, len(m.Surname)-1).Draw(t, "letter")
		m.Surname = m.Surname[:i] + "Z" + m.Surname[i+1:] // no syllable has one
		if c.NameFits(m) {
			t.Fatalf("%q fits %q << %q", name, m.Surname, m.Given)
		}
	})
}
