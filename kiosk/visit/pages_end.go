package visit

import (
	"motcua/kiosk/pack"
	"motcua/kiosk/text"
)

// codeOf is the code to keep: the authority's where there is one, else ours.
func (m *Machine) codeOf(s State) Code {
	if s.delivery == received && s.dossier != "" {
		return Code{Label: m.t(s, "done.dossier", nil), Text: s.dossier}
	}
	return Code{Label: m.t(s, "done.claim", nil), Text: s.stored.Claim}
}

// done says the truth of where the submission is.
func (m *Machine) done(s State, v *View) {
	switch s.delivery {
	case received:
		v.Blocks = []Block{
			Seal{Icon: "circle-check", Tone: Jade, Title: m.t(s, "done.received", nil)},
			m.codeOf(s),
		}
	case refused:
		v.Blocks = []Block{
			Seal{Icon: "user-round-search", Tone: Amber, Title: m.t(s, "done.refused", nil), Line: m.t(s, "done.refused.line", nil)},
			m.codeOf(s),
		}
	default:
		v.Blocks = []Block{
			Seal{Icon: "wifi-off", Tone: Amber, Title: m.t(s, "done.stored", nil), Line: m.t(s, "done.stored.line", nil)},
			Table{Lines: []Line{
				{Icon: "circle-check", Tone: Jade, Label: m.t(s, "done.kept", nil), Value: s.stored.Claim},
				{Icon: "clock", Tone: Amber, Label: m.t(s, "done.notsent", nil)},
			}},
		}
	}
	switch s.job {
	case printing:
		v.Blocks = append(v.Blocks, Card{Icon: "printer", Tone: Son, Title: m.t(s, "done.printing", nil), Line: m.t(s, "done.printing.line", nil)})
	case printed:
		v.Blocks = append(v.Blocks, Card{Icon: "printer", Tone: Son, Title: m.t(s, "done.paper", nil), Line: m.t(s, "done.paper.line", nil)})
	}
	v.Blocks = append(v.Blocks, m.faces(s))
	v.Actions = []Button{{ID: "again", Label: m.t(s, "again", nil)}, m.primary(s, "finish", "finish")}
}

func (m *Machine) faces(s State) Faces {
	f := Faces{Title: m.t(s, "rate.title", nil)}
	if s.rated != 0 {
		f.Done = m.t(s, "rate.thanks", nil)
		return f
	}
	for i, face := range []struct {
		icon string
		tone Tone
	}{{"angry", Son}, {"frown", Amber}, {"meh", Muted}, {"smile", Jade}, {"laugh", Jade}} {
		n := string(rune('1' + i))
		f.Items = append(f.Items, Button{ID: "rate:" + n, Icon: face.icon, Tone: face.tone, Label: m.t(s, "rate."+n, nil)})
	}
	return f
}

// notKept says that nothing was accepted, and what can be done instead.
func (m *Machine) notKept(s State, v *View) {
	line := "notkept.line"
	if s.full {
		line = "notkept.full"
	}
	v.Blocks = []Block{
		Seal{Icon: "circle-alert", Tone: Amber, Title: m.t(s, "notkept.title", nil), Line: m.t(s, line, nil)},
		Card{Icon: "users", Tone: Indigo, Title: m.t(s, "notkept.desk", nil), Line: m.t(s, "notkept.desk.line", nil)},
	}
	v.Actions = []Button{m.back(s), m.primary(s, "retry", "notkept.retry")}
}

// noPrint says first what did not go wrong: the submission.
func (m *Machine) noPrint(s State, v *View) {
	safe := "noprint.stored"
	switch s.delivery {
	case received:
		safe = "noprint.received"
	case refused:
		safe = "noprint.refused"
	}
	v.Blocks = []Block{
		Seal{Icon: "printer", Tone: Amber, Title: m.t(s, "noprint."+troubleOf(s.printer), nil), Line: m.t(s, safe, nil)},
		m.codeOf(s),
	}
	v.Blocks = append(v.Blocks, m.noteOf(s)...)
	v.Blocks = append(v.Blocks, Rows{Items: []Row{
		{ID: "onscreen", Icon: "qr-code", Tone: Indigo, Title: m.t(s, "noprint.onscreen", nil), Line: m.t(s, "noprint.onscreen.line", nil)},
		{ID: "wait", Icon: "clock", Tone: Indigo, Title: m.t(s, "noprint.wait", nil), Line: m.t(s, "noprint.wait.line", nil)},
	}})
	v.Actions = []Button{m.primary(s, "finish", "noprint.finish")}
}

func (m *Machine) findIt(s State, v *View) {
	title, line := "lookup.title", "lookup.line"
	if !s.scanner {
		title, line = "lookup.title.noscanner", "lookup.line.noscanner"
	}
	v.Blocks = []Block{Heading{Title: m.t(s, title, nil), Line: m.t(s, line, text.Args{"hotline": m.Pack.Hotline})}}
	switch {
	case s.looking:
		v.Blocks = append(v.Blocks, Waiting{Title: m.t(s, "lookup.looking", nil)})
	case s.scanner:
		v.Blocks = append(v.Blocks, Picture{Name: "receipt-scanner"})
	}
	v.Blocks = append(v.Blocks, m.noteOf(s)...)
	v.Actions = []Button{m.back(s)}
}

func (m *Machine) found(s State, v *View) {
	e := s.looked
	v.Blocks = []Block{Seal{Icon: "folder-check", Tone: Jade, Title: m.t(s, e.State, nil), Line: e.Title.In(s.lang)}}
	if e.Dossier != "" {
		v.Blocks = append(v.Blocks, Code{Label: m.t(s, "done.dossier", nil), Text: e.Dossier})
	}
	if !e.Due.IsZero() {
		v.Blocks = append(v.Blocks, Card{Icon: "calendar-check", Tone: Indigo, Title: m.t(s, "found.due", nil), Line: m.moment(s, e.Due)})
	}
	v.Actions = []Button{m.back(s), m.primary(s, "finish", "finish")}
}

// prompt is a spoken line: its key, with what fills its one number.
type prompt struct {
	Key     string
	Lang    pack.Lang
	Page    Page
	Step    string
	Seconds int
}

func (p prompt) say() Say {
	t := Say{Lang: p.Lang, Key: p.Key}
	if p.Seconds > 0 {
		t.Slots = map[string]int{"seconds": p.Seconds}
	}
	return t
}

// prompt is what the voice says of a state; two states with the same prompt
// are not spoken twice. No prompt says anything of a person.
func (m *Machine) prompt(s State) prompt {
	if s.duty.at != noSheet {
		return prompt{}
	}
	p := prompt{Page: s.page, Step: m.step(s), Lang: s.lang}
	switch {
	case s.over == "idle":
		p.Key, p.Seconds = "idle.say", int(IdleCount.Seconds())
	case s.over == "look", s.over == "file":
		p.Key = ""
	case s.over != "":
		p.Key = s.over + ".say"
	case s.note != "":
		p.Key = s.note
	case s.page == AtAttract:
		return prompt{}
	case s.page == AtQuestion:
		q, place, _ := m.questionAt(s)
		if place < 0 {
			return prompt{}
		}
		p.Key = "question.say." + group(q.Kind)
		if q.Kind == pack.KindFile && s.cameraAlone() {
			p.Key = "" // it speaks of a code that is not there
		}
		if key := text.QuestionKey(q); m.Texts.Has(key) {
			p.Key = key
		}
		if s.problem != "" {
			p.Key = s.problem
		}
	case s.page == AtDone:
		p.Key = map[delivery]string{unsent: "done.say.stored", received: "done.say.received", refused: "done.say.refused"}[s.delivery]
	case s.page == AtNoPrint:
		p.Key = "noprint.say"
	case s.page == AtIdentify:
		p.Key = m.identifySay(s)
	case s.page == AtChip:
		p.Key = s.by("chip." + string(s.chip.mood) + ".say")
		if !m.Texts.Has(p.Key) {
			p.Key = "chip." + string(s.chip.mood) + ".say"
		}
	case s.page == AtGoodbye && s.lies():
		p.Key = "goodbye.card.say"
	default:
		p.Key = string(s.page) + ".say"
	}
	if _, spoken := m.Texts.Spoken(s.lang, p.Key); !spoken {
		p.Key = ""
	}
	return p
}
