package visit

import (
	"strconv"
	"strings"

	"motcua/kiosk/pack"
	"motcua/kiosk/text"
)

// View draws a state in words.
func (m *Machine) View(s State) View {
	if s.duty.at != noSheet {
		return m.sheetView(s)
	}
	v := View{
		Screen: string(s.page), Step: m.step(s), Lang: s.lang, Look: s.look,
		Head: Head{Title: m.t(s, "head.title", nil), Ward: m.ward(s), Lang: m.otherLang(s)},
		Foot: m.foot(s), Over: m.overlay(s),
	}
	switch s.page {
	case AtAttract:
		v.Blocks = []Block{m.attract(s)}
	case AtHome:
		m.home(s, &v)
	case AtProcedures:
		m.procedures(s, &v)
	case AtSearch:
		m.search(s, &v)
	case AtAbout, AtGuide:
		m.about(s, &v)
	case AtIdentify:
		m.identify(s, &v)
	case AtChip:
		m.chipPage(s, &v)
	case AtPapers:
		m.papers(s, &v)
	case AtQuestion:
		m.question(s, &v)
	case AtReview:
		m.review(s, &v)
	case AtConsent:
		v.Blocks = []Block{Heading{Title: m.t(s, "consent.title", nil)},
			Prose{Text: m.Pack.Consent.Full.In(s.lang), Page: s.part}}
		v.Actions = []Button{m.back(s), m.more(s), m.primary(s, "next", "consent.read")}
	case AtSending:
		v.Busy = true
		v.Blocks = []Block{Waiting{Title: m.t(s, "sending.title", nil), Line: m.t(s, "sending.line", nil)}}
	case AtDone:
		m.done(s, &v)
	case AtNotKept:
		m.notKept(s, &v)
	case AtNoPrint:
		m.noPrint(s, &v)
	case AtCode:
		v.Blocks = []Block{Heading{Title: m.t(s, "onscreen.title", nil), Line: m.t(s, "onscreen.line", nil), Centred: true},
			QR{Text: s.stored.LookUp, Line: m.t(s, "onscreen.scan", nil)}, m.codeOf(s)}
		v.Actions = []Button{m.back(s), m.primary(s, "finish", "finish")}
	case AtLookUp:
		m.findIt(s, &v)
	case AtFound:
		m.found(s, &v)
	case AtTicket, AtLawyer, AtFeedback:
		m.told(s, &v)
	case AtGoodbye:
		m.goodbye(s, &v)
	}
	return v
}

// step tells two views of one screen apart.
func (m *Machine) step(s State) string {
	switch s.page {
	case AtQuestion:
		return s.at
	case AtProcedures:
		return m.groupOf(s)
	case AtAbout, AtGuide, AtPapers:
		return s.code
	case AtChip:
		return string(s.chip.mood)
	}
	return ""
}

// t gives a sentence in the visit's language.
func (m *Machine) t(s State, key string, args text.Args) string { return m.Texts.In(s.lang, key, args) }

func (m *Machine) ward(s State) string {
	unit := m.Unit.Name
	if s.lang == pack.EN && m.Unit.EN != "" {
		unit = m.Unit.EN
	}
	return unit + " · " + m.Pack.Province.In(s.lang)
}

func (m *Machine) otherLang(s State) Button {
	if s.lang == pack.VI {
		return Button{ID: "lang:en", Label: "English", Icon: "globe"}
	}
	return Button{ID: "lang:vi", Label: "Tiếng Việt", Icon: "globe"}
}

func (m *Machine) foot(s State) []Button {
	if s.page == AtAttract {
		return nil
	}
	end := "foot.stop"
	switch s.page {
	case AtHome, AtDone, AtNoPrint, AtCode, AtFound, AtGoodbye:
		end = "foot.end"
	}
	return []Button{
		{ID: "staff", Icon: "bell", Label: m.t(s, "foot.staff", nil)},
		{ID: "hotline", Icon: "phone", Label: m.Pack.Hotline},
		{ID: "listen", Icon: "volume-2", Label: m.t(s, "foot.listen", nil), Off: m.prompt(s).Key == ""},
		{ID: "look", Icon: "a-large-small", Label: m.t(s, "foot.look", nil)},
		{ID: "end", Icon: "x", Label: m.t(s, end, nil), Tone: Son, Off: s.page == AtSending},
	}
}

func (m *Machine) back(s State) Button {
	return Button{ID: "back", Icon: "chevron-left", Label: m.t(s, "back", nil)}
}

func (m *Machine) more(s State) Button {
	return Button{ID: "more", Icon: "chevron-right", Label: m.t(s, "more", nil), Style: Strong, Overflow: true}
}

func (m *Machine) primary(s State, id, key string) Button {
	return Button{ID: id, Label: m.t(s, key, nil), Style: Primary, Tone: Son}
}

func (m *Machine) onward(s State, key string) Button {
	b := m.primary(s, "next", key)
	b.Icon = "chevron-right"
	return b
}

// told is what just went wrong, as a block; none if nothing did.
func (m *Machine) noteOf(s State) []Block {
	if s.note == "" {
		return nil
	}
	return []Block{Note{Icon: "circle-alert", Tone: Amber, Text: m.t(s, s.note, nil)}}
}

func (m *Machine) attract(s State) Attract {
	return Attract{
		Greeting: m.t(s, "attract.greeting", nil), Line: m.t(s, "attract.line", nil),
		Start: m.primary(s, "start", "attract.start"),
		Langs: []Button{
			{ID: "lang:vi", Label: "Tiếng Việt", On: s.lang == pack.VI},
			{ID: "lang:en", Label: "English", On: s.lang == pack.EN},
		},
		Help: m.t(s, "attract.help", text.Args{"hotline": "*" + m.Pack.Hotline + "*"}),
	}
}

func (m *Machine) home(s State, v *View) {
	door := func(id, icon string, tone Tone) Door {
		return Door{ID: "door:" + id, Icon: icon, Tone: tone,
			Title: m.t(s, "home."+id, nil),
			Line:  m.t(s, "home."+id+".line", text.Args{"lawyer": m.Pack.Lawyer.In(s.lang), "reply": m.Pack.Reply.In(s.lang)})}
	}
	v.Blocks = []Block{
		Heading{Title: m.t(s, "home.title", nil)},
		Doors{Items: []Door{
			door("submit", "file-plus", Son), door("ticket", "ticket", Indigo),
			door("lookup", "search", Indigo), door("ask", "message-circle-question", Jade),
			door("lawyer", "scale", Jade), door("feedback", "message-square-heart", Amber),
		}},
	}
}

// told is a page that tells how a thing is done which this station cannot do.
func (m *Machine) told(s State, v *View) {
	key, icon := string(s.page), map[Page]string{AtTicket: "ticket", AtLawyer: "scale", AtFeedback: "message-square-heart"}[s.page]
	args := text.Args{"lawyer": m.Pack.Lawyer.In(s.lang), "hotline": m.Pack.Hotline, "reply": m.Pack.Reply.In(s.lang)}
	v.Blocks = []Block{
		Seal{Icon: icon, Tone: Indigo, Title: m.t(s, key+".title", args), Line: m.t(s, key+".line", args)},
		Card{Icon: "map-pin", Tone: Son, Title: m.t(s, key+".where", args), Line: m.t(s, key+".where.line", args)},
		Card{Icon: "phone", Tone: Indigo, Title: m.Pack.Hotline, Line: m.t(s, "told.hotline", nil)},
	}
	v.Actions = []Button{m.back(s)}
}

func (m *Machine) goodbye(s State, v *View) {
	v.Blocks = []Block{Seal{Icon: "heart-handshake", Tone: Jade, Title: m.t(s, "goodbye.title", nil), Line: m.t(s, "goodbye.line", nil)}}
	if p := s.procedureOf(m.Pack); p != nil && p.Home.Label.In(s.lang) != "" {
		v.Blocks = append(v.Blocks, Card{Icon: "house", Tone: Indigo,
			Title: m.t(s, "goodbye.home", nil), Line: shown(p.Home.Label, s.lang)})
	}
	if s.lies() {
		v.Blocks = append(v.Blocks, Card{Icon: "id-card", Tone: Son, Title: m.t(s, "goodbye.card", nil), Line: m.t(s, "goodbye.card.line", nil)})
	}
	v.Actions = []Button{{ID: "again", Label: m.t(s, "again", nil)}, m.primary(s, "finish", "finish")}
}

// shown is where something is to be found, as the screen writes it: its
// typeface has no arrow.
func shown(label pack.Text, lang pack.Lang) string {
	return strings.ReplaceAll(label.In(lang), "→", "›")
}

// overlay draws what lies over the page.
func (m *Machine) overlay(s State) *Over {
	shut := Button{ID: "close", Label: m.t(s, "close", nil), Style: Primary, Tone: Son}
	leave := Button{ID: "leave", Label: m.t(s, "over.leave", nil)}
	switch s.over {
	case "idle":
		left := int((IdleAfter + IdleCount - s.now.Sub(s.life)).Seconds())
		return &Over{Name: "idle", Count: max(0, left), Of: int(IdleCount.Seconds()),
			Title: m.t(s, "idle.title", nil), Line: m.t(s, "idle.line", nil),
			Actions: []Button{m.primary(s, "stay", "idle.stay"), leave}}
	case "stop":
		return &Over{Name: "stop", Icon: "circle-x", Title: m.t(s, "stop.title", nil), Line: m.t(s, "stop.line", nil),
			Actions: []Button{m.primary(s, "stay", "stop.stay"), leave}}
	case "file":
		return m.removeOver(s)
	case "hotline":
		return &Over{Name: "hotline", Icon: "phone", Title: m.Pack.Hotline, Line: m.t(s, "hotline.line", nil), Actions: []Button{shut}}
	case "staff":
		o := &Over{Name: "staff", Icon: "bell", Title: m.t(s, "staff.title", nil), Line: m.t(s, "staff.line", nil), Actions: []Button{shut}}
		if m.HasPIN {
			o.Actions = append(o.Actions, Button{ID: "duty", Icon: "key-round", Label: m.t(s, "duty.enter", nil)})
		}
		return o
	case "look":
		sizes, themes := Chips{}, Chips{}
		for i := range Sizes {
			sizes.Items = append(sizes.Items, Button{ID: "size:" + strconv.Itoa(i), Style: Pale,
				Label: m.t(s, "look.size."+strconv.Itoa(i), nil), On: i == s.look.Size})
		}
		for i := Paper; i <= WhiteOnBlack; i++ {
			themes.Items = append(themes.Items, Button{ID: "theme:" + strconv.Itoa(int(i)), Style: Pale,
				Label: m.t(s, "look.theme."+strconv.Itoa(int(i)), nil), On: i == s.look.Theme})
		}
		calm := Chips{Items: []Button{{ID: "calm", Style: Pale, Label: m.t(s, "look.calm", nil), On: s.look.Calm}}}
		return &Over{Name: "look", Icon: "a-large-small", Title: m.t(s, "look.title", nil),
			Line: m.t(s, "look.line", nil), Blocks: []Block{sizes, themes, calm}, Actions: []Button{shut}}
	}
	return nil
}
