package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"motcua/cmd/central/internal/parts"
	"motcua/kiosk/stick"
)

type importCommand struct {
	Stick        string            `arg:"" help:"Folder that kioskctl outbox export made."`
	Dir          string            `required:"" help:"Folder of central's keys and ledger."`
	Pack         []string          `help:"As of serve." placeholder:"DIR"`
	Agency       string            `default:"H26" help:"As of serve."`
	AgencyOf     map[string]string `help:"As of serve." placeholder:"UNIT=CODE"`
	DossierDelay time.Duration     `default:"0s" help:"As of serve."`
}

// errImport: some of a folder was not taken.
var errImport = errors.New("not everything was taken")

// Run takes in every submission of a folder, in the order of acceptance; one
// that is not taken holds up no other. It may run beside a central that serves,
// and any number of times. It prints a line for each:
//
//	stored  ID
//	known   ID
//	refused ID CODE
//	altered ID
func (c *importCommand) Run(ctx context.Context) error {
	m, err := stick.Open(c.Stick)
	if err != nil {
		return err
	}
	s := serveCommand{Dir: c.Dir, Page: "127.0.0.1:0", Pack: c.Pack, Agency: c.Agency, AgencyOf: c.AgencyOf, DossierDelay: c.DossierDelay}
	p, err := s.open(ctx, slog.New(slog.NewTextHandler(os.Stderr, nil)))
	if err != nil {
		return err
	}
	defer p.ledger.Close()
	bad := 0
	for _, f := range m.Files {
		sealed, err := f.Read(c.Stick)
		if errors.Is(err, stick.ErrAltered) {
			fmt.Println("altered", f.ID)
			bad++
			continue
		}
		if err != nil {
			return err
		}
		if err := p.takeParts(ctx, c.Stick, m.Station, f); err != nil {
			return fmt.Errorf("import %s: %w", f.ID, err)
		}
		fresh, code, err := p.gate.Import(ctx, m.Station, f.ID, sealed)
		switch {
		case err != nil:
			return fmt.Errorf("import %s: %w", f.ID, err)
		case code != "":
			fmt.Println("refused", f.ID, code)
			bad++
		case fresh:
			fmt.Println("stored ", f.ID)
		default:
			fmt.Println("known  ", f.ID)
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d: %w", bad, len(m.Files), errImport)
	}
	return nil
}

// takeParts takes in the parts of f. One that is missing or altered on the stick
// is left out: its submission is then refused as parts-missing, and comes in
// whenever the part does.
func (h *house) takeParts(ctx context.Context, dir, station string, f stick.File) error {
	for _, p := range f.Parts {
		in, err := p.Open(dir)
		if errors.Is(err, stick.ErrAltered) {
			continue
		}
		if err != nil {
			return err
		}
		k := parts.Key{Station: station, ID: f.ID, Name: p.Name}
		u, err := h.parts.Begin(ctx, k, p.Size)
		if err == nil {
			_, err = in.Seek(u.Offset, io.SeekStart)
		}
		if err == nil {
			_, err = h.parts.Append(ctx, k, u.Offset, in, func() {})
		}
		_ = in.Close() // was only read
		if err != nil && !errors.Is(err, parts.ErrAltered) && !errors.Is(err, parts.ErrOther) && !errors.Is(err, parts.ErrOffset) {
			return err
		}
	}
	return nil
}
