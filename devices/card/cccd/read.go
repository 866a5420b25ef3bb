package cccd

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"motcua/devices/card/lds"
)

// Read decodes the fields in want from a whole DG13 and leaves the others as
// bytes. Fields that are absent or blank are no error; those whose value is not
// fit are listed in Card.Unread. It fails with an *lds.Error if the file is not
// laid out as DG13 is, or if a field is there twice.
func Read(file []byte, in *time.Location, want ...Field) (Card, error) {
	values, err := split(file)
	if err != nil {
		return Card{}, err
	}
	var c Card
	for i, f := range want {
		if slices.Contains(want[:i], f) {
			continue
		}
		if f == Former || f == Serial {
			c.tell(values, f)
		} else if v, there := values[f]; there && !c.take(f, v, in) {
			c.Unread = append(c.Unread, f)
		}
	}
	return c, nil
}

// split finds the value of each field, undecoded, and checks that there is no
// field twice. A field without a value is left out.
func split(file []byte) (map[Field]lds.Field, error) {
	inner, err := lds.Unwrap(file, lds.DG13.Tag())
	if err != nil {
		return nil, fail("outer tag", err)
	}
	sequence, err := lds.Unwrap(inner, 0x30)
	if err != nil {
		return nil, fail("sequence", err)
	}
	var set *lds.Field
	for f, err := range lds.Fields(sequence) {
		if err != nil {
			return nil, fail("sequence", err)
		}
		if f.Tag == 0x31 && set == nil {
			set = &f
		}
	}
	if set == nil {
		return nil, fail("set of fields", lds.ErrTag)
	}
	values := make(map[Field]lds.Field)
	seen := make(map[Field]bool)
	for one, err := range lds.Fields(set.Value) {
		if err != nil || one.Tag != 0x30 {
			return nil, fail("set of fields", or(err, lds.ErrTag))
		}
		index, rest, err := lds.Next(one.Value)
		if err != nil || index.Tag != 0x02 {
			return nil, fail("number of a field", or(err, lds.ErrTag))
		}
		n := number(index.Value)
		if n < Number || n > Serial {
			continue // of a card yet to come
		}
		if seen[n] {
			return nil, fail(n.String(), ErrTwice)
		}
		seen[n] = true
		if len(rest) == 0 {
			continue
		}
		value, _, err := lds.Next(rest)
		if err != nil {
			return nil, fail(n.String(), err)
		}
		values[n] = value
	}
	return values, nil
}

func fail(step string, err error) error { return &lds.Error{File: lds.DG13, Step: step, Err: err} }

func or(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// number reads a small INTEGER; 0 for any other.
func number(b []byte) Field {
	if len(b) == 2 && b[0] == 0 {
		b = b[1:]
	}
	if len(b) != 1 || b[0] > 0x7F {
		return 0
	}
	return Field(b[0])
}

// take decodes one field. It is false if the value is not fit for the field.
func (c *Card) take(f Field, v lds.Field, in *time.Location) bool {
	if f == Parents || f == Spouse {
		return c.relatives(f, v)
	}
	s, ok := decode(v)
	if !ok || s == "" {
		return ok
	}
	switch f {
	case Number:
		if !numbers(s, 12) {
			return false
		}
		c.Number = Text(s)
	case Born:
		c.Born, ok = date(s, in)
	case Issued:
		c.Issued, ok = date(s, in)
	case Expires:
		if c.Never = never(s); !c.Never {
			c.Expires, ok = date(s, in)
		}
	case Name:
		c.Name = Text(s)
	case Sex:
		c.Sex = Text(s)
	case National:
		c.National = Text(s)
	case Ethnicity:
		c.Ethnicity = Text(s)
	case Religion:
		c.Religion = Text(s)
	case Origin:
		c.Origin = Text(s)
	case Residence:
		c.Residence = Text(s)
	case Marks:
		c.Marks = Text(s)
	}
	return ok
}

// relatives reads the names in 13 and 14. An empty slot stays one, so that a
// mother is not taken for a father.
func (c *Card) relatives(f Field, v lds.Field) bool {
	var names [2]Text
	n := 0
	add := func(v lds.Field) bool {
		s, ok := decode(v)
		if n < len(names) {
			names[n] = Text(s)
		}
		n++
		return ok
	}
	if v.Tag != 0x30 {
		if !add(v) {
			return false
		}
	} else {
		for one, err := range lds.Fields(v.Value) {
			if err != nil || !add(one) {
				return false
			}
		}
	}
	switch {
	case f == Spouse && n <= 1:
		c.Spouse = names[0]
	case f == Parents && n <= 2:
		c.Father, c.Mother = names[0], names[1]
	default:
		return false
	}
	return true
}

// tell finds the former number or the serial among fields 15 and 16, whichever
// of the two holds it. A value in f's own place that is neither is unread.
func (c *Card) tell(values map[Field]lds.Field, f Field) {
	other := Former + Serial - f
	for _, at := range []Field{f, other} {
		v, there := values[at]
		if !there {
			continue
		}
		s, ok := decode(v)
		switch is := kind(s); {
		case ok && is == f:
			if f == Former {
				c.Former = Text(s)
			} else {
				c.Serial = Text(s)
			}
			return
		case at == f && (!ok || s != "" && is != other):
			c.Unread = append(c.Unread, f)
			return
		}
	}
}

// kind tells a former number, of nine or twelve digits, from a serial of sixteen
// hex digits; 0 is neither.
func kind(s string) Field {
	switch {
	case numbers(s, 9), numbers(s, 12):
		return Former
	case len(s) == 16 && strings.Trim(s, "0123456789ABCDEFabcdef") == "":
		return Serial
	}
	return 0
}

// decode reads a string of any of the kinds that cards have been seen or are
// said to hold (X.680): as NFC, without blanks around it. It is false for other
// kinds, for bytes that the kind does not allow, and for control characters.
func decode(v lds.Field) (string, bool) {
	var s string
	switch v.Tag {
	case 0x05: // NULL
		return "", len(v.Value) == 0
	case 0x30: // an empty list in the place of a text
		return "", len(v.Value) == 0
	case 0x0C: // UTF8String
		s = string(v.Value)
	case 0x13, 0x16: // PrintableString, IA5String
		for _, b := range v.Value {
			if b > 0x7F {
				return "", false
			}
		}
		s = string(v.Value)
	case 0x14: // T61String: in truth Latin-1, or UTF-8 under the wrong name
		if utf8.Valid(v.Value) {
			s = string(v.Value)
			break
		}
		runes := make([]rune, len(v.Value))
		for i, b := range v.Value {
			runes[i] = rune(b)
		}
		s = string(runes)
	case 0x1E: // BMPString
		if len(v.Value)%2 != 0 {
			return "", false
		}
		units := make([]uint16, len(v.Value)/2)
		for i := range units {
			units[i] = uint16(v.Value[2*i])<<8 | uint16(v.Value[2*i+1])
		}
		s = string(utf16.Decode(units))
	default:
		return "", false
	}
	if !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) || strings.ContainsRune(s, utf8.RuneError) {
		return "", false
	}
	return norm.NFC.String(strings.TrimSpace(s)), true
}

// date reads dd/MM/yyyy or ddMMyyyy; there is no 31 February.
func date(s string, in *time.Location) (time.Time, bool) {
	for _, layout := range []string{"02/01/2006", "02012006"} {
		if len(s) != len(layout) {
			continue
		}
		if t, err := time.ParseInLocation(layout, s, in); err == nil && t.Year() >= 1800 {
			return t, true
		}
	}
	return time.Time{}, false
}

// never says whether s is how cards write that they do not expire.
func never(s string) bool {
	return fold(s) == "KHONGTHOIHAN" || s == "31/12/9999" || s == "31129999" || s == "31/12/1999" || s == "31121999"
}

// fold takes what two spellings of a name share: its letters and digits, without
// diacritics, in upper case.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == 'đ' || r == 'Đ':
			return 'D'
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToUpper(r)
		}
		return -1
	}, norm.NFD.String(s))
}
