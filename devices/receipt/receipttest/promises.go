package receipttest

import (
	"context"
	"errors"
	"image"
	"testing"
	"time"

	"motcua/devices"
	"motcua/devices/receipt"
)

func printsWhole(t *testing.T, b Bench) {
	for i, h := range []int{1, 2, 127, 128, 129, 700} {
		mustPrint(t, b, slip(uint64(i), b.Printer.Width(), h))
	}
}

func centresNarrow(t *testing.T, b Bench) {
	s := slip(9, b.Printer.Width()/2, 100)
	mustPrint(t, b, s)
	pieces := b.Unit.Pieces()
	piece := pieces[len(pieces)-1].Image
	left, right := piece.Rect.Dx(), 0
	for i, v := range piece.Pix {
		if x := i % piece.Stride; v < 0x80 {
			left, right = min(left, x), max(right, x)
		}
	}
	if slack := left - (piece.Rect.Dx() - 1 - right); slack < -1 || slack > 1 {
		t.Errorf("ink from %d to %d of %d is not centred", left, right, piece.Rect.Dx())
	}
}

func keepsOrder(t *testing.T, b Bench) {
	var done []<-chan error
	for i := range 3 {
		done = append(done, start(t.Context(), b, slip(uint64(20+i), b.Printer.Width(), 200)))
	}
	for i, d := range done {
		if err := ended(t, d); err != nil {
			t.Fatalf("%s: %v", name(i), err)
		}
	}
	for i := range 3 {
		waitPrinted(t, b, slip(uint64(20+i), b.Printer.Width(), 200), 1)
	}
	first, second := slip(31, b.Printer.Width(), 90), slip(32, b.Printer.Width(), 90)
	mustPrint(t, b, first)
	mustPrint(t, b, second)
	pieces := b.Unit.Pieces()
	if !same(pieces[len(pieces)-2].Image, first.Page) || !same(pieces[len(pieces)-1].Image, second.Page) {
		t.Error("the slips came out in another order than they were printed")
	}
}

func refuses(t *testing.T, b Bench) {
	for _, s := range []receipt.Slip{{}, {Page: image.NewGray(image.Rectangle{})}, slip(1, b.Printer.Width()+8, 50)} {
		wantError(t, b.Printer.Print(t.Context(), s), devices.ErrRefused)
	}
	if n := len(b.Unit.Pieces()); n != 0 {
		t.Errorf("%d pieces came out", n)
	}
	mustPrint(t, b, slip(2, b.Printer.Width(), 50))
}

func tellsStatus(t *testing.T, b Bench) {
	mustStatus(t, b, receipt.OK)
	b.Unit.NearEnd(true)
	want := receipt.OK
	if b.NearEnd {
		want = receipt.NearEnd
	}
	mustStatus(t, b, want)
	mustPrint(t, b, slip(3, b.Printer.Width(), 50))
	b.Unit.NearEnd(false)
	b.Unit.Cover(true)
	mustStatus(t, b, receipt.CoverOpen)
	b.Unit.Cover(false)
	b.Unit.EndAfter(0)
	mustStatus(t, b, receipt.PaperOut)
	b.Unit.LoadPaper(5000)
	b.Unit.Jam(true)
	mustStatus(t, b, receipt.Error)
	b.Unit.Jam(false)
	mustStatus(t, b, receipt.OK)
}

func cancelled(t *testing.T, b Bench) {
	mustStatus(t, b, receipt.OK)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.Printer.Print(ctx, long(4, b)); err != context.Canceled {
		t.Fatalf("Print after cancel: %v, want the context's own error", err)
	}
	for _, after := range []time.Duration{5 * time.Millisecond, inMiddle, 700 * time.Millisecond} {
		ctx, cancel := context.WithTimeout(t.Context(), after)
		defer cancel()
		if err := b.Printer.Print(ctx, long(5, b)); err != context.DeadlineExceeded {
			t.Fatalf("Print cancelled after %v: %v, want the context's own error", after, err)
		}
		mustPrint(t, b, slip(6, b.Printer.Width(), 120))
	}
}

func cancelledWaiting(t *testing.T, b Bench) {
	s := long(7, b)
	first := start(t.Context(), b, s)
	ctx, cancel := context.WithTimeout(t.Context(), inMiddle)
	defer cancel()
	<-time.After(inMiddle / 2)
	second := slip(8, b.Printer.Width(), 100)
	if err := b.Printer.Print(ctx, second); err != context.DeadlineExceeded {
		t.Errorf("waiting Print: %v, want the context's own error", err)
	}
	if err := ended(t, first); err != nil {
		t.Fatalf("the print that it waited for: %v", err)
	}
	waitPrinted(t, b, s, 1)
	if printed(b, second) != 0 {
		t.Error("the cancelled slip came out")
	}
}

func closes(t *testing.T, b Bench) {
	working := start(t.Context(), b, long(10, b))
	waiting := start(t.Context(), b, long(11, b))
	<-time.After(inMiddle)
	if err := b.Printer.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	wantError(t, ended(t, working), devices.ErrClosed)
	wantError(t, ended(t, waiting), devices.ErrClosed)
	if err := b.Printer.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
	wantError(t, b.Printer.Print(t.Context(), long(12, b)), devices.ErrClosed)
	_, err := b.Printer.Status(t.Context())
	wantError(t, err, devices.ErrClosed)
}

func unplugged(t *testing.T, b Bench) {
	mustPrint(t, b, slip(13, b.Printer.Width(), 50))
	b.Unit.Unplug()
	wantError(t, b.Printer.Print(t.Context(), long(14, b)), devices.ErrGone)
	_, err := b.Printer.Status(t.Context())
	wantError(t, err, devices.ErrGone)
}

func replugged(t *testing.T, b Bench) {
	s := long(15, b)
	done := start(t.Context(), b, s)
	<-time.After(inMiddle)
	b.Unit.Unplug()
	wantError(t, ended(t, done), devices.ErrGone)
	if b.Again == nil {
		return
	}
	_ = b.Printer.Close() // it has failed already
	b.Printer = b.Again()
	waitKnown(t, b, receipt.OK)
	mustPrint(t, b, s)
}

func faultBefore(want receipt.Status, break_, mend func(Unit)) func(t *testing.T, b Bench) {
	return func(t *testing.T, b Bench) {
		mustStatus(t, b, receipt.OK)
		break_(b.Unit)
		s := long(16, b)
		wantStaff(t, b.Printer.Print(t.Context(), s), want)
		wantStaff(t, b.Printer.Print(t.Context(), s), want)
		mend(b.Unit)
		mustStatus(t, b, receipt.OK)
		mustPrint(t, b, s)
	}
}

// paperEnds makes the roll end that many rows into the slip.
func paperEnds(after int) func(t *testing.T, b Bench) {
	return func(t *testing.T, b Bench) {
		mustPrint(t, b, slip(17, b.Printer.Width(), 60))
		b.Unit.EndAfter(after)
		s := long(18, b)
		wantStaffWithin(t, b, b.Printer.Print(t.Context(), s), receipt.PaperOut)
		if n := printed(b, s); n != 0 {
			t.Fatal("a slip that failed came out whole")
		}
		if !b.InTurn {
			mustStatus(t, b, receipt.PaperOut)
		}
		b.Unit.LoadPaper(5000)
		mustStatus(t, b, receipt.OK)
		mustPrint(t, b, s)
		mustPrint(t, b, slip(19, b.Printer.Width(), 60))
	}
}

func faultWithin(want receipt.Status, break_, mend func(Unit)) func(t *testing.T, b Bench) {
	return func(t *testing.T, b Bench) {
		mustStatus(t, b, receipt.OK)
		s := long(25, b)
		done := start(t.Context(), b, s)
		<-time.After(inMiddle)
		break_(b.Unit)
		wantStaffWithin(t, b, ended(t, done), want)
		mend(b.Unit)
		mustStatus(t, b, receipt.OK)
		mustPrint(t, b, slip(26, b.Printer.Width(), 200))
	}
}

func silent(t *testing.T, b Bench) {
	b.Unit.Mute(true)
	mustStatus(t, b, receipt.Unknown)
	mustPrint(t, b, long(27, b))
	mustStatus(t, b, receipt.Unknown)
	mustPrint(t, b, slip(28, b.Printer.Width(), 70))
}

func silentWithoutPaper(t *testing.T, b Bench) {
	b.Unit.Mute(true)
	b.Unit.EndAfter(0)
	mustStatus(t, b, receipt.Unknown)
	if err := b.Printer.Print(t.Context(), long(29, b)); errors.Is(err, devices.ErrStaff) {
		t.Errorf("Print: %v: nobody said so", err)
	}
	mustStatus(t, b, receipt.Unknown)
}

func fallsSilent(t *testing.T, b Bench) {
	mustStatus(t, b, receipt.OK)
	b.Unit.Mute(true)
	began := time.Now()
	mustStatus(t, b, receipt.Offline)
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %v to call it offline", took)
	}
	wantStaff(t, b.Printer.Print(t.Context(), long(33, b)), receipt.Offline)
	b.Unit.Mute(false)
	mustStatus(t, b, receipt.OK)
	mustPrint(t, b, slip(34, b.Printer.Width(), 70))
}

func statusCancelled(t *testing.T, b Bench) {
	mustStatus(t, b, receipt.OK)
	b.Unit.Mute(true)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := b.Printer.Status(ctx); err != context.DeadlineExceeded {
		t.Fatalf("Status: %v, want the context's own error", err)
	}
	b.Unit.Mute(false)
	mustStatus(t, b, receipt.OK)
	mustPrint(t, b, slip(35, b.Printer.Width(), 70))
}
