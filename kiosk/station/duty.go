package station

import (
	"context"
	"crypto/rand"
	"slices"
	"time"

	"motcua/devices/receipt"
	"motcua/kiosk/pack"
	"motcua/kiosk/paper"
	"motcua/kiosk/trouble"
	"motcua/kiosk/visit"
)

// tellParts tells the visit how the station is, for the pages of the staff,
// whenever that changes.
func (s *Station) tellParts(ctx context.Context) {
	var told []visit.Part
	for {
		units, wrong := s.units.change(), s.Troubles.Changed()
		if now := s.parts(); !slices.Equal(now, told) {
			told = now
			s.Post(visit.PartsChanged{Parts: now})
		}
		select {
		case <-ctx.Done():
			return
		case <-units:
		case <-wrong:
		}
	}
}

// partState is how a State looks to staff.
func partState(c State) visit.PartState {
	switch {
	case c == Unsupported:
		return visit.PartSilent
	case c == NearEnd:
		return visit.PartWarning
	case c.Fine():
		return visit.PartReady
	case c.Bad():
		return visit.PartFaulty
	}
	return visit.PartUnknown
}

// parts is the station as staff see it: one part for each thing, with the unit
// that most wants somebody.
func (s *Station) parts() []visit.Part {
	all := s.Conditions()
	var out []visit.Part
	for _, thing := range []string{ThingPrinter, ThingScanner, ThingReader, ThingSpeaker} {
		out = append(out, part(thing, all))
	}
	if s.booth != nil { // few stations have one
		out = append(out, part(ThingCamera, all))
	}
	since := map[trouble.Code]time.Time{}
	for _, t := range s.Troubles.All() {
		since[t.Code] = t.Since
	}
	s.mu.Lock()
	link := s.link
	s.mu.Unlock()
	return append(out, service("central", link, since, "central-away"),
		service("outbox", visit.PartReady, since, "outbox-broken", "outbox-full", "outbox-filling", "outbox-damaged", "refused"),
		service("clock", visit.PartReady, since, "clock-wrong"))
}

func part(thing string, all []Condition) visit.Part {
	p := visit.Part{Thing: thing, State: visit.PartAbsent}
	works := false
	for _, c := range all {
		if c.Thing != thing {
			continue
		}
		now := partState(c.State)
		works = works || now == visit.PartReady || now == visit.PartWarning
		if p.State == visit.PartAbsent || c.Trouble != "" && p.Trouble == "" {
			p.State, p.Model, p.Trouble, p.Since = now, c.Model, string(c.Trouble), time.Time{}
			if c.Trouble != "" {
				p.Since = c.Since
			}
		}
	}
	if works && p.State == visit.PartFaulty {
		p.State = visit.PartWarning // another one does its work
	}
	return p
}

func service(thing string, fine visit.PartState, since map[trouble.Code]time.Time, codes ...trouble.Code) visit.Part {
	for _, c := range codes {
		if at, wrong := since[c]; wrong {
			return visit.Part{Thing: thing, State: visit.PartFaulty, Trouble: string(c), Since: at}
		}
	}
	return visit.Part{Thing: thing, State: fine}
}

// testPaper prints a test sheet for staff who are at the screen.
func (s *Station) testPaper(ctx context.Context) {
	code := testCode()
	err := s.print(ctx, s.testSheet(code))
	switch {
	case ctx.Err() != nil:
	case err == nil:
		s.Post(visit.TestPrinted{Printer: visit.PrinterReady, Code: code})
	default:
		s.Log.Warn("test sheet not printed", "err", err)
		s.Post(visit.TestPrinted{Printer: failing(err)})
	}
}

// testCode is what the QR code of one test sheet says, and of no other: a sheet
// that lay there from the last time does not pass.
func testCode() string { return "MOTCUA-TEST:" + rand.Text()[:10] }

// testSheet is what a technician prints.
func (s *Station) testSheet(code string) piece {
	model := ""
	if able := s.able(); able != nil {
		model = able[0].Model
	}
	return s.sheetOf(model, code)
}

// sheetOf is a test sheet of one model of printers.
func (s *Station) sheetOf(model, code string) piece {
	return piece{compose: func(width int) (receipt.Slip, error) {
		return s.Press.Test(paper.Test{Head: s.head(pack.VI, 1, s.Now()), Model: model, Code: code}, width)
	}}
}
