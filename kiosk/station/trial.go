package station

import (
	"context"
	"errors"
	"slices"

	"motcua/devices"
	"motcua/devices/card"
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
	got, err := s.borrow(ctx)
	if err != nil {
		return hatch.Scan{}, err
	}
	return hatch.Scan{Kind: kindOf(got.Text, s.Now()), Length: len(got.Raw), Unit: got.unit, Same: got.Text == code}, nil
}

// SpeakNumber speaks a sentence that has n in it and returns when it has ended;
// hatch.ErrBusy while a visit is under way.
func (s *Station) SpeakNumber(ctx context.Context, n int) error {
	if s.InVisit() {
		return hatch.ErrBusy
	}
	return s.Mouth.Speak(ctx, voice.Prompt{Lang: pack.VI, Key: "idle.say", Slots: map[string]voice.Slot{"seconds": voice.Number(n)}})
}

// errInUse: the reader is the one that visitors lay their cards on.
var errInUse = errors.New("the station uses it: what lies on it is in its status")

// CardTest waits until a card is laid on the reader unit, which stands by for the one
// in use, and is taken off again; hatch.ErrBusy while a visit is under way, and
// devices.ErrRefused for the one in use.
func (s *Station) CardTest(ctx context.Context, unit string) error {
	if s.InVisit() {
		return hatch.ErrBusy
	}
	const op = "see a card"
	i := slices.IndexFunc(s.Readers, func(u Unit[card.Reader]) bool { return u.Name == unit })
	if i < 0 {
		return devices.Fail(unit, op, devices.ErrGone, errNoSuchUnit)
	}
	if s.readerInUse() == unit {
		return devices.Fail(unit, op, devices.ErrRefused, errInUse)
	}
	r, err := s.Readers[i].Open(ctx)
	if err != nil {
		return err
	}
	return errors.Join(comesAndGoes(ctx, r), closing(r))
}

// comesAndGoes returns when a card was laid on a reader and taken off.
func comesAndGoes(ctx context.Context, r card.Reader) error {
	for laid := false; ; {
		e, err := r.Wait(ctx)
		if err != nil {
			return err
		}
		switch e := e.(type) {
		case card.Tapped:
			laid = true
			if err := closing(e.Card); err != nil {
				return err
			}
		case card.Lifted:
			if laid {
				return nil
			}
		}
	}
}
