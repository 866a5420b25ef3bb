package pcsc

import (
	"context"
	"time"
)

// Hasty are limits for tests that wait for them to pass.
type Hasty struct{ Answer, Exchange, Lifted, Busy time.Duration }

// Open is Open with these limits; those of zero are the usual ones.
func (h Hasty) Open(ctx context.Context, o Options) (*Reader, error) {
	return open(ctx, o, h.limits())
}

// Diagnose is Diagnose with these limits.
func (h Hasty) Diagnose(ctx context.Context, o Options) []Step {
	return diagnose(ctx, o, h.limits())
}

func (h Hasty) limits() limits {
	t := usual()
	for _, l := range []struct {
		to   *time.Duration
		from time.Duration
	}{{&t.answer, h.Answer}, {&t.exchange, h.Exchange}, {&t.lifted, h.Lifted}, {&t.busy, h.Busy}} {
		if l.from > 0 {
			*l.to = l.from
		}
	}
	return t
}
