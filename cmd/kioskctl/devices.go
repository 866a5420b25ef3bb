package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"text/tabwriter"
	"time"

	"motcua/devices/known"
	"motcua/kiosk/config"
	"motcua/kiosk/hatch"
)

// glance is how often the kiosk is asked with --watch; a unit that is pulled is
// shown within half of the two seconds that the station itself may take.
const glance = time.Second

type devicesCmd struct {
	kernel
	Config string `default:"${config}" placeholder:"PATH" help:"The station's configuration, used when the kiosk does not run (${config})."`
	Watch  bool   `short:"w" help:"Go on, and print again when something changes."`
}

// Help lists the exit codes.
func (devicesCmd) Help() string { return exitCodes }

// table is what is known of the peripherals at one moment.
type table struct {
	Running bool   `json:"running"` // the kiosk told, else only what is plugged in
	Units   []unit `json:"peripherals"`
}

// unit is one line of the table.
type unit struct {
	Name     string    `json:"name"`
	Thing    string    `json:"thing"`
	What     string    `json:"what,omitempty"` // its plate
	Where    string    `json:"where"`
	Node     string    `json:"node,omitempty"`
	Driver   string    `json:"driver"`
	Required bool      `json:"required"`
	State    string    `json:"state"` // as the kiosk says, else "plugged in", "not found", "not asked"
	Fine     bool      `json:"fine"`
	Since    time.Time `json:"since,omitzero"`
	Problem  string    `json:"problem,omitempty"`
}

// Run prints the table, and with --watch each that differs from the one before.
func (c devicesCmd) Run(d *desk) error {
	if !c.Watch {
		t, err := c.look(d)
		if err != nil {
			return err
		}
		return c.tell(d, t)
	}
	tick := time.NewTicker(glance)
	defer tick.Stop()
	var before *table
	for {
		t, err := c.look(d)
		if err != nil {
			return err
		}
		if before == nil || !reflect.DeepEqual(*before, t) {
			c.clear(d)
			if err := c.tell(d, t); err != nil && !errors.Is(err, errTrouble) {
				return err
			}
			before = &t
		}
		select {
		case <-tick.C:
			d.now = time.Now()
		case <-d.ctx.Done():
			return nil // the technician has seen enough
		}
	}
}

// clear makes room for the next table: on a terminal the place of the one before.
func (c devicesCmd) clear(d *desk) {
	if d.json {
		return
	}
	if terminal(d.out) {
		fmt.Fprint(d.out, "\x1b[H\x1b[2J")
	}
	fmt.Fprintf(d.out, "%s\n", d.now.Format(time.DateTime))
}

// terminal tells whether a person looks at w.
func terminal(w any) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	st, err := f.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice != 0
}

// look asks the kiosk, or, where none runs, the configuration and the kernel.
func (c devicesCmd) look(d *desk) (table, error) {
	ctx, cancel := context.WithTimeout(d.ctx, within)
	defer cancel()
	s, err := d.kiosk.Status(ctx)
	if err != nil && !errors.Is(err, hatch.ErrNotRunning) {
		return table{}, err
	}
	running := err == nil
	cfg, wrong := config.Read(c.Config)
	if wrong != nil && !running {
		return table{}, fmt.Errorf("%w, and without it: %w", err, wrong)
	}
	finds, unseen := c.finds() // a computer without USB is no reason to say nothing
	t := table{Running: running, Units: []unit{}}
	if !running {
		for _, p := range cfg.Peripherals {
			t.Units = append(t.Units, c.plugged(p, finds, unseen))
		}
		return t, nil
	}
	for _, p := range s.Peripherals {
		u := unit{Name: p.Name, Thing: p.Thing, Where: p.Port, Driver: p.Driver, Required: p.Required,
			State: p.State, Fine: p.Fine, Since: p.Since, Problem: p.Problem}
		for _, own := range cfg.Peripherals {
			if own.Name == p.Name {
				at := c.plugged(own, finds, unseen)
				u.What, u.Where, u.Node = at.What, at.Where, at.Node
			}
		}
		t.Units = append(t.Units, u)
	}
	return t, nil
}

// plugged finds a configured unit among what is plugged in.
func (c devicesCmd) plugged(p config.Peripheral, finds []known.Find, unseen error) unit {
	u := unit{Name: p.Name, Thing: p.Thing, Where: where(p), Driver: p.Driver, Required: p.Required, State: "not found"}
	if unseen != nil || strings.HasPrefix(p.Port, "tcp:") {
		u.State, u.Fine = "not asked", true // only the unit itself could tell
		return u
	}
	for _, f := range finds {
		if !means(p, f, c.tree()) {
			continue
		}
		u.State, u.Fine = "plugged in", true
		u.What = plate(f.Plate)
		if u.What == "" {
			u.What = f.Title()
		}
		u.Node = node(p, f)
		return u
	}
	if p.Port != "" && !strings.HasPrefix(p.Port, "usb:") {
		if _, err := os.Stat(p.Port); err == nil {
			u.State, u.Fine = "plugged in", true
		}
	}
	return u
}

// node is what the unit's driver opens now.
func node(p config.Peripheral, f known.Find) string {
	subsystem := map[string]string{"serial": "tty", "acr122s": "tty", "camera": "video4linux", "v4l2": "video4linux"}[p.Driver]
	for _, a := range f.Faces {
		for _, n := range a.Nodes {
			if n.Subsystem == subsystem || p.Driver == "escpos" && (n.Subsystem == "usbmisc" || n.Subsystem == "tty") {
				return n.Node
			}
		}
	}
	return ""
}

// tell prints the table; errTrouble where a peripheral needs somebody.
func (c devicesCmd) tell(d *desk, t table) error {
	if !t.Running {
		fmt.Fprintln(d.words, "kioskctl: the kiosk does not run: this is what is configured, and whether it is plugged in")
	}
	if err := d.give(t, func(w *tabwriter.Writer) {
		row(w, "PERIPHERAL", "WHAT", "WHERE", "DRIVER", "STATE", "SINCE", "PROBLEM")
		for _, u := range t.Units {
			since := ""
			if !u.Since.IsZero() {
				since = d.ago(u.Since)
			}
			at := u.Where
			if u.Node != "" && u.Node != at {
				at += " (" + strings.TrimPrefix(u.Node, c.Dev+"/") + ")"
			}
			row(w, u.Name, u.What, at, u.Driver, u.State, since, u.Problem)
		}
		if len(t.Units) == 0 {
			fmt.Fprintln(w, "no peripheral is configured; `kioskctl identify` says what is plugged in")
		}
	}); err != nil {
		return err
	}
	for _, u := range t.Units {
		if !u.Fine {
			return errTrouble
		}
	}
	return nil
}
