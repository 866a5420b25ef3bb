package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"
)

type printTestCmd struct {
	ReadBack bool `help:"Pass only when a scanner of the station has read the slip's code: hold it under one."`
}

// Help lists the exit codes.
func (printTestCmd) Help() string { return exitCodes }

// Run has a test slip printed.
func (c printTestCmd) Run(d *desk) error {
	ctx, cancel := context.WithTimeout(d.ctx, time.Minute)
	defer cancel()
	if c.ReadBack {
		fmt.Fprintln(d.words, "kioskctl: printing a test slip: hold its code under the scanner")
		if err := d.kiosk.PrintRead(ctx); err != nil {
			return err
		}
		return d.give(verdict{"printer", "printed and read back"}, func(w *tabwriter.Writer) { row(w, "printer", "printed and read back") })
	}
	fmt.Fprintln(d.words, "kioskctl: printing a test slip")
	if err := d.kiosk.PrintTest(ctx); err != nil {
		return err
	}
	return d.give(verdict{"printer", "printed"}, func(w *tabwriter.Writer) { row(w, "printer", "printed") })
}

// verdict is the JSON of a test that passed.
type verdict struct {
	Unit   string `json:"unit"`
	Result string `json:"result"`
}
