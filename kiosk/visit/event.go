package visit

import (
	"fmt"

	"motcua/kiosk/identity"
	"motcua/kiosk/pack"
	"time"
)

// Event is something that happened: a touch, a scan, a word from a peripheral
// or from the uplink, or a second gone by. The concrete types below are all
// there are; every one of them is decided on every page.
type Event interface{ event() }

// Touched: a target was touched and let go.
type Touched struct{ ID string }

// Tick: time went by. The station sends one a second while a visit is on.
type Tick struct{}

// Scanned: the scanner read a code. Text may be personal data.
type Scanned struct{ Text string }

// Garbled: the scanner read something that was no whole code.
type Garbled struct{}

// ScannerChanged: the scanner came or went.
type ScannerChanged struct{ Ready bool }

// PrinterChanged: the printer's state is another one.
type PrinterChanged struct{ Printer PrinterState }

// LinkChanged: central can be reached, or not.
type LinkChanged struct{ Online bool }

// Stored: the submission is durable on this station.
type Stored struct {
	ID     string // of the submission
	Claim  string // the temporary code, "CN03-7F2K"
	Secret string // guards the public look-up
	LookUp string // what the receipt's QR says
}

// NotStored: the submission could not be kept; nothing was accepted.
type NotStored struct{ Full bool }

// Received: central confirmed it. Dossier is "" until the authority opens one.
type Received struct{ ID, Dossier string }

// Refused: central will never take it as it is; staff have it now.
type Refused struct{ ID string }

// Unsent: central has not confirmed within the time a citizen can be kept.
type Unsent struct{ ID string }

// Printed: the paper is out.
type Printed struct{}

// PrintFailed: it is not, or not whole.
type PrintFailed struct{ Printer PrinterState }

// LookedUp: the answer to a LookUp task.
type LookedUp struct {
	Result  LookUpResult
	Title   pack.Text // of the procedure; empty = not known
	Dossier string    // its code, once opened
	State   string    // key of the sentence that says how far it is: "lookup.state.received"
	Due     time.Time
}

// LookUpResult is how a look-up went.
type LookUpResult int

// The outcomes of a look-up.
const (
	LookUpFound LookUpResult = iota
	LookUpUnknown
	LookUpOffline
)

func (Touched) event()        {}
func (Tick) event()           {}
func (Scanned) event()        {}
func (Garbled) event()        {}
func (ScannerChanged) event() {}
func (PrinterChanged) event() {}
func (LinkChanged) event()    {}
func (Stored) event()         {}
func (NotStored) event()      {}
func (Received) event()       {}
func (Refused) event()        {}
func (Unsent) event()         {}
func (Printed) event()        {}
func (PrintFailed) event()    {}
func (LookedUp) event()       {}

// Format hides what was scanned under every verb.
func (Scanned) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte("scanned (redacted)")) }

// PrinterState is what the visit needs to know of the printer.
type PrinterState int

// The states of the printer as a visitor meets them. The zero value prints.
const (
	PrinterReady PrinterState = iota
	PrinterNoPaper
	PrinterOpen
	PrinterFaulty
	PrinterAway // unplugged, never there, or it stopped answering
)

// Prints tells whether a print may be tried.
func (p PrinterState) Prints() bool { return p == PrinterReady }

// Task is something to be done outside: the station does it and answers with
// an event where one is named.
type Task interface{ task() }

// Say speaks a prompt, cutting off the one before. Nothing answers.
type Say struct {
	Lang  pack.Lang
	Key   string // of the texts; spoken entries only
	Slots map[string]int
}

// Hush stops the voice.
type Hush struct{}

// Submit keeps a submission and hands it to the uplink. Stored or NotStored
// answers, then one of Received, Refused, Unsent.
type Submit struct{ Draft Draft }

// Print prints one piece: the receipt of a submission, or, where Receipt is
// nil, the slip that tells how a guided procedure is done. Copy counts from 1;
// from 2 on the piece is marked as printed again. Printed or PrintFailed answers.
type Print struct {
	Procedure *pack.Procedure
	Lang      pack.Lang
	Receipt   *Receipt
	Copy      int
}

// Receipt is what a receipt says. It prints redacted.
type Receipt struct {
	Claim          string // the temporary code
	Received       bool   // central has it; else it is stored here and not yet sent
	Refused        bool   // central refused it; staff have it
	Dossier        string // the authority's code; "" until it opened one
	Secret, LookUp string
	Person         identity.Person
	Result         string // how the result comes, in words; "" = not asked
	Fee            string // what it costs and where that is paid, in words
	At, Due        time.Time
}

// LookUp asks how far a submission is. LookedUp answers.
type LookUp struct{ ID, Secret string }

// CallStaff tells staff that a visitor wants them.
type CallStaff struct{}

// Rate hands on how a visitor liked it, 1 to 5, without who it was.
type Rate struct {
	Score     int
	Procedure string
}

// End tells that the visit is over and its person forgotten: volume, language
// and everything else of this visitor is to be reset outside too.
type End struct{}

func (Say) task()       {}
func (Hush) task()      {}
func (Submit) task()    {}
func (Print) task()     {}
func (LookUp) task()    {}
func (CallStaff) task() {}
func (Rate) task()      {}
func (End) task()       {}

// Draft is what a citizen agreed to send. It prints redacted.
type Draft struct {
	Procedure *pack.Procedure
	Person    identity.Person
	Answers   []Answer
	// Attachments are the files that go with it, in the order asked.
	Attachments []Attachment
	Consent     string // version of the text agreed to
	AgreedAt    time.Time
	Due         time.Time
	Lang        pack.Lang
}

// Answer is one answer, with the words it was shown in.
type Answer struct{ ID, Label, Value, Shown string }

// Attachment is a file that was handed over. The visit knows of it only this:
// the file itself is sealed and lies with the station until the visit ends.
type Attachment struct {
	ID       string // by which the station knows it
	Question string // of the question or paper that it answers
	Label    string // of that, as shown; never the name of a file
	Media    string // "image/jpeg"
	Size     int64  // bytes
}

// Format prints "redacted" under every verb.
func (Draft) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte("draft (redacted)")) }

// Format prints "redacted" under every verb.
func (Receipt) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte("receipt (redacted)")) }

// Format prints "redacted" under every verb.
func (Answer) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte("answer (redacted)")) }
