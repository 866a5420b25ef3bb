package main

import (
	"context"
	"errors"
	"time"

	"motcua/kiosk/contract"
	"motcua/kiosk/hatch"
	"motcua/kiosk/screen"
	"motcua/kiosk/uplink"
	"motcua/kiosk/visit"
)

// heard turns what the uplink says into events of the visit and into troubles.
func (h *house) heard(n uplink.News) {
	switch n := n.(type) {
	case uplink.Online:
		h.troubles.Clear("central-away")
		h.station.Post(visit.LinkChanged{Online: true})
	case uplink.Offline:
		h.troubles.Set("central-away", time.Now())
		h.station.Post(visit.LinkChanged{Online: false})
	case uplink.Received:
		h.log.Info("submission received", "id", n.ID, "dossier", n.Dossier)
		h.station.Post(visit.Received{ID: n.ID, Dossier: n.Dossier})
	case uplink.Opened:
		h.log.Info("dossier opened", "id", n.ID, "dossier", n.Code)
		h.station.Post(visit.Received{ID: n.ID, Dossier: n.Code})
	case uplink.Refused:
		h.troubles.Set("refused", time.Now())
		h.log.Error("submission refused", "id", n.ID, "code", n.Reason.Code)
		h.station.Post(visit.Refused{ID: n.ID})
	}
}

// health is what the heartbeat says of this station.
func (h *house) health() uplink.Health {
	out := uplink.Health{Version: version(), Pack: h.pack.ID + " " + h.pack.Version}
	for _, t := range h.troubles.Now(time.Now()) {
		out.Troubles = append(out.Troubles, contract.Trouble{Code: string(t.Code), Since: t.Since})
	}
	return out
}

// lookUp asks how far a submission is.
func (h *house) lookUp(ctx context.Context, id, secret string) visit.LookedUp {
	d, err := h.uplink.LookUp(ctx, id, secret)
	switch {
	case errors.Is(err, uplink.ErrOffline):
		return visit.LookedUp{Result: visit.LookUpOffline}
	case err != nil:
		return visit.LookedUp{Result: visit.LookUpUnknown}
	}
	out := visit.LookedUp{Result: visit.LookUpFound, Dossier: d.Code, Due: d.Due, State: "lookup.state." + string(d.State)}
	if p, ok := h.pack.Procedure(d.Procedure); ok {
		out.Title = p.Short
	}
	return out
}

// drawn puts what is on the screen onto the hatch's board.
func (h *house) drawn(v visit.View, _ time.Time) {
	out := hatch.Screen{Screen: v.Screen, Step: v.Step, Lang: string(v.Lang), Busy: v.Busy,
		Width: h.config.Screen.Width, Height: h.config.Screen.Height}
	if v.Over != nil {
		out.Over = v.Over.Name
	}
	for _, b := range v.Blocks {
		if c, ok := b.(visit.Code); ok {
			out.Code = c.Text
		}
	}
	for _, t := range h.screen.Targets() {
		out.Targets = append(out.Targets, target(t))
	}
	h.board.Show(out)
}

func target(t screen.Target) hatch.Target {
	return hatch.Target{ID: t.ID, Label: t.Label, X: t.X, Y: t.Y, W: t.W, H: t.H, Enabled: t.Enabled}
}
