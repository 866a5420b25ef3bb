package station

import (
	"context"
	"errors"
	"time"

	"motcua/devices"
	"motcua/kiosk/hatch"
	"motcua/kiosk/identity"
	"motcua/kiosk/pack"
	"motcua/kiosk/voice"
)

// PrintTest prints a test sheet; hatch.ErrBusy while a visit is under way.
func (s *Station) PrintTest(ctx context.Context) error {
	if s.InVisit() {
		return hatch.ErrBusy
	}
	return s.print(ctx, s.testSheet(testCode()))
}

// errOtherSheet: what was scanned is not the sheet that just came out.
var errOtherSheet = errors.New("the code that was read is not that of the sheet that just came out")

// PrintRead prints a test sheet and passes when a scanner of the station has read
// its code back: then printer, paper and scanner are good enough for citizens. It
// fails with devices.ErrVisitor when another code is scanned; hatch.ErrBusy while
// a visit is under way.
func (s *Station) PrintRead(ctx context.Context) error {
	if s.InVisit() {
		return hatch.ErrBusy
	}
	if len(s.scanners) == 0 {
		return devices.Fail(ThingScanner, "read the test sheet back", devices.ErrGone, nil)
	}
	code := testCode()
	if err := s.print(ctx, s.testSheet(code)); err != nil {
		return err
	}
	got, err := s.desk.next(ctx)
	switch {
	case err != nil:
		return err
	case got.Text != code:
		return devices.Fail(ThingScanner, "read the test sheet back", devices.ErrVisitor, errOtherSheet)
	}
	return nil
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
	code, err := s.desk.next(ctx)
	if err != nil {
		return hatch.Scan{}, err
	}
	return hatch.Scan{Kind: kindOf(code.Text, s.Now()), Length: len(code.Raw)}, nil
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
