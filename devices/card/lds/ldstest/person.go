package ldstest

import (
	"fmt"
	"strings"

	"motcua/devices/card/lds"
)

// Flavour is a kind of card that is in people's hands.
type Flavour string

// The flavours.
const (
	CCCD2021   Flavour = "2021"      // chip identity card of 2021
	CanCuoc    Flavour = "2024"      // identity card of 2024: some of the state's fields are blank
	Child      Flavour = "child"     // of 2024, under six years old, without a picture
	NeverEnds  Flavour = "no-expiry" // of 2021, holder over 58 when it was issued
	Unfinished Flavour = "minimal"   // only the fields 1, 2, 3, 4 and 13
	Wavelets   Flavour = "jpeg-2000" // of 2024, with the picture in JPEG 2000
)

// Flavours lists them all.
func Flavours() []Flavour {
	return []Flavour{CCCD2021, CanCuoc, Child, NeverEnds, Unfinished, Wavelets}
}

// Person is an invented holder of a card.
type Person struct {
	Number   string // 12 digits
	Name     string // with diacritics
	Plain    string // as in the machine readable zone: "NGUYEN<<VAN<MAU"
	Sex      string // "Nam", "Nữ"
	Born     string // dd/MM/yyyy
	Issued   string // dd/MM/yyyy
	Expires  string // dd/MM/yyyy or "Không thời hạn"
	Former   string // former number or ""
	Address  string
	Pictured bool      // has a picture in DG2
	Codec    lds.Codec // of that picture
	Entries  []Entry
}

// Entry is one field of DG13. Text goes with Tag; List makes a SEQUENCE instead.
type Entry struct {
	Index int
	Tag   lds.Tag // 0 = UTF8String
	Text  string
	List  []string
}

// Person gives the holder of a card of flavour f.
func (f Flavour) Person() Person {
	p := Person{
		Number: "001090999999", Name: "Nguyễn Văn Mẫu", Plain: "NGUYEN<<VAN<MAU", Sex: "Nam", Born: "31/01/1990",
		Issued: "15/04/2021", Expires: "31/01/2030", Former: "012345678",
		Address: "Số 1 Phố Mẫu, Phường Mẫu, Hà Nội", Pictured: true, Codec: lds.JPEG,
	}
	switch f {
	case CanCuoc:
		p.Issued = "15/10/2024"
	case Wavelets:
		p.Issued, p.Codec = "15/10/2024", lds.JPEG2000
	case Child:
		p.Number, p.Name, p.Plain, p.Sex = "001320999998", "Nguyễn Thị Mẫu Nhỏ", "NGUYEN<<THI<MAU<NHO", "Nữ"
		p.Born, p.Issued, p.Expires, p.Former, p.Pictured = "05/05/2020", "15/10/2024", "05/05/2034", "", false
	case NeverEnds:
		p.Number, p.Name, p.Plain, p.Sex = "001150999997", "Nguyễn Thị Mẫu Lớn", "NGUYEN<<THI<MAU<LON", "Nữ"
		p.Born, p.Expires = "02/09/1950", "Không thời hạn"
	}
	p.Entries = p.entries(f)
	return p
}

func (p Person) entries(f Flavour) []Entry {
	if f == Unfinished {
		return []Entry{
			{Index: 1, Text: p.Number}, {Index: 2, Text: p.Name}, {Index: 3, Text: p.Born, Tag: 0x13},
			{Index: 4, Text: p.Sex}, {Index: 13, List: []string{"Nguyễn Văn Cha", "Trần Thị Mẹ"}},
		}
	}
	all := []Entry{
		{Index: 1, Text: p.Number, Tag: 0x13}, {Index: 2, Text: p.Name}, {Index: 3, Text: p.Born, Tag: 0x13}, {Index: 4, Text: p.Sex},
		{Index: 5, Text: "Việt Nam"}, {Index: 6, Text: "Kinh"}, {Index: 7, Text: "Không"}, {Index: 8, Text: "Phường Mẫu, Hà Nội"},
		{Index: 9, Text: p.Address}, {Index: 10, Text: "Nốt ruồi C: 1cm trên sau mép trái"},
		{Index: 11, Text: p.Issued, Tag: 0x13}, {Index: 12, Text: p.Expires},
		{Index: 13, List: []string{"Nguyễn Văn Cha", "Trần Thị Mẹ"}}, {Index: 14, List: []string{"Lê Thị Bạn"}},
		{Index: 15, Text: p.Former, Tag: 0x13}, {Index: 16, Text: "0123456789ABCDEF", Tag: 0x13},
	}
	switch f {
	case CanCuoc: // blanks stay as empty values, the old number sits last, dates have no strokes
		all[6].Text, all[9].Text, all[13].List = "", "", nil
		all[13].Text = ""
		all[14].Text, all[15].Text = all[15].Text, all[14].Text
		all[2].Text = strings.ReplaceAll(p.Born, "/", "")
	case Child: // blanks are left out altogether
		all = append(append(all[:6:6], all[7:9]...), all[10], all[11], Entry{Index: 13, List: []string{"", "Trần Thị Mẹ"}}, all[15])
	case NeverEnds:
		all[13].List = nil
		all[13].Tag = 0x30
	}
	return all
}

// CAN is the card access number: the last six digits of the number.
func (p Person) CAN() string { return p.Number[6:] }

// MRZ gives the three lines of the machine readable zone, joined.
func (p Person) MRZ() string {
	short := func(date string) string {
		if len(date) != 10 || date[2] != '/' {
			return string(lds.NeverExpires)
		}
		return date[8:] + date[3:5] + date[:2]
	}
	with := func(s string) string { return s + string(lds.CheckDigit(s)) }
	sex := "M"
	if p.Sex != "Nam" {
		sex = "F"
	}
	first := "IDVNM" + with(p.Number[3:]) + p.Number + "<<" + string(lds.CheckDigit(p.Number))
	born, expires := with(short(p.Born)), with(short(p.Expires))
	further := strings.Repeat("<", 11)
	last := lds.CheckDigit(first[5:] + born + expires + further)
	return first + born + sex + expires + "VNM" + further + string(last) + fmt.Sprintf("%s%s", p.Plain, strings.Repeat("<", 30-len(p.Plain)))
}

// QR is what the square code on the card says: seven fields on a card of 2021,
// eleven on one of 2024.
func (p Person) QR(f Flavour) string {
	s := strings.Join([]string{
		p.Number, p.Former, p.Name, strings.ReplaceAll(p.Born, "/", ""), p.Sex, p.Address, strings.ReplaceAll(p.Issued, "/", ""),
	}, "|")
	if f == CanCuoc || f == Child || f == Wavelets {
		s += "||||"
	}
	return s
}

// Secrets are the words that must be found in nothing printed, logged or put
// into an error while this person's card is read.
func (p Person) Secrets() []string {
	all := []string{p.Number, p.Number[3:], p.Name, p.Plain, p.Address, "NGUYEN", "Mẫu", "Trần", "Lê Thị", "Nốt ruồi"}
	if p.Former != "" {
		all = append(all, p.Former)
	}
	return all
}
