package station_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"motcua/devices/receipt"
	"motcua/devices/receipt/journal"
	"motcua/kiosk/outbox"
	"motcua/kiosk/visit"
)

func openJournal(t *testing.T, path string) *journal.Journal {
	t.Helper()
	return must[*journal.Journal](t)(journal.Open(path, journal.Options{}))
}

// TestOwedAtStart: a program that ended in the middle of a receipt leaves a marked
// one behind, and one only; what was never accepted is not printed.
func TestOwedAtStart(t *testing.T) {
	shelf := newShelf(t)
	for name, cut := range map[string]struct {
		at   time.Duration // after the print was asked for
		want journal.State
	}{"before a byte": {0, journal.Owed}, "half printed": {printTakes / 2, journal.Begun}} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			j := openJournal(t, filepath.Join(dir, "journal"))
			play(t, shelf, options{silent: true, files: true, dir: filepath.Join(dir, "outbox"), journal: j}, func(w *ward) {
				w.to(visit.AtReview)
				w.do("consent", "submit")
				if cut.at > 0 {
					w.pass(700*time.Millisecond + cut.at)
				}
				if w.printer.pieces() != 0 {
					t.Fatal("the receipt is out already")
				}
			})
			left := j.Unfinished()
			if len(left) != 1 || left[0].State != cut.want {
				t.Fatalf("the journal has %+v, want one that is %s", left, cut.want)
			}
			if err := j.Owe("019330a0-0000-7000-8000-00000000dead"); err != nil { // promised, never accepted
				t.Fatal(err)
			}
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			j = openJournal(t, filepath.Join(dir, "journal"))
			play(t, shelf, options{silent: true, files: true, dir: filepath.Join(dir, "outbox"), journal: j}, func(w *ward) {
				w.pass(10 * time.Second)
				if n := w.printer.pieces(); n != 1 {
					t.Errorf("%d pieces, want 1", n)
				}
				job, _ := j.Job(left[0].ID)
				if job.State != journal.Out || job.Copy != left[0].Copy+1 || job.Copy < 2 && cut.want == journal.Begun {
					t.Errorf("the journal has %s, copy %d", job.State, job.Copy)
				}
				if !w.wrong("receipt-owed", "") {
					t.Error("staff were not told")
				}
				w.pass(3 * time.Minute)
				if w.wrong("receipt-owed", "") {
					t.Error("staff are still told")
				}
			})
			if left := j.Unfinished(); len(left) != 0 {
				t.Errorf("still owed: %+v", left)
			}
			if err := j.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestLeftWithoutPaper: who leaves with the code on the screen is owed nothing, and
// no receipt of theirs comes out for the next visitor.
func TestLeftWithoutPaper(t *testing.T) {
	shelf := newShelf(t)
	j := openJournal(t, filepath.Join(t.TempDir(), "journal"))
	play(t, shelf, options{silent: true, files: true, journal: j}, func(w *ward) {
		w.to(visit.AtCode)
		w.do("finish", "finish")
		w.must(visit.AtAttract)
		w.printer.be(receipt.OK)
		w.pass(10 * time.Second)
		if n := w.printer.pieces(); n != 0 {
			t.Errorf("%d pieces came out for nobody", n)
		}
		all := must[[]outbox.Entry](t)(w.outbox.List(w.t.Context(), outbox.Filter{}))
		if job, _ := j.Job(all[0].ID); job.State != journal.GivenUp || job.Why != "visit over" {
			t.Errorf("the journal has %s, %q", job.State, job.Why)
		}
		if !strings.Contains(w.log.String(), "receipt not printed") {
			t.Error("nobody is told that no receipt came out")
		}
	})
	if err := j.Close(); err != nil {
		t.Error(err)
	}
}

// TestNothingOwedForNothing: what could not be stored is owed no receipt once the
// visit is over, nor after a crash in the middle of it, and none is missed. As long
// as the visitor may try again, it is promised.
func TestNothingOwedForNothing(t *testing.T) {
	shelf := newShelf(t)
	for name, ends := range map[string]func(*ward){
		"left": func(w *ward) {
			w.do("end", "leave")
			w.must(visit.AtAttract)
		},
		"tried again, and left": func(w *ward) {
			w.do("retry")
			w.must(visit.AtNotKept)
			w.do("end", "leave")
			w.must(visit.AtAttract)
		},
		"cut off": nil,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			j := openJournal(t, filepath.Join(dir, "journal"))
			o := options{silent: true, files: true, full: true, dir: filepath.Join(dir, "outbox"), journal: j}
			play(t, shelf, o, func(w *ward) {
				w.to(visit.AtNotKept)
				if left := j.Unfinished(); len(left) != 1 || left[0].State != journal.Owed {
					t.Fatalf("the journal has %+v, want one that is owed", left)
				}
				if ends != nil {
					ends(w)
				}
			})
			if ends == nil {
				if err := j.Close(); err != nil {
					t.Fatal(err)
				}
				j = openJournal(t, filepath.Join(dir, "journal"))
				o.journal = j
				play(t, shelf, o, func(w *ward) {
					w.pass(10 * time.Second)
					if n := w.printer.pieces(); n != 0 || w.wrong("receipt-owed", "") {
						t.Errorf("%d pieces for nothing; staff told: %v", n, w.wrong("receipt-owed", ""))
					}
				})
			}
			if left := j.Unfinished(); len(left) != 0 {
				t.Errorf("still owed: %+v", left)
			}
			if err := j.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestOwedWhileAway: as long as no printer prints, what is owed is tried, and why it
// does not come out is logged once.
func TestOwedWhileAway(t *testing.T) {
	shelf := newShelf(t)
	dir := t.TempDir()
	j := openJournal(t, filepath.Join(dir, "journal"))
	o := options{silent: true, files: true, dir: filepath.Join(dir, "outbox"), journal: j}
	play(t, shelf, o, func(w *ward) {
		w.to(visit.AtReview)
		w.do("consent", "submit")
	})
	o.empty = true
	play(t, shelf, o, func(w *ward) {
		w.pass(10 * time.Minute)
		if n := strings.Count(w.log.String(), "receipt owed and not printed"); n != 1 {
			t.Errorf("logged %d times in ten minutes", n)
		}
		if !w.wrong("receipt-owed", "") {
			t.Error("staff are not told")
		}
		w.printer.be(receipt.OK)
		w.pass(10 * time.Second)
		if n := w.printer.pieces(); n != 1 {
			t.Errorf("%d pieces when the paper is back", n)
		}
	})
	if err := j.Close(); err != nil {
		t.Error(err)
	}
}
