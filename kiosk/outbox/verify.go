package outbox

import (
	"context"
	"errors"
)

// Verified says what Verify found.
type Verified struct {
	Whole   int     // submissions whose bytes are as they were accepted
	Dropped int     // confirmed long ago, bytes let go
	Faults  []Fault // submissions whose bytes are not
}

// Fault is one submission whose bytes are not as they were accepted.
type Fault struct {
	ID    string
	State State
	Err   error
}

// Verify reads the bytes of every submission, and of its parts, and holds them against their
// checksum and against check, which may be nil. It changes nothing, holds one
// submission in memory at a time and stops nobody.
func (b *Outbox) Verify(ctx context.Context, check func(Item) error) (Verified, error) {
	list, err := b.List(ctx, Filter{})
	if err != nil {
		return Verified{}, err
	}
	var v Verified
	for _, e := range list {
		it, err := b.Item(ctx, e.ID)
		for _, p := range it.Parts {
			if err == nil {
				err = b.checkPart(p)
			}
		}
		if err == nil && check != nil {
			err = check(it)
		}
		switch {
		case ctx.Err() != nil:
			return v, ctx.Err()
		case err == nil:
			v.Whole++
		case errors.Is(err, ErrDropped):
			v.Dropped++
		case errors.Is(err, ErrUnknown): // let go since it was listed
		case errors.Is(err, ErrClosed):
			return v, err
		default:
			v.Faults = append(v.Faults, Fault{e.ID, e.State, err})
		}
	}
	return v, nil
}
