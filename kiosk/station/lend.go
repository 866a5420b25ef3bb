package station

import (
	"context"
	"time"

	"motcua/devices"
	"motcua/devices/receipt"
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
	at := s.Now()
	return s.print(ctx, func(width int) (receipt.Slip, error) { return s.testSheet(at, width) })
}

// ScanTest waits for one code and tells what it was, never what it said;
// hatch.ErrBusy while a visit is under way.
func (s *Station) ScanTest(ctx context.Context) (hatch.Scan, error) {
	if s.InVisit() {
		return hatch.Scan{}, hatch.ErrBusy
	}
	if s.scanner == nil {
		return hatch.Scan{}, devices.Fail("scanner", "scan", devices.ErrGone, nil)
	}
	code, err := s.scanner.next(ctx)
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
