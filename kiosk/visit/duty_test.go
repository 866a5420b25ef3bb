package visit

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// staffed is a station whose staff have a PIN.
func staffed(t testing.TB) *Machine {
	place := machine(t).Place
	place.HasPIN = true
	return New(place)
}

// onDuty brings staff to the list of the parts, over the page that w is on.
func (w *walker) onDuty() {
	w.t.Helper()
	w.touch("staff", "duty")
	w.sheet(sheetPIN)
	w.keys("2468")
	w.touch("next")
	if pin := task[CheckPIN](w).PIN; pin != "2468" {
		w.t.Fatalf("asked for PIN of %d digits", len(pin))
	}
	w.happen(PINChecked{Right: true})
	w.sheet(sheetParts)
}

func (w *walker) sheet(want sheet) {
	w.t.Helper()
	if w.s.duty.at != want {
		w.t.Fatalf("staff are at %q, want %q", w.s.duty.at, want)
	}
	if want != noSheet && w.v.Screen != string(want) {
		w.t.Fatalf("%q is shown, want %q", w.v.Screen, want)
	}
}

var parts = []Part{
	{Thing: "printer", Model: "EPSON TM-T82III", State: PartFaulty, Trouble: "printer-paper", Since: morning},
	{Thing: "scanner", State: PartReady}, {Thing: "reader", State: PartUnknown}, {Thing: "speaker", State: PartSilent},
	{Thing: "central", State: PartWarning, Trouble: "central-away"}, {Thing: "something new", State: PartAbsent, Trouble: "unheard-of"},
}

// TestDutyKeepsTheVisit: whatever staff do, the visitor's page is there again.
func TestDutyKeepsTheVisit(t *testing.T) {
	w := walk(t, staffed(t))
	w.review()
	before := w.v
	w.onDuty()
	for _, e := range []Event{Scanned{card7}, Garbled{}, Touched{"submit"}, Touched{"consent"}, Touched{"door:submit"}} {
		w.happen(e)
	}
	for range 2 * 60 {
		w.happen(Tick{})
	}
	w.sheet(sheetParts)
	w.touch("end")
	w.sheet(noSheet)
	w.at(AtReview)
	if diff := cmp.Diff(before, w.v); diff != "" {
		t.Errorf("the page below changed:\n%s", diff)
	}
	for range 59 {
		w.happen(Tick{})
	}
	if w.v.Over != nil {
		t.Error("the visitor has not a whole minute again")
	}
}

// TestDutyEnds: a sheet that nobody touches is taken away, and then the visit ends
// as any other.
func TestDutyEnds(t *testing.T) {
	for _, pin := range []bool{true, false} {
		w := walk(t, staffed(t))
		w.touch("start")
		limit := pinAfter
		if pin {
			w.touch("staff", "duty")
		} else {
			w.onDuty()
			limit = dutyAfter
		}
		for range limit/time.Second - 1 {
			w.happen(Tick{})
		}
		if w.s.duty.at == noSheet {
			t.Fatal("taken away too early")
		}
		w.happen(Tick{})
		w.sheet(noSheet)
		everybodyLeaves(t, w.m, w.s, w.now)
	}
}

// TestPIN: the digits are shown and printed nowhere, and guessing ends soon.
func TestPIN(t *testing.T) {
	w := walk(t, staffed(t))
	w.touch("start", "staff", "duty")
	w.keys("135")
	w.touch("next")
	if has[CheckPIN](w) || block[Field](t, w.v).Problem == "" {
		t.Error("a PIN of three digits was taken")
	}
	w.keys("7")
	for _, verb := range []string{"%v", "%+v", "%#v"} {
		for _, v := range []any{w.s, w.v, CheckPIN{"1357"}} {
			if strings.Contains(fmt.Sprintf(verb, v), "1357") {
				t.Errorf("%s of %T shows the PIN", verb, v)
			}
		}
	}
	if got := block[Field](t, w.v).Value; got != "••••" {
		t.Errorf("the field shows %q", got)
	}
	w.happen(PINChecked{Right: true})
	w.sheet(sheetPIN) // nobody asked
	w.touch("next")
	w.keys("9")
	if w.s.duty.pin != "" {
		t.Error("typed while the PIN is checked")
	}
	for n := range pinTries {
		w.happen(PINChecked{})
		w.sheet(sheetPIN)
		if n < pinTries-1 {
			w.keys("1357")
			w.touch("next")
		}
	}
	w.touch("back", "end") // the visit ends; what was tried is not forgotten
	w.at(AtAttract)
	w.touch("start", "staff", "duty")
	w.keys("1357")
	w.touch("next")
	if has[CheckPIN](w) {
		t.Fatal("one more PIN was taken")
	}
	w.now = w.now.Add(pinBarred)
	w.touch("end", "staff", "duty")
	w.keys("1357")
	w.touch("next")
	if !has[CheckPIN](w) {
		t.Error("barred for ever")
	}
}

// TestNoPIN: without a PIN there is no way in.
func TestNoPIN(t *testing.T) {
	w := walk(t, machine(t))
	w.touch("start", "staff", "duty")
	w.sheet(noSheet)
	if w.v.Over == nil || len(w.v.Over.Actions) != 1 {
		t.Error("a way in is shown")
	}
}

// TestParts: every state is told in its own words, also of things yet unheard of.
func TestParts(t *testing.T) {
	w := walk(t, staffed(t))
	w.happen(PartsChanged{parts})
	w.touch("start")
	w.onDuty()
	want := []string{"Máy in hết giấy · từ 09:00 23/11", "Sẵn sàng", "Chưa biết", "Có mặt, không tự báo được tình trạng",
		"Mất kết nối trung tâm", "Máy này không có"}
	rows := block[Rows](t, w.v).Items
	for i, r := range rows {
		if r.Line != want[i] {
			t.Errorf("%s: %q, want %q", r.ID, r.Line, want[i])
		}
	}
	if line := block[Heading](t, w.v).Line; !strings.HasPrefix(line, "2 việc") {
		t.Errorf("line %q", line)
	}
	for _, r := range rows {
		w.touch(r.ID)
		w.sheet(sheetPart)
		if _, mends := touchables(w.v)["paper"]; mends != (r.ID == "part:printer") {
			t.Errorf("%s: paper can be changed: %v", r.ID, mends)
		}
		w.touch("back")
	}
	w.touch("part:printer")
	if p := block[Picture](t, w.v).Name; p != "printer-roll" {
		t.Errorf("picture %q", p)
	}
	w.happen(PartsChanged{nil})
	w.sheet(sheetPart)
	w.touch("back")
	if rows := block[Rows](t, w.v); len(rows.Items) > 0 || rows.Empty == "" {
		t.Error("parts that are gone are still shown")
	}
}

func touchables(v View) map[string]bool {
	ids := map[string]bool{}
	for _, id := range touchable(v) {
		ids[id] = true
	}
	return ids
}

// TestPaperChange follows a printer that tells, then one that does not, to a test
// sheet that the scanner reads back.
func TestPaperChange(t *testing.T) {
	w := walk(t, staffed(t))
	w.submitted()
	w.happen(kept)
	w.happen(PrintFailed{PrinterNoPaper})
	w.at(AtNoPrint)
	w.happen(PartsChanged{parts})
	w.onDuty()
	w.touch("part:printer", "paper")
	step := func(want paperStep) {
		t.Helper()
		w.sheet(sheetPaper)
		if w.s.duty.step != want {
			t.Fatalf("at step %d, want %d", w.s.duty.step, want)
		}
	}
	step(paperOpen)
	w.happen(PrinterChanged{PrinterOpen})
	step(paperRoll)
	w.touch("next", "next")
	step(paperShut)
	if block[Note](t, w.v).Text == "" {
		t.Error("nothing says that the cover is open")
	}
	w.happen(PrinterChanged{PrinterReady})
	step(paperPrint)
	if p := task[Print](w); p.Receipt == nil || p.Copy != 2 {
		t.Error("the receipt that waited is not printed")
	}
	task[PrintTest](w)
	w.happen(TestPrinted{Printer: PrinterOpen})
	step(paperPrint)
	if s := block[Seal](t, w.v); s.Title != "Nắp máy in đang mở" {
		t.Errorf("title %q", s.Title)
	}
	w.touch("print")
	task[PrintTest](w)
	w.happen(TestPrinted{Code: "MOTCUA-TEST-1"})
	step(paperRead)
	w.happen(Scanned{card7})
	step(paperRead)
	if w.s.duty.note != "duty.paper.othercode" {
		t.Errorf("note %q", w.s.duty.note)
	}
	w.happen(Scanned{"MOTCUA-TEST-1"})
	step(paperDone)
	w.touch("finish", "back", "back")
	w.sheet(noSheet)
	w.at(AtDone)

	w = walk(t, staffed(t)) // a printer that tells nothing
	w.happen(PartsChanged{parts})
	w.touch("start")
	w.onDuty()
	w.touch("part:printer", "paper", "next", "next", "next")
	step(paperPrint)
	w.happen(TestPrinted{})
	step(paperRead)
	w.happen(Scanned{""})
	step(paperRead)
	w.touch("next")
	step(paperDone)
}
