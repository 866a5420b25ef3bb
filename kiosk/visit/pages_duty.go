package visit

import (
	"strconv"
	"strings"

	"motcua/kiosk/text"
)

// sheetView draws what staff are at.
func (m *Machine) sheetView(s State) View {
	v := View{
		Screen: string(s.duty.at), Lang: s.lang, Look: s.look, Over: m.overlay(s),
		Head: Head{Title: m.t(s, "duty.title", nil), Ward: m.ward(s) + " · " + m.Station, Lang: m.otherLang(s)},
		Foot: []Button{
			{ID: "look", Icon: "a-large-small", Label: m.t(s, "foot.look", nil)},
			{ID: "end", Icon: "x", Label: m.t(s, "duty.leave", nil), Tone: Son},
		},
	}
	switch s.duty.at {
	case sheetPIN:
		m.pinSheet(s, &v)
	case sheetParts:
		m.partsSheet(s, &v)
	case sheetPart:
		m.partSheet(s, &v)
	case sheetPaper:
		v.Step = strconv.Itoa(int(s.duty.step))
		m.paperSheet(s, &v)
	case sheetOutbox:
		m.outboxSheet(s, &v)
	case sheetStuck:
		m.stuckSheet(s, &v)
	case sheetPortrait:
		m.portraitSheet(s, &v)
	}
	return v
}

func (m *Machine) pinSheet(s State, v *View) {
	problem := ""
	if s.duty.note != "" {
		problem = m.t(s, s.duty.note, nil)
	}
	v.Blocks = []Block{
		Heading{Title: m.t(s, "duty.pin.title", nil), Line: m.t(s, "duty.pin.line", nil)},
		Field{ID: "pin", Icon: "lock", Value: strings.Repeat("•", len(s.duty.pin)),
			Active: !s.duty.checking, Problem: problem},
		m.keyboard(s, Digits),
	}
	v.Busy = s.duty.checking
	v.Actions = []Button{m.back(s), m.onward(s, "next")}
}

// things are the parts there can be, with their icons.
var things = map[string]string{"printer": "printer", "scanner": "scan-qr-code", "reader": "id-card", "speaker": "volume-2",
	"central": "cloud-upload", "outbox": "folder-check", "clock": "clock"}

func (m *Machine) nameOf(s State, p Part) string {
	name := p.Thing
	if key := "duty.part." + p.Thing; m.Texts.Has(key) {
		name = m.t(s, key, nil)
	}
	return name
}

// stateOf says how a part is, and in which colour.
func (m *Machine) stateOf(s State, p Part) (string, Tone) {
	key, tone := "duty.unknown", Muted
	switch p.State {
	case PartReady:
		key, tone = "duty.ready", Jade
	case PartWarning:
		key, tone = "duty.warning", Amber
	case PartFaulty:
		key, tone = "duty.faulty", Son
	case PartSilent:
		key, tone = "duty.silent", Indigo
	case PartAbsent:
		key = "duty.absent"
	}
	if title := "trouble." + p.Trouble + ".title"; p.Trouble != "" && m.Texts.Has(title) {
		key = title
	}
	said := m.t(s, key, nil)
	if !p.Since.IsZero() {
		said = m.t(s, "duty.since", text.Args{"what": said, "time": p.Since.In(s.now.Location()).Format("15:04 02/01")})
	}
	return said, tone
}

func (m *Machine) partsSheet(s State, v *View) {
	rows := Rows{Page: s.duty.page, Empty: m.t(s, "duty.none", nil)}
	wrong := 0
	for _, p := range s.parts {
		said, tone := m.stateOf(s, p)
		if p.State == PartFaulty || p.State == PartWarning {
			wrong++
		}
		rows.Items = append(rows.Items, Row{ID: "part:" + p.Thing, Icon: things[p.Thing], Tone: tone, Title: m.nameOf(s, p), Line: said})
	}
	line := ""
	switch {
	case wrong == 0 && len(s.parts) > 0:
		line = m.t(s, "duty.allwell", nil)
	case wrong > 0:
		line = m.t(s, "duty.wrong", text.Args{"n": strconv.Itoa(wrong)})
	}
	v.Blocks = []Block{Heading{Title: m.t(s, "duty.parts", nil), Line: line}, rows}
	v.Actions = []Button{m.back(s), m.more(s)}
	if m.HasReader {
		v.Actions = append(v.Actions, Button{ID: "portrait", Icon: "user-round-search", Label: m.t(s, "portrait.enter", nil), Style: Strong})
	}
}

// partAt is the part that is looked at; it may have gone meanwhile.
func (s State) partAt() Part {
	for _, p := range s.parts {
		if p.Thing == s.duty.part {
			return p
		}
	}
	return Part{Thing: s.duty.part}
}

// mending is the picture of what to do about a trouble; "" = none helps.
func mending(trouble string) string {
	switch {
	case trouble == "printer-paper", trouble == "printer-near":
		return "printer-roll"
	case trouble == "printer-open":
		return "printer-shut"
	case strings.HasSuffix(trouble, "-away") && trouble != "central-away":
		return "cable"
	}
	return ""
}

func (m *Machine) partSheet(s State, v *View) {
	p := s.partAt()
	said, tone := m.stateOf(s, p)
	v.Step = p.Thing
	line := said
	if key := "trouble." + p.Trouble + ".text"; p.Trouble != "" && m.Texts.Has(key) {
		line = m.t(s, key, nil)
	}
	v.Blocks = []Block{Heading{Title: m.nameOf(s, p), Line: line}}
	if name := mending(p.Trouble); name != "" {
		v.Blocks = append(v.Blocks, Picture{Name: name})
	}
	facts := Table{Lines: []Line{{Icon: things[p.Thing], Tone: tone, Label: said}}}
	if p.Model != "" {
		facts.Lines = append(facts.Lines, Line{Icon: "info", Tone: Muted, Label: p.Model})
	}
	v.Blocks = append(v.Blocks, facts)
	v.Actions = []Button{m.back(s)}
	if p.Thing == "printer" && p.State != PartAbsent {
		test := Button{ID: "print", Icon: "printer", Label: m.t(s, "duty.print", nil), Style: Strong}
		v.Actions = append(v.Actions, test, m.primary(s, "paper", "duty.paper"))
	}
}

// paper guides through the change of the roll, one step a page.
func (m *Machine) paperSheet(s State, v *View) {
	step := func(key, picture string) {
		v.Blocks = []Block{
			Progress{Label: m.t(s, "duty.paper", nil), Done: int(s.duty.step) + 1, All: int(paperDone),
				Count: m.t(s, "guide.step", text.Args{"n": strconv.Itoa(int(s.duty.step) + 1)})},
			Heading{Title: m.t(s, key+".title", nil), Line: m.t(s, key+".line", nil)}, Picture{Name: picture},
		}
		if s.duty.note != "" {
			v.Blocks = append(v.Blocks, Note{Icon: "circle-alert", Tone: Amber, Text: m.t(s, s.duty.note, nil)})
		}
		v.Actions = []Button{m.back(s), m.onward(s, "next")}
	}
	again := Button{ID: "print", Icon: "printer", Label: m.t(s, "duty.again", nil), Style: Strong}
	switch s.duty.step {
	case paperOpen:
		step("duty.paper.open", "printer-open")
	case paperRoll:
		step("duty.paper.roll", "printer-roll")
	case paperShut:
		step("duty.paper.shut", "printer-shut")
	case paperPrint:
		if s.duty.note == "" {
			v.Blocks = []Block{Waiting{Title: m.t(s, "duty.printing", nil)}}
			v.Actions = []Button{m.back(s)}
			return
		}
		v.Blocks = []Block{Seal{Icon: "printer", Tone: Amber, Title: m.t(s, s.duty.note, nil), Line: m.t(s, "duty.notprinted", nil)}}
		again.Style, again.Tone = Primary, Son
		v.Actions = []Button{m.back(s), again}
	case paperRead:
		key, picture := "duty.paper.look", "receipt"
		if s.duty.code != "" && s.scanner {
			key, picture = "duty.paper.read", "receipt-scanner"
		}
		step(key, picture)
		v.Actions = []Button{m.back(s), again, m.primary(s, "next", "duty.clear")}
	case paperDone:
		v.Blocks = []Block{Seal{Icon: "circle-check", Tone: Jade, Title: m.t(s, "duty.paper.done", nil), Line: m.t(s, "duty.paper.done.line", nil)}}
		v.Actions = []Button{m.primary(s, "finish", "finish")}
	}
}
