package visit

import (
	"cmp"
	"fmt"
	"strings"
	"testing"
	"time"

	diffs "github.com/google/go-cmp/cmp"

	"motcua/kiosk/identity"
	"motcua/kiosk/pack"
)

var face = PortraitRead{ID: "face", Assurance: identity.ChipGenuine}

// comparing brings staff to the sheet on which they compare, over the page that w
// is on.
func (w *walker) comparing() {
	w.t.Helper()
	if w.s.reader == ReaderAway {
		w.happen(ReaderChanged{ReaderEmpty})
	}
	w.onDuty()
	w.touch("portrait")
	w.sheet(sheetPortrait)
}

// about checks what the sheet is about.
func (w *walker) about(want mood) {
	w.t.Helper()
	w.sheet(sheetPortrait)
	if got := w.s.duty.face.chip.mood; got != want || w.v.Step != string(want) {
		w.t.Fatalf("the sheet is about %q and shows %q, want %q", got, w.v.Step, want)
	}
}

// shown brings a portrait onto the sheet.
func (w *walker) shown() {
	w.t.Helper()
	w.comparing()
	w.happen(ReaderChanged{ReaderCard})
	w.happen(Scanned{card7})
	task[ReadPortrait](w)
	w.happen(face)
	w.about(faceShown)
}

// moods of the sheet, each reached by a real road.
var compareMoods = []mood{faceAsked, chipLay, chipBusy, chipLifted, chipCrowded, chipUnknown, chipLocked, chipDiffers,
	chipRefused, chipUnreadable, faceShown, PortraitNone, PortraitKind, PortraitSpoiled}

func (w *walker) compare(m mood) {
	w.t.Helper()
	w.comparing()
	for why := ChipLifted; why <= ChipUnreadable; why++ {
		if to, _ := moodOf(why); to == m {
			w.happen(ReaderChanged{ReaderCard})
			w.happen(Scanned{card7})
			w.happen(ChipFailed{why})
		}
	}
	switch m {
	case faceAsked:
		w.keys("999999")
	case chipLay:
		w.happen(Scanned{card7})
	case chipBusy, faceShown, PortraitNone, PortraitKind, PortraitSpoiled:
		w.happen(ReaderChanged{ReaderCard})
		w.happen(Scanned{card7})
		if m == faceShown {
			w.happen(face)
		} else if m != chipBusy {
			w.happen(PortraitRead{Lack: string(m), Assurance: identity.ChipRead})
		}
	}
	w.about(m)
}

// TestEveryPairOfThePortrait lets every event happen whatever the sheet is about,
// and writes down where it leads. A portrait that is no longer shown is wiped in
// the same step, and no other.
func TestEveryPairOfThePortrait(t *testing.T) {
	m := staffed(t)
	var table strings.Builder
	for _, from := range compareMoods {
		w := walk(t, m)
		w.touch("start")
		w.compare(from)
		for _, e := range append(events(), Touched{"key:6"}) {
			after := walker{t: t, m: m, s: w.s}
			after.s, after.v, after.tasks = m.Step(w.s, w.now.Add(time.Second), e)
			s := after.s
			shows := w.s.duty.face.read.ID != "" && s.duty.face.read.ID == ""
			came, late := e.(PortraitRead)
			late = late && came.ID != "" && s.duty.face.read.ID != came.ID
			if has[DropPortrait](&after) != (shows || late) {
				t.Errorf("%q + %s: wiped %v, want %v", from, name(e), has[DropPortrait](&after), shows || late)
			}
			if w.s.readsChip() && !s.readsChip() && !ended(e) && !has[DropChip](&after) {
				t.Errorf("%q + %s: the chip is read on", from, name(e))
			}
			if len(touchable(after.v)) == 0 {
				t.Errorf("%q + %s: nothing can be touched", from, name(e))
			}
			if s.duty.at != w.s.duty.at || s.duty.face.chip.mood != from || has[ReadPortrait](&after) || after.v.Over != nil {
				to := cmp.Or(string(s.duty.at), "the visit")
				if s.duty.at == sheetPortrait {
					to = cmp.Or(string(s.duty.face.chip.mood), "asked")
				}
				if has[ReadPortrait](&after) {
					to += ", reads"
				}
				if after.v.Over != nil {
					to += " under " + after.v.Over.Name
				}
				fmt.Fprintf(&table, "%-10s %-34s → %s\n", cmp.Or(from, "asked"), name(e), to)
			}
		}
	}
	golden(t, "testdata/pairs-portrait.golden", table.String())
}

// TestPortraitByCodeOrDigits: either opens the chip, before or after the card is
// laid down.
func TestPortraitByCodeOrDigits(t *testing.T) {
	w := walk(t, staffed(t))
	w.touch("start")
	w.comparing()
	w.touch("next")
	if got := block[Field](t, w.v).Problem; got == "" {
		t.Error("no digits were enough")
	}
	w.keys("9999991") // the seventh is not taken
	w.touch("next")
	w.about(chipLay)
	w.happen(ReaderChanged{ReaderCard})
	if got := task[ReadPortrait](w); got.Digits != "999999" || got.Person.Number != "" {
		t.Error("not opened with the digits that were typed")
	}
	w.touch("back")
	task[DropChip](w)
	w.about(faceAsked)
	if w.s.duty.face.digits != "" {
		t.Error("the digits are kept")
	}
	w.happen(Scanned{card7})
	if got := task[ReadPortrait](w); got.Digits != "" || got.Person.Number.Reveal() != "001090999999" {
		t.Error("not opened with what the code says")
	}
	for _, verb := range []string{"%v", "%+v", "%#v"} {
		if got := fmt.Sprintf(verb, task[ReadPortrait](w)); strings.Contains(got, "9999") || strings.Contains(got, "Mẫu") {
			t.Errorf("%s shows %q", verb, got)
		}
	}
}

// TestPortraitShowsNobody: beside the portrait stands how far it was proven and how
// long it stays, in both languages.
func TestPortraitShowsNobody(t *testing.T) {
	for _, lang := range []pack.Lang{pack.VI, pack.EN} {
		said := map[string]bool{}
		for _, level := range []identity.Assurance{identity.ChipRead, identity.ChipVerified, identity.ChipGenuine} {
			w := walk(t, staffed(t))
			w.review()
			w.comparing()
			w.touch("lang:" + string(lang))
			w.happen(ReaderChanged{ReaderCard})
			w.happen(Scanned{card7})
			w.happen(PortraitRead{ID: "face", Assurance: level})
			for _, secret := range []string{"Mẫu", "001090", "999999", "1990", "Số 1"} {
				if strings.Contains(fmt.Sprintf("%+v", w.v), secret) {
					t.Errorf("the sheet shows %q", secret)
				}
			}
			if len(w.v.Blocks) != 3 || block[Portrait](t, w.v).ID != "face" {
				t.Fatalf("the sheet is %+v", w.v.Blocks)
			}
			said[block[Card](t, w.v).Title] = true
			if left := w.v.Blocks[2].(Note).Text; !strings.Contains(left, "30") {
				t.Errorf("it stays for %q", left)
			}
		}
		if len(said) != 3 {
			t.Errorf("three levels are told in %d sentences", len(said))
		}
	}
}

// TestPortraitGoes: after 30 s, with its card, with the reader, and with staff,
// whether they go, are away or the list is asked for. Nothing of it is left.
func TestPortraitGoes(t *testing.T) {
	clean := func(w *walker, why string) {
		t.Helper()
		if got := task[DropPortrait](w).ID; got != "face" {
			t.Errorf("%s: %q is wiped", why, got)
		}
		if s := w.s.duty.face; s.read.ID != "" || s.digits != "" || s.holder.Number != "" || s.holder.Name != "" {
			t.Errorf("%s: something of the card is left", why)
		}
		if strings.Contains(fmt.Sprintf("%+v", w.v), "face") {
			t.Errorf("%s: it is still shown", why)
		}
	}
	for why, e := range map[string]Event{"lifted": ReaderChanged{ReaderEmpty}, "a second card": ReaderChanged{ReaderCrowded},
		"the reader is gone": ReaderChanged{ReaderAway}, "back": Touched{"back"}, "put away": Touched{"finish"}, "staff leave": Touched{"end"}} {
		w := walk(t, staffed(t))
		w.review()
		w.shown()
		w.happen(e)
		clean(w, why)
	}
	w := walk(t, staffed(t))
	w.touch("start")
	w.shown()
	for range portraitFor/time.Second - 1 {
		w.happen(Tick{})
		w.about(faceShown)
		if w.v.Over != nil {
			t.Fatal("something lies over it")
		}
	}
	w.happen(Tick{})
	clean(w, "30 s")
	w.about(faceAsked)
	if n := block[Note](t, w.v); n.Tone != Jade {
		t.Errorf("it says %q", n.Text)
	}
	everybodyLeaves(t, w.m, w.s, w.now)
}

// TestPortraitTooLate: one that comes when nobody waits for it is wiped at once.
func TestPortraitTooLate(t *testing.T) {
	w := walk(t, staffed(t))
	w.happen(face)
	task[DropPortrait](w)
	w.touch("start")
	w.comparing()
	w.happen(ReaderChanged{ReaderCard})
	w.happen(Scanned{card7})
	w.touch("end")
	task[DropChip](w)
	w.happen(face)
	task[DropPortrait](w)
	w.sheet(noSheet)
	w.happen(PortraitRead{Lack: PortraitKind})
	if has[DropPortrait](w) {
		t.Error("wiped what is not there")
	}
}

// TestPortraitTakesTooLong: a chip of which nothing more is heard holds nobody.
func TestPortraitTakesTooLong(t *testing.T) {
	w := walk(t, staffed(t))
	w.touch("start")
	w.compare(chipBusy)
	for range chipLimit / time.Second {
		w.happen(Tick{})
	}
	w.about(chipUnreadable)
	w.touch("retry")
	task[ReadPortrait](w)
	w.about(chipBusy)
}

// TestPortraitOverAReading: the visitor's own card is read anew when staff have
// done, and a card that staff lay down is not taken for it before.
func TestPortraitOverAReading(t *testing.T) {
	w := walk(t, staffed(t))
	w.touch("start", "door:submit", "row:"+birth)
	w.happen(ReaderChanged{ReaderCard})
	w.happen(Scanned{card7})
	w.at(AtChip)
	w.onDuty()
	w.touch("portrait")
	task[DropChip](w)
	w.happen(ReaderChanged{ReaderEmpty})
	w.happen(ReaderChanged{ReaderCard})
	if has[ReadChip](w) {
		t.Fatal("read for the visitor while staff have the reader")
	}
	w.happen(ChipRead{genuine})
	w.at(AtChip)
	w.touch("back", "end")
	w.at(AtChip)
	if w.s.chip.mood != chipBusy || w.s.tries != 0 {
		t.Errorf("the visitor's card is %q after %d tries", w.s.chip.mood, w.s.tries)
	}
	w.happen(ChipRead{genuine})
	w.at(AtPapers)

	w = walk(t, staffed(t))
	w.s = arrive(t, w.m, AtChip)
	w.onDuty()
	w.touch("portrait")
	w.happen(ReaderChanged{})
	if w.v.Step != "away" {
		t.Errorf("the sheet shows %q", w.v.Step)
	}
	w.touch("key:1", "next")
	w.happen(Scanned{card7})
	if w.s.duty.face.digits != "" || has[ReadPortrait](w) {
		t.Error("digits are taken without a reader")
	}
	w.touch("back", "end")
	w.at(AtPapers)
}

// TestPortraitStaysBehindThePIN: no touch of a visitor leads to it, and a station
// without a reader has no such sheet.
func TestPortraitStaysBehindThePIN(t *testing.T) {
	w := walk(t, staffed(t))
	w.happen(ReaderChanged{ReaderCard})
	w.touch("start", "portrait", "staff", "portrait", "duty", "portrait")
	w.sheet(sheetPIN)
	w.happen(Scanned{card7})
	if has[ReadPortrait](w) {
		t.Error("read before the PIN")
	}
	before := w.v
	w.happen(ChipFailed{ChipLocked})
	if diff := diffs.Diff(before, w.v); diff != "" {
		t.Error("the PIN's sheet changed: " + diff)
	}
	place := staffed(t).Place
	place.HasReader = false
	w = walk(t, New(place))
	w.touch("start")
	w.onDuty()
	w.touch("portrait")
	w.sheet(sheetParts)
	for _, b := range w.v.Actions {
		if b.ID == "portrait" {
			t.Error("offered without a reader")
		}
	}
}
