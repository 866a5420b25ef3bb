// Package receipt says what a receipt printer is.
//
// A Printer prints one Slip at a time, top first, and cuts after it. Widths are
// in dots, 203 to the inch: 576 across an 80 mm roll, 384 across 58 mm. Drivers
// are in the packages below; every driver passes receipttest.
package receipt

import (
	"context"
	"image"
)

// Status is what a printer says of itself.
type Status int

// The states of a printer, kept apart because they call for different acts.
// Unknown and Unsupported are neither fine nor bad: many units never answer and
// still print, and nobody can say that they are well.
const (
	Unknown Status = iota // it should answer and has not yet
	OK
	NearEnd   // prints, roll soon empty
	PaperOut  // staff put in a roll
	CoverOpen // staff close it
	Error     // cutter, head or supply: staff or technician
	Offline   // says so itself, or no longer answers after having answered

	Presented   // well, and the last slip waits at its mouth to be taken
	Unsupported // the model tells nothing, ever: it is not asked
)

// String gives the word used in logs, in the configuration and by kioskctl.
func (s Status) String() string {
	return [...]string{"unknown", "ok", "near end", "paper out", "cover open", "error", "offline", "presented", "not supported"}[s]
}

// Prints tells whether a print may be tried in this state.
func (s Status) Prints() bool { return !s.Bad() }

// Fine tells that the unit itself says that it can print.
func (s Status) Fine() bool { return s == OK || s == NearEnd || s == Presented }

// Bad tells that it cannot. What is neither fine nor bad is not known.
func (s Status) Bad() bool { return s == PaperOut || s == CoverOpen || s == Error || s == Offline }

// A Slip is one piece of paper: dark pixels are printed. Its width is at most
// the printer's Width; narrower slips are centred.
type Slip struct {
	Page *image.Gray
}

// StaffError is the cause beside devices.ErrStaff: what staff must mend.
type StaffError struct{ Status Status }

// Error names the state.
func (e *StaffError) Error() string { return e.Status.String() }

// A Printer is a receipt printer of any make. Safe for use by several
// goroutines; slips never mix.
type Printer interface {
	// Print prints s whole and cuts. It returns when the unit says that all is
	// out, or, for units that cannot say so, when all bytes are taken and no
	// fault was reported after the cut. It fails with devices.ErrStaff (wrapping
	// a *StaffError) when the paper ends, the cover opens or the cutter jams
	// before or during the print: the slip must then be printed again from the
	// start, marked as a reprint by whoever composes it. devices.ErrGone when
	// unplugged, devices.ErrSilent when it stops taking bytes. If ctx ends the
	// slip is ended where it is and Print returns ctx.Err(); the next Print
	// starts on a clean line.
	Print(ctx context.Context, s Slip) error
	// Status asks the unit now. A unit that never answered is Unknown with a
	// nil error, and one whose model cannot answer is Unsupported; neither is
	// ever PaperOut, nor OK, because it was silent.
	Status(ctx context.Context) (Status, error)
	// Width is the printable width in dots.
	Width() int
	// Close gives the unit back and unblocks the others. Twice is fine.
	Close() error
}

// A Presenter is a Printer that may hold a slip at its mouth until somebody takes
// it. What is still there when the visit ends is personal: pull it back.
type Presenter interface {
	Printer
	// Presents tells whether this unit holds slips; if not, the other two return
	// nil at once.
	Presents() bool
	// Taken waits until nothing is at the mouth, until ctx ends (ctx.Err()), or
	// fails like Print. Other calls may be made meanwhile.
	Taken(ctx context.Context) error
	// Retract pulls back what is at the mouth, out of reach of the next visitor,
	// or drops it where the unit cannot; nil if nothing was there. It takes at
	// most 5 s, and fails with devices.ErrStaff when the slip does not move.
	Retract(ctx context.Context) error
}
