package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"motcua/kiosk/hatch"
)

type screenCmd struct {
	After   uint64        `placeholder:"SEQ" help:"Wait for a view with a greater sequence number."`
	Timeout time.Duration `default:"1m" help:"How long to wait (${default})."`
}

// Help lists the exit codes.
func (screenCmd) Help() string { return exitCodes }

// Run prints what is shown.
func (c screenCmd) Run(d *desk) error {
	ctx, cancel := context.WithTimeout(d.ctx, c.Timeout)
	defer cancel()
	s, err := d.kiosk.Screen(ctx, c.After)
	if err != nil {
		return err
	}
	return d.give(s, func(w *tabwriter.Writer) { screenTable(w, s) })
}

func screenTable(w *tabwriter.Writer, s hatch.Screen) {
	row(w, "screen", s.Screen)
	row(w, "step", s.Step)
	row(w, "language", s.Lang)
	row(w, "on top", s.Over)
	row(w, "busy", s.Busy)
	row(w, "code", s.Code)
	row(w, "sequence", s.Seq)
	row(w, "window", fmt.Sprintf("%d×%d", s.Width, s.Height))
	fmt.Fprintln(w)
	row(w, "TARGET", "X", "Y", "W", "H", "ENABLED", "LABEL")
	for _, t := range s.Targets {
		row(w, t.ID, t.X, t.Y, t.W, t.H, t.Enabled, t.Label)
	}
}
