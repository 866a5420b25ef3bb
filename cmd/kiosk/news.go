package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"motcua/kiosk"
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
	out := uplink.Health{Version: kiosk.Version(), Pack: h.pack.ID + " " + h.pack.Version}
	for _, t := range h.troubles.Now(time.Now()) {
		out.Troubles = append(out.Troubles, contract.Trouble{Code: string(t.Code), Since: t.Since})
	}
	return out
}

// lookUp asks how far a submission is.
func (h *house) lookUp(ctx context.Context, id, secret string) visit.LookedUp {
	d, err := h.uplink.LookUp(ctx, id, secret)
	switch {
	case errors.Is(err, uplink.ErrNotFound), errors.Is(err, uplink.ErrTooMany):
		return visit.LookedUp{Result: visit.LookUpUnknown}
	case err != nil: // it may well be there
		if !errors.Is(err, uplink.ErrOffline) && ctx.Err() == nil {
			h.log.Error("look up", "err", err)
		}
		return visit.LookedUp{Result: visit.LookUpOffline}
	}
	out := visit.LookedUp{Result: visit.LookUpFound, Dossier: d.Code, Due: d.Due, State: "lookup.state." + string(d.State)}
	if p, ok := h.pack.Procedure(d.Procedure); ok {
		out.Title = p.Short
	}
	return out
}

// drawn puts what is on the screen onto the hatch's board, and has the uplink
// send slowly while somebody is there.
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
	said := labels(v)
	for _, t := range h.screen.Targets() {
		out.Targets = append(out.Targets, target(t, said))
	}
	h.board.Show(out)
	h.uplink.Visit(v.Screen != "attract")
}

// labels are the words that stand for what a visitor entered: on a field, on a
// line of the review. The screen draws the values there; the hatch tells none.
func labels(v visit.View) map[string]string {
	said := map[string]string{}
	for _, b := range v.Blocks {
		switch b := b.(type) {
		case visit.Field:
			said[b.ID] = b.Placeholder
		case visit.DatePad:
			said[b.DayID], said[b.MonthID], said[b.YearID] = b.DayLabel, b.MonthLabel, b.YearLabel
		case visit.Table:
			for _, l := range b.Lines {
				said[l.ID] = l.Label
			}
		}
	}
	return said
}

func target(t screen.Target, said map[string]string) hatch.Target {
	label := t.Label
	if word, ok := said[t.ID]; ok {
		label = word
	} else if strings.HasPrefix(t.ID, "sug:") {
		label = "" // it goes on from what was typed
	}
	return hatch.Target{ID: t.ID, Label: label, X: t.X, Y: t.Y, W: t.W, H: t.H, Enabled: t.Enabled}
}
