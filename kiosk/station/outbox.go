package station

import (
	"context"
	"errors"
	"io"

	"motcua/kiosk/outbox"
	"motcua/kiosk/stick"
	"motcua/kiosk/visit"
)

// Sender is what staff can ask of the uplink; *uplink.Uplink is one.
type Sender interface {
	// SendNow has all that waits tried at once.
	SendNow()
	// SendThis has the submission id sent before all others.
	SendThis(ctx context.Context, id string) error
}

// stuckMost is how many refused submissions staff are shown.
const stuckMost = 100

// waiting are the states of what central has neither confirmed nor refused.
var waiting = []outbox.State{outbox.Queued, outbox.Sending, outbox.Resend}

// lookIntoOutbox tells staff how the outbox is. One that cannot be read is told
// by its trouble; the page then shows what it showed.
func (s *Station) lookIntoOutbox(ctx context.Context) {
	sum, err := s.Outbox.Summary(ctx)
	if err == nil {
		var refused []outbox.Entry
		if refused, err = s.Outbox.List(ctx, outbox.Filter{States: []outbox.State{outbox.Refused}}); err == nil {
			s.Post(s.seen(sum, refused))
			return
		}
	}
	if ctx.Err() == nil {
		s.Log.Error("look into the outbox", "err", err)
	}
}

func (s *Station) seen(sum outbox.Summary, refused []outbox.Entry) visit.OutboxSeen {
	out := visit.OutboxSeen{Waiting: sum.Pending(), Oldest: sum.Oldest, Refused: len(refused)}
	for _, e := range refused[:min(stuckMost, len(refused))] {
		out.Stuck = append(out.Stuck, visit.Stuck{ID: e.ID, Claim: e.Claim, Code: e.Reason.Code, Text: e.Reason.Text,
			Owner: string(e.Reason.Owner), Next: e.Reason.Next, Stored: e.Accepted})
	}
	_, err := s.stickAt()
	out.Stick = err == nil
	return out
}

// stickAt gives where a USB stick is mounted.
func (s *Station) stickAt() (string, error) {
	if s.Stick != nil {
		return s.Stick()
	}
	return stick.Find()
}

// sendNow does what staff asked of the uplink.
func (s *Station) sendNow() {
	if s.Sender == nil {
		s.Post(visit.OutboxDone{Work: visit.WorkFailed})
		return
	}
	s.Sender.SendNow()
	s.Log.Info("staff had all sent now")
	s.Post(visit.OutboxDone{Work: visit.WorkSent})
}

func (s *Station) sendAgain(ctx context.Context, id string) {
	err := errors.New("there is no uplink")
	if s.Sender != nil {
		err = s.Sender.SendThis(ctx, id)
	}
	if err != nil {
		s.Log.Error("submission not sent again", "id", id, "err", err)
		s.Post(visit.OutboxDone{Work: visit.WorkFailed})
		return
	}
	s.Log.Info("staff had a submission sent again", "id", id)
	s.Post(visit.OutboxDone{Work: visit.WorkAgain})
}

// exportOutbox copies what waits to the stick, as kioskctl does.
func (s *Station) exportOutbox(ctx context.Context) {
	n, err := s.export(ctx)
	if err != nil {
		s.Log.Error("not exported", "err", err)
		s.Post(visit.OutboxDone{Work: visit.WorkFailed})
		return
	}
	s.Log.Info("staff exported what waits", "submissions", n)
	s.Post(visit.OutboxDone{Work: visit.WorkExported, N: n})
}

func (s *Station) export(ctx context.Context) (int, error) {
	dir, err := s.stickAt()
	if err != nil {
		return 0, err
	}
	list, err := s.Outbox.List(ctx, outbox.Filter{States: waiting})
	if err != nil || len(list) == 0 {
		return 0, err
	}
	w, err := stick.Create(dir, s.Name, s.Now())
	if err != nil {
		return 0, err
	}
	for _, e := range list {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		it, err := s.Outbox.Item(ctx, e.ID)
		if err == nil {
			err = w.Add(s.sealed(e, it))
		}
		switch {
		case errors.Is(err, stick.ErrAltered), errors.Is(err, outbox.ErrDamaged), errors.Is(err, outbox.ErrUnknown):
			s.Log.Error("left out of the export", "id", e.ID, "err", err)
		case err != nil:
			return 0, err
		}
	}
	m, err := w.Close()
	return len(m.Files), err
}

func (s *Station) sealed(e outbox.Entry, it outbox.Item) stick.Sealed {
	out := stick.Sealed{ID: it.ID, Digest: it.Digest, Accepted: e.Accepted, Bytes: it.Sealed}
	for _, p := range it.Parts {
		out.Parts = append(out.Parts, stick.Source{Name: p.Name, Size: p.Size,
			Open: func() (io.ReadCloser, error) { return s.Outbox.OpenPart(p) }})
	}
	return out
}
