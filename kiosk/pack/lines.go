package pack

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Line tells in one line how long it takes and what it costs, or who takes it
// where the station only guides: "Xong trong ngày · miễn phí".
func (p *Procedure) Line(lang Lang, moment time.Time) string {
	var parts []string
	add := func(s string) {
		if s != "" {
			parts = append(parts, s)
		}
	}
	w := p.words
	if w == nil {
		w = &Words{}
	}
	if p.Mode == Guide {
		add(p.TakenBy.In(lang))
		add(w.Guided.In(lang))
		return strings.Join(parts, " · ")
	}
	if t, ok := p.TimeLimit(moment); ok {
		add(w.limit(lang, t))
	}
	add(w.price(lang, p, moment))
	return strings.Join(parts, " · ")
}

func (w *Words) limit(lang Lang, t TimeLimit) string {
	switch {
	case t.SameDay:
		return w.SameDay.In(lang)
	case t.WorkDays == 1:
		return w.WorkDay.In(lang)
	case t.WorkDays > 1:
		return strings.ReplaceAll(w.WorkDays.In(lang), "{n}", strconv.Itoa(t.WorkDays))
	default:
		return strings.ReplaceAll(w.Days.In(lang), "{n}", strconv.Itoa(t.Days))
	}
}

func (w *Words) price(lang Lang, p *Procedure, moment time.Time) string {
	online, here := p.Fee(moment, Online)
	counter, there := p.Fee(moment, Counter)
	switch {
	case here && online.Amount == 0 && there && counter.Amount > 0:
		return w.FreeHere.In(lang)
	case here && online.Amount == 0, !here && there && counter.Amount == 0:
		return w.Free.In(lang)
	case here:
		return w.each(lang, online)
	case there:
		return w.each(lang, counter)
	}
	return ""
}

func (w *Words) each(lang Lang, f Fee) string {
	if f.Unit == (Text{}) {
		return Money(f.Amount, lang)
	}
	return strings.NewReplacer("{amount}", Money(f.Amount, lang), "{unit}", f.Unit.In(lang)).Replace(w.Each.In(lang))
}

// LimitLine tells how long the authority may take, with what it depends on.
// "" = no rule says.
func (p *Procedure) LimitLine(lang Lang, moment time.Time) string {
	t, ok := p.TimeLimit(moment)
	if !ok || p.words == nil {
		return ""
	}
	return sentence(p.words.limit(lang, t), t.Note.In(lang))
}

// PriceLine tells what it costs, with exemptions beside it. "" = no rule says.
func (p *Procedure) PriceLine(lang Lang, moment time.Time) string {
	if p.words == nil {
		return ""
	}
	price := p.words.price(lang, p, moment)
	if price == "" {
		return ""
	}
	price = capital(price)
	for _, ch := range []Channel{Online, Counter} {
		if f, ok := p.Fee(moment, ch); ok && f.Note.In(lang) != "" {
			return sentence(price, f.Note.In(lang))
		}
	}
	return price
}

// sentence puts a note behind what it belongs to.
func sentence(what, note string) string {
	if note == "" {
		return what
	}
	return strings.TrimSuffix(what, ".") + ". " + note
}

// capital makes the first letter a capital.
func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

// Money writes an amount of đồng: "2.000 đ", in English "2,000 VND".
func Money(amount int64, lang Lang) string {
	point, sign := ".", " đ"
	if lang == EN {
		point, sign = ",", " VND"
	}
	digits, minus := strconv.FormatInt(amount, 10), ""
	if amount < 0 {
		digits, minus = digits[1:], "-"
	}
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(point)
		}
		b.WriteRune(d)
	}
	return minus + b.String() + sign
}

// Bytes writes the size of a file as people read it: "1,4 MB", in English
// "1.4 MB", in units of 2^20 and 2^10 bytes, never less than 1 KB.
func Bytes(n int64, lang Lang) string {
	const kb, mb = 1 << 10, 1 << 20
	if n < mb {
		return strconv.FormatInt(max(1, (n+kb/2)/kb), 10) + " KB"
	}
	tenths, point := (n*10+mb/2)/mb, ","
	if lang == EN {
		point = "."
	}
	return strconv.FormatInt(tenths/10, 10) + point + strconv.FormatInt(tenths%10, 10) + " MB"
}
