package receipttest

import (
	"context"
	"errors"
	"testing"
	"time"

	"motcua/devices"
	"motcua/devices/receipt"
)

// notKnown wants a unit on a deaf line to print and never to read as well, nor as
// out of order, whatever befell it.
func notKnown(t *testing.T, b Bench) {
	look := func() {
		t.Helper()
		st, err := b.Printer.Status(t.Context())
		if err != nil || st.Fine() || st.Bad() || !st.Prints() {
			t.Fatalf("Status = %v, %v; nobody said so", st, err)
		}
	}
	look()
	mustPrint(t, b, slip(41, b.Printer.Width(), 300))
	look()
	b.Unit.EndAfter(0)
	look()
	if err := b.Printer.Print(t.Context(), long(42, b)); errors.Is(err, devices.ErrStaff) {
		t.Errorf("Print: %v: nobody said so", err)
	}
	look()
	b.Unit.LoadPaper(5000)
	mustPrint(t, b, slip(43, b.Printer.Width(), 70))
	look()
}

func deafCancelled(t *testing.T, b Bench) {
	ctx, cancel := context.WithTimeout(t.Context(), inMiddle)
	defer cancel()
	if err := b.Printer.Print(ctx, slip(44, b.Printer.Width(), 6000)); err != context.DeadlineExceeded {
		t.Fatalf("Print: %v, want the context's own error", err)
	}
	mustPrint(t, b, slip(45, b.Printer.Width(), 120))
}

func deafUnplugged(t *testing.T, b Bench) {
	mustPrint(t, b, slip(46, b.Printer.Width(), 50))
	b.Unit.Unplug()
	wantError(t, b.Printer.Print(t.Context(), long(47, b)), devices.ErrGone)
}

// presenter gives the printer as one that holds slips.
func presenter(t *testing.T, b Bench) receipt.Presenter {
	t.Helper()
	p, ok := b.Printer.(receipt.Presenter)
	if !ok || !p.Presents() {
		t.Fatal("it does not say that it holds slips")
	}
	return p
}

func presented(t *testing.T, b Bench) {
	p, s := presenter(t, b), slip(51, b.Printer.Width(), 300)
	if err := p.Taken(t.Context()); err != nil {
		t.Fatalf("Taken with an empty mouth: %v", err)
	}
	if err := p.Print(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if !b.Presenter.AtMouth() {
		t.Fatal("Print returned before the slip was at the mouth")
	}
	mustStatus(t, b, receipt.Presented)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := p.Taken(ctx); err != context.DeadlineExceeded {
		t.Fatalf("Taken while it is there: %v, want the context's own error", err)
	}
	taken := make(chan error, 1)
	go func() { taken <- p.Taken(t.Context()) }()
	<-time.After(inMiddle)
	b.Presenter.Take()
	if err := <-taken; err != nil {
		t.Errorf("Taken: %v", err)
	}
	mustStatus(t, b, receipt.OK)
	waitPrinted(t, b, s, 1)
}

func forgotten(t *testing.T, b Bench) {
	p, s := presenter(t, b), slip(52, b.Printer.Width(), 300)
	if err := p.Print(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	before := len(b.Presenter.Pulled())
	for range 2 { // the second time there is nothing any more
		if err := p.Retract(t.Context()); err != nil {
			t.Fatal(err)
		}
		if b.Presenter.AtMouth() {
			t.Fatal("it is still at the mouth")
		}
	}
	if n := len(b.Presenter.Pulled()); n != before+1 || printed(b, s) != 0 {
		t.Errorf("%d pieces pulled back and %d in the visitor's hand; want 1 and 0", n-before, printed(b, s))
	}
	mustStatus(t, b, receipt.OK)
}

func mouthCleared(t *testing.T, b Bench) {
	p, mine, yours := presenter(t, b), slip(53, b.Printer.Width(), 300), slip(54, b.Printer.Width(), 200)
	for _, s := range []receipt.Slip{mine, yours} {
		if err := p.Print(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	b.Presenter.Take()
	if b.Presenter.Take() {
		t.Error("two slips at the mouth")
	}
	if printed(b, mine) != 0 || printed(b, yours) != 1 {
		t.Error("the second visitor got the first one's slip")
	}
}

func cannotPull(t *testing.T, b Bench) {
	p := presenter(t, b)
	if err := p.Print(t.Context(), slip(55, b.Printer.Width(), 200)); err != nil {
		t.Fatal(err)
	}
	b.Presenter.Hold(true)
	began := time.Now()
	wantStaff(t, p.Retract(t.Context()), receipt.Error)
	if took := time.Since(began); took > 8*time.Second {
		t.Errorf("it took %v to say so", took)
	}
	b.Presenter.Hold(false)
	if err := p.Retract(t.Context()); err != nil {
		t.Errorf("Retract when it moves again: %v", err)
	}
}

func halfNotPresented(t *testing.T, b Bench) {
	p := presenter(t, b)
	mustStatus(t, b, receipt.OK)
	ctx, cancel := context.WithTimeout(t.Context(), inMiddle)
	defer cancel()
	if err := p.Print(ctx, long(56, b)); err != context.DeadlineExceeded {
		t.Fatalf("Print: %v, want the context's own error", err)
	}
	whole := slip(57, b.Printer.Width(), 200)
	if err := p.Print(t.Context(), whole); err != nil {
		t.Fatal(err)
	}
	b.Presenter.Take()
	if n := len(b.Unit.Pieces()); n != 1 || printed(b, whole) != 1 {
		t.Errorf("the visitor got %d pieces, %d of them the slip", n, printed(b, whole))
	}
}
