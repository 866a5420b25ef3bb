package main

import (
	"cmp"
	"context"
	"fmt"
	"text/tabwriter"
	"time"
)

type printTestCmd struct {
	Unit     string `arg:"" optional:"" placeholder:"NAME" help:"The printer, by its name in the configuration; left out, the one that would print for a visitor."`
	ReadBack bool   `help:"Pass only when a scanner of the station has read the slip's code: hold it under one."`
}

// Help lists the exit codes.
func (printTestCmd) Help() string { return exitCodes }

// Run has a test slip printed.
func (c printTestCmd) Run(d *desk) error {
	ctx, cancel := context.WithTimeout(d.ctx, time.Minute)
	defer cancel()
	if c.ReadBack {
		fmt.Fprintln(d.words, "kioskctl: printing a test slip: hold its code under the scanner")
		if err := d.kiosk.PrintRead(ctx, c.Unit); err != nil {
			return err
		}
		return c.passed(d, "printed and read back")
	}
	fmt.Fprintln(d.words, "kioskctl: printing a test slip")
	if err := d.kiosk.PrintTest(ctx, c.Unit); err != nil {
		return err
	}
	return c.passed(d, "printed")
}

func (c printTestCmd) passed(d *desk, result string) error {
	unit := cmp.Or(c.Unit, "printer")
	return d.give(verdict{unit, result}, func(w *tabwriter.Writer) { row(w, unit, result) })
}

// verdict is the JSON of a test that passed.
type verdict struct {
	Unit   string `json:"unit"`
	Result string `json:"result"`
}
