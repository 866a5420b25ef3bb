package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"text/tabwriter"
	"time"

	"motcua/kiosk/hatch"
	"motcua/kiosk/stick"
	"motcua/kiosk/uplink"
)

// errUnbelieved: a file on the stick was left alone, and why was told.
var errUnbelieved = errors.New("not every confirmation was taken in")

type outboxImportCmd struct {
	Stick string `arg:"" type:"existingdir" help:"Where the USB stick is mounted, or one folder of it."`
	stopped
}

// Help says where the files come from and what is believed, and lists the exit codes.
func (outboxImportCmd) Help() string {
	return "Takes in what central wrote onto the stick when it imported this station's submissions: those that it has\n" +
		"are marked as received, as over the network, and let go after their time; those that it refused are set aside.\n" +
		"Nothing is believed but what central signed, for this station, of the very bytes that are stored here; a stick\n" +
		"that comes a second time changes nothing.\n\n" + exitCodes
}

// confirmer is what takes in confirmations: the kiosk, or its outbox opened here.
type confirmer struct {
	station string
	confirm func(file []byte) (hatch.Confirmed, error)
	close   func()
}

// Run takes in every file and prints what became of it.
func (c outboxImportCmd) Run(d *desk) error {
	to, err := c.confirmer(d)
	if err != nil {
		return err
	}
	defer to.close()
	files, err := stick.Confirmations(c.Stick, to.station)
	if err != nil {
		return err
	}
	var all hatch.Confirmed
	bad := 0
	for _, f := range files {
		done, err := confirmOne(f, to)
		if errors.Is(err, context.Canceled) || errors.Is(err, hatch.ErrNotRunning) {
			return err
		}
		if err != nil {
			fmt.Fprintf(d.words, "kioskctl: left alone: %s: %v\n", filepath.Join(filepath.Base(filepath.Dir(f)), filepath.Base(f)), err)
			bad++
			continue
		}
		if done.Made.After(all.Made) {
			all.Made = done.Made
		}
		all.Received += done.Received
		all.Refused += done.Refused
		all.Known += done.Known
		all.Other += done.Other
	}
	err = d.give(all, func(t *tabwriter.Writer) {
		row(t, "received", all.Received)
		row(t, "refused", all.Refused)
		row(t, "known", all.Known)
		row(t, "of other bytes or not here", all.Other)
	})
	if err == nil && bad > 0 {
		return errUnbelieved
	}
	return err
}

func confirmOne(path string, to *confirmer) (hatch.Confirmed, error) {
	file, err := stick.ReadConfirmation(path)
	if err != nil {
		return hatch.Confirmed{}, err
	}
	return to.confirm(file)
}

func (c outboxImportCmd) confirmer(d *desk) (*confirmer, error) {
	if c.Config != "" {
		box, conf, err := c.box(d.ctx)
		if err != nil {
			return nil, err
		}
		bundle, err := uplink.LoadBundle(conf.Central.Bundle)
		if err != nil {
			return nil, errors.Join(err, box.Close())
		}
		up := uplink.New(uplink.Options{Outbox: box, Base: conf.Central.URL, TLS: bundle.TLS, Station: bundle.Station})
		return &confirmer{bundle.Station, func(file []byte) (hatch.Confirmed, error) {
			done, err := up.Confirm(d.ctx, file)
			return hatch.Confirmed(done), err
		}, func() { _ = box.Close() }}, nil
	}
	ctx, cancel := context.WithTimeout(d.ctx, within)
	defer cancel()
	s, err := d.kiosk.Status(ctx)
	if err != nil {
		return nil, err
	}
	return &confirmer{s.Station, func(file []byte) (hatch.Confirmed, error) {
		ctx, cancel := context.WithTimeout(d.ctx, time.Minute) // a thousand marks on a slow disk
		defer cancel()
		return d.kiosk.Confirm(ctx, file)
	}, func() {}}, nil
}
