package station

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"motcua/devices"
	"motcua/devices/barcode"
	"motcua/kiosk/visit"
)

// scanner keeps the barcode scanner open and hands on what it reads.
type scanner struct {
	open func(context.Context) (barcode.Scanner, error)
	post func(visit.Event)
	told func(ready bool, err error)
	log  *slog.Logger

	mu   sync.Mutex        // guards lent
	lent chan barcode.Code // a technician's test gets the next code instead
}

func (s *scanner) run(ctx context.Context) {
	keep(ctx, s.open, s.read, func(err error) {
		s.post(visit.ScannerChanged{Ready: err == nil})
		s.told(err == nil, err)
	})
}

// read hands on codes until the unit fails.
func (s *scanner) read(ctx context.Context, unit barcode.Scanner) error {
	for {
		code, err := unit.Next(ctx)
		switch {
		case errors.Is(err, devices.ErrGarbled):
			s.log.Warn("code not readable", "unit", "scanner")
			s.post(visit.Garbled{})
		case err != nil:
			return err
		case s.lend(code):
		default:
			s.post(visit.Scanned{Text: code.Text})
		}
	}
}

func (s *scanner) lend(code barcode.Code) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lent == nil {
		return false
	}
	s.lent <- code // has room for one
	s.lent = nil
	return true
}

// next waits for one code that no visit gets.
func (s *scanner) next(ctx context.Context) (barcode.Code, error) {
	mine := make(chan barcode.Code, 1)
	s.mu.Lock()
	s.lent = mine
	s.mu.Unlock()
	select {
	case code := <-mine:
		return code, nil
	case <-ctx.Done():
		s.mu.Lock()
		if s.lent == mine {
			s.lent = nil
		}
		s.mu.Unlock()
		return barcode.Code{}, ctx.Err()
	}
}
