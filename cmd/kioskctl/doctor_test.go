package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"motcua/devices"
	"motcua/kiosk/checkup"
	"motcua/kiosk/hatch"
	"motcua/kiosk/hatch/hatchsim"
)

const fourUnits = `[[peripheral]]
name = "reader"
thing = "card"
driver = "pcsc"

[[peripheral]]
name = "scanner"
thing = "barcode"
driver = "hid"
usb = "0c2e:0b6a"

[[peripheral]]
name = "printer"
thing = "receipt"
driver = "escpos"
port = "/dev/usb/lp0"
profile = "generic-80"

[[peripheral]]
name = "speaker"
thing = "sound"
driver = "oto"
`

func wellStatus(reader string) hatch.Status {
	return hatch.Status{Peripherals: []hatch.Peripheral{
		{Name: "scanner", State: "ok", Fine: true}, {Name: "printer", State: "ok", Fine: true},
		{Name: "speaker", State: "ok", Fine: true}, {Name: "reader", State: reader, Fine: true},
	}}
}

// Faults that were put into the doctor on purpose, each found by TestDoctorFinds or
// TestDoctorFindsSpares: any code passes a scanner; one scanner passes another; a
// pale sheet passes; one printer passes another; any number passes a
// loudspeaker; what was not tried is kept as failed.

// surgery is a station with a doctor in it, and the person who helps.
type surgery struct {
	bench
	t     *testing.T
	kiosk *hatchsim.Kiosk
	data  string
	cmd   doctorCmd
	typed *io.PipeWriter
}

func newSurgery(t *testing.T, units string) *surgery {
	t.Helper()
	k := hatchsim.New(wellStatus("ok"))
	data := t.TempDir()
	s := &surgery{bench: newBench(t, k), t: t, kiosk: k, data: data,
		cmd: doctorCmd{Config: written(t, strings.Replace(head, "/var/lib/kiosk", data, 1)+units), Timeout: 20 * time.Second}}
	read, write := io.Pipe()
	t.Cleanup(func() { _ = write.Close() })
	s.in, s.typed, s.attended = read, write, true
	s.clock = func() time.Time { return s.now }
	s.rand = rand.New(rand.NewPCG(1, 2))
	s.json = true
	return s
}

// types is what the person types, when asked.
func (s *surgery) types(text string) {
	go func() { _, _ = io.WriteString(s.typed, text+"\n") }()
}

// run runs the doctor and gives what it found, by unit.
func (s *surgery) run() (map[string]tried, error) {
	s.t.Helper()
	err := s.cmd.Run(s.desk)
	var all []tried
	if s.out.Len() > 0 {
		if err := json.Unmarshal(s.out.Bytes(), &all); err != nil {
			s.t.Fatal(err)
		}
	}
	by := map[string]tried{}
	for _, each := range all {
		by[each.Unit] = each
	}
	return by, err
}

// kept is what the report will tell.
func (s *surgery) kept() map[string]checkup.Record {
	s.t.Helper()
	all, err := checkup.Look(s.data).Last()
	if err != nil {
		s.t.Fatal(err)
	}
	by := map[string]checkup.Record{}
	for _, each := range all {
		by[each.Unit] = each
	}
	return by
}

// A station in order: every unit is tried, confirmed, and kept.
func TestDoctor(t *testing.T) {
	s := newSurgery(t, fourUnits)
	words := &laidCard{Buffer: s.words, kiosk: s.kiosk}
	s.desk.words = words
	s.kiosk.Await(func(code string) {
		s.kiosk.Present(hatch.Scan{Kind: "unknown", Length: len(code), Unit: "scanner", Same: true})
	})
	s.kiosk.Hear(func(n int) { s.types(fmt.Sprint(n)) })
	s.types("y") // of the sheet, which is asked before a number is said
	got, err := s.run()
	if err != nil {
		t.Errorf("doctor: %v\n%s", err, s.out)
	}
	for unit, by := range map[string]string{"scanner": "the kiosk", "printer": "the scanner and a person", "speaker": "a person", "reader": "the kiosk"} {
		if got[unit].Result != "passed" || got[unit].By != by {
			t.Errorf("%s: %+v", unit, got[unit])
		}
		if r := s.kept()[unit]; !r.Passed || !r.Good.Equal(s.now) {
			t.Errorf("%s is kept as %+v", unit, r)
		}
	}
	if done := s.kiosk.Done(); len(done) != 3 || done[0] != "scan" || done[1] != "read printer" || !strings.HasPrefix(done[2], "speak ") {
		t.Errorf("the kiosk was asked for %q", done)
	}
	for _, n := range strings.Fields(s.out.String()) {
		if strings.HasPrefix(strings.Trim(n, `",`), "KIOSK-TEST-") {
			t.Errorf("what a code said is told: %s", n)
		}
	}
}

// laidCard is a person who does with a card what the doctor says.
type laidCard struct {
	*bytes.Buffer
	mu    sync.Mutex
	kiosk *hatchsim.Kiosk
}

func (l *laidCard) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch text := string(b); {
	case strings.Contains(text, "lay an ID card"):
		l.kiosk.Say(wellStatus("card"))
	case strings.Contains(text, "take the card off"):
		l.kiosk.Say(wellStatus("ok"))
	}
	return l.Buffer.Write(b)
}

// What each fault looks like to the technician, and what is kept of it.
func TestDoctorFinds(t *testing.T) {
	for _, c := range []struct {
		name, unit string
		set        func(*surgery)
		result     string
		found      string
	}{
		{"another code", "scanner", func(s *surgery) {
			s.kiosk.Await(func(string) { s.kiosk.Present(hatch.Scan{Kind: "card", Length: 152, Unit: "scanner"}) })
		}, "failed", "read another code than the one shown (card, 152 bytes)"},
		{"another scanner", "scanner", func(s *surgery) {
			s.kiosk.Await(func(string) { s.kiosk.Present(hatch.Scan{Unit: "camera", Same: true}) })
		}, "not tried", "camera read it"},
		{"no code", "scanner", func(s *surgery) { s.cmd.Timeout = 50 * time.Millisecond }, "failed", "nothing came in time"},
		{"no paper", "printer", func(s *surgery) {
			s.kiosk.Break("read", devices.Fail("printer", "print", devices.ErrStaff, errors.New("paper out")))
		}, "failed", "printer: print: staff must act: paper out"},
		{"a visitor", "printer", func(s *surgery) { s.kiosk.Break("read", hatch.ErrBusy) }, "not tried", "a visit is under way"},
		{"pale sheet", "printer", func(s *surgery) { s.types("perhaps\nn") }, "failed", "the sheet is not as it should be"},
		{"gone", "printer", func(s *surgery) {
			w := wellStatus("ok")
			w.Peripherals[1].State = "away"
			s.kiosk.Say(w)
		}, "failed", "away"},
		{"held by another", "scanner", func(s *surgery) {
			w := wellStatus("ok")
			w.Peripherals[0].State = "refused"
			s.kiosk.Say(w)
		}, "failed", "it may not be used, or not so"},
		{"not running with it", "printer", func(s *surgery) { s.kiosk.Say(hatch.Status{}) }, "not tried", "the kiosk runs with another configuration"},
		{"silence", "speaker", func(s *surgery) { s.kiosk.Hear(func(int) { s.types("n") }) }, "failed", "nothing was heard"},
		{"wrong number", "speaker", func(s *surgery) { s.kiosk.Hear(func(n int) { s.types(fmt.Sprint(n + 1)) }) }, "failed", "another number was heard than was said"},
		{"never understood", "speaker", func(s *surgery) { s.kiosk.Hear(func(int) { s.types("") }) }, "failed", "not understood in three times"},
		{"nobody types", "speaker", func(s *surgery) { _ = s.typed.Close() }, "not tried", "a person is needed: the input has ended"},
		{"no card", "reader", func(s *surgery) { s.cmd.Timeout = 300 * time.Millisecond }, "failed", "no card was seen"},
		{"card glued on", "reader", func(s *surgery) {
			s.cmd.Timeout = 300 * time.Millisecond
			s.kiosk.Say(wellStatus("card"))
		}, "failed", "a card lies on it all the time"},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
			s := newSurgery(t, fourUnits)
			s.cmd.Only = []string{c.unit}
			c.set(s)
			all, err := s.run()
			got := all[c.unit]
			if got.Result != c.result || got.Found != c.found || !errors.Is(err, errFailed) || len(all) != 1 || got.Do == "" {
				t.Errorf("%+v, %v; want %s: %s, with what to do", all, err, c.result, c.found)
			}
			if r, kept := s.kept()[c.unit]; kept != (c.result == "failed") || r.Passed {
				t.Errorf("kept %+v (%v)", r, kept)
			}
		})
	}
}

// With nobody there, what needs a person is no pass and overwrites none.
func TestDoctorUnattended(t *testing.T) {
	s := newSurgery(t, fourUnits)
	s.cmd.Unattended = true
	all, err := s.run()
	if !errors.Is(err, errFailed) || len(all) != 4 {
		t.Errorf("%+v, %v", all, err)
	}
	for unit, got := range all {
		if got.Result != "not tried" || !strings.HasPrefix(got.Found, "a person must ") {
			t.Errorf("%s: %+v", unit, got)
		}
	}
	if len(s.kept()) != 0 || len(s.kiosk.Done()) != 0 {
		t.Errorf("kept %v after %v", s.kept(), s.kiosk.Done())
	}
}

// spares are the units that stand by, and the camera for papers.
const spares = `
[[peripheral]]
name = "reader-2"
thing = "card"
driver = "acr122s"
port = "/dev/serial/by-id/reader"

[[peripheral]]
name = "scanner-2"
thing = "barcode"
driver = "serial"
port = "/dev/serial/by-id/scanner"

[[peripheral]]
name = "printer-2"
thing = "receipt"
driver = "escpos"
port = "/dev/usb/lp1"
profile = "generic-80"

[[peripheral]]
name = "desk"
thing = "camera"
driver = "v4l2"
port = "/dev/v4l/by-id/desk"
`

// spareStatus is wellStatus of a station that has the spares too.
func spareStatus() hatch.Status {
	w := wellStatus("ok")
	for _, name := range []string{"scanner-2", "printer-2", "desk"} {
		w.Peripherals = append(w.Peripherals, hatch.Peripheral{Name: name, State: "ok", Fine: true})
	}
	w.Peripherals = append(w.Peripherals, hatch.Peripheral{Name: "reader-2", State: "unknown", Fine: true})
	return w
}

// Every configured unit is tried by its name, what stands by too, each with its own
// confirmation, and each is kept by itself.
func TestDoctorOfSpares(t *testing.T) {
	s := newSurgery(t, fourUnits+spares)
	s.kiosk.Say(spareStatus())
	s.cmd.Only = []string{"printer", "scanner-2", "printer-2", "desk", "reader-2"}
	under := []string{"scanner-2", "desk"}
	s.kiosk.Await(func(code string) {
		s.kiosk.Present(hatch.Scan{Kind: "unknown", Length: len(code), Unit: under[0], Same: true})
		under = under[1:]
	})
	s.types("y\ny") // of the two sheets
	got, err := s.run()
	if err != nil {
		t.Errorf("doctor: %v\n%s", err, s.out)
	}
	for _, unit := range s.cmd.Only {
		if got[unit].Result != "passed" || !s.kept()[unit].Passed {
			t.Errorf("%s: %+v, kept %+v", unit, got[unit], s.kept()[unit])
		}
	}
	want := []string{"read printer", "scan", "read printer-2", "see", "lay reader-2"}
	if done := s.kiosk.Done(); !slices.Equal(done, want) {
		t.Errorf("the kiosk was asked for %q, want %q", done, want)
	}
}

// A unit that stands by fails by itself, and hides no other.
func TestDoctorFindsSpares(t *testing.T) {
	for _, c := range []struct {
		name, unit string
		set        func(*surgery)
		found      string
	}{
		{"no paper", "printer-2", func(s *surgery) {
			s.kiosk.Break("read", devices.Fail("printer-2", "print", devices.ErrStaff, errors.New("paper out")))
		}, "printer-2: print: staff must act: paper out"},
		{"not plugged in", "reader-2", func(s *surgery) {
			s.kiosk.Break("lay", devices.Fail("reader-2", "open", devices.ErrGone, nil))
		}, "reader-2: open: unit gone"},
		{"blind", "desk", func(s *surgery) { s.cmd.Timeout = 50 * time.Millisecond }, "it looked, and could read no code"},
		{"another code", "desk", func(s *surgery) {
			s.kiosk.Await(func(string) { s.kiosk.Present(hatch.Scan{Kind: "unknown", Length: 12, Unit: "desk"}) })
		}, "saw another code than the one shown (unknown, 12 bytes)"},
		{"hangs", "desk", func(s *surgery) { s.kiosk.Break("see", devices.Fail("desk", "take picture", devices.ErrSilent, nil)) },
			"desk: take picture: no answer"},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
			s := newSurgery(t, fourUnits+spares)
			s.kiosk.Say(spareStatus())
			s.cmd.Only = []string{c.unit}
			c.set(s)
			all, err := s.run()
			got := all[c.unit]
			if got.Result != "failed" || !strings.HasPrefix(got.Found, c.found) || got.Do == "" || !errors.Is(err, errFailed) {
				t.Errorf("%+v, %v; want failed: %s, with what to do", all, err, c.found)
			}
			if r, kept := s.kept()[c.unit]; !kept || r.Passed || len(s.kept()) != 1 {
				t.Errorf("kept %+v", s.kept())
			}
		})
	}
}

// With no scanner a person's eyes are all there is.
func TestDoctorWithoutScanner(t *testing.T) {
	_, printer, _ := strings.Cut(fourUnits, "usb = \"0c2e:0b6a\"\n\n")
	printer, _, _ = strings.Cut(printer, "[[peripheral]]\nname = \"speaker\"")
	s := newSurgery(t, printer)
	s.types("y")
	all, _ := s.run()
	if got := all["printer"]; got.Result != "passed" || got.By != "a person" {
		t.Errorf("printer: %+v", got)
	}
	if done := s.kiosk.Done(); !slices.Equal(done, []string{"print printer"}) {
		t.Errorf("the kiosk was asked for %q", done)
	}
}

func TestDoctorOfNothing(t *testing.T) {
	s := newSurgery(t, fourUnits)
	s.cmd.Only = []string{"laser"}
	if _, err := s.run(); !errors.Is(err, errNoUnit) {
		t.Errorf("doctor --only laser: %v", err)
	}
	b := newBench(t, nil)
	if err := (doctorCmd{Config: s.cmd.Config}).Run(b.desk); !errors.Is(err, hatch.ErrNotRunning) {
		t.Errorf("doctor without a kiosk: %v", err)
	}
}

// The code on the terminal is one that a scanner reads, with its white border.
func TestShowCode(t *testing.T) {
	code := testCode(rand.New(rand.NewPCG(3, 4)))
	var out strings.Builder
	if err := showCode(&out, code); err != nil {
		t.Fatal(err)
	}
	const scale = 4
	var rows [][]bool
	for line := range strings.Lines(out.String()) {
		line = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(line), "\x1b[38;5;16;48;5;231m"), "\x1b[0m")
		var upper, lower []bool
		for _, r := range line {
			upper = append(upper, r == '█' || r == '▀')
			lower = append(lower, r == '█' || r == '▄')
		}
		rows = append(rows, upper, lower)
	}
	img := image.NewGray(image.Rect(0, 0, scale*len(rows[0]), scale*len(rows)))
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			if !rows[y/scale][x/scale] {
				img.SetGray(x, y, color.Gray{255})
			}
		}
	}
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	got, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
	if err != nil || got.GetText() != code {
		t.Errorf("the code on the terminal reads %v, %v, want %s\n%s", got, err, code, out.String())
	}
}
