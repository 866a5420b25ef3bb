// Package hatch is the local socket that kioskctl talks through: HTTP and JSON
// over a unix socket that only the kiosk's own account and root may open.
//
// A technician, a test and the workbench see the kiosk through it: how it is,
// what is on the screen and where each touch target lies, what waits in the
// outbox. They may have a slip printed, a code scanned and a prompt spoken, and
// submissions sent, checked and carried away, sealed as they are, and central's
// word on those taken in. No personal data that the station could read passes it:
// no answer, no name, no number, no content of a scanned code.
package hatch

import (
	"context"
	"errors"
	"time"
)

// DefaultSocket is where the kiosk listens unless the configuration says
// otherwise.
const DefaultSocket = "/run/kiosk/hatch.sock"

// ErrNotRunning: nobody listens at the socket. Start the kiosk.
var ErrNotRunning = errors.New("kiosk is not running")

// ErrRunning: another kiosk holds the socket.
var ErrRunning = errors.New("another kiosk is running")

// ErrUnknown: there is no such submission in the outbox.
var ErrUnknown = errors.New("no such submission")

// ErrBusy: a citizen is using the station; peripherals are not lent meanwhile.
var ErrBusy = errors.New("a visit is under way")

// A Kiosk is what answers behind the hatch. All methods may be called at once
// from several goroutines. The tests of peripherals fail with a *devices.Error,
// or with ErrBusy while a visit is under way.
type Kiosk interface {
	Stored
	Trials
	// Status tells how the kiosk is, at once.
	Status(ctx context.Context) (Status, error)
	// Screen gives what is shown as soon as its Seq is greater than after; ctx
	// ends the wait. Board does this.
	Screen(ctx context.Context, after uint64) (Screen, error)
	// Outbox lists what is stored here, oldest first.
	Outbox(ctx context.Context) ([]Entry, error)
	// Entry gives one entry of the outbox, or ErrUnknown.
	Entry(ctx context.Context, id string) (Entry, error)
	// ScanTest waits for one code and tells its kind and length.
	ScanTest(ctx context.Context) (Scan, error)
	// SpeakTest speaks a test prompt and returns when it has ended.
	SpeakTest(ctx context.Context) error
	// Log gives the last lines of the log, at most n, oldest first.
	Log(ctx context.Context, n int) ([]string, error)
}

// Status is how the kiosk is.
type Status struct {
	Version     string       `json:"version"`
	Station     string       `json:"station"` // "CN-03"
	Unit        string       `json:"unit"`    // code of the ward, "00082"
	Pack        string       `json:"pack"`    // "hanoi 2026-11-01"
	Since       time.Time    `json:"since"`   // when it was started
	Screen      string       `json:"screen"`  // name of what is shown
	Peripherals []Peripheral `json:"peripherals"`
	Outbox      Count        `json:"outbox"`
	Uplink      Uplink       `json:"uplink"`
	Troubles    []Trouble    `json:"troubles"` // what is wrong now; empty = nothing
}

// Peripheral is one unit of the configuration.
type Peripheral struct {
	Name     string    `json:"name"`   // "printer"
	Thing    string    `json:"thing"`  // "receipt"
	Driver   string    `json:"driver"` // "escpos"
	Port     string    `json:"port,omitempty"`
	Required bool      `json:"required"`
	State    string    `json:"state"` // "ok", "away", "near end", "paper out"…
	Fine     bool      `json:"fine"`  // nobody has to act
	Since    time.Time `json:"since"` // when State began
	Problem  string    `json:"problem,omitempty"`
}

// Count is how many submissions the outbox holds.
type Count struct {
	Waiting int       `json:"waiting"`         // not yet confirmed by central
	Refused int       `json:"refused"`         // set aside, somebody must act
	Oldest  time.Time `json:"oldest,omitzero"` // when the oldest that waits was accepted
}

// Uplink is the way to central.
type Uplink struct {
	URL     string    `json:"url"`
	Reached bool      `json:"reached"`           // the last try got an answer
	Last    time.Time `json:"last,omitzero"`     // when central last answered
	Next    time.Time `json:"next,omitzero"`     // when it is tried again
	Problem string    `json:"problem,omitempty"` // of the last try
}

// Trouble is something wrong now.
type Trouble struct {
	Code  string    `json:"code"`
	Title string    `json:"title"`
	Text  string    `json:"text"`
	Who   string    `json:"who"` // who must act: "staff", "technician", "nobody"
	Since time.Time `json:"since"`
}

// Screen is what is shown, without any word that a citizen typed or a card gave.
type Screen struct {
	Seq     uint64   `json:"seq"`    // grows with every view that was drawn
	Screen  string   `json:"screen"` // "home", "question"…
	Step    string   `json:"step"`   // question id, page…
	Lang    string   `json:"lang"`
	Over    string   `json:"over,omitempty"` // card on top: "idle", "stop"…
	Busy    bool     `json:"busy"`           // something is under way
	Code    string   `json:"code,omitempty"` // of a dossier or claim that is shown to keep
	Width   int      `json:"width"`          // of the window, in pixels
	Height  int      `json:"height"`
	Targets []Target `json:"targets"` // what can be touched, top to bottom
}

// Target is one place to touch, in pixels from the window's top left corner.
// Label is the word of the interface, never a value.
type Target struct {
	ID      string `json:"id"`
	Label   string `json:"label"`
	X       int    `json:"x"`
	Y       int    `json:"y"`
	W       int    `json:"w"`
	H       int    `json:"h"`
	Enabled bool   `json:"enabled"`
}

// Find gives the target with this id.
func (s Screen) Find(id string) (Target, bool) {
	for _, t := range s.Targets {
		if t.ID == id {
			return t, true
		}
	}
	return Target{}, false
}

// Centre is where a finger would go.
func (t Target) Centre() (x, y int) { return t.X + t.W/2, t.Y + t.H/2 }

// Entry is one submission in the outbox, without its content, which the
// station cannot read.
type Entry struct {
	ID        string    `json:"id"`
	Claim     string    `json:"claim"`     // code printed on the receipt
	Procedure string    `json:"procedure"` // "1.001193"
	State     string    `json:"state"`     // "queued", "sending", "resend", "received", "refused"
	Reason    string    `json:"reason,omitempty"`
	Accepted  time.Time `json:"accepted"` // by the station's clock
	Attempts  int       `json:"attempts"`
	Owner     string    `json:"owner,omitempty"` // who must act
	NextStep  string    `json:"next_step,omitempty"`
	Dossier   string    `json:"dossier,omitempty"` // code, once the authority gave one
}

// Scan is what a code was, never what it said.
type Scan struct {
	Kind   string `json:"kind"`   // "card", "receipt", "unknown"…
	Length int    `json:"length"` // in bytes
	// Unit is the scanner that read it; "" = the kiosk cannot tell.
	Unit string `json:"unit,omitempty"`
	Same bool   `json:"same,omitempty"` // it is what ScanCode waited for
}
