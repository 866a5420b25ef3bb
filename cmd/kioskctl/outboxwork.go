package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"motcua/kiosk/config"
	"motcua/kiosk/hatch"
	"motcua/kiosk/outbox"
	"motcua/kiosk/stick"
)

// errFaults: the answer was given, and it shows submissions at fault.
var errFaults = errors.New("submissions are not as they were accepted")

type outboxRetryCmd struct {
	ID string `arg:"" optional:"" help:"Id of the submission; without it, all that waits."`
}

// Help lists the exit codes.
func (outboxRetryCmd) Help() string { return exitCodes }

// Run has it sent.
func (c outboxRetryCmd) Run(d *desk) error {
	ctx, cancel := context.WithTimeout(d.ctx, within)
	defer cancel()
	if err := d.kiosk.Send(ctx, c.ID); err != nil {
		return err
	}
	if c.ID == "" {
		fmt.Fprintln(d.words, "kioskctl: all that waits is tried now")
	} else {
		fmt.Fprintln(d.words, "kioskctl: it is sent before all others; `kioskctl outbox show` tells what came of it")
	}
	return nil
}

// stopped says where the outbox is when there is no kiosk to ask.
type stopped struct {
	Config string `placeholder:"FILE" help:"The kiosk does not run: open its outbox itself, as its configuration says."`
}

// box opens the outbox of a kiosk that does not run.
func (s stopped) box(ctx context.Context) (*outbox.Outbox, config.Config, error) {
	c, err := config.Read(s.Config)
	if err != nil {
		return nil, c, err
	}
	b, err := outbox.Open(ctx, c.Data, outbox.Options{MinFree: -1})
	return b, c, err
}

type outboxExportCmd struct {
	Stick string `arg:"" type:"existingdir" help:"Where the USB stick is mounted."`
	stopped
}

// Help says what becomes of the files, and lists the exit codes.
func (outboxExportCmd) Help() string {
	return "Writes what central has not confirmed to a new folder on the stick, sealed: nobody but central can read it.\n" +
		"There, `central import FOLDER` takes it in and writes its confirmation beside it. It stays in the outbox until\n" +
		"central confirms it: over the network, or when the stick comes back, by `kioskctl outbox import`.\n\n" + exitCodes
}

// Run writes the folder, reads it back and prints it.
func (c outboxExportCmd) Run(d *desk) error {
	from, err := c.source(d)
	if err != nil {
		return err
	}
	defer from.close()
	ids, err := from.ids()
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		fmt.Fprintln(d.words, "kioskctl: central has everything: nothing is written")
		return nil
	}
	w, err := stick.Create(c.Stick, from.station, d.now)
	if err != nil {
		return err
	}
	left := 0
	for _, id := range ids {
		s, err := from.sealed(id)
		if err == nil {
			err = w.Add(s)
		}
		if errors.Is(err, stick.ErrAltered) || errors.Is(err, outbox.ErrDamaged) {
			fmt.Fprintf(d.words, "kioskctl: left out: %v\n", err)
			left++
			continue
		}
		if err != nil {
			return err
		}
	}
	m, err := w.Close()
	if err != nil {
		return err
	}
	err = d.give(m, func(t *tabwriter.Writer) {
		row(t, "folder", w.Dir())
		row(t, "submissions", len(m.Files))
		row(t, "left out", left)
	})
	if err == nil && left > 0 {
		return errFaults
	}
	if err == nil {
		fmt.Fprintln(d.words, "kioskctl: all is on the stick and was read back; it may be pulled after `umount`")
	}
	return err
}

// source is an outbox, asked through the kiosk or opened.
type source struct {
	station string
	ids     func() ([]string, error)
	sealed  func(id string) (stick.Sealed, error)
	close   func()
}

func (c outboxExportCmd) source(d *desk) (*source, error) {
	if c.Config != "" {
		box, conf, err := c.box(d.ctx)
		if err != nil {
			return nil, err
		}
		return &source{conf.Station, func() (ids []string, err error) {
			list, err := box.List(d.ctx, outbox.Filter{States: []outbox.State{outbox.Queued, outbox.Sending, outbox.Resend}})
			for _, e := range list {
				ids = append(ids, e.ID)
			}
			return ids, err
		}, func(id string) (stick.Sealed, error) {
			e, err := box.Show(d.ctx, id)
			if err != nil {
				return stick.Sealed{}, err
			}
			it, err := box.Item(d.ctx, id)
			s := stick.Sealed{ID: id, Digest: it.Digest, Accepted: e.Accepted, Bytes: it.Sealed}
			for _, p := range it.Parts {
				s.Parts = append(s.Parts, stick.Source{Name: p.Name, Size: p.Size,
					Open: func() (io.ReadCloser, error) { return box.OpenPart(p) }})
			}
			return s, err
		}, func() { _ = box.Close() }}, nil
	}
	ctx, cancel := context.WithTimeout(d.ctx, within)
	defer cancel()
	s, err := d.kiosk.Status(ctx)
	if err != nil {
		return nil, err
	}
	return &source{s.Station, func() ([]string, error) {
		ctx, cancel := context.WithTimeout(d.ctx, within)
		defer cancel()
		return d.kiosk.Unconfirmed(ctx)
	}, func(id string) (stick.Sealed, error) {
		ctx, cancel := context.WithTimeout(d.ctx, within)
		defer cancel()
		s, err := d.kiosk.Sealed(ctx, id)
		out := stick.Sealed{ID: s.ID, Digest: s.Digest, Accepted: s.Accepted, Bytes: s.Bytes}
		for _, p := range s.Parts {
			out.Parts = append(out.Parts, stick.Source{Name: p.Name, Size: p.Size,
				Open: func() (io.ReadCloser, error) { return d.kiosk.Part(d.ctx, id, p.Name) }})
		}
		return out, err
	}, func() {}}, nil
}

type outboxVerifyCmd struct{ stopped }

// Help lists the exit codes.
func (outboxVerifyCmd) Help() string { return exitCodes }

// Run has every sealed submission checked and prints what was found.
func (c outboxVerifyCmd) Run(d *desk) error {
	v, err := c.verify(d)
	if err != nil {
		return err
	}
	err = d.give(v, func(w *tabwriter.Writer) {
		row(w, "whole", v.Whole)
		row(w, "let go after confirmation", v.Dropped)
		row(w, "at fault", len(v.Faults))
		if len(v.Faults) > 0 {
			row(w)
			row(w, "ID", "STATE", "WHAT")
			for _, f := range v.Faults {
				row(w, f.ID, f.State, f.What)
			}
		}
	})
	if err == nil && len(v.Faults) > 0 {
		return errFaults
	}
	return err
}

func (c outboxVerifyCmd) verify(d *desk) (hatch.Verified, error) {
	ctx, cancel := context.WithTimeout(d.ctx, 10*time.Minute)
	defer cancel()
	if c.Config == "" {
		return d.kiosk.Verify(ctx)
	}
	box, _, err := c.box(ctx)
	if err != nil {
		return hatch.Verified{}, err
	}
	defer box.Close()
	found, err := box.Verify(ctx, func(it outbox.Item) error {
		return stick.Check(stick.Sealed{ID: it.ID, Digest: it.Digest, Bytes: it.Sealed})
	})
	v := hatch.Verified{Whole: found.Whole, Dropped: found.Dropped, Faults: []hatch.Wrong{}}
	for _, f := range found.Faults {
		v.Faults = append(v.Faults, hatch.Wrong{ID: f.ID, State: string(f.State), What: f.Err.Error()})
	}
	return v, err
}
