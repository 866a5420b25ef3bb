package pack

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"motcua/kiosk/pack/sheet"
)

// shared reads blocks.yaml.
func (l *loading) shared() {
	l.sheets[blocksSheet].Decode(&l.blocks)
}

// procedure reads one file of procedures/.
func (l *loading) procedure(s *sheet.Sheet) {
	var raw procedureRaw
	s.Decode(&raw)
	p := &Procedure{
		Code: raw.Code, Aliases: raw.Aliases, Title: raw.Title, Short: raw.Short, Icon: raw.Icon,
		Groups: raw.Groups, Mode: raw.Mode, Common: raw.Common, Authority: raw.Authority, TakenBy: raw.TakenBy,
		Result: raw.Result, Legal: raw.Legal, Source: raw.Source, Verified: raw.Verified, Phrases: raw.Phrases,
		Guide: l.route(raw.Guide, raw.Code), Home: l.route(raw.Home, raw.Code),
		words: &l.pack.Words,
	}
	if raw.Code != "" && path.Base(s.File) != raw.Code+".yaml" {
		s.Report("/code", fmt.Sprintf("code %q does not match the file's name", raw.Code))
	}
	for _, pp := range raw.Papers {
		p.Papers = append(p.Papers, Paper{pp.Name, pp.Note, !pp.Optional})
	}
	asked := l.questions(s, raw)
	for _, a := range asked {
		p.Questions = append(p.Questions, a.Question)
	}
	l.checkQuestions(asked, p.Code)
	l.fees(s, p, raw)
	l.times(s, p, raw)
	l.pack.Procedures = append(l.pack.Procedures, p)
}

// route fills in the portal's page of the procedure where no other is named.
func (l *loading) route(raw routeRaw, code string) Route {
	r := Route(raw)
	if r.Link == "" && len(r.Steps) > 0 {
		r.Link = strings.ReplaceAll(l.pack.page, "{code}", code)
	}
	return r
}

func (l *loading) times(s *sheet.Sheet, p *Procedure, raw procedureRaw) {
	var spans []span
	for i, t := range raw.Times {
		at := fmt.Sprintf("/times/%d", i)
		r, ok := l.rule(s, at, t.ruleRaw)
		p.Times = append(p.Times, TimeLimit{r, t.SameDay, t.WorkDays, t.Days, t.Note})
		spans = append(spans, span{r, ok, at})
	}
	follow(s, "times", spans)
}

// fees reads the fees, those of a list in blocks.yaml too. Of one channel and
// one item no two may hold on one day.
func (l *loading) fees(s *sheet.Sheet, p *Procedure, raw procedureRaw) {
	spans := map[string][]span{}
	add := func(from *sheet.Sheet, at, place string, f feeRaw) {
		r, ok := l.rule(from, at, f.ruleRaw)
		p.Fees = append(p.Fees, Fee{
			Rule: r, Channel: f.Channel, Item: f.Item, Name: f.Name, Amount: f.Amount, Unit: f.Unit,
			Then: f.Then, Cap: f.Cap, Count: f.Count, Copies: f.Copies, Note: f.Note,
		})
		what := strings.TrimSpace(string(f.Channel) + " fees " + f.Item)
		spans[what] = append(spans[what], span{r, ok, place})
		for _, id := range []struct{ key, id string }{{"count", f.Count}, {"copies", f.Copies}} {
			l.counted(from, at+"/"+id.key, id.id, p)
		}
	}
	for i, f := range raw.Fees {
		at := fmt.Sprintf("/fees/%d", i)
		if f.Use == "" {
			add(s, at, at, f)
			continue
		}
		list, ok := l.blocks.Fees[f.Use]
		if !ok {
			s.Report(at+"/use", fmt.Sprintf("no fees %q in blocks.yaml", f.Use), keys(l.blocks.Fees)...)
		}
		for j, f2 := range list {
			add(l.sheets[blocksSheet], fmt.Sprintf("/fees/%s/%d", f.Use, j), at, f2)
		}
	}
	for _, what := range keys(spans) {
		follow(s, what, spans[what])
	}
}

// counted holds what a fee is counted by to a question that yields a number.
func (l *loading) counted(s *sheet.Sheet, at, id string, p *Procedure) {
	if id == "" {
		return
	}
	var can []string
	for _, q := range p.Questions {
		if q.Kind == KindNumber || q.Kind == KindChoice {
			can = append(can, q.ID)
		}
	}
	if !slices.Contains(can, id) {
		s.Report(at, fmt.Sprintf("no question %q with a number in %s", id, p.Code), can...)
	}
}

// across checks what only shows when everything is read.
func (l *loading) across() {
	codes, places := map[string]string{}, map[int]string{}
	var ids, named []string // named: those that a procedure may say it stands under
	for _, g := range l.pack.Groups {
		ids = append(ids, g.ID)
		if !g.Often {
			named = append(named, g.ID)
		}
	}
	for i, p := range l.pack.Procedures {
		s := l.files[i]
		l.alone(s, "/code", "code", p.Code, codes)
		for j, a := range p.Aliases {
			l.alone(s, fmt.Sprintf("/aliases/%d", j), "alias", a, codes)
		}
		for j, g := range p.Groups {
			if !slices.Contains(named, g) {
				s.Report(fmt.Sprintf("/groups/%d", j), fmt.Sprintf("no group %q in groups.yaml", g), named...)
			}
		}
		if was, taken := places[p.Common]; taken && p.Common > 0 {
			s.Report("/common", fmt.Sprintf("place %d among the often used is taken by %s", p.Common, was))
		}
		places[p.Common] = p.Code
	}
	for i, id := range ids {
		if len(l.files) > 0 && len(l.pack.InGroup(id)) == 0 {
			l.sheets[groupsSheet].Report(fmt.Sprintf("/groups/%d", i), fmt.Sprintf("no procedure stands under group %q", id))
		}
	}
	slices.SortStableFunc(l.pack.Procedures, func(a, b *Procedure) int { return place(a) - place(b) })
}

// place puts the often used before the others.
func place(p *Procedure) int {
	if p.Common > 0 {
		return p.Common
	}
	return 1 << 30
}

// alone reports a code that another procedure has, as its own or as an alias.
func (l *loading) alone(s *sheet.Sheet, at, what, code string, codes map[string]string) {
	if code == "" {
		return
	}
	if was, taken := codes[code]; taken {
		s.Report(at, fmt.Sprintf("%s %q is in %s already", what, code, was))
		return
	}
	codes[code] = s.File
}
