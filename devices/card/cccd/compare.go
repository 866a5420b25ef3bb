package cccd

import (
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"motcua/devices/card/lds"
)

// Source is what a card was compared with.
type Source string

// The sources.
const (
	WithMRZ Source = "machine readable zone"
	WithQR  Source = "code on the card"
)

// Mismatch says that the chip's own fields and another source differ, and where.
// Such a card must be refused. It never tells either value.
type Mismatch struct {
	With   Source
	Fields []Field // at least one, in rising order
}

// Error names the source and the fields: "card differs from its machine readable
// zone in number, date of birth".
func (m *Mismatch) Error() string {
	names := make([]string, len(m.Fields))
	for i, f := range m.Fields {
		names[i] = f.String()
	}
	return fmt.Sprintf("card differs from its %s in %s", m.With, strings.Join(names, ", "))
}

// QR is what the square code on the card said, as plain values; what is zero is
// not compared. It prints redacted.
type QR struct {
	Number, Former, Name, Sex string
	Born, Issued              time.Time
}

// differences collects the fields that differ.
type differences []Field

func (d *differences) add(f Field, differ bool) {
	if differ {
		*d = append(*d, f)
	}
}

func (d differences) with(s Source) error {
	if len(d) == 0 {
		return nil
	}
	return &Mismatch{With: s, Fields: d}
}

// CompareMRZ holds number, date of birth, sex and expiry against DG1. Fields that
// c does not have are not compared, but the number must be there: without it
// nothing ties the two together. The name is not compared, as its unaccented form
// is shortened by rules that differ; NameFits is for that. It returns nil or a
// *Mismatch.
func (c Card) CompareMRZ(m lds.MRZ) error {
	var d differences
	d.add(Number, c.Number == "" || string(c.Number) != m.PersonalNumber() || len(c.Number) == 12 && string(c.Number[3:]) != m.Number)
	d.add(Born, !c.Born.IsZero() && lds.DayOf(c.Born) != m.Born)
	sex := sexOf(string(c.Sex))
	d.add(Sex, sex != 0 && m.Sex != '<' && sex != m.Sex)
	d.add(Expires, c.Never && m.Expires != lds.NeverExpires || !c.Expires.IsZero() && lds.DayOf(c.Expires) != m.Expires)
	return d.with(WithMRZ)
}

// CompareQR holds what the code said against the chip. What either side does not
// have is not compared, but the number must be there on both. Names are compared
// without regard to case and blanks, and with their diacritics if the code has
// any. It returns nil or a *Mismatch.
func (c Card) CompareQR(q QR) error {
	var d differences
	d.add(Number, c.Number == "" || string(c.Number) != q.Number)
	d.add(Name, c.Name != "" && q.Name != "" && !sameName(string(c.Name), q.Name))
	d.add(Born, !c.Born.IsZero() && !q.Born.IsZero() && !sameDay(c.Born, q.Born))
	d.add(Sex, sexOf(string(c.Sex)) != 0 && sexOf(q.Sex) != 0 && sexOf(string(c.Sex)) != sexOf(q.Sex))
	d.add(Issued, !c.Issued.IsZero() && !q.Issued.IsZero() && !sameDay(c.Issued, q.Issued))
	d.add(Former, c.Former != "" && q.Former != "" && string(c.Former) != q.Former)
	return d.with(WithQR)
}

// sexOf gives the letter of the machine readable zone, 0 for other words.
func sexOf(s string) byte {
	switch fold(s) {
	case "NAM", "M":
		return 'M'
	case "NU", "F":
		return 'F'
	}
	return 0
}

func sameName(chip, code string) bool {
	whole := func(s string) string {
		return strings.ToUpper(strings.Join(strings.Fields(norm.NFC.String(s)), " "))
	}
	if whole(chip) == whole(code) {
		return true
	}
	// Some scanners drop all diacritics; then only the letters can be held.
	plain := strings.IndexFunc(code, func(r rune) bool { return r > 0x7F }) < 0
	return plain && fold(chip) == fold(code)
}

// sameDay compares the days as each zone writes them.
func sameDay(a, b time.Time) bool {
	return a.Format(time.DateOnly) == b.Format(time.DateOnly)
}
