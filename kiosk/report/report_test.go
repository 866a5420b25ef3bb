package report_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"motcua/assets"
	"motcua/kiosk/report"
)

var keep = flag.String("keep", "", "write the pages into this folder, to look at")

var made = time.Date(2026, 11, 22, 9, 30, 0, 0, time.FixedZone("ICT", 7*3600))

func passed(ago time.Duration, found, by string) *report.Test {
	return &report.Test{What: "a test", At: made.Add(-ago), Passed: true, Found: found, By: by, Good: made.Add(-ago)}
}

// well is a station in order.
func well() report.Report {
	since := made.Add(-50 * time.Hour)
	return report.Report{
		Made: made, Station: "CN-03", Ward: "Phường Cửa Nam", Unit: "00082", Running: true, Since: since,
		Versions: report.Versions{Kiosk: "1.4.0", Kioskctl: "1.4.0", Pack: "hanoi 2026-11-01", System: "Debian GNU/Linux 12 (bookworm)", Kernel: "6.1.0-56-amd64"},
		Peripherals: []report.Peripheral{
			{Name: "scanner", Thing: "barcode", Plate: "Newland FM430, serial NL0001", Driver: "serial", Where: "/dev/serial/by-id/usb-Newland_FM430_NL0001-if00", Required: true,
				State: "ok", Fine: true, Since: since, Test: passed(time.Hour, "read the 23 bytes of this test's code", "the kiosk")},
			{Name: "printer", Thing: "receipt", Plate: "EPSON TM-T20II, serial J5XK012345", Driver: "escpos", Where: "usb:04b8:0e15", Required: true,
				State: "ok", Fine: true, Since: since, Test: passed(time.Hour, "printed, and the scanner read it back", "the scanner and a person")},
			{Name: "reader", Thing: "card", Plate: "ACS ACR1252 Dual Reader", Driver: "pcsc", Where: "PC/SC ACR1252",
				State: "ok", Fine: true, Since: since, Test: passed(time.Hour, "saw the card come and go", "the kiosk")},
			{Name: "speaker", Thing: "sound", Driver: "oto", Where: "ALSA PCH",
				State: "ok", Fine: true, Since: since, Test: passed(time.Hour, "the number that was said was heard", "a person")},
		},
		Outbox: report.Outbox{Waiting: 3, Oldest: made.Add(-40 * time.Minute)},
		Uplink: report.Uplink{URL: "https://central.hanoi.example/api", Reached: true, Last: made.Add(-time.Minute)},
		Clock:  report.Clock{Known: true, Synced: true, Off: 12 * time.Millisecond},
		Disk:   report.Disk{Path: "/var/lib/kiosk", Size: 128e9, Free: 96e9},
	}
}

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		name  string
		set   func(*report.Report)
		ready bool
		says  string // "" = no point at all
	}{
		{"well", func(*report.Report) {}, true, ""},
		{"not running", func(r *report.Report) { r.Running = false }, false, "does not run"},
		{"not running, not found", func(r *report.Report) {
			r.Running, r.Peripherals[2].State, r.Peripherals[2].Fine = false, "not found", false
		}, false, "reader: not found."},
		{"nothing configured", func(r *report.Report) { r.Peripherals = nil }, false, "No peripheral"},
		{"required away", func(r *report.Report) { r.Peripherals[1].State, r.Peripherals[1].Fine = "away", false }, false, "printer: away."},
		{"optional away", func(r *report.Report) { r.Peripherals[2].State, r.Peripherals[2].Fine = "away", false }, true, "reader: away."},
		{"problem", func(r *report.Report) {
			p := &r.Peripherals[1]
			p.State, p.Fine, p.Problem = "paper out", false, "Hết giấy in"
		}, false, "printer: paper out (Hết giấy in)."},
		{"never tried", func(r *report.Report) { r.Peripherals[0].Test = nil }, false, "scanner was never tried"},
		{"optional never tried", func(r *report.Report) { r.Peripherals[3].Test = nil }, true, "speaker was never tried"},
		{"failed", func(r *report.Report) { r.Peripherals[1].Test.Passed = false }, false, "printer failed its last test: printed"},
		{"long ago", func(r *report.Report) { r.Peripherals[1].Test = passed(40*24*time.Hour, "x", "y") }, true, "printer was tried last 40 d 0 h ago"},
		{"refused", func(r *report.Report) { r.Outbox.Refused = 2 }, true, "2 submissions were refused"},
		{"waiting", func(r *report.Report) { r.Outbox.Oldest = made.Add(-25 * time.Hour) }, true, "has waited for 1 d 1 h"},
		{"away a while", func(r *report.Report) { r.Uplink.Reached, r.Uplink.Last = false, made.Add(-2*time.Hour) }, true, "not answered for 2 h 0 min"},
		{"away a day", func(r *report.Report) { r.Uplink.Reached, r.Uplink.Last = false, made.Add(-25*time.Hour) }, false, "not answered for 1 d 1 h"},
		{"never reached", func(r *report.Report) { r.Uplink = report.Uplink{} }, false, "never reached"},
		{"clock unknown", func(r *report.Report) { r.Clock = report.Clock{} }, true, "not known whether the clock"},
		{"clock free", func(r *report.Report) { r.Clock.Synced = false }, false, "Nothing keeps the clock"},
		{"clock far off", func(r *report.Report) { r.Clock.Off = 6 * time.Second }, false, "Nothing keeps the clock"},
		{"disk unknown", func(r *report.Report) { r.Disk.Size = 0 }, true, "how much room"},
		{"disk full", func(r *report.Report) { r.Disk.Free = 1 << 20 }, false, "The disk has 1 MB left."},
		{"disk narrow", func(r *report.Report) { r.Disk.Free = 5e9 }, true, "The disk has 5.0 GB left of 128.0 GB."},
	} {
		r := well()
		c.set(&r)
		r.Judge()
		text, _ := json.Marshal(r.Points)
		if r.Ready != c.ready || (c.says == "") != (len(r.Points) == 0) || !strings.Contains(string(text), c.says) {
			t.Errorf("%s: ready %v, points %s; want %v, %q", c.name, r.Ready, text, c.ready, c.says)
		}
		for _, p := range r.Points {
			if p.Do == "" {
				t.Errorf("%s: %q says not what to do", c.name, p.What)
			}
		}
	}
}

func fonts(t *testing.T) fs.FS {
	t.Helper()
	f, err := fs.Sub(assets.Files, "fonts")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// ill is a station with more wrong than a page has room for.
func ill() report.Report {
	r := well()
	r.Running, r.Ward = true, "Phường Hoàn Kiếm – Trung tâm phục vụ hành chính công số một"
	r.Uplink.Reached, r.Uplink.Last = false, made.Add(-30*time.Hour)
	r.Clock.Synced = false
	r.Outbox.Refused = 4
	r.Peripherals[1].State, r.Peripherals[1].Fine, r.Peripherals[1].Problem = "paper out", false, "Hết giấy in"
	r.Peripherals[1].Test = &report.Test{At: made.Add(-time.Hour), Found: "printer: print: staff must act: paper out", Good: made.Add(-100 * time.Hour)}
	for i := range 8 {
		p := r.Peripherals[0]
		p.Name, p.Test = "scanner-"+strconv.Itoa(i+2), nil
		p.Plate = "A maker with a long name and a model that does not end, serial 0123456789"
		r.Peripherals = append(r.Peripherals, p)
	}
	return r
}

func pdf(t *testing.T, r report.Report) []byte {
	t.Helper()
	r.Judge()
	var b bytes.Buffer
	if err := report.WritePDF(&b, r, fonts(t)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The page is one page, the same each time, and says in letters that can be
// searched what matters, Vietnamese among it.
func TestWritePDF(t *testing.T) {
	tool, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Fatal("pdftotext is missing: apt-get install poppler-utils")
	}
	stopped := well()
	stopped.Running, stopped.Versions.Kiosk = false, ""
	for _, c := range []struct {
		name string
		r    report.Report
		want []string
	}{
		{"well", well(), []string{"CN-03", "Phường Cửa Nam · 00082", "22/11/2026", "09:30 ICT", "Ready for citizens", "Sẵn sàng phục vụ",
			"EPSON TM-T20II, serial J5XK012345", "passed", "3 waiting, 0 refused", "central.hanoi.example", "hanoi 2026-11-01", "Kỹ thuật viên", "due again by 23/12/2026"}},
		{"ill", ill(), []string{"Not ready: 12 points stand in the way", "Chưa sẵn sàng", "Hết giấy in", "failed", "never tried", "4 more stand in the JSON", "10 more stand in the JSON", "last passed 18/11/2026"}},
		{"stopped", stopped, []string{"Not ready: 1 point stands in the way", "The kiosk does not run.", "systemctl start kiosk", "kiosk not running", "only a running kiosk tells"}},
	} {
		b := pdf(t, c.r)
		if again := pdf(t, c.r); !bytes.Equal(b, again) {
			t.Errorf("%s: the same report gives other bytes", c.name)
		}
		file := filepath.Join(t.TempDir(), c.name+".pdf")
		if *keep != "" {
			file = filepath.Join(*keep, c.name+".pdf")
		}
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		text, err := exec.CommandContext(t.Context(), tool, "-raw", file, "-").Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range c.want {
			if !strings.Contains(string(text), want) {
				t.Errorf("%s: %q is not on the page:\n%s", c.name, want, text)
			}
		}
		if strings.Contains(string(text), "0123456789") {
			t.Errorf("%s: a plate runs into the next column:\n%s", c.name, text)
		}
		if pages := strings.Count(string(text), "\f"); pages != 1 {
			t.Errorf("%s: %d pages", c.name, pages)
		}
		t.Logf("%s: %d bytes", c.name, len(b))
	}
}

func TestFontsAreNeeded(t *testing.T) {
	if err := report.WritePDF(&bytes.Buffer{}, well(), os.DirFS(t.TempDir())); err == nil {
		t.Error("WritePDF without fonts gave a page")
	}
}
