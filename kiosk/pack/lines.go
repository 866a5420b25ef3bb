package pack

import (
	"regexp"
	"strings"
	"time"
)

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
	price = strings.ToUpper(price[:1]) + price[1:]
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

// Price sums what these answers cost through ch: the procedure itself and the
// extras that were asked for. false = no rule says, so it is not to be promised.
func (p *Procedure) Price(moment time.Time, ch Channel, answers map[string]string) (int64, bool) {
	f, ok := p.Fee(moment, ch)
	if !ok {
		return 0, false
	}
	sum := f.Total(answers)
	for _, e := range p.Extras(moment, ch) {
		if answers[e.Count] != "" || answers[e.Copies] != "" {
			sum += e.Total(answers)
		}
	}
	return sum, true
}

// ReadLookUp takes id and secret out of a scanned code that was made from the
// pack's LookUp template; ok is false for any other code.
func (p *Pack) ReadLookUp(code string) (id, secret string, ok bool) {
	if p.LookUp == "" {
		return "", "", false
	}
	form := regexp.QuoteMeta(p.LookUp)
	form = strings.Replace(form, regexp.QuoteMeta("{id}"), `(?P<id>[0-9a-f-]{36})`, 1)
	form = strings.Replace(form, regexp.QuoteMeta("{secret}"), `(?P<secret>[0-9A-Z]{4})`, 1)
	re, err := regexp.Compile("^" + form + "$")
	if err != nil {
		return "", "", false
	}
	m := re.FindStringSubmatch(code)
	if m == nil || re.NumSubexp() != 2 {
		return "", "", false
	}
	return m[re.SubexpIndex("id")], m[re.SubexpIndex("secret")], true
}
