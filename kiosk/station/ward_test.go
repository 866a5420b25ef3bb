package station_test

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"filippo.io/age"

	"motcua/devices"
	"motcua/devices/barcode"
	"motcua/devices/card"
	"motcua/devices/card/cardsim"
	"motcua/devices/receipt"
	"motcua/devices/receipt/journal"
	"motcua/kiosk/outbox"
	"motcua/kiosk/pack"
	"motcua/kiosk/paper"
	"motcua/kiosk/pin"
	"motcua/kiosk/station"
	"motcua/kiosk/submission"
	"motcua/kiosk/text"
	"motcua/kiosk/trouble"
	"motcua/kiosk/visit"
	"motcua/kiosk/voice"
)

// opening is when a ward opens: a bubble begins in another century.
var opening = time.Date(2026, 11, 23, 8, 0, 0, 0, time.FixedZone("", 7*60*60))

// shelf is what all wards share, made once as it takes longer than all else.
type shelf struct {
	pack  *pack.Pack
	texts *text.Catalogue
	press *paper.Press
	voice *voice.Voice
	key   *submission.StationKey
	to    []age.Recipient
}

func newShelf(t *testing.T) *shelf {
	t.Helper()
	s := &shelf{pack: must[*pack.Pack](t)(pack.Load(assetDir(t, "packs/hanoi")))}
	s.texts = must[*text.Catalogue](t)(text.Load(assetDir(t, "text"))).WithPack(s.pack)
	s.press = must[*paper.Press](t)(paper.New(s.texts, assetDir(t, "fonts")))
	s.voice = must[*voice.Voice](t)(voice.Load(assetDir(t, "voice"), s.texts, nil))
	s.key = submission.NewStationKey("CN-03", time.Time{})
	s.to = []age.Recipient{must[*age.X25519Identity](t)(age.GenerateX25519Identity()).Recipient()}
	return s
}

// errDaemon stands for a card daemon that does not run.
var errDaemon = errors.New("daemon away")

// ward is a station with its peripherals in memory, to be used in a bubble.
type ward struct {
	*hall
	shelf   *shelf
	scanner *scanner
	second  *scanner // nil = there is one
	printer *printer
	spare   *printer // nil = there is one
	speaker speaker
	reader  *socket
	lying   *cardsim.Reader
	standby *cardsim.Reader // the second reader; nil = there is one
	lens    *lens           // nil = no camera for papers
}

// options of a ward; the zero value has one of each thing and no spare.
type options struct {
	spare   bool   // a second printer, scanner and reader
	camera  bool   // for papers
	silent  bool   // nobody listens to the mouth
	files   bool   // there is an outbox, whose opening takes its time
	full    bool   // the disk
	empty   bool   // the printer, from the start
	dir     string // of the outbox; "" = a new one
	journal *journal.Journal
	pin     string // hash
	plugs   station.Plugs
}

// play runs a ward during body, in virtual time.
func play(t *testing.T, s *shelf, o options, body func(*ward)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &ward{hall: &hall{t: t, log: &safeBuffer{}, troubles: &trouble.Board{}, shown: make(chan struct{})}, shelf: s,
			scanner: &scanner{newSocket(), make(chan string)}, printer: newPrinter("printer"), speaker: speaker{newSocket()}, reader: newSocket()}
		if o.empty {
			w.printer.be(receipt.PaperOut)
		}
		if o.files {
			free := int64(-1)
			if o.full {
				free = 1 << 60
			}
			w.outbox = must[*outbox.Outbox](t)(outbox.Open(t.Context(), cmp.Or(o.dir, t.TempDir()), outbox.Options{MinFree: free}))
		}
		began := time.Now()
		now := func() time.Time { return opening.Add(time.Since(began)) }
		unit, _ := s.pack.Unit("00082")
		parts := station.Parts{
			Name: "CN-03", Unit: unit, Pack: s.pack, Texts: s.texts,
			Machine: visit.New(visit.Place{Texts: s.texts, Pack: s.pack, Unit: unit, Station: "CN-03", HasScanner: true, HasReader: true, HasPrinter: true, HasPIN: o.pin != ""}),
			Show:    w.show, Plugs: o.plugs, Speaker: "speaker",
			Scanners: []station.Unit[barcode.Scanner]{{Name: "scanner", Open: w.scanner.unit}},
			Printers: []station.Unit[receipt.Printer]{{Name: "printer", Open: w.printer.unit}},
			Readers:  []station.Unit[card.Reader]{{Name: "reader", Open: w.openReader}},
			ReaderTrouble: func(err error) trouble.Code {
				switch {
				case errors.Is(err, errDaemon):
					return "reader-daemon"
				case errors.Is(err, devices.ErrRefused):
					return "reader-denied"
				}
				return "reader-away"
			},
			Level: 70, Press: s.press, Outbox: w.outbox, Key: s.key, To: s.to, Journal: o.journal, PIN: pin.NewGate(o.pin, now),
			LookUp: func(context.Context, string, string) visit.LookedUp {
				return visit.LookedUp{Result: visit.LookUpFound, State: "lookup.state.received"}
			},
			Troubles: w.troubles, Log: slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{ReplaceAttr: withoutTime})), Now: now,
		}
		if o.spare {
			w.spare, w.second = newPrinter("spare"), &scanner{newSocket(), make(chan string)}
			parts.Printers = append(parts.Printers, station.Unit[receipt.Printer]{Name: "spare", Open: w.spare.unit})
			w.standby = cardsim.NewReader("reader-2")
			parts.Readers = append(parts.Readers, station.Unit[card.Reader]{Name: "reader-2", Open: func(context.Context) (card.Reader, error) {
				return w.standby, nil
			}})
			parts.Scanners = append(parts.Scanners, station.Unit[barcode.Scanner]{Name: "second", Open: w.second.unit})
		}
		if o.camera {
			w.lens = &lens{asked: make(chan struct{}, 1), every: 100 * time.Millisecond}
			parts.Camera = w.lens.unit()
		}
		parts.Mouth = voice.NewMouth(w.speaker.unit, s.voice, func(err error) { w.s.SpeakerTold(err) })
		w.s = station.New(parts)
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() { _ = w.s.Run(ctx) })
		if !o.silent {
			all.Go(func() { _ = parts.Mouth.Run(ctx) })
		}
		w.s.Post(visit.LinkChanged{Online: true})
		w.pass(2 * time.Second) // all are open and have said how they are
		body(w)
		cancel()
		all.Wait()
		w.pass(time.Second) // what was set to come later has come
		if w.outbox != nil {
			if err := w.outbox.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}

func (w *ward) openReader(context.Context) (card.Reader, error) {
	if _, err := w.reader.open(); err != nil {
		return nil, err
	}
	w.lying = cardsim.NewReader("reader")
	return w.lying, nil
}

// pass lets time go by.
func (w *ward) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// sees is what is on the screen when everything has been done.
func (w *ward) sees() visit.View {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.view
}

// do touches one after the other, each when the one before was seen to.
func (w *ward) do(ids ...string) {
	for _, id := range ids {
		w.touch(id)
		synctest.Wait()
	}
}

// must fails unless that page is shown.
func (w *ward) must(page visit.Page) {
	w.t.Helper()
	if v := w.sees(); v.Screen != string(page) {
		w.t.Fatalf("it shows %q %q, want %q", v.Screen, v.Step, page)
	}
}

// review answers everything.
func (w *ward) review() {
	w.t.Helper()
	for range 40 {
		v := w.sees()
		if v.Screen == string(visit.AtReview) {
			return
		}
		w.answer(v)
		w.do("next")
	}
	w.t.Fatalf("no review after 40 questions: %q", w.sees().Step)
}

// to walks to a page; printing stands for the receipt on its way.
func (w *ward) to(page visit.Page) {
	w.t.Helper()
	filed := func() {
		w.to(visit.AtReview)
		w.do("consent", "submit")
	}
	switch page {
	case visit.AtAttract:
	case visit.AtHome:
		w.do("start")
	case visit.AtProcedures:
		w.do("start", "door:submit")
	case visit.AtSearch:
		w.do("start", "door:submit", "search")
	case visit.AtAbout:
		w.do("start", "door:ask", "row:1.004873")
	case visit.AtGuide:
		w.do("start", "door:ask", "row:"+w.guided())
	case visit.AtIdentify:
		w.do("start", "door:submit", "row:1.004873")
	case visit.AtChip:
		w.to(visit.AtIdentify)
		w.scanner.codes <- code
	case visit.AtPapers:
		w.to(visit.AtChip)
		w.do("skip")
	case visit.AtQuestion:
		w.to(visit.AtPapers)
		w.do("next")
	case paperAsked, pictureAsked, pictureTaken:
		w.do("start", "door:submit", "row:1.001193")
		w.scanner.codes <- code
		w.must(visit.AtChip)
		w.do("skip", "next", "opt:cha", "next", "opt:giay", "next")
		if v := w.sees(); !offered(v) {
			w.t.Fatalf("no picture is offered at %q %q", v.Screen, v.Step)
		}
		if page == pictureTaken {
			w.do("picture")
		}
		page = visit.AtQuestion
	case visit.AtReview:
		w.to(visit.AtQuestion)
		w.review()
	case visit.AtConsent:
		w.to(visit.AtReview)
		w.do("consent:more")
	case visit.AtSending, visit.AtNotKept:
		filed()
	case printing:
		filed()
		w.pass(800 * time.Millisecond) // central did not confirm
		page = visit.AtDone
	case visit.AtDone:
		w.to(printing)
		w.pass(printTakes + time.Second)
	case visit.AtNoPrint:
		w.printer.be(receipt.PaperOut)
		w.pass(time.Second)
		filed()
		w.pass(800 * time.Millisecond)
	case visit.AtCode:
		w.to(visit.AtNoPrint)
		w.do("onscreen")
	case visit.AtLookUp:
		w.do("start", "door:lookup")
	case visit.AtFound:
		w.to(visit.AtLookUp)
		id := "019330a0-0000-7000-8000-000000000001"
		w.scanner.codes <- strings.NewReplacer("{id}", id, "{secret}", "K7QX").Replace(lookUpForm(w.shelf.pack))
	case visit.AtTicket:
		w.do("start", "door:ticket")
	case visit.AtLawyer:
		w.do("start", "door:lawyer")
	case visit.AtFeedback:
		w.do("start", "door:feedback")
	case visit.AtGoodbye:
		w.to(visit.AtDone)
		w.do("finish")
	}
	w.must(page)
}

func lookUpForm(p *pack.Pack) string {
	if p.LookUp == "" {
		return "MOTCUA1:{id}:{secret}"
	}
	return p.LookUp
}

// guided is a procedure that the ward does not take.
func (w *ward) guided() string {
	for _, p := range w.shelf.pack.Procedures {
		if p.Mode == pack.Guide {
			return p.Code
		}
	}
	w.t.Fatal("no guided procedure")
	return ""
}

// Moments on a page that a fault may hit.
const (
	printing     visit.Page = "done, printing" // the receipt comes out
	paperAsked   visit.Page = "question for a paper"
	pictureAsked visit.Page = "question for a paper, then a picture" // is asked for, after the fault
	pictureTaken visit.Page = "question for a paper, picture under way"
)
