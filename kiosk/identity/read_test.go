package identity

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"motcua/assets"
	"motcua/kiosk/pack"
	"motcua/kiosk/text"
)

var today = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func day(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

const seven = "001090999999|012345678|Nguyễn Văn Mẫu|31011990|Nam|Số 1 Phố Mẫu, Phường Mẫu, Hà Nội|15042021"

func TestReadCard(t *testing.T) {
	for _, tc := range []struct {
		name, code string
		old        string
	}{
		{"seven fields", seven, "012345678"},
		{"no former number", strings.Replace(seven, "012345678", "", 1), ""},
		{"eleven fields", strings.Replace(seven, "15042021", "15102024||||", 1), "012345678"},
		{"twelve fields, filled", seven + "|a|b|c|d|e", "012345678"},
		{"decomposed letters", norm.NFD.String(seven), "012345678"},
		{"sex in capitals", strings.Replace(seven, "Nam", "NAM", 1), "012345678"},
		{"white space around", " " + seven + "\r\n", "012345678"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f, err := Read(tc.code, today)
			if err != nil || f.Kind != Card {
				t.Fatalf("Read: kind %v, %v", f.Kind, err)
			}
			p := f.Person
			if p.Number.Reveal() != "001090999999" || p.Name != "Nguyễn Văn Mẫu" || !p.Born.Equal(day(1990, 1, 31)) ||
				p.Sex != "Nam" || p.Old != tc.old || p.Address != "Số 1 Phố Mẫu, Phường Mẫu, Hà Nội" || p.Assurance != QR {
				t.Error("Read gave another person")
			}
			if len(p.Warnings) != 0 {
				t.Errorf("doubts %v", p.Warnings)
			}
		})
	}
}

func TestReadSex(t *testing.T) {
	for said, want := range map[string]string{"Nam": "Nam", "NAM": "Nam", "Nữ": "Nữ", "NỮ": "Nữ", "Nu": "Nữ", "nu ": "Nữ", norm.NFD.String("Nữ"): "Nữ"} {
		f, err := Read(strings.Replace(seven, "|Nam|", "|"+said+"|", 1), today)
		if err != nil || f.Person.Sex != want {
			t.Errorf("sex %q is read as %q, %v; want %q", said, f.Person.Sex, err, want)
		}
	}
}

// TestNumberLikePayment: a personal number may begin as payment codes do.
func TestNumberLikePayment(t *testing.T) {
	f, err := Read(strings.Replace(seven, "001090999999", "000201999999", 1), today)
	if err != nil || f.Kind != Card {
		t.Errorf("Read = %v, %v; want a card", f.Kind, err)
	}
}

func TestReadOther(t *testing.T) {
	for _, tc := range []struct {
		name, code string
		kind       Kind
		err        error
	}{
		{"health insurance", "GD4010123456789|4e677579e1bb856e|01/01/1990|1|", Health, nil},
		{"health insurance, new number", "0123456789|4e677579e1bb856e|01/01/1990|1", Health, nil},
		{"health insurance, by personal number", "001090999999|4e677579e1bb856e2056c4836e204de1baab75|01/01/1990|1|", Health, nil},
		{"a former number of 12 digits is no name", "001090999999|012345678901|Nguyễn Văn Mẫu|31011990|Nam|Hà Nội|15042021", Card, nil},
		{"web page in capitals", "HTTPS://EXAMPLE.VN/A", Web, nil},
		{"payment", "00020101021238570010A00000072701270006970436", Payment, nil},
		{"personal of the COVID years", "********9999|NGUYEN VAN MAU|1990-01-31|0|Q|E", Personal, nil},
		{"web page", "https://example.vn/a", Web, nil},
		{"ours", "MOTCUA1:01932b7e-8f00-7abc-8def-0123456789ab:K7QX", Receipt, nil},
		{"ours, by address", "https://example.vn/h/01932b7e-8f00-7abc-8def-0123456789ab#K7QX", Receipt, nil},
		{"unknown", "eyJhbGciOiJ", Unknown, nil},
		{"empty", "", Unknown, nil},
		{"unknown with bars", "hello|world", Unknown, nil},
		{"six fields", "001090999999||Nguyễn Văn Mẫu|31011990|Nam|Hà Nội", Card, ErrFields},
		{"empty field dropped", "001090999999|Nguyễn Văn Mẫu|31011990|Nam|Hà Nội|15042021|", Card, ErrFields},
		{"day that is none", strings.Replace(seven, "31011990", "31021990", 1), Card, ErrDate},
		{"month that is none", strings.Replace(seven, "31011990", "31131990", 1), Card, ErrDate},
		{"year first", strings.Replace(seven, "31011990", "19900131", 1), Card, ErrDate},
		{"issued yet to come", strings.Replace(seven, "15042021", "26112026", 1), Card, ErrDate},
		{"29 February that is none", strings.Replace(seven, "31011990", "29021990", 1), Card, ErrDate},
		{"signs for digits", strings.Replace(seven, "31011990", "+1-11990", 1), Card, ErrDate},
		{"a long line in place of a date", strings.Replace(seven, "31011990", "310119900", 1), Card, ErrDate},
		{"issued before birth", strings.Replace(seven, "15042021", "15041989", 1), Card, ErrDate},
		{"dates swapped", "001090999999||Nguyễn Văn Mẫu|15042021|Nam|Hà Nội|31011990", Card, ErrDate},
		{"no sex", strings.Replace(seven, "|Nam|", "||", 1), Card, ErrFields},
		{"digits for a name", strings.Replace(seven, "Nguyễn Văn Mẫu", "12345", 1), Card, ErrFields},
		{"expired at 25", "001099999999||Nguyễn Văn Mẫu|31011999|Nam|Hà Nội|15042021", Card, ErrExpired},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f, err := Read(tc.code, today)
			if f.Kind != tc.kind || !errors.Is(err, tc.err) {
				t.Fatalf("Read: kind %v, err %v; want %v, %v", f.Kind, err, tc.kind, tc.err)
			}
			if f.Kind == Receipt && (f.ReceiptID != "01932b7e-8f00-7abc-8def-0123456789ab" || f.ReceiptSecret != "K7QX") {
				t.Error("Read gave another receipt")
			}
			if err != nil && (strings.Contains(err.Error(), "Nguy") || strings.Contains(err.Error(), "0010")) {
				t.Errorf("the error names the person: %v", err)
			}
		})
	}
}

// TestSentences checks that everything a scan can be has its sentence.
func TestSentences(t *testing.T) {
	dir, err := fs.Sub(assets.Files, "text")
	if err != nil {
		t.Fatal(err)
	}
	texts, err := text.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	keys := []string{Sentence(ErrFields), Sentence(ErrDate), Sentence(ErrExpired), Sentence(errors.New("other"))}
	for _, doubt := range []Warning{DoubtPlace, DoubtSex, DoubtYear, DoubtForm} {
		keys = append(keys, string(doubt))
	}
	for k := range kinds {
		keys = append(keys, Kind(k).Sentence())
	}
	for _, key := range keys {
		if !texts.Has(key) || texts.In(pack.EN, key, nil) == "" {
			t.Errorf("no sentence %q", key)
		}
	}
}

func TestDoubts(t *testing.T) {
	for _, tc := range []struct {
		number string
		born   time.Time
		sex    string
		want   []Warning
	}{
		{"001090999999", day(1990, 1, 31), "Nam", nil},
		{"001190999999", day(1990, 1, 31), "Nữ", nil},
		{"001205999999", day(2005, 1, 31), "Nam", nil},
		{"001305999999", day(2005, 1, 31), "Nữ", nil},
		{"001190999999", day(1990, 1, 31), "Nam", []Warning{DoubtSex}},
		{"001090999999", day(1990, 1, 31), "Nữ", []Warning{DoubtSex}},
		{"001290999999", day(1990, 1, 31), "Nam", []Warning{DoubtSex}},
		{"001091999999", day(1990, 1, 31), "Nam", []Warning{DoubtYear}},
		{"999090999999", day(1990, 1, 31), "Nam", []Warning{DoubtPlace}},
		{"00109099999", day(1990, 1, 31), "Nam", []Warning{DoubtForm}},
	} {
		if got := Doubts(Person{Number: PersonalNumber(tc.number), Born: tc.born, Sex: tc.sex}); !slices.Equal(got, tc.want) {
			t.Errorf("Doubts(%s, %d, %s) = %v, want %v", tc.number, tc.born.Year(), tc.sex, got, tc.want)
		}
	}
	if n := strings.Count(places, "\n") - strings.Count(places, "#"); n != 63 {
		t.Errorf("%d places, want 63", n)
	}
}

// TestNothingIsPrinted tries every way in which a person could slip into a log.
func TestNothingIsPrinted(t *testing.T) {
	f, err := Read(seven, today)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	l := slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{} // has digits of its own
		}
		return a
	}}))
	receipt, err := Read("MOTCUA1:01932b7e-8f00-7abc-8def-0123456789ab:K7QX", today)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []any{receipt, &receipt, f, &f, f.Person, &f.Person, f.Person.Number, []Person{f.Person}, map[string]any{"p": f.Person}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&log, verb+"\n", v)
		}
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		log.Write(b)
		l.Info("x", "v", v)
	}
	for _, secret := range []string{"001090999999", "9999", "Mẫu", "Nguy", "Phố", "303031", "K7QX", "4b375158"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("%q is printed", secret)
		}
	}
	if f.Person.Number.Masked() != "••••••••9999" {
		t.Error("Masked shows something else")
	}
}

// TestCardsRoundTrip writes any card's code and reads it back.
func TestCardsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		born := day(1930, 1, 1).AddDate(0, 0, rapid.IntRange(0, 34000).Draw(t, "born"))
		issued := born.AddDate(rapid.IntRange(0, 90).Draw(t, "age"), 0, 0)
		if issued.After(today) {
			issued = today.AddDate(0, 0, -1)
		}
		name := rapid.StringMatching(`[A-ZĐ][a-zăâêôơưđ]{1,6}( [A-ZĐ][a-záàảãạ]{1,6}){1,3}`).Draw(t, "name")
		number := rapid.StringMatching(`[0-9]{12}`).Draw(t, "number")
		code := strings.Join([]string{number, rapid.SampledFrom([]string{"", "012345678"}).Draw(t, "old"), name,
			born.Format("02012006"), rapid.SampledFrom([]string{"Nam", "Nữ"}).Draw(t, "sex"), "Hà Nội",
			issued.Format("02012006")}, "|") + rapid.SampledFrom([]string{"", "||||", "|a|b|c|d"}).Draw(t, "rest")
		f, err := Read(code, today)
		if errors.Is(err, ErrExpired) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if p := f.Person; p.Number.Reveal() != number || p.Name != name || !p.Born.Equal(born) {
			t.Fatal("another person came back")
		}
	})
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{seven, seven + "||||", "GD4010123456789|4e67|01/01/1990|1|", "000201", "|||||||", "MOTCUA1:",
		"001090999999||N|31011990|Nam||15042021", "\xff|\x00", "001090999999|4e|a", "https://a/01932b7e-8f00-7abc-8def-0123456789ab#K7QX",
		"********9999|NGUYEN VAN MAU|1990-01-31|0|Q|E"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, code string) {
		found, err := Read(code, today)
		if err != nil && found.Person.Name != "" {
			t.Error("a refused card gave a person")
		}
		if err == nil && found.Kind == Card {
			short, err := Read(strings.Join(strings.Split(code, "|")[:7], "|"), today)
			if err != nil || !reflect.DeepEqual(short, found) {
				t.Error("the fields past the seventh matter")
			}
			if p := found.Person; !norm.NFC.IsNormalString(p.Name) || p.Born.After(today.Add(clockSlack)) || !digits12.MatchString(p.Number.Reveal()) {
				t.Error("a person that cannot be")
			}
		}
	})
}
