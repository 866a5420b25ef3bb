package cccd_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"golang.org/x/text/unicode/norm"

	"motcua/devices/card/cccd"
	"motcua/devices/card/lds"
	"motcua/devices/card/lds/ldstest"
)

func mau(t *testing.T) (cccd.Card, lds.MRZ) {
	t.Helper()
	p := ldstest.CCCD2021.Person()
	c, err := cccd.Read(ldstest.DG13(p.Entries), hanoi, every...)
	if err != nil {
		t.Fatal(err)
	}
	m, err := lds.ReadMRZ(p.MRZ())
	if err != nil {
		t.Fatal(err)
	}
	return c, m
}

func mismatch(t *testing.T, err error, with cccd.Source, want ...cccd.Field) {
	t.Helper()
	if len(want) == 0 {
		if err != nil {
			t.Errorf("%v, want no mismatch", err)
		}
		return
	}
	var m *cccd.Mismatch
	if !errors.As(err, &m) || m.With != with || !slices.Equal(m.Fields, want) {
		t.Errorf("%v, want a mismatch with %s in %v", err, with, want)
	}
}

func TestCompareMRZ(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*cccd.Card, *lds.MRZ)
		want   []cccd.Field
	}{
		{"same", func(*cccd.Card, *lds.MRZ) {}, nil},
		{"another number", func(c *cccd.Card, _ *lds.MRZ) { c.Number = "001090999998" }, []cccd.Field{cccd.Number}},
		{"another number in the zone alone", func(_ *cccd.Card, m *lds.MRZ) { m.Optional = "001090999998" }, []cccd.Field{cccd.Number}},
		{"another document number", func(_ *cccd.Card, m *lds.MRZ) { m.Number = "090999998" }, []cccd.Field{cccd.Number}},
		{"no number on the chip", func(c *cccd.Card, _ *lds.MRZ) { c.Number = "" }, []cccd.Field{cccd.Number}},
		{"another state", func(_ *cccd.Card, m *lds.MRZ) { m.State = "UTO" }, []cccd.Field{cccd.Number}},
		{"born a day later", func(c *cccd.Card, _ *lds.MRZ) { c.Born = c.Born.AddDate(0, 0, 1) }, []cccd.Field{cccd.Born}},
		{"sex", func(c *cccd.Card, _ *lds.MRZ) { c.Sex = "Nữ" }, []cccd.Field{cccd.Sex}},
		{"sex not said", func(c *cccd.Card, m *lds.MRZ) { m.Sex = '<' }, nil},
		{"expires later", func(c *cccd.Card, _ *lds.MRZ) { c.Expires = c.Expires.AddDate(10, 0, 0) }, []cccd.Field{cccd.Expires}},
		{"never expires", func(c *cccd.Card, _ *lds.MRZ) { c.Expires, c.Never = time.Time{}, true }, []cccd.Field{cccd.Expires}},
		{"never expires in the zone", func(_ *cccd.Card, m *lds.MRZ) { m.Expires = lds.NeverExpires }, []cccd.Field{cccd.Expires}},
		{"blank fields", func(c *cccd.Card, _ *lds.MRZ) { *c = cccd.Card{Number: c.Number} }, nil},
		{"everything", func(c *cccd.Card, m *lds.MRZ) {
			c.Number, m.Born, m.Sex, m.Expires = "001090999998", "900201", 'F', lds.NeverExpires
		}, []cccd.Field{cccd.Number, cccd.Born, cccd.Sex, cccd.Expires}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, m := mau(t)
			tt.change(&c, &m)
			mismatch(t, c.CompareMRZ(m), cccd.WithMRZ, tt.want...)
		})
	}
}

func TestCompareQR(t *testing.T) {
	code := cccd.QR{
		Number: "001090999999", Former: "012345678", Name: "Nguyễn Văn Mẫu", Sex: "Nam",
		Born: time.Date(1990, 1, 31, 0, 0, 0, 0, time.UTC), Issued: on(2021, 4, 15),
	}
	for _, tt := range []struct {
		name   string
		change func(*cccd.QR)
		want   []cccd.Field
	}{
		{"same", func(*cccd.QR) {}, nil},
		{"in capitals, in parts", func(q *cccd.QR) { q.Name = norm.NFD.String("NGUYỄN  VĂN MẪU") }, nil},
		{"without diacritics", func(q *cccd.QR) { q.Name, q.Sex = "nguyen van mau", "nam" }, nil},
		{"number alone", func(q *cccd.QR) { *q = cccd.QR{Number: q.Number} }, nil},
		{"no number", func(q *cccd.QR) { q.Number = "" }, []cccd.Field{cccd.Number}},
		{"another number", func(q *cccd.QR) { q.Number = "001090999998" }, []cccd.Field{cccd.Number}},
		{"other diacritics", func(q *cccd.QR) { q.Name = "Nguyễn Văn Mậu" }, []cccd.Field{cccd.Name}},
		{"another name without diacritics", func(q *cccd.QR) { q.Name = "Nguyen Van Mao" }, []cccd.Field{cccd.Name}},
		{"everything", func(q *cccd.QR) {
			*q = cccd.QR{"1", "876543210", "Ai", "Nu", on(1990, 1, 30), on(2021, 4, 16)}
		}, []cccd.Field{cccd.Number, cccd.Name, cccd.Born, cccd.Sex, cccd.Issued, cccd.Former}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := mau(t)
			q := code
			tt.change(&q)
			mismatch(t, c.CompareQR(q), cccd.WithQR, tt.want...)
		})
	}
	mismatch(t, cccd.Card{}.CompareQR(cccd.QR{}), cccd.WithQR, cccd.Number)
	err := &cccd.Mismatch{With: cccd.WithMRZ, Fields: []cccd.Field{cccd.Number, cccd.Born}}
	if got := err.Error(); got != "card differs from its machine readable zone in number, date of birth" {
		t.Errorf("Error = %q", got)
	}
}

// Without a number on either side nothing ties two things together: that is a
// mismatch, and not two blanks that agree.
func TestNoNumberIsNoAgreement(t *testing.T) {
	foreign := lds.MRZ{Layout: lds.TD1, Document: "I", State: "UTO", Sex: '<'}
	var m *cccd.Mismatch
	if err := (cccd.Card{}).CompareMRZ(foreign); !errors.As(err, &m) || !slices.Contains(m.Fields, cccd.Number) {
		t.Errorf("CompareMRZ = %v, want the number to differ", err)
	}
	if err := (cccd.Card{}).CompareQR(cccd.QR{}); !errors.As(err, &m) || !slices.Contains(m.Fields, cccd.Number) {
		t.Errorf("CompareQR = %v, want the number to differ", err)
	}
}
