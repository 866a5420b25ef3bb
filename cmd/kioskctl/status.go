package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"motcua/kiosk/hatch"
)

type statusCmd struct{}

// Help lists the exit codes.
func (statusCmd) Help() string { return exitCodes }

// Run prints how the kiosk is.
func (statusCmd) Run(d *desk) error {
	ctx, cancel := context.WithTimeout(d.ctx, within)
	defer cancel()
	s, err := d.kiosk.Status(ctx)
	if err != nil {
		return err
	}
	if err := d.give(s, func(w *tabwriter.Writer) { statusTable(w, d, s) }); err != nil {
		return err
	}
	for _, p := range s.Peripherals {
		if !p.Fine {
			return errTrouble
		}
	}
	return nil
}

func statusTable(w *tabwriter.Writer, d *desk, s hatch.Status) {
	row(w, "station", s.Station+", unit "+s.Unit)
	row(w, "version", s.Version)
	row(w, "pack", s.Pack)
	row(w, "started", d.ago(s.Since))
	row(w, "screen", s.Screen)
	row(w, "outbox", outboxLine(d, s.Outbox))
	row(w, "central", uplinkLine(d, s.Uplink))
	if len(s.Peripherals) > 0 {
		fmt.Fprintln(w)
		row(w, "PERIPHERAL", "THING", "DRIVER", "STATE", "SINCE", "PROBLEM")
		for _, p := range s.Peripherals {
			row(w, p.Name, p.Thing, p.Driver, p.State, d.ago(p.Since), p.Problem)
		}
	}
	if len(s.Troubles) > 0 {
		fmt.Fprintln(w)
		row(w, "TROUBLE", "WHO", "SINCE", "WHAT")
		for _, t := range s.Troubles {
			row(w, t.Code, t.Who, d.ago(t.Since), t.Title)
		}
	}
}

func outboxLine(d *desk, c hatch.Count) string {
	line := fmt.Sprintf("%d waiting, %d refused", c.Waiting, c.Refused)
	if c.Waiting > 0 {
		line += ", oldest " + d.ago(c.Oldest)
	}
	return line
}

func uplinkLine(d *desk, u hatch.Uplink) string {
	if u.Reached {
		return u.URL + ", reached " + d.ago(u.Last)
	}
	line := u.URL + ", not reached; last " + d.ago(u.Last)
	if u.Problem != "" {
		line += ": " + u.Problem
	}
	return line
}
