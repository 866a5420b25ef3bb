package station

import (
	"context"
	"errors"
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

// page is one piece of paper to print; done hears once how it went.
type page struct {
	compose func(width int) (receipt.Slip, error)
	done    chan<- error
}

// printer keeps the receipt printer open, asks how it is and prints.
type printer struct {
	open func(context.Context) (receipt.Printer, error)
	told func(receipt.Status, error)
	jobs chan page // has room, so that a job waits while the unit is opened
}

func (p *printer) run(ctx context.Context) {
	keep(ctx, p.open, p.serve, func(err error) {
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
	if err := p.ask(ctx, unit); err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			if err := p.ask(ctx, unit); err != nil {
				return err
			}
		case job := <-p.jobs:
			err := p.print(ctx, unit, job)
			if err != nil && ctx.Err() == nil {
				p.told(said(err), err) // so that getting well is a change again
			}
			job.done <- err
			if errors.Is(err, devices.ErrGone) {
				return err
			}
			if err := p.ask(ctx, unit); err != nil {
				return err
			}
		}
	}
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
	ctx, cancel := context.WithTimeout(ctx, printTime)
	defer cancel()
	return unit.Print(ctx, slip)
}

// print has one piece printed and waits until it is out. A printer that is not
// there fails at once when it is known to be away, else within printTime.
func (s *Station) print(ctx context.Context, compose func(width int) (receipt.Slip, error)) error {
	if s.printer == nil {
		return devices.ErrGone
	}
	done := make(chan error, 1)
	select {
	case s.printer.jobs <- page{compose, done}:
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
