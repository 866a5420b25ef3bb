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
	Bin    string `default:"bin" help:"Folder of kiosk, central and workbench (${default})."`
	Out    string `default:"out/bench.json" help:"File for the figures (${default})."`
	Visits int    `default:"1000" help:"How many visits in a row the memory is watched over (${default})."`
}

// Run puts a station on in memory and measures it.
func (c *benchCmd) Run(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "motcua-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	stored, err := onDisk(ctx, filepath.Dir(c.Out), c.Bin)
	if err != nil {
		return err
	}
	chip, err := measure.Chip(ctx)
	if err != nil {
		return err
	}
	paper, err := measure.Receipt()
	if err != nil {
		return err
	}
	camera, err := measure.Camera(ctx, dir)
	if err != nil {
		return err
	}
	// A printer that takes bytes as they come: what is measured is the kiosk.
	s, err := stage.Open(ctx, stage.Options{Dir: dir, Bin: c.Bin, Profile: "epson-tm-t88"})
	if err != nil {
		return err
	}
	rows, err := measure.Station(ctx, s)
	rows = append(rows, stored...)
	rows = append(rows, chip...)
	rows = append(rows, camera...)
	rows = append(rows, paper...)
	if err == nil {
		var memory measure.Row
		memory, err = measure.Visits(ctx, s, c.Visits, os.Stderr)
		rows = append(rows, memory)
	}
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

// onDisk measures the outbox on the disk of a folder: the temporary files may
// lie in memory.
func onDisk(ctx context.Context, parent, bin string) (rows []measure.Row, err error) {
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(parent, "outbox-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	accept, err := measure.Accept(ctx, filepath.Join(dir, "accept"))
	if err != nil {
		return nil, err
	}
	drain, err := measure.Drain(ctx, bin, filepath.Join(dir, "drain"))
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	queue, err := measure.Queue(ctx, filepath.Join(dir, "queue"), self, "weigh")
	return append(queue, accept, drain), err
}
