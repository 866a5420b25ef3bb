package station

import (
	"context"
	"errors"
	"sync"
	"time"

	"motcua/devices"
	"motcua/devices/receipt"
	"motcua/kiosk/visit"
)

// statusEvery is how often an idle printer is asked; half of the second within
// which the end of the paper is to be shown.
const statusEvery = 500 * time.Millisecond

// printTime is the longest a slip may take, paper feed and cut included.
const printTime = 30 * time.Second

// leftTime is how long after a visit its slip may stay at the mouth of a printer
// that holds it there; it is personal, and is pulled back then.
const leftTime = 20 * time.Second

// piece is one piece of paper. compose draws it for the width of a printer, anew
// for each that is tried; ended hears how that went. ended may be nil.
type piece struct {
	compose func(width int) (receipt.Slip, error)
	ended   func(error)
}

// page is a piece for one printer; done hears once how it went. One whose ctx has
// ended is not begun any more: nobody waits for it.
type page struct {
	piece
	ctx  context.Context
	done chan<- error
}

// printer keeps one receipt printer open, asks how it is and prints.
type printer struct {
	Unit[receipt.Printer]
	report func(unit string, s receipt.Status, err error)
	jobs   chan page     // has room, so that a job waits while the unit is opened
	left   chan struct{} // has room for one: a visit has ended

	mu  sync.Mutex // guards now
	now receipt.Status
}

func (s *Station) newPrinter(u Unit[receipt.Printer]) *printer {
	return &printer{Unit: u, report: s.printerTold, jobs: make(chan page, 4), left: make(chan struct{}, 1)}
}

// status is what the unit said last; Unknown before it could be asked.
func (p *printer) status() receipt.Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now
}

func (p *printer) told(s receipt.Status, err error) {
	p.mu.Lock()
	p.now = s
	p.mu.Unlock()
	p.report(p.Name, s, err)
}

func (p *printer) run(ctx context.Context, plugs Plugs) {
	keep(ctx, plugs, p.Open, p.serve, func(err error) {
		if err != nil {
			p.told(receipt.Offline, err)
			p.refuse(err)
		}
	})
	p.refuse(devices.ErrClosed)
}

// refuse fails what waits for a printer that is not there.
func (p *printer) refuse(err error) {
	for {
		select {
		case job := <-p.jobs:
			job.done <- err
		default:
			return
		}
	}
}

// serve prints and asks until the unit fails.
func (p *printer) serve(ctx context.Context, unit receipt.Printer) error {
	tick := time.NewTicker(statusEvery)
	defer tick.Stop()
	away := time.NewTimer(leftTime)
	away.Stop()
	defer away.Stop()
	if err := p.ask(ctx, unit); err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-p.left:
			away.Reset(leftTime)
			continue
		case <-away.C:
			if err := retract(ctx, unit); errors.Is(err, devices.ErrGone) {
				return err
			}
		case <-tick.C:
		case job := <-p.jobs:
			if job.ctx.Err() != nil {
				continue
			}
			away.Stop() // Print pulls back what is still there
			err := p.print(ctx, unit, job)
			if err != nil && ctx.Err() == nil {
				p.told(said(err), err) // so that getting well is a change again
			}
			job.done <- err
			if errors.Is(err, devices.ErrGone) {
				return err
			}
		}
		if err := p.ask(ctx, unit); err != nil {
			return err
		}
	}
}

// retract pulls back what a visitor left at the mouth. That it does not move shows
// in the status.
func retract(ctx context.Context, unit receipt.Printer) error {
	if u, ok := unit.(receipt.Presenter); ok && u.Presents() {
		return u.Retract(ctx)
	}
	return nil
}

func (p *printer) ask(ctx context.Context, unit receipt.Printer) error {
	status, err := unit.Status(ctx)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, devices.ErrGone), errors.Is(err, devices.ErrClosed):
		return err
	case err != nil:
		status = receipt.Unknown // an unreadable answer is no reason not to print
	}
	p.told(status, nil)
	return nil
}

func (p *printer) print(ctx context.Context, unit receipt.Printer, job page) error {
	slip, err := job.compose(unit.Width())
	if err != nil {
		return err
	}
	within, cancel := context.WithTimeout(ctx, printTime)
	defer cancel()
	err = unit.Print(within, slip)
	if job.ended != nil && ctx.Err() == nil {
		job.ended(err)
	}
	return err
}

// do has one piece printed on this unit and waits until it is out. One that is not
// there fails at once when it is known to be away, else within printTime.
func (p *printer) do(ctx context.Context, what piece) error {
	done := make(chan error, 1)
	select {
	case p.jobs <- page{what, ctx, done}:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// print has one piece printed by the preferred printer that can, and by the next
// one if it fails at it. The error is that of the first one tried.
func (s *Station) print(ctx context.Context, what piece) error {
	failed := error(devices.Fail(ThingPrinter, "print", devices.ErrGone, nil))
	able := s.able()
	for i, p := range able {
		err := p.do(ctx, what)
		switch {
		case err == nil:
			return nil
		case i == 0:
			failed = err
		}
		if ctx.Err() != nil || !elsewhere(err) {
			break
		}
		if i+1 < len(able) {
			s.Log.Warn("not printed on this one", "unit", p.Name, "err", err)
		}
	}
	return failed
}

// able are the printers that can print, in the order of preference; if none can,
// the preferred one, which then says why.
func (s *Station) able() []*printer {
	var able []*printer
	for _, p := range s.printers {
		if p.status().Prints() {
			able = append(able, p)
		}
	}
	if able == nil && len(s.printers) > 0 {
		able = s.printers[:1]
	}
	return able
}

// elsewhere tells that another printer may succeed where this one failed.
func elsewhere(err error) bool {
	for _, reason := range []error{devices.ErrGone, devices.ErrSilent, devices.ErrStaff, devices.ErrClosed, context.DeadlineExceeded} {
		if errors.Is(err, reason) {
			return true
		}
	}
	return false
}

// meaning is what a printer's status means to a visitor.
func meaning(s receipt.Status) visit.PrinterState {
	switch s {
	case receipt.PaperOut:
		return visit.PrinterNoPaper
	case receipt.CoverOpen:
		return visit.PrinterOpen
	case receipt.Error:
		return visit.PrinterFaulty
	case receipt.Offline:
		return visit.PrinterAway
	}
	return visit.PrinterReady
}

// said is the state that a failed print tells of.
func said(err error) receipt.Status {
	var staff *receipt.StaffError
	switch {
	case errors.As(err, &staff):
		return staff.Status
	case errors.Is(err, devices.ErrGone), errors.Is(err, devices.ErrSilent), errors.Is(err, devices.ErrClosed),
		errors.Is(err, context.DeadlineExceeded):
		return receipt.Offline
	}
	return receipt.Error
}
