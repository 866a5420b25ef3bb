package gate

import (
	"context"
	"errors"

	"motcua/cmd/central/internal/ledger"
	"motcua/kiosk/contract"
	"motcua/kiosk/submission"
)

// Import takes in one sealed submission that came on a stick instead of over
// the network, as if station had put it under id: the same checks, the same
// audit, and exactly once whichever way it comes first. fresh tells that it was
// not here before. code is why it was refused, "" = it was not.
func (g *Gate) Import(ctx context.Context, station, id string, sealed []byte) (fresh bool, code string, err error) {
	digest := submission.Digest(sealed)
	put := contract.PutSubmissionRequestObject{ID: id, Params: contract.PutSubmissionParams{StationID: station, ContentDigest: digest}}
	there, err := g.ledger.Enrolled(ctx, station)
	if err == nil && !there {
		err = refuse("wrong-certificate", "station is not enrolled")
	}
	if err == nil {
		var stored ledger.Record
		stored, fresh, err = g.take(ctx, station, put, sealed, digest)
		if err == nil && fresh {
			g.log.Info("submission imported", "station", station, "id", stored.ID, "bytes", len(sealed))
			g.authority.Arrived()
		}
	}
	var no *refusal
	if errors.As(err, &no) {
		err = g.note(ctx, no, station, id, digest, len(sealed))
		if errors.As(err, &no) { // as it was noted
			return false, no.Code, nil
		}
	}
	return fresh, "", err
}
