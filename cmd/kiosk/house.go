package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"motcua/assets"
	"motcua/devices"
	"motcua/devices/sound"
	"motcua/devices/sound/oto"
	"motcua/kiosk"
	"motcua/kiosk/config"
	"motcua/kiosk/hatch"
	"motcua/kiosk/outbox"
	"motcua/kiosk/pack"
	"motcua/kiosk/paper"
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
	screen   *screen.Screen
	station  *station.Station
	troubles *trouble.Board
	board    *hatch.Board
}

// open makes everything that must be there before the first visitor. What a
// peripheral lacks is found out later and never stops it.
func open(ctx context.Context, c config.Config) (h *house, err error) {
	h = &house{config: c, began: time.Now(), tail: hatch.NewTail(500), troubles: &trouble.Board{}, board: &hatch.Board{}}
	h.log = slog.New(slog.NewJSONHandler(io.MultiWriter(os.Stderr, h.tail), nil))
	unit, err := h.data()
	if err != nil {
		return nil, err
	}
	bundle, err := uplink.LoadBundle(c.Central.Bundle)
	if err != nil {
		return nil, err
	}
	if bundle.Station != c.Station {
		return nil, fmt.Errorf("the bundle in %s is station %s's, the configuration says %s", c.Central.Bundle, bundle.Station, c.Station)
	}
	h.outbox, err = outbox.Open(ctx, c.Data, outbox.Options{})
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, h.outbox.Close())
		}
	}()
	if d := h.outbox.Damage(); d != nil {
		h.log.Error("the outbox was damaged; what could be read was saved, the rest set aside", "damage", fmt.Sprint(d))
	}
	if err := h.voice(); err != nil {
		return nil, err
	}
	press, err := paper.New(h.texts, sub("fonts"))
	if err != nil {
		return nil, err
	}
	h.screen, err = screen.Open(screen.Options{Title: "Một Cửa", Width: c.Screen.Width, Height: c.Screen.Height,
		Fullscreen: c.Screen.Fullscreen, Assets: assets.Files, Touched: h.touched, Drawn: h.drawn})
	if err != nil {
		return nil, err
	}
	h.uplink = uplink.New(uplink.Options{Outbox: h.outbox, Base: c.Central.URL, TLS: bundle.TLS, Station: c.Station,
		VisitRate: c.Central.VisitRate, Log: h.log.With("part", "uplink"), Tell: h.heard, Health: h.health})
	scan, hasScanner := h.scanner()
	print, hasPrinter := h.printer()
	read, hasReader := h.reader()
	h.station = station.New(station.Parts{
		Name: c.Station, Unit: unit, Pack: h.pack, Texts: h.texts,
		Machine: visit.New(visit.Place{Texts: h.texts, Pack: h.pack, Unit: unit, Station: c.Station,
			HasScanner: hasScanner, HasReader: hasReader, HasPrinter: hasPrinter}),
		Show: h.screen.Show, OpenScanner: scan, OpenPrinter: print,
		OpenReader: read, ReaderTrouble: readerTrouble, Anchors: h.anchors(),
		Mouth: h.mouth, Level: c.Voice.Level, Model: model(c), Press: press,
		Outbox: h.outbox, Key: bundle.Key, To: bundle.To, LookUp: h.lookUp,
		Troubles: h.troubles, Log: h.log.With("part", "station"), Now: time.Now,
	})
	return h, nil
}

// model is the printer's, as configured; "" = none.
func model(c config.Config) string {
	u, _ := c.Peripheral("receipt")
	return u.Profile
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
	jack := oto.New(unit.Name)
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
	h.mouth = voice.NewMouth(openJack, v, h.mouthTold)
	return nil
}

// mouthTold keeps the loudspeaker's trouble true.
func (h *house) mouthTold(err error) {
	switch {
	case err == nil:
		h.troubles.Clear("speaker-away")
	case errors.Is(err, devices.ErrGone), errors.Is(err, devices.ErrSilent), errors.Is(err, devices.ErrRefused):
		if h.troubles.Set("speaker-away", time.Now()) {
			h.log.Warn("trouble", "trouble", "speaker-away", "err", err)
		}
	default:
		h.log.Warn("prompt not spoken", "err", err)
	}
}

// touched hands a touch to the visit; "" is a touch beside every target.
func (h *house) touched(id string) { h.station.Touched(id) }

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
	}
	if at := h.config.Metrics.Listen; at != "" {
		parts = append(parts, kiosk.Part{Name: "metrics", Run: func(ctx context.Context) error { return h.metrics(ctx, at) }})
	}
	return parts
}

// close gives back what open took, the outbox last.
func (h *house) close() error { return h.outbox.Close() }
