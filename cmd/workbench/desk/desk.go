// Package desk is the workbench: a scanner and a printer on ptys, a chip card
// reader behind the real card daemon, a loudspeaker behind ALSA's file device and a
// network cable to central, all in one run folder, with hands to work them over
// HTTP or from a page.
//
// The kiosk that uses them is the one that runs at a ward; nothing tells it
// that they are not of metal.
package desk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"motcua/cmd/workbench/cable"
	"motcua/cmd/workbench/reader"
	"motcua/devices/barcode/barcodesim"
	"motcua/devices/receipt/receiptsim"
	"motcua/devices/sound/soundsim"
	"motcua/kiosk/hatch"
)

// Ports are where the kiosk finds the peripherals of a run folder.
type Ports struct {
	Scanner string // a tty
	Printer string // a tty
	ALSA    string // for ALSA_CONFIG_PATH
	Voice   string // the recording of what was heard
	Card    string // the card daemon's socket, for PCSCLITE_CSOCK_NAME
	Anchors string // folder of the certificates that the drawer's cards lead to
}

// PortsOf tells where the peripherals of a run folder are.
func PortsOf(run string) Ports {
	speaker := filepath.Join(run, "speaker")
	return Ports{
		Scanner: filepath.Join(run, "dev", "scanner"),
		Printer: filepath.Join(run, "dev", "printer"),
		ALSA:    filepath.Join(speaker, "asound.conf"),
		Voice:   filepath.Join(speaker, "voice.wav"),
		Card:    reader.Socket(filepath.Join(run, "card")),
		Anchors: filepath.Join(run, "csca"),
	}
}

// Options are what stands on the desk.
type Options struct {
	Run     string // folder of the ports; made if need be
	Sink    string // shell command that plays its standard input: a sink of soundsim
	Central string // "host:port" at the far end of the cable
	Hatch   string // socket of the kiosk, to see what it shows; "" = not shown
	Speed   int    // of the printer, mm a second; 0 = at once
}

// Desk is a workbench. Its methods may be called by several goroutines.
type Desk struct {
	ports   Ports
	scanner *barcodesim.Scanner
	printer *receiptsim.Printer
	cable   *cable.Cable
	kiosk   *hatch.Client // nil = not shown
	state   *state
	reader  *reader.Reader // nil = none
	missing error          // why there is none

	mu    sync.Mutex // guards what follows
	hands Hands
	laid  string // the chip card that was laid on the reader last
}

// Hands is how the peripherals stand, as the hands left them.
type Hands struct {
	Scanner bool  `json:"scanner"` // plugged in
	Reader  bool  `json:"reader"`  // plugged in; false where there is none
	Speaker bool  `json:"speaker"` // plugged in
	Printer bool  `json:"printer"` // plugged in
	Paper   Paper `json:"paper"`
	Cover   bool  `json:"cover"` // open
	Jam     bool  `json:"jam"`
	Mute    bool  `json:"mute"` // answers no status request
}

// Paper is how the roll stands.
type Paper string

// The states of the roll.
const (
	Full    Paper = "full"
	NearEnd Paper = "near-end"
	Out     Paper = "out"
)

// fullRoll is the length of a new roll in mm.
const fullRoll = 80_000

// Open sets up a desk. Close it.
func Open(o Options) (_ *Desk, err error) {
	d := &Desk{
		ports: PortsOf(o.Run),
		hands: Hands{Scanner: true, Speaker: true, Printer: true, Paper: Full},
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("workbench: %w", errors.Join(err, d.Close()))
		}
	}()
	for _, dir := range []string{filepath.Dir(d.ports.Scanner), filepath.Dir(d.ports.ALSA)} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
	}
	if _, err := soundsim.Config(filepath.Dir(d.ports.ALSA), o.Sink); err != nil {
		return nil, err
	}
	if d.scanner, err = barcodesim.Open(d.ports.Scanner); err != nil {
		return nil, err
	}
	if d.printer, err = receiptsim.Open(d.ports.Printer, receiptsim.Options{Speed: o.Speed}); err != nil {
		return nil, err
	}
	if d.cable, err = cable.Open(o.Central); err != nil {
		return nil, err
	}
	if d.state, err = found(d.ports.Anchors, time.Now()); err != nil {
		return nil, err
	}
	if d.reader, d.missing = reader.Open(filepath.Dir(d.ports.Card)); d.missing != nil {
		d.reader = nil // the desk works without it
	}
	d.hands.Reader = d.reader != nil
	if o.Hatch != "" {
		d.kiosk = hatch.Dial(o.Hatch)
	}
	return d, nil
}

// Close takes everything off the desk. Twice is fine.
func (d *Desk) Close() error {
	var errs []error
	if d.scanner != nil {
		errs = append(errs, d.scanner.Close())
	}
	if d.printer != nil {
		errs = append(errs, d.printer.Close())
	}
	if d.reader != nil {
		errs = append(errs, d.reader.Close())
	}
	if d.cable != nil {
		d.cable.Close()
	}
	if d.kiosk != nil {
		d.kiosk.Close()
	}
	return errors.Join(errs...)
}

// Hands tells how the peripherals stand.
func (d *Desk) Hands() Hands {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.hands
}

// Put makes the peripherals stand as said. A full roll is put in when the
// paper was out or near its end.
func (d *Desk) Put(want Hands) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	was := d.hands
	switch want.Paper {
	case Full, NearEnd, Out:
	default:
		return fmt.Errorf("workbench: no paper %q; full, near-end or out", want.Paper)
	}
	speaker := filepath.Dir(d.ports.ALSA)
	var errs []error
	if want.Scanner != was.Scanner {
		errs = append(errs, plug(want.Scanner, d.scanner.Plug, d.scanner.Unplug))
	}
	if want.Reader != was.Reader {
		if d.reader == nil {
			return d.missing
		}
		errs = append(errs, plug(want.Reader, d.reader.Plug, d.reader.Unplug))
	}
	if want.Speaker != was.Speaker {
		errs = append(errs, plug(want.Speaker, func() error { return soundsim.Plug(speaker) }, func() error { return soundsim.Unplug(speaker) }))
	}
	if want.Printer != was.Printer {
		errs = append(errs, plug(want.Printer, d.printer.Plug, func() error { d.printer.Unplug(); return nil }))
	}
	if want.Paper != was.Paper {
		switch want.Paper {
		case Full:
			d.printer.LoadPaper(fullRoll)
		case NearEnd:
			if was.Paper == Out {
				d.printer.LoadPaper(fullRoll)
			}
			d.printer.NearEnd(true)
		case Out:
			d.printer.EndAfter(0)
		}
	}
	d.printer.Cover(want.Cover)
	d.printer.Jam(want.Jam)
	d.printer.Mute(want.Mute)
	d.hands = want
	return errors.Join(errs...)
}

func plug(in bool, plug, unplug func() error) error {
	if in {
		return plug()
	}
	return unplug()
}

// EndPaperAfter makes the roll end once that many more rows (8 to the mm) were
// printed.
func (d *Desk) EndPaperAfter(rows int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.printer.EndAfter(rows)
	d.hands.Paper = Out
}

// Slip is one piece of paper in the printer's tray.
type Slip struct {
	ID   int64     `json:"id"` // when it fell into the tray, in µs; grows
	At   time.Time `json:"at"`
	MM   float64   `json:"mm"`
	Torn bool      `json:"torn"` // torn off when a roll was put in, not cut
}

// Slips lists what lies in the tray, oldest first, the last 64.
func (d *Desk) Slips() []Slip {
	slips := []Slip{}
	for _, p := range d.printer.Pieces() {
		slips = append(slips, slipOf(p))
	}
	return slips
}

func slipOf(p receiptsim.Piece) Slip { return Slip{p.At.UnixMicro(), p.At, p.MM, p.Torn} }

// piece finds the paper of a slip; 0 is the last one.
func (d *Desk) piece(id int64) (receiptsim.Piece, bool) {
	all := d.printer.Pieces()
	if id == 0 && len(all) > 0 {
		return all[len(all)-1], true
	}
	for _, p := range all {
		if p.At.UnixMicro() == id {
			return p, true
		}
	}
	return receiptsim.Piece{}, false
}

// blank tells that nothing is printed on a piece, as on the one that a driver
// cuts off before its first slip.
func blank(p receiptsim.Piece) bool {
	return !slices.ContainsFunc(p.Image.Pix, func(v uint8) bool { return v < 0x80 })
}

// NextSlip waits for the first slip after that one that says anything.
func (d *Desk) NextSlip(ctx context.Context, after int64) (Slip, error) {
	tick := time.NewTicker(20 * time.Millisecond) // the printer rings no bell
	defer tick.Stop()
	for {
		for _, p := range d.printer.Pieces() {
			if s := slipOf(p); s.ID > after && !blank(p) {
				return s, nil
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return Slip{}, ctx.Err()
		}
	}
}

// Scan holds a code under the scanner.
func (d *Desk) Scan(text string) error { return d.scanner.Scan([]byte(text), "\r") }

// Garbage makes the scanner send n bytes that are no code and have no end.
func (d *Desk) Garbage(n int) error { return d.scanner.Garbage(n) }

// Missing says why there is no card reader; nil = there is one.
func (d *Desk) Missing() error { return d.missing }

// Lay lays a chip card of the drawer on the reader, in the place of what lies
// there.
func (d *Desk) Lay(l Lay) error {
	if d.reader == nil {
		return d.missing
	}
	c, err := d.state.chip(l)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.hands.Reader {
		return errors.New("the card reader is unplugged")
	}
	d.laid = l.Chip
	return d.reader.Lay(c)
}

// Lift takes the card off the reader; with none there it does nothing.
func (d *Desk) Lift() error {
	if d.reader == nil {
		return d.missing
	}
	d.reader.Lift()
	return nil
}

// lies is the chip card on the reader, "" if there is none.
func (d *Desk) lies() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.reader == nil || !d.reader.Lies() {
		return ""
	}
	return d.laid
}
