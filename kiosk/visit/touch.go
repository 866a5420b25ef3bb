package visit

import (
	"maps"
	"strings"
	"time"

	"motcua/kiosk/identity"
	"motcua/kiosk/pack"
	"motcua/kiosk/typing"
)

// touched decides a touch. What lies over the page comes first, then what is on
// every screen, then the page itself. A target that is not on the page (a
// second touch that came too late) changes nothing.
func (n *next) touched(id string) {
	switch {
	case n.over != "":
		n.touchedOver(id)
	case n.duty.at != noSheet:
		n.touchedDuty(id)
	case n.touchedFrame(id):
	default:
		n.touchedPage(id)
	}
}

func (n *next) touchedOver(id string) {
	kind, arg, _ := strings.Cut(id, ":")
	switch {
	case id == "leave" && n.duty.at == noSheet:
		n.end()
	case n.over == "staff" && id == "duty" && n.HasPIN:
		n.over, n.duty = "", duty{at: sheetPIN, life: n.now}
	case n.over == "look" && kind == "size":
		if i := strings.IndexAny("0123", arg); i == 0 && len(arg) == 1 {
			n.look.Size = int(arg[0] - '0')
		}
	case n.over == "look" && kind == "theme":
		if i := strings.IndexAny("0123", arg); i == 0 && len(arg) == 1 {
			n.look.Theme = Theme(arg[0] - '0')
		}
	case n.over == "look" && id == "calm":
		n.look.Calm = !n.look.Calm
	case n.over == "file" && id == "remove":
		n.over = ""
		n.removeFile()
	case n.over == "idle", id == "stay", id == "close":
		n.over = "" // any touch says "I am here"
	}
}

// touchedFrame decides what is on every screen; false means it was none of it.
func (n *next) touchedFrame(id string) bool {
	if n.page == AtAttract && !strings.HasPrefix(id, "lang:") {
		return false // nothing else is shown there
	}
	switch id {
	case "lang:vi":
		n.lang = pack.VI
	case "lang:en":
		n.lang = pack.EN
	case "listen":
		if p := n.prompt(n.State); p.Key != "" {
			n.do(p.say())
		}
		return true
	case "staff":
		n.over = "staff"
		n.do(CallStaff{})
		return true
	case "hotline":
		n.over = "hotline"
		return true
	case "look":
		n.over = "look"
		return true
	case "end":
		switch {
		case n.page == AtSending:
		case n.page == AtDone || n.page == AtNoPrint || n.page == AtCode:
			n.goTo(AtGoodbye)
		case n.page == AtHome || n.page == AtGoodbye:
			n.end()
		default:
			n.over = "stop"
		}
		return true
	default:
		return false
	}
	if n.page == AtAttract {
		n.goTo(AtHome)
	}
	return true
}

func (n *next) touchedPage(id string) {
	kind, arg, _ := strings.Cut(id, ":")
	if id == "more" {
		n.part++
		return
	}
	if id == "back" && n.part > 0 && n.page != AtSearch {
		n.part--
		return
	}
	switch n.page {
	case AtAttract:
		if id == "start" {
			n.goTo(AtHome)
		}
	case AtHome:
		n.door(id)
	case AtProcedures:
		switch {
		case id == "back":
			n.goTo(AtHome)
		case id == "search":
			n.query = typing.New(typing.Sentences, 40)
			n.goTo(AtSearch)
		case kind == "chip":
			n.group, n.part = arg, 0
		case kind == "row":
			n.choose(arg)
		}
	case AtSearch:
		switch {
		case id == "back", id == "next":
			n.goTo(AtProcedures)
		case kind == "row":
			n.choose(arg)
		case kind == "key":
			n.query, n.part = n.query.Press(arg), 0
		}
	case AtAbout, AtGuide:
		switch id {
		case "back":
			n.goTo(AtProcedures)
		case "begin":
			if n.page == AtAbout {
				n.goTo(AtIdentify)
			}
		case "print":
			if n.procedure() != nil && n.job != printing {
				n.print(nil)
			}
		case "finish":
			n.goTo(AtGoodbye)
		}
	case AtIdentify:
		switch id {
		case "back":
			n.goTo(AtProcedures)
		case "way:type":
			n.typed = true
			n.answers = map[string]string{}
			n.ask(askNumber)
		}
	case AtChip:
		n.touchedChip(id)
	case AtPapers:
		switch id {
		case "back":
			n.forget()
			n.goTo(AtIdentify)
		case "next":
			n.firstQuestion()
		}
	case AtQuestion:
		n.touchedQuestion(id)
	case AtReview:
		n.touchedReview(id)
	case AtConsent:
		if id == "back" || id == "close" || id == "next" {
			n.goTo(AtReview)
		}
	case AtNotKept:
		switch id {
		case "retry":
			n.submit()
		case "back":
			n.goTo(AtReview)
		}
	case AtDone, AtNoPrint, AtCode:
		n.touchedDone(id)
	case AtLookUp, AtTicket, AtLawyer, AtFeedback:
		if id == "back" {
			n.goTo(AtHome)
		}
	case AtFound:
		switch id {
		case "back":
			n.goTo(AtHome)
		case "finish":
			n.goTo(AtGoodbye)
		}
	case AtGoodbye:
		if id == "finish" {
			n.end()
		} else if id == "again" {
			n.another()
		}
	}
}

func (n *next) door(id string) {
	switch id {
	case "door:submit", "door:ask":
		n.asking, n.group = id == "door:ask", ""
		n.goTo(AtProcedures)
	case "door:lookup":
		n.looking = false
		n.goTo(AtLookUp)
	case "door:ticket":
		n.goTo(AtTicket)
	case "door:lawyer":
		n.goTo(AtLawyer)
	case "door:feedback":
		n.goTo(AtFeedback)
	}
}

// choose takes up one procedure.
func (n *next) choose(code string) {
	p, ok := n.Pack.Procedure(code)
	if !ok {
		return
	}
	n.code, n.answers, n.files, n.job, n.tries = p.Code, nil, nil, noJob, 0
	switch {
	case p.Mode == pack.Guide:
		n.goTo(AtGuide)
	case n.asking:
		n.goTo(AtAbout)
	default:
		n.goTo(AtIdentify)
	}
}

// scanned decides what a code means where the visit is. A card is welcome from
// the first touch on; before a procedure is chosen it is kept for it.
func (n *next) scanned(code string) {
	found, err := n.read(code, n.now)
	receipt := err == nil && found.Kind == identity.Receipt
	switch n.page {
	case AtAttract, AtHome:
		n.goTo(AtHome)
		if receipt {
			n.goTo(AtLookUp)
			n.lookUp(found)
		}
	case AtLookUp:
		switch {
		case n.looking:
		case receipt:
			n.lookUp(found)
		default:
			n.say("lookup.notreceipt")
		}
	case AtIdentify, AtChip:
		switch {
		case n.chip.mood == chipBusy, n.chip.mood == chipRefused:
		case err != nil:
			n.say(identity.Sentence(err))
		case found.Kind == identity.Card:
			n.forget()
			n.person, n.known = found.Person, true
			if n.reads(n.State) {
				n.offerChip()
			} else {
				n.goTo(AtPapers)
			}
		default:
			n.say(found.Kind.Sentence())
		}
	}
}

// read tells what a code is; a receipt's may have the form of the pack.
func (m *Machine) read(code string, at time.Time) (identity.Found, error) {
	if id, secret, ok := m.Pack.ReadLookUp(code); ok {
		return identity.Found{Kind: identity.Receipt, ReceiptID: id, ReceiptSecret: secret}, nil
	}
	return identity.Read(code, at)
}

// forget drops who it is and all that was answered.
func (n *next) forget() {
	n.person, n.known, n.typed, n.answers, n.doubt, n.files = identity.Person{}, false, false, nil, "", nil
}

// another begins again for the same visitor, keeping language and look only.
func (n *next) another() {
	lang, look := n.lang, n.look
	n.end()
	n.lang, n.look = lang, look
	n.goTo(AtHome)
}

// set gives an answer, leaving the map of the state before as it was.
func (n *next) set(id, value string) {
	m := maps.Clone(n.answers)
	if m == nil {
		m = map[string]string{}
	}
	if value == "" {
		delete(m, id)
	} else {
		m[id] = value
	}
	n.answers = m
}

func (s State) procedureOf(p *pack.Pack) *pack.Procedure {
	proc, ok := p.Procedure(s.code)
	if !ok {
		return nil
	}
	return proc
}

func (n *next) procedure() *pack.Procedure { return n.procedureOf(n.Pack) }
