package station

import (
	"cmp"
	"context"
	"errors"
	"time"

	"motcua/devices"
	"motcua/devices/card"
	"motcua/devices/receipt"
	"motcua/kiosk/identity"
	"motcua/kiosk/trouble"
	"motcua/kiosk/visit"
)

// scannerTold keeps a scanner's trouble true. The visit has a scanner while one of
// them is there.
func (s *Station) scannerTold(unit string, err error) {
	state, wrong := OK, trouble.Code("")
	if err != nil {
		state, wrong = lost(err, "scanner-away", "scanner-refused")
	}
	if s.is(unit, state, wrong, err) {
		s.Post(visit.ScannerChanged{Ready: s.Best(ThingScanner) == OK})
	}
}

// printerTold keeps a printer's troubles true and the visit informed of the best.
func (s *Station) printerTold(unit string, status receipt.Status, err error) {
	paper := papers[status]
	if status == receipt.Offline {
		paper.state, paper.wrong = lost(err, "printer-away", "printer-refused")
	}
	if s.is(unit, paper.state, paper.wrong, err) {
		s.Post(visit.PrinterChanged{Printer: s.printerState()})
	}
}

// printerState is what the visit needs to know of all printers together: whether one
// prints, else what keeps the preferred one from it. What has not been looked at
// yet is no reason not to try.
func (s *Station) printerState() visit.PrinterState {
	main := visit.PrinterAway
	for i, p := range s.printers {
		now := meaning(p.status())
		if now.Prints() {
			return now
		}
		if i == 0 {
			main = now
		}
	}
	return main
}

// openReader opens the first reader that can be had, and says how those before it
// are.
func (s *Station) openReader(ctx context.Context) (card.Reader, error) {
	back, err := s.readerTurn(ctx)
	if err != nil {
		return nil, err
	}
	defer back()
	var failed error
	for _, u := range s.Readers {
		unit, err := u.Open(ctx)
		if err == nil {
			s.mu.Lock()
			s.using = u.Name
			s.mu.Unlock()
			return unit, nil
		}
		if ctx.Err() != nil {
			return nil, err
		}
		s.readerLost(u.Name, err)
		failed = cmp.Or(failed, err)
	}
	return nil, failed
}

// readerTurn waits until no reader is being opened; back ends one's own turn.
func (s *Station) readerTurn(ctx context.Context) (back func(), err error) {
	select {
	case s.opening <- struct{}{}:
		return func() { <-s.opening }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// standbyEvery is how often a reader that could not be opened is tried while another
// one does its work.
const standbyEvery = 5 * time.Second

// mindStandby keeps true the troubles of the readers that are not in use: one that
// can be had again stands by.
func (s *Station) mindStandby(ctx context.Context) {
	for {
		came := coming(s.Plugs)
		select {
		case <-ctx.Done():
			return
		case <-came:
		case <-time.After(standbyEvery):
		}
		for i, c := range s.units.of(ThingReader) {
			if c.Trouble != "" && ctx.Err() == nil {
				s.tryStandby(ctx, s.Readers[i])
			}
		}
	}
}

// tryStandby looks whether a reader can be had, unless it is the keeper's to try.
func (s *Station) tryStandby(ctx context.Context, u Unit[card.Reader]) {
	back, err := s.readerTurn(ctx)
	if err != nil {
		return
	}
	defer back()
	if using := s.readerInUse(); using == "" || using == u.Name {
		return
	}
	unit, err := u.Open(ctx)
	if err == nil {
		err = closing(unit)
	}
	switch {
	case ctx.Err() != nil:
	case err == nil:
		s.is(u.Name, Unknown, "", nil)
	default:
		s.readerLost(u.Name, err)
	}
}

// readerInUse is the name of the reader that is open; "" = none is.
func (s *Station) readerInUse() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.using
}

// readerLost notes why a reader cannot be used.
func (s *Station) readerLost(unit string, err error) {
	state, _ := lost(err, "", "")
	s.is(unit, state, s.readerTrouble(err), err)
}

func (s *Station) readerTrouble(err error) trouble.Code {
	if s.ReaderTrouble != nil {
		return s.ReaderTrouble(err)
	}
	return "reader-away"
}

// lies are the states of a reader.
var lies = map[visit.Reader]State{visit.ReaderAway: Away, visit.ReaderEmpty: OK, visit.ReaderCard: Card, visit.ReaderCrowded: Crowded}

// readerTold keeps the trouble of the reader that is used true and the visit
// informed.
func (s *Station) readerTold(state visit.Reader, err error) {
	s.mu.Lock()
	unit := s.using
	if state == visit.ReaderAway {
		s.using = ""
	}
	s.mu.Unlock()
	switch {
	case unit == "": // none could be opened: each was told
	case state == visit.ReaderAway:
		s.readerLost(unit, err)
	default:
		s.is(unit, lies[state], "", nil)
	}
	s.Post(visit.ReaderChanged{Reader: state})
}

// SpeakerTold keeps the loudspeaker's trouble true: it is what voice.NewMouth
// reports to. nil: it is there.
func (s *Station) SpeakerTold(err error) {
	if s.Speaker == "" {
		return
	}
	switch {
	case err == nil:
		s.is(s.Speaker, OK, "", nil)
	case errors.Is(err, devices.ErrRefused):
		s.is(s.Speaker, Refused, "speaker-wrong", err)
	case errors.Is(err, devices.ErrGone), errors.Is(err, devices.ErrSilent):
		s.is(s.Speaker, Away, "speaker-away", err)
	default:
		s.Log.Warn("prompt not spoken", "unit", s.Speaker, "err", err)
	}
}

// readChip begins to read the chip on the reader; without one it has failed.
func (s *Station) readChip(ctx context.Context, p identity.Person) {
	if s.reader == nil {
		s.Post(visit.ChipFailed{Why: visit.ChipUnreadable})
		return
	}
	s.reader.read(ctx, p)
}

// dropChip ends the reading that is under way.
func (s *Station) dropChip() {
	if s.reader != nil {
		s.reader.drop()
	}
}
