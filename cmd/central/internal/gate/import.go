package gate

import (
	"context"
	"errors"
	"net/http"
	"time"

	"motcua/cmd/central/internal/ledger"
	"motcua/kiosk/contract"
	"motcua/kiosk/submission"
)

// Import takes in one sealed submission that came on a stick instead of over
// the network, as if station had put it under id: the same checks, the same
// audit, and exactly once whichever way it comes first. It gives where it now
// stands; fresh tells that it was not here before. A state of refused says
// nothing for good unless Final holds for its refusal.
func (g *Gate) Import(ctx context.Context, station, id string, sealed []byte) (s contract.Status, fresh bool, err error) {
	digest := submission.Digest(sealed)
	put := contract.PutSubmissionRequestObject{ID: id, Params: contract.PutSubmissionParams{StationID: station, ContentDigest: digest}}
	there, err := g.ledger.Enrolled(ctx, station)
	if err == nil && !there {
		err = refuse("wrong-certificate", "station is not enrolled")
	}
	if err == nil {
		var stored ledger.Record
		stored, fresh, err = g.take(ctx, station, put, sealed, digest, func() error { return nil }) // staff bring it
		if err == nil && fresh {
			g.log.Info("submission imported", "station", station, "id", stored.ID, "bytes", len(sealed))
			g.authority.Arrived()
		}
		s = status(stored)
	}
	var no *refusal
	if errors.As(err, &no) {
		err = g.note(ctx, no, station, id, digest, len(sealed))
		if errors.As(err, &no) { // as it was noted
			return contract.Status{ID: id, State: contract.StateRefused, At: time.Now().UTC(), Refusal: no.Problem}, false, nil
		}
	}
	return s, fresh, err
}

// Final tells whether a refusal stands until somebody has acted, as over the
// network: other refusals are about the moment.
func Final(p contract.Problem) bool {
	return p.Status == http.StatusConflict || p.Status == http.StatusRequestEntityTooLarge || p.Status == http.StatusUnprocessableEntity
}
