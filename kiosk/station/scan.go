package station

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"motcua/devices"
	"motcua/devices/barcode"
	"motcua/kiosk/hatch"
	"motcua/kiosk/visit"
)

// echoTime is how long a code that one scanner read is not taken from another: a
// camera and a scanner may have the same card in sight.
const echoTime = 2 * time.Second

// scanner keeps a barcode scanner open and hands on what it reads.
type scanner struct {
	Unit[barcode.Scanner]
	desk *desk
	told func(unit string, err error)
}

func (s *scanner) run(ctx context.Context, plugs Plugs) {
	keep(ctx, plugs, s.Open, s.read, func(err error) { s.told(s.Name, err) })
}

// noiseEvery is how often it is logged at most that a scanner sends what is no code:
// one that is set to another speed sends nothing else.
const noiseEvery = time.Minute

// read hands on codes until the unit fails.
func (s *scanner) read(ctx context.Context, unit barcode.Scanner) error {
	var logged time.Time
	garbled := 0
	for {
		code, err := unit.Next(ctx)
		switch {
		case errors.Is(err, devices.ErrGarbled):
			garbled++
			if now := s.desk.now(); now.Sub(logged) >= noiseEvery {
				s.desk.log.Warn("code not readable", "unit", s.Name, "times", garbled)
				logged, garbled = now, 0
			}
			s.desk.post(visit.Garbled{})
		case err != nil:
			return err
		default:
			s.desk.take(s.Name, code)
		}
	}
}

// scan is a code and the unit that read it.
type scan struct {
	barcode.Code
	unit string
}

// desk is where the codes of all scanners come together.
type desk struct {
	post func(visit.Event)
	log  *slog.Logger
	now  func() time.Time

	mu   sync.Mutex // guards what follows
	lent chan scan  // a technician's test gets the next code instead; closed = no longer
	from string     // the unit that read last
	last string     // and what, as long as an echo may come
	at   time.Time
}

// take hands a code to who waits for it: a test, else the visit.
func (d *desk) take(unit string, code barcode.Code) {
	d.mu.Lock()
	now := d.now()
	echo := d.from != unit && d.last == code.Text && now.Sub(d.at) < echoTime
	if !echo {
		d.from, d.last, d.at = unit, code.Text, now
	}
	lent := d.lent
	if !echo {
		d.lent = nil
	}
	d.mu.Unlock()
	switch {
	case echo:
	case lent != nil:
		lent <- scan{code, unit} // has room for one
	default:
		d.post(visit.Scanned{Text: code.Text})
	}
}

// forget drops the code that was read last: it is a visitor's.
func (d *desk) forget() {
	d.mu.Lock()
	d.last = ""
	d.mu.Unlock()
}

// next waits for one code that no visit gets. It fails with hatch.ErrBusy when a
// visit has begun, or another test wants the next code.
func (d *desk) next(ctx context.Context, begun func() bool) (scan, error) {
	mine := make(chan scan, 1)
	d.lend(mine)
	if begun() { // before it could be recalled
		d.recall()
	}
	select {
	case got, ok := <-mine:
		if !ok {
			return scan{}, hatch.ErrBusy
		}
		return got, nil
	case <-ctx.Done():
		d.mu.Lock()
		if d.lent == mine {
			d.lent = nil
		}
		d.mu.Unlock()
		return scan{}, ctx.Err()
	}
}

// recall gives the next code to the visit, whoever waits for it.
func (d *desk) recall() { d.lend(nil) }

// lend gives the next code to another; nil = to the visit.
func (d *desk) lend(to chan scan) {
	d.mu.Lock()
	before := d.lent
	d.lent = to
	d.mu.Unlock()
	if before != nil {
		close(before)
	}
}
