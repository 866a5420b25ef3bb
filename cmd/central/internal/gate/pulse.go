package gate

import (
	"context"
	"time"

	"motcua/cmd/central/internal/ledger"
	"motcua/kiosk/contract"
)

// PostHeartbeat hears how a station is; see the contract. It is kept in memory
// and written with others by Run: a pulse lost in a crash comes again.
func (g *Gate) PostHeartbeat(ctx context.Context, post contract.PostHeartbeatRequestObject) (contract.PostHeartbeatResponseObject, error) {
	said := *post.Body
	if said.Station != stationOf(ctx) {
		return nil, refuse("wrong-certificate", "heartbeat of another station")
	}
	proper := len(said.Version) <= 64 && len(said.Pack) <= 64 && len(said.Troubles) <= 64 &&
		said.Up >= 0 && said.Waiting >= 0 && said.Refused >= 0
	for _, t := range said.Troubles {
		proper = proper && len(t.Code) <= 64
	}
	if !proper {
		return nil, refuse("bad-request", "heartbeat is over its limits")
	}
	now := time.Now().UTC()
	g.mu.Lock()
	g.pulses[said.Station] = ledger.Pulse{Heard: now, Said: said}
	g.mu.Unlock()
	return contract.PostHeartbeat200JSONResponse{Time: now}, nil
}

// Run writes what stations said of themselves and brought to the ledger, every ten seconds
// and once more when ctx ends. It returns nil.
func (g *Gate) Run(ctx context.Context) error {
	tick := time.NewTicker(flushTime)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			g.flush(ctx)
		case <-ctx.Done():
			g.flush(context.WithoutCancel(ctx))
			return nil
		}
	}
}

func (g *Gate) flush(ctx context.Context) {
	g.mu.Lock()
	heard := make([]ledger.Pulse, 0, len(g.pulses))
	for _, p := range g.pulses {
		heard = append(heard, p)
	}
	clear(g.pulses)
	g.mu.Unlock()
	if err := g.quota.flush(ctx); err != nil {
		g.log.Warn("what stations brought was not written, it will be", "err", err)
	}
	if len(heard) == 0 {
		return
	}
	if err := g.ledger.Hear(ctx, heard); err != nil {
		g.log.Warn("heartbeats were not written, the next ones will be", "stations", len(heard), "err", err)
	}
}
