package visit

import (
	"fmt"
	"time"

	"motcua/kiosk/identity"
)

// Staff compare whoever stands before them with the picture in the chip of the
// card. The visit knows the picture by a name only; its pixels are with the
// station, for as long as the sheet that shows them.

const (
	// portraitFor is how long a portrait is shown.
	portraitFor = 30 * time.Second
	// endDigits is how many digits of a card open its chip: the last of its number.
	endDigits = 6
)

// Why a card whose chip was read has no portrait to show.
const (
	PortraitNone    = "none"    // the chip holds none, as of a young child
	PortraitKind    = "kind"    // it is of a kind that cannot be drawn here
	PortraitSpoiled = "spoiled" // what the chip gave is no picture
)

// PortraitRead: the chip was read for its portrait, which the station keeps under
// ID until DropPortrait. Without one, Lack says why. Assurance is how far the chip
// was proven.
type PortraitRead struct {
	ID, Lack  string
	Assurance identity.Assurance
}

func (PortraitRead) event() {}

// ReadPortrait reads the portrait of the card that lies on the reader. It is opened
// with Digits, the last six of its number, or, where these are "", with what the
// code on it said of Person. ChipReached tells the steps, PortraitRead or ChipFailed
// ends it. A reading that is under way ends, and DropChip ends this one.
type ReadPortrait struct {
	Person identity.Person
	Digits string
}

// DropPortrait wipes a portrait. Nothing answers.
type DropPortrait struct{ ID string }

func (ReadPortrait) task() {}
func (DropPortrait) task() {}

// Format hides the card under every verb.
func (ReadPortrait) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte("read portrait (redacted)")) }

// sheetPortrait is where staff compare.
const sheetPortrait sheet = "duty-portrait"

// What the sheet is about beside the moods of a chip.
const (
	faceAsked mood = "" // which card it is
	faceShown mood = "shown"
)

// comparison is what staff know of the card on the reader; its zero value: nothing.
type comparison struct {
	digits string
	holder identity.Person // by the code on the card; nobody if digits were typed
	chip   reading
	read   PortraitRead
	since  time.Time // it is shown
	note   string    // key of what just happened
}

func (n *next) comparing() bool { return n.duty.at == sheetPortrait }

// beginCompare takes the reader for staff. What the visitor was having read is
// read anew afterwards.
func (n *next) beginCompare() {
	n.duty.at, n.duty.face = sheetPortrait, comparison{}
	if n.chip.mood == chipBusy {
		n.chip = reading{mood: chipLay}
	}
}

// endCompare gives the reader back to the visit below.
func (n *next) endCompare() {
	n.duty.at, n.duty.face = sheetParts, comparison{}
	switch {
	case n.page != AtChip:
	case n.reader == ReaderAway:
		n.withoutChip("chip.away")
	case n.chip.mood == chipLay, n.chip.mood == chipCrowded:
		n.beginChip()
	}
}

// askWhich forgets the card and asks for one.
func (n *next) askWhich(note string) { n.duty.face = comparison{note: note} }

func (n *next) touchedPortrait(id string) {
	c := &n.duty.face
	switch at := c.chip.mood; {
	case id == "finish" && at == faceShown, id == "back" && (at == faceAsked || n.reader == ReaderAway):
		n.endCompare()
	case id == "back":
		n.askWhich("")
	case n.reader == ReaderAway:
	case id == "retry" && at == chipUnreadable:
		n.readPortrait()
	case at != faceAsked:
	case id == "next" && len(c.digits) < endDigits:
		c.note = "portrait.short"
	case id == "next":
		n.readPortrait()
	default:
		if digits, ok := onPad(c.digits, id, endDigits); ok {
			c.digits, c.note = digits, ""
		}
	}
}

// scannedFor takes the code on a card, unless one is being read or looked at.
func (n *next) scannedFor(code string) {
	c := &n.duty.face
	if n.reader == ReaderAway || c.chip.mood == chipBusy || c.chip.mood == faceShown {
		return
	}
	switch found, err := n.read(code, n.now); {
	case err != nil:
		n.askWhich(identity.Sentence(err))
	case found.Kind != identity.Card:
		n.askWhich(found.Kind.Sentence())
	default:
		*c = comparison{holder: found.Person}
		n.readPortrait()
	}
}

// readPortrait reads the card that lies there, or asks for it.
func (n *next) readPortrait() {
	c := &n.duty.face
	c.note, c.read, c.chip = "", PortraitRead{}, reading{mood: chipLay}
	switch n.reader {
	case ReaderCrowded:
		c.chip.mood = chipCrowded
	case ReaderCard:
		c.chip = reading{mood: chipBusy, since: n.now}
		n.do(ReadPortrait{Person: c.holder, Digits: c.digits})
	}
}

// cardMoved decides what a card means that comes or goes while staff compare. The
// portrait goes with its card.
func (n *next) cardMoved() {
	c := &n.duty.face
	n.duty.life = n.now
	switch at := c.chip.mood; {
	case at == faceAsked:
	case n.reader == ReaderAway:
		n.askWhich("")
	case at == faceShown:
		n.askWhich("portrait.gone")
	case at == chipBusy && n.reader == ReaderEmpty:
		c.chip = reading{mood: chipLifted}
	case at == chipBusy:
		c.chip = reading{mood: chipCrowded}
	case n.reader == ReaderEmpty && at != chipCrowded:
		// What went wrong stays to be read until a card is laid down again.
	default:
		n.readPortrait()
	}
}

// portraitRead takes the portrait that was asked for; any other is wiped.
func (n *next) portraitRead(e PortraitRead) {
	c := &n.duty.face
	if !n.comparing() || c.chip.mood != chipBusy {
		if e.ID != "" && e.ID != c.read.ID {
			n.do(DropPortrait{ID: e.ID})
		}
		return
	}
	c.read, c.chip, c.since, n.duty.life = e, reading{mood: faceShown}, n.now, n.now
	if e.ID == "" {
		c.chip.mood = mood(e.Lack)
	}
}

// portraitFailed says why there is no portrait.
func (n *next) portraitFailed(why ChipProblem) {
	if c := &n.duty.face; n.comparing() && c.chip.mood == chipBusy {
		m, _ := moodOf(why)
		c.chip, n.duty.life = reading{mood: m}, n.now
	}
}

// portraitTick ends what took too long.
func (n *next) portraitTick() {
	c := &n.duty.face
	switch {
	case c.chip.mood == chipBusy && n.now.Sub(c.chip.since) >= chipLimit:
		n.portraitFailed(ChipUnreadable)
	case c.chip.mood == faceShown && n.now.Sub(c.since) >= portraitFor:
		n.askWhich("portrait.gone")
	}
}

// putAway has a portrait wiped that this step no longer shows, by whatever road.
func (n *next) putAway(before State) {
	if id := before.duty.face.read.ID; id != "" && id != n.duty.face.read.ID {
		n.tasks = append([]Task{DropPortrait{ID: id}}, n.tasks...)
	}
}
