package ldstest_test

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"motcua/devices/card/cccd"
	"motcua/devices/card/lds"
	"motcua/devices/card/lds/ldstest"
)

var now = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

// The bytes are those that six readers of real cards agree on.
func TestDG13Bytes(t *testing.T) {
	const want = "6D8185308182020101060628D31601000831753011020101130C3030313039303939393939393018" +
		"0201020C134E677579E1BB856E2056C4836E204DE1BAAB75300F020103130A33312F30312F31393930" +
		"30080201040C034E616D302B02010D30260C114E677579E1BB856E2056C4836E204368610C115472E1BAA76E205468E1BB8B204DE1BAB9"
	entries := ldstest.Unfinished.Person().Entries
	entries[0].Tag = 0x13
	if got := strings.ToUpper(hex.EncodeToString(ldstest.DG13(entries))); got != want {
		t.Errorf("DG13 = %s\nwant   %s", got, want)
	}
}

func TestMRZ(t *testing.T) {
	const want = "IDVNM0909999995001090999999<<6" + "9001310M3001318VNM<<<<<<<<<<<2" + "NGUYEN<<VAN<MAU<<<<<<<<<<<<<<<"
	if got := ldstest.CCCD2021.Person().MRZ(); got != want {
		t.Errorf("MRZ = %s\nwant  %s", got, want)
	}
}

// Every file of every flavour is read back as what went into it.
func TestEveryFileReads(t *testing.T) {
	state, err := ldstest.NewState(ldstest.Options{Suite: ldstest.P256, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range ldstest.Flavours() {
		t.Run(string(f), func(t *testing.T) {
			card, err := state.Issue(f.Person(), ldstest.Chip{}, ldstest.None)
			if err != nil {
				t.Fatal(err)
			}
			m, err := lds.ReadDG1(card.Files[lds.DG1])
			if err != nil || m.PersonalNumber() != card.Person.Number {
				t.Errorf("DG1: %v, or another number", err)
			}
			contents, err := lds.ReadCOM(card.Files[lds.COM])
			if err != nil || len(contents.Groups) != len(card.Groups())+1 { // and DG3
				t.Errorf("EF.COM: %v, %v", contents.Groups, err)
			}
			face, err := lds.ReadDG2(card.Files[lds.DG2])
			if pictured := err == nil && face.Codec == card.Person.Codec && face.Width == 240 && face.Height == 320; pictured != card.Person.Pictured {
				t.Errorf("DG2: %v", err)
			}
			access, err := lds.ReadCardAccess(card.Files[lds.CardAccess])
			if err != nil || len(access.PACE) != 1 || access.PACE[0].Parameter != 13 || access.PACE[0].Version != 2 {
				t.Errorf("EF.CardAccess: %+v, %v", access, err)
			}
			able, err := lds.ReadDG14(card.Files[lds.DG14])
			if err != nil || len(able.PACE) != 1 || len(able.ChipAuth) != 1 || len(able.ChipKeys) != 1 || len(able.ActiveAuth) != 1 {
				t.Fatalf("DG14: %+v, %v", able, err)
			}
			if !card.ChipKey.PublicKey.Equal(able.ChipKeys[0].Key) || able.ChipKeys[0].KeyID != -1 {
				t.Error("DG14: not the chip's key")
			}
			key, err := lds.ReadDG15(card.Files[lds.DG15])
			if equal, ok := card.ActiveKey.Public().(interface{ Equal(any) bool }); err != nil || ok && !equal.Equal(key) {
				t.Errorf("DG15: %v, or another key", err)
			}
		})
	}
}

func TestPhoto(t *testing.T) {
	for _, size := range []int{0, 4_000, 20_000} {
		want := size
		if size == 0 {
			want = 15_000
		}
		photo, err := ldstest.Photo(size)
		if err != nil || len(photo) > want || len(photo) < want/2 {
			t.Errorf("Photo(%d) has %d bytes, %v", size, len(photo), err)
		}
	}
}

// Whoever is invented is read back: through the zone, through DG13, and the two
// agree with each other and with the code on the card.
func TestAnyPersonIsReadBack(t *testing.T) {
	words := rapid.StringMatching(`[A-ZĐÁẾ][a-zàảạếộưđ]{1,6}( [A-ZĐÁẾ][a-zàảạếộưđ]{1,6}){1,3}`)
	rapid.Check(t, func(t *rapid.T) {
		born := time.Date(1920, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 38_000).Draw(t, "born"))
		expires := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 26_000).Draw(t, "expires"))
		date := func(d time.Time) string { return d.Format("02/01/2006") }
		p := ldstest.CCCD2021.Person()
		p.Number = rapid.StringMatching(`[0-9]{12}`).Draw(t, "number")
		p.Name, p.Born, p.Expires = words.Draw(t, "name"), date(born), date(expires)
		p.Sex = rapid.SampledFrom([]string{"Nam", "Nữ"}).Draw(t, "sex")
		for i, text := range map[int]string{0: p.Number, 1: p.Name, 2: p.Born, 3: p.Sex, 11: p.Expires} {
			p.Entries[i].Text, p.Entries[i].Tag = text, 0x0C
		}

		m, err := lds.ReadMRZ(p.MRZ())
		if err != nil || m.PersonalNumber() != p.Number || m.Born != lds.DayOf(born) || m.Expires != lds.DayOf(expires) {
			t.Fatalf("zone %q: %v", p.MRZ(), err)
		}
		card, err := cccd.Read(ldstest.DG13(p.Entries), time.UTC, cccd.Number, cccd.Name, cccd.Born, cccd.Sex, cccd.Expires)
		if err != nil || card.Number.Reveal() != p.Number || card.Name.Reveal() != p.Name || !card.Born.Equal(born) || !card.Expires.Equal(expires) {
			t.Fatalf("DG13 of %+v: %v, unread %v", p, err, card.Unread)
		}
		if err := card.CompareMRZ(m); err != nil {
			t.Fatal(err)
		}
		code := strings.Split(p.QR(ldstest.CCCD2021), "|")
		if err := card.CompareQR(cccd.QR{Number: code[0], Former: code[1], Name: code[2], Born: born, Sex: code[4]}); err != nil {
			t.Fatal(err)
		}
		key, err := cccd.MRZKey(p.Number, born, expires)
		if err != nil || key.Reveal() != m.Key().Reveal() {
			t.Fatalf("MRZKey: %v, or not the zone's", err)
		}
		can, err := cccd.CAN(p.Number)
		if err != nil || can.Reveal() != p.CAN() {
			t.Fatalf("CAN: %v, or another", err)
		}
	})
}
