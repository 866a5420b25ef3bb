package station

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"motcua/devices"
	"motcua/devices/receipt"
	"motcua/devices/receipt/journal"
	"motcua/kiosk/outbox"
	"motcua/kiosk/pack"
	"motcua/kiosk/paper"
)

const (
	// owedEvery is how often a receipt that is owed is tried, once the printer is
	// well and nobody is at the station.
	owedEvery = 5 * time.Second
	// owedShown is how long staff are told of one that came out by itself, so that
	// they find whom to hand it to.
	owedShown = 2 * time.Minute
)

// owe notes, before a submission is accepted, that its receipt is promised. A
// journal that fails costs nobody the submission.
func (s *Station) owe(id string) {
	if s.Journal == nil || len(s.printers) == 0 {
		return
	}
	s.note("owe", id, s.Journal.Owe(id))
}

// note logs a journal that fails.
func (s *Station) note(op, id string, err error) {
	if err != nil {
		s.Log.Error("print journal", "op", op, "id", id, "err", err)
	}
}

// owed is the receipt of a submission as a piece: each copy has the next number in
// the journal, which is used up before the first byte goes out. copies is the
// number where there is no journal, or none that works.
func (s *Station) owed(id string, copies int, compose func(copies, width int) (receipt.Slip, error)) piece {
	if s.Journal == nil {
		return piece{compose: func(width int) (receipt.Slip, error) { return compose(max(copies, 1), width) }}
	}
	number := 0
	return piece{
		compose: func(width int) (receipt.Slip, error) {
			number = s.Journal.Next(id)
			slip, err := compose(number, width)
			if err != nil {
				return slip, err
			}
			switch err := s.Journal.Begin(id, number, sha256.Sum256(slip.Page.Pix)); {
			case errors.Is(err, journal.ErrBroken):
				s.note("begin", id, err)
				return compose(max(number, copies), width)
			case err != nil:
				return receipt.Slip{}, err
			}
			return slip, nil
		},
		ended: func(err error) {
			var staff *receipt.StaffError
			switch {
			case err == nil:
				s.note("out", id, s.Journal.Out(id, number))
			case errors.As(err, &staff):
				s.note("lost", id, s.Journal.Lost(id, number, staff.Status.String()))
			case errors.Is(err, devices.ErrRefused):
				s.note("lost", id, s.Journal.Lost(id, number, "refused"))
			} // else nobody knows: it stays begun
		},
	}
}

// underWay counts what is being done for a submission: it is stored, a piece of it is
// printed. When the last of that has ended after its visit, what did not come out is
// given up.
func (s *Station) underWay(ctx context.Context, id string, n int) {
	s.mu.Lock()
	s.pending[id] += n
	over := s.pending[id] == 0 && s.id != id
	if s.pending[id] == 0 {
		delete(s.pending, id)
	}
	s.mu.Unlock()
	if over {
		s.giveUp(ctx, id)
	}
}

// letGo ends what is owed to a visitor who has left, knowing the code from the
// screen. What is being stored or printed ends first. It does not wait for the disk.
func (s *Station) letGo(ctx context.Context, id string) {
	if id == "" {
		return
	}
	s.underWay(ctx, id, 1)
	s.do(func() { s.underWay(ctx, id, -1) })
}

// giveUp ends what is owed for a submission. What was never accepted is owed to
// nobody.
func (s *Station) giveUp(ctx context.Context, id string) {
	if s.Journal == nil {
		return
	}
	job, known := s.Journal.Job(id)
	if !known || job.State.Done() {
		return
	}
	why := notAccepted
	if _, err := s.Outbox.Show(context.WithoutCancel(ctx), id); !errors.Is(err, outbox.ErrUnknown) {
		why = "visit over"
		s.Log.Warn("receipt not printed, the visit is over", "id", id)
	}
	s.note("give up", id, s.Journal.GiveUp(id, why))
}

// notAccepted is why no receipt is printed of what was never kept.
const notAccepted = "not accepted"

// payOwed prints what an earlier run of the program owed when it was cut off, each
// marked as printed again, while nobody is at the station. Staff are told.
func (s *Station) payOwed(ctx context.Context) {
	if s.Journal == nil {
		return
	}
	paid := false
	for _, job := range s.Journal.Unfinished() {
		e, err := s.Outbox.Show(ctx, job.ID)
		if errors.Is(err, outbox.ErrUnknown) {
			s.note("give up", job.ID, s.Journal.GiveUp(job.ID, notAccepted))
			continue
		}
		if err != nil {
			s.Log.Error("receipt owed, submission not found", "id", job.ID, "err", err)
			continue
		}
		s.mend("receipt-owed", "", false, nil)
		if !s.pay(ctx, e) {
			return
		}
		paid = true
	}
	if paid && !wait(ctx, owedShown) {
		return
	}
	s.mend("receipt-owed", "", true, nil)
}

// wait lets d go by; false: ctx ended.
func wait(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// pay prints one receipt that is owed, as often as it takes. Why it does not come out
// is logged when it is another reason than before.
func (s *Station) pay(ctx context.Context, e outbox.Entry) bool {
	for why := ""; ; {
		if !s.InVisit() {
			err := s.print(ctx, s.owed(e.ID, 2, func(copies, width int) (receipt.Slip, error) {
				return s.again(e, max(copies, 2), width)
			}))
			if err == nil {
				s.Log.Info("receipt printed that was owed", "id", e.ID)
				return true
			}
			if said := err.Error(); said != why && ctx.Err() == nil {
				why = said
				s.Log.Warn("receipt owed and not printed", "id", e.ID, "err", err)
			}
		}
		if !wait(ctx, owedEvery) {
			return false
		}
	}
}

// again is a receipt out of what is not sealed: the code, the procedure and where
// the submission is. Who it is of, nobody here can read any more.
func (s *Station) again(e outbox.Entry, copies, width int) (receipt.Slip, error) {
	r := paper.Receipt{Head: s.head(pack.VI, copies, s.Now()), Claim: e.Claim, Dossier: e.Central.Dossier, At: s.local(e.Accepted)}
	switch e.State {
	case outbox.Received:
		r.State = paper.Received
	case outbox.Refused:
		r.State = paper.Refused
	}
	if p, ok := s.Pack.Procedure(e.Procedure); ok {
		r.Procedure = p.Short.VI
	}
	return s.Press.Receipt(r, width)
}
