package visit

import (
	"slices"
	"time"

	"motcua/kiosk/identity"
)

const (
	// chipLimit is how long a reading may take. A slow card is done in a third of it.
	chipLimit = 30 * time.Second
	// chipTries is how often a chip may fail before the visit goes on without it.
	chipTries = 3
	// laidMost is how many cards laid down count as signs of life: one that
	// trembles on the rim of the reader keeps no visit open.
	laidMost = 5
)

// mood is what the page of the chip is about.
type mood string

// The moods. Each has its own view, its own sentences and its own prompt.
const (
	chipLay        mood = "lay" // the card is to be laid down
	chipBusy       mood = "reading"
	chipLifted     mood = "lifted"
	chipCrowded    mood = "crowded"
	chipUnknown    mood = "unknown"
	chipLocked     mood = "locked"
	chipDiffers    mood = "differs"
	chipRefused    mood = "refused"
	chipUnreadable mood = "unreadable"
	chipSpent      mood = "spent" // tried often enough
)

// moodOf is what a visitor is shown of a problem, and the doubt that staff get
// to know if the visitor goes on without the chip.
func moodOf(why ChipProblem) (mood, identity.Warning) {
	switch why {
	case ChipLifted:
		return chipLifted, ""
	case ChipCrowded:
		return chipCrowded, ""
	case ChipUnknown:
		return chipUnknown, ""
	case ChipLocked:
		return chipLocked, "chip.doubt.locked"
	case ChipDiffers:
		return chipDiffers, "chip.doubt.differs"
	case ChipRefused:
		return chipRefused, "chip.doubt.refused"
	}
	return chipUnreadable, ""
}

// reading is how far the chip of this visit is, while its page is shown.
type reading struct {
	mood  mood
	since time.Time // the reading under way began
	step  ChipStep
	past  [chipSteps]bool // the steps that were reached and left
}

// chipSteps is the number of steps.
const chipSteps = int(ChipChecking) + 1

// reads tells whether a chip may be read now. Where it is false, everything is
// as on a station without a reader.
func (m *Machine) reads(s State) bool {
	return m.HasReader && s.reader != ReaderAway && s.tries < chipTries
}

// holder is what is known of the card's holder before its chip is read.
func (s State) holder() identity.Person {
	if s.known {
		return s.person
	}
	return identity.Person{Number: identity.PersonalNumber(s.answers[askNumber]), Assurance: identity.Typed}
}

// lies tells that something lies on the reader that its owner should not forget.
func (s State) lies() bool { return s.reader == ReaderCard || s.reader == ReaderCrowded }

// readerChanged decides what a card that comes or goes means. On most pages it
// is only kept in mind.
func (n *next) readerChanged(r Reader) {
	if !n.HasReader || r == n.reader {
		return
	}
	laid := n.reader == ReaderEmpty && r == ReaderCard
	n.reader = r
	if n.comparing() {
		n.cardMoved()
		return
	}
	if laid && n.cards < laidMost {
		n.cards++
		n.alive()
	}
	switch {
	case n.page == AtAttract && laid:
		n.goTo(AtHome)
	case n.page != AtChip:
	case r == ReaderAway:
		n.withoutChip("chip.away")
	case n.chip.mood == chipBusy && n.chip.step == ChipChecking:
		// All is read by now: the card may go.
	case n.chip.mood == chipBusy && r == ReaderEmpty:
		n.chipFailed(ChipLifted)
	case n.chip.mood == chipBusy:
		n.chipFailed(ChipCrowded)
	case n.chip.mood == chipRefused, n.chip.mood == chipSpent:
	case r == ReaderEmpty && n.chip.mood != chipCrowded:
		// What went wrong stays to be read until a card is laid down again.
	default:
		n.beginChip()
	}
}

// offerChip asks for the card, or reads it if it lies there already.
func (n *next) offerChip() {
	n.goTo(AtChip)
	n.beginChip()
}

func (n *next) beginChip() {
	n.chip, n.note = reading{mood: chipLay}, ""
	switch {
	case n.tries >= chipTries:
		n.chip.mood = chipSpent
	case n.reader == ReaderCrowded:
		n.chip.mood = chipCrowded
	case n.reader == ReaderCard:
		n.chip = reading{mood: chipBusy, since: n.now}
		n.doubt = ""
		n.do(ReadChip{Person: n.holder()})
	}
}

// reach goes on to a step, if a reading is under way.
func (r *reading) reach(step ChipStep) {
	if r.mood != chipBusy || step < 0 || int(step) >= chipSteps || step == r.step {
		return
	}
	r.past[r.step] = true
	r.step = step
	r.past[step] = false
}

// readsChip tells that a chip is being read, for the visitor or for staff.
func (s State) readsChip() bool { return s.chip.mood == chipBusy || s.duty.face.chip.mood == chipBusy }

// chipFailed says what went wrong. What only a hand can mend may be tried again,
// but not for ever.
func (n *next) chipFailed(why ChipProblem) {
	m, doubt := moodOf(why)
	n.chip, n.doubt, n.note = reading{mood: m}, doubt, ""
	if why == ChipCrowded {
		return
	}
	n.tries++
	if n.tries >= chipTries && m != chipRefused && m != chipDiffers {
		n.chip.mood = chipSpent
	}
}

// chipRead takes the person that the chip gave in the place of what the code or
// the visitor gave; nothing of that is mixed in. A person with another number
// than was asked for is nobody whom this visit knows.
func (n *next) chipRead(p identity.Person) {
	over := n.over
	switch {
	case p.Name == "":
		n.chipFailed(ChipUnreadable)
	case p.Number != n.holder().Number:
		n.chipFailed(ChipDiffers)
	case p.Expired(n.now):
		n.forget()
		n.tries = chipTries // its chip says the same again
		n.goTo(AtIdentify)
		n.say("identity.expired")
	default:
		if p.Assurance == identity.ChipRead && p.Warnings == nil {
			p.Warnings = identity.Doubts(p)
		}
		n.person, n.known, n.typed, n.answers, n.doubt = p, true, false, nil, ""
		n.goTo(AtPapers)
	}
	n.over = over // a question over the page is not taken away under the finger
}

// withoutChip goes on with what the code or the visitor gave, which stays as
// sure as that was. note says why, if nobody touched anything.
func (n *next) withoutChip(note string) {
	over := n.over
	if n.known {
		n.person.Warnings = n.doubted(n.person.Warnings)
		n.goTo(AtPapers)
	} else {
		n.ask(n.aboutYou[1].ID)
	}
	n.over, n.note = over, note
}

// doubted adds what the chip gave reason to doubt.
func (s State) doubted(w []identity.Warning) []identity.Warning {
	if s.doubt == "" || slices.Contains(w, s.doubt) {
		return w
	}
	return append(slices.Clip(w), s.doubt)
}

func (n *next) touchedChip(id string) {
	at := n.chip.mood
	switch {
	case id == "skip":
		n.withoutChip("")
	case id == "retry" && at == chipUnreadable:
		n.beginChip()
	case id == "call" && (at == chipRefused || at == chipDiffers):
		n.over = "staff"
		n.do(CallStaff{})
	case !n.known && (id == "back" || id == "way:number" && (at == chipLocked || at == chipDiffers)):
		n.ask(askNumber)
	case id == "back" || id == "way:scan" && (at == chipLocked || at == chipDiffers):
		n.forget()
		n.goTo(AtIdentify)
	}
}
