package station_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"motcua/devices"
	"motcua/devices/card/cardsim"
	"motcua/devices/receipt"
	"motcua/kiosk/pack"
	"motcua/kiosk/station"
	"motcua/kiosk/text"
	"motcua/kiosk/trouble"
	"motcua/kiosk/visit"
)

var update = flag.Bool("update", false, "write FAULTS.md anew")

// fault is one thing that can happen to a peripheral, and how it is undone.
type fault struct {
	thing, name string
	happen      func(*ward)
	heal        func(*ward)
	blip        bool // it passes by itself
}

// lasts is how long a fault is looked at on a page: where a camera hangs, until the
// station gives the picture up.
func (f fault) lasts(page visit.Page) time.Duration {
	if f.name == "hangs" && (page == pictureAsked || page == pictureTaken) {
		return 2 * watch
	}
	return watch
}

var faults = []fault{
	{"scanner", "unplugged", func(w *ward) { w.scanner.fail(gone("scanner")) }, func(w *ward) { w.scanner.plug() }, false},
	{"scanner", "held by another program", func(w *ward) { w.scanner.fail(refused("scanner")) }, func(w *ward) { w.scanner.plug() }, false},
	{"scanner", "reads noise", func(w *ward) { w.scanner.codes <- "" }, nil, true},
	{"scanner", "cable out for 2 s", func(w *ward) {
		w.scanner.fail(gone("scanner"))
		w.pass(2 * time.Second)
		w.scanner.plug()
		w.pass(2 * time.Second)
	}, nil, true},
	{"printer", "unplugged", func(w *ward) { w.printer.fail(gone("printer")) }, func(w *ward) { w.printer.plug(); w.printer.be(receipt.OK) }, false},
	{"printer", "held by another program", func(w *ward) { w.printer.fail(refused("printer")) }, func(w *ward) { w.printer.plug(); w.printer.be(receipt.OK) }, false},
	{"printer", "paper out", turns(receipt.PaperOut), turns(receipt.OK), false},
	{"printer", "paper nearly out", turns(receipt.NearEnd), turns(receipt.OK), false},
	{"printer", "cover open", turns(receipt.CoverOpen), turns(receipt.OK), false},
	{"printer", "cutter jammed", turns(receipt.Error), turns(receipt.OK), false},
	{"printer", "silent", turns(receipt.Offline), turns(receipt.OK), false},
	{"printer", "tells nothing", turns(receipt.Unknown), turns(receipt.OK), true},
	{"reader", "unplugged", func(w *ward) { w.pullReader(gone("reader")) }, func(w *ward) { w.reader.plug() }, false},
	{"reader", "daemon away", func(w *ward) { w.pullReader(errDaemon) }, func(w *ward) { w.reader.plug() }, false},
	{"reader", "not allowed", func(w *ward) { w.pullReader(refused("reader")) }, func(w *ward) { w.reader.plug() }, false},
	{"reader", "two cards", func(w *ward) { w.lay(); w.lay() }, nil, true},
	{"speaker", "unplugged", func(w *ward) { w.speaker.fail(gone("speaker")) }, func(w *ward) { w.speaker.plug() }, false},
	{"speaker", "another device is the default", func(w *ward) { w.speaker.fail(refused("speaker")) }, func(w *ward) { w.speaker.plug() }, false},
	{"camera", "unplugged", breaks(gone("desk")), breaks(nil), false},
	{"camera", "held by another program, or not permitted", breaks(refused("desk")), breaks(nil), false},
	{"camera", "hangs", func(w *ward) { w.lens.change(func() { w.lens.held = make(chan struct{}) }) },
		func(w *ward) { w.lens.change(func() { close(w.lens.held); w.lens.held = nil }) }, false},
	{"camera", "covered, or no light", darkens(true), darkens(false), false},
}

func gone(unit string) error    { return devices.Fail(unit, "open", devices.ErrGone, nil) }
func refused(unit string) error { return devices.Fail(unit, "open", devices.ErrRefused, nil) }

func turns(s receipt.Status) func(*ward) { return func(w *ward) { w.printer.be(s) } }

func breaks(err error) func(*ward) {
	return func(w *ward) { w.lens.change(func() { w.lens.wrong = err }) }
}

func darkens(dark bool) func(*ward) {
	return func(w *ward) { w.lens.change(func() { w.lens.dark = dark }) }
}

func (w *ward) pullReader(err error) {
	w.reader.fail(err)
	w.lying.Unplug()
}

func (w *ward) lay() {
	chip, err := cardsim.New(&cardsim.Locks{}, cardsim.Holder{}, nil, cardsim.Quirks{})
	if err != nil {
		w.t.Fatal(err)
	}
	w.lying.Lay(chip)
}

// onward is a touch that leads on from each page.
var onward = map[string]string{"attract": "start", "home": "door:submit", "procedures": "search", "search": "back", "about": "begin",
	"guide": "finish", "identify": "way:type", "chip": "skip", "papers": "next", "question": "back", "review": "line:person", "consent": "back",
	"done": "finish", "notkept": "back", "noprint": "onscreen", "onscreen": "finish", "lookup": "back", "found": "finish", "ticket": "back",
	"lawyer": "back", "feedback": "back", "goodbye": "finish"}

// outcome is what one fault on one page comes to.
type outcome struct{ citizen, staff, log string }

// watch is how long is looked at what a fault comes to.
const watch = 5 * time.Second

// seen is what can be read on a screen, the values of this visit left out.
func seen(v visit.View) []string {
	words := []string{}
	add := func(s ...string) {
		for _, s := range s {
			if s != "" && !strings.Contains(s, "Nguyễn Văn Mẫu") {
				words = append(words, s)
			}
		}
	}
	for _, b := range v.Blocks {
		switch b := b.(type) {
		case visit.Heading:
			add(b.Title)
		case visit.Note:
			add(b.Text)
		case visit.Seal:
			add(b.Title)
		case visit.Card:
			add(b.Title, b.Line)
		case visit.Waiting:
			add(b.Title)
		case visit.Rows:
			for _, r := range b.Items {
				add(r.Title)
			}
		}
	}
	for _, a := range v.Actions {
		add(a.Label)
	}
	return words
}

// citizen tells what a fault changes on the screen, against a visit without it.
func citizen(with, without visit.View) string {
	said := ""
	if with.Screen != without.Screen {
		said = "page `" + with.Screen + "`"
	}
	if with.Over != nil {
		said += " card `" + with.Over.Name + "`"
	}
	var more []string
	before := seen(without)
	for _, w := range seen(with) {
		if !slices.Contains(before, w) && len(more) < 2 {
			more = append(more, "“"+strings.ReplaceAll(w, "\n", " ")+"”")
		}
	}
	said = strings.TrimSpace(said + " " + strings.Join(more, " "))
	if said == "" && !slices.Equal(before, seen(with)) {
		return "less: it is no longer offered"
	}
	if said == "" {
		return "nothing"
	}
	return said
}

// lines are what was logged, each once, without times and ids.
func lines(log string) []string {
	var out []string
	for _, l := range strings.Split(log, "\n") {
		var at struct{ Msg, Level, Trouble, State, Unit string }
		if json.Unmarshal([]byte(l), &at) != nil {
			continue
		}
		line := strings.ToLower(at.Level) + " " + at.Msg
		for _, more := range []string{at.Trouble, at.State} {
			if more != "" {
				line += " " + more
			}
		}
		if !slices.Contains(out, line) {
			out = append(out, line)
		}
	}
	return out
}

// TestFaultTable lets every fault happen on every page and writes down what becomes
// of it. On each the visit must go on while the fault lasts, and everything heal.
func TestFaultTable(t *testing.T) {
	shelf := newShelf(t)
	sample := 0
	without := map[visit.Page]visit.View{}
	usual := map[visit.Page][]string{}
	look := func(page visit.Page) {
		if _, there := without[page]; there {
			return
		}
		play(t, shelf, having("", page), func(w *ward) {
			w.to(page)
			from := len(w.log.String())
			w.goes(page)
			w.pass(watch)
			without[page], usual[page] = w.sees(), lines(w.log.String()[from:])
		})
	}
	var b bytes.Buffer
	b.WriteString(preface)
	thing := ""
	for _, f := range faults {
		if f.thing != thing {
			thing = f.thing
			fmt.Fprintf(&b, "\n## %s\n\n| fault | page → next page | citizen | staff | log |\n|---|---|---|---|---|\n", strings.ToUpper(thing[:1])+thing[1:])
		}
		var rows []outcome
		at := map[outcome][]string{}
		for _, page := range pages(thing) {
			if sample++; raced && sample%11 != 0 {
				continue
			}
			look(page)
			play(t, shelf, having(thing, page), func(w *ward) {
				o, next := f.play(w, page, without[page], usual[page])
				if at[o] == nil {
					rows = append(rows, o)
				}
				at[o] = append(at[o], string(page)+" → "+next)
			})
		}
		for _, o := range rows {
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", f.name, strings.Join(at[o], ", "), o.citizen, o.staff, o.log)
		}
	}
	if raced {
		return // the table is held without the detector: make test
	}
	const path = "FAULTS.md"
	if *update {
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("%s is not what happens any more; read the difference, then run go test -run TestFaultTable -update (-file +now):\n%s", path, diff)
	}
}

// pages are where a thing's faults are let happen.
func pages(thing string) []visit.Page {
	all := append(slices.Clone(visit.Pages), printing)
	if thing == station.ThingCamera {
		all = append(all, paperAsked, pictureAsked, pictureTaken)
	}
	return all
}

// having is a ward that has what a thing's fault on a page needs.
func having(thing string, page visit.Page) options {
	paper := slices.Contains([]visit.Page{paperAsked, pictureAsked, pictureTaken}, page)
	filed := slices.Contains([]visit.Page{visit.AtSending, visit.AtNotKept, visit.AtDone, printing, visit.AtNoPrint, visit.AtCode, visit.AtGoodbye}, page)
	return options{silent: thing != station.ThingSpeaker, camera: paper || thing == station.ThingCamera,
		files: paper || filed, full: page == visit.AtNotKept}
}

// goes is what the visitor does next on some pages, fault or no fault.
func (w *ward) goes(page visit.Page) {
	if page == pictureAsked {
		w.do("picture")
	}
}

const preface = `# What happens when a peripheral fails

Written by TestFaultTable, which lets each fault happen on each page of a visit and
holds this file against what it sees: run it with -update after a change.

- **page → next page**: where the visit was, and where the next touch led while the
  fault lasted. The test fails where a touch leads nowhere.
  Some pages are met at more than one moment: *done* also while the receipt comes
  out, a question for a paper also before a picture of it is asked for, and while
  one is taken.
- **citizen**: what is other on the screen than without the fault, as it is read.
- **staff**: the trouble, whom it is told to and after how long. A spell that is
  over sooner is told to nobody.
- **log**: what is logged beyond a visit without the fault.

Each fault is undone in the end, and the test fails unless its unit is well and its
trouble gone within six seconds. Two printers: see TestSparePrinter.
`

// play lets the fault happen on a page.
func (f fault) play(w *ward, page visit.Page, without visit.View, usual []string) (o outcome, next string) {
	t := w.t
	t.Helper()
	w.to(page)
	was := map[trouble.Code]bool{}
	for _, tr := range w.troubles.All() {
		was[tr.Code] = true
	}
	from, began := len(w.log.String()), time.Now()
	f.happen(w)
	w.goes(page)
	w.pass(f.lasts(page) - time.Since(began))
	now := w.sees()
	o.citizen = citizen(now, without)
	if f.thing == "reader" && f.name == "two cards" && now.Screen == string(visit.AtAttract) && page != visit.AtAttract {
		t.Errorf("%s, %s on %s: the visit was lost", f.thing, f.name, page)
	}
	o.staff = told(w, was)
	var logged []string
	for _, l := range lines(w.log.String()[from:]) {
		if !slices.Contains(usual, l) {
			logged = append(logged, l)
		}
	}
	o.log = strings.Join(logged, "; ")
	if o.log == "" {
		o.log = "nothing"
	}
	// The visit goes on, the fault still there.
	w.do(onward[now.Screen])
	after := w.sees()
	if after.Screen == now.Screen && after.Step == now.Step {
		t.Errorf("%s %s on %s: %q leads nowhere from %q", f.thing, f.name, page, onward[now.Screen], now.Screen)
	}
	if f.heal != nil {
		f.heal(w)
		w.pass(6 * time.Second)
		w.well(f, page)
	}
	return o, after.Screen
}

// told is what staff are told, beyond what was wrong before.
func told(w *ward, was map[trouble.Code]bool) string {
	var all []string
	for _, tr := range w.troubles.All() {
		if was[tr.Code] {
			continue
		}
		k := trouble.KindOf(tr.Code)
		when := "at once"
		if k.ShowAfter > 0 {
			when = "after " + k.ShowAfter.String()
		}
		all = append(all, fmt.Sprintf("%s, %s: `%s` “%s”", tr.Who, when, tr.Code,
			w.shelf.texts.In(pack.VI, "trouble."+string(tr.Code)+".title", text.Args{})))
	}
	if all == nil {
		return "nothing"
	}
	return strings.Join(all, "; ")
}

// well fails unless the unit has healed.
func (w *ward) well(f fault, page visit.Page) {
	w.t.Helper()
	for _, c := range w.s.Conditions() {
		if c.Thing == f.thing && (!c.State.Fine() || c.Trouble != "") && !(f.thing == station.ThingSpeaker && c.State == station.Unknown) {
			w.t.Errorf("%s %s on %s: still %q, %q after it was mended", f.thing, f.name, page, c.State, c.Trouble)
		}
	}
	for _, tr := range w.troubles.All() {
		if strings.HasPrefix(string(tr.Code), f.thing) {
			w.t.Errorf("%s %s on %s: trouble %s stays", f.thing, f.name, page, tr.Code)
		}
	}
}
