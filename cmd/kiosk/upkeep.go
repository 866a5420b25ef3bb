package main

import (
	"context"
	"time"

	"motcua/kiosk/outbox"
	"motcua/kiosk/trouble"
	"motcua/kiosk/uplink/metrics"
)

// How often the house looks after itself.
const (
	lookEvery = time.Minute
	dropEvery = time.Hour
	// wrongClock is how far the station's clock may be off central's before a
	// technician has to see to it.
	wrongClock = 5 * time.Minute
)

// upkeep drops what central has confirmed long enough ago, and keeps true the
// troubles that no event tells of.
func (h *house) upkeep(ctx context.Context) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	var dropped time.Time
	for {
		if now := time.Now(); now.Sub(dropped) >= dropEvery {
			dropped = now
			if _, err := h.outbox.Retain(ctx, now); err != nil && ctx.Err() == nil {
				h.log.Error("upkeep of the outbox", "err", err)
			}
		}
		h.look(ctx)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// metrics serves the figures; a station goes on without them.
func (h *house) metrics(ctx context.Context, at string) error {
	err := metrics.Source{Outbox: h.outbox, Uplink: h.uplink}.Run(ctx, at)
	if ctx.Err() == nil {
		h.log.Error("metrics are not served", "err", err)
		<-ctx.Done()
	}
	return ctx.Err()
}

// look compares what is wrong with what is said to be.
func (h *house) look(ctx context.Context) {
	up := h.uplink.State()
	h.mend("clock-wrong", !up.SkewKnown || up.Skew.Abs() < wrongClock)
	sum, err := h.outbox.Summary(ctx)
	if err != nil {
		if ctx.Err() == nil {
			h.log.Error("look into the outbox", "err", err)
		}
		return
	}
	h.mend("refused", sum.Counts[outbox.Refused] == 0)
	h.mend("outbox-filling", !sum.Low)
	if !sum.Low { // nobody need try to submit to find out
		h.mend("outbox-full", true)
	}
	h.mend("outbox-damaged", len(sum.Aside) == 0)
}

func (h *house) mend(code trouble.Code, fine bool) {
	switch {
	case fine && h.troubles.Clear(code):
		h.log.Info("healed", "trouble", string(code))
	case !fine && h.troubles.Set(code, time.Now()):
		h.log.Warn("trouble", "trouble", string(code))
	}
}
