package cccd_test

import (
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"motcua/devices/card/cccd"
	"motcua/devices/card/lds"
	"motcua/devices/card/lds/ldstest"
)

var hanoi = time.FixedZone("ICT", 7*3600)

func on(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, hanoi)
}

// fields is a Card that prints, for comparing.
type fields cccd.Card

// plain compares texts by what they hold, and prints it.
var plain = cmp.Transformer("reveal", func(t cccd.Text) string { return t.Reveal() })

var every = []cccd.Field{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}

// The bytes are those that several readers of real cards agree on.
func TestReadAgreedBytes(t *testing.T) {
	file, err := hex.DecodeString("6D8185308182020101060628D31601000831753011020101130C3030313039303939393939393018" +
		"0201020C134E677579E1BB856E2056C4836E204DE1BAAB75300F020103130A33312F30312F31393930" +
		"30080201040C034E616D302B02010D30260C114E677579E1BB856E2056C4836E204368610C115472E1BAA76E205468E1BB8B204DE1BAB9")
	if err != nil {
		t.Fatal(err)
	}
	got, err := cccd.Read(file, hanoi, every...)
	if err != nil {
		t.Fatal(err)
	}
	want := fields{
		Number: "001090999999", Name: "Nguyễn Văn Mẫu", Born: on(1990, 1, 31), Sex: "Nam",
		Father: "Nguyễn Văn Cha", Mother: "Trần Thị Mẹ",
	}
	if diff := cmp.Diff(want, fields(got), plain); diff != "" {
		t.Errorf("Read (-want +got):\n%s", diff)
	}
}

func TestReadFlavours(t *testing.T) {
	adult := fields{
		Number: "001090999999", Name: "Nguyễn Văn Mẫu", Born: on(1990, 1, 31), Sex: "Nam", National: "Việt Nam",
		Ethnicity: "Kinh", Religion: "Không", Origin: "Phường Mẫu, Hà Nội", Residence: "Số 1 Phố Mẫu, Phường Mẫu, Hà Nội",
		Marks: "Nốt ruồi C: 1cm trên sau mép trái", Issued: on(2021, 4, 15), Expires: on(2030, 1, 31),
		Father: "Nguyễn Văn Cha", Mother: "Trần Thị Mẹ", Spouse: "Lê Thị Bạn", Former: "012345678", Serial: "0123456789ABCDEF",
	}
	later := adult
	later.Religion, later.Marks, later.Spouse, later.Issued = "", "", "", on(2024, 10, 15)
	child := fields{
		Number: "001320999998", Name: "Nguyễn Thị Mẫu Nhỏ", Born: on(2020, 5, 5), Sex: "Nữ", National: "Việt Nam", Ethnicity: "Kinh",
		Origin: adult.Origin, Residence: adult.Residence, Issued: on(2024, 10, 15), Expires: on(2034, 5, 5),
		Mother: "Trần Thị Mẹ", Serial: "0123456789ABCDEF",
	}
	old := adult
	old.Number, old.Name, old.Born, old.Sex = "001150999997", "Nguyễn Thị Mẫu Lớn", on(1950, 9, 2), "Nữ"
	old.Expires, old.Never, old.Spouse = time.Time{}, true, ""
	for f, want := range map[ldstest.Flavour]fields{ldstest.CCCD2021: adult, ldstest.CanCuoc: later, ldstest.Child: child, ldstest.NeverEnds: old} {
		t.Run(string(f), func(t *testing.T) {
			p := f.Person()
			got, err := cccd.Read(ldstest.DG13(p.Entries), hanoi, every...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, fields(got), plain); diff != "" {
				t.Errorf("Read (-want +got):\n%s", diff)
			}
			m, err := lds.ReadMRZ(p.MRZ())
			if err != nil {
				t.Fatal(err)
			}
			if err := got.CompareMRZ(m); err != nil {
				t.Errorf("CompareMRZ: %v", err)
			}
			key, err := cccd.MRZKey(p.Number, got.Born, got.Expires)
			if err != nil || key.Reveal() != m.Key().Reveal() {
				t.Errorf("MRZKey from the fields is not that of the zone: %v", err)
			}
		})
	}
}

// What nobody asked for is not decoded, even if it could not be.
func TestReadOnlyWhatIsAskedFor(t *testing.T) {
	entries := ldstest.CCCD2021.Person().Entries
	entries[5].Text, entries[6].Text = "\xFF", "\xFF"
	file := ldstest.DG13(entries)
	got, err := cccd.Read(file, hanoi, cccd.Number, cccd.Name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(fields{Number: "001090999999", Name: "Nguyễn Văn Mẫu"}, fields(got), plain); diff != "" {
		t.Errorf("Read of two fields (-want +got):\n%s", diff)
	}
	got, err = cccd.Read(file, hanoi, cccd.Religion, cccd.Ethnicity, cccd.Religion)
	if err != nil || !slices.Equal(got.Unread, []cccd.Field{cccd.Religion, cccd.Ethnicity}) {
		t.Errorf("Unread = %v, %v; want both, once", got.Unread, err)
	}
}

func TestReadValues(t *testing.T) {
	bmp := func(s string) (out string) {
		for _, r := range s {
			out += string([]byte{byte(r >> 8), byte(r)})
		}
		return out
	}
	for _, tt := range []struct {
		name  string
		field cccd.Field
		entry ldstest.Entry
		want  fields
	}{
		{"UTF-8", cccd.Name, ldstest.Entry{Text: "Nguyễn Văn Mẫu"}, fields{Name: "Nguyễn Văn Mẫu"}},
		{"UTF-8 in parts", cccd.Name, ldstest.Entry{Text: norm.NFD.String("Nguyễn Văn Mẫu")}, fields{Name: "Nguyễn Văn Mẫu"}},
		{"blanks around", cccd.Name, ldstest.Entry{Text: "  Mẫu "}, fields{Name: "Mẫu"}},
		{"printable", cccd.Name, ldstest.Entry{Tag: 0x13, Text: "NGUYEN"}, fields{Name: "NGUYEN"}},
		{"IA5", cccd.Name, ldstest.Entry{Tag: 0x16, Text: "NGUYEN"}, fields{Name: "NGUYEN"}},
		{"T61", cccd.Name, ldstest.Entry{Tag: 0x14, Text: "H\xE0"}, fields{Name: "Hà"}},
		{"T61 that is UTF-8", cccd.Name, ldstest.Entry{Tag: 0x14, Text: "Hà"}, fields{Name: "Hà"}},
		{"BMP", cccd.Name, ldstest.Entry{Tag: 0x1E, Text: bmp("Mẫu")}, fields{Name: "Mẫu"}},
		{"BMP of odd length", cccd.Name, ldstest.Entry{Tag: 0x1E, Text: "abc"}, fields{Unread: []cccd.Field{cccd.Name}}},
		{"BMP with half a pair", cccd.Name, ldstest.Entry{Tag: 0x1E, Text: "\xD8\x00"}, fields{Unread: []cccd.Field{cccd.Name}}},
		{"UTF-8 broken", cccd.Name, ldstest.Entry{Text: "Ng\xC3"}, fields{Unread: []cccd.Field{cccd.Name}}},
		{"control characters", cccd.Name, ldstest.Entry{Text: "a\x1Bb"}, fields{Unread: []cccd.Field{cccd.Name}}},
		{"no string", cccd.Name, ldstest.Entry{Tag: 0x01, Text: "\xFF"}, fields{Unread: []cccd.Field{cccd.Name}}},
		{"NULL", cccd.Name, ldstest.Entry{Tag: 0x05}, fields{}},
		{"empty", cccd.Number, ldstest.Entry{}, fields{}},
		{"number too short", cccd.Number, ldstest.Entry{Text: "00109099999"}, fields{Unread: []cccd.Field{cccd.Number}}},
		{"number with a letter", cccd.Number, ldstest.Entry{Text: "00109099999O"}, fields{Unread: []cccd.Field{cccd.Number}}},
		{"day with strokes", cccd.Born, ldstest.Entry{Text: "31/01/1990"}, fields{Born: on(1990, 1, 31)}},
		{"day without", cccd.Issued, ldstest.Entry{Text: "15042021"}, fields{Issued: on(2021, 4, 15)}},
		{"no such day", cccd.Born, ldstest.Entry{Text: "31/02/1990"}, fields{Unread: []cccd.Field{cccd.Born}}},
		{"month first", cccd.Born, ldstest.Entry{Text: "01/31/1990"}, fields{Unread: []cccd.Field{cccd.Born}}},
		{"year alone", cccd.Born, ldstest.Entry{Text: "1990"}, fields{Unread: []cccd.Field{cccd.Born}}},
		{"year of two digits", cccd.Born, ldstest.Entry{Text: "31/01/0090"}, fields{Unread: []cccd.Field{cccd.Born}}},
		{"29 February", cccd.Born, ldstest.Entry{Text: "29022000"}, fields{Born: on(2000, 2, 29)}},
		{"never", cccd.Expires, ldstest.Entry{Text: "Không thời hạn"}, fields{Never: true}},
		{"never, in capitals and parts", cccd.Expires, ldstest.Entry{Text: norm.NFD.String("KHÔNG THỜI HẠN")}, fields{Never: true}},
		{"never, as a day", cccd.Expires, ldstest.Entry{Text: "31/12/9999"}, fields{Never: true}},
		{"expiry in words", cccd.Expires, ldstest.Entry{Text: "mãi mãi"}, fields{Unread: []cccd.Field{cccd.Expires}}},
		{"both parents", cccd.Parents, ldstest.Entry{List: []string{"A", "B"}}, fields{Father: "A", Mother: "B"}},
		{"mother alone", cccd.Parents, ldstest.Entry{List: []string{"", "B"}}, fields{Mother: "B"}},
		{"no parents", cccd.Parents, ldstest.Entry{List: []string{}}, fields{}},
		{"three parents", cccd.Parents, ldstest.Entry{List: []string{"A", "B", "C"}}, fields{Unread: []cccd.Field{cccd.Parents}}},
		{"two spouses", cccd.Spouse, ldstest.Entry{List: []string{"A", "B"}}, fields{Unread: []cccd.Field{cccd.Spouse}}},
		{"spouse as text", cccd.Spouse, ldstest.Entry{Text: "A"}, fields{Spouse: "A"}},
		{"former number of nine", cccd.Former, ldstest.Entry{Text: "012345678"}, fields{Former: "012345678"}},
		{"former number of twelve", cccd.Former, ldstest.Entry{Text: "012345678901"}, fields{Former: "012345678901"}},
		{"serial in the place of the former number", cccd.Former, ldstest.Entry{Text: "0123456789ABCDEF"}, fields{}},
		{"something else there", cccd.Former, ldstest.Entry{Text: "0123"}, fields{Unread: []cccd.Field{cccd.Former}}},
		{"serial", cccd.Serial, ldstest.Entry{Text: "0123456789abcdef"}, fields{Serial: "0123456789abcdef"}},
		{"absent", cccd.Residence, ldstest.Entry{Index: 2, Text: "A"}, fields{}},
		{"number unknown to us", cccd.Residence, ldstest.Entry{Index: 17, Text: "A"}, fields{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.entry.Index == 0 {
				tt.entry.Index = int(tt.field)
			}
			got, err := cccd.Read(ldstest.DG13([]ldstest.Entry{tt.entry}), hanoi, tt.field)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, fields(got), plain); diff != "" {
				t.Errorf("Read (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadRefuses(t *testing.T) {
	whole := ldstest.DG13(ldstest.Unfinished.Person().Entries)
	twice := ldstest.DG13([]ldstest.Entry{{Index: 1, Text: "001090999999"}, {Index: 1, Text: "001090999998"}})
	for _, tt := range []struct {
		name string
		file []byte
		want error
	}{
		{"nothing", nil, lds.ErrShort},
		{"cut short", whole[:len(whole)-1], lds.ErrShort},
		{"a byte too many", append(slices.Clone(whole), 0), lds.ErrTag},
		{"another group", append([]byte{0x6E}, whole[1:]...), lds.ErrTag},
		{"no set of fields", []byte("\x6D\x05\x30\x03\x02\x01\x01"), lds.ErrTag},
		{"field that is no sequence", []byte("\x6D\x06\x30\x04\x31\x02\x0C\x00"), lds.ErrTag},
		{"field without a number", []byte("\x6D\x08\x30\x06\x31\x04\x30\x02\x0C\x00"), lds.ErrTag},
		{"value cut", []byte("\x6D\x0B\x30\x09\x31\x07\x30\x05\x02\x01\x01\x0C\x05"), lds.ErrShort},
		{"number twice", twice, cccd.ErrTwice},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := cccd.Read(tt.file, hanoi, cccd.Number)
			var e *lds.Error
			if !errors.Is(err, tt.want) || !errors.As(err, &e) || e.File != lds.DG13 {
				t.Errorf("Read: %v, want %v of DG13", err, tt.want)
			}
		})
	}
}

// The order of the fields says nothing.
func TestReadInAnyOrder(t *testing.T) {
	entries := ldstest.CCCD2021.Person().Entries
	want, err := cccd.Read(ldstest.DG13(entries), hanoi, every...)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		mixed := slices.Clone(entries)
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		r.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		got, err := cccd.Read(ldstest.DG13(mixed), hanoi, every...)
		if diff := cmp.Diff(fields(want), fields(got), plain); err != nil || diff != "" {
			t.Fatalf("Read: %v, (-want +got):\n%s", err, diff)
		}
	})
}

func TestCAN(t *testing.T) {
	can, err := cccd.CAN("001090999999")
	if err != nil || can.Reveal() != "999999" {
		t.Errorf("CAN: %v, or another", err)
	}
	key, err := cccd.MRZKey("001090999999", on(1990, 1, 31), on(2030, 1, 31))
	if err != nil || key.Reveal() != "090999999590013103001318" {
		t.Errorf("MRZKey: %v, or another", err)
	}
	key, err = cccd.MRZKey("001150999997", on(1950, 9, 2), time.Time{})
	if err != nil || key.Reveal()[17:] != "9912315" {
		t.Errorf("MRZKey of a card that never expires: %v, or another end", err)
	}
	for _, bad := range []string{"", "01090999999", "0010909999999", "00109099999O", "００１０"} {
		if _, err := cccd.CAN(bad); !errors.Is(err, cccd.ErrNumber) {
			t.Errorf("CAN(%q): %v", bad, err)
		}
		if _, err := cccd.MRZKey(bad, on(1990, 1, 31), time.Time{}); !errors.Is(err, cccd.ErrNumber) {
			t.Errorf("MRZKey(%q): %v", bad, err)
		}
	}
}
