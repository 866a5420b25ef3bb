package station

import (
	"context"

	"motcua/devices/receipt"
	"motcua/kiosk/identity"
	"motcua/kiosk/trouble"
	"motcua/kiosk/visit"
)

// scannerTold keeps the scanner's trouble true.
func (s *Station) scannerTold(ready bool, err error) {
	s.mu.Lock()
	s.scans = ready
	s.mu.Unlock()
	s.mend("scanner-away", ready, err)
}

// printerTold keeps the printer's troubles true and the visit informed.
func (s *Station) printerTold(status receipt.Status, err error) {
	s.mu.Lock()
	before := s.paper
	s.paper = status
	s.mu.Unlock()
	s.mend("printer-away", status != receipt.Offline, err)
	s.mend("printer-paper", status != receipt.PaperOut, nil)
	s.mend("printer-near", status != receipt.NearEnd, nil)
	s.mend("printer-open", status != receipt.CoverOpen, nil)
	s.mend("printer-faulty", status != receipt.Error, nil)
	if status != before {
		s.Log.Info("printer", "unit", "printer", "status", status.String())
		s.Post(visit.PrinterChanged{Printer: meaning(status)})
	}
}

// Printer tells what the printer said last.
func (s *Station) Printer() receipt.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.paper
}

// Scanner tells whether the scanner is open.
func (s *Station) Scanner() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.scans
}

// readerTroubles are what can be wrong with a card reader; at most one is.
var readerTroubles = []trouble.Code{"reader-away", "reader-daemon", "reader-denied", "reader-unseen"}

// readerTold keeps the reader's trouble true and the visit informed.
func (s *Station) readerTold(state visit.Reader, err error) {
	s.mu.Lock()
	s.lies = state
	s.mu.Unlock()
	var wrong trouble.Code
	if state == visit.ReaderAway {
		wrong = "reader-away"
		if s.ReaderTrouble != nil {
			wrong = s.ReaderTrouble(err)
		}
	}
	for _, code := range readerTroubles {
		s.mend(code, code != wrong, err)
	}
	s.Post(visit.ReaderChanged{Reader: state})
}

// Reader tells what lies on the card reader.
func (s *Station) Reader() visit.Reader {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lies
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

// mend sets or clears a trouble and logs the change.
func (s *Station) mend(code trouble.Code, fine bool, err error) {
	if fine {
		if s.Troubles.Clear(code) {
			s.Log.Info("healed", "trouble", string(code))
		}
		return
	}
	if s.Troubles.Set(code, s.Now()) {
		args := []any{"trouble", string(code)}
		if err != nil {
			args = append(args, "err", err)
		}
		s.Log.Warn("trouble", args...)
	}
}
