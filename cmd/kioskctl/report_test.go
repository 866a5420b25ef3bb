package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"motcua/kiosk/checkup"
	"motcua/kiosk/hatch"
	"motcua/kiosk/hatch/hatchsim"
	"motcua/kiosk/report"
)

// handover is a station whose report is made.
func handover(t *testing.T, k hatch.Kiosk) (bench, reportCmd, string) {
	t.Helper()
	tree := plant(t)
	data := t.TempDir()
	b := newBench(t, k)
	cfg := strings.Replace(configured(tree.Dev), "/var/lib/kiosk", data, 1)
	return b, reportCmd{kernel: kernel{tree.Sys, tree.Dev}, Config: written(t, cfg), Into: t.TempDir()}, data
}

func full(since time.Time) hatch.Status {
	s := hatch.Status{Version: "1.4.0", Station: "CN-03", Unit: "00082", Pack: "hanoi 2026-11-01", Since: since,
		Outbox:   hatch.Count{Waiting: 2, Refused: 1, Oldest: since},
		Uplink:   hatch.Uplink{URL: "https://central.example", Reached: true, Last: since},
		Troubles: []hatch.Trouble{{Code: "printer-paper", Title: "Hết giấy in", Who: "staff", Since: since}}}
	for _, name := range []string{"scanner", "scanner-2", "printer", "printer-2", "reader"} {
		s.Peripherals = append(s.Peripherals, hatch.Peripheral{Name: name, State: "ok", Fine: true, Since: since})
	}
	return s
}

// The files tell what the configuration, the kernel, the kiosk and the tests say.
func TestReport(t *testing.T) {
	since := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	b, c, data := handover(t, hatchsim.New(full(since)))
	book, err := checkup.Open(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []checkup.Outcome{
		{Unit: "printer", Thing: "receipt", Test: "print", At: since, Passed: true, Found: "printed", By: "a person"},
		{Unit: "scanner", Thing: "receipt", Test: "print", At: since, Passed: true, Found: "of another unit of that name"},
	} {
		if err := book.Note(o); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Run(b.desk); !errors.Is(err, errUnready) {
		t.Errorf("Run = %v, want not ready: reader-2 is not used by the kiosk", err)
	}
	base := filepath.Join(c.Into, "readiness-CN-03-20261122-0900")
	page, err := os.ReadFile(base + ".pdf")
	if err != nil || !strings.HasPrefix(string(page), "%PDF-") {
		t.Errorf("the page: %d bytes, %v", len(page), err)
	}
	text, err := os.ReadFile(base + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var r report.Report
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	if r.Station != "CN-03" || r.Unit != "00082" || r.Ward == "" || !r.Running || r.Versions.Kiosk != "1.4.0" || r.Versions.Pack != "hanoi 2026-11-01" ||
		r.Versions.Kernel == "" || r.Versions.System == "" || r.Outbox.Waiting != 2 || r.Outbox.Refused != 1 || !r.Uplink.Reached ||
		r.Disk.Size == 0 || r.Disk.Path != data || len(r.Troubles) != 1 || len(r.Peripherals) != 6 {
		t.Errorf("report: %+v", r)
	}
	printer := r.Peripherals[2]
	if printer.Plate != "EPSON TM-T20II, serial J5XK012345" || printer.Where != "usb:04b8:0e15" || printer.State != "ok" || !printer.Required ||
		printer.Test == nil || !printer.Test.Passed || !printer.Test.Good.Equal(since) {
		t.Errorf("printer: %+v", printer)
	}
	if scanner := r.Peripherals[0]; scanner.Test != nil {
		t.Errorf("the scanner has the test of a printer that had its name: %+v", scanner.Test)
	}
	if away := r.Peripherals[5]; away.State != "not used" || away.Fine {
		t.Errorf("reader-2: %+v", away)
	}
	if out := b.out.String(); !strings.HasPrefix(out, "ready") || !strings.Contains(out, "scanner was never tried. → kioskctl doctor --only scanner") {
		t.Errorf("told:\n%s", out)
	}
}

// What stands by and the camera for papers are in the report as all else is, each
// with its own last test.
func TestReportOfEveryUnit(t *testing.T) {
	since := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	s := full(since)
	s.Peripherals = append(s.Peripherals, hatch.Peripheral{Name: "reader-2", State: "unknown", Fine: true, Since: since},
		hatch.Peripheral{Name: "desk", State: "ok", Fine: true, Since: since})
	b, c, data := handover(t, hatchsim.New(s))
	text, err := os.ReadFile(c.Config)
	if err != nil {
		t.Fatal(err)
	}
	_, desk, _ := strings.Cut(spares, "profile = \"generic-80\"\n")
	c.Config = written(t, string(text)+desk)
	things := map[string]string{"scanner": "barcode", "scanner-2": "barcode", "printer": "receipt", "printer-2": "receipt",
		"reader": "card", "reader-2": "card", "desk": "camera"}
	book, err := checkup.Open(data)
	if err != nil {
		t.Fatal(err)
	}
	for unit, thing := range things {
		o := checkup.Outcome{Unit: unit, Thing: thing, Test: "try it", At: since, Passed: unit != "printer-2", Found: "found of " + unit, By: "the kiosk"}
		if err := book.Note(o); err != nil {
			t.Fatal(err)
		}
	}
	b.json = true
	if err := c.Run(b.desk); err != nil && !errors.Is(err, errUnready) {
		t.Fatal(err)
	}
	var r report.Report
	if err := json.Unmarshal(b.out.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Peripherals) != len(things) {
		t.Errorf("%d units in the report, want %d", len(r.Peripherals), len(things))
	}
	for _, p := range r.Peripherals {
		if p.Test == nil || p.Thing != things[p.Name] || p.Test.Found != "found of "+p.Name || p.Test.Passed != (p.Name != "printer-2") {
			t.Errorf("%s: %+v", p.Name, p.Test)
		}
	}
	if !slices.ContainsFunc(r.Points, func(p report.Point) bool {
		return strings.HasPrefix(p.What, "printer-2 failed its last test") && strings.Contains(p.Do, "doctor --only printer-2")
	}) {
		t.Errorf("points: %+v", r.Points)
	}
}

// Where no kiosk runs there is a report too, and it says so.
func TestReportWithoutKiosk(t *testing.T) {
	b, c, _ := handover(t, nil)
	b.json = true
	if err := c.Run(b.desk); !errors.Is(err, errUnready) {
		t.Errorf("Run = %v", err)
	}
	var r report.Report
	if err := json.Unmarshal(b.out.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	if r.Running || r.Ready || !slices.ContainsFunc(r.Points, func(p report.Point) bool { return p.Grave && strings.Contains(p.What, "does not run") }) ||
		r.Versions.Pack == "" || r.Peripherals[0].State != "plugged in" || r.Peripherals[5].State != "not found" {
		t.Errorf("report: %+v", r)
	}
	if files, err := os.ReadDir(c.Into); err != nil || len(files) != 0 {
		t.Errorf("--json wrote %v, %v", files, err)
	}
}

func TestSystemName(t *testing.T) {
	for text, want := range map[string]string{
		"ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n": "Debian GNU/Linux 12 (bookworm)",
		"PRETTY_NAME=Plain\n": "Plain", "ID=x\n": "",
	} {
		if got := systemName(written(t, text)); got != want {
			t.Errorf("systemName of %q = %q, want %q", text, got, want)
		}
	}
}
