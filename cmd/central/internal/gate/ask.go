package gate

import (
	"context"
	"errors"
	"time"

	"motcua/cmd/central/internal/ledger"
	"motcua/kiosk/contract"
	"motcua/kiosk/submission"
)

// status tells where a record stands.
func status(r ledger.Record) contract.Status {
	s := contract.Status{ID: r.ID, State: contract.StateReceived, At: r.Received, Digest: r.Digest}
	if r.Dossier != "" {
		s.State, s.At, s.Dossier, s.Due = contract.StateOpened, r.Opened, r.Dossier, r.Promised
	}
	return s
}

// standing gives the status of what this station handed over as id, or
// ledger.ErrUnknown.
func (g *Gate) standing(ctx context.Context, id string) (contract.Status, error) {
	station := stationOf(ctx)
	r, err := g.ledger.Known(ctx, id)
	if err == nil && r.Station == station {
		return status(r), nil
	}
	if err != nil && !errors.Is(err, ledger.ErrUnknown) {
		return contract.Status{}, err
	}
	line, err := g.ledger.Refusal(ctx, station, id)
	if err != nil {
		return contract.Status{}, err
	}
	problem, ok := named(line.Code)
	if !ok { // by a later program than this one
		problem, _ = named("schema")
	}
	return contract.Status{ID: id, State: contract.StateRefused, At: line.At, Refusal: problem}, nil
}

// GetSubmission tells where one submission stands; see the contract.
func (g *Gate) GetSubmission(ctx context.Context, get contract.GetSubmissionRequestObject) (contract.GetSubmissionResponseObject, error) {
	if !submission.ValidID(get.ID) {
		return nil, refuse("bad-request", "id is no UUID of version 7")
	}
	s, err := g.standing(ctx, get.ID)
	if errors.Is(err, ledger.ErrUnknown) {
		return nil, refuse("not-found", "id never came from this station")
	}
	if err != nil {
		return nil, err
	}
	return contract.GetSubmission200JSONResponse(s), nil
}

// ListStatuses tells where many submissions stand; see the contract.
func (g *Gate) ListStatuses(ctx context.Context, query contract.ListStatusesRequestObject) (contract.ListStatusesResponseObject, error) {
	if n := len(query.Body.Ids); n == 0 || n > contract.MaxStatusIDs {
		return nil, refuse("bad-request", "too few or too many ids")
	}
	list := contract.StatusList{Statuses: []contract.Status{}, Unknown: []contract.SubmissionID{}}
	for _, id := range query.Body.Ids {
		if !submission.ValidID(id) {
			return nil, refuse("bad-request", "an id is no UUID of version 7")
		}
		s, err := g.standing(ctx, id)
		switch {
		case errors.Is(err, ledger.ErrUnknown):
			list.Unknown = append(list.Unknown, id)
		case err != nil:
			return nil, err
		default:
			list.Statuses = append(list.Statuses, s)
		}
	}
	return contract.ListStatuses200JSONResponse(list), nil
}

// LookUp tells a citizen where a dossier stands; see the contract.
func (g *Gate) LookUp(ctx context.Context, look contract.LookUpRequestObject) (contract.LookUpResponseObject, error) {
	if n, m := len(look.Body.Ref), len(look.Body.Secret); n < 4 || n > 64 || m < 4 || m > 16 {
		return nil, refuse("bad-request", "reference or secret is too short or too long")
	}
	now := time.Now()
	ref := submission.Tidy(look.Body.Ref)
	aRef, aStation := "ref "+ref, "station "+stationOf(ctx)
	if g.lookUps.spent(aRef, triesARef, now) || g.lookUps.spent(aStation, triesAStation, now) {
		return nil, refuse("too-many-tries", "wrong look-ups")
	}
	// A secret that can be none is looked for all the same: the answer takes as long.
	secret, _ := submission.ReadSecret(look.Body.Secret)
	r, err := g.ledger.LookUp(ctx, ref, secret)
	if errors.Is(err, ledger.ErrUnknown) {
		g.lookUps.wasWrong(now, aRef, aStation)
		return nil, refuse("not-found", "look-up")
	}
	if err != nil {
		return nil, err
	}
	s := status(r)
	return contract.LookUp200JSONResponse{ID: r.ID, State: s.State, At: s.At, ReceivedAt: r.Received,
		Procedure: r.Procedure, Dossier: s.Dossier, Due: s.Due}, nil
}

// GetTime tells central's time.
func (g *Gate) GetTime(context.Context, contract.GetTimeRequestObject) (contract.GetTimeResponseObject, error) {
	return contract.GetTime200JSONResponse{Time: time.Now().UTC()}, nil
}
