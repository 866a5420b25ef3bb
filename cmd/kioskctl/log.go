package main

import (
	"context"
	"fmt"
	"text/tabwriter"
)

type logCmd struct {
	Lines int `short:"n" default:"50" help:"How many lines (${default}, at most 500)."`
}

// Help lists the exit codes.
func (logCmd) Help() string { return exitCodes }

// Run prints the end of the log.
func (c logCmd) Run(d *desk) error {
	ctx, cancel := context.WithTimeout(d.ctx, within)
	defer cancel()
	lines, err := d.kiosk.Log(ctx, c.Lines)
	if err != nil {
		return err
	}
	return d.give(lines, func(w *tabwriter.Writer) {
		for _, line := range lines {
			fmt.Fprintln(w, line)
		}
	})
}
