package visit

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"motcua/kiosk/text"
)

// The outbox as staff see it: how many submissions wait, which were refused and
// why, and what can be done. Nothing of it tells whose they are.

// Stuck is a submission that central refused.
type Stuck struct {
	ID     string    // for SendAgain; not shown
	Claim  string    // the temporary code on the receipt
	Code   string    // of the reason; its words are outbox.reason.CODE and outbox.next.CODE
	Text   string    // what is wrong, where the texts have no words for Code
	Owner  string    // who must act: "citizen", "staff", "technician", "central"; "" = nobody
	Next   string    // what they do, where the texts have no words for Code
	Stored time.Time // when it was stored
}

// OutboxSeen answers LookIntoOutbox. Stuck is not changed after it was sent.
type OutboxSeen struct {
	Waiting int       // neither confirmed nor refused
	Oldest  time.Time // of those, when it was stored; zero = none waits
	Refused int
	Stuck   []Stuck // the refused ones, oldest first; the first hundred of very many
	Stick   bool    // a USB stick is there
}

// OutboxWork is what staff have done with the outbox.
type OutboxWork string

// The works.
const (
	WorkSent     OutboxWork = "sent"     // all that waits is tried now
	WorkAgain    OutboxWork = "again"    // a refused one is tried again
	WorkExported OutboxWork = "exported" // copies of what waits are on the stick
	WorkFailed   OutboxWork = "failed"
)

// OutboxDone answers SendNow, SendAgain and ExportOutbox. N counts what was
// exported.
type OutboxDone struct {
	Work OutboxWork
	N    int
}

func (OutboxSeen) event() {}
func (OutboxDone) event() {}

// LookIntoOutbox asks how the outbox is. OutboxSeen answers.
type LookIntoOutbox struct{}

// SendNow has all that waits tried at once. OutboxDone answers.
type SendNow struct{}

// SendAgain has a refused submission tried again. OutboxDone answers.
type SendAgain struct{ ID string }

// ExportOutbox copies what waits to the USB stick, sealed as it is. It stays in
// the outbox until central confirms it. OutboxDone answers.
type ExportOutbox struct{}

func (LookIntoOutbox) task() {}
func (SendNow) task()        {}
func (SendAgain) task()      {}
func (ExportOutbox) task()   {}

// The sheets of the outbox.
const (
	sheetOutbox sheet = "duty-outbox"
	sheetStuck  sheet = "duty-stuck"
)

// lookEvery is how often the sheet of the outbox is made new.
const lookEvery = 2 * time.Second

// shelf is what staff know of the outbox, while they are at it.
type shelf struct {
	seen   OutboxSeen
	known  bool
	looked time.Time
	doing  bool       // something was asked for and is not done
	done   OutboxDone // what became of the last; its zero value: nothing was asked for
	stuck  string     // id of the one that is looked at
}

func (n *next) beginOutbox() {
	n.duty.at, n.duty.page, n.duty.shelf = sheetOutbox, 0, shelf{}
	n.lookIntoOutbox()
}

func (n *next) lookIntoOutbox() {
	n.duty.shelf.looked = n.now
	n.do(LookIntoOutbox{})
}

// outboxTick makes what is shown of the outbox new.
func (n *next) outboxTick() {
	if (n.duty.at == sheetOutbox || n.duty.at == sheetStuck) && n.now.Sub(n.duty.shelf.looked) >= lookEvery {
		n.lookIntoOutbox()
	}
}

func (n *next) outboxHappened(e Event) {
	if n.duty.at != sheetOutbox && n.duty.at != sheetStuck {
		return
	}
	switch e := e.(type) {
	case OutboxSeen:
		n.duty.shelf.seen, n.duty.shelf.known = e, true
	case OutboxDone:
		if n.duty.shelf.doing {
			n.duty.shelf.doing, n.duty.shelf.done, n.duty.life = false, e, n.now
			n.lookIntoOutbox()
		}
	}
}

func (n *next) touchedOutbox(id string) {
	kind, arg, _ := strings.Cut(id, ":")
	sh := &n.duty.shelf
	ask := func(t Task) {
		if !sh.doing {
			sh.doing, sh.done = true, OutboxDone{}
			n.do(t)
		}
	}
	switch {
	case id == "back" && n.duty.at == sheetStuck:
		n.duty.at = sheetOutbox
	case id == "back" && n.duty.page > 0:
		n.duty.page--
	case id == "back":
		n.duty.at, n.duty.page, n.duty.shelf = sheetParts, 0, shelf{}
	case id == "again" && n.duty.at == sheetStuck:
		if _, ok := n.stuckAt(); ok {
			ask(SendAgain{ID: sh.stuck})
			n.duty.at = sheetOutbox
		}
	case n.duty.at != sheetOutbox:
	case id == "more":
		n.duty.page++
	case id == "send" && sh.seen.Waiting > 0:
		ask(SendNow{})
	case id == "export" && sh.seen.Stick && sh.seen.Waiting > 0:
		ask(ExportOutbox{})
	case kind == "stuck":
		if i, err := strconv.Atoi(arg); err == nil && i >= 1 && i <= len(sh.seen.Stuck) {
			n.duty.at, sh.stuck, sh.done = sheetStuck, sh.seen.Stuck[i-1].ID, OutboxDone{}
		}
	}
}

// stuckAt is the one that is looked at; it may have gone meanwhile.
func (s State) stuckAt() (Stuck, bool) {
	i := slices.IndexFunc(s.duty.shelf.seen.Stuck, func(k Stuck) bool { return k.ID == s.duty.shelf.stuck })
	if i < 0 {
		return Stuck{}, false
	}
	return s.duty.shelf.seen.Stuck[i], true
}

// worded gives the words for a code, else those that came with it.
func (m *Machine) worded(s State, key, code, came string) string {
	if m.Texts.Has(key + code) {
		return m.t(s, key+code, nil)
	}
	if came == "" {
		return m.t(s, key+"other", nil)
	}
	return came
}

func (m *Machine) ownerOf(s State, k Stuck) string { return m.worded(s, "outbox.owner.", k.Owner, "") }

func (m *Machine) dayAndTime(s State, t time.Time) string {
	return t.In(s.now.Location()).Format("15:04 02/01")
}

func (m *Machine) outboxSheet(s State, v *View) {
	sh := s.duty.shelf
	v.Actions = []Button{m.back(s), m.more(s)}
	if !sh.known {
		v.Blocks = []Block{Waiting{Title: m.t(s, "outbox.looking", nil)}}
		return
	}
	line := m.t(s, "outbox.none", nil)
	if sh.seen.Waiting > 0 {
		line = m.t(s, "outbox.waiting", text.Args{"n": strconv.Itoa(sh.seen.Waiting), "time": m.dayAndTime(s, sh.seen.Oldest)})
	}
	v.Blocks = []Block{Heading{Title: m.t(s, "outbox.title", nil), Line: line}}
	note := func(icon, key string, tone Tone) {
		v.Blocks = append(v.Blocks, Note{Icon: icon, Tone: tone, Text: m.t(s, key, text.Args{"n": strconv.Itoa(sh.done.N)})})
	}
	switch {
	case sh.doing:
		note("hourglass", "outbox.doing", Indigo)
	case sh.done.Work == WorkFailed:
		note("circle-alert", "outbox.failed", Amber)
	case sh.done.Work != "":
		note("circle-check", "outbox."+string(sh.done.Work), Jade)
	}
	rows := Rows{Page: s.duty.page, Empty: m.t(s, "outbox.norefused", nil)}
	for i, k := range sh.seen.Stuck {
		rows.Items = append(rows.Items, Row{ID: "stuck:" + strconv.Itoa(i+1), Icon: "file-search", Tone: Son,
			Title: k.Claim + " · " + m.worded(s, "outbox.reason.", k.Code, k.Text), Line: m.ownerOf(s, k)})
	}
	v.Blocks = append(v.Blocks, rows)
	if sh.seen.Stick && sh.seen.Waiting > 0 {
		v.Actions = append(v.Actions, Button{ID: "export", Icon: "folder-check", Label: m.t(s, "outbox.export", nil), Style: Strong, Off: sh.doing})
	}
	if sh.seen.Waiting > 0 {
		send := m.primary(s, "send", "outbox.send")
		send.Off = sh.doing
		v.Actions = append(v.Actions, send)
	}
}

func (m *Machine) stuckSheet(s State, v *View) {
	k, ok := s.stuckAt()
	v.Actions = []Button{m.back(s)}
	if !ok {
		v.Blocks = []Block{Heading{Title: m.t(s, "outbox.title", nil), Line: m.t(s, "outbox.gone", nil)}}
		return
	}
	v.Blocks = []Block{Heading{Title: k.Claim, Line: m.t(s, "outbox.stored", text.Args{"time": m.dayAndTime(s, k.Stored)})},
		Table{Lines: []Line{
			{Label: m.t(s, "outbox.why", nil), Value: m.worded(s, "outbox.reason.", k.Code, k.Text)},
			{Label: m.t(s, "outbox.who", nil), Value: m.ownerOf(s, k)},
			{Label: m.t(s, "outbox.next", nil), Value: m.worded(s, "outbox.next.", k.Code, k.Next)},
		}}}
	v.Actions = append(v.Actions, m.primary(s, "again", "outbox.sendagain"))
}
