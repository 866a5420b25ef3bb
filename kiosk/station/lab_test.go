package station_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"motcua/devices/barcode"
	"motcua/devices/barcode/serial"
	"motcua/devices/gadgetsim"
	"motcua/devices/hotplug"
	"motcua/devices/receipt"
	"motcua/devices/receipt/escpos"
	"motcua/devices/receipt/journal"
	"motcua/devices/receipt/receiptsim"
	"motcua/kiosk/station"
	"motcua/kiosk/trouble"
	"motcua/kiosk/visit"
)

// The tests named TestLab run in a virtual machine whose kernel plays the units:
// scripts/lab/run.sh. There the whole station meets cdc_acm, usblp and the kernel's
// word of what is plugged in.

// The bars: how soon an unplugged unit is missed, and how soon it is used again.
const (
	missedIn = 2 * time.Second
	usedIn   = 5 * time.Second
)

// lab is a hall whose scanner and printer hang on a USB bus.
type lab struct {
	*hall
	usb    map[string]*gadgetsim.Unit // by thing
	missed map[string]time.Duration   // the longest, by thing
	used   map[string]time.Duration

	pagesMu sync.Mutex
	pages   []*image.Gray // what was given to the printer's driver since the last visit
}

// onUSB puts a station on whose drivers, names and watcher are those of the
// program: the scanner by its link by id, the printer by its USB name.
func onUSB(t *testing.T) *lab {
	l := &lab{
		usb: map[string]*gadgetsim.Unit{
			station.ThingScanner: gadgetsim.New(t, gadgetsim.ACM()),
			station.ThingPrinter: gadgetsim.New(t, gadgetsim.Printer()),
		},
		missed: map[string]time.Duration{}, used: map[string]time.Duration{},
	}
	link := filepath.Join(t.TempDir(), "usb-Lab_Serial_unit_LAB0001-if00")
	if err := os.Symlink(l.usb[station.ThingScanner].Node(), link); err != nil {
		t.Fatal(err)
	}
	plugs := l.listen(t, link)
	const model = "epson-tm-t82"
	profile := must[escpos.Profile](t)(escpos.Model(model))
	l.hall = openWith(t, -1, nil, func(h *hall, parts *station.Parts) {
		if err := errors.Join(h.scanner.Close(), h.printer.Close()); err != nil { // those on ptys
			t.Fatal(err)
		}
		h.printer = receiptsim.New(l.usb[station.ThingPrinter].Far(), receiptsim.Options{Width: profile.Width, Speed: 150})
		parts.Plugs = plugs
		parts.Scanners = []station.Unit[barcode.Scanner]{{Name: "scanner", Open: func(ctx context.Context) (barcode.Scanner, error) {
			s, err := serial.Open(ctx, serial.Options{Unit: "scanner", Path: link})
			if err != nil {
				return nil, err
			}
			return s, nil
		}}}
		parts.Printers = []station.Unit[receipt.Printer]{{Name: "printer", Model: model, Open: func(ctx context.Context) (receipt.Printer, error) {
			p, err := escpos.Open(ctx, escpos.Options{Unit: "printer", Port: gadgetsim.Printer().Name(), Model: model})
			if err != nil {
				return nil, err
			}
			return recorded{p, l}, nil
		}}}
	})
	return l
}

// listen hears the bus, and gives the scanner its link by id, as udev does where it
// runs.
func (l *lab) listen(t *testing.T, link string) *hotplug.Watcher {
	w := must[*hotplug.Watcher](t)(hotplug.Open(hotplug.Options{}))
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- w.Watch(ctx, func(e hotplug.Event) {
			if e.Unit.Subsystem != "tty" || e.Unit.VID != gadgetsim.VID {
				return
			}
			_ = os.Remove(link) // it may be gone
			if e.Action == hotplug.Came {
				if err := os.Symlink(e.Unit.Node, link); err != nil {
					t.Error(err)
				}
			}
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != context.Canceled {
			t.Errorf("Watch = %v", err)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// recorded keeps what its driver is given to print.
type recorded struct {
	*escpos.Printer
	lab *lab
}

func (r recorded) Print(ctx context.Context, s receipt.Slip) error {
	r.lab.pagesMu.Lock()
	r.lab.pages = append(r.lab.pages, s.Page)
	r.lab.pagesMu.Unlock()
	return r.Printer.Print(ctx, s)
}

// condition is how the unit of a thing is.
func (l *lab) condition(thing string) station.State {
	for _, c := range l.s.Conditions() {
		if c.Thing == thing {
			return c.State
		}
	}
	return ""
}

// told tells whether staff are told that a thing is away.
func (l *lab) told(thing string) bool {
	for _, tr := range l.troubles.All() {
		if tr.Code == trouble.Code(thing+"-away") {
			return true
		}
	}
	return false
}

// soon waits until something holds and gives how long it took since began.
func (l *lab) soon(what string, began time.Time, holds func() bool) time.Duration {
	l.t.Helper()
	for limit := began.Add(20 * time.Second); !holds(); <-time.After(2 * time.Millisecond) {
		if time.Now().After(limit) {
			l.t.Fatalf("waited in vain for %s: %v", what, l.s.Conditions())
		}
	}
	return time.Since(began)
}

// pull pulls a unit's cable and waits until the station misses it.
func (l *lab) pull(thing string) {
	l.t.Helper()
	began := time.Now()
	if thing == station.ThingPrinter {
		l.printer.Unplug()
	}
	l.usb[thing].Pull()
	took := l.soon("the "+thing+" to be missed", began, func() bool { return l.condition(thing) == station.Away && l.told(thing) })
	l.missed[thing] = max(l.missed[thing], took)
	l.usb[thing].Unplug()
}

// plug puts a unit back and waits until the station uses it.
func (l *lab) plug(thing string) {
	l.t.Helper()
	began := time.Now()
	l.usb[thing].Plug()
	if thing == station.ThingPrinter {
		l.printer.PlugInto(l.usb[thing].Far())
	}
	took := l.soon("the "+thing+" to be used", began, func() bool { return l.condition(thing) == station.OK && !l.told(thing) })
	l.used[thing] = max(l.used[thing], took)
}

// blip pulls units out and puts them back.
func (l *lab) blip(things ...string) {
	l.t.Helper()
	for _, thing := range things {
		l.pull(thing)
	}
	for _, thing := range things {
		l.plug(thing)
	}
}

// send lets the scanner send what it reads.
func (l *lab) send(what string) {
	l.t.Helper()
	if _, err := l.usb[station.ThingScanner].Far().Write([]byte(what)); err != nil {
		l.t.Fatal(err)
	}
}

// entitled waits for a page with that title.
func (l *lab) entitled(want string) {
	l.t.Helper()
	l.until(want, func(v visit.View) bool {
		for _, b := range v.Blocks {
			if hd, ok := b.(visit.Heading); ok && strings.HasPrefix(hd.Title, want) {
				return true
			}
		}
		return false
	})
}

// answers answers everything that is asked; at hears of the third question, before
// it is answered.
func (l *lab) answers(at func()) {
	l.t.Helper()
	for asked := 1; ; asked++ {
		v := l.until("a question or the review", func(v visit.View) bool { return v.Screen == "question" || v.Screen == "review" })
		if v.Screen == "review" {
			if asked <= 3 {
				l.t.Fatalf("only %d questions", asked-1)
			}
			return
		}
		if asked == 3 {
			at()
		}
		l.answer(v)
		l.touch("next")
		l.until("what comes after "+v.Step, func(next visit.View) bool { return next.Step != v.Step || next.Screen != "question" })
	}
}

// through is one visit from the first touch to the last, and calls at on each page
// on the way. The receipt must come out, and only one of it be valid. It gives how
// often the receipt was begun.
func (l *lab) through(name string, at func(visit.Page)) int {
	l.t.Helper()
	kept, fallen := len(l.list()), len(l.printer.Pieces())
	l.pagesMu.Lock()
	l.pages = nil
	l.pagesMu.Unlock()

	l.at(visit.AtAttract)
	at(visit.AtAttract)
	l.touch("start", "door:submit", "row:1.004873")
	l.at(visit.AtIdentify)
	at(visit.AtIdentify)
	l.send(code + "\r")
	l.at(visit.AtPapers)
	at(visit.AtPapers)
	l.touch("next")
	l.answers(func() { at(visit.AtQuestion) })
	at(visit.AtReview)
	l.touch("consent", "submit")
	at(printing)
	l.at(visit.AtDone)
	l.soon("the receipt to be out", time.Now(), func() bool { return l.job(kept).State == journal.Out })
	at(visit.AtDone)
	l.touch("finish")
	l.at(visit.AtGoodbye)
	l.touch("finish")
	l.at(visit.AtAttract)

	all := l.list()
	if len(all) != kept+1 {
		l.t.Fatalf("%s: %d submissions kept, want one more than %d", name, len(all), kept)
	}
	l.pagesMu.Lock()
	pages := l.pages
	l.pagesMu.Unlock()
	pieces := l.printer.Pieces()[fallen:]
	begun := len(pages)
	for i, p := range pages[:begun-1] {
		if n := whole(pieces, p); n != 0 {
			l.t.Errorf("%s: copy %d, which was broken off, is on the paper %d times", name, i+1, n)
		}
		if bytes.Equal(p.Pix, pages[i+1].Pix) {
			l.t.Errorf("%s: copy %d looks like copy %d", name, i+2, i+1)
		}
	}
	if n := whole(pieces, pages[begun-1]); n != 1 {
		l.t.Errorf("%s: the receipt is on the paper %d times, want once", name, n)
	}
	job := l.job(kept)
	if job.State != journal.Out || job.Copy != begun || job.Digest != fmt.Sprintf("%x", sha256.Sum256(pages[begun-1].Pix)) {
		l.t.Errorf("%s: the journal says copy %d is %s; want copy %d, the one on paper, out", name, job.Copy, job.State, begun)
	}
	return begun
}

// job is the receipt of the submission that was kept after so many others.
func (l *lab) job(kept int) journal.Job {
	l.t.Helper()
	all := l.list()
	if len(all) != kept+1 {
		l.t.Fatalf("%d submissions kept, want %d", len(all), kept+1)
	}
	job, _ := l.journal.Job(all[kept].ID)
	return job
}

// whole is how often a page is on the paper from its first row to its last that is
// not white.
func whole(pieces []receiptsim.Piece, page *image.Gray) (n int) {
	want := bytes.TrimRight(dots(page), "\x00")
	for _, p := range pieces {
		roll := dots(p.Image)
		for from := 0; from+len(want) <= len(roll); from += p.Image.Stride {
			if bytes.Equal(roll[from:from+len(want)], want) {
				n++
			}
		}
	}
	return n
}

// dots has 1 for each dot that is black.
func dots(img *image.Gray) []byte {
	all := make([]byte, len(img.Pix))
	for i, v := range img.Pix {
		all[i] = v>>7 ^ 1
	}
	return all
}

// TestLabVisit: on every page of a visit scanner and printer are unplugged and put
// back, and the printer in the middle of the receipt. Each time both are missed and
// used again in time, staff are told and untold, the visit goes on, and there is one
// whole receipt: printed again, and marked so, if the first was broken off.
func TestLabVisit(t *testing.T) {
	l := onUSB(t)
	l.ready()
	both := []string{station.ThingScanner, station.ThingPrinter}
	for _, page := range []visit.Page{visit.AtAttract, visit.AtIdentify, visit.AtPapers, visit.AtQuestion, visit.AtReview, printing, visit.AtDone} {
		begun := l.through(string(page), func(here visit.Page) {
			if here != page {
				return
			}
			switch page {
			case visit.AtIdentify: // in the middle of a code, of which nothing stays
				l.send(code[:40])
				l.pull(station.ThingScanner)
				l.entitled("Máy quét đang nghỉ")
				l.blip(station.ThingPrinter)
				l.plug(station.ThingScanner)
				l.entitled("Quét mã QR")
			case visit.AtReview: // the receipt waits for the printer
				l.pull(station.ThingPrinter)
				l.blip(station.ThingScanner)
				l.touch("consent", "submit")
				l.at(visit.AtNoPrint)
				l.plug(station.ThingPrinter)
			case printing:
				l.soon("the receipt to be half out", time.Now(), func() bool { return l.printer.Printed() > 400 })
				l.pull(station.ThingPrinter)
				l.at(visit.AtNoPrint)
				l.blip(station.ThingScanner)
				l.plug(station.ThingPrinter)
			default:
				l.blip(both...)
			}
		})
		if want := map[bool]int{true: 2, false: 1}[page == printing]; begun != want {
			t.Errorf("%s: the receipt was begun %d times, want %d", page, begun, want)
		}
	}
	for _, thing := range both {
		t.Logf("%s: missed %v after it was unplugged at most, used %v after it was put back", thing,
			l.missed[thing].Round(time.Millisecond), l.used[thing].Round(time.Millisecond))
		if l.missed[thing] > missedIn || l.used[thing] > usedIn {
			t.Errorf("the bars are %v and %v", missedIn, usedIn)
		}
	}
}
