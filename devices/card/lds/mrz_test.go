package lds_test

import (
	"crypto/sha1"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"motcua/devices/card/lds"
)

// fields is an MRZ that prints, for comparing.
type fields lds.MRZ

const mau = "IDVNM0909999995001090999999<<6" + "9001310M3001318VNM<<<<<<<<<<<2" + "NGUYEN<<VAN<MAU<<<<<<<<<<<<<<<"

func TestReadMRZ(t *testing.T) {
	for _, tt := range []struct {
		name, zone string
		want       fields
		key        string
	}{
		{"identity card of Viet Nam", mau, fields{
			Layout: lds.TD1, Document: "ID", State: "VNM", Number: "090999999", Optional: "001090999999",
			Born: "900131", Sex: 'M', Expires: "300131", National: "VNM", Surname: "NGUYEN", Given: "VAN MAU",
		}, "090999999590013103001318"},
		{"in lines", mau[:30] + "\n" + mau[30:60] + "\r\n" + mau[60:], fields{
			Layout: lds.TD1, Document: "ID", State: "VNM", Number: "090999999", Optional: "001090999999",
			Born: "900131", Sex: 'M', Expires: "300131", National: "VNM", Surname: "NGUYEN", Given: "VAN MAU",
		}, "090999999590013103001318"},
		{"I< before VNM", "I<" + mau[2:], fields{
			Layout: lds.TD1, Document: "I", State: "VNM", Number: "090999999", Optional: "001090999999",
			Born: "900131", Sex: 'M', Expires: "300131", National: "VNM", Surname: "NGUYEN", Given: "VAN MAU",
		}, "090999999590013103001318"},
		{"TD1", "I<UTOD231458907<<<<<<<<<<<<<<<7408122F1204159UTO<<<<<<<<<<<6ERIKSSON<<ANNA<MARIA<<<<<<<<<<", fields{
			Layout: lds.TD1, Document: "I", State: "UTO", Number: "D23145890",
			Born: "740812", Sex: 'F', Expires: "120415", National: "UTO", Surname: "ERIKSSON", Given: "ANNA MARIA",
		}, "D23145890774081221204159"},
		{"TD1, long number", "I<UTOD23145890<7349<<<<<<<<<<<3407127M9507122UTO<<<<<<<<<<<2STEVENSON<<PETER<JOHN<<<<<<<<<", fields{
			Layout: lds.TD1, Document: "I", State: "UTO", Number: "D23145890734",
			Born: "340712", Sex: 'M', Expires: "950712", National: "UTO", Surname: "STEVENSON", Given: "PETER JOHN",
		}, "D23145890734934071279507122"},
		{"TD3", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<" + "L898902C36UTO7408122F1204159ZE184226B<<<<<10", fields{
			Layout: lds.TD3, Document: "P", State: "UTO", Number: "L898902C3", Optional: "ZE184226B",
			Born: "740812", Sex: 'F', Expires: "120415", National: "UTO", Surname: "ERIKSSON", Given: "ANNA MARIA",
		}, "L898902C3674081221204159"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := lds.ReadMRZ(tt.zone)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, fields(got)); diff != "" {
				t.Errorf("ReadMRZ (-want +got):\n%s", diff)
			}
			if key := got.Key().Reveal(); key != tt.key {
				t.Errorf("Key() = %s, want %s", key, tt.key)
			}
		})
	}
}

func TestKeySeeds(t *testing.T) {
	m, err := lds.ReadMRZ(mau)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ key, seed string }{
		{m.Key().Reveal(), "CDABE30BA7A23710E4E8F59773304D06"},
		{lds.MRZKey("L898902C", "690806", "940623").Reveal(), "239AB9CB282DAF66231DC5A4DF6BFBAE"},
	} {
		if seed := fmt.Sprintf("%X", sha1.Sum([]byte(tt.key)))[:32]; seed != tt.seed {
			t.Errorf("seed of the key = %s, want %s", seed, tt.seed)
		}
	}
	if got := lds.MRZKey("L898902C", "690806", "940623").Reveal(); got != "L898902C<369080619406236" {
		t.Errorf("MRZKey = %s", got)
	}
}

func TestPersonalNumber(t *testing.T) {
	m, _ := lds.ReadMRZ(mau)
	if !m.Vietnamese() || m.PersonalNumber() != "001090999999" {
		t.Error("the personal number of a Vietnamese card is not found")
	}
	m.State = "UTO"
	if m.Vietnamese() || m.PersonalNumber() != "" {
		t.Error("a foreign card has a personal number")
	}
}

// Each position that a check digit covers, changed, must be noticed.
func TestReadMRZNoticesEveryChange(t *testing.T) {
	for i := range 60 {
		// Not covered in TD1: the two letters, the state, sex, nationality.
		if i < 5 || i == 37 || i >= 45 && i < 48 {
			continue
		}
		b := []byte(mau)
		b[i] = '0' + (b[i]+1)%10
		if b[i] == mau[i] {
			b[i]++
		}
		_, err := lds.ReadMRZ(string(b))
		if !errors.Is(err, lds.ErrCheckDigit) && !errors.Is(err, lds.ErrValue) {
			t.Errorf("position %d changed: %v, want ErrCheckDigit", i, err)
		}
	}
}

// The check digit of the personal number is Viet Nam's own: wrong under a
// composite digit that is right, it must be noticed all the same.
func TestReadMRZChecksThePersonalNumber(t *testing.T) {
	b := []byte(mau)
	b[29] = '7'
	b[59] = lds.CheckDigit(string(b[5:30]) + string(b[30:37]) + string(b[38:45]) + string(b[48:59]))
	var e *lds.Error
	if _, err := lds.ReadMRZ(string(b)); !errors.As(err, &e) || e.Step != "personal number" || !errors.Is(err, lds.ErrCheckDigit) {
		t.Errorf("ReadMRZ: %v, want the check digit of the personal number refused", err)
	}
}

func TestReadTD3NoticesEveryChange(t *testing.T) {
	const zone = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<" + "L898902C36UTO7408122F1204159ZE184226B<<<<<10"
	for i := 44; i < 88; i++ {
		if i >= 54 && i < 57 || i == 64 { // nationality and sex have no check digit
			continue
		}
		b := []byte(zone)
		b[i] = '0' + (b[i]+1)%10
		if b[i] == zone[i] {
			b[i]++
		}
		if _, err := lds.ReadMRZ(string(b)); !errors.Is(err, lds.ErrCheckDigit) {
			t.Errorf("position %d changed: %v, want ErrCheckDigit", i, err)
		}
	}
	// An optional field that is empty may have a filler for its check digit.
	empty := zone[:72] + strings.Repeat("<", 14)
	for _, digit := range []string{"0", "<"} {
		whole := empty + digit
		whole += string(lds.CheckDigit(whole[44:54] + whole[57:64] + whole[65:87]))
		if m, err := lds.ReadMRZ(whole); err != nil || m.Optional != "" || m.Layout.String() != "TD3" {
			t.Errorf("no optional field, check digit %q: %v", digit, err)
		}
	}
}

func TestReadMRZRefuses(t *testing.T) {
	for _, tt := range []struct {
		name, zone, step string
		want             error
	}{
		{"nothing", "", "length of the zone", lds.ErrValue},
		{"a line short", mau[:60], "length of the zone", lds.ErrValue},
		{"small letters", strings.ToLower(mau), "characters", lds.ErrValue},
		{"no such sex", strings.Replace(mau, "0M3", "0X3", 1), "sex", lds.ErrValue},
		{"long number without its rest", "I<UTOD23145890<" + strings.Repeat("<", 15) + mau[30:], "document number", lds.ErrValue},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := lds.ReadMRZ(tt.zone)
			var e *lds.Error
			if !errors.As(err, &e) || e.Step != tt.step || !errors.Is(err, tt.want) {
				t.Errorf("ReadMRZ: %v, want %q at %q", err, tt.want, tt.step)
			}
		})
	}
}

func TestDay(t *testing.T) {
	hanoi := time.FixedZone("ICT", 7*3600)
	now := time.Date(2026, 11, 21, 9, 0, 0, 0, hanoi)
	for _, tt := range []struct {
		day  lds.Day
		born string
	}{{"900131", "1990-01-31"}, {"261121", "2026-11-21"}, {"261122", "1926-11-22"}, {"000229", "2000-02-29"}, {"", ""}, {"90<<<<", ""}, {"900231", ""}, {"9001311", ""}} {
		got := ""
		if b, ok := tt.day.Born(now); ok {
			got = b.Format(time.DateOnly)
		}
		if got != tt.born {
			t.Errorf("Day(%q).Born = %q, want %q", string(tt.day), got, tt.born)
		}
	}
	if _, never, ok := lds.NeverExpires.Expires(hanoi); !never || !ok {
		t.Error("991231 is not read as never")
	}
	if at, never, ok := lds.Day("300131").Expires(hanoi); never || !ok || lds.DayOf(at) != "300131" || at.Year() != 2030 {
		t.Error("300131 is not read as 31 January 2030")
	}
	if _, _, ok := lds.Day("301331").Expires(hanoi); ok {
		t.Error("month 13 is a date")
	}
}

// Whatever is written as a key has three check digits that hold.
func TestMRZKeyHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.StringMatching(`[0-9A-Z]{1,12}`).Draw(t, "number")
		day := rapid.StringMatching(`[0-9]{6}`).Draw(t, "day")
		key := lds.MRZKey(number, lds.Day(day), lds.Day(day)).Reveal()
		n := max(9, len(number))
		if len(key) != n+15 || !strings.HasPrefix(key, number) || key[n+1:n+7] != day || key[n] != lds.CheckDigit(number) {
			t.Fatalf("MRZKey(%q, %q) = %q", number, day, key)
		}
	})
}
