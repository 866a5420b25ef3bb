package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"
)

type speakTestCmd struct{}

// Help lists the exit codes.
func (speakTestCmd) Help() string { return exitCodes }

// Run has a test prompt spoken.
func (speakTestCmd) Run(d *desk) error {
	ctx, cancel := context.WithTimeout(d.ctx, time.Minute)
	defer cancel()
	fmt.Fprintln(d.words, "kioskctl: speaking a test prompt")
	if err := d.kiosk.SpeakTest(ctx); err != nil {
		return err
	}
	return d.give(verdict{"speaker", "spoken"}, func(w *tabwriter.Writer) { row(w, "speaker", "spoken") })
}
