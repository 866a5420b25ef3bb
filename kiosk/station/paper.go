package station

import (
	"context"
	"strings"
	"time"

	"motcua/devices/receipt"
	"motcua/devices/sound"
	"motcua/kiosk/pack"
	"motcua/kiosk/paper"
	"motcua/kiosk/text"
	"motcua/kiosk/visit"
	"motcua/kiosk/voice"
)

// printFor prints what the visit asked for and tells it how that went. id is the
// submission that a receipt is of.
func (s *Station) printFor(ctx context.Context, id string, p visit.Print) {
	began := s.Now()
	what := piece{compose: func(width int) (receipt.Slip, error) { return s.compose(p, max(p.Copy, 1), width) }}
	if id != "" {
		what = s.owed(id, p.Copy, func(copies, width int) (receipt.Slip, error) { return s.compose(p, copies, width) })
	}
	err := s.print(ctx, what)
	switch {
	case ctx.Err() != nil:
	case err == nil:
		s.Log.Info("printed", "copy", p.Copy, "took", s.Now().Sub(began).String())
		s.Post(visit.Printed{})
	default:
		s.Log.Warn("not printed", "copy", p.Copy, "err", err)
		s.Post(visit.PrintFailed{Printer: failing(err)})
	}
}

// compose draws one piece for a roll of width dots. copies is its number.
func (s *Station) compose(p visit.Print, copies, width int) (receipt.Slip, error) {
	head := s.head(p.Lang, copies, s.Now())
	if p.Receipt == nil {
		return s.Press.Slip(guide(head, p.Procedure, p.Lang), width)
	}
	r := p.Receipt
	state := paper.Stored
	switch {
	case r.Refused:
		state = paper.Refused
	case r.Received:
		state = paper.Received
	}
	return s.Press.Receipt(paper.Receipt{
		Head: head, State: state, Claim: r.Claim, Dossier: r.Dossier, Secret: r.Secret,
		Procedure: p.Procedure.Short.In(p.Lang), Applicant: r.Person.Name, Number: r.Person.Number,
		At: s.local(r.At), Due: r.Due, Result: r.Result, Fee: r.Fee, Code: r.LookUp, Home: p.Procedure.Home.Label.In(p.Lang),
	}, width)
}

// guide is the slip that tells how a procedure is done elsewhere.
func guide(head paper.Head, p *pack.Procedure, lang pack.Lang) paper.Slip {
	l := paper.Slip{Head: head, Title: p.Short.In(lang), Where: p.Guide.Where.In(lang), Link: p.Guide.Link, Shown: p.Guide.Label.In(lang)}
	route := p.Guide
	if p.Mode == pack.Submit {
		route = p.Home
		l.Where, l.Link, l.Shown = p.Authority.In(lang), route.Link, route.Label.In(lang)
	}
	for _, step := range route.Steps {
		l.Steps = append(l.Steps, step.In(lang))
	}
	for _, each := range p.Papers {
		l.Papers = append(l.Papers, each.Name.In(lang))
	}
	return l
}

// head is what stands on every piece.
func (s *Station) head(lang pack.Lang, copies int, at time.Time) paper.Head {
	unit := s.Unit.Name
	if lang == pack.EN && s.Unit.EN != "" {
		unit = s.Unit.EN
	} else if r := []rune(unit); len(r) > 0 {
		unit = strings.ToLower(string(r[:1])) + string(r[1:]) // "UBND phường Cửa Nam"
	}
	return paper.Head{Lang: lang, Station: s.Name, Hotline: s.Pack.Hotline, Copy: copies, Printed: s.local(at),
		Unit:   s.Texts.In(lang, "head.committee", text.Args{"unit": unit}) + " · " + s.Pack.Province.In(lang),
		Office: s.Texts.In(lang, "head.title", nil)}
}

// local is a moment as the province's clocks show it.
func (s *Station) local(at time.Time) time.Time { return at.In(s.Pack.Calendar.Day(at).Location()) }

// spoken turns a task into a prompt.
func spoken(t visit.Say) voice.Prompt {
	p := voice.Prompt{Lang: t.Lang, Key: t.Key}
	for name, n := range t.Slots {
		if p.Slots == nil {
			p.Slots = map[string]voice.Slot{}
		}
		p.Slots[name] = voice.Number(n)
	}
	return p
}

func level(n int) sound.Level { return sound.Level(min(max(n, 0), 100)) }

// failing is what a failed print means to a visitor.
func failing(err error) visit.PrinterState {
	if m := meaning(said(err)); m != visit.PrinterReady {
		return m
	}
	return visit.PrinterFaulty
}
