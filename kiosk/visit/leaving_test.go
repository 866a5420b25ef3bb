package visit

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"motcua/kiosk/identity"
	"motcua/kiosk/pack"
)

// TestReaderGoes: a reader that goes away never holds a visit up.
func TestReaderGoes(t *testing.T) {
	for _, typed := range []bool{false, true} {
		w := walk(t, machine(t))
		w.reading(typed)
		w.happen(ReaderChanged{ReaderAway})
		w.at(map[bool]Page{false: AtPapers, true: AtQuestion}[typed])
		if !has[DropChip](w) {
			t.Error("the reading goes on")
		}
		if s := task[Say](w); s.Key != "chip.away" {
			t.Errorf("said %q", s.Key)
		}
		said := false
		for _, b := range w.v.Blocks {
			note, ok := b.(Note)
			said = said || ok && strings.HasPrefix(note.Text, "Ô đọc thẻ đang nghỉ")
		}
		if !said {
			t.Error("nothing on the screen says why")
		}
		w.happen(ChipRead{genuine})
		if w.s.person.Assurance == identity.ChipGenuine {
			t.Error("a reading that was dropped gave a person")
		}
	}
}

// TestReadingEnds: waiting for a chip is not idleness, and has its limit.
func TestReadingEnds(t *testing.T) {
	w := walk(t, machine(t))
	w.reading(false)
	for range 29 {
		w.happen(Tick{})
		w.mood(chipBusy)
	}
	w.happen(Tick{})
	w.mood(chipUnreadable)
	if !has[DropChip](w) {
		t.Error("the reading goes on")
	}
	for range 59 {
		w.happen(Tick{})
	}
	if w.v.Over != nil {
		t.Error("the time of the reading counted as idle")
	}
	w.happen(Tick{})
	if w.v.Over == nil || w.v.Over.Name != "idle" {
		t.Error("nobody is asked for after the reading")
	}
}

// TestLifted: the screen does not wait for the reading to fail, unless all is read.
func TestLifted(t *testing.T) {
	w := walk(t, machine(t))
	w.reading(false)
	w.happen(ChipReached{ChipReading})
	early := *w
	early.happen(ReaderChanged{ReaderEmpty})
	early.mood(chipLifted)
	if !has[DropChip](&early) {
		t.Error("the reading goes on")
	}
	early.happen(ChipFailed{ChipLifted})
	if early.s.tries != 1 {
		t.Errorf("one lifting counts as %d tries", early.s.tries)
	}
	second := *w
	second.happen(ReaderChanged{ReaderCrowded})
	second.mood(chipCrowded)
	second.happen(ReaderChanged{ReaderCard})
	second.mood(chipBusy)
	w.happen(ChipReached{ChipChecking})
	w.happen(ReaderChanged{ReaderEmpty})
	w.mood(chipBusy)
	w.happen(ChipRead{genuine})
	w.at(AtPapers)
}

// TestSteps ticks what was reached, whichever came first.
func TestSteps(t *testing.T) {
	w := walk(t, machine(t))
	w.reading(false)
	for _, step := range []ChipStep{ChipProving, ChipReading, ChipReading, -1, 99} {
		w.happen(ChipReached{step})
	}
	var icons []string
	for _, l := range block[Table](t, w.v).Lines {
		icons = append(icons, l.Icon)
	}
	want := []string{"circle-check", "circle-dot", "circle-check", "circle"}
	if diff := cmp.Diff(want, icons); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
}

func TestExpiredChip(t *testing.T) {
	byLaw := genuine // says no day itself: 40 by the law of 2014
	byLaw.Born, byLaw.Expires, byLaw.Issued = date(1986, 11, 22), time.Time{}, date(2021, 4, 15)
	for _, p := range []identity.Person{expired, byLaw} {
		w := walk(t, machine(t))
		w.reading(true)
		w.happen(ChipRead{p})
		w.at(AtIdentify)
		if w.s.note != "identity.expired" || w.s.known {
			t.Errorf("note %q", w.s.note)
		}
		w.touch("way:type")
		w.keys("001090999999")
		w.touch("next")
		w.at(AtQuestion)
		if w.v.Step != "id.name" {
			t.Errorf("asked %q: the expired chip is read again", w.v.Step)
		}
	}
}

// TestStrangerChip: a chip with another number, such as one whose reading began
// in the visit before, never becomes this visitor.
func TestStrangerChip(t *testing.T) {
	for _, typed := range []bool{false, true} {
		w := walk(t, machine(t))
		w.reading(typed)
		w.happen(ChipRead{stranger})
		w.mood(chipDiffers)
		w.touch("skip")
		if w.s.person.Name == stranger.Name {
			t.Error("took a stranger's name")
		}
	}
	w := walk(t, machine(t))
	w.reading(false)
	w.happen(ChipRead{identity.Person{Number: genuine.Number, Assurance: identity.ChipGenuine}})
	w.mood(chipUnreadable)
}

// TestLeavingDropsTheChip takes every road off the page while the chip is read.
func TestLeavingDropsTheChip(t *testing.T) {
	for _, road := range [][]Event{
		{Touched{"back"}}, {Touched{"skip"}}, {Touched{"end"}, Touched{"leave"}}, {ReaderChanged{ReaderAway}},
		{ReaderChanged{ReaderEmpty}}, {ReaderChanged{ReaderCrowded}},
	} {
		w := walk(t, machine(t))
		w.reading(true)
		for _, e := range road {
			w.happen(e)
		}
		if !has[DropChip](w) {
			t.Errorf("%v: the reading goes on", road)
		}
		if w.s.Page() == AtAttract {
			checkForgotten(t, w.m, w.s)
		}
		w.happen(ChipRead{genuine})
		if w.s.known {
			t.Errorf("%v: the visit knows who it was", road)
		}
	}
}

// TestOverStays: what lies over the page is not taken away under the finger.
func TestOverStays(t *testing.T) {
	w := walk(t, machine(t))
	w.reading(false)
	w.touch("end")
	w.happen(ChipRead{genuine})
	w.at(AtPapers)
	if w.v.Over == nil || w.v.Over.Name != "stop" {
		t.Fatal("the question whether to stop is gone")
	}
	w.touch("leave")
	w.at(AtAttract)
	checkForgotten(t, w.m, w.s)
}

// TestForgottenCard: whoever leaves without the card is told.
func TestForgottenCard(t *testing.T) {
	w := walk(t, machine(t))
	w.submitted()
	w.happen(kept)
	w.happen(ReaderChanged{ReaderCard})
	w.touch("finish")
	w.at(AtGoodbye)
	if s := task[Say](w); s.Key != "goodbye.card.say" || block[Card](t, w.v).Title == "" {
		t.Errorf("said %q", s.Key)
	}
	w.touch("finish")
	w.at(AtAttract)
	if w.s.reader != ReaderCard {
		t.Error("the reader's state ends with the visit")
	}
}

// TestCardWakes: a card laid down begins a visit, and one that trembles on the rim
// keeps none open.
func TestCardWakes(t *testing.T) {
	w := walk(t, machine(t))
	w.happen(ReaderChanged{ReaderCard}) // the reader came back with a card on it
	w.at(AtAttract)
	w.happen(ReaderChanged{ReaderEmpty})
	w.happen(ReaderChanged{ReaderCard})
	w.at(AtHome)
	for range 2 * (IdleAfter + IdleCount) / time.Second {
		w.happen(ReaderChanged{ReaderEmpty})
		w.happen(ReaderChanged{ReaderCard})
		w.happen(Tick{})
		if w.s.Page() == AtAttract {
			return
		}
	}
	t.Error("a trembling card keeps the visit open")
}

// TestWithoutReader: where none is configured, or it is away, nothing speaks of it.
func TestWithoutReader(t *testing.T) {
	with := machine(t)
	place := with.Place
	place.HasReader = false
	without := New(place)
	for _, page := range Pages {
		if page == AtChip {
			continue
		}
		a, b := arrive(t, with, page), arrive(t, without, page)
		if diff := cmp.Diff(with.View(a), without.View(b)); diff != "" {
			t.Errorf("%s with a reader that is away (-) and without one (+):\n%s", page, diff)
		}
		s, _, tasks := without.Step(b, b.now, ReaderChanged{ReaderCard})
		if s.reader != ReaderAway || len(tasks) > 0 {
			t.Errorf("%s: a reader came where none is configured", page)
		}
	}
}

// TestChipPageKeepsSecrets: on no view of the chip stands who it is.
func TestChipPageKeepsSecrets(t *testing.T) {
	for _, typed := range []bool{false, true} {
		for why := ChipLifted; why <= ChipUnreadable; why++ {
			w := walk(t, machine(t))
			w.reading(typed)
			busy := fmt.Sprintf("%+v", w.v)
			w.happen(ChipFailed{why})
			for _, v := range []string{busy, fmt.Sprintf("%+v", w.v), fmt.Sprintf("%+v", w.tasks)} {
				if strings.Contains(v, "999999") || strings.Contains(v, "Mẫu") {
					t.Errorf("problem %d: the view shows a person", why)
				}
			}
			w.touch("lang:en")
			if w.v.Lang != pack.EN {
				t.Error("not in English")
			}
		}
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		for _, v := range []any{ChipRead{genuine}, ReadChip{genuine}} {
			if s := fmt.Sprintf(verb, v); strings.Contains(s, "999999") || strings.Contains(s, "Mẫu") {
				t.Errorf("%s of %T shows a person", verb, v)
			}
		}
	}
}
