package station

import (
	"context"
	"errors"
	"slices"
	"time"

	"motcua/devices"
	"motcua/kiosk/hatch"
	"motcua/kiosk/identity"
	"motcua/kiosk/pack"
	"motcua/kiosk/voice"
)

// PrintTest prints a test sheet on the printer unit, "" = on whichever would print
// for a visitor; hatch.ErrBusy while a visit is under way.
func (s *Station) PrintTest(ctx context.Context, unit string) error {
	if s.InVisit() {
		return hatch.ErrBusy
	}
	return s.printSheet(ctx, unit, testCode())
}

// errOtherSheet: what was scanned is not the sheet that just came out.
var errOtherSheet = errors.New("the code that was read is not that of the sheet that just came out")

// PrintRead prints a test sheet as PrintTest does and passes when a scanner of the
// station has read its code back: then printer, paper and scanner are good enough
// for citizens. It fails with devices.ErrVisitor when another code is scanned;
// hatch.ErrBusy while a visit is under way.
func (s *Station) PrintRead(ctx context.Context, unit string) error {
	if s.InVisit() {
		return hatch.ErrBusy
	}
	const op = "read the test sheet back"
	if len(s.scanners) == 0 {
		return devices.Fail(ThingScanner, op, devices.ErrGone, nil)
	}
	code := testCode()
	if err := s.printSheet(ctx, unit, code); err != nil {
		return err
	}
	got, err := s.borrow(ctx)
	switch {
	case err != nil:
		return err
	case got.Text != code:
		return devices.Fail(got.unit, op, devices.ErrVisitor, errOtherSheet)
	}
	return nil
}

// errNoSuchUnit: the station has none of that name.
var errNoSuchUnit = errors.New("none of that name is configured")

// printSheet prints a test sheet with a code on one printer, or as for a visitor.
func (s *Station) printSheet(ctx context.Context, unit, code string) error {
	if unit == "" {
		return s.print(ctx, s.testSheet(code))
	}
	i := slices.IndexFunc(s.printers, func(p *printer) bool { return p.Name == unit })
	if i < 0 {
		return devices.Fail(unit, "print", devices.ErrGone, errNoSuchUnit)
	}
	return s.printers[i].do(ctx, s.sheetOf(s.printers[i].Model, code))
}

// borrow waits for one code that no visit gets; hatch.ErrBusy when a visit begins.
func (s *Station) borrow(ctx context.Context) (scan, error) {
	return s.desk.next(ctx, s.InVisit)
}

// ScanTest waits for one code and tells what it was, never what it said;
// hatch.ErrBusy while a visit is under way.
func (s *Station) ScanTest(ctx context.Context) (hatch.Scan, error) {
	if s.InVisit() {
		return hatch.Scan{}, hatch.ErrBusy
	}
	if len(s.scanners) == 0 {
		return hatch.Scan{}, devices.Fail(ThingScanner, "scan", devices.ErrGone, nil)
	}
	got, err := s.borrow(ctx)
	if err != nil {
		return hatch.Scan{}, err
	}
	return hatch.Scan{Kind: kindOf(got.Text, s.Now()), Length: len(got.Raw), Unit: got.unit}, nil
}

func kindOf(code string, at time.Time) string {
	found, err := identity.Read(code, at)
	if err != nil {
		return "unreadable card"
	}
	return found.Kind.String()
}

// SpeakTest speaks a prompt and returns when it has ended; hatch.ErrBusy while
// a visit is under way.
func (s *Station) SpeakTest(ctx context.Context) error {
	if s.InVisit() {
		return hatch.ErrBusy
	}
	return s.Mouth.Speak(ctx, voice.Prompt{Lang: pack.VI, Key: "home.say"})
}
