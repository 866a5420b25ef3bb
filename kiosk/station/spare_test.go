package station_test

import (
	"image"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"motcua/devices"
	"motcua/devices/barcode/picture"
	"motcua/devices/receipt"
	"motcua/devices/receipt/journal"
	"motcua/kiosk/pin"
	"motcua/kiosk/station"
	"motcua/kiosk/trouble"
	"motcua/kiosk/visit"
)

// wrong tells whether a unit has that trouble.
func (w *ward) wrong(code trouble.Code, unit string) bool {
	for _, tr := range w.troubles.All() {
		if tr.Code == code && tr.Unit == unit {
			return true
		}
	}
	return false
}

// TestSparePrinter: what the main printer cannot print the spare one does, the
// citizen notices nothing, and staff are told all the same. A copy that the main
// printer may have begun is marked.
func TestSparePrinter(t *testing.T) {
	shelf := newShelf(t)
	for name, tc := range map[string]struct {
		before, during func(*ward)
		wrong          trouble.Code
		copies         int // the number of the piece that came out
	}{
		"away":             {func(w *ward) { w.printer.fail(gone("printer")) }, nil, "printer-away", 1},
		"paper out":        {func(w *ward) { w.printer.be(receipt.PaperOut) }, nil, "printer-paper", 1},
		"refused":          {func(w *ward) { w.printer.fail(refused("printer")) }, nil, "printer-refused", 1},
		"paper ends":       {nil, func(w *ward) { w.printer.be(receipt.PaperOut) }, "printer-paper", 2},
		"pulled meanwhile": {nil, func(w *ward) { w.printer.fail(gone("printer")) }, "printer-away", 2},
	} {
		t.Run(name, func(t *testing.T) {
			j := openJournal(t, filepath.Join(t.TempDir(), "journal"))
			play(t, shelf, options{spare: true, silent: true, files: true, journal: j}, func(w *ward) {
				w.to(visit.AtReview)
				if tc.before != nil {
					tc.before(w)
					w.pass(3 * time.Second)
				}
				w.do("consent", "submit")
				w.pass(900 * time.Millisecond)
				if tc.during != nil {
					tc.during(w)
				}
				w.pass(3 * printTakes)
				w.must(visit.AtDone)
				if w.printer.pieces() != 0 || w.spare.pieces() != 1 {
					t.Errorf("%d pieces of the main printer, %d of the spare", w.printer.pieces(), w.spare.pieces())
				}
				if !w.wrong(tc.wrong, "printer") || w.wrong(tc.wrong, "spare") {
					t.Errorf("troubles %v, want %s of the main printer", w.troubles.All(), tc.wrong)
				}
				job, _ := j.Job(w.list()[0].ID)
				if job.State != journal.Out || job.Copy != tc.copies {
					t.Errorf("the journal has %s, copy %d, want out, copy %d", job.State, job.Copy, tc.copies)
				}
			})
			if err := j.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestAllScanners: each one that is there is listened to; the visit has one as long
// as one is left, and takes a code that two of them see once.
func TestAllScanners(t *testing.T) {
	shelf := newShelf(t)
	play(t, shelf, options{spare: true, silent: true}, func(w *ward) {
		w.to(visit.AtIdentify)
		w.scanner.fail(gone("scanner"))
		w.pass(3 * time.Second)
		if !strings.Contains(strings.Join(seen(w.sees()), " "), "QR") {
			t.Errorf("the page does not offer the scanner that is left: %q", seen(w.sees()))
		}
		w.second.codes <- code
		w.must(visit.AtChip)
		w.do("back") // to identify, where a code counts again
		w.must(visit.AtIdentify)
		w.scanner.plug()
		w.pass(3 * time.Second)
		w.scanner.codes <- code
		w.must(visit.AtChip)
		w.do("back")
		w.second.codes <- code // within the same breath
		w.must(visit.AtIdentify)
	})
}

// TestReaderStandsBy: while the second reader does its work, the first heals as soon
// as it can be had again, and is not taken from anybody; it is used when the second
// one is lost.
func TestReaderStandsBy(t *testing.T) {
	shelf := newShelf(t)
	play(t, shelf, options{spare: true, silent: true}, func(w *ward) {
		is := func(unit string) station.Condition {
			for _, c := range w.s.Conditions() {
				if c.Unit == unit {
					return c
				}
			}
			return station.Condition{}
		}
		w.pullReader(refused("reader"))
		w.pass(3 * time.Second)
		if a, b := is("reader"), is("reader-2"); a.State != station.Refused || a.Trouble != "reader-denied" || b.State != station.OK {
			t.Fatalf("lost: %+v, %+v", a, b)
		}
		w.reader.fail(gone("reader"))
		w.pass(6 * time.Second)
		if a := is("reader"); a.State != station.Away || a.Trouble != "reader-away" {
			t.Errorf("unplugged while it was refused: %+v", a)
		}
		w.reader.plug()
		w.pass(6 * time.Second)
		if a, b := is("reader"), is("reader-2"); a.State != station.Unknown || a.Trouble != "" || b.State != station.OK {
			t.Errorf("put back: %+v, %+v", a, b)
		}
		if left := w.troubles.All(); len(left) != 0 {
			t.Errorf("troubles stay: %v", left)
		}
		w.standby.Unplug()
		w.pass(3 * time.Second)
		if a := is("reader"); a.State != station.OK {
			t.Errorf("the second one lost: %+v", a)
		}
	})
}

// TestBest: what is bad is told as what it is, and what is not known is not bad.
func TestBest(t *testing.T) {
	shelf := newShelf(t)
	play(t, shelf, options{spare: true, silent: true}, func(w *ward) {
		for _, c := range []struct {
			first, spare receipt.Status
			want         station.State
		}{
			{receipt.PaperOut, receipt.OK, station.OK},
			{receipt.PaperOut, receipt.CoverOpen, station.PaperOut},
			{receipt.PaperOut, receipt.Unknown, station.Unknown},
			{receipt.Unsupported, receipt.PaperOut, station.Unsupported},
			{receipt.OK, receipt.PaperOut, station.OK},
		} {
			w.printer.be(c.first)
			w.spare.be(c.spare)
			w.pass(time.Second)
			if got := w.s.Best(station.ThingPrinter); got != c.want {
				t.Errorf("the first is %v, the spare %v: %q, want %q", c.first, c.spare, got, c.want)
			}
		}
		if got := w.s.Best(station.ThingCamera); got != station.Away {
			t.Errorf("no camera: %q", got)
		}
	})
}

// TestNoise: a scanner that sends nothing but noise does not fill the log.
func TestNoise(t *testing.T) {
	shelf := newShelf(t)
	play(t, shelf, options{silent: true}, func(w *ward) {
		for range 1200 { // two minutes
			w.scanner.codes <- ""
			w.pass(100 * time.Millisecond)
		}
		if n := strings.Count(w.log.String(), "code not readable"); n < 2 || n > 3 {
			t.Errorf("logged %d times in two minutes", n)
		}
	})
}

// TestDuty: behind the PIN staff see how each part is, and a change of paper ends in
// a test sheet that the scanner reads back.
func TestDuty(t *testing.T) {
	shelf := newShelf(t)
	hash := must[string](t)(pin.Hash("4711"))
	play(t, shelf, options{silent: true, pin: hash}, func(w *ward) {
		w.printer.be(receipt.PaperOut)
		w.pass(time.Second)
		w.do("start", "staff", "duty")
		enter := func(digits string) {
			for _, d := range digits {
				w.do("key:" + string(d))
			}
			w.do("next")
		}
		enter("4712")
		if v := w.sees(); v.Screen != "duty-pin" {
			t.Fatalf("a wrong PIN led to %q", v.Screen)
		}
		enter("4711")
		v := w.sees()
		if v.Screen != "duty-parts" {
			t.Fatalf("the right PIN led to %q", v.Screen)
		}
		lines := map[string]string{}
		for _, b := range v.Blocks {
			if rows, ok := b.(visit.Rows); ok {
				for _, r := range rows.Items {
					lines[r.ID] = r.Line
				}
			}
		}
		for id, want := range map[string]string{"part:printer": "Máy in hết giấy", "part:scanner": "Sẵn sàng", "part:reader": "Sẵn sàng",
			"part:speaker": "Chưa biết", "part:central": "Sẵn sàng", "part:outbox": "Sẵn sàng", "part:clock": "Sẵn sàng"} {
			if !strings.HasPrefix(lines[id], want) {
				t.Errorf("%s: %q, want %q", id, lines[id], want)
			}
		}
		w.do("part:printer", "paper")
		w.printer.be(receipt.CoverOpen)
		w.pass(time.Second)
		w.printer.be(receipt.OK) // the roll is in and the cover shut
		w.pass(time.Second + printTakes)
		if v := w.sees(); v.Screen != "duty-paper" || w.printer.pieces() != 1 {
			t.Fatalf("at %q %q, %d test sheets", v.Screen, v.Step, w.printer.pieces())
		}
		before := w.sees().Step
		w.scanner.codes <- "MOTCUA-TEST:OFANOTHER"
		if w.sees().Step != before {
			t.Error("another sheet's code passed")
		}
		w.scanner.codes <- readCode(t, w.printer.whole[0])
		if w.sees().Step == before {
			t.Error("the sheet's own code did not pass")
		}
	})
}

// TestPrintRead: the sheet that came out passes, another one does not.
func TestPrintRead(t *testing.T) {
	shelf := newShelf(t)
	play(t, shelf, options{silent: true}, func(w *ward) {
		for _, own := range []bool{true, false} {
			ended := make(chan error, 1)
			go func() { ended <- w.s.PrintRead(w.t.Context(), "") }()
			w.pass(2 * printTakes)
			text := readCode(t, w.printer.whole[w.printer.pieces()-1])
			if !own {
				text = "MOTCUA-TEST:OFANOTHER"
			}
			w.scanner.codes <- text
			if err := <-ended; own && err != nil || !own && !isVisitor(err) {
				t.Errorf("own sheet %v: %v", own, err)
			}
		}
		if c := w.s.Best(station.ThingScanner); c != station.OK {
			t.Errorf("scanner %q", c)
		}
	})
}

func isVisitor(err error) bool {
	_, ok := err.(*devices.Error)
	return ok && strings.Contains(err.Error(), "visitor")
}

// readCode reads the QR code on a piece of paper.
func readCode(t *testing.T, page *image.Gray) string {
	t.Helper()
	found, err := new(picture.Reader).Read(page)
	if err != nil {
		t.Fatal(err)
	}
	return found.Text
}
