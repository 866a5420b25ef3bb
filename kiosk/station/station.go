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
	"motcua/devices/receipt"
	"motcua/kiosk/outbox"
	"motcua/kiosk/pack"
	"motcua/kiosk/paper"
	"motcua/kiosk/submission"
	"motcua/kiosk/text"
	"motcua/kiosk/trouble"
	"motcua/kiosk/visit"
	"motcua/kiosk/voice"
)

// queue is how many events may wait for the visit: far more than a second of
// touching, scanning and printing makes.
const queue = 256

// Parts are what a Station is made of. OpenScanner and OpenPrinter are nil where
// no such unit is configured.
type Parts struct {
	Name    string // "CN-03"
	Unit    pack.Unit
	Pack    *pack.Pack
	Machine *visit.Machine
	Texts   *text.Catalogue
	// Show puts a view onto the screen; it must not wait for the frame.
	Show        func(visit.View)
	OpenScanner func(context.Context) (barcode.Scanner, error)
	OpenPrinter func(context.Context) (receipt.Printer, error)
	Mouth       *voice.Mouth
	Level       int    // volume that every visit begins with, 0 to 100
	Model       string // of the printer, as configured
	Press       *paper.Press
	Outbox      *outbox.Outbox
	Key         *submission.StationKey
	To          []age.Recipient
	LookUp      func(ctx context.Context, id, secret string) visit.LookedUp
	Troubles    *trouble.Board
	Log         *slog.Logger
	Now         func() time.Time
}

// Station runs one visit after the other.
type Station struct {
	Parts
	events  chan stamped
	scanner *scanner
	printer *printer
	work    sync.WaitGroup

	mu      sync.Mutex // guards what follows
	id      string     // of this visit's submission; "" until there is one
	secret  string
	inVisit bool
	paper   receipt.Status
	scans   bool
}

type stamped struct {
	at    time.Time
	event visit.Event
}

// New makes a Station; Run starts it.
func New(p Parts) *Station {
	s := &Station{Parts: p, events: make(chan stamped, queue), paper: receipt.Offline}
	if p.OpenScanner != nil {
		s.scanner = &scanner{open: p.OpenScanner, post: s.Post, told: s.scannerTold, log: p.Log}
	}
	if p.OpenPrinter != nil {
		s.printer = &printer{open: p.OpenPrinter, told: s.printerTold, jobs: make(chan page, 4)}
	}
	return s
}

// Run serves visitors until ctx ends. It returns after everything it started
// has ended; a submission that is being stored is stored.
func (s *Station) Run(ctx context.Context) error {
	if s.scanner != nil {
		s.do(func() { s.scanner.run(ctx) })
	}
	if s.printer != nil {
		s.do(func() { s.printer.run(ctx) })
	}
	s.serve(ctx)
	s.work.Wait()
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
func (s *Station) Post(e visit.Event) {
	select {
	case s.events <- stamped{s.Now(), e}:
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
			e = stamped{s.Now(), visit.Tick{}}
		}
		before := state.Page()
		var next visit.View
		var tasks []visit.Task
		state, next, tasks = s.Machine.Step(state, e.at, e.event)
		if !reflect.DeepEqual(next, view) {
			view = next
			s.Show(view)
		}
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

func (s *Station) setVisit(on bool) {
	s.mu.Lock()
	s.inVisit = on
	s.mu.Unlock()
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
		s.do(func() { s.submit(ctx, id, secret, t.Draft) })
	case visit.Print:
		s.do(func() { s.printFor(ctx, t) })
	case visit.LookUp:
		s.do(func() { s.Post(s.LookUp(ctx, t.ID, t.Secret)) })
	case visit.CallStaff:
		if s.Troubles.Set("staff-called", s.Now()) {
			s.Log.Info("staff called")
		}
	case visit.Rate:
		s.Log.Info("visit rated", "score", t.Score, "procedure", t.Procedure)
	case visit.End:
		s.endVisit()
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
func (s *Station) endVisit() {
	s.mu.Lock()
	s.id, s.secret = "", ""
	s.mu.Unlock()
	s.Mouth.Hush()
	s.Mouth.SetLevel(level(s.Level))
	s.Troubles.Clear("staff-called")
	s.Log.Info("visit ended")
}

// scannerTold keeps the scanner's trouble true.
func (s *Station) scannerTold(ready bool, err error) {
	s.mu.Lock()
	s.scans = ready
	s.mu.Unlock()
	s.mend("scanner-away", ready, err)
}

// printerTold keeps the printer's troubles true and the visit informed.
func (s *Station) printerTold(status receipt.Status, err error) {
	s.mu.Lock()
	before := s.paper
	s.paper = status
	s.mu.Unlock()
	s.mend("printer-away", status != receipt.Offline, err)
	s.mend("printer-paper", status != receipt.PaperOut, nil)
	s.mend("printer-near", status != receipt.NearEnd, nil)
	s.mend("printer-open", status != receipt.CoverOpen, nil)
	s.mend("printer-faulty", status != receipt.Error, nil)
	if status != before {
		s.Log.Info("printer", "unit", "printer", "status", status.String())
		s.Post(visit.PrinterChanged{Printer: meaning(status)})
	}
}

// Printer tells what the printer said last.
func (s *Station) Printer() receipt.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.paper
}

// Scanner tells whether the scanner is open.
func (s *Station) Scanner() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.scans
}

// mend sets or clears a trouble and logs the change.
func (s *Station) mend(code trouble.Code, fine bool, err error) {
	if fine {
		if s.Troubles.Clear(code) {
			s.Log.Info("healed", "trouble", string(code))
		}
		return
	}
	if s.Troubles.Set(code, s.Now()) {
		args := []any{"trouble", string(code)}
		if err != nil {
			args = append(args, "err", err)
		}
		s.Log.Warn("trouble", args...)
	}
}
