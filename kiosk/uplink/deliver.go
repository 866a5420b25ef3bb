package uplink

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
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
	single := map[string]*backoff.ExponentialBackOff{}
	return u.lane(ctx, u.kick, u.o.Outbox.NextDue, func(ctx context.Context) *failure { return u.drain(ctx, single) })
}

// lane drains again and again: when something changed, when next says, when it
// is kicked, or, after a failure of the way, when the pause ends.
func (u *Uplink) lane(ctx context.Context, kick <-chan struct{}, next func(context.Context) (time.Time, error), drain func(context.Context) *failure) error {
	pause := newBackoff()
	for {
		changed := u.o.Outbox.Changed()
		f := drain(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var wait time.Duration
		if f != nil {
			if errors.Is(f, outbox.ErrClosed) {
				return f
			}
			if f.moved {
				pause.Reset()
			}
			if !f.cause.away() { // that it answers at all is no reason to ask again at once
				select {
				case <-kick:
				default:
				}
			}
			wait, changed = max(nextWait(pause), f.after), nil
			u.tally.paused()
			u.o.Log.Info("sending pauses", "cause", string(f.cause), "wait", wait.Round(time.Second).String())
		} else {
			pause.Reset()
			wait = u.untilDue(ctx, next)
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-changed:
		case <-timer.C:
		case <-kick:
			pause.Reset()
		}
		timer.Stop()
	}
}

// untilDue is how long nothing will be due.
func (u *Uplink) untilDue(ctx context.Context, next func(context.Context) (time.Time, error)) time.Duration {
	at, err := next(ctx)
	if err != nil || at.IsZero() {
		return longest
	}
	return min(max(at.Sub(u.o.Now()), 10*time.Millisecond), longest)
}

// How many submissions are taken out of the outbox at once. Their marks cost
// one sync of the disk together, and while they are under way no other is
// looked for.
const (
	widest   = 32
	mostByte = 1 << 20
)

// drain sends everything that is due, in order. It gives the failure that
// stopped it, nil when nothing is due any more. It begins with one and doubles,
// so that a way that fails at once is tried with one.
func (u *Uplink) drain(ctx context.Context, single map[string]*backoff.ExponentialBackOff) *failure {
	faults := 0
	for width := 1; ctx.Err() == nil; width = min(2*width, widest) {
		row, err := u.next(ctx, width)
		if err != nil {
			return u.outboxFailed(err)
		}
		if len(row) == 0 {
			return nil
		}
		if f := u.sendRow(ctx, row, single, &faults); f != nil {
			return f
		}
	}
	return nil
}

// next takes what somebody asked to have sent first, else what is due.
func (u *Uplink) next(ctx context.Context, width int) ([]outbox.Item, error) {
	for id, ok := u.firstAsked(); ok; id, ok = u.firstAsked() {
		it, err := u.o.Outbox.Item(ctx, id)
		if err == nil {
			return []outbox.Item{it}, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		u.o.Log.Warn("submission asked for is not sent first", "id", id, "err", err)
	}
	return u.o.Outbox.Due(ctx, u.o.Now(), width, mostByte)
}

// sendRow sends the submissions of row one after the other, while what became
// of the earlier ones is marked. It returns once all is marked.
func (u *Uplink) sendRow(ctx context.Context, row []outbox.Item, single map[string]*backoff.ExponentialBackOff, faults *int) (f *failure) {
	begin := make([]outbox.Mark, len(row))
	for i, it := range row {
		begin[i] = u.o.Outbox.MarkSending(it.ID)
	}
	if err := u.o.Outbox.Apply(ctx, begin...); err != nil && !missed(err) {
		return u.outboxFailed(err)
	}
	d := u.newDesk(len(row))
	defer func() {
		if err := d.close(); err != nil && f == nil {
			f = u.outboxFailed(err)
		}
	}()
	for i, it := range row {
		f := u.send(ctx, it, d)
		if ctx.Err() != nil { // whether it arrived is not known
			d.unsent(row[i+1:])
			return nil
		}
		if f == nil {
			*faults = 0
			delete(single, it.ID)
			continue
		}
		alone := f.alone()
		wait := time.Duration(0)
		if f.cause == Lacking {
			if single[it.ID] != nil { // it was told before, and all that it said was sent
				wait = nextWait(single[it.ID])
			} else {
				single[it.ID] = newBackoff()
			}
			d.lacking(it, wait)
			continue
		}
		if alone {
			if single[it.ID] == nil {
				single[it.ID] = newBackoff()
			}
			wait = max(nextWait(single[it.ID]), f.after)
			*faults++
		}
		d.mark(u.o.Outbox.MarkRetry(it.ID, wait, reasonOf(f.cause)), nil)
		if !alone || *faults >= manyFaults {
			d.unsent(row[i+1:])
			return f
		}
	}
	return nil
}

// send delivers one submission and hands the outcome to d. nil means that it is
// settled: received or refused.
func (u *Uplink) send(ctx context.Context, it outbox.Item, d *desk) *failure {
	digest := submission.Digest(it.Sealed)
	limited, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	began := time.Now()
	rsp, err := u.api.PutSubmissionWithBodyWithResponse(limited, it.ID,
		&contract.PutSubmissionParams{StationID: u.o.Station, ContentDigest: digest},
		contract.SealedType, bytes.NewReader(it.Sealed))
	if ctx.Err() != nil {
		return nil
	}
	f := u.judge(it, digest, rsp, err, d)
	u.tally.sent(f, len(it.Sealed), time.Since(began))
	return f
}

// judge says what a reply means for the submission that was sent.
func (u *Uplink) judge(it outbox.Item, digest string, rsp *contract.PutSubmissionResponse, err error, d *desk) *failure {
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
		d.settled(status)
		return nil
	}
	for _, p := range []*contract.Problem{rsp.ApplicationProblemJSON409, rsp.ApplicationProblemJSON413, rsp.ApplicationProblemJSON422} {
		if p == nil {
			continue
		}
		if p.Code == "" || p.Status != rsp.StatusCode() {
			return u.failed(&failure{cause: NotCentral, err: fmt.Errorf("status %d with an empty problem", rsp.StatusCode())})
		}
		if p.Status == http.StatusConflict && p.Code != otherContent {
			// The answer to something else: a part's offset, say. Nothing is
			// refused for good by what was not asked.
			return u.failed(&failure{cause: NotCentral, err: fmt.Errorf("status 409, %s, which is about no submission", p.Code)})
		}
		u.answered(None)
		d.refused(it.ID, p)
		return nil
	}
	if p := rsp.ApplicationProblemJSON424; p != nil {
		u.answered(None)
		return &failure{cause: Lacking, err: fmt.Errorf("central lacks %d parts", len(p.Missing))}
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

// otherContent is the one conflict that a submission can have: central holds
// another one under its id.
const otherContent = "other-content"

func firstProblem(rsp *contract.PutSubmissionResponse) *contract.Problem {
	for _, p := range []*contract.Problem{rsp.ApplicationProblemJSON403, rsp.ApplicationProblemJSON429, rsp.ApplicationProblemJSON500, rsp.ApplicationProblemJSON503} {
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
