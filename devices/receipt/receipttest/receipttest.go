// Package receipttest holds every printer driver to the promises of
// receipt.Printer.
//
// Some promises are asked of some units only: those of a Deaf line, and those of a
// Presenter.
//
// A driver's test says how to put a printer on the desk and calls Run, or, if
// nothing in it is a real file, InBubble, which works in virtual time and also
// finds goroutines that are left behind.
//
// Broken on purpose, in the escpos driver, and caught by these cases:
//
//   - a half-sent band not filled up: a cancelled print leaves it usable, paper ends
//
//   - remains not cut off before the next slip: paper ends, cover opened, jam
//
//   - silence taken for paper out: a silent unit is never out of paper
//
//   - a cancelled slip not ended: a cancelled print leaves it usable
//
//   - the turn kept by a cancelled print: a cancelled print leaves it usable (deadlock)
//
//   - success before the paper is out: paper ends near the foot, on the way to the cutter
//
//   - no question within a slip: paper ends early, in the middle
//
//   - answers to pixels taken for ours: paper ends near the foot
//
//   - the right edge of each band lost: prints whole and cuts
//
//   - a fault without its status: paper out before, and all others of its kind
//
//   - a slip at the mouth left there: a slip at the mouth is no other visitor's
//
//   - the slip not brought to the mouth: a presented slip waits until it is taken
//
//   - remains brought to the mouth: half a slip is not presented, and others
//
//   - Taken without looking: a presented slip waits until it is taken
//
//   - Retract without looking: a slip that cannot be pulled back is told
//
//   - silence read as ok: a silent unit is unknown and prints; what is not known is
//     neither fine nor bad
//
//   - automatic status taken for an answer: status is what the unit says
//
//   - a full status read one byte off: prints whole and cuts, on a kiosk printer
//
//   - no process id waited for: keeps order and mixes nothing
//
// Process ids counted from 0 lived here, and fell to a program that was killed and
// started again (package journal); so did a GS r of an earlier program that is
// taken for ours, which now has a test of the driver. A process id or an automatic
// status broken by other answers fell to the driver's own tests of its bytes.
//
// Two more lived. A late answer to DLE EOT taken for the next one was seen only on a
// pty; a unit that answers in turn with the drawer pin high now shows it in
// virtual time. Buffers not emptied after a fault keep every promise here, as
// the remains come out as a piece apart; the driver's own tests look at that.
package receipttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"motcua/devices"
	"motcua/devices/receipt"
	"motcua/devices/receipt/receiptsim"
)

// Bench is one printer on the desk, and the unit with the hands that work it.
// The unit prints at 150 mm a second, so that faults can be made in the middle
// of a slip; its roll is long enough for every case.
type Bench struct {
	Printer receipt.Printer
	Unit    Unit
	// Again opens the unit anew, after it was unplugged; it puts the cable
	// back first.
	Again func() receipt.Printer
	// NearEnd tells that a roll that is nearly empty is reported.
	NearEnd bool
	// InTurn tells that the unit answers only when all before the question is
	// printed: in the middle of a slip it cannot say why it stopped, and may be
	// Offline.
	InTurn bool
	// busy tells that time is real: on a computer with more to do, the unit may be
	// late to answer, and be Unknown or Offline for a while.
	busy bool
	// Deaf tells that the line carries nothing back: nothing is ever known of the
	// unit, and it prints.
	Deaf bool
	// Presenter are the hands at the mouth of a unit that holds slips there; nil
	// for others. In all cases but those about it a visitor takes each slip at
	// once.
	Presenter Hands
}

// Hands take slips from the mouth of a kiosk printer. *receiptsim.Printer has
// them.
type Hands interface {
	TakeAtOnce(on bool)
	Take() (taken bool)
	AtMouth() bool
	Hold(on bool)
	Pulled() []receiptsim.Piece
}

// Unit is the metal. *receiptsim.Printer is one.
type Unit interface {
	LoadPaper(mm int)
	EndAfter(rows int)
	NearEnd(on bool)
	Cover(open bool)
	Jam(on bool)
	Mute(on bool)
	Unplug()
	Pieces() []receiptsim.Piece
}

type promise struct {
	name string
	test func(t *testing.T, b Bench)
	of   kind
}

// kind tells of which units a promise can be asked.
type kind int

const (
	ofAll   kind = iota
	ofThose      // that tell something of themselves
	ofDeaf
	ofPresenters
)

// put puts the bench on the desk, or skips a promise that is not of its kind.
func (p promise) put(t *testing.T, bench func(t *testing.T) Bench) {
	b := bench(t)
	if p.of == ofThose && b.Deaf || p.of == ofDeaf && !b.Deaf || p.of == ofPresenters && b.Presenter == nil {
		t.Skip("not of this kind of unit")
	}
	if b.Presenter != nil {
		b.Presenter.TakeAtOnce(p.of != ofPresenters)
	}
	p.test(t, b)
}

// Run tests every promise in real time, each on a bench of its own.
func Run(t *testing.T, bench func(t *testing.T) Bench) {
	for _, p := range promises() {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			p.put(t, func(t *testing.T) Bench {
				b := bench(t)
				b.busy = true
				return b
			})
		})
	}
}

// InBubble tests every promise in virtual time. What bench starts must end by
// t.Cleanup; a goroutine that outlives it fails the test.
func InBubble(t *testing.T, bench func(t *testing.T) Bench) {
	for _, p := range promises() {
		t.Run(p.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { p.put(t, bench) })
		})
	}
}

func promises() []promise {
	return []promise{
		{"prints whole and cuts", printsWhole, ofAll},
		{"centres narrow slips", centresNarrow, ofAll},
		{"keeps order and mixes nothing", keepsOrder, ofAll},
		{"refuses what it cannot print", refuses, ofAll},
		{"status is what the unit says", tellsStatus, ofThose},
		{"a cancelled print leaves it usable", cancelled, ofThose},
		{"a print that waits can be cancelled", cancelledWaiting, ofAll},
		{"close unblocks and ends", closes, ofAll},
		{"unplugged is gone", unplugged, ofThose},
		{"unplugged in the middle and put back", replugged, ofThose},
		{"paper out before", faultBefore(receipt.PaperOut, func(u Unit) { u.EndAfter(0) }, func(u Unit) { u.LoadPaper(5000) }), ofThose},
		{"cover open before", faultBefore(receipt.CoverOpen, func(u Unit) { u.Cover(true) }, func(u Unit) { u.Cover(false) }), ofThose},
		{"jam before", faultBefore(receipt.Error, func(u Unit) { u.Jam(true) }, func(u Unit) { u.Jam(false) }), ofThose},
		{"paper ends early", paperEnds(3), ofThose},
		{"paper ends in the middle", paperEnds(417), ofThose},
		{"paper ends near the foot", paperEnds(880), ofThose},
		{"paper ends on the way to the cutter", paperEnds(925), ofThose},
		{"cover opened in the middle", faultWithin(receipt.CoverOpen, func(u Unit) { u.Cover(true) }, func(u Unit) { u.Cover(false) }), ofThose},
		{"jam in the middle", faultWithin(receipt.Error, func(u Unit) { u.Jam(true) }, func(u Unit) { u.Jam(false) }), ofThose},
		{"a silent unit is unknown and prints", silent, ofThose},
		{"a silent unit is never out of paper", silentWithoutPaper, ofThose},
		{"a unit that falls silent is offline", fallsSilent, ofThose},
		{"status can be cancelled", statusCancelled, ofThose},
		{"what is not known is neither fine nor bad", notKnown, ofDeaf},
		{"a cancelled print on a deaf line leaves it usable", deafCancelled, ofDeaf},
		{"unplugged from a deaf line is gone", deafUnplugged, ofDeaf},
		{"a presented slip waits until it is taken", presented, ofPresenters},
		{"a forgotten slip is pulled back", forgotten, ofPresenters},
		{"a slip at the mouth is no other visitor's", mouthCleared, ofPresenters},
		{"a slip that cannot be pulled back is told", cannotPull, ofPresenters},
		{"half a slip is not presented", halfNotPresented, ofPresenters},
	}
}

// slip draws a page that cannot be taken for another: a frame, and marks that
// depend on seed. It has white runs, dense parts and dark edges.
func slip(seed uint64, width, height int) receipt.Slip {
	r := rand.New(rand.NewPCG(seed, 42))
	page := image.NewGray(image.Rect(0, 0, width, height))
	for y := range height {
		row := page.Pix[y*page.Stride:][:width]
		if y > 0 && y < height-1 { // else all of it is dark
			copy(row, bytes.Repeat([]byte{0xFF}, width))
		}
	}
	for y := 0; y < height; y += 40 {
		from, to := r.IntN(width/2), width/2+r.IntN(width/2)
		for dy := range min(20, height-y) {
			row := page.Pix[(y+dy)*page.Stride:][:width]
			for x := from; x < to; x++ {
				if r.IntN(3) == 0 {
					row[x] = 0
				}
			}
		}
	}
	return receipt.Slip{Page: page}
}

// long is the slip that faults are made in: 900 rows, 0.75 s at 150 mm a second.
func long(seed uint64, b Bench) receipt.Slip { return slip(seed, b.Printer.Width(), 900) }

// inMiddle is when about a third of the long slip is out.
const inMiddle = 300 * time.Millisecond

// ink is the rectangle of an image, whatever white the unit puts around it, that
// holds all that is black; empty if none of it is.
func ink(img *image.Gray) (box image.Rectangle) {
	for y := range img.Rect.Dy() {
		row := img.Pix[y*img.Stride:][:img.Rect.Dx()]
		if left := bytes.IndexByte(row, 0); left >= 0 {
			box = box.Union(image.Rect(left, y, bytes.LastIndexByte(row, 0)+1, y+1))
		}
	}
	return box
}

// same tells whether two images have the same ink. All their pixels are black or
// white.
func same(a, b *image.Gray) bool {
	in, of := ink(a), ink(b)
	if in.Size() != of.Size() {
		return false
	}
	for y := range in.Dy() {
		x := a.Pix[(in.Min.Y+y)*a.Stride+in.Min.X:][:in.Dx()]
		z := b.Pix[(of.Min.Y+y)*b.Stride+of.Min.X:][:of.Dx()]
		if !bytes.Equal(x, z) {
			return false
		}
	}
	return true
}

// printed counts the cut pieces that hold exactly s, nothing more.
func printed(b Bench, s receipt.Slip) (n int) {
	for _, p := range b.Unit.Pieces() {
		if !p.Torn && same(p.Image, s.Page) {
			n++
		}
	}
	return n
}

func mustPrint(t *testing.T, b Bench, s receipt.Slip) {
	t.Helper()
	before := printed(b, s)
	if err := b.Printer.Print(t.Context(), s); err != nil {
		t.Fatalf("Print: %v", err)
	}
	waitPrinted(t, b, s, before+1)
}

// waitPrinted allows a unit that cannot say when it is done the time to be it.
func waitPrinted(t *testing.T, b Bench, s receipt.Slip, want int) {
	t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for seen := -1; ; {
		if n := len(b.Unit.Pieces()); n != seen {
			if seen = n; printed(b, s) == want {
				return
			}
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("the slip is on %d pieces of %d, want %d", printed(b, s), seen, want)
		}
	}
}

func mustStatus(t *testing.T, b Bench, want receipt.Status) {
	t.Helper()
	if b.busy {
		waitKnown(t, b, want)
		return
	}
	got, err := b.Printer.Status(t.Context())
	if err != nil || got != want {
		t.Fatalf("Status = %v, %v; want %v", got, err, want)
	}
}

// waitKnown is mustStatus for a unit that may still have its hands full with what
// it was sent before, and is Unknown until it answers, or Offline.
func waitKnown(t *testing.T, b Bench, want receipt.Status) {
	t.Helper()
	for until := time.Now().Add(10 * time.Second); ; {
		got, err := b.Printer.Status(t.Context())
		switch {
		case err == nil && got == want:
			return
		case err != nil, got != receipt.Unknown && !(b.busy && got == receipt.Offline), time.Now().After(until):
			t.Fatalf("Status = %v, %v; want %v", got, err, want)
		}
	}
}

// wantError tests that err is of reason, and that it names unit and call.
func wantError(t *testing.T, err, reason error) {
	t.Helper()
	if !errors.Is(err, reason) {
		t.Fatalf("got %v, want %v", err, reason)
	}
	var named *devices.Error
	if !errors.As(err, &named) || named.Unit == "" || named.Op == "" {
		t.Fatalf("error %v does not name unit and call", err)
	}
}

// wantStaffWithin is wantStaff for a fault in the middle of a slip.
func wantStaffWithin(t *testing.T, b Bench, err error, want receipt.Status) {
	t.Helper()
	var staff *receipt.StaffError
	if (b.InTurn || b.busy) && errors.As(err, &staff) && staff.Status == receipt.Offline {
		want = receipt.Offline
	}
	wantStaff(t, err, want)
}

func wantStaff(t *testing.T, err error, want receipt.Status) {
	t.Helper()
	wantError(t, err, devices.ErrStaff)
	var staff *receipt.StaffError
	if !errors.As(err, &staff) || staff.Status != want {
		t.Fatalf("got %v, want a staff error with %v", err, want)
	}
}

// start prints in the background.
func start(ctx context.Context, b Bench, s receipt.Slip) <-chan error {
	done := make(chan error, 1)
	go func() { done <- b.Printer.Print(ctx, s) }()
	return done
}

// ended waits for what start began.
func ended(t *testing.T, done <-chan error) error {
	t.Helper()
	timer := time.NewTimer(30 * time.Second)
	defer timer.Stop()
	select {
	case err := <-done:
		return err
	case <-timer.C:
		t.Fatal("Print hangs")
		return nil
	}
}

func name(i int) string { return fmt.Sprintf("slip %d", i) }
