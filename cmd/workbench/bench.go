package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"motcua/cmd/workbench/measure"
	"motcua/cmd/workbench/stage"
)

type benchCmd struct {
	Bin string `default:"bin" help:"Folder of kiosk, central and workbench (${default})."`
	Out string `default:"out/bench.json" help:"File for the figures (${default})."`
}

// Run puts a station on in memory and measures it.
func (c *benchCmd) Run(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "motcua-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	// A printer that takes bytes as they come: what is measured is the kiosk.
	s, err := stage.Open(ctx, stage.Options{Dir: dir, Bin: c.Bin, Profile: "epson-tm-t88"})
	if err != nil {
		return err
	}
	rows, err := measure.Station(ctx, s)
	if err := errors.Join(err, s.Close()); err != nil {
		return err
	}
	b, err := measure.JSON(rows)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(c.Out), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(c.Out, b, 0o644); err != nil {
		return err
	}
	return measure.Print(os.Stdout, rows)
}
