package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"motcua/devices/hotplug"
	"motcua/devices/hotplug/hotplugtest"
	"motcua/devices/known"
	"motcua/kiosk/config"
	"motcua/kiosk/hatch"
	"motcua/kiosk/hatch/hatchsim"
)

var update = flag.Bool("update", false, "write the golden files")

// plant makes the recorded ward of devices/known.
func plant(t *testing.T) hotplug.Tree {
	t.Helper()
	recorded, err := os.ReadFile("../../devices/known/testdata/ward.txt")
	if err != nil {
		t.Fatal(err)
	}
	return hotplugtest.Plant(t, string(recorded))
}

// head is a configuration without peripherals.
const head = `station = "CN-03"
unit = "00082"
data = "/var/lib/kiosk"

[central]
url = "https://central.example"
bundle = "/etc/kiosk/bundle"

`

func written(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kiosk.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// bench is a technician's desk: what was printed, and a kiosk, if one runs.
type bench struct {
	*desk
	out, words *bytes.Buffer
}

func newBench(t *testing.T, k hatch.Kiosk) bench {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "run", "hatch.sock")
	if k != nil {
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- hatch.Run(ctx, socket, k) }()
		t.Cleanup(func() {
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
	c := hatch.Dial(socket)
	t.Cleanup(c.Close)
	for k != nil {
		if _, err := c.Status(t.Context()); err == nil {
			break
		} else if !errors.Is(err, hatch.ErrNotRunning) {
			t.Fatal(err)
		}
		<-time.After(time.Millisecond)
	}
	b := bench{out: &bytes.Buffer{}, words: &bytes.Buffer{}}
	b.desk = &desk{ctx: t.Context(), kiosk: c, in: strings.NewReader(""), out: b.out, words: b.words,
		now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), readers: openReader}
	return b
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// squeezed is a table without its padding, which hangs on the length of the name of
// a temporary folder.
func squeezed(s, dev string) string {
	return regexp.MustCompile(` {2,}`).ReplaceAllString(strings.ReplaceAll(s, dev, "/dev"), "  ")
}

// configured is a station with some of the ward's units, and one that is away.
func configured(dev string) string {
	return head + `[[peripheral]]
name = "scanner"
thing = "barcode"
driver = "serial"
port = "` + dev + `/serial/by-id/usb-Newland_FM430_NL0001-if00"

[[peripheral]]
name = "scanner-2"
thing = "barcode"
driver = "hid"
usb = "0C2E:0b87"
interface = 1

[[peripheral]]
name = "printer"
thing = "receipt"
driver = "escpos"
port = "usb:04b8:0e15"
profile = "epson-tm-t82"
required = true

[[peripheral]]
name = "printer-2"
thing = "receipt"
driver = "escpos"
port = "tcp://192.0.2.7:9100"
profile = "generic-80"

[[peripheral]]
name = "reader"
thing = "card"
driver = "pcsc"
reader = "OMNIKEY 5422"

[[peripheral]]
name = "reader-2"
thing = "card"
driver = "acr122s"
port = "` + dev + `/serial/by-id/usb-away"
`
}

func TestIdentify(t *testing.T) {
	tree := plant(t)
	b := newBench(t, nil)
	c := identifyCmd{kernel: kernel{tree.Sys, tree.Dev}, Config: written(t, configured(tree.Dev))}
	if err := c.Run(b.desk); err != nil {
		t.Fatal(err)
	}
	golden(t, "identify.txt", strings.ReplaceAll(b.out.String(), tree.Dev, "/dev"))
	if b.words.Len() > 0 {
		t.Errorf("words: %s", b.words)
	}
}

// Everything that identify says to paste is a configuration that the kiosk reads,
// and what was pasted is then known as configured.
func TestIdentifiedLinesAreAConfiguration(t *testing.T) {
	tree := plant(t)
	look := func(cfg string) (all []identified) {
		b := newBench(t, nil)
		b.json = true
		c := identifyCmd{kernel: kernel{tree.Sys, tree.Dev}, Config: written(t, cfg)}
		if err := c.Run(b.desk); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b.out.Bytes(), &all); err != nil {
			t.Fatal(err)
		}
		return all
	}
	n := 0
	drivers := map[string]bool{}
	for i, f := range look(head) {
		for _, fit := range f.Fits {
			text := head + fit.Lines
			if _, err := config.Parse("kiosk.toml", []byte(text)); err != nil {
				t.Errorf("%s: %v\n%s", f.Title, err, fit.Lines)
				continue
			}
			n++
			drivers[fit.Driver] = true
			again := look(text)
			if again[i].Configured == "" {
				t.Errorf("%s is not seen as configured by its own lines:\n%s", f.Title, fit.Lines)
			}
			for j, other := range again {
				if j != i && other.Configured != "" && fit.Driver != "pcsc" && fit.Driver != "oto" {
					t.Errorf("the lines for %s are taken for %s:\n%s", f.Title, other.Title, fit.Lines)
				}
			}
		}
	}
	for _, want := range []string{"serial", "hid", "camera", "escpos", "pcsc", "acr122s", "oto"} {
		if !drivers[want] {
			t.Errorf("no lines for %s among %d", want, n)
		}
	}
}

func TestIdentifyOne(t *testing.T) {
	tree := plant(t)
	c := identifyCmd{kernel: kernel{tree.Sys, tree.Dev}, Config: filepath.Join(t.TempDir(), "none")}
	for want, words := range map[string][]string{"Epson TM-T20II": {"1-5", "04B8:0e15", "tm-t20"}, "Eloam Document Camera": {"document"}} {
		for _, word := range words {
			b := newBench(t, nil)
			c.Unit = word
			if err := c.Run(b.desk); err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(b.out.String(), want) || strings.Contains(b.out.String(), "Newland") {
				t.Errorf("identify %s gives\n%s", word, b.out)
			}
		}
	}
	c.Unit = "nowhere"
	if err := c.Run(newBench(t, nil).desk); !errors.Is(err, errNothing) {
		t.Errorf("identify nowhere = %v", err)
	}
}

func TestQuoted(t *testing.T) {
	for _, s := range []string{"plain", `a\x2fb`, `it's`, "Đầu đọc", `both ' and "`, "a\x7fb\a"} {
		text := head + "[[peripheral]]\nname = \"r\"\nthing = \"card\"\ndriver = \"pcsc\"\nreader = " + quoted(s) + "\n"
		c, err := config.Parse("f", []byte(text))
		if err != nil || c.Peripherals[0].Reader != s {
			t.Errorf("quoted(%q) = %s: read as %+v, %v", s, quoted(s), c.Peripherals, err)
		}
	}
}

// A scanner with two interfaces is in use only by the one that gives codes.
func TestOtherInterface(t *testing.T) {
	tree := plant(t)
	k := kernel{tree.Sys, tree.Dev}
	finds, err := k.finds()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(finds, func(f known.Find) bool { return f.IDs() == "0c2e:0b87" })
	for number, want := range map[int]bool{0: false, 1: true, 2: false} {
		p := config.Peripheral{Driver: "hid", USB: "0C2E:0B87", Interface: number}
		if got := means(p, finds[i], tree); got != want {
			t.Errorf("interface %d: %v, want %v", number, got, want)
		}
	}
}

func TestDevicesWithoutKiosk(t *testing.T) {
	tree := plant(t)
	b := newBench(t, nil)
	c := devicesCmd{kernel: kernel{tree.Sys, tree.Dev}, Config: written(t, configured(tree.Dev))}
	if err := c.Run(b.desk); !errors.Is(err, errTrouble) {
		t.Errorf("Run = %v, want trouble: one is away", err)
	}
	golden(t, "devices-no-kiosk.txt", squeezed(b.out.String(), tree.Dev))
	if !strings.Contains(b.words.String(), "does not run") {
		t.Errorf("words: %s", b.words)
	}
	// Neither a kiosk nor a configuration: the kiosk is what is missing.
	c.Config = filepath.Join(t.TempDir(), "none")
	if err := c.Run(newBench(t, nil).desk); !errors.Is(err, hatch.ErrNotRunning) {
		t.Errorf("Run = %v, want ErrNotRunning", err)
	}
}

func running(since time.Time) hatch.Status {
	return hatch.Status{Peripherals: []hatch.Peripheral{
		{Name: "scanner", Thing: "barcode", Driver: "serial", State: "ok", Fine: true, Since: since},
		{Name: "printer", Thing: "receipt", Driver: "escpos", Port: "usb:04b8:0e15", Required: true, State: "paper out", Since: since.Add(30 * time.Minute), Problem: "Hết giấy in"},
		{Name: "reader", Thing: "card", Driver: "pcsc", State: "card", Fine: true, Since: since},
	}}
}

func TestDevicesOfAKiosk(t *testing.T) {
	tree := plant(t)
	b := newBench(t, hatchsim.New(running(time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC))))
	c := devicesCmd{kernel: kernel{tree.Sys, tree.Dev}, Config: written(t, configured(tree.Dev))}
	if err := c.Run(b.desk); !errors.Is(err, errTrouble) {
		t.Errorf("Run = %v, want trouble: no paper", err)
	}
	golden(t, "devices.txt", squeezed(b.out.String(), tree.Dev))
}

// A change is printed when it comes, and nothing while there is none.
func TestDevicesWatch(t *testing.T) {
	tree := plant(t)
	since := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	k := hatchsim.New(running(since))
	b := newBench(t, k)
	b.json = true
	read, write := io.Pipe()
	b.desk.out = write
	ctx, cancel := context.WithCancel(t.Context())
	b.desk.ctx = ctx
	c := devicesCmd{kernel: kernel{tree.Sys, tree.Dev}, Config: written(t, configured(tree.Dev)), Watch: true}
	var ended sync.WaitGroup
	ended.Go(func() {
		if err := c.Run(b.desk); err != nil {
			t.Errorf("Run = %v", err)
		}
		_ = write.Close()
	})
	tables := json.NewDecoder(read)
	next := func() (t2 table) {
		if err := tables.Decode(&t2); err != nil {
			t.Error(err)
		}
		return t2
	}
	if first := next(); len(first.Units) != 3 || first.Units[1].State != "paper out" {
		t.Errorf("first table %+v", first)
	}
	began := time.Now()
	mended := running(since)
	mended.Peripherals[1].State, mended.Peripherals[1].Fine = "ok", true
	k.Say(mended)
	second := next()
	if i := slices.IndexFunc(second.Units, func(u unit) bool { return !u.Fine }); i >= 0 {
		t.Errorf("second table %+v", second)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("told after %v", took)
	}
	cancel()
	ended.Wait()
}
