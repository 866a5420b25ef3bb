package pcsc

import (
	"context"
	"time"
)

// OpenPatient is Open with another time until a silent card is given up.
func OpenPatient(ctx context.Context, o Options, patience time.Duration) (*Reader, error) {
	return open(ctx, o, patience)
}
