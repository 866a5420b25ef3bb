package visit

import (
	"fmt"

	"motcua/kiosk/identity"
)

// Reader is what the visit needs to know of the card reader.
type Reader int

// The states of the reader as a visitor meets them.
const (
	ReaderAway Reader = iota // unplugged, never there, or its daemon does not answer
	ReaderEmpty
	ReaderCard    // one card lies on it
	ReaderCrowded // several cards do: all but one must be lifted
)

// ReaderChanged: the reader came or went, or what lies on it is another.
type ReaderChanged struct{ Reader Reader }

// ChipStep is how far the reading of a chip is.
type ChipStep int

// The steps, in order.
const (
	ChipOpening  ChipStep = iota // the chip is opened with the number
	ChipReading                  // its data are fetched
	ChipProving                  // the chip shows that it is no copy
	ChipChecking                 // the state's signature is checked
)

// ChipReached: the reading of the chip came to a step.
type ChipReached struct{ Step ChipStep }

// ChipRead: the chip told who it is. Person.Assurance and Person.Proof say how
// far that was proven. Person has what the chip gave and nothing else.
type ChipRead struct{ Person identity.Person }

// ChipProblem is why a chip could not be read.
type ChipProblem int

// The reasons, as far as a visitor has to act differently.
const (
	ChipLifted     ChipProblem = iota // the card was taken away too soon
	ChipCrowded                       // a second card came near
	ChipUnknown                       // not an identity card, or of a kind we cannot read
	ChipLocked                        // the number does not open it: another person's card, or mistyped
	ChipDiffers                       // the chip is not the card that the code or the number came from
	ChipRefused                       // altered, forged, taken back or copied: staff must look at it
	ChipUnreadable                    // silence or noise: worth another try
)

// ChipFailed: the reading ended without a person.
type ChipFailed struct{ Why ChipProblem }

func (ReaderChanged) event() {}
func (ChipReached) event()   {}
func (ChipRead) event()      {}
func (ChipFailed) event()    {}

// Format hides the person under every verb.
func (ChipRead) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte("chip read (redacted)")) }

// ReadChip reads the chip that lies on the reader, and opens it with what is
// known of its holder: the number from the code on the card or as typed, and, if
// known, the dates for the machine readable zone. What the chip says is held
// against Person. ChipReached tells the steps, ChipRead or ChipFailed ends it.
// A new ReadChip ends the one before.
type ReadChip struct{ Person identity.Person }

// DropChip ends the reading that is under way, if any. Nothing answers.
type DropChip struct{}

func (ReadChip) task() {}
func (DropChip) task() {}

// Format hides the person under every verb.
func (ReadChip) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte("read chip (redacted)")) }
