package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"motcua/cmd/workbench/stage"
)

type demoCmd struct {
	Bin    string `default:"bin" help:"Folder of kiosk, central and workbench (${default})."`
	Out    string `default:"out/demo" help:"Folder of what the scripted visit leaves behind (${default})."`
	ByHand bool   `help:"Only put everything on, for you to touch; needs a display."`
	Width  int    `help:"Of the kiosk's window, in pixels (1080, or what fits the display)."`
	Height int    `help:"Of the kiosk's window, in pixels (1920, or what fits the display)."`
}

// Run shows a station: by hand where there is a display, else a scripted visit
// on a display in memory.
func (c *demoCmd) Run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "motcua-")
	if err != nil {
		return err
	}
	o := stage.Options{Dir: dir, Bin: c.Bin, Width: c.Width, Height: c.Height, Screen: os.Getenv("DISPLAY"), Speed: 150}
	if o.Screen == "" {
		if c.ByHand {
			return errors.New("there is no display to touch: set DISPLAY, or run `make demo` for a scripted visit")
		}
		err = c.scripted(ctx, o)
	} else {
		err = byHand(ctx, o)
	}
	if err != nil {
		// What failed is kept, for whoever wants to know why.
		return fmt.Errorf("%w\nlogs are in %s", err, filepath.Join(dir, "log"))
	}
	return os.RemoveAll(dir)
}

// byHand keeps a station on the display until ctx ends or its window is shut.
func byHand(ctx context.Context, o stage.Options) error {
	s, err := stage.Open(ctx, o)
	if err != nil {
		return err
	}
	fmt.Printf("kiosk      %d×%d on display %s\n", s.Options().Width, s.Options().Height, s.Display.Name())
	fmt.Printf("workbench  %s  scan a card, lay it on the reader, run the paper out, cut the network\n", s.Desk.Page())
	fmt.Printf("central    %s/  what came in\n", s.Central.Page)
	fmt.Println("Ctrl-C ends all.")
	select {
	case <-ctx.Done():
	case <-s.KioskEnded():
	}
	return s.Close()
}
