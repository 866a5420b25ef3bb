package gate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"motcua/cmd/central/internal/authority"
	"motcua/cmd/central/internal/ledger"
	"motcua/kiosk/contract"
	"motcua/kiosk/submission"
)

func writeJSON(w io.Writer, v any) { _ = json.NewEncoder(w).Encode(v) } // the reader may be gone

// PutSubmission takes in one sealed submission; see the contract.
func (g *Gate) PutSubmission(ctx context.Context, put contract.PutSubmissionRequestObject) (contract.PutSubmissionResponseObject, error) {
	station := stationOf(ctx)
	if put.Params.StationID != station {
		return nil, refuse("wrong-certificate", "Station-Id is another one")
	}
	if !submission.ValidID(put.ID) {
		return nil, refuse("bad-request", "id is no UUID of version 7")
	}
	back, err := g.turn(ctx, station, g.turns)
	if err != nil {
		return nil, err
	}
	defer back()

	sealed, err := io.ReadAll(io.LimitReader(put.Body, submission.MaxSealed+1))
	if err != nil {
		return nil, refuse("bad-request", "body ended early")
	}
	digest := submission.Digest(sealed)
	stored, fresh, err := g.take(ctx, station, put, sealed, digest, func() error { return g.mayBring(ctx, station, ledger.Submissions) })
	var no *refusal
	noted := errors.As(err, &no) && no.audited()
	if noted || fresh {
		g.brought(ctx, station, ledger.Submissions, 1, int64(len(sealed)))
	}
	if noted {
		err = g.note(ctx, no, station, put.ID, digest, len(sealed))
	}
	if err != nil {
		return nil, err
	}
	g.log.Info("submission", "station", station, "id", put.ID, "fresh", fresh, "bytes", len(sealed))
	if !fresh {
		return contract.PutSubmission200JSONResponse(status(stored)), nil
	}
	g.authority.Arrived()
	return contract.PutSubmission201JSONResponse(status(stored)), nil
}

// turn waits a little for a free place among the station's own, and then among
// more. The caller gives it back.
func (g *Gate) turn(ctx context.Context, station string, more ...chan struct{}) (back func(), err error) {
	late := time.NewTimer(patience)
	defer late.Stop()
	var had []chan struct{}
	back = func() {
		for _, places := range had {
			<-places
		}
	}
	for _, places := range append([]chan struct{}{g.places(station)}, more...) {
		select {
		case places <- struct{}{}:
			had = append(had, places)
			continue
		case <-late.C:
			err = refuse("busy", "too many at once")
		case <-ctx.Done():
			err = ctx.Err()
		}
		back()
		return nil, err
	}
	return back, nil
}

// places are those of one station, which must be enrolled.
func (g *Gate) places(station string) chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.own[station] == nil {
		g.own[station] = make(chan struct{}, share)
	}
	return g.own[station]
}

// audited tells whether a refused submission is worth a line of the audit log.
// Damage on the way and parts that are yet to come are nobody's act, and a quota
// has one line for a day.
func (r *refusal) audited() bool {
	return r.Code != "digest-mismatch" && r.Code != "parts-missing" && r.Code != "over-quota"
}

// note writes a refused submission to the audit log before the station hears
// of it.
func (g *Gate) note(ctx context.Context, no *refusal, station, id, digest string, size int) error {
	if !no.audited() {
		return no
	}
	err := g.ledger.Note(ctx, ledger.Line{At: time.Now(), Act: ledger.Refused, Station: station, ID: id,
		Code: no.Code, Why: no.why, Digest: digest, Size: size})
	if err != nil {
		return err
	}
	return no
}

// take takes in what is not here yet, if may allows it.
func (g *Gate) take(ctx context.Context, station string, put contract.PutSubmissionRequestObject, sealed []byte, digest string, may func() error) (ledger.Record, bool, error) {
	if len(sealed) > submission.MaxSealed {
		return ledger.Record{}, false, refuse("too-large", fmt.Sprintf("over %d bytes", submission.MaxSealed))
	}
	if digest != put.Params.ContentDigest {
		return ledger.Record{}, false, refuse("digest-mismatch", "body does not match Content-Digest")
	}
	prior, err := g.ledger.Known(ctx, put.ID)
	if err == nil && same(prior, station, digest) == nil {
		return prior, false, nil
	}
	if err != nil && !errors.Is(err, ledger.ErrUnknown) {
		return ledger.Record{}, false, err
	}
	if err := may(); err != nil {
		return ledger.Record{}, false, err
	}
	if err == nil {
		return prior, false, same(prior, station, digest)
	}
	doc, err := g.open(ctx, station, put.ID, sealed)
	if err != nil {
		return ledger.Record{}, false, err
	}
	back, err := g.claim(doc)
	if err != nil {
		return ledger.Record{}, false, err
	}
	defer back()
	now := time.Now()
	stored, fresh, err := g.ledger.Accept(ctx, ledger.Record{
		ID: doc.ID, Station: doc.Station, Unit: doc.Unit, Claim: submission.Claim(doc.Station, doc.ID),
		Digest: digest, Sealed: sealed, Procedure: doc.Procedure, Assurance: doc.Applicant.Assurance,
		Secret: doc.Secret, Promised: doc.DuePromised, Received: now,
	}, g.authority.AtOnce(doc.Unit, now))
	if err != nil {
		return ledger.Record{}, false, err
	}
	return stored, fresh, same(stored, station, digest)
}

// same refuses what is stored under an id if it is not this station's or other bytes.
func same(stored ledger.Record, station, digest string) error {
	if stored.Station != station {
		return refuse("other-content", "id is another station's")
	}
	if stored.Digest != digest {
		return refuse("other-content", "other bytes under the same id")
	}
	return nil
}

// open unseals and checks a submission that station sent under id.
func (g *Gate) open(ctx context.Context, station, id string, sealed []byte) (submission.Document, error) {
	var unit string // that the signing key was enrolled for
	doc, raw, err := submission.Open(sealed, g.ids, func(kid string) (key submission.PublicKey, err error) {
		key, unit, err = g.ledger.Key(ctx, kid)
		return key, err
	})
	defer clear(raw)
	switch {
	case err == nil:
	case errors.Is(err, submission.ErrNotForUs):
		return doc, refuse("not-for-us", err.Error())
	case errors.Is(err, submission.ErrTampered):
		return doc, refuse("tampered", err.Error())
	case errors.Is(err, submission.ErrForeign):
		return doc, refuse("foreign-signature", err.Error())
	case errors.Is(err, submission.ErrVersion):
		return doc, refuse("unsupported-version", err.Error())
	case errors.Is(err, submission.ErrExpired):
		return doc, refuse("key-expired", err.Error())
	case errors.Is(err, submission.ErrMalformed):
		return doc, refuse("schema", err.Error())
	default:
		return doc, err
	}
	if err := g.schema.Check(raw); err != nil {
		return doc, refuse("schema", err.Error())
	}
	switch {
	case doc.ID != id:
		return doc, refuse("other-id", "another id inside")
	case doc.Station != station:
		return doc, refuse("foreign-station", "another station inside")
	case doc.Unit != unit:
		return doc, refuse("foreign-station", "key is enrolled for unit "+unit)
	}
	switch g.rules(doc.Procedure.Code) {
	case authority.Unknown:
		return doc, refuse("procedure-unknown", "procedure "+doc.Procedure.Code)
	case authority.Guided:
		return doc, refuse("procedure-guided", "procedure "+doc.Procedure.Code)
	}
	return doc, nil
}
