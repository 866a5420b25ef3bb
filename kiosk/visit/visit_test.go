package visit

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"motcua/kiosk/pack"
)

func TestSubmitOnline(t *testing.T) {
	w := walk(t, machine(t))
	w.happen(LinkChanged{true})
	w.submitted()
	d := task[Submit](w).Draft
	if d.Procedure.Code != birth || d.Person.Name != "Nguyễn Văn Mẫu" || d.Person.Assurance != "qr" || len(d.Answers) < 8 {
		t.Errorf("draft of %s with %d answers, assurance %s", d.Procedure.Code, len(d.Answers), d.Person.Assurance)
	}
	if d.Due.IsZero() || d.Consent == "" || !d.AgreedAt.Equal(w.now.Add(-time.Second)) {
		t.Errorf("draft due %v, consent %q at %v", d.Due, d.Consent, d.AgreedAt)
	}
	w.happen(kept)
	w.at(AtSending)
	if has[Print](w) {
		t.Error("printed before it was known where the submission is")
	}
	w.happen(Received{ID: kept.ID, Dossier: "H26.82-261123-0001"})
	w.at(AtDone)
	if r := task[Print](w); !r.Receipt.Received || r.Receipt.Dossier != "H26.82-261123-0001" || r.Copy != 1 {
		t.Errorf("receipt received %v, copy %d", r.Receipt.Received, r.Copy)
	}
	w.happen(Printed{})
	w.touch("rate:5")
	if r := task[Rate](w); r.Score != 5 || r.Procedure != birth {
		t.Errorf("rated %+v", r)
	}
	w.touch("rate:1")
	if has[Rate](w) {
		t.Error("rated twice")
	}
	w.touch("finish")
	w.at(AtGoodbye)
	w.touch("finish")
	w.at(AtAttract)
	if !has[End](w) {
		t.Error("the visit did not end")
	}
}

// TestReceiptTellsTheTruth walks every order in which the station and central
// can answer.
func TestReceiptTellsTheTruth(t *testing.T) {
	confirmed := Received{ID: kept.ID, Dossier: "H26.82-261123-0001"}
	for _, tc := range []struct {
		name         string
		online       bool
		events       []Event
		wantReceived bool
		wantRefused  bool
		wantShown    delivery
	}{
		{"stored, then confirmed", true, []Event{kept, confirmed}, true, false, received},
		{"confirmed before the station says stored", true, []Event{confirmed, kept}, true, false, received},
		{"no word in time", true, []Event{kept, Unsent{kept.ID}}, false, false, unsent},
		{"offline", false, []Event{kept}, false, false, unsent},
		{"link lost while waiting", true, []Event{kept, LinkChanged{false}}, false, false, unsent},
		{"refused", true, []Event{kept, Refused{kept.ID}}, false, true, refused},
		{"word comes after the receipt", true, []Event{kept, Unsent{kept.ID}, confirmed}, false, false, received},
		{"word about another one", true, []Event{kept, Received{ID: "other"}, Unsent{kept.ID}}, false, false, unsent},
		{"the station is silent", true, append([]Event{kept}, slices.Repeat([]Event{Tick{}}, 31)...), false, false, unsent},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := walk(t, machine(t))
			w.happen(LinkChanged{tc.online})
			w.submitted()
			var prints []Print
			for _, e := range tc.events {
				w.happen(e)
				if has[Print](w) {
					prints = append(prints, task[Print](w))
				}
			}
			w.at(AtDone)
			if len(prints) != 1 {
				t.Fatalf("%d receipts, want 1", len(prints))
			}
			if r := prints[0].Receipt; r.Received != tc.wantReceived || r.Refused != tc.wantRefused {
				t.Errorf("receipt says received %v, refused %v; want %v, %v", r.Received, r.Refused, tc.wantReceived, tc.wantRefused)
			}
			if w.s.delivery != tc.wantShown {
				t.Errorf("screen shows %v, want %v", w.s.delivery, tc.wantShown)
			}
		})
	}
}

func TestNotStored(t *testing.T) {
	w := walk(t, machine(t))
	w.submitted()
	w.happen(NotStored{Full: true})
	w.at(AtNotKept)
	w.touch("retry")
	w.at(AtSending)
	if d := task[Submit](w).Draft; len(d.Answers) < 8 {
		t.Errorf("the answers were lost: %d left", len(d.Answers))
	}
}

func TestConsent(t *testing.T) {
	w := walk(t, machine(t))
	w.review()
	box := block[Consent](t, w.v)
	if box.Ticked {
		t.Error("consent is ticked before anybody touched it")
	}
	w.touch("submit")
	w.at(AtReview)
	if has[Submit](w) {
		t.Fatal("submitted without consent")
	}
	if block[Note](t, w.v).Text == "" {
		t.Error("nothing says why")
	}
	w.touch("consent", "consent")
	w.touch("submit")
	if has[Submit](w) {
		t.Fatal("submitted after consent was taken back")
	}
	w.touch("consent:more")
	w.at(AtConsent)
	w.touch("next")
	w.at(AtReview)
}

func block[B Block](t testing.TB, v View) B {
	t.Helper()
	for _, b := range v.Blocks {
		if b, ok := b.(B); ok {
			return b
		}
	}
	t.Fatalf("no %T on %q", *new(B), v.Screen)
	panic("unreachable")
}

// TestMend touches every line of the review that can be touched and comes back.
func TestMend(t *testing.T) {
	w := walk(t, machine(t))
	w.review()
	for _, line := range block[Table](t, w.v).Lines {
		if !strings.HasPrefix(line.ID, "line:") || line.ID == "line:person" {
			continue
		}
		w.touch(line.ID)
		w.at(AtQuestion)
		if "line:"+w.v.Step != line.ID {
			t.Errorf("touched %s, asked %s", line.ID, w.v.Step)
		}
		w.touch("back")
		w.at(AtReview)
		w.touch(line.ID, "next")
		w.at(AtReview)
	}
}

func TestTypedIdentity(t *testing.T) {
	w := walk(t, machine(t))
	w.touch("start", "door:submit", "row:"+birth, "way:type")
	for _, keys := range []string{"001090999999", "", "31011990"} {
		w.at(AtQuestion)
		if keys == "" {
			w.keys("nguyen")
			w.touch("key:space")
			w.keys("mau")
		} else {
			w.keys(keys)
		}
		w.touch("next")
	}
	w.touch("opt:Nam", "next")
	w.keys("hanoi")
	w.touch("next")
	w.at(AtPapers)
	if p := w.s.person; p.Assurance != "typed" || p.Name != "NGUYEN MAU" || p.Born.Year() != 1990 {
		t.Errorf("typed identity: assurance %q, born %d", p.Assurance, p.Born.Year())
	}
}

func TestPaperRunsOut(t *testing.T) {
	w := walk(t, machine(t))
	w.submitted()
	w.happen(kept)
	w.at(AtDone)
	w.happen(PrintFailed{PrinterNoPaper})
	w.at(AtNoPrint)
	if title := block[Seal](t, w.v).Title; title != "Máy in đang hết giấy" {
		t.Errorf("headline %q", title)
	}
	w.touch("onscreen")
	if qr := block[QR](t, w.v); qr.Text != code1 {
		t.Error("the code on the screen is not the receipt's")
	}
	w.happen(PrinterChanged{PrinterReady})
	w.at(AtDone)
	if p := task[Print](w); p.Copy != 2 || p.Receipt == nil {
		t.Errorf("printed again as copy %d", p.Copy)
	}
	w.happen(PrinterChanged{PrinterReady})
	if has[Print](w) {
		t.Error("printed a third time though the second is under way")
	}
}

func TestScans(t *testing.T) {
	for _, tc := range []struct {
		name, code string
		wantPage   Page
	}{
		{"seven fields", card7, AtPapers},
		{"eleven fields", card11, AtPapers},
		{"payment code", "00020101021238570010A000000727", AtIdentify},
		{"a receipt", code1, AtIdentify},
		{"something", "hello", AtIdentify},
		{"a day that is none", strings.Replace(card7, "31011990", "31021990", 1), AtIdentify},
		{"expired", "001099999999||Nguyễn Văn Mẫu|31011999|Nam|Hà Nội|15042021", AtIdentify},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := walk(t, machine(t))
			w.touch("start", "door:submit", "row:"+birth)
			w.happen(Scanned{tc.code})
			w.at(tc.wantPage)
			if tc.wantPage == AtIdentify && block[Note](t, w.v).Icon != "circle-alert" {
				t.Error("nothing says what to do")
			}
		})
	}
}

func TestLookUp(t *testing.T) {
	w := walk(t, machine(t))
	w.touch("start", "door:lookup")
	w.happen(Scanned{card7})
	w.at(AtLookUp)
	if w.s.known {
		t.Error("a card was read where none was asked for")
	}
	w.happen(Scanned{code1})
	if l := task[LookUp](w); l.ID != kept.ID || l.Secret != "K7QX" {
		t.Error("looked up something else")
	}
	w.happen(LookedUp{Result: LookUpOffline})
	w.at(AtLookUp)
	w.happen(Scanned{code1})
	w.happen(LookedUp{Result: LookUpFound, State: "lookup.state.opened", Dossier: "H26.82-261123-0001"})
	w.at(AtFound)
	if c := block[Code](t, w.v); c.Text != "H26.82-261123-0001" {
		t.Errorf("code %q", c.Text)
	}
}

func TestGuided(t *testing.T) {
	w := walk(t, machine(t))
	w.touch("start", "door:submit", "row:"+residence)
	w.at(AtGuide)
	w.touch("print")
	if p := task[Print](w); p.Receipt != nil || p.Procedure.Code != residence {
		t.Error("a guide is a slip, not a receipt")
	}
	w.touch("finish")
	w.at(AtGoodbye)
}

func TestIdle(t *testing.T) {
	w := walk(t, machine(t))
	w.touch("start", "door:submit")
	for range 59 {
		w.happen(Tick{})
	}
	if w.v.Over != nil {
		t.Fatal("asked too early")
	}
	w.happen(Tick{})
	if w.v.Over == nil || w.v.Over.Name != "idle" || w.v.Over.Count != 20 {
		t.Fatalf("not asked after a minute: %+v", w.v.Over)
	}
	w.touch("anything")
	if w.v.Over != nil || w.s.Page() != AtProcedures {
		t.Fatal("a touch did not extend it")
	}
	for range 80 {
		w.at(AtProcedures)
		w.happen(Tick{})
	}
	w.at(AtAttract)
	if !has[End](w) {
		t.Error("the visit did not end")
	}
}

// TestVoiceStopsAtTheEnd checks that what is spoken ends with the visit.
func TestVoiceStopsAtTheEnd(t *testing.T) {
	w := walk(t, machine(t))
	w.touch("start")
	if s := task[Say](w); s.Key != "home.say" || s.Lang != pack.VI {
		t.Errorf("said %+v", s)
	}
	w.touch("lang:en")
	if s := task[Say](w); s.Lang != pack.EN {
		t.Errorf("said %+v after the language changed", s)
	}
	w.touch("end")
	w.at(AtAttract)
	if !has[Hush](w) {
		t.Error("the voice goes on")
	}
}

// TestNothingIsPrinted checks that no state, event or task shows a person.
func TestNothingIsPrinted(t *testing.T) {
	w := walk(t, machine(t))
	w.review()
	w.touch("consent", "submit")
	d := task[Submit](w)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		for _, v := range []any{d, w.s, Scanned{card7}} {
			if s := fmt.Sprintf(verb, v); strings.Contains(s, "999999") || strings.Contains(s, "Mẫu") {
				t.Errorf("%s of %T shows a person", verb, v)
			}
		}
	}
}

// TestEnglish walks every page in English and checks that all is there.
func TestEnglish(t *testing.T) {
	m := machine(t)
	for _, page := range Pages {
		s := arrive(t, m, page)
		s.lang = pack.EN
		v := m.View(s)
		if v.Lang != pack.EN || v.Head.Lang.Label != "Tiếng Việt" {
			t.Errorf("%s is not in English", page)
		}
	}
}
