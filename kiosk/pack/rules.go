package pack

import (
	"strconv"
	"time"
)

// holds tells whether the rule is in force at that moment. Its days begin at
// midnight in the province.
func (r Rule) holds(moment time.Time) bool {
	return !moment.Before(r.From) && (r.To.IsZero() || moment.Before(r.To.AddDate(0, 0, 1)))
}

// AppliedRule is a rule that a submission of one day falls under.
type AppliedRule struct {
	Kind string // "fee:online", "fee:counter:copies", "time"
	Rule
}

// RulesAt gives every rule in force at that moment: what a submission carries,
// so that later changes do not touch it.
func (p *Procedure) RulesAt(moment time.Time) []AppliedRule {
	var in []AppliedRule
	for _, f := range p.Fees {
		if f.holds(moment) {
			kind := "fee:" + string(f.Channel)
			if f.Item != "" {
				kind += ":" + f.Item
			}
			in = append(in, AppliedRule{kind, f.Rule})
		}
	}
	for _, t := range p.Times {
		if t.holds(moment) {
			in = append(in, AppliedRule{"time", t.Rule})
		}
	}
	return in
}

// Fee gives what the procedure itself costs through ch; false = not known, or
// ch is no way to file it.
func (p *Procedure) Fee(moment time.Time, ch Channel) (Fee, bool) {
	for _, f := range p.Fees {
		if f.Channel == ch && f.Item == "" && f.holds(moment) {
			return f, true
		}
	}
	return Fee{}, false
}

// Extras gives what else may be paid for through ch, such as copies.
func (p *Procedure) Extras(moment time.Time, ch Channel) []Fee {
	var in []Fee
	for _, f := range p.Fees {
		if f.Channel == ch && f.Item != "" && f.holds(moment) {
			in = append(in, f)
		}
	}
	return in
}

// TimeLimit gives how long the authority may take.
func (p *Procedure) TimeLimit(moment time.Time) (TimeLimit, bool) {
	for _, t := range p.Times {
		if t.holds(moment) {
			return t, true
		}
	}
	return TimeLimit{}, false
}

// Total gives the whole fee in đồng for these answers: the amount for each
// unit, cheaper by Then, at most Cap, times the copies. An answer that is not a
// number counts as one.
func (f Fee) Total(answers map[string]string) int64 {
	units, copies := number(answers, f.Count), number(answers, f.Copies)
	sum := f.upTo(units)
	if f.Cap > 0 {
		sum = min(sum, f.Cap)
	}
	return sum * copies
}

// upTo gives the price of so many units.
func (f Fee) upTo(units int64) int64 {
	var sum, done int64
	amount := f.Amount
	for _, s := range f.Then {
		upTo := min(units, int64(s.Above))
		sum += (upTo - done) * amount
		done, amount = upTo, s.Amount
	}
	return sum + (units-done)*amount
}

// number reads an answer that counts something; the bound keeps a product of
// two within what a fee can be.
func number(answers map[string]string, id string) int64 {
	n, err := strconv.ParseInt(answers[id], 10, 64)
	if id == "" || err != nil || n < 0 || n > 1e6 {
		return 1
	}
	return n
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
