package visit

import (
	"strings"

	"motcua/kiosk/identity"
	"motcua/kiosk/pack"
)

func (n *next) touchedReview(id string) {
	kind, arg, _ := strings.Cut(id, ":")
	switch {
	case id == "back":
		all := n.questions(n.State)
		if len(all) == 0 {
			n.goTo(AtPapers)
			return
		}
		n.mending = false
		n.ask(all[len(all)-1].ID)
	case id == "consent":
		n.agreed, n.note = !n.agreed, ""
		n.agreedAt = n.now
	case id == "consent:more":
		n.goTo(AtConsent)
	case id == "submit":
		if !n.agreed {
			n.say("review.consentfirst")
			return
		}
		n.submit()
	case id == "line:person":
		n.forget()
		n.goTo(AtIdentify)
	case kind == "line":
		for _, q := range n.questions(n.State) {
			if q.ID == arg {
				n.mending = true
				n.ask(arg)
			}
		}
	}
}

// submit hands on what was agreed to. Without consent nothing is handed on; a
// question left open is asked first.
func (n *next) submit() {
	p := n.procedure()
	if p == nil || !n.agreed || !n.known {
		return
	}
	for _, q := range n.questions(n.State) {
		if q.Required && n.answers[q.ID] == "" {
			n.mending = true
			n.ask(q.ID)
			return
		}
	}
	n.due = n.dueAt(n.State)
	n.goTo(AtSending)
	n.do(Submit{Draft{Procedure: p, Person: n.person, Answers: n.allAnswers(), Attachments: n.draftFiles(),
		Consent: n.Pack.Consent.Version, AgreedAt: n.agreedAt, Due: n.due, Lang: n.lang}})
}

// allAnswers are the answers in the order of the form, those of the card too.
func (n *next) allAnswers() []Answer {
	values := n.answersOf(n.State)
	var out []Answer
	for _, q := range n.procedure().Questions {
		if v := values[q.ID]; v != "" && q.Shown(values) {
			out = append(out, Answer{ID: q.ID, Label: q.Short.VI, Value: v, Shown: q.Display(v, pack.VI)})
		}
	}
	return out
}

// keep takes note that the submission is durable. That can come after the page
// gave up waiting, and after central has confirmed it.
func (n *next) keep(e Stored) {
	if n.stored.ID != "" || (n.page != AtSending && n.page != AtNotKept) || e.ID == "" {
		return
	}
	n.stored, n.kept = e, n.now
	switch {
	case n.early.ID == e.ID:
		n.received(n.early)
	case !n.online || n.page == AtNotKept:
		n.page = AtSending
		n.settled()
	}
}

func (n *next) received(e Received) {
	if n.stored.ID == "" && n.page == AtSending {
		n.early = e
	}
	if e.ID == "" || e.ID != n.stored.ID {
		return
	}
	n.delivery, n.dossier = received, e.Dossier
	n.settled()
}

// settled leaves the waiting page: what is true by now goes onto the screen and
// onto the paper. News that comes later mends the screen only.
func (n *next) settled() {
	if n.page != AtSending || n.stored.ID == "" {
		return
	}
	n.goTo(AtDone)
	n.print(n.receipt())
	if !n.printer.Prints() {
		n.job = failed
		n.goTo(AtNoPrint)
	}
}

func (n *next) receipt() *Receipt {
	r := &Receipt{Claim: n.stored.Claim, Secret: n.stored.Secret, LookUp: n.stored.LookUp, Person: n.person,
		At: n.kept, Due: n.due, Fee: n.price(n.State, n.procedure()), Refused: n.delivery == refused}
	if n.delivery == received {
		r.Dossier = n.dossier
		r.Received = true
	}
	values := n.answersOf(n.State)
	for _, q := range n.procedure().Questions {
		if q.ID == pack.ResultQuestion && values[q.ID] != "" {
			r.Result = q.Display(values[q.ID], n.lang)
		}
	}
	return r
}

// print asks for one piece of paper, marked as a copy from the second on.
func (n *next) print(r *Receipt) {
	if !n.HasPrinter || !n.printer.Prints() {
		return
	}
	n.copies++
	n.job = printing
	n.do(Print{Procedure: n.procedure(), Lang: n.lang, Receipt: r, Copy: n.copies})
}

func (n *next) printFailed(e PrintFailed) {
	if n.job != printing {
		return
	}
	n.job, n.printer = failed, e.Printer
	if n.page == AtDone {
		n.goTo(AtNoPrint)
	}
}

// paperBack prints again once the printer can, for a visitor who is still there.
func (n *next) paperBack() {
	if n.job != failed || !n.printer.Prints() {
		return
	}
	switch n.page {
	case AtNoPrint, AtCode, AtDone:
		n.goTo(AtDone)
		n.print(n.receipt())
	case AtGuide, AtAbout:
		n.print(nil)
	}
}

func (n *next) touchedDone(id string) {
	kind, arg, _ := strings.Cut(id, ":")
	switch {
	case id == "finish":
		n.goTo(AtGoodbye)
	case id == "again":
		n.another()
	case id == "onscreen" && n.page == AtNoPrint:
		n.goTo(AtCode)
	case id == "wait" && n.page == AtNoPrint:
		n.say("noprint.waiting")
	case id == "back" && n.page == AtCode:
		if n.job == failed {
			n.goTo(AtNoPrint)
		} else {
			n.goTo(AtDone)
		}
	case kind == "rate" && n.rated == 0 && n.page == AtDone:
		if len(arg) == 1 && arg[0] >= '1' && arg[0] <= '5' {
			n.rated = int(arg[0] - '0')
			n.do(Rate{Score: n.rated, Procedure: n.code})
		}
	}
}

func (n *next) lookUp(found identity.Found) {
	n.looking, n.note = true, ""
	n.do(LookUp{ID: found.ReceiptID, Secret: found.ReceiptSecret})
}

func (n *next) lookedUp(e LookedUp) {
	switch e.Result {
	case LookUpFound:
		n.looked = e
		n.goTo(AtFound)
	case LookUpUnknown:
		n.say("lookup.unknown")
	case LookUpOffline:
		n.say("lookup.offline")
	}
}
