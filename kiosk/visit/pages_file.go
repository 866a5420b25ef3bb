package visit

import (
	"strconv"
	"strings"
	"time"

	"motcua/kiosk/pack"
	"motcua/kiosk/text"
)

// groupOf is the chip that is on: the one touched, else the first.
func (m *Machine) groupOf(s State) string {
	if s.group == "" && len(m.Pack.Groups) > 0 {
		return m.Pack.Groups[0].ID
	}
	return s.group
}

func (m *Machine) rowsOf(s State, list []*pack.Procedure) []Row {
	rows := make([]Row, 0, len(list))
	for _, p := range list {
		rows = append(rows, Row{ID: "row:" + p.Code, Icon: p.Icon, Tone: Son,
			Title: p.Short.In(s.lang), Line: p.Line(s.lang, s.now)})
	}
	return rows
}

func (m *Machine) procedures(s State, v *View) {
	chips := Chips{}
	for _, g := range m.Pack.Groups {
		chips.Items = append(chips.Items, Button{ID: "chip:" + g.ID, Label: g.Name.In(s.lang), Style: Pale, On: g.ID == m.groupOf(s)})
	}
	title := "procedures.title"
	if s.asking {
		title = "procedures.ask"
	}
	v.Blocks = []Block{
		Heading{Title: m.t(s, title, nil)},
		Field{ID: "search", Icon: "search", Placeholder: m.t(s, "procedures.search", nil)},
		chips,
		Rows{Items: m.rowsOf(s, m.Pack.InGroup(m.groupOf(s))), Page: s.part, Empty: m.t(s, "procedures.none", nil)},
	}
	v.Actions = []Button{m.back(s), m.more(s)}
}

func (m *Machine) search(s State, v *View) {
	v.Blocks = []Block{
		Field{ID: "search", Icon: "search", Value: s.query.Value(), Active: true, Placeholder: m.t(s, "procedures.search", nil)},
		Rows{Items: m.rowsOf(s, m.Pack.Search(s.query.Value())), Page: s.part, Empty: m.t(s, "procedures.none", nil)},
		m.keyboard(s, Letters),
	}
	v.Actions = []Button{m.back(s), m.more(s)}
}

func (m *Machine) keyboard(s State, pad Pad) Keyboard {
	in := s.input
	if s.page == AtSearch {
		in = s.query
	}
	return Keyboard{Pad: pad, Upper: in.Upper(), Telex: in.Telex(),
		Shift: m.t(s, "key.shift", nil), Space: m.t(s, "key.space", nil), Delete: m.t(s, "key.delete", nil), Clear: m.t(s, "key.clear", nil)}
}

// about tells what a procedure needs, costs and takes; a guided one also where
// it is done.
func (m *Machine) about(s State, v *View) {
	p := s.procedureOf(m.Pack)
	if p == nil {
		v.Actions = []Button{m.back(s)}
		return
	}
	guided := p.Mode == pack.Guide
	line := p.Authority.In(s.lang)
	if guided {
		line = m.t(s, "guide.line", text.Args{"where": p.Authority.In(s.lang)})
	}
	v.Blocks = []Block{Heading{Title: p.Short.In(s.lang), Line: line}}
	rows := Rows{Page: s.part}
	still := func(icon, title, line string, tone Tone) {
		if line != "" {
			rows.Items = append(rows.Items, Row{Icon: icon, Title: title, Line: line, Tone: tone, Still: true})
		}
	}
	if guided {
		still("map-pin", m.t(s, "guide.where", nil), p.Guide.Where.In(s.lang), Son)
		for i, step := range p.Guide.Steps {
			still("circle-dot", m.t(s, "guide.step", text.Args{"n": strconv.Itoa(i + 1)}), step.In(s.lang), Indigo)
		}
	}
	for _, paper := range p.Papers {
		still("file-text", paper.Name.In(s.lang), m.noteOfPaper(s, paper), Indigo)
	}
	still("clock", m.t(s, "about.time", nil), p.LimitLine(s.lang, s.now), Jade)
	still("wallet", m.t(s, "about.fee", nil), p.PriceLine(s.lang, s.now), Jade)
	v.Blocks = append(v.Blocks, rows)
	if guided && p.Guide.Link != "" {
		v.Blocks = append(v.Blocks, QR{Text: p.Guide.Link, Line: shown(p.Guide.Label, s.lang)})
	}
	v.Blocks = append(v.Blocks, m.printNote(s)...)
	v.Actions = []Button{m.back(s), m.more(s)}
	if m.HasPrinter && s.printer.Prints() && (s.job == noJob || s.job == printed) {
		v.Actions = append(v.Actions, Button{ID: "print", Icon: "printer", Label: m.t(s, "guide.print", nil), Style: Strong})
	}
	if guided {
		v.Actions = append(v.Actions, m.primary(s, "finish", "finish"))
	} else {
		v.Actions = append(v.Actions, m.primary(s, "begin", "about.begin"))
	}
}

func (m *Machine) printNote(s State) []Block {
	switch s.job {
	case printing:
		return []Block{Note{Icon: "printer", Tone: Jade, Text: m.t(s, "guide.printing", nil)}}
	case printed:
		return []Block{Note{Icon: "printer", Tone: Jade, Text: m.t(s, "guide.printed", nil)}}
	case failed:
		return []Block{Note{Icon: "printer", Tone: Amber, Text: m.t(s, "guide.noprint", nil)}}
	}
	return nil
}

func (m *Machine) noteOfPaper(s State, p pack.Paper) string {
	if note := p.Note.In(s.lang); note != "" {
		return note
	}
	if p.Required {
		return m.t(s, "papers.needed", nil)
	}
	return m.t(s, "papers.ifany", nil)
}

func (m *Machine) identify(s State, v *View) {
	if m.reads(s) {
		m.identifyByChip(s, v)
		return
	}
	if !s.scanner {
		v.Blocks = []Block{
			Heading{Title: m.t(s, "identify.title.noscanner", nil), Line: m.t(s, "identify.line.noscanner", nil)},
		}
	} else {
		v.Blocks = []Block{
			Heading{Title: m.t(s, "identify.title", nil), Line: m.t(s, "identify.line", nil)},
			Picture{Name: "card-scanner"},
		}
	}
	v.Blocks = append(v.Blocks, m.noteOf(s)...)
	v.Blocks = append(v.Blocks,
		Rows{Items: []Row{{ID: "way:type", Icon: "keyboard", Tone: Indigo,
			Title: m.t(s, "identify.type", nil), Line: m.t(s, "identify.type.line", nil)}}},
		m.promise(s),
	)
	v.Actions = []Button{m.back(s)}
}

func (m *Machine) papers(s State, v *View) {
	p := s.procedureOf(m.Pack)
	v.Blocks = []Block{Heading{Title: m.t(s, "papers.title", nil), Line: m.t(s, "papers.line", nil)}}
	rows := Rows{Page: s.part, Empty: m.t(s, "papers.none", nil)}
	if p != nil {
		for _, paper := range p.Papers {
			rows.Items = append(rows.Items, Row{Icon: "file-text", Tone: Indigo, Still: true,
				Title: paper.Name.In(s.lang), Line: m.noteOfPaper(s, paper)})
		}
	}
	v.Blocks = append(v.Blocks, m.greeting(s))
	v.Blocks = append(v.Blocks, m.noteOf(s)...)
	if s.lies() {
		v.Blocks = append(v.Blocks, Note{Icon: "id-card", Tone: Indigo, Text: m.t(s, "papers.takecard", nil)})
	}
	v.Blocks = append(v.Blocks, rows)
	v.Actions = []Button{m.back(s), m.more(s), m.onward(s, "papers.next")}
}

func (m *Machine) question(s State, v *View) {
	q, place, all := m.questionAt(s)
	if place < 0 {
		v.Actions = []Button{m.back(s)}
		return
	}
	label := m.t(s, "identify.about", nil)
	if p := s.procedureOf(m.Pack); p != nil && s.known {
		label = p.Short.In(s.lang)
	}
	v.Blocks = []Block{
		Progress{Label: label, Done: place + 1, All: len(all),
			Count: m.t(s, "question.count", text.Args{"n": strconv.Itoa(place + 1), "all": strconv.Itoa(len(all))})},
		Heading{Title: q.Label.In(s.lang), Line: m.helpOf(s, q)},
	}
	v.Blocks = append(v.Blocks, m.noteOf(s)...)
	problem := ""
	if s.problem != "" {
		problem = m.t(s, s.problem, nil)
	}
	switch group(q.Kind) {
	case "choice":
		opts := Options{Page: s.part}
		for _, o := range options(m, q) {
			opts.Items = append(opts.Items, Button{ID: "opt:" + o.Value, Label: o.Label.In(s.lang), On: s.picked == o.Value})
		}
		v.Blocks = append(v.Blocks, opts)
		if problem != "" {
			v.Blocks = append(v.Blocks, Note{Icon: "circle-alert", Tone: Amber, Text: problem})
		}
	case "date":
		v.Blocks = append(v.Blocks, DatePad{Day: s.date[0], Month: s.date[1], Year: s.date[2], Active: s.column,
			DayLabel: m.t(s, "date.day", nil), MonthLabel: m.t(s, "date.month", nil), YearLabel: m.t(s, "date.year", nil),
			DayID: "date:day", MonthID: "date:month", YearID: "date:year", Problem: problem},
			m.keyboard(s, Digits))
	case "file":
		m.fileQuestion(s, q, v)
	default:
		v.Blocks = append(v.Blocks, Field{ID: "field", Value: inGroups(q.Kind, s.input.Value()), Active: true, Problem: problem})
		sug := Chips{}
		for i, w := range suggested(q, s.input) {
			sug.Items = append(sug.Items, Button{ID: "sug:" + strconv.Itoa(i), Label: w, Style: Pale, Tone: Indigo})
		}
		if sug.Items != nil {
			v.Blocks = append(v.Blocks, sug)
		}
		pad := Letters
		switch {
		case group(q.Kind) == "digits":
			pad = Digits
		case q.Kind == pack.KindEmail:
			pad = Email
		}
		v.Blocks = append(v.Blocks, m.keyboard(s, pad))
	}
	go_ := "next"
	switch {
	case q.Kind == pack.KindFile && len(s.filesOf(q.ID)) == 0:
		go_ = "handover.skip"
	case q.Kind == pack.KindFile:
	case !q.Required && s.value(q) == "":
		go_ = "skip"
	}
	v.Actions = []Button{m.back(s), m.more(s), m.onward(s, go_)}
}

func (m *Machine) review(s State, v *View) {
	p := s.procedureOf(m.Pack)
	if p == nil {
		v.Actions = []Button{m.back(s)}
		return
	}
	t := Table{Page: s.part}
	line := func(id, label, value string) {
		t.Lines = append(t.Lines, Line{ID: id, Label: label, Value: value})
	}
	line("", m.t(s, "review.procedure", nil), p.Short.In(s.lang))
	line("line:person", m.t(s, "review.person", nil), s.person.Name)
	for _, q := range m.questions(s) {
		if q.Kind == pack.KindFile {
			line("line:"+q.ID, q.Short.In(s.lang), m.fileLine(s, q))
		}
		if a := s.answers[q.ID]; a != "" {
			line("line:"+q.ID, q.Short.In(s.lang), q.Display(a, s.lang))
		}
	}
	line("", m.t(s, "review.fee", nil), m.price(s, p))
	line("", m.t(s, "review.due", nil), m.moment(s, m.dueAt(s)))
	v.Blocks = []Block{
		Heading{Title: m.t(s, "review.title", nil), Line: m.t(s, "review.line", nil)},
		t,
		Consent{ID: "consent", Text: m.Pack.Consent.ShortFor(m.Unit).In(s.lang), Ticked: s.agreed,
			More: Button{ID: "consent:more", Label: m.t(s, "review.consent.more", nil)}},
	}
	v.Blocks = append(v.Blocks, m.noteOf(s)...)
	send := m.primary(s, "submit", "review.submit")
	send.Off = !s.agreed
	v.Actions = []Button{m.back(s), m.more(s), send}
}

// price says what these answers cost and where it is paid.
func (m *Machine) price(s State, p *pack.Procedure) string {
	answers := m.answersOf(s)
	if sum, ok := p.Price(s.now, pack.Online, answers); ok {
		return m.t(s, "review.fee.online", text.Args{"amount": pack.Money(sum, s.lang)})
	}
	if sum, ok := p.Price(s.now, pack.Counter, answers); ok {
		return m.t(s, "review.fee.counter", text.Args{"amount": pack.Money(sum, s.lang)})
	}
	return m.t(s, "moment.unknown", nil)
}

// dueAt is when the result is due if it were received now; zero if no rule says.
func (m *Machine) dueAt(s State) time.Time {
	p := s.procedureOf(m.Pack)
	if p == nil {
		return time.Time{}
	}
	limit, ok := p.TimeLimit(s.now)
	if !ok {
		return time.Time{}
	}
	return m.Pack.Calendar.Due(limit, s.now)
}

// moment says a time of a day as people do.
func (m *Machine) moment(s State, at time.Time) string {
	if at.IsZero() {
		return m.t(s, "moment.unknown", nil)
	}
	local := s.now.In(at.Location())
	if at.Format(time.DateOnly) == local.Format(time.DateOnly) {
		return m.t(s, "moment.today", text.Args{"time": at.Format("15:04")})
	}
	return m.t(s, "moment.day", text.Args{"time": at.Format("15:04"), "date": at.Format("02/01/2006")})
}

// inGroups parts the digits of a long number, so that they can be held against the
// card or the phone: 001 090 999 999, 0912 345 678.
func inGroups(k pack.Kind, digits string) string {
	first := 3
	switch k {
	case pack.KindPNum:
	case pack.KindPhone:
		first = 4
	default:
		return digits
	}
	var b strings.Builder
	for i, r := range digits {
		if i >= first && (i-first)%3 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}
