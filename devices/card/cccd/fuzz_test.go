package cccd_test

import (
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"motcua/devices/card/cccd"
	"motcua/devices/card/lds"
	"motcua/devices/card/lds/ldstest"
)

func FuzzRead(f *testing.F) {
	for _, flavour := range ldstest.Flavours() {
		f.Add(ldstest.DG13(flavour.Person().Entries))
	}
	f.Add(ldstest.DG13([]ldstest.Entry{{Index: 2, Tag: 0x1E, Text: "\x1E\xA5"}, {Index: 8, Tag: 0x14, Text: "\xE0"}, {Index: 14, Text: "A"}}))
	f.Add([]byte{0x6D, 0x84, 0x7F, 0xFF, 0xFF, 0xFF})
	f.Fuzz(func(t *testing.T, in []byte) {
		var c cccd.Card
		var err error
		got := ldstest.Allocated(func() { c, err = cccd.Read(in, hanoi, every...) })
		if most := uint64(2<<20 + 64*len(in)); got > most {
			t.Errorf("%d bytes in, %d bytes allocated, want at most %d", len(in), got, most)
		}
		if err != nil {
			return
		}
		for _, s := range []cccd.Text{c.Number, c.Name, c.Sex, c.Origin, c.Residence, c.Father, c.Mother, c.Spouse, c.Former, c.Serial} {
			if s := s.Reveal(); !utf8.ValidString(s) || !norm.NFC.IsNormalString(s) {
				t.Errorf("%+q is not NFC", s)
			}
		}
		if n := len(c.Number); n != 0 && n != 12 {
			t.Errorf("a number of %d digits", n)
		}
		c.NameFits(lds.MRZ{Layout: lds.TD1, Surname: "NGUYEN", Given: "PHUC KHANH HUNG CONG TANG"})
		if c.Never && !c.Expires.IsZero() {
			t.Error("expires and never does")
		}
	})
}
