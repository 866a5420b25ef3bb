package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"motcua/assets"
	"motcua/devices/hotplug"
	"motcua/devices/receipt/journal"
	"motcua/devices/sound"
	"motcua/devices/sound/oto"
	"motcua/kiosk"
	"motcua/kiosk/config"
	"motcua/kiosk/hatch"
	"motcua/kiosk/outbox"
	"motcua/kiosk/pack"
	"motcua/kiosk/paper"
	"motcua/kiosk/pin"
	"motcua/kiosk/screen"
	"motcua/kiosk/station"
	"motcua/kiosk/text"
	"motcua/kiosk/trouble"
	"motcua/kiosk/uplink"
	"motcua/kiosk/visit"
	"motcua/kiosk/voice"
)

// house is every part of the program, wired together.
type house struct {
	config   config.Config
	began    time.Time
	log      *slog.Logger
	tail     *hatch.Tail
	texts    *text.Catalogue
	pack     *pack.Pack
	outbox   *outbox.Outbox
	uplink   *uplink.Uplink
	mouth    *voice.Mouth
	plugs    *hotplug.Watcher // nil = the kernel does not talk to us, or not yet
	journal  *journal.Journal // nil = it cannot be read
	screen   panel
	station  *station.Station
	troubles *trouble.Board
	board    *hatch.Board
	taken    []closing // in the order in which they were opened
}

// closing gives back one thing that open took.
type closing struct {
	name string
	give func() error
}

// panel is what visitors look at and touch.
type panel interface {
	Show(visit.View)
	View() (v visit.View, ok bool)
	Targets() []screen.Target
	Run()
	Close()
}

// outside is what a house takes of the computer that it stands on.
type outside struct {
	window func(screen.Options) (panel, error)
	plugs  hotplug.Options
}

// open makes everything that must be there before the first visitor. What a
// peripheral lacks is found out later and never stops it. When it fails, all that
// was taken is given back.
func open(ctx context.Context, c config.Config, out outside) (*house, error) {
	h := &house{config: c, began: time.Now(), tail: hatch.NewTail(500), troubles: &trouble.Board{}, board: &hatch.Board{}}
	h.log = slog.New(slog.NewJSONHandler(io.MultiWriter(os.Stderr, h.tail), nil))
	if err := h.furnish(ctx, out); err != nil {
		return nil, errors.Join(err, h.close())
	}
	return h, nil
}

// furnish opens one thing after the other.
func (h *house) furnish(ctx context.Context, out outside) error {
	c := h.config
	unit, err := h.data()
	if err != nil {
		return err
	}
	bundle, err := uplink.LoadBundle(c.Central.Bundle)
	if err != nil {
		return err
	}
	if bundle.Station != c.Station {
		return fmt.Errorf("the bundle in %s is station %s's, the configuration says %s", c.Central.Bundle, bundle.Station, c.Station)
	}
	if h.outbox, err = outbox.Open(ctx, c.Data, outbox.Options{}); err != nil {
		return err
	}
	h.took("outbox", h.outbox.Close)
	if d := h.outbox.Damage(); d != nil {
		h.log.Error("the outbox was damaged; what could be read was saved, the rest set aside", "damage", fmt.Sprint(d))
	}
	if err := h.voice(); err != nil {
		return err
	}
	press, err := paper.New(h.texts, sub("fonts"))
	if err != nil {
		return err
	}
	if err := h.openJournal(); err != nil {
		return err
	}
	h.screen, err = out.window(screen.Options{Title: "Một Cửa", Width: c.Screen.Width, Height: c.Screen.Height,
		Fullscreen: c.Screen.Fullscreen, Assets: assets.Files, Touched: h.touched, Drawn: h.drawn, Portrait: h.portrait})
	if err != nil {
		return err
	}
	h.uplink = uplink.New(uplink.Options{Outbox: h.outbox, Base: c.Central.URL, TLS: bundle.TLS, Station: c.Station,
		VisitRate: c.Central.VisitRate, Log: h.log.With("part", "uplink"), Tell: h.heard, Health: h.health})
	h.openPlugs(out.plugs)
	scanners, printers, readers := h.scanners(), h.printers(), h.readers()
	speaker, _ := c.Peripheral("sound")
	h.station = station.New(station.Parts{
		Name: c.Station, Unit: unit, Pack: h.pack, Texts: h.texts,
		Machine: visit.New(visit.Place{Texts: h.texts, Pack: h.pack, Unit: unit, Station: c.Station,
			HasScanner: scanners != nil, HasReader: readers != nil, HasPrinter: printers != nil, HasPIN: c.Staff.PIN != ""}),
		Show: h.screen.Show, Scanners: scanners, Printers: printers, Readers: readers, Camera: h.paperCamera(), Speaker: speaker.Name, Plugs: h.plugs,
		ReaderTrouble: readerTrouble, Anchors: h.anchors(),
		Mouth: h.mouth, Level: c.Voice.Level, Press: press, Journal: h.journal, PIN: pin.NewGate(c.Staff.PIN, time.Now),
		Phones: h.phones(unit), Outbox: h.outbox, Sender: h.uplink, Key: bundle.Key, To: bundle.To, LookUp: h.lookUp,
		Troubles: h.troubles, Log: h.log.With("part", "station"), Now: time.Now,
	})
	return nil
}

// openJournal opens the journal of receipts beside the outbox. One that cannot be
// read stops nobody: copies are then numbered within a visit only.
func (h *house) openJournal() error {
	j, err := journal.Open(filepath.Join(h.config.Data, "receipts.journal"), journal.Options{})
	if errors.Is(err, journal.ErrInUse) {
		return err
	}
	if err != nil {
		h.log.Error("no print journal", "err", err)
		return nil
	}
	if n := j.Damaged(); n > 1 {
		h.log.Error("the print journal was damaged", "lines", n)
	}
	h.journal = j
	h.took("print journal", j.Close)
	return nil
}

// openPlugs begins to listen for what is plugged in. Where the kernel does not talk
// to us, lost units are tried now and then.
func (h *house) openPlugs(o hotplug.Options) {
	w, err := hotplug.Open(o)
	if err != nil {
		h.log.Warn("plugs are not heard", "err", err)
		return
	}
	h.plugs = w
	h.took("plugs", w.Close)
}

// hearPlugs wakes who waits for a unit to come back, until ctx ends. A station goes
// on without it.
func (h *house) hearPlugs(ctx context.Context) error {
	err := h.plugs.Watch(ctx, nil)
	if ctx.Err() == nil {
		h.log.Warn("plugs are not heard any more", "err", err)
		<-ctx.Done()
	}
	return ctx.Err()
}

// sub gives a folder of the embedded assets; that it is there is certain.
func sub(dir string) fs.FS {
	f, err := fs.Sub(assets.Files, dir)
	if err != nil {
		panic(err)
	}
	return f
}

// data loads the texts and the pack, and finds the station's unit in it.
func (h *house) data() (pack.Unit, error) {
	texts, err := text.Load(sub("text"))
	if err != nil {
		return pack.Unit{}, err
	}
	from := sub("packs/hanoi")
	if h.config.Pack != "" {
		from = os.DirFS(h.config.Pack)
	}
	if h.pack, err = pack.Load(from); err != nil {
		return pack.Unit{}, err
	}
	h.texts = texts.WithPack(h.pack)
	unit, ok := h.pack.Unit(h.config.Unit)
	if !ok {
		return pack.Unit{}, fmt.Errorf("unit %s is not in the pack %q", h.config.Unit, h.pack.ID)
	}
	return unit, nil
}

// voice makes the mouth. A station without a loudspeaker has one that is away.
func (h *house) voice() error {
	var own fs.FS
	if dir := h.config.Voice.Overrides; dir != "" {
		own = os.DirFS(dir)
	}
	v, err := voice.Load(sub("voice"), h.texts, own)
	if err != nil {
		return err
	}
	for _, fault := range v.Faults() {
		h.log.Warn("prompt not spoken", "err", fault)
	}
	unit, configured := h.config.Peripheral("sound")
	if unit.Card != "" && os.Getenv("ALSA_CARD") == "" {
		// By its id it is found whatever number the kernel gave it; see package oto.
		if err := os.Setenv("ALSA_CARD", unit.Card); err != nil {
			return err
		}
	}
	jack := oto.NewCard(unit.Name, unit.Card)
	openJack := func(ctx context.Context) (sound.Speaker, error) {
		if !configured {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		s, err := jack.Open(ctx)
		if err != nil {
			return nil, err
		}
		return s, nil
	}
	h.mouth = voice.NewMouth(openJack, v, func(err error) { h.station.SpeakerTold(err) })
	h.mouth.Rouse(func() <-chan struct{} { return h.plugs.Come() }, func() <-chan struct{} { return h.plugs.Went() })
	return nil
}

// touched hands a touch to the visit; "" is a touch beside every target.
func (h *house) touched(id string) { h.station.Touched(id) }

// portrait gives the screen what staff compare with a person.
func (h *house) portrait(id string, width, height int) *image.RGBA {
	return h.station.Portrait(id, width, height)
}

// parts are what runs until the program ends.
func (h *house) parts() []kiosk.Part {
	socket := h.config.Hatch
	if socket == "" {
		socket = hatch.DefaultSocket
	}
	parts := []kiosk.Part{
		{Name: "station", Run: h.station.Run},
		{Name: "uplink", Run: h.uplink.Run},
		{Name: "voice", Run: h.mouth.Run},
		{Name: "hatch", Run: func(ctx context.Context) error { return hatch.Run(ctx, socket, window{h}) }},
		{Name: "upkeep", Run: h.upkeep},
		{Name: "plugs", Run: h.hearPlugs},
	}
	parts = append(parts, h.page()...)
	if at := h.config.Metrics.Listen; at != "" {
		parts = append(parts, kiosk.Part{Name: "metrics", Run: func(ctx context.Context) error { return h.metrics(ctx, at) }})
	}
	return parts
}

// took notes what close has to give back.
func (h *house) took(name string, give func() error) { h.taken = append(h.taken, closing{name, give}) }

// close gives back what open took, the last first, so that the outbox is the last to
// go. Call it when all parts have ended; twice is fine.
func (h *house) close() error {
	var faults []error
	for _, c := range slices.Backward(h.taken) {
		if err := c.give(); err != nil {
			faults = append(faults, fmt.Errorf("close the %s: %w", c.name, err))
		}
	}
	h.taken = nil
	return errors.Join(faults...)
}
