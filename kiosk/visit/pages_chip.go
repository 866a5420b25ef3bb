package visit

import "motcua/kiosk/text"

// identifyByChip is the page that asks who it is where there is a reader. The
// number opens the chip: a card that was laid down first needs it too.
func (m *Machine) identifyByChip(s State, v *View) {
	title, line, picture := "identify.title.reader", "identify.line.reader", "card-reader"
	switch {
	case s.reader == ReaderCrowded:
		title, line, picture = "chip.crowded.title", "chip.crowded.line", "card-crowded"
	case s.reader == ReaderCard && s.scanner:
		title, line, picture = "identify.title.card", "identify.line.card", "card-scanner"
	case s.reader == ReaderCard:
		title, line, picture = "identify.title.card", "identify.line.card.noscanner", "card-number"
	}
	v.Blocks = []Block{Heading{Title: m.t(s, title, nil), Line: m.t(s, line, nil)}, Picture{Name: picture}}
	v.Blocks = append(v.Blocks, m.noteOf(s)...)
	var ways Rows
	if s.scanner {
		ways.Items = append(ways.Items, Row{Icon: "qr-code", Tone: Indigo, Still: true,
			Title: m.t(s, "identify.scan", nil), Line: m.t(s, "identify.scan.line", nil)})
	}
	ways.Items = append(ways.Items, Row{ID: "way:type", Icon: "keyboard", Tone: Indigo,
		Title: m.t(s, "identify.number", nil), Line: m.t(s, "identify.number.line", nil)})
	v.Blocks = append(v.Blocks, ways, m.promise(s))
	v.Actions = []Button{m.back(s)}
}

func (m *Machine) promise(s State) Note {
	return Note{Icon: "shield-check", Tone: Jade, Text: m.t(s, "identify.promise", nil)}
}

// by picks between the sentences for a card's code and for a typed number.
func (s State) by(key string) string {
	if s.known {
		return key
	}
	return key + ".typed"
}

// chipPage is the page on which the chip is read.
func (m *Machine) chipPage(s State, v *View) {
	key := "chip." + string(s.chip.mood)
	said := func(part string) string { return m.t(s, key+part, nil) }
	skip := Button{ID: "skip", Label: m.t(s, s.by("chip.skip"), nil), Icon: "chevron-right", Style: Strong}
	seal := func(icon, title, line string) {
		v.Blocks = []Block{Seal{Icon: icon, Tone: Amber, Title: m.t(s, title, nil), Line: m.t(s, line, nil)}}
	}
	ways := func(rows ...Row) { v.Blocks = append(v.Blocks, Rows{Items: rows}) }
	v.Actions = []Button{m.back(s), skip}
	switch s.chip.mood {
	case chipBusy:
		v.Blocks = []Block{Waiting{Title: said(".title"), Line: said(".line")}, m.stepsOf(s, s.chip)}
		return
	case chipLocked:
		seal("key-round", key+".title", s.by(key+".line"))
		ways(m.otherWay(s), m.way(s, "", "id-card", "chip.way.other"))
	case chipDiffers:
		seal("id-card", s.by(key+".title"), s.by(key+".line"))
		ways(m.otherWay(s), m.way(s, "call", "bell", "chip.way.staff"))
		v.Actions[1].Label, v.Actions[1].Icon = m.t(s, "chip.skip.check", nil), ""
	case chipRefused:
		seal("user-round-search", key+".title", key+".line")
		ways(m.way(s, "call", "bell", "chip.way.staff"))
		v.Actions[1] = m.primary(s, "skip", "chip.skip.check")
	case chipSpent:
		seal("id-card", key+".title", key+".line")
		v.Actions[1] = m.primary(s, "skip", "next")
	default:
		v.Blocks = []Block{Heading{Title: said(".title"), Line: said(".line")}, Picture{Name: "card-reader"}}
		switch s.chip.mood {
		case chipLay:
			v.Blocks = append(v.Blocks, Note{Icon: "circle-check", Tone: Jade, Text: m.t(s, s.by("chip.have"), nil)})
		case chipCrowded:
			v.Blocks[1] = Picture{Name: "card-crowded"}
		case chipUnreadable:
			if s.reader == ReaderCard {
				v.Actions = append(v.Actions, m.primary(s, "retry", "chip.retry"))
			}
		}
	}
	v.Blocks = append(v.Blocks, m.noteOf(s)...)
}

// otherWay leads back to where the number came from.
func (m *Machine) otherWay(s State) Row {
	if s.known {
		return m.way(s, "way:scan", "qr-code", "chip.way.scan")
	}
	return m.way(s, "way:number", "keyboard", "chip.way.number")
}

func (m *Machine) way(s State, id, icon, key string) Row {
	return Row{ID: id, Icon: icon, Tone: Indigo, Still: id == "", Title: m.t(s, key, nil), Line: m.t(s, key+".line", nil)}
}

// stepsOf lists the steps of a reading: done, under way, to come. A chip may be proven
// before it is read or after; what is ticked has been, in either order.
func (m *Machine) stepsOf(s State, r reading) Table {
	var t Table
	for step := range ChipStep(chipSteps) {
		line := Line{Icon: "circle", Tone: Muted, Label: m.t(s, chipStepKeys[step], nil)}
		switch {
		case step == r.step:
			line.Icon, line.Tone = "circle-dot", Son
		case r.past[step]:
			line.Icon, line.Tone = "circle-check", Jade
		}
		t.Lines = append(t.Lines, line)
	}
	return t
}

var chipStepKeys = [chipSteps]string{ChipOpening: "chip.step.opening", ChipReading: "chip.step.reading",
	ChipProving: "chip.step.proving", ChipChecking: "chip.step.checking"}

// greeting says who was met and, in a word, how that is known.
func (m *Machine) greeting(s State) Note {
	n := Note{Icon: "circle-check", Tone: Jade}
	key := "papers.hello"
	switch a := s.person.Assurance; {
	case len(s.person.Warnings) > 0 || a == "typed":
		n.Icon, n.Tone, key = "circle-alert", Amber, "papers.staffcheck"
	case a == "chip-read":
		key = "papers.hello.read"
	case a == "chip-verified", a == "chip-genuine":
		n.Icon, key = "shield-check", "papers.hello.checked"
	}
	n.Text = m.t(s, key, text.Args{"name": s.person.Name})
	return n
}

// identifySay is what the voice says where somebody is to be identified.
func (m *Machine) identifySay(s State) string {
	key := "identify.say"
	switch {
	case !m.reads(s):
	case s.reader == ReaderCrowded:
		return "chip.crowded.say"
	case s.reader == ReaderCard:
		key += ".card"
	default:
		key += ".reader"
	}
	if !s.scanner {
		key += ".noscanner"
	}
	return key
}
