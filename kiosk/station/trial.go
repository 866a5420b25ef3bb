package station

import (
	"context"

	"motcua/devices"
	"motcua/kiosk/hatch"
	"motcua/kiosk/pack"
	"motcua/kiosk/voice"
)

// ScanCode waits for one code and tells whether it is the one given, which is made
// for this test, and which scanner read it; hatch.ErrBusy while a visit is under
// way.
func (s *Station) ScanCode(ctx context.Context, code string) (hatch.Scan, error) {
	if s.InVisit() {
		return hatch.Scan{}, hatch.ErrBusy
	}
	if len(s.scanners) == 0 {
		return hatch.Scan{}, devices.Fail(ThingScanner, "scan", devices.ErrGone, nil)
	}
	got, err := s.desk.next(ctx)
	if err != nil {
		return hatch.Scan{}, err
	}
	return hatch.Scan{Kind: kindOf(got.Text, s.Now()), Length: len(got.Raw), Unit: s.desk.reader(), Same: got.Text == code}, nil
}

// reader is the unit that read last.
func (d *desk) reader() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.from
}

// SpeakNumber speaks a sentence that has n in it and returns when it has ended;
// hatch.ErrBusy while a visit is under way.
func (s *Station) SpeakNumber(ctx context.Context, n int) error {
	if s.InVisit() {
		return hatch.ErrBusy
	}
	return s.Mouth.Speak(ctx, voice.Prompt{Lang: pack.VI, Key: "idle.say", Slots: map[string]voice.Slot{"seconds": voice.Number(n)}})
}
