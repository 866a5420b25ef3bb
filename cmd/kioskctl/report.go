package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/sys/unix"

	"motcua/assets"
	"motcua/kiosk"
	"motcua/kiosk/checkup"
	"motcua/kiosk/config"
	"motcua/kiosk/hatch"
	"motcua/kiosk/pack"
	"motcua/kiosk/report"
)

type reportCmd struct {
	kernel
	Config string `default:"${config}" placeholder:"PATH" help:"The station's configuration (${config})."`
	Into   string `default:"." placeholder:"DIR" help:"The folder for the two files (${default})."`
}

// Help says what is written, and lists the exit codes.
func (reportCmd) Help() string {
	return "Two files are written, readiness-STATION-TIME.pdf, one page to sign, and .json, all of it. " +
		"Neither holds personal data. `kioskctl doctor` makes the tests that they tell of. With --json, the JSON goes to standard output and no file is written.\n\n" + exitCodes
}

// errUnready: the report was made, and it says that the station is not ready.
var errUnready = errors.New("the station is not ready")

// Run writes the report.
func (c reportCmd) Run(d *desk) error {
	r, err := c.gather(d)
	if err != nil {
		return err
	}
	if d.json {
		if err := d.give(r, nil); err != nil {
			return err
		}
	} else if err := c.write(d, r); err != nil {
		return err
	}
	if !r.Ready {
		return errUnready
	}
	return nil
}

// write makes the two files and tells where they are.
func (c reportCmd) write(d *desk, r report.Report) error {
	fonts, err := fs.Sub(assets.Files, "fonts")
	if err != nil {
		return err
	}
	var page bytes.Buffer
	if err := report.WritePDF(&page, r, fonts); err != nil {
		return err
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	base := filepath.Join(c.Into, "readiness-"+r.Station+"-"+r.Made.Format("20060102-1504"))
	for _, f := range []struct {
		name string
		text []byte
	}{{base + ".pdf", page.Bytes()}, {base + ".json", append(text, '\n')}} {
		if err := os.WriteFile(f.name, f.text, 0o644); err != nil { // for everybody to read: nothing in it is personal
			return err
		}
		fmt.Fprintf(d.words, "kioskctl: written: %s\n", f.name)
	}
	return d.give(r, func(w *tabwriter.Writer) {
		row(w, "ready", map[bool]string{true: "yes", false: "no"}[r.Ready])
		for _, p := range r.Points {
			row(w, map[bool]string{true: "must", false: "should"}[p.Grave], p.What+" → "+p.Do)
		}
	})
}

// gather asks everything that can tell how the station is.
func (c reportCmd) gather(d *desk) (report.Report, error) {
	cfg, err := config.Read(c.Config)
	if err != nil {
		return report.Report{}, err
	}
	ctx, cancel := context.WithTimeout(d.ctx, within)
	defer cancel()
	s, err := d.kiosk.Status(ctx)
	if err != nil && !errors.Is(err, hatch.ErrNotRunning) {
		return report.Report{}, err
	}
	r := report.Report{Made: d.now.Truncate(time.Second), Station: cfg.Station, Unit: cfg.Unit, Running: err == nil, Since: s.Since,
		Versions: report.Versions{Kiosk: s.Version, Kioskctl: kiosk.Version(), Pack: s.Pack, System: systemName("/etc/os-release"), Kernel: kernelName()},
		Outbox:   report.Outbox{Waiting: s.Outbox.Waiting, Refused: s.Outbox.Refused, Oldest: s.Outbox.Oldest},
		Uplink:   report.Uplink{URL: cfg.Central.URL, Reached: s.Uplink.Reached, Last: s.Uplink.Last, Problem: s.Uplink.Problem},
		Clock:    clockState(), Disk: diskOf(cfg.Data),
		Peripherals: []report.Peripheral{}, Troubles: []report.Trouble{}}
	r.Ward, r.Versions.Pack = wardOf(cfg, r.Versions.Pack)
	for _, t := range s.Troubles {
		r.Troubles = append(r.Troubles, report.Trouble{Code: t.Code, Title: t.Title, Who: t.Who, Since: t.Since})
	}
	records, err := checkup.Look(cfg.Data).Last()
	if err != nil {
		fmt.Fprintf(d.words, "kioskctl: the outcome of a test cannot be read: %v\n", err)
	}
	c.peripherals(&r, cfg, s, records)
	r.Judge()
	return r, nil
}

// peripherals puts together what the configuration, the kernel, the kiosk and the
// last tests say of each unit.
func (c reportCmd) peripherals(r *report.Report, cfg config.Config, s hatch.Status, records []checkup.Record) {
	finds, unseen := c.finds()
	look := devicesCmd{kernel: c.kernel}
	for _, p := range cfg.Peripherals {
		u := look.plugged(p, finds, unseen)
		line := report.Peripheral{Name: p.Name, Thing: p.Thing, Plate: u.What, Driver: p.Driver, Where: u.Where, Required: p.Required, State: u.State, Fine: u.Fine}
		if i := slices.IndexFunc(s.Peripherals, func(h hatch.Peripheral) bool { return h.Name == p.Name }); i >= 0 {
			h := s.Peripherals[i]
			line.State, line.Fine, line.Since, line.Problem = h.State, h.Fine, h.Since, h.Problem
		} else if r.Running {
			line.State, line.Fine = "not used", false // the kiosk was started with another configuration
		}
		if i := slices.IndexFunc(records, func(t checkup.Record) bool { return t.Unit == p.Name && t.Thing == p.Thing }); i >= 0 {
			t := records[i]
			line.Test = &report.Test{What: t.Test, At: t.At, Passed: t.Passed, Found: t.Found, By: t.By, Good: t.Good}
		}
		r.Peripherals = append(r.Peripherals, line)
	}
}

// wardOf gives the ward's name and the pack's, as far as the pack can be read. A
// running kiosk has said which pack it has.
func wardOf(cfg config.Config, said string) (ward, version string) {
	from, err := fs.Sub(assets.Files, "packs/hanoi")
	if err != nil {
		return "", said
	}
	if cfg.Pack != "" {
		from = os.DirFS(cfg.Pack)
	}
	p, err := pack.Load(from)
	if err != nil {
		return "", said
	}
	if said == "" {
		said = p.ID + " " + p.Version
	}
	u, _ := p.Unit(cfg.Unit)
	return u.Name, said
}

// clockState asks the kernel whether something keeps its clock right: adjtimex(2),
// STA_UNSYNC and maxerror.
func clockState() report.Clock {
	var t unix.Timex
	if _, err := unix.Adjtimex(&t); err != nil {
		return report.Clock{}
	}
	return report.Clock{Known: true, Synced: t.Status&unix.STA_UNSYNC == 0, Off: time.Duration(t.Maxerror) * time.Microsecond}
}

func diskOf(path string) report.Disk {
	var st unix.Statfs_t
	if err := unix.Statfs(path, &st); err != nil || st.Bsize <= 0 {
		return report.Disk{Path: path}
	}
	block := uint64(st.Bsize)
	return report.Disk{Path: path, Size: st.Blocks * block, Free: st.Bavail * block}
}

// systemName is what the system calls itself: os-release(5).
func systemName(file string) string {
	b, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	for s := bufio.NewScanner(bytes.NewReader(b)); s.Scan(); {
		if name, ok := strings.CutPrefix(s.Text(), "PRETTY_NAME="); ok {
			if plain, err := strconv.Unquote(name); err == nil {
				return plain
			}
			return name
		}
	}
	return ""
}

func kernelName() string {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return ""
	}
	return unix.ByteSliceToString(u.Release[:])
}
