package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"
)

// errNoCode: nobody scanned anything in time.
var errNoCode = errors.New("no code was scanned")

type scanTestCmd struct {
	Timeout time.Duration `default:"1m" help:"How long to wait for a code (${default}, at most 90s)."`
}

// Help lists the exit codes.
func (scanTestCmd) Help() string { return exitCodes }

// Run waits for one code.
func (c scanTestCmd) Run(d *desk) error {
	ctx, cancel := context.WithTimeout(d.ctx, c.Timeout)
	defer cancel()
	fmt.Fprintln(d.words, "kioskctl: hold a code under the scanner")
	s, err := d.kiosk.ScanTest(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return errNoCode
	}
	if err != nil {
		return err
	}
	return d.give(s, func(w *tabwriter.Writer) {
		row(w, "kind", s.Kind)
		row(w, "length", fmt.Sprintf("%d bytes", s.Length))
	})
}
