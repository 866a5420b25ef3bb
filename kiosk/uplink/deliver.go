package uplink

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"

	"motcua/kiosk/contract"
	"motcua/kiosk/outbox"
	"motcua/kiosk/submission"
)

// manyFaults is after how many submissions in a row on which central failed
// it is taken for central's own trouble rather than theirs.
const manyFaults = 3

// deliver sends what is due, then waits for more: for a new submission, for
// the next due time, or, after a failure of the way, for the pause to end.
func (u *Uplink) deliver(ctx context.Context) error {
	pause, single := newBackoff(), map[string]*backoff.ExponentialBackOff{}
	for {
		changed := u.o.Outbox.Changed()
		f := u.drain(ctx, single)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var wait time.Duration
		if f != nil {
			if errors.Is(f, outbox.ErrClosed) {
				return f
			}
			wait, changed = min(max(nextWait(pause), f.after), longest), nil
			u.o.Log.Info("sending pauses", "cause", string(f.cause), "wait", wait.Round(time.Second).String())
		} else {
			pause.Reset()
			wait = u.untilDue(ctx)
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-changed:
		case <-timer.C:
		case <-u.kick:
			pause.Reset()
		}
		timer.Stop()
	}
}

// untilDue is how long nothing will be due.
func (u *Uplink) untilDue(ctx context.Context) time.Duration {
	at, err := u.o.Outbox.NextDue(ctx)
	if err != nil || at.IsZero() {
		return longest
	}
	return min(max(at.Sub(u.o.Now()), 10*time.Millisecond), longest)
}

// drain sends everything that is due, in order. It gives the failure that
// stopped it, nil when nothing is due any more.
func (u *Uplink) drain(ctx context.Context, single map[string]*backoff.ExponentialBackOff) *failure {
	faults := 0
	for ctx.Err() == nil {
		it, ok, err := u.o.Outbox.Next(ctx, u.o.Now())
		if err != nil {
			return u.outboxFailed(err)
		}
		if !ok {
			return nil
		}
		f := u.send(ctx, it)
		switch {
		case ctx.Err() != nil:
			return nil
		case f == nil:
			faults = 0
			delete(single, it.ID)
			continue
		case f.cause == OutboxBad:
			return f
		}
		alone := f.cause == Faulty // central fails on this one, perhaps on no other
		wait := time.Duration(0)
		if alone {
			if single[it.ID] == nil {
				single[it.ID] = newBackoff()
			}
			wait = max(nextWait(single[it.ID]), f.after)
			faults++
		}
		if err := u.o.Outbox.Retry(ctx, it.ID, wait, reasonOf(f.cause)); err != nil {
			return u.outboxFailed(err)
		}
		if !alone || faults >= manyFaults {
			return f
		}
	}
	return nil
}

// send delivers one submission. nil means that it is settled: received or
// refused.
func (u *Uplink) send(ctx context.Context, it outbox.Item) *failure {
	if err := u.o.Outbox.Sending(ctx, it.ID); err != nil {
		return u.outboxFailed(err)
	}
	digest := submission.Digest(it.Sealed)
	limited, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	rsp, err := u.api.PutSubmissionWithBodyWithResponse(limited, it.ID,
		&contract.PutSubmissionParams{StationID: u.o.Station, ContentDigest: digest},
		contract.SealedType, bytes.NewReader(it.Sealed))
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return u.failed(shape(err))
	}
	status := rsp.JSON201
	if status == nil {
		status = rsp.JSON200
	}
	if status != nil {
		if err := checkStatus(status, it.ID, digest); err != nil {
			return u.failed(err)
		}
		u.answered(None)
		return u.settle(ctx, status)
	}
	for _, p := range []*contract.Problem{rsp.ApplicationProblemJSON409, rsp.ApplicationProblemJSON413, rsp.ApplicationProblemJSON422} {
		if p == nil {
			continue
		}
		if p.Code == "" || p.Status != rsp.StatusCode() {
			return u.failed(&failure{cause: NotCentral, err: fmt.Errorf("status %d with an empty problem", rsp.StatusCode())})
		}
		u.answered(None)
		return u.refuse(ctx, it.ID, p)
	}
	if p := rsp.ApplicationProblemJSON400; p != nil {
		// Damaged on the way, or central reads the contract differently: it is
		// about this one alone and may heal.
		f := &failure{cause: Faulty, err: fmt.Errorf("status 400, %s", p.Code)}
		u.o.Log.Warn("submission not understood", "id", it.ID, "code", p.Code)
		return u.failed(f)
	}
	return u.failed(refusedTo(rsp.HTTPResponse, firstProblem(rsp)))
}

func firstProblem(rsp *contract.PutSubmissionResponse) *contract.Problem {
	for _, p := range []*contract.Problem{rsp.ApplicationProblemJSON403, rsp.ApplicationProblemJSON500, rsp.ApplicationProblemJSON503} {
		if p != nil {
			return p
		}
	}
	return nil
}

// checkStatus holds a status against what the contract says of it. digest is
// empty where it is not known.
func checkStatus(s *contract.Status, id, digest string) error {
	bad := func(what string) error {
		return &failure{cause: NotCentral, err: fmt.Errorf("status with %s", what)}
	}
	switch {
	case s.ID != id:
		return bad("another id")
	case !s.State.Valid():
		return bad("an unknown state")
	case s.At.IsZero():
		return bad("no time")
	case s.State != contract.StateRefused && digest != "" && s.Digest != digest:
		return bad("another digest")
	case s.State == contract.StateOpened && s.Dossier == "":
		return bad("no dossier")
	case s.State == contract.StateRefused && s.Refusal.Code == "":
		return bad("no reason")
	}
	return nil
}

// settle marks what central said it did with a submission just sent.
func (u *Uplink) settle(ctx context.Context, s *contract.Status) *failure {
	if s.State == contract.StateRefused {
		return u.refuse(ctx, s.ID, &s.Refusal)
	}
	err := u.o.Outbox.Received(ctx, s.ID, outbox.Confirmation{At: s.At, State: string(s.State), Dossier: s.Dossier})
	if err != nil {
		return u.outboxFailed(err)
	}
	u.o.Log.Info("submission delivered", "id", s.ID, "dossier", s.Dossier)
	u.o.Tell(Received{ID: s.ID, Dossier: s.Dossier})
	if s.Dossier == "" {
		u.signal(u.poll)
	}
	return nil
}

func (u *Uplink) refuse(ctx context.Context, id string, p *contract.Problem) *failure {
	why := reasonFrom(p)
	if err := u.o.Outbox.Refused(ctx, id, why); err != nil {
		return u.outboxFailed(err)
	}
	u.o.Log.Error("submission refused", "id", id, "code", why.Code, "owner", string(why.Owner))
	u.o.Tell(Refused{ID: id, Reason: why})
	return nil
}

// outboxFailed is a failure of ours: nothing is lost, it is tried again.
func (u *Uplink) outboxFailed(err error) *failure {
	if !errors.Is(err, context.Canceled) && !errors.Is(err, outbox.ErrClosed) {
		u.o.Log.Error("outbox fails", "err", err)
		u.mu.Lock()
		u.state.Cause = OutboxBad // until central takes something again
		u.mu.Unlock()
	}
	return &failure{cause: OutboxBad, err: err}
}

// asFailure takes any error for a failure; one of no known kind is of the way.
func asFailure(err error) *failure {
	if f, ok := errors.AsType[*failure](err); ok {
		return f
	}
	return &failure{cause: Unreachable, err: err}
}
