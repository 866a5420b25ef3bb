package main

import (
	"errors"
	"fmt"
	"os"
	"text/tabwriter"

	"motcua/kiosk/pack"
)

type packCmd struct {
	Check packCheckCmd `cmd:"" help:"Check a pack; every fault at once, with file and line."`
}

type packCheckCmd struct {
	Dir string `arg:"" help:"Folder of the pack."`
}

// Help lists the exit codes.
func (packCheckCmd) Help() string { return exitCodes }

// checked is the JSON of a check.
type checked struct {
	Dir        string      `json:"dir"`
	Pack       string      `json:"pack,omitempty"` // "hanoi 2026-11-01"
	Units      int         `json:"units"`
	Procedures int         `json:"procedures"`
	Faults     []packFault `json:"faults"`
}

type packFault struct {
	File    string   `json:"file"`
	Line    int      `json:"line,omitempty"`
	Text    string   `json:"text"`
	Allowed []string `json:"allowed,omitempty"`
}

// Run prints what is in the pack, or what is wrong with it.
func (c packCheckCmd) Run(d *desk) error {
	if st, err := os.Stat(c.Dir); err != nil || !st.IsDir() {
		return fmt.Errorf("%s is not the folder of a pack", c.Dir)
	}
	result := checked{Dir: c.Dir, Faults: []packFault{}}
	p, err := pack.Load(os.DirFS(c.Dir))
	faults, wrong := errors.AsType[pack.Faults](err)
	switch {
	case wrong:
		faults = faults.In(c.Dir)
		for _, f := range faults {
			result.Faults = append(result.Faults, packFault{f.File, f.Line, f.Text, f.Allowed})
		}
	case err != nil:
		return err
	default:
		result.Pack, result.Units, result.Procedures = p.ID+" "+p.Version, len(p.Units), len(p.Procedures)
	}
	err = d.give(result, func(w *tabwriter.Writer) {
		for _, f := range faults {
			fmt.Fprintln(w, f)
		}
		if !wrong {
			row(w, "pack", result.Pack)
			row(w, "units", result.Units)
			row(w, "procedures", result.Procedures)
		}
	})
	if err == nil && wrong {
		err = fmt.Errorf("%d faults in %s", len(faults), c.Dir)
	}
	return err
}
