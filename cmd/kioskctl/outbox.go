package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"motcua/kiosk/hatch"
)

type outboxCmd struct {
	List   outboxListCmd   `cmd:"" help:"List what is stored here, oldest first."`
	Show   outboxShowCmd   `cmd:"" help:"Show one submission: its way so far and who must act. No personal data."`
	Retry  outboxRetryCmd  `cmd:"" help:"Send one submission before all others, also a refused one; or all that waits, at once."`
	Export outboxExportCmd `cmd:"" help:"Write what central has not confirmed to a USB stick, sealed."`
	Import outboxImportCmd `cmd:"" help:"Take in what central confirmed on a USB stick that was exported here."`
	Verify outboxVerifyCmd `cmd:"" help:"Check that every sealed submission is as it was accepted."`
}

type outboxListCmd struct{}

// Help lists the exit codes.
func (outboxListCmd) Help() string { return exitCodes }

// Run prints the outbox.
func (outboxListCmd) Run(d *desk) error {
	ctx, cancel := context.WithTimeout(d.ctx, within)
	defer cancel()
	entries, total, err := d.kiosk.Outbox(ctx)
	if err != nil {
		return err
	}
	if entries == nil {
		entries = []hatch.Entry{} // "[]" in JSON
	}
	err = d.give(entries, func(w *tabwriter.Writer) {
		row(w, "ID", "CLAIM", "PROCEDURE", "STATE", "ACCEPTED", "TRIES", "OWNER", "DOSSIER")
		for _, e := range entries {
			row(w, e.ID, e.Claim, e.Procedure, e.State, d.ago(e.Accepted), e.Attempts, e.Owner, e.Dossier)
		}
	})
	if err == nil && total > len(entries) {
		fmt.Fprintf(d.words, "kioskctl: %d more are not shown\n", total-len(entries))
	}
	return err
}

type outboxShowCmd struct {
	ID string `arg:"" help:"Id of the submission, as listed."`
}

// Help lists the exit codes.
func (outboxShowCmd) Help() string { return exitCodes }

// Run prints one entry.
func (c outboxShowCmd) Run(d *desk) error {
	ctx, cancel := context.WithTimeout(d.ctx, within)
	defer cancel()
	e, err := d.kiosk.Entry(ctx, c.ID)
	if err != nil {
		return err
	}
	return d.give(e, func(w *tabwriter.Writer) {
		row(w, "id", e.ID)
		row(w, "claim", e.Claim)
		row(w, "procedure", e.Procedure)
		row(w, "state", e.State)
		row(w, "reason", e.Reason)
		row(w, "accepted", d.ago(e.Accepted))
		row(w, "tries", e.Attempts)
		row(w, "owner", e.Owner)
		row(w, "next step", e.NextStep)
		row(w, "dossier", e.Dossier)
	})
}
