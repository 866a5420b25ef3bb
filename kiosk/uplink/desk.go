package uplink

import (
	"context"
	"errors"
	"time"

	"motcua/kiosk/contract"
	"motcua/kiosk/outbox"
)

// desk marks in the outbox what became of the submissions of one row, in
// order, several with one sync, while the next is under way.
type desk struct {
	u    *Uplink
	in   chan outcome
	done chan error
}

// outcome is one mark, and what is told once it is durable.
type outcome struct {
	mark outbox.Mark
	tell func()
}

// newDesk opens a desk for a row of n; close ends its goroutine.
func (u *Uplink) newDesk(n int) *desk {
	d := &desk{u: u, in: make(chan outcome, 2*n), done: make(chan error, 1)} // nobody ever waits to hand in
	go func() { d.done <- d.work() }()
	return d
}

// gather is how long the desk waits for more outcomes before it marks: on a
// fast way many take one sync together, on a slow one nobody waits for long.
const gather = 100 * time.Millisecond

func (d *desk) work() (err error) {
	for open := true; open; {
		var row []outcome
		if row, open = d.collect(); err == nil && len(row) > 0 { // else: what is not marked is sent again
			err = d.apply(row)
		}
	}
	return err
}

// collect gives the outcomes that came within gather of the first; open is
// false once no more will come.
func (d *desk) collect() (row []outcome, open bool) {
	o, open := <-d.in
	if !open {
		return nil, false
	}
	row = append(row, o)
	late := time.NewTimer(gather)
	defer late.Stop()
	for {
		select {
		case o, open := <-d.in:
			if !open {
				return row, false
			}
			row = append(row, o)
		case <-late.C:
			return row, true
		}
	}
}

// apply marks a row; then, and not before, it is told.
func (d *desk) apply(row []outcome) error {
	all := make([]outbox.Mark, len(row))
	for i, o := range row {
		all[i] = o.mark
	}
	// What central said is marked even if the station is told to end just now.
	err := d.u.o.Outbox.Apply(context.Background(), all...)
	if err != nil && !missed(err) {
		return err
	}
	if err != nil {
		d.u.o.Log.Warn("a submission was settled otherwise meanwhile", "err", err)
	}
	for _, o := range row {
		if o.tell != nil {
			o.tell()
		}
	}
	return nil
}

// missed tells whether all that was wrong is that somebody else settled a
// submission in the meantime.
func missed(err error) bool {
	return errors.Is(err, outbox.ErrSettled) || errors.Is(err, outbox.ErrUnknown)
}

// close waits until all is marked and told.
func (d *desk) close() error {
	close(d.in)
	return <-d.done
}

func (d *desk) mark(m outbox.Mark, tell func()) { d.in <- outcome{m, tell} }

// unsent takes back that the rest of a row was being sent.
func (d *desk) unsent(rest []outbox.Item) {
	for _, it := range rest {
		d.mark(d.u.o.Outbox.MarkUnsent(it.ID), nil)
	}
}

// settled hands in what central said it did with a submission just sent.
func (d *desk) settled(s *contract.Status) {
	if s.State == contract.StateRefused {
		d.refused(s.ID, &s.Refusal)
		return
	}
	u, id, dossier := d.u, s.ID, s.Dossier
	d.mark(u.o.Outbox.MarkReceived(id, outbox.Confirmation{At: s.At, State: string(s.State), Dossier: dossier}), func() {
		u.o.Log.Info("submission delivered", "id", id, "dossier", dossier)
		u.o.Tell(Received{ID: id, Dossier: dossier})
		if dossier == "" {
			u.signal(u.poll)
		}
	})
}

func (d *desk) refused(id string, p *contract.Problem) {
	why := reasonFrom(p)
	if err := d.u.lost(context.Background()); err != nil {
		d.u.outboxFailed(err) // what is not marked is sent again
		return
	}
	d.mark(d.u.o.Outbox.MarkRefused(id, why), func() { d.u.tellRefused(id, why) })
}

// lacking hands in that central lacks parts of it.
func (d *desk) lacking(it outbox.Item, wait time.Duration) {
	if len(it.Parts) == 0 { // what it had was lost with a damaged store
		why, mark := d.u.o.Outbox.MarkPartDamaged(it.ID)
		d.mark(mark, func() { d.u.tellRefused(it.ID, why) })
		return
	}
	d.mark(d.u.o.Outbox.MarkLacking(it.ID, wait, reasonOf(Lacking)), nil) // a change, so that carry looks
}

// refuse sets aside what central turned down after it had taken it.
func (u *Uplink) refuse(ctx context.Context, id string, p *contract.Problem) {
	why := reasonFrom(p)
	err := u.lost(ctx)
	if err == nil {
		err = u.o.Outbox.Refused(ctx, id, why)
	}
	if err != nil {
		u.outboxFailed(err)
		return
	}
	u.tellRefused(id, why)
}

func (u *Uplink) tellRefused(id string, why outbox.Reason) {
	u.o.Log.Error("submission refused", "id", id, "code", why.Code, "owner", string(why.Owner))
	u.o.Tell(Refused{ID: id, Reason: why})
}
