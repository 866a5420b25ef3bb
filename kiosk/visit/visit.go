// Package visit is one person's time at a station as a pure machine: a state
// and an event give the next state, what is on the screen and what is to be
// done. It does no I/O, reads no clock and knows no toolkit.
//
// The road: attract → home → procedures → identify, with the chip of the card
// where there is a reader → papers → questions, one a screen → review with consent
// → sending → done → goodbye → attract. Help, language, larger text, the voice and
// the end are on every page. A visit that nobody touches for IdleAfter is asked
// about, and ended IdleCount later. By whatever road a visit ends, its State is
// replaced by a new one that holds nothing of the person. What staff do behind
// their PIN lies over the visit, which goes on below.
package visit

import (
	"fmt"
	"time"

	"motcua/kiosk/identity"
	"motcua/kiosk/pack"
	"motcua/kiosk/text"
	"motcua/kiosk/typing"
)

// How long a visit waits for a sign of life (WCAG 2.2, SC 2.2.1: at least 20 s
// to extend by a simple act).
const (
	IdleAfter    = 60 * time.Second
	IdleCount    = 20 * time.Second
	goodbyeFor   = 12 * time.Second
	sendingLimit = 30 * time.Second // the station must have answered by then
)

// Page is where in the visit we are.
type Page string

// The pages. Each is a screen of that name.
const (
	AtAttract    Page = "attract"
	AtHome       Page = "home"
	AtProcedures Page = "procedures"
	AtSearch     Page = "search"
	AtAbout      Page = "about" // one procedure: papers, time, fee, where
	AtGuide      Page = "guide"
	AtIdentify   Page = "identify"
	AtChip       Page = "chip" // the card is laid down, its chip is read
	AtPapers     Page = "papers"
	AtQuestion   Page = "question"
	AtReview     Page = "review"
	AtConsent    Page = "consent"
	AtSending    Page = "sending"
	AtDone       Page = "done"
	AtNotKept    Page = "notkept"
	AtNoPrint    Page = "noprint"
	AtCode       Page = "onscreen" // the receipt's code on the screen
	AtLookUp     Page = "lookup"
	AtFound      Page = "found"
	AtTicket     Page = "ticket"
	AtLawyer     Page = "lawyer"
	AtFeedback   Page = "feedback"
	AtGoodbye    Page = "goodbye"
)

// Pages lists every page, in the order of the road.
var Pages = []Page{AtAttract, AtHome, AtProcedures, AtSearch, AtAbout, AtGuide, AtIdentify, AtChip, AtPapers, AtQuestion,
	AtReview, AtConsent, AtSending, AtDone, AtNotKept, AtNoPrint, AtCode, AtLookUp, AtFound, AtTicket, AtLawyer, AtFeedback, AtGoodbye}

// delivery is how far the submission of this visit is.
type delivery int

const (
	unsent delivery = iota
	received
	refused
)

// job is how far the paper of this visit is.
type job int

const (
	noJob job = iota
	printing
	printed
	failed
)

// State is a visit at one moment. Its zero value is of no use: begin with
// Machine.Start. States are values: Step never changes the one it was given.
type State struct {
	page Page
	now  time.Time // of the last event
	life time.Time // of the last sign of life
	came time.Time // when this page was entered
	lang pack.Lang
	look Look
	over string // what lies over the page: "", "idle", "stop", "hotline", "staff", "look"

	// What is known of the station; outlives the visit.
	scanner bool
	reader  Reader
	printer PrinterState
	online  bool
	parts   []Part // never changed in place
	guard   guard

	duty duty

	handover bool         // phones can hand files over; outlives the visit
	handing  handing      // the page that is open for one
	files    []Attachment // never changed in place
	camera   bool         // pictures of papers can be taken; outlives the visit

	asking bool // the door was "ask", not "file"
	group  string
	query  typing.Text
	part   int // which part of a list that is too long for one page
	code   string
	person identity.Person
	known  bool
	typed  bool   // identity is being typed, not read
	note   string // key of a sentence about what just went wrong; "" = none

	chip  reading
	tries int              // readings that failed
	cards int              // laid down in this visit
	doubt identity.Warning // what the last reading gave reason to doubt

	at      string            // id of the question
	answers map[string]string // never changed in place
	input   typing.Text
	picked  string // of a choice
	date    [3]string
	column  int
	problem string // key
	mending bool   // came from the review and goes back to it

	agreed   bool
	agreedAt time.Time
	due      time.Time

	stored   Stored
	early    Received // confirmed before the station said that it is stored
	kept     time.Time
	delivery delivery
	dossier  string
	full     bool
	job      job
	copies   int
	rated    int

	looking bool
	looked  LookedUp
}

// Format prints "redacted" under every verb: a State holds a person.
func (State) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("visit (redacted)")) }

// Page tells where the visit is.
func (s State) Page() Page { return s.page }

// Place is what a Machine is made of: where it stands and what it knows. Texts
// and Pack are read-only.
type Place struct {
	Texts *text.Catalogue
	Pack  *pack.Pack
	Unit  pack.Unit
	// Station is the station's short name, "CN-03".
	Station string
	// HasScanner, HasReader and HasPrinter tell what is configured at all.
	HasScanner, HasReader, HasPrinter bool
	// HasPIN tells that staff have a PIN; without one their pages do not exist.
	HasPIN bool
}

// Machine steps visits of one station. It is read-only and safe for all.
type Machine struct {
	Place
	aboutYou []pack.Question // asked when the identity is typed
}

// New makes a Machine.
func New(p Place) *Machine {
	m := &Machine{Place: p}
	m.aboutYou = m.identityQuestions()
	return m
}

// Start is a station waiting for its next visitor. A reader counts as away until
// ReaderChanged tells otherwise: nobody is sent to one that may not be there.
func (m *Machine) Start(at time.Time) State {
	return State{page: AtAttract, now: at, life: at, came: at, lang: pack.VI,
		look: Look{Size: NormalSize}, scanner: m.HasScanner, printer: m.noPrinter()}
}

// noPrinter is the state of a printer that is not there at all.
func (m *Machine) noPrinter() PrinterState {
	if m.HasPrinter {
		return PrinterReady
	}
	return PrinterAway
}

// Step lets one event happen at a moment. Moments never run backwards: an
// earlier one than the last counts as the last.
func (m *Machine) Step(s State, at time.Time, e Event) (State, View, []Task) {
	if at.After(s.now) {
		s.now = at
	}
	before := s
	n := &next{Machine: m, State: s}
	n.event(e)
	if n.page != before.page {
		n.came = n.now
	}
	if before.readsChip() && !n.readsChip() && !ended(e) {
		n.tasks = append([]Task{DropChip{}}, n.tasks...)
	}
	n.putAway(before)
	n.handOver(before, e)
	v := m.View(n.State)
	if spoken := m.prompt(n.State); spoken != m.prompt(before) {
		if spoken.Key == "" {
			n.do(Hush{})
		} else {
			n.do(spoken.say())
		}
	}
	return n.State, v, n.tasks
}

// next is a state being made out of the one before.
type next struct {
	*Machine
	State
	tasks []Task
}

func (n *next) do(t Task) { n.tasks = append(n.tasks, t) }

// ended tells that the reading of a chip is over outside too.
func ended(e Event) bool {
	switch e.(type) {
	case ChipRead, ChipFailed, PortraitRead:
		return true
	}
	return false
}

// event decides what happens, whatever the page.
func (n *next) event(e Event) {
	switch e := e.(type) {
	case Touched:
		n.life, n.handing.hand = n.now, n.now
		n.touched(e.ID)
	case Tick:
		n.tick()
	case Scanned:
		if n.duty.at != noSheet {
			n.sheetScanned(e.Text)
			return
		}
		n.alive()
		n.scanned(e.Text)
	case Garbled:
		if n.duty.at != noSheet {
			n.sheetGarbled()
			return
		}
		n.alive()
		if n.page == AtIdentify || n.page == AtLookUp {
			n.say("scan.garbled")
		}
	case ScannerChanged:
		n.scanner = e.Ready
	case ReaderChanged:
		n.readerChanged(e.Reader)
	case ChipReached:
		n.chip.reach(e.Step)
		n.duty.face.chip.reach(e.Step)
	case ChipRead:
		if n.chip.mood == chipBusy {
			n.chipRead(e.Person)
		}
	case ChipFailed:
		if n.chip.mood == chipBusy {
			n.chipFailed(e.Why)
		}
		n.portraitFailed(e.Why)
	case PortraitRead:
		n.portraitRead(e)
	case LinkChanged:
		n.online = e.Online
		if !e.Online {
			n.settled() // nobody is kept waiting for a central that is away
		}
	case PrinterChanged:
		n.printer = e.Printer
		n.paperBack()
		n.paperMoved()
	case PartsChanged:
		n.parts = e.Parts
	case HandoverChanged, HandoverOpened, FileComing, FileArrived, FileRefused:
		n.handoverHappened(e)
	case CameraChanged, PictureDone:
		n.pictureHappened(e)
	case OutboxSeen, OutboxDone:
		n.outboxHappened(e)
	case PINChecked:
		n.pinChecked(e.Right)
	case TestPrinted:
		n.testPrinted(e)
	case Stored:
		n.keep(e)
	case NotStored:
		if n.page == AtSending {
			n.full = e.Full
			n.goTo(AtNotKept)
		}
	case Received:
		n.received(e)
	case Refused:
		if e.ID == n.stored.ID && e.ID != "" {
			n.delivery = refused
			n.settled()
		}
	case Unsent:
		if e.ID == n.stored.ID && e.ID != "" {
			n.settled()
		}
	case Printed:
		if n.job == printing {
			n.job = printed
		}
	case PrintFailed:
		n.printFailed(e)
	case LookedUp:
		if n.page == AtLookUp && n.looking {
			n.looking = false
			n.lookedUp(e)
		}
	}
}

// alive counts a scan as a sign of life; it also answers "are you there?".
func (n *next) alive() {
	n.life = n.now
	if n.over == "idle" {
		n.over = ""
	}
}

// goTo enters a page and drops what belonged to the one before only.
func (n *next) goTo(p Page) {
	n.page, n.over, n.note, n.problem, n.part, n.chip = p, "", "", "", 0, reading{}
	n.came = n.now
}

// say puts a sentence about what went wrong onto the page.
func (n *next) say(key string) { n.note = key }

// end forgets the person. What is left is what a station knows of itself.
func (n *next) end() {
	fresh := n.Start(n.now)
	fresh.scanner, fresh.reader, fresh.printer, fresh.online = n.scanner, n.reader, n.printer, n.online
	fresh.parts, fresh.guard, fresh.handover, fresh.camera = n.parts, n.guard, n.handover, n.camera
	n.State = fresh
	n.do(End{})
}

func (n *next) tick() {
	n.pictureTick()
	if n.duty.at != noSheet {
		n.life = n.now // staff are there
		limit := dutyAfter
		if n.duty.at == sheetPIN {
			limit = pinAfter
		}
		if n.now.Sub(n.duty.life) >= limit {
			n.offDuty()
		}
		n.outboxTick()
		n.portraitTick()
	}
	quiet := n.now.Sub(n.life)
	switch {
	case n.page == AtAttract:
	case n.page == AtSending:
		n.life = n.now // waiting is ours, not the visitor's
		if n.now.Sub(n.came) >= sendingLimit {
			if n.stored.ID == "" {
				n.goTo(AtNotKept)
			} else {
				n.settled()
			}
		}
	case n.chip.mood == chipBusy:
		n.life = n.now // so is this
		if n.now.Sub(n.chip.since) >= chipLimit {
			n.chipFailed(ChipUnreadable)
		}
	case n.page == AtGoodbye && n.duty.at == noSheet && n.now.Sub(n.came) >= goodbyeFor:
		n.end()
	case quiet >= IdleAfter+IdleCount:
		n.end()
	case quiet >= IdleAfter && n.page != AtGoodbye:
		n.over = "idle"
	}
}
