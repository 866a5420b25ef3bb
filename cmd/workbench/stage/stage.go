// Package stage puts on a whole station: central with throw-away keys, the
// workbench's peripherals and network, a display in memory where there is none,
// and the kiosk itself, all as the programs that run at a ward. It touches the
// screen, looks at it and ends what it started.
package stage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"motcua/cmd/workbench/desk"
	"motcua/cmd/workbench/display"
	"motcua/cmd/workbench/reader"
	"motcua/kiosk/hatch"
)

// Options are what is put on.
type Options struct {
	Dir    string // all that is made goes below it; short, for a socket lies in it
	Bin    string // folder of kiosk, central and workbench
	Width  int    // of the kiosk's window; 0 = 1080, or what fits the display
	Height int    // the same for 1920
	// Screen is a display that is there, ":0"; "" = one in memory.
	Screen string
	// Mute starts without a loudspeaker, Offline with the network cut, NoReader with
	// a kiosk that is to have no card reader.
	Mute, Offline, NoReader bool
	// Profile is the printer's model in the kiosk's configuration; "" = generic-80.
	Profile string
	// Speed is the printer's, mm a second; 0 = at once.
	Speed int
	// Between puts something between the network cable and central, and gives the
	// address where the cable finds it; nil = nothing.
	Between func(c *Central) (addr string, err error)
}

// Stage is a station that runs.
type Stage struct {
	Display *display.Display
	Desk    *desk.Client
	Hatch   *hatch.Client
	Central *Central
	Dir     string
	// Chipless says why chips cannot be read here; "" = they can.
	Chipless string

	opts  Options
	kiosk *process
	cards []func() error // what Close undoes, last first

	mu sync.Mutex      // guards at
	at image.Rectangle // of the kiosk's window; empty = not looked for yet
}

// The station that plays.
const (
	Station = "CN-03"
	Unit    = "00082"
)

// ready bounds how long each program may take to come up.
const ready = time.Minute

// Open puts everything on and returns once the kiosk shows its first screen.
// Close it, also after an error of what came later.
func Open(ctx context.Context, o Options) (_ *Stage, err error) {
	if o.Dir, err = filepath.Abs(o.Dir); err != nil {
		return nil, err
	}
	if o.Bin, err = filepath.Abs(o.Bin); err != nil {
		return nil, err
	}
	s := &Stage{Dir: o.Dir, opts: o}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("stage: %w", err), s.Close())
		}
	}()
	for _, dir := range []string{o.Dir, s.path("log")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
	}
	if err := s.openDisplay(ctx); err != nil {
		return nil, err
	}
	if s.Central, err = OpenCentral(ctx, o.Bin, o.Dir); err != nil {
		return nil, err
	}
	s.later(s.Central.Close)
	if err := s.openDesk(ctx); err != nil {
		return nil, err
	}
	if err := s.writeConfig(ctx); err != nil {
		return nil, err
	}
	s.Hatch = hatch.Dial(s.Socket())
	if err := s.StartKiosk(ctx); err != nil {
		return s, err
	}
	return s, s.AwaitUnits(ctx)
}

// Close ends the programs, the last started first, and returns once they have.
// Twice is fine.
func (s *Stage) Close() error {
	var errs []error
	for _, undo := range slices.Backward(s.cards) {
		errs = append(errs, undo())
	}
	s.cards = nil
	if s.Hatch != nil {
		s.Hatch.Close()
	}
	return errors.Join(errs...)
}

// later notes what Close has to undo.
func (s *Stage) later(undo func() error) { s.cards = append(s.cards, undo) }

func (s *Stage) path(parts ...string) string {
	return filepath.Join(append([]string{s.Dir}, parts...)...)
}

func (s *Stage) bin(name string) string { return filepath.Join(s.opts.Bin, name) }

// Socket is where kioskctl finds the kiosk.
func (s *Stage) Socket() string { return s.path("hatch.sock") }

// fit gives the largest window that a display has room for beside its bars: the
// kiosk's portrait where it stays wide enough to read, else the robot's landscape.
func fit(room image.Point) (w, h int) {
	const narrowest = 640
	h = min(1920, room.Y*9/10, room.X*16/9)
	if w = h * 9 / 16; w >= narrowest {
		return w, h
	}
	w = min(1280, room.X*95/100, room.Y*9/10*16/10)
	return w, w * 10 / 16
}

// openDisplay opens the display and fits the window to it where the options
// say nothing.
func (s *Stage) openDisplay(ctx context.Context) (err error) {
	o := &s.opts
	if o.Screen != "" {
		s.Display, err = display.Open(o.Screen)
		if err == nil && (o.Width == 0 || o.Height == 0) {
			o.Width, o.Height = fit(s.Display.Size())
		}
	} else {
		if o.Width == 0 || o.Height == 0 {
			o.Width, o.Height = 1080, 1920
		}
		ctx, cancel := context.WithTimeout(ctx, ready)
		defer cancel()
		s.Display, err = display.Start(ctx, o.Width, o.Height)
	}
	if err == nil {
		s.later(s.Display.Close)
	}
	return err
}

func (s *Stage) openDesk(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, ready)
	defer cancel()
	far := s.Central.Addr
	if s.opts.Between != nil {
		var err error
		if far, err = s.opts.Between(s.Central); err != nil {
			return err
		}
	}
	p, err := launch(s.path("log"), "workbench", nil, s.bin("workbench"), "serve",
		"--run", s.path("desk"), "--central", far, "--hatch", s.Socket(), "--speed", fmt.Sprint(s.opts.Speed))
	if err != nil {
		return err
	}
	s.later(p.end)
	lines, err := p.lines(ctx, "page ")
	if err != nil {
		return err
	}
	s.Desk = desk.NewClient(strings.TrimPrefix(lines[len(lines)-1], "page "))
	state, err := s.Desk.State(ctx)
	if err != nil {
		return err
	}
	if s.Chipless = state.NoReader; s.opts.NoReader {
		s.Chipless = "a station without a card reader was asked for"
	}
	if s.opts.Mute {
		if err := s.Desk.Put(ctx, func(h *desk.Hands) { h.Speaker = false }); err != nil {
			return err
		}
	}
	if s.opts.Offline {
		return s.Desk.Cable(ctx, "cut")
	}
	return nil
}

// writeConfig writes the kiosk's configuration. The kiosk reaches central
// through the desk's cable.
func (s *Stage) writeConfig(ctx context.Context) error {
	addr, err := s.Desk.CableAddr(ctx)
	if err != nil {
		return err
	}
	ports := desk.PortsOf(s.path("desk"))
	text := fmt.Sprintf(`station = %q
unit = %q
pack = ""
data = %q
hatch = %q

[screen]
width = %d
height = %d
fullscreen = false

[central]
url = %q
bundle = %q

[voice]
level = 70
overrides = ""

[trust]
anchors = %q

[[peripheral]]
name = "scanner"
thing = "barcode"
driver = "serial"
port = %q
baud = 9600

[[peripheral]]
name = "printer"
thing = "receipt"
driver = "escpos"
port = %q
profile = %q

[[peripheral]]
name = "speaker"
thing = "sound"
driver = "oto"
`, Station, Unit, s.path("data"), s.Socket(), s.opts.Width, s.opts.Height,
		"https://"+addr, s.Central.bundle, ports.Anchors, ports.Scanner, ports.Printer, cmp.Or(s.opts.Profile, "generic-80"))
	if s.Chipless == "" {
		text += fmt.Sprintf("\n[[peripheral]]\nname = \"reader\"\nthing = \"card\"\ndriver = \"pcsc\"\nreader = %q\n", reader.Name)
	}
	return os.WriteFile(s.path("kiosk.toml"), []byte(text), 0o600)
}
