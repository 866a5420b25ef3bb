package pack

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"motcua/kiosk/pack/sheet"
)

// asked is a question with its place in a sheet.
type asked struct {
	Question
	sheet *sheet.Sheet
	at    string
	outer int          // so many clauses are of the use of its block,
	use   *sheet.Sheet // which stands here
	useAt string
}

// clause gives the place of one of its clauses.
func (a asked) clause(i int) (*sheet.Sheet, string) {
	if i < a.outer {
		return a.use, fmt.Sprintf("%s/show_if/%d", a.useAt, i)
	}
	return a.sheet, fmt.Sprintf("%s/show_if/%d", a.at, i-a.outer)
}

// questions gives the questions of a procedure with its blocks put in.
func (l *loading) questions(s *sheet.Sheet, raw procedureRaw) []asked {
	var all []asked
	for i, q := range raw.Questions {
		at := fmt.Sprintf("/questions/%d", i)
		if q.Use == "" {
			all = append(all, l.question(s, at, q))
			continue
		}
		all = append(all, l.block(s, at, q)...)
	}
	return all
}

// block gives the questions of a block as they read here.
func (l *loading) block(s *sheet.Sheet, at string, use questionRaw) []asked {
	list, ok := l.blocks.Questions[use.Use]
	if !ok {
		s.Report(at+"/use", fmt.Sprintf("no questions %q in blocks.yaml", use.Use), keys(l.blocks.Questions)...)
		return nil
	}
	ids := make([]string, len(list))
	for i, q := range list {
		ids[i] = q.ID
	}
	optional := texts(use.Optional)
	for key, named := range map[string][]string{"only": use.Only, "skip": use.Skip, "optional": optional} {
		for i, id := range named {
			if !slices.Contains(ids, id) {
				s.Report(fmt.Sprintf("%s/%s/%d", at, key, i), fmt.Sprintf("no question %q in block %q", id, use.Use), ids...)
			}
		}
	}
	out := func(id string) bool {
		return len(use.Only) > 0 && !slices.Contains(use.Only, id) || slices.Contains(use.Skip, id)
	}
	var all []asked
	for i, q := range list {
		if out(q.ID) {
			continue
		}
		a := l.question(l.sheets[blocksSheet], fmt.Sprintf("/questions/%s/%d", use.Use, i), q)
		if slices.Contains(optional, q.ID) {
			a.Required = false
		}
		a.ID = use.Prefix + a.ID
		a.ShowIf = slices.DeleteFunc(a.ShowIf, func(c Clause) bool { // left out = never answered
			return slices.Contains(ids, c.Question) && out(c.Question) && slices.Contains(c.In, "")
		})
		for j := range a.ShowIf {
			if slices.Contains(ids, a.ShowIf[j].Question) {
				a.ShowIf[j].Question = use.Prefix + a.ShowIf[j].Question
			}
		}
		if id, ok := strings.CutPrefix(a.Prefill, answerOf); ok && slices.Contains(ids, id) {
			a.Prefill = answerOf + use.Prefix + id
		}
		a.ShowIf = slices.Concat(use.ShowIf, a.ShowIf)
		a.outer, a.use, a.useAt = len(use.ShowIf), s, at
		for _, t := range []*Text{&a.Label, &a.Short, &a.Help} {
			*t = filled(*t, use.With)
			if strings.ContainsAny(t.VI+t.EN, "{}") {
				s.Report(at, fmt.Sprintf("no word in with: for a name in braces of %q in block %q", q.ID, use.Use))
			}
		}
		all = append(all, a)
	}
	return all
}

// filled puts words for the names in braces.
func filled(t Text, with map[string]Text) Text {
	for name, w := range with {
		t.VI = strings.ReplaceAll(t.VI, "{"+name+"}", w.VI)
		t.EN = strings.ReplaceAll(t.EN, "{"+name+"}", w.EN)
	}
	return t
}

func (l *loading) question(s *sheet.Sheet, at string, raw questionRaw) asked {
	optional, _ := raw.Optional.(bool)
	q := Question{
		ID: raw.ID, Label: raw.Label, Short: raw.Short, Help: raw.Help, Kind: raw.Kind, Required: !optional,
		Prefill: raw.Prefill, ShowIf: slices.Clone(raw.ShowIf), Min: raw.Min, Max: raw.Max,
		MinAge: raw.MinAge, MaxAge: raw.MaxAge, Past: raw.Past,
	}
	q.Options = l.options(s, at+"/options", raw.Options)
	if q.Kind == KindYesNo {
		q.Options = []Option{{yes, l.pack.Words.Yes}, {no, l.pack.Words.No}}
	}
	switch v := raw.Suggest.(type) {
	case string:
		list, ok := l.blocks.Suggestions[v]
		if !ok {
			s.Report(at+"/suggest", fmt.Sprintf("no suggestions %q in blocks.yaml", v), keys(l.blocks.Suggestions)...)
		}
		q.Suggest = list
	default:
		q.Suggest = texts(v)
	}
	return asked{Question: q, sheet: s, at: at}
}

func (l *loading) options(s *sheet.Sheet, at string, raw any) []Option {
	if name, ok := raw.(string); ok {
		list, ok := l.blocks.Options[name]
		if !ok {
			s.Report(at, fmt.Sprintf("no options %q in blocks.yaml", name), keys(l.blocks.Options)...)
		}
		return list
	}
	var list []Option
	items, _ := raw.([]any)
	for _, item := range items {
		m, _ := item.(map[string]any)
		value, _ := m["value"].(string)
		label, _ := m["label"].(map[string]any)
		vi, _ := label["vi"].(string)
		en, _ := label["en"].(string)
		list = append(list, Option{value, Text{vi, en}})
	}
	return list
}

// texts gives the strings of a list as decoded.
func texts(v any) []string {
	items, _ := v.([]any)
	var list []string
	for _, item := range items {
		if t, ok := item.(string); ok {
			list = append(list, t)
		}
	}
	return list
}

// Where a prefill comes from.
const (
	answerOf = "answer:"
	valueOf  = "value:"
)

// sources is what a question may be prefilled from without naming more, and
// the kinds that can take it.
var sources = map[string][]Kind{
	"person.name":    {KindName, KindText},
	"person.number":  {KindPNum},
	"person.born":    {KindDate},
	"person.sex":     {KindChoice},
	"person.address": {KindAddress, KindText},
	"unit.name":      {KindText, KindAddress},
}

// checkQuestions checks what a question says of others: they must stand before
// it, and some answers must lead to it.
func (l *loading) checkQuestions(all []asked, code string) {
	before := map[string]asked{}
	var order []string
	needs := map[string]map[string][]string{}
	for _, q := range all {
		if _, twice := before[q.ID]; twice {
			q.sheet.Report(q.at+"/id", fmt.Sprintf("question %q stands twice in %s", q.ID, code))
		}
		values := map[string]bool{}
		for i, o := range q.Options {
			if q.Kind == KindChoice {
				l.once(q.sheet, fmt.Sprintf("%s/options/%d/value", q.at, i), "option", o.Value, values)
			}
		}
		if q.Max > 0 && q.Min > q.Max || q.MaxAge > 0 && q.MinAge > q.MaxAge {
			q.sheet.Report(q.at, fmt.Sprintf("question %q: the least is more than the most", q.ID))
		}
		if q.Kind == KindFile && (q.Required || q.Prefill != "") {
			q.sheet.Report(q.at, fmt.Sprintf("question %q asks for a file: it must be optional and cannot be prefilled", q.ID))
		}
		l.checkClauses(q, before, order, code)
		l.checkPrefill(q, before, order, code)
		if needs[q.ID] = need(q, needs); needs[q.ID] == nil {
			q.sheet.Report(q.at+"/show_if", fmt.Sprintf("question %q is never asked in %s: no answers lead to it", q.ID, code))
			needs[q.ID] = map[string][]string{}
		}
		before[q.ID] = q
		order = append(order, q.ID)
	}
}

func (l *loading) checkClauses(q asked, before map[string]asked, order []string, code string) {
	for i, c := range q.ShowIf {
		from, at := q.clause(i)
		on, ok := before[c.Question]
		if !ok {
			from.Report(at+"/question", fmt.Sprintf("show_if: no question %q before %q in %s", c.Question, q.ID, code), order...)
			continue
		}
		can := []string{""}
		for _, o := range on.Options {
			can = append(can, o.Value)
		}
		for j, v := range c.In {
			if !slices.Contains(can, v) {
				from.Report(fmt.Sprintf("%s/in/%d", at, j), fmt.Sprintf("show_if: %q is no answer to %q", v, c.Question), quoted(can)...)
			}
		}
	}
}

func (l *loading) checkPrefill(q asked, before map[string]asked, order []string, code string) {
	at := q.at + "/prefill"
	if q.Prefill == "" {
		return
	}
	if id, ok := strings.CutPrefix(q.Prefill, answerOf); ok {
		if _, there := before[id]; !there {
			q.sheet.Report(at, fmt.Sprintf("prefill: no question %q before %q in %s", id, q.ID, code), order...)
		}
		return
	}
	if v, ok := strings.CutPrefix(q.Prefill, valueOf); ok {
		var can []string
		for _, o := range q.Options {
			can = append(can, o.Value)
		}
		if len(can) > 0 && !slices.Contains(can, v) {
			q.sheet.Report(at, fmt.Sprintf("prefill: %q is no answer to %q", v, q.ID), quoted(can)...)
		}
		return
	}
	kinds, ok := sources[q.Prefill]
	if !ok {
		q.sheet.Report(at, fmt.Sprintf("prefill: no source %q", q.Prefill), append(keys(sources), answerOf+"ID", valueOf+"TEXT")...)
	} else if !slices.Contains(kinds, q.Kind) {
		q.sheet.Report(at, fmt.Sprintf("prefill: %s cannot answer a question of kind %s", q.Prefill, q.Kind))
	}
}

// need gives, by question, the answers that lead to q, through the questions
// it depends on; nil when none do.
func need(q asked, needs map[string]map[string][]string) map[string][]string {
	all := map[string][]string{}
	add := func(id string, in []string) bool {
		if had, ok := all[id]; ok {
			in = slices.DeleteFunc(slices.Clone(in), func(v string) bool { return !slices.Contains(had, v) })
		}
		all[id] = in
		return len(in) > 0
	}
	for _, c := range q.ShowIf {
		if !add(c.Question, c.In) {
			return nil
		}
		if slices.Contains(c.In, "") {
			continue // holds as well when that question is not asked
		}
		for id, in := range needs[c.Question] {
			if !add(id, in) {
				return nil
			}
		}
	}
	return all
}

func quoted(list []string) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = fmt.Sprintf("%q", v)
	}
	return out
}

func keys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
