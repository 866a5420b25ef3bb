package visit

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"motcua/kiosk/identity"
)

// events are one of each kind, as they come in earnest.
func events() []Event {
	out := []Event{Tick{}, Scanned{card7}, Scanned{code1}, Scanned{"?"}, Garbled{},
		ScannerChanged{false}, ScannerChanged{true}, PrinterChanged{PrinterNoPaper}, PrinterChanged{PrinterReady},
		LinkChanged{true}, LinkChanged{false}, kept, NotStored{}, NotStored{Full: true},
		Received{ID: kept.ID, Dossier: "H26.82-261123-0001"}, Refused{kept.ID}, Unsent{kept.ID},
		Printed{}, PrintFailed{PrinterNoPaper}, PrintFailed{PrinterAway},
		LookedUp{Result: LookUpUnknown}, LookedUp{Result: LookUpFound, State: "lookup.state.received"},
		ReaderChanged{ReaderAway}, ReaderChanged{ReaderEmpty}, ReaderChanged{ReaderCard}, ReaderChanged{ReaderCrowded},
		ChipReached{ChipReading}, ChipReached{ChipChecking}, ChipRead{genuine}, ChipRead{expired}, ChipRead{stranger},
		PartsChanged{parts}, PINChecked{Right: true}, PINChecked{}, TestPrinted{Code: code1}, TestPrinted{Printer: PrinterOpen}}
	out = append(out, HandoverChanged{true}, HandoverChanged{}, opened, FileComing{Question: noticePhoto}, FileArrived{photo}, FileArrived{late},
		FileRefused{Question: noticePhoto, Why: "attach.no.kind"},
		CameraChanged{true}, CameraChanged{}, PictureDone{Taken: true}, PictureDone{}, seen, OutboxSeen{}, OutboxDone{Work: WorkExported, N: 3}, OutboxDone{Work: WorkFailed})
	out = append(out, PortraitRead{ID: "face", Assurance: identity.ChipGenuine}, PortraitRead{Lack: PortraitKind, Assurance: identity.ChipRead})
	for why := ChipLifted; why <= ChipUnreadable; why++ {
		out = append(out, ChipFailed{why})
	}
	for _, id := range []string{"start", "back", "next", "more", "end", "leave", "close", "stay", "look", "staff", "hotline",
		"listen", "lang:en", "lang:vi", "submit", "consent", "consent:more", "finish", "again", "print", "begin", "retry",
		"onscreen", "wait", "search", "way:type", "field", "door:submit", "door:ask", "door:lookup", "door:ticket",
		"door:lawyer", "door:feedback", "row:" + birth, "row:" + residence, "row:nothing", "chip:birth", "line:person",
		"size:3", "size:9", "theme:2", "calm", "rate:4", "date:year", "opt:no", "sug:0", "sug:99", "key:a", "key:1",
		"picture", "file:1", "remove", "part:outbox", "send", "export", "stuck:1", "portrait", "skip", "call", "way:number", "way:scan", "key:delete", "key:clear", "key:tone:sac", "nothing", ""} {
		out = append(out, Touched{id})
	}
	return out
}

// touchable lists what can be touched on a view.
func touchable(v View) []string {
	var ids []string
	add := func(bs ...Button) {
		for _, b := range bs {
			ids = append(ids, b.ID)
		}
	}
	blocks := v.Blocks
	if v.Over != nil {
		add(v.Over.Actions...)
		blocks = v.Over.Blocks
	} else {
		add(v.Actions...)
		add(v.Foot...)
		add(v.Head.Lang)
	}
	for _, b := range blocks {
		switch b := b.(type) {
		case Attract:
			add(b.Start)
			add(b.Langs...)
		case Doors:
			for _, d := range b.Items {
				ids = append(ids, d.ID)
			}
		case Rows:
			for _, r := range b.Items {
				if !r.Still {
					ids = append(ids, r.ID)
				}
			}
		case Chips:
			add(b.Items...)
		case Options:
			add(b.Items...)
		case Faces:
			add(b.Items...)
		case Field:
			ids = append(ids, b.ID)
		case DatePad:
			ids = append(ids, b.DayID, b.MonthID, b.YearID)
		case Consent:
			ids = append(ids, b.ID, b.More.ID)
		case Table:
			for _, l := range b.Lines {
				if l.ID != "" {
					ids = append(ids, l.ID)
				}
			}
		case Keyboard:
			for _, k := range "0123456789abcdeghiklmnopqrstuvxy" {
				ids = append(ids, "key:"+string(k))
			}
			ids = append(ids, "key:space", "key:delete", "key:clear", "key:shift", "key:telex", "key:tone:sac", "key:letter:ă")
		}
	}
	return ids
}

// TestEveryPairIsDecided lets every event happen on every page: none panics,
// none leaves the pages there are, and where it leads is written down.
func TestEveryPairIsDecided(t *testing.T) {
	m := machine(t)
	for file, reader := range map[string]Reader{"testdata/pairs.golden": ReaderAway, "testdata/pairs-card.golden": ReaderCard} {
		golden(t, file, pairs(t, m, Pages, func(page Page) State {
			s := arrive(t, m, page)
			if reader != ReaderAway {
				s, _, _ = m.Step(s, s.now, ReaderChanged{reader})
			}
			return s
		}))
	}
	golden(t, "testdata/pairs-file.golden", pairs(t, m, []Page{AtQuestion, AtReview}, func(page Page) State {
		w := walk(t, m)
		w.asked()
		w.happen(opened)
		w.happen(FileArrived{photo})
		if page == AtReview {
			w.answers()
		}
		return w.s
	}))
	golden(t, "testdata/pairs-picture.golden", pairs(t, m, []Page{AtQuestion}, func(Page) State {
		w := walk(t, m)
		w.cameraAlone()
		w.happen(FileArrived{photo})
		w.touch("picture")
		return w.s
	}))
}

// pairs tells where every event leads from every page, reached as given.
func pairs(t *testing.T, m *Machine, pages []Page, reach func(Page) State) string {
	t.Helper()
	var table strings.Builder
	for _, from := range pages {
		begin := reach(from)
		for _, e := range events() {
			s, v, _ := m.Step(begin, morning.Add(time.Hour), e)
			if !slices.Contains(Pages, s.page) {
				t.Fatalf("%s + %T leads to %q", from, e, s.page)
			}
			if s.page != AtAttract && len(touchable(v)) == 0 {
				t.Errorf("%s + %T: nothing can be touched on %q", from, e, s.page)
			}
			if s.page != from || v.Over != nil || s.chip.mood != begin.chip.mood {
				over := ""
				if s.page == AtChip {
					over = ": " + string(s.chip.mood)
				}
				if v.Over != nil {
					over += " under " + v.Over.Name
				}
				fmt.Fprintf(&table, "%-10s %-34s → %s%s\n", from, name(e), s.page, over)
			}
		}
	}
	return table.String()
}

func name(e Event) string {
	switch e := e.(type) {
	case Touched:
		return "touched " + e.ID
	case Scanned:
		return map[string]string{card7: "scanned a card", code1: "scanned a receipt"}[e.Text] + map[bool]string{true: "scanned anything else"}[e.Text == "?"]
	case Stored:
		return "stored"
	case HandoverOpened:
		return "handover opened"
	case FileArrived:
		return "file arrived" + map[bool]string{true: ": too late"}[e.File == late]
	case ReaderChanged:
		return "reader: " + [...]string{"away", "empty", "a card", "several cards"}[e.Reader]
	case ChipReached:
		return "chip reached: " + chipStepKeys[e.Step][len("chip.step."):]
	case ChipFailed:
		m, _ := moodOf(e.Why)
		return "chip failed: " + string(m)
	case ChipRead:
		return "chip read" + map[bool]string{true: ": expired"}[e.Person.Expires.Equal(expired.Expires)] +
			map[bool]string{true: ": of another"}[e.Person.Number == stranger.Number]
	case PortraitRead:
		return "portrait read: " + map[bool]string{true: "none to show"}[e.ID == ""] + e.ID
	case LookedUp:
		return fmt.Sprintf("looked up: %d", e.Result)
	}
	return strings.TrimPrefix(strings.ReplaceAll(fmt.Sprintf("%T %+v", e, e), "visit.", ""), "")
}

// arrive gives a state on the given page, reached by a real road.
func arrive(t *testing.T, m *Machine, page Page) State {
	t.Helper()
	w := walk(t, m)
	roads := map[Page]func(){
		AtAttract:    func() {},
		AtHome:       func() { w.touch("start") },
		AtProcedures: func() { w.touch("start", "door:submit") },
		AtSearch:     func() { w.touch("start", "door:submit", "search") },
		AtAbout:      func() { w.touch("start", "door:ask", "row:"+birth) },
		AtGuide:      func() { w.touch("start", "door:submit", "row:"+residence) },
		AtIdentify:   func() { w.touch("start", "door:submit", "row:"+birth) },
		AtChip: func() {
			w.happen(ReaderChanged{ReaderEmpty})
			w.touch("start", "door:submit", "row:"+birth)
			w.happen(Scanned{card7})
		},
		AtPapers:   func() { w.touch("start", "door:submit", "row:"+birth); w.happen(Scanned{card7}) },
		AtQuestion: func() { w.touch("start", "door:submit", "row:"+birth); w.happen(Scanned{card7}); w.touch("next") },
		AtReview:   w.review,
		AtConsent:  func() { w.review(); w.touch("consent:more") },
		AtSending:  w.submitted,
		AtDone:     func() { w.submitted(); w.happen(kept) },
		AtNotKept:  func() { w.submitted(); w.happen(NotStored{}) },
		AtNoPrint:  func() { w.submitted(); w.happen(kept); w.happen(PrintFailed{PrinterNoPaper}) },
		AtCode:     func() { w.submitted(); w.happen(kept); w.happen(PrintFailed{PrinterNoPaper}); w.touch("onscreen") },
		AtLookUp:   func() { w.touch("start", "door:lookup"); w.happen(Scanned{code1}) },
		AtFound: func() {
			w.touch("start", "door:lookup")
			w.happen(Scanned{code1})
			w.happen(LookedUp{Result: LookUpFound, State: "lookup.state.received"})
		},
		AtTicket:   func() { w.touch("start", "door:ticket") },
		AtLawyer:   func() { w.touch("start", "door:lawyer") },
		AtFeedback: func() { w.touch("start", "door:feedback") },
		AtGoodbye:  func() { w.submitted(); w.happen(kept); w.touch("finish") },
	}
	road, ok := roads[page]
	if !ok {
		t.Fatalf("no road to %q", page)
	}
	road()
	w.at(page)
	return w.s
}

// TestRandomWalk lets 20,000 events happen, mostly touches of what is on the
// screen, beginning in turn on every page there is. No state is stuck: the visit
// always ends by itself when everybody has left; and when it has ended nothing
// of the person is left.
func TestRandomWalk(t *testing.T) {
	m := staffed(t)
	r := rand.New(rand.NewPCG(2026, 11))
	all := events()
	each := 20_000/len(Pages) + 1
	visits, submitted, chips, duties, sent, pictures, faces := 0, 0, 0, 0, 0, 0, 0
	for _, from := range Pages {
		w := walk(t, m)
		w.s = arrive(t, m, from)
		w.now, w.v = w.s.now, m.View(w.s)
		for range each {
			before := w.s.Page()
			switch n := r.IntN(6); {
			case n < 3, n == 3 && before != AtReview:
				ids := touchable(w.v)
				w.touch(ids[r.IntN(len(ids))])
			case n >= 3 && before == AtReview:
				w.touch("consent", "submit")
			case w.s.duty.checking:
				w.happen(PINChecked{Right: n == 4})
			case w.s.duty.face.chip.mood == chipBusy:
				faces++
				w.happen([]Event{ChipReached{ChipReading}, PortraitRead{ID: "face"}, PortraitRead{Lack: PortraitNone}, ReaderChanged{ReaderEmpty}}[r.IntN(4)])
			case w.s.duty.at == sheetPortrait && n > 3:
				w.happen([]Event{Scanned{card7}, ReaderChanged{ReaderEmpty}, ReaderChanged{ReaderCard}}[r.IntN(3)])
			case w.s.duty.at == sheetParts && n == 4:
				w.touch("portrait")
			case w.s.duty.at != noSheet && n == 5:
				w.touch("end")
			case w.s.duty.at == sheetPIN:
				w.keys("2468")
				w.touch("next")
			case w.s.chip.mood == chipBusy:
				w.happen([]Event{ChipReached{ChipReading}, ChipReached{ChipChecking}, ChipRead{genuine}}[r.IntN(3)])
			case w.v.Step == noticePhoto && n == 4:
				sent++
				w.happen([]Event{opened, FileComing{Question: noticePhoto}, FileArrived{photo}, FileArrived{scanned}, CameraChanged{true}, PictureDone{true},
					FileRefused{noticePhoto, "picture.failed"}, CameraChanged{true}, Touched{"picture"}, Touched{"picture"}}[r.IntN(10)])
			case before == AtIdentify, before == AtChip:
				w.happen([]Event{Scanned{card7}, ReaderChanged{ReaderEmpty}, ReaderChanged{ReaderCard}}[r.IntN(3)])
			case n == 4 && before == AtAttract:
				if to := []Page{AtReview, AtChip, AtQuestion}[r.IntN(3)]; to == AtQuestion {
					w = walk(t, m)
					w.asked()
				} else {
					w.s = arrive(t, m, to)
					w.now, w.v = w.s.now, m.View(w.s)
				}
				before = w.s.Page()
			default:
				w.happen(all[r.IntN(len(all))])
			}
			if has[Submit](w) {
				submitted++
				if !w.s.agreed {
					t.Fatal("submitted without consent")
				}
			}
			if has[TakePicture](w) {
				pictures++
			}
			if has[ReadChip](w) {
				chips++
			}
			if w.s.duty.at == sheetParts {
				duties++
			}
			if before != AtAttract && w.s.Page() == AtAttract {
				visits++
				checkForgotten(t, m, w.s)
			}
			if r.IntN(50) == 0 {
				everybodyLeaves(t, m, w.s, w.now)
			}
		}
		everybodyLeaves(t, m, w.s, w.now)
	}
	t.Logf("%d visits, %d submissions, %d chips, %d moments of staff, %d of phones, %d pictures, %d portraits", visits, submitted, chips, duties, sent, pictures, faces)
	if visits < 50 || submitted < 5 || chips < 20 || duties < 20 || sent < 20 || pictures == 0 || faces < 5 {
		t.Errorf("%d visits, %d submissions, %d chips, %d moments of staff, %d of phones, %d pictures, %d portraits: the walk shows too little", visits, submitted, chips, duties, sent, pictures, faces)
	}
}

// checkForgotten checks that a visit that has ended is as one that never was.
func checkForgotten(t *testing.T, m *Machine, s State) {
	t.Helper()
	clean := m.Start(s.now)
	clean.scanner, clean.reader, clean.printer, clean.online = s.scanner, s.reader, s.printer, s.online
	clean.parts, clean.guard, clean.handover, clean.camera = s.parts, s.guard, s.handover, s.camera
	if !reflect.DeepEqual(s, clean) {
		t.Fatal("something of the visit is left")
	}
}

// everybodyLeaves lets time alone go by and checks that the visit ends.
func everybodyLeaves(t *testing.T, m *Machine, s State, now time.Time) {
	t.Helper()
	from := s.Page()
	for range 400 {
		if s.Page() == AtAttract {
			return
		}
		now = now.Add(time.Second)
		s, _, _ = m.Step(s, now, Tick{})
		if s.Page() == AtAttract {
			checkForgotten(t, m, s)
		}
	}
	t.Fatalf("stuck: from %q to %q, over %q", from, s.Page(), s.over)
}
