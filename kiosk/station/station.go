// Package station is what stands in the ward hall: it keeps each peripheral
// open, turns what they say into events of the visit, and does what the visit
// asks for. A peripheral that is broken, slow or missing never holds up a visit.
//
// One goroutine owns the visit. Everything else sends it events and never waits
// for it; it never waits for anything else.
package station

import (
	"context"
	"crypto/rand"
	"log/slog"
	"reflect"
	"sync"
	"time"

	"filippo.io/age"

	"motcua/devices/barcode"
	"motcua/devices/barcode/camera"
	"motcua/devices/card"
	"motcua/devices/card/lds/trust"
	"motcua/devices/receipt"
	"motcua/devices/receipt/journal"
	"motcua/kiosk/attachment"
	"motcua/kiosk/outbox"
	"motcua/kiosk/pack"
	"motcua/kiosk/paper"
	"motcua/kiosk/pin"
	"motcua/kiosk/submission"
	"motcua/kiosk/text"
	"motcua/kiosk/trouble"
	"motcua/kiosk/visit"
	"motcua/kiosk/voice"
)

// queue is how many events may wait for the visit: far more than a second of
// touching, scanning and printing makes.
const queue = 256

// Parts are what a Station is made of.
type Parts struct {
	Name    string // "CN-03"
	Unit    pack.Unit
	Pack    *pack.Pack
	Machine *visit.Machine
	Texts   *text.Catalogue
	// Show puts a view onto the screen; it must not wait for the frame.
	Show func(visit.View)
	// Of each thing the preferred unit first. All scanners are listened to; what the
	// first printer cannot print, the next one does; the first reader that can be
	// opened is used until it is lost.
	Scanners []Unit[barcode.Scanner]
	Printers []Unit[receipt.Printer]
	Readers  []Unit[card.Reader]
	Camera   *Unit[camera.Source] // for pictures of papers; nil = there is none
	Speaker  string               // name of the loudspeaker's unit; "" = none is configured
	Plugs    Plugs                // nil = nobody tells; lost units are tried now and then
	// ReaderTrouble names the trouble of a reader that cannot be opened or used; nil
	// = reader-away, whatever the reason.
	ReaderTrouble func(error) trouble.Code
	// Anchors prove what chips say; nil = none, so that no card is more than read.
	Anchors  *trust.Anchors
	Mouth    *voice.Mouth
	Level    int // volume that every visit begins with, 0 to 100
	Press    *paper.Press
	Journal  *journal.Journal // of receipts; nil = there is none, and no printer
	PIN      *pin.Gate        // of the staff; nil = they have none
	Phones   *Phones          // nil = no files are taken
	Outbox   *outbox.Outbox
	Sender   Sender                 // what empties the outbox; nil = nothing does
	Stick    func() (string, error) // where a USB stick is; nil = stick.Find
	Key      *submission.StationKey
	To       []age.Recipient
	LookUp   func(ctx context.Context, id, secret string) visit.LookedUp
	Troubles *trouble.Board
	Log      *slog.Logger
	Now      func() time.Time
}

// Station runs one visit after the other.
type Station struct {
	Parts
	events   chan stamped
	units    *conditions
	desk     *desk
	scanners []*scanner
	printers []*printer
	reader   *reader
	booth    *booth        // nil = no camera
	opening  chan struct{} // full while a card reader is being opened
	work     sync.WaitGroup

	mu      sync.Mutex // guards what follows
	id      string     // of this visit's submission; "" until there is one
	secret  string
	tray    *attachment.Tray // of this visit; nil = nothing was handed over yet
	inVisit bool
	using   string         // name of the reader that is open; "" = none
	pending map[string]int // what is under way for each submission; see underWay
	link    visit.PartState
}

type stamped struct {
	at    time.Time
	event visit.Event
	of    *reading // that the event is of; nil = of none
}

// New makes a Station; Run starts it.
func New(p Parts) *Station {
	s := &Station{Parts: p, events: make(chan stamped, queue), units: &conditions{}, pending: map[string]int{},
		opening: make(chan struct{}, 1)}
	s.desk = &desk{post: s.Post, log: p.Log, now: p.Now}
	for _, u := range p.Printers {
		s.units.add(ThingPrinter, u.Name, u.Model)
		s.printers = append(s.printers, s.newPrinter(u))
	}
	for _, u := range p.Scanners {
		s.units.add(ThingScanner, u.Name, u.Model)
		s.scanners = append(s.scanners, &scanner{Unit: u, desk: s.desk, told: s.scannerTold})
	}
	for _, u := range p.Readers {
		s.units.add(ThingReader, u.Name, u.Model)
	}
	if p.Readers != nil {
		s.reader = &reader{open: s.openReader, plugs: p.Plugs, told: s.readerTold, post: s.postOf, inspect: s.inspect, do: s.do, log: p.Log}
	}
	if p.Camera != nil {
		s.units.add(ThingCamera, p.Camera.Name, p.Camera.Model)
		s.booth = newBooth(*p.Camera)
	}
	if p.Speaker != "" {
		s.units.add(ThingSpeaker, p.Speaker, "")
	}
	return s
}

// Run serves visitors until ctx ends. It returns after everything it started
// has ended; a submission that is being stored is stored.
func (s *Station) Run(ctx context.Context) error {
	for _, u := range s.scanners {
		s.do(func() { u.run(ctx, s.Plugs) })
	}
	for _, u := range s.printers {
		s.do(func() { u.run(ctx, s.Plugs) })
	}
	if s.reader != nil {
		s.do(func() { s.reader.run(ctx) })
	}
	if len(s.Readers) > 1 {
		s.do(func() { s.mindStandby(ctx) })
	}
	if s.booth != nil {
		s.do(func() { s.runBooth(ctx) })
	}
	s.do(func() { s.tellParts(ctx) })
	s.do(func() { s.payOwed(ctx) })
	s.serve(ctx)
	s.work.Wait()
	s.dropChip() // a portrait that hangs there is wiped
	return ctx.Err()
}

// do runs f beside the visit; Run waits for it.
func (s *Station) do(f func()) {
	s.work.Add(1)
	go func() {
		defer s.work.Done()
		f()
	}()
}

// Post tells the visit that something happened. It never blocks: if the visit
// is so far behind that its queue is full, the event is dropped and logged.
func (s *Station) Post(e visit.Event) { s.postOf(nil, e) }

// postOf is Post for an event of a reading: the visit hears it only if it still
// waits for that one when its turn comes.
func (s *Station) postOf(g *reading, e visit.Event) {
	select {
	case s.events <- stamped{s.Now(), e, g}:
	default:
		s.Log.Error("event dropped, the visit does not keep up")
	}
}

// Touched tells the visit that a target was touched.
func (s *Station) Touched(id string) { s.Post(visit.Touched{ID: id}) }

// serve is the loop that owns the visit.
func (s *Station) serve(ctx context.Context) {
	state := s.Machine.Start(s.Now())
	view := s.Machine.View(state)
	s.Show(view)
	tick := time.NewTicker(time.Second)
	tick.Stop() // nobody is there
	defer tick.Stop()
	for {
		var e stamped
		select {
		case <-ctx.Done():
			return
		case e = <-s.events:
		case <-tick.C:
			e = stamped{at: s.Now(), event: visit.Tick{}}
		}
		if e.of != nil && !s.reader.awaited(e.of) {
			continue // of a card that the visit turned away from
		}
		before := state.Page()
		var next visit.View
		var tasks []visit.Task
		state, next, tasks = s.Machine.Step(state, e.at, e.event)
		if l, ok := e.event.(visit.LinkChanged); ok {
			s.linked(l.Online)
		}
		shown := view
		if !reflect.DeepEqual(next, view) {
			view = next
			s.Show(view)
		}
		s.chime(e.event, shown, next)
		for _, t := range tasks {
			s.perform(ctx, t)
		}
		if here := state.Page(); (before == visit.AtAttract) != (here == visit.AtAttract) {
			s.setVisit(here != visit.AtAttract)
			if here == visit.AtAttract {
				tick.Stop()
			} else {
				tick.Reset(time.Second)
			}
		}
	}
}

// linked notes whether central can be reached.
func (s *Station) linked(online bool) {
	s.mu.Lock()
	s.link = visit.PartFaulty
	if online {
		s.link = visit.PartReady
	}
	s.mu.Unlock()
	s.units.ring()
}

func (s *Station) setVisit(on bool) {
	s.mu.Lock()
	s.inVisit = on
	s.mu.Unlock()
	if on {
		s.desk.recall()
	}
}

// InVisit tells whether somebody is using the station.
func (s *Station) InVisit() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.inVisit
}

// perform does one task without waiting for it.
func (s *Station) perform(ctx context.Context, t visit.Task) {
	switch t := t.(type) {
	case visit.Say:
		s.Mouth.Say(spoken(t))
	case visit.Hush:
		s.Mouth.Hush()
	case visit.Submit:
		id, secret := s.ticket()
		tray, back := s.lendTray()
		s.underWay(ctx, id, 1)
		s.do(func() {
			defer s.underWay(ctx, id, -1)
			defer back()
			s.submit(ctx, id, secret, t.Draft, tray)
		})
	case visit.Print:
		if t.Receipt == nil {
			s.do(func() { s.printFor(ctx, "", t) })
			return
		}
		id, _ := s.ticket()
		s.underWay(ctx, id, 1)
		s.do(func() {
			defer s.underWay(ctx, id, -1)
			s.printFor(ctx, id, t)
		})
	case visit.LookUp:
		s.do(func() { s.Post(s.LookUp(ctx, t.ID, t.Secret)) })
	case visit.CheckPIN:
		s.do(func() { s.Post(visit.PINChecked{Right: s.PIN != nil && s.PIN.Try(t.PIN)}) })
	case visit.PrintTest:
		s.do(func() { s.testPaper(ctx) })
	case visit.ReadChip:
		s.readChip(ctx, t.Person)
	case visit.DropChip:
		s.dropChip()
	case visit.ReadPortrait:
		s.readPortrait(ctx, t)
	case visit.DropPortrait:
		s.dropPortrait(t.ID)
	case visit.OpenHandover:
		s.openHandover(t)
	case visit.CloseHandover:
		s.closeHandover()
	case visit.DropFile:
		s.dropFile(ctx, t.ID)
	case visit.TakePicture:
		s.takePicture(ctx, t)
	case visit.DropPicture:
		s.dropPicture()
	case visit.LookIntoOutbox:
		s.do(func() { s.lookIntoOutbox(ctx) })
	case visit.SendNow:
		s.do(s.sendNow)
	case visit.SendAgain:
		s.do(func() { s.sendAgain(ctx, t.ID) })
	case visit.ExportOutbox:
		s.do(func() { s.exportOutbox(ctx) })
	case visit.CallStaff:
		if s.Troubles.Set("staff-called", s.Now()) {
			s.Log.Info("staff called")
		}
	case visit.Rate:
		s.Log.Info("visit rated", "score", t.Score, "procedure", t.Procedure)
	case visit.End:
		s.endVisit(ctx)
	}
}

// ticket gives this visit's id and secret, the same ones however often it is
// submitted, so that trying again can never make two of one.
func (s *Station) ticket() (id, secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.id == "" {
		s.id, s.secret = submission.NewID(), submission.Secret(rand.Reader)
	}
	return s.id, s.secret
}

// endVisit forgets what belonged to the visitor.
func (s *Station) endVisit(ctx context.Context) {
	s.mu.Lock()
	id := s.id
	s.id, s.secret = "", ""
	s.mu.Unlock()
	s.letGo(ctx, id)
	for _, p := range s.printers {
		select {
		case p.left <- struct{}{}:
		default: // it has not come to the one before
		}
	}
	s.desk.forget()
	s.dropChip()
	s.closeHandover()
	s.dropPicture()
	s.clearTray()
	s.Mouth.Hush()
	s.Mouth.SetLevel(level(s.Level))
	s.Troubles.Clear("staff-called")
	s.Log.Info("visit ended")
}
