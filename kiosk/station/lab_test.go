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
	"slices"
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
//
// Faults that were put in on purpose, and what found each: plugs not heard and a
// long wait between tries (the bar of TestLabVisit); a loss not told, a trouble that
// stays (both tests, in pull and plug); a receipt not printed again (TestLabVisit at the
// review); a copy not marked, a receipt that was broken off taken for
// printed (TestLabReceipt). A lost unit that is not closed was not found.

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
	nodes  int // of the units that are open when all are

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

// pull pulls a unit's cable and waits until the station misses it.
func (l *lab) pull(thing string) {
	l.t.Helper()
	began := time.Now()
	if thing == station.ThingPrinter {
		l.printer.Unplug()
	}
	l.usb[thing].Pull()
	l.settles("the "+thing+" is missed", func() bool { return l.condition(thing) == station.Away && l.told(thing) })
	took := time.Since(began)
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
	l.settles("the "+thing+" is used", func() bool { return l.condition(thing) == station.OK && !l.told(thing) })
	took := time.Since(began)
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

// through is one visit from the first touch to the last, and calls at on each page
// on the way. Of its receipt the last copy must come out, and all but the first be
// marked. It gives how often each copy is whole on the paper.
func (l *lab) through(name string, at func(visit.Page)) (copies []int) {
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
	asked := 0
	l.answers(func(n int) {
		if asked = n; n == 3 {
			at(visit.AtQuestion)
		}
	})
	if asked < 3 {
		l.t.Fatalf("only %d questions", asked)
	}
	at(visit.AtReview)
	l.touch("consent", "submit")
	at(printing)
	l.at(visit.AtDone)
	l.settles("the receipt is out", func() bool { return l.job(kept).State == journal.Out })
	at(visit.AtDone)
	l.touch("finish")
	l.at(visit.AtGoodbye)
	l.touch("finish")
	l.at(visit.AtAttract)

	pages, pieces := l.given(), l.printer.Pieces()[fallen:]
	for i, p := range pages {
		copies = append(copies, whole(pieces, p))
		if i > 0 && p.Rect.Dy() <= pages[0].Rect.Dy() {
			l.t.Errorf("%s: copy %d is not marked as printed again", name, i+1)
		}
	}
	last := len(pages)
	if job := l.job(kept); job.Copy != last || job.Digest != fmt.Sprintf("%x", sha256.Sum256(pages[last-1].Pix)) {
		l.t.Errorf("%s: the journal has copy %d; the one on the paper is copy %d", name, job.Copy, last)
	}
	return copies
}

// given are the pages that the printer's driver was given since the last visit.
func (l *lab) given() []*image.Gray {
	l.pagesMu.Lock()
	defer l.pagesMu.Unlock()
	return slices.Clone(l.pages)
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
// back. Each time both are missed and used again in time, staff are told and untold,
// the visit goes on, and there is one receipt.
func TestLabVisit(t *testing.T) {
	l := onUSB(t)
	l.ready()
	l.nodes = nodes(t)
	for _, page := range []visit.Page{visit.AtAttract, visit.AtIdentify, visit.AtPapers, visit.AtQuestion, visit.AtReview, visit.AtDone} {
		copies := l.through(string(page), func(here visit.Page) {
			switch {
			case here != page:
			case page == visit.AtIdentify: // in the middle of a code, of which nothing stays
				l.send(code[:40])
				l.pull(station.ThingScanner)
				l.entitled("Máy quét đang nghỉ")
				l.blip(station.ThingPrinter)
				l.plug(station.ThingScanner)
				l.entitled("Quét mã QR")
			case page == visit.AtReview: // the receipt waits for the printer
				l.pull(station.ThingPrinter)
				l.blip(station.ThingScanner)
				l.touch("consent", "submit")
				l.at(visit.AtNoPrint)
				l.plug(station.ThingPrinter)
			default:
				l.blip(station.ThingScanner, station.ThingPrinter)
			}
		})
		if !slices.Equal(copies, []int{1}) {
			t.Errorf("%s: the copies are %d times on the paper, want one copy once", page, copies)
		}
	}
	l.figures()
}

// TestLabReceipt: the printer is unplugged while it prints. What was broken off is
// printed again and marked so; there is never a second receipt that is not.
func TestLabReceipt(t *testing.T) {
	l := onUSB(t)
	l.ready()
	l.nodes = nodes(t)
	pull := func(what string, when func() bool) {
		t.Helper()
		l.settles(what, when)
		l.pull(station.ThingPrinter)
	}
	begun := func(n int) func() bool { return func() bool { return len(l.given()) == n } }
	printed := func(rows int) func() bool { return func() bool { return l.printer.Printed() > rows } }
	for _, c := range []struct {
		name string
		pull func()
		want [][]int // any of them
	}{
		{"at its first row", func() { pull("the first row", printed(0)) }, [][]int{{0, 1}}},
		{"in its middle, and the copy at its beginning", func() {
			pull("half of it", printed(400))
			l.blip(station.ThingScanner)
			l.plug(station.ThingPrinter)
			pull("the copy", begun(2))
		}, [][]int{{0, 0, 1}}},
		// It may have been said to be out by then, or not.
		{"when it is cut off", func() {
			n := len(l.printer.Pieces())
			pull("all of it", func() bool { return len(l.printer.Pieces()) > n })
		}, [][]int{{1}, {1, 1}}},
	} {
		copies := l.through(c.name, func(here visit.Page) {
			if here == printing {
				c.pull()
				l.plug(station.ThingPrinter)
			}
		})
		if !slices.ContainsFunc(c.want, func(want []int) bool { return slices.Equal(copies, want) }) {
			t.Errorf("%s: the copies are %d times on the paper, want %d", c.name, copies, c.want)
		}
	}
	l.figures()
}

// nodes is how many nodes of units on the bus this program has open, also of those
// that are gone.
func nodes(t *testing.T) (n int) {
	t.Helper()
	for _, fd := range must[[]os.DirEntry](t)(os.ReadDir("/proc/self/fd")) {
		to, _ := os.Readlink("/proc/self/fd/" + fd.Name()) // that of the folder itself is closed by now
		if strings.HasPrefix(to, "/dev/ttyACM") || strings.HasPrefix(to, "/dev/usb/lp") {
			n++
		}
	}
	return n
}

// figures tells the longest times and holds them against the bars, and looks that
// nothing of a lost unit is left.
func (l *lab) figures() {
	l.t.Helper()
	if n := nodes(l.t); n != l.nodes || n < 2 {
		l.t.Errorf("%d nodes are open, %d at first", n, l.nodes)
	}
	for thing, missed := range l.missed {
		used := l.used[thing]
		l.t.Logf("%s: missed %v after it was unplugged at most, used %v after it was put back",
			thing, missed.Round(time.Millisecond), used.Round(time.Millisecond))
		if missed > missedIn || used > usedIn {
			l.t.Errorf("the bars are %v and %v", missedIn, usedIn)
		}
	}
}
