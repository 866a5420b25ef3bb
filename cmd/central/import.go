package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"motcua/cmd/central/internal/gate"
	"motcua/cmd/central/internal/parts"
	"motcua/kiosk/contract"
	"motcua/kiosk/stick"
)

type importCommand struct {
	Stick        string            `arg:"" help:"Folder that kioskctl outbox export made, or a stick with several."`
	Dir          string            `required:"" help:"Folder of central's keys and ledger."`
	Pack         []string          `help:"As of serve." placeholder:"DIR"`
	Agency       string            `default:"H26" help:"As of serve."`
	AgencyOf     map[string]string `help:"As of serve." placeholder:"UNIT=CODE"`
	DossierDelay time.Duration     `default:"0s" help:"As of serve."`
	Silent       bool              `help:"Write no confirmation onto the stick."`
}

// Help says what is written onto the stick.
func (*importCommand) Help() string {
	return "Prints a line for each submission: stored, known, refused with its code, or altered on the stick.\n\n" +
		"Beside the submissions it then writes what became of them, signed with central's certificate (C0000001.JWS and\n" +
		"so on). Take the stick back: `kioskctl outbox import` marks there what central has. It may run any number of\n" +
		"times, also beside a central that serves."
}

// errImport: some of a folder was not taken.
var errImport = errors.New("not everything was taken")

// Run takes in every submission of each folder, in the order of acceptance; one
// that is not taken holds up no other. It may run beside a central that serves,
// and any number of times. It prints a line for each:
//
//	stored  ID
//	known   ID
//	refused ID CODE
//	altered ID
//
// When a folder is done it writes central's word on it next to it.
func (c *importCommand) Run(ctx context.Context) error {
	folders, err := stick.Folders(c.Stick)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	s := serveCommand{Dir: c.Dir, Page: "127.0.0.1:0", Pack: c.Pack, Agency: c.Agency, AgencyOf: c.AgencyOf, DossierDelay: c.DossierDelay}
	h, err := s.open(ctx, log)
	if err != nil {
		return err
	}
	defer h.ledger.Close()
	var errs []error
	for _, dir := range folders {
		if err := h.takeFolder(ctx, dir, !c.Silent); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", filepath.Base(dir), err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(errs...)
}

// takeFolder takes in one folder and, if told to, confirms there what became of
// it. What central does not know for good is not in the confirmation: an altered
// file, and what was refused for the moment alone.
func (h *house) takeFolder(ctx context.Context, dir string, confirm bool) error {
	m, err := stick.Open(dir)
	if err != nil {
		return err
	}
	began, words, bad := time.Now(), []stick.Word{}, 0
	for _, f := range m.Files {
		sealed, err := f.Read(dir)
		if errors.Is(err, stick.ErrAltered) {
			fmt.Println("altered", f.ID)
			bad++
			continue
		}
		if err != nil {
			return err
		}
		if err := h.takeParts(ctx, dir, m.Station, f); err != nil {
			return fmt.Errorf("import %s: %w", f.ID, err)
		}
		s, fresh, err := h.gate.Import(ctx, m.Station, f.ID, sealed)
		switch {
		case err != nil:
			return fmt.Errorf("import %s: %w", f.ID, err)
		case s.State == contract.StateRefused:
			fmt.Println("refused", f.ID, s.Refusal.Code)
			bad++
		case fresh:
			fmt.Println("stored ", f.ID)
		default:
			fmt.Println("known  ", f.ID)
		}
		if s.State != contract.StateRefused || gate.Final(s.Refusal) {
			words = append(words, stick.Word{Digest: f.Digest, Status: s})
		}
	}
	if confirm {
		if err := stick.Confirm(dir, m.Station, began, words, h.keys.TLS.Certificates[0]); err != nil {
			return fmt.Errorf("what was taken is safe, the confirmation was not written: %w", err)
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d: %w", bad, len(m.Files), errImport)
	}
	return nil
}

// takeParts takes in the parts of f. One that is missing or altered on the stick,
// or is just coming over the network, is left out: its submission is then refused
// as parts-missing, and comes in whenever the part does.
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
		switch {
		case err == nil:
		case errors.Is(err, parts.ErrAltered), errors.Is(err, parts.ErrOther), errors.Is(err, parts.ErrOffset), errors.Is(err, parts.ErrBusy):
		default:
			return err
		}
	}
	return nil
}
