package uplink

import (
	"context"
	"crypto/subtle"
	"errors"
	"sync"
	"time"

	"motcua/kiosk/contract"
	"motcua/kiosk/outbox"
	"motcua/kiosk/submission"
)

// Why a look-up gives nothing. Test with errors.Is.
var (
	// ErrNotFound: no such reference, or not with this secret; which of the two
	// is told to nobody.
	ErrNotFound = errors.New("no submission with this code and secret")
	// ErrOffline: it is not here, and central cannot be asked now.
	ErrOffline = errors.New("central cannot be asked now")
	// ErrTooMany: too many wrong tries; later or at the counter.
	ErrTooMany = errors.New("too many wrong tries")
)

// Dossier is what a citizen may know of a submission. Nothing in it is about
// the person.
type Dossier struct {
	ID        string
	Claim     string // temporary code; empty when only central knows it
	Procedure string // national code
	State     Progress
	At        time.Time // when it got this state
	Code      string    // of the dossier, empty until one is opened
	Due       time.Time // result due; zero = nothing promised
	Reason    outbox.Reason
	// Fresh tells that central itself said so just now; else it is the
	// station's own knowledge.
	Fresh bool
}

// Progress is how far a submission is.
type Progress string

// The steps. Stored is not yet at central.
const (
	Stored      Progress = "stored"
	AtCentral   Progress = "received"
	DossierOpen Progress = "opened"
	TurnedDown  Progress = "refused"
)

// lookTime is how long a citizen waits for central when the station knows
// something itself.
const lookTime = 3 * time.Second

// LookUp tells how far a submission is. ref is its id, the temporary code of
// the receipt or the dossier code; the secret is the one on the receipt; both
// may be as a person typed them. What the station knows itself is looked for
// first; central then adds what is newer, if it can be asked. It fails with
// ErrNotFound, ErrOffline or ErrTooMany, or with ctx's own error.
func (u *Uplink) LookUp(ctx context.Context, ref, secret string) (Dossier, error) {
	secret, ok := submission.ReadSecret(secret)
	if !ok {
		return Dossier{}, ErrNotFound
	}
	if !u.tries.allowed(ref) {
		return Dossier{}, ErrTooMany
	}
	here, found, known, err := u.lookHere(ctx, ref, secret)
	if err != nil {
		return Dossier{}, err
	}
	if found && (here.State == Stored || here.State == TurnedDown) {
		return here, nil // central knows nothing of it, or nothing better
	}
	limit := askTime
	if found {
		limit = lookTime
	}
	there, err := u.lookThere(ctx, ref, secret, limit)
	switch {
	case ctx.Err() != nil:
		return Dossier{}, ctx.Err()
	case err == nil:
		there.Claim = here.Claim
		return there, nil
	case found:
		return here, nil
	case known || errors.Is(err, ErrNotFound):
		u.tries.missed(ref)
	}
	return Dossier{}, err
}

// lookHere finds what the station knows; known tells that the reference is, be
// the secret right or not.
func (u *Uplink) lookHere(ctx context.Context, ref, secret string) (d Dossier, found, known bool, err error) {
	list, err := u.o.Outbox.Find(ctx, ref)
	if err != nil {
		return Dossier{}, false, false, err
	}
	for _, e := range list {
		if subtle.ConstantTimeCompare(e.SecretHash, outbox.HashSecret(e.ID, secret)) != 1 {
			continue
		}
		d := Dossier{ID: e.ID, Claim: e.Claim, Procedure: e.Procedure, Code: e.Central.Dossier, Reason: e.Reason}
		switch {
		case e.State == outbox.Refused:
			d.State, d.At = TurnedDown, e.Tried
		case e.State != outbox.Received:
			d.State, d.At, d.Reason = Stored, e.Accepted, outbox.Reason{}
		case e.Central.Dossier != "":
			d.State, d.At = DossierOpen, e.Central.At
		default:
			d.State, d.At = AtCentral, e.Central.At
		}
		return d, true, true, nil
	}
	return Dossier{}, false, len(list) > 0, nil
}

func (u *Uplink) lookThere(ctx context.Context, ref, secret string, limit time.Duration) (Dossier, error) {
	if !u.State().Online {
		return Dossier{}, ErrOffline
	}
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	rsp, err := u.api.LookUpWithResponse(limited, contract.LookUp{Ref: ref, Secret: secret})
	if ctx.Err() != nil {
		return Dossier{}, ctx.Err()
	}
	if err != nil {
		if limited.Err() == nil { // slow for a citizen is not away
			u.failed(shape(err))
		}
		return Dossier{}, errors.Join(ErrOffline, err)
	}
	switch t := rsp.JSON200; {
	case t != nil && (!submission.ValidID(t.ID) || !t.State.Valid()):
		return Dossier{}, errors.Join(ErrOffline, u.failed(&failure{cause: NotCentral, err: errors.New("tracking of another shape")}))
	case t != nil:
		return Dossier{ID: t.ID, Procedure: t.Procedure.Code, State: Progress(t.State), At: t.At, Code: t.Dossier, Due: t.Due, Fresh: true}, nil
	case rsp.ApplicationProblemJSON404 != nil, rsp.ApplicationProblemJSON400 != nil:
		return Dossier{}, ErrNotFound
	case rsp.ApplicationProblemJSON429 != nil:
		return Dossier{}, ErrTooMany
	}
	return Dossier{}, errors.Join(ErrOffline, refusedTo(rsp.HTTPResponse, nil))
}

const (
	maxTries   = 5
	triesFor   = 15 * time.Minute
	triesKnown = 1000 // references kept at a time
)

// tries counts wrong look-ups for each reference: secrets are short.
type tries struct {
	now func() time.Time

	mu    sync.Mutex // guards what follows
	since time.Time
	count map[string]int
}

func newTries(now func() time.Time) *tries { return &tries{now: now, count: map[string]int{}} }

func (t *tries) allowed(ref string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now := t.now(); now.Sub(t.since).Abs() > triesFor || len(t.count) > triesKnown {
		clear(t.count)
		t.since = now
	}
	return t.count[submission.Tidy(ref)] < maxTries
}

func (t *tries) missed(ref string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count[submission.Tidy(ref)]++
}
