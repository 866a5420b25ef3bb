package main

import (
	"context"
	"errors"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/hatch"
	"motcua/kiosk/outbox"
	"motcua/kiosk/pack"
	"motcua/kiosk/station"
)

// window is what kioskctl sees of the house through the hatch.
type window struct{ *house }

var _ hatch.Kiosk = window{}

// Status tells how the kiosk is.
func (w window) Status(ctx context.Context) (hatch.Status, error) {
	s := hatch.Status{Version: kiosk.Version(), Station: w.config.Station, Unit: w.config.Unit,
		Pack: w.pack.ID + " " + w.pack.Version, Since: w.began, Peripherals: w.peripherals()}
	if shown, ok := w.screen.View(); ok {
		s.Screen = shown.Screen
	}
	sum, err := w.outbox.Summary(ctx)
	if err != nil {
		return s, err
	}
	s.Outbox = hatch.Count{Waiting: sum.Pending(), Refused: sum.Counts[outbox.Refused], Oldest: sum.Oldest}
	up := w.uplink.State()
	s.Uplink = hatch.Uplink{URL: w.config.Central.URL, Reached: up.Online, Last: up.Success, Problem: string(up.Cause)}
	for _, t := range w.troubles.Now(time.Now()) {
		s.Troubles = append(s.Troubles, hatch.Trouble{Code: string(t.Code), Who: string(t.Who), Since: t.Since,
			Title: w.texts.In(pack.VI, "trouble."+string(t.Code)+".title", nil),
			Text:  w.texts.In(pack.VI, "trouble."+string(t.Code)+".text", nil)})
	}
	return s, nil
}

// peripherals tells how each configured unit is.
func (w window) peripherals() []hatch.Peripheral {
	now := map[string]station.Condition{}
	for _, c := range w.station.Conditions() {
		now[c.Unit] = c
	}
	since := map[string]time.Time{}
	for _, t := range w.troubles.All() {
		since[t.Unit] = t.Since
	}
	var out []hatch.Peripheral
	for _, p := range w.config.Peripherals {
		c := now[p.Name]
		u := hatch.Peripheral{Name: p.Name, Thing: p.Thing, Driver: p.Driver, Port: p.Port, Required: p.Required,
			State: string(c.State), Fine: !c.State.Bad() && c.Trouble == "", Since: w.began}
		if !c.Since.IsZero() {
			u.Since = c.Since
		}
		if c.Trouble != "" {
			u.Problem = w.texts.In(pack.VI, "trouble."+string(c.Trouble)+".title", nil)
			if at, there := since[p.Name]; there {
				u.Since = at
			}
		}
		out = append(out, u)
	}
	return out
}

// Screen gives what is shown as soon as it is newer than after.
func (w window) Screen(ctx context.Context, after uint64) (hatch.Screen, error) {
	return w.board.Screen(ctx, after)
}

// Outbox lists what is stored here.
func (w window) Outbox(ctx context.Context) ([]hatch.Entry, error) {
	list, err := w.outbox.List(ctx, outbox.Filter{})
	if err != nil {
		return nil, err
	}
	out := make([]hatch.Entry, 0, len(list))
	for _, e := range list {
		out = append(out, entry(e))
	}
	return out, nil
}

// Entry gives one entry of the outbox.
func (w window) Entry(ctx context.Context, id string) (hatch.Entry, error) {
	e, err := w.outbox.Show(ctx, id)
	if errors.Is(err, outbox.ErrUnknown) {
		return hatch.Entry{}, hatch.ErrUnknown
	}
	return entry(e), err
}

func entry(e outbox.Entry) hatch.Entry {
	return hatch.Entry{ID: e.ID, Claim: e.Claim, Procedure: e.Procedure, State: string(e.State), Reason: e.Reason.Text,
		Accepted: e.Accepted, Attempts: e.Attempts, Owner: string(e.Reason.Owner), NextStep: e.Reason.Next,
		Dossier: e.Central.Dossier}
}

// ScanTest waits for one code and tells what it was.
func (w window) ScanTest(ctx context.Context) (hatch.Scan, error) { return w.station.ScanTest(ctx) }

// SpeakTest speaks a prompt.
func (w window) SpeakTest(ctx context.Context) error { return w.station.SpeakTest(ctx) }

// Log gives the last lines of the log.
func (w window) Log(_ context.Context, n int) ([]string, error) { return w.tail.Lines(n), nil }
