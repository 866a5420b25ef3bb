package visit

import (
	"strconv"

	"motcua/kiosk/identity"
	"motcua/kiosk/text"
)

// portraitSheet draws what staff see while they compare. Beside the portrait stands
// how far the chip was proven, and nothing of whose it is.
func (m *Machine) portraitSheet(s State, v *View) {
	c := s.duty.face
	at := c.chip.mood
	key := "chip." + string(at)
	said := func(part string) string { return m.t(s, key+part, nil) }
	v.Step = string(at)
	v.Actions = []Button{m.back(s)}
	seal := func(icon, title, line string) {
		v.Blocks = []Block{Seal{Icon: icon, Tone: Amber, Title: m.t(s, title, nil), Line: m.t(s, line, nil)}}
	}
	lay := func(line, picture string) {
		v.Blocks = []Block{Heading{Title: said(".title"), Line: line}, Picture{Name: picture}}
	}
	if s.reader == ReaderAway {
		v.Step = "away"
		wrong := "trouble." + m.readerTrouble(s)
		seal("id-card", wrong+".title", wrong+".text")
		return
	}
	switch at {
	case faceAsked:
		m.whichCard(s, v)
	case chipLay, chipLifted:
		lay(said(".line"), "card-reader")
	case chipUnknown:
		lay(m.t(s, "portrait.unknown", nil), "card-reader")
	case chipCrowded:
		lay(said(".line"), "card-crowded")
	case chipUnreadable:
		lay(said(".line"), "card-reader")
		if s.reader == ReaderCard {
			v.Actions = append(v.Actions, m.primary(s, "retry", "chip.retry"))
		}
	case chipBusy:
		v.Blocks = []Block{Waiting{Title: said(".title"), Line: m.t(s, "portrait.reading", nil)}, m.stepsOf(s, c.chip)}
	case chipLocked:
		line := key + ".line"
		if c.digits != "" {
			line += ".typed"
		}
		seal("key-round", key+".title", line)
		v.Actions = []Button{m.primary(s, "back", "portrait.again")}
	case chipDiffers, chipRefused:
		seal("user-round-search", "portrait.refused", "chip.doubt."+string(at))
	case faceShown:
		left := max(1, int((portraitFor - s.now.Sub(c.since)).Seconds()))
		v.Blocks = []Block{Portrait{ID: c.read.ID}, m.proven(s, c.read.Assurance),
			Note{Icon: "clock", Tone: Muted, Text: m.t(s, "portrait.left", text.Args{"n": strconv.Itoa(left)})}}
		v.Actions = []Button{m.back(s), m.primary(s, "finish", "portrait.off")}
	default: // one of the lacks
		seal("user-round", "portrait."+string(at), "portrait.printed")
		v.Blocks = append(v.Blocks, m.proven(s, c.read.Assurance))
	}
}

// whichCard asks for what opens the chip.
func (m *Machine) whichCard(s State, v *View) {
	c := s.duty.face
	line := "portrait.line"
	if !s.scanner {
		line += ".noscanner"
	}
	v.Blocks = []Block{Heading{Title: m.t(s, "portrait.title", nil), Line: m.t(s, line, nil)}}
	field := Field{ID: "digits", Icon: "id-card", Value: c.digits, Placeholder: m.t(s, "portrait.digits", nil), Active: true}
	switch c.note {
	case "":
	case "portrait.gone":
		v.Blocks = append(v.Blocks, Note{Icon: "circle-check", Tone: Jade, Text: m.t(s, c.note, nil)})
	case "portrait.short":
		field.Problem = m.t(s, c.note, nil)
	default:
		v.Blocks = append(v.Blocks, Note{Icon: "circle-alert", Tone: Amber, Text: m.t(s, c.note, nil)})
	}
	v.Blocks = append(v.Blocks, field, m.keyboard(s, Digits))
	v.Actions = append(v.Actions, m.onward(s, "next"))
}

// readerTrouble is what the station knows to be wrong with a reader that is away.
func (m *Machine) readerTrouble(s State) string {
	for _, p := range s.parts {
		if p.Thing == "reader" && m.Texts.Has("trouble."+p.Trouble+".text") {
			return p.Trouble
		}
	}
	return "reader-away"
}

// proven says how far the chip was proven.
func (m *Machine) proven(s State, a identity.Assurance) Card {
	c, key := Card{Icon: "circle-alert", Tone: Amber}, "portrait.read"
	switch a {
	case identity.ChipGenuine:
		c, key = Card{Icon: "shield-check", Tone: Jade}, "portrait.genuine"
	case identity.ChipVerified:
		c, key = Card{Icon: "shield-check", Tone: Indigo}, "portrait.verified"
	}
	c.Title, c.Line = m.t(s, key, nil), m.t(s, key+".line", nil)
	return c
}
