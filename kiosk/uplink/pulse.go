package uplink

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"motcua/kiosk/contract"
	"motcua/kiosk/outbox"
)

const (
	probeEvery  = 5 * time.Second
	beatEvery   = time.Minute
	pollEvery   = time.Minute
	pollSoon    = 2 * time.Second // after a confirmation without a dossier
	retainEvery = 6 * time.Hour
	// pollFor is how long after its confirmation a submission is asked about.
	pollFor = 60 * 24 * time.Hour
	// maxTroubles is the contract's bound.
	maxTroubles = 64
)

// probe asks central's clock while central is away, from the start on. It ends
// the pause as soon as central answers.
func (u *Uplink) probe(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
		}
		if !u.State().Online {
			u.ask(ctx)
		}
		// ±20 %, so that a city's stations do not ask in step.
		timer.Reset(probeEvery*4/5 + rand.N(probeEvery*2/5))
	}
}

// ask asks central for its time.
func (u *Uplink) ask(ctx context.Context) {
	limited, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	rsp, err := u.api.GetTimeWithResponse(limited)
	if ctx.Err() != nil {
		return
	}
	switch {
	case err != nil:
		u.failed(shape(err))
	case rsp.JSON200 == nil:
		u.failed(refusedTo(rsp.HTTPResponse, rsp.ApplicationProblemJSON503))
	case rsp.JSON200.Time.IsZero():
		u.failed(&failure{cause: NotCentral, err: errors.New("time without a time")})
	default:
		u.clock.hear(rsp.JSON200.Time)
		u.answered(None)
	}
}

// pulse does what has its hour: heartbeat, status poll, retention.
func (u *Uplink) pulse(ctx context.Context) error {
	beat, poll, retain := time.NewTimer(beatEvery), time.NewTimer(pollSoon), time.NewTimer(time.Minute)
	defer beat.Stop()
	defer poll.Stop()
	defer retain.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-beat.C:
			if u.State().Online {
				u.beat(ctx)
			}
			beat.Reset(beatEvery*9/10 + rand.N(beatEvery/5))
		case <-u.hello:
			beat.Reset(0)
		case <-u.poll:
			poll.Reset(pollSoon)
		case <-poll.C:
			if u.State().Online {
				u.pollStatuses(ctx)
			}
			poll.Reset(pollEvery)
		case <-retain.C:
			k, err := u.o.Outbox.Retain(ctx, u.o.Now())
			if err != nil && ctx.Err() == nil {
				u.o.Log.Error("outbox cannot let go", "err", err)
			} else if k != (outbox.Kept{}) {
				u.o.Log.Info("outbox let go", "sealed", k.Sealed, "rows", k.Rows)
			}
			retain.Reset(retainEvery)
		}
	}
}

// beat sends one heartbeat.
func (u *Uplink) beat(ctx context.Context) {
	s, err := u.o.Outbox.Summary(ctx)
	if err != nil {
		if ctx.Err() == nil {
			u.o.Log.Error("outbox cannot be counted", "err", err)
		}
		return
	}
	h, now := u.o.Health(), u.o.Now()
	if h.Troubles == nil {
		h.Troubles = []contract.Trouble{}
	}
	limited, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	rsp, err := u.api.PostHeartbeatWithResponse(limited, contract.Heartbeat{
		Station: u.o.Station, At: now, Version: h.Version, Pack: h.Pack,
		Up:      int64(max(0, now.Sub(u.began)).Seconds()),
		Waiting: s.Pending(), Oldest: s.Oldest, Refused: s.Counts[outbox.Refused],
		Troubles: h.Troubles[:min(len(h.Troubles), maxTroubles)],
	})
	if ctx.Err() != nil {
		return
	}
	switch {
	case err != nil:
		u.failed(shape(err))
	case rsp.JSON200 == nil:
		f := asFailure(refusedTo(rsp.HTTPResponse, rsp.ApplicationProblemJSON403))
		u.o.Log.Warn("heartbeat not taken", "err", f.err)
		if f.cause.away() {
			u.failed(f)
		}
	default:
		u.clock.hear(rsp.JSON200.Time)
	}
}

// pollStatuses asks about everything that is confirmed and has no dossier yet,
// those asked longest ago first, and ends when each was asked once.
func (u *Uplink) pollStatuses(ctx context.Context) {
	asked := map[string]bool{}
	for ctx.Err() == nil {
		ids, err := u.o.Outbox.Awaiting(ctx, u.o.Now().Add(-pollFor), contract.MaxStatusIDs)
		if err != nil || len(ids) == 0 || asked[ids[0]] {
			return
		}
		for _, id := range ids {
			asked[id] = true
		}
		if !u.pollBatch(ctx, ids) {
			return
		}
	}
}

func (u *Uplink) pollBatch(ctx context.Context, ids []string) bool {
	limited, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	rsp, err := u.api.ListStatusesWithResponse(limited, contract.StatusQuery{Ids: ids})
	if ctx.Err() != nil {
		return false
	}
	if err == nil && rsp.JSON200 == nil {
		u.o.Log.Warn("statuses not told", "status", rsp.StatusCode())
		return false
	}
	if err != nil {
		u.failed(shape(err))
		return false
	}
	mine := map[string]bool{}
	for _, id := range ids {
		mine[id] = true
	}
	for _, s := range rsp.JSON200.Statuses {
		if !mine[s.ID] || checkStatus(&s, s.ID, "") != nil {
			u.o.Log.Warn("a status that nobody asked for or that is none")
			continue
		}
		u.learn(ctx, &s)
	}
	for _, id := range rsp.JSON200.Unknown {
		if mine[id] {
			u.forgotten(ctx, id)
		}
	}
	if err := u.o.Outbox.Asked(ctx, ids); err != nil && ctx.Err() == nil {
		u.outboxFailed(err)
		return false
	}
	return true
}

// learn takes up what changed since the confirmation.
func (u *Uplink) learn(ctx context.Context, s *contract.Status) {
	switch s.State {
	case contract.StateOpened:
		if err := u.o.Outbox.Dossier(ctx, s.ID, s.Dossier); err != nil {
			u.outboxFailed(err)
			return
		}
		u.o.Log.Info("dossier opened", "id", s.ID, "dossier", s.Dossier)
		u.o.Tell(Opened{ID: s.ID, Code: s.Dossier})
	case contract.StateRefused:
		u.refuse(ctx, s.ID, &s.Refusal)
	}
}

// forgotten sends again what central confirmed and does not know any more, as
// after a restore from an old backup.
func (u *Uplink) forgotten(ctx context.Context, id string) {
	if err := u.lost(ctx); err != nil {
		u.outboxFailed(err)
		return
	}
	err := u.o.Outbox.Resend(ctx, id, outbox.Reason{Code: "central-lost-it",
		Text: "central confirmed it and does not know it any more", Owner: outbox.CentralIT, Next: "sent again by itself"})
	switch {
	case err == nil:
		u.o.Log.Error("central lost a submission, sending it again", "id", id)
	case errors.Is(err, outbox.ErrSettled):
		u.o.Log.Error("central lost a submission whose bytes are deleted here", "id", id)
	default:
		u.outboxFailed(err)
	}
}
