package visit

import (
	"fmt"
	"strings"
	"time"

	"motcua/kiosk/pack"
)

// What staff do at the screen lies over a visit like a second sheet: the page
// below stays as it is, hears what happens, and is there again afterwards. No
// page of it tells of a person, but for the portrait in a card that staff compare
// with whoever stands before them.

const (
	dutyAfter = 3 * time.Minute  // a sheet that nobody touches is taken away
	pinAfter  = 30 * time.Second // before the PIN, sooner
	pinLeast  = 4
	pinMost   = 12
	pinTries  = 5
	pinBarred = 5 * time.Minute // after so many wrong ones
)

// Part is one peripheral or service of the station as staff see it.
type Part struct {
	Thing   string    // its name in the texts, "duty.part.THING": "printer", "scanner", "reader", "speaker", "central", "outbox", "clock"
	Model   string    // as the unit calls itself; "" = not known
	State   PartState // how it is
	Trouble string    // code of what is wrong, whose words are trouble.CODE.title and .text; "" = nothing
	Since   time.Time // when the trouble began; zero = not known
}

// PartState is how a part is. What is not known is never taken for bad.
type PartState int

// The states of a part.
const (
	PartUnknown PartState = iota // it was not asked yet, or has not answered
	PartReady
	PartWarning // it works, and wants somebody soon
	PartFaulty
	PartSilent // it is there and has no means to tell how it is
	PartAbsent // none is configured
)

// PartsChanged: this is how the station's parts are now. Parts is not changed
// after it was sent.
type PartsChanged struct{ Parts []Part }

// PINChecked answers a CheckPIN.
type PINChecked struct{ Right bool }

// TestPrinted answers a PrintTest: PrinterReady = the sheet is out. Code is what
// its QR code says, for the scanner to read it back; "" = it has none.
type TestPrinted struct {
	Printer PrinterState
	Code    string
}

func (PartsChanged) event() {}
func (PINChecked) event()   {}
func (TestPrinted) event()  {}

// CheckPIN asks whether a PIN is that of the staff. PINChecked answers.
type CheckPIN struct{ PIN string }

// PrintTest prints a test sheet. TestPrinted answers.
type PrintTest struct{}

func (CheckPIN) task()  {}
func (PrintTest) task() {}

// Format hides the PIN under every verb.
func (CheckPIN) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte("check pin (redacted)")) }

// sheet is a page of what staff do.
type sheet string

// The sheets.
const (
	noSheet    sheet = ""
	sheetPIN   sheet = "duty-pin"
	sheetParts sheet = "duty-parts"
	sheetPart  sheet = "duty-part"
	sheetPaper sheet = "duty-paper"
)

// paperStep is how far the change of paper is.
type paperStep int

// The steps. Each but the last is left by what the printer tells, or by a touch
// where it tells nothing.
const (
	paperOpen paperStep = iota
	paperRoll
	paperShut
	paperPrint
	paperRead
	paperDone
)

// duty is what staff are at; its zero value: nobody is.
type duty struct {
	at       sheet
	life     time.Time // of the last touch
	pin      string
	checking bool
	part     string // the thing that is looked at
	page     int    // the page of the list of parts
	step     paperStep
	code     string     // of the test sheet
	note     string     // key of what just went wrong
	shelf    shelf      // of the outbox
	face     comparison // of a person with the card's picture
}

// guard is what a station knows of the PINs tried; it outlives the visit.
type guard struct {
	wrong  int
	barred time.Time // until then none is taken
}

func (n *next) touchedDuty(id string) {
	n.duty.life = n.now
	kind, arg, _ := strings.Cut(id, ":")
	switch {
	case id == "end":
		n.offDuty()
		return
	case id == "look":
		n.over = "look"
		return
	case kind == "lang":
		n.lang = map[string]pack.Lang{"vi": pack.VI, "en": pack.EN}[arg]
		return
	}
	switch n.duty.at {
	case sheetPIN:
		n.touchedPIN(id)
	case sheetParts:
		switch {
		case id == "back":
			n.offDuty()
		case id == "more":
			n.duty.page++
		case id == "part:outbox":
			n.beginOutbox()
		case id == "portrait" && n.HasReader:
			n.beginCompare()
		case kind == "part":
			n.duty.at, n.duty.part = sheetPart, arg
		}
	case sheetPart:
		switch {
		case id == "back":
			n.duty.at = sheetParts
		case id == "paper" && n.duty.part == "printer":
			n.beginPaper()
		case id == "print" && n.duty.part == "printer":
			n.duty.at = sheetPaper
			n.testPaper()
		}
	case sheetPaper:
		n.touchedPaper(id)
	case sheetOutbox, sheetStuck:
		n.touchedOutbox(id)
	case sheetPortrait:
		n.touchedPortrait(id)
	}
}

// offDuty takes the sheet away; the visitor below has a full minute again.
func (n *next) offDuty() {
	if n.comparing() {
		n.endCompare()
	}
	n.duty, n.life = duty{}, n.now
}

func (n *next) touchedPIN(id string) {
	d := &n.duty
	switch {
	case id == "back":
		n.offDuty()
	case d.checking:
	case id == "next" && n.now.Before(n.guard.barred):
		d.pin, d.note = "", "duty.pin.barred"
	case id == "next" && len(d.pin) < pinLeast:
		d.note = "duty.pin.short"
	case id == "next":
		d.checking = true
		n.do(CheckPIN{PIN: d.pin})
		d.pin = ""
	default:
		if pin, ok := onPad(d.pin, id, pinMost); ok {
			d.pin, d.note = pin, ""
		}
	}
}

// onPad gives what a touch of the digit pad makes of what was typed, which has most
// digits at the most; ok tells whether it was one that counts.
func onPad(typed, id string, most int) (now string, ok bool) {
	key, ok := strings.CutPrefix(id, "key:")
	switch {
	case !ok:
	case key == "delete" && typed != "":
		return typed[:len(typed)-1], true
	case key == "clear":
		return "", true
	case len(key) == 1 && key[0] >= '0' && key[0] <= '9' && len(typed) < most:
		return typed + key, true
	}
	return typed, false
}

func (n *next) pinChecked(right bool) {
	d := &n.duty
	if d.at != sheetPIN || !d.checking {
		return
	}
	d.checking, d.life = false, n.now
	if right {
		n.guard = guard{}
		d.at = sheetParts
		return
	}
	n.guard.wrong++
	d.note = "duty.pin.wrong"
	if n.guard.wrong >= pinTries {
		n.guard = guard{barred: n.now.Add(pinBarred)}
		d.note = "duty.pin.barred"
	}
}

func (n *next) beginPaper() {
	n.duty.at, n.duty.step, n.duty.note = sheetPaper, paperOpen, ""
	n.paperMoved()
}

// paperMoved goes on with the change of paper as the printer tells.
func (n *next) paperMoved() {
	switch step := n.duty.step; {
	case n.duty.at != sheetPaper:
	case step == paperOpen && n.printer == PrinterOpen:
		n.duty.step = paperRoll
	case (step == paperRoll || step == paperShut) && n.printer.Prints():
		n.testPaper()
	}
}

func (n *next) testPaper() {
	n.duty.step, n.duty.note, n.duty.code = paperPrint, "", ""
	n.do(PrintTest{})
}

func (n *next) testPrinted(e TestPrinted) {
	d := &n.duty
	if d.at != sheetPaper || d.step != paperPrint || d.note != "" {
		return
	}
	d.life = n.now
	if !e.Printer.Prints() {
		d.note = "noprint." + troubleOf(e.Printer)
		return
	}
	d.step, d.code = paperRead, e.Code
}

// troubleOf names a state of the printer in the texts.
func troubleOf(p PrinterState) string {
	switch p {
	case PrinterNoPaper:
		return "paper"
	case PrinterOpen:
		return "open"
	case PrinterFaulty:
		return "faulty"
	}
	return "away"
}

// sheetScanned takes a scan on duty: the code of the test sheet read back, or that
// of a card.
func (n *next) sheetScanned(code string) {
	d := &n.duty
	d.life = n.now
	switch {
	case n.comparing():
		n.scannedFor(code)
	case d.at != sheetPaper || d.step != paperRead || d.code == "":
	case code == d.code:
		d.step, d.note = paperDone, ""
	default:
		d.note = "duty.paper.othercode"
	}
}

// sheetGarbled says that a code was not read, where one is waited for.
func (n *next) sheetGarbled() {
	if c := &n.duty.face; n.comparing() && c.chip.mood == faceAsked {
		c.note, n.duty.life = "scan.garbled", n.now
	}
}

func (n *next) touchedPaper(id string) {
	d := &n.duty
	switch {
	case id == "back" && d.step > paperOpen && d.step <= paperShut:
		d.step, d.note = d.step-1, ""
	case id == "back", id == "finish":
		d.at = sheetPart
	case id == "print" && (d.step == paperRead || d.step == paperPrint && d.note != ""):
		n.testPaper()
	case id != "next":
	case d.step == paperOpen || d.step == paperRoll:
		d.step++
	case d.step == paperShut && n.printer == PrinterOpen:
		d.note = "duty.paper.stillopen"
	case d.step == paperShut:
		n.testPaper()
	case d.step == paperRead:
		d.step = paperDone
	}
}
