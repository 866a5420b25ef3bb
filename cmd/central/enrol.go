package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"motcua/cmd/central/internal/keys"
	"motcua/cmd/central/internal/ledger"
	"motcua/cmd/central/internal/parts"
	"motcua/cmd/central/internal/reading"
)

type keysCommand struct {
	Dir  string   `arg:"" help:"Folder to fill; it must hold no keys yet."`
	Host []string `help:"Name or address that stations call central by, beside 127.0.0.1, ::1 and localhost."`
}

// Run makes the keys.
func (c *keysCommand) Run() error { return keys.Make(c.Dir, c.Host) }

type enrolCommand struct {
	Dir     string `arg:"" help:"Folder of central's keys."`
	Station string `required:"" help:"Station, such as CN-03."`
	Unit    string `required:"" help:"Five digits of the unit that it stands in, such as 00082."`
	Out     string `help:"Folder for the bundle." placeholder:"DIR/stations/STATION"`
}

var (
	stationForm = regexp.MustCompile(`^[A-Z][A-Z0-9]{1,7}-[0-9]{2,3}$`)
	unitForm    = regexp.MustCompile(`^[0-9]{5}$`)
)

// Run makes the bundle, prints its folder and registers the key.
func (c *enrolCommand) Run(ctx context.Context) error {
	if !stationForm.MatchString(c.Station) {
		return fmt.Errorf("station %q is not like CN-03", c.Station)
	}
	if !unitForm.MatchString(c.Unit) {
		return fmt.Errorf("unit %q is not five digits", c.Unit)
	}
	if c.Out == "" {
		c.Out = filepath.Join(c.Dir, "stations", c.Station)
	}
	l, err := ledger.Open(ctx, filepath.Join(c.Dir, ledger.Name))
	if err != nil {
		return err
	}
	defer l.Close()
	key, err := keys.Enrol(c.Dir, c.Station, c.Out)
	if err != nil {
		return err
	}
	if err := l.Enrol(ctx, key, c.Unit, time.Now()); err != nil {
		return err
	}
	fmt.Println(c.Out)
	return nil
}

type exportCommand struct {
	ID  string `arg:"" help:"Id of the submission."`
	Dir string `required:"" help:"Folder of central's keys and ledger."`
}

// Run prints the submission as it was signed.
func (c *exportCommand) Run(ctx context.Context) error {
	k, err := keys.Load(c.Dir)
	if err != nil {
		return err
	}
	l, err := ledger.Open(ctx, filepath.Join(c.Dir, ledger.Name))
	if err != nil {
		return err
	}
	defer l.Close()
	p, err := parts.Open(filepath.Join(c.Dir, parts.Folder), 0)
	if err != nil {
		return err
	}
	_, _, raw, err := reading.New(l, k.IDs, p).Read(ctx, c.ID, "export")
	if errors.Is(err, ledger.ErrUnknown) {
		return fmt.Errorf("no submission %s here", c.ID)
	}
	if err != nil {
		return err
	}
	defer clear(raw)
	_, err = os.Stdout.Write(append(raw, '\n'))
	return err
}
