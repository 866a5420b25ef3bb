package visit

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"motcua/kiosk/identity"
)

// genuine is what the chip of card7 and card11 gives; stranger is another's.
var (
	genuine = identity.Person{Number: "001090999999", Name: "Nguyễn Văn Mẫu", Born: date(1990, 1, 31), Sex: "Nam",
		Address: "Số 2 Phố Mẫu, Phường Mẫu, Hà Nội", Issued: date(2021, 4, 15), Expires: date(2030, 1, 31),
		Assurance: identity.ChipGenuine, Proof: identity.Proof{Opened: "PACE-CAN", Signed: "ECDSA SHA-384 brainpoolP384r1"}}
	expired  = func() identity.Person { p := genuine; p.Expires = date(2026, 11, 22); return p }()
	stranger = identity.Person{Number: "001190999998", Name: "Trần Thị Ví Dụ", Born: date(1990, 5, 1), Sex: "Nữ",
		Never: true, Assurance: identity.ChipVerified}
)

func date(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// identify brings a visit with a reader to the page that asks who it is.
func (w *walker) identify() {
	w.t.Helper()
	w.happen(ReaderChanged{ReaderEmpty})
	w.touch("start", "door:submit", "row:"+birth)
	w.at(AtIdentify)
}

// reading brings a visit to where the chip is being read, by the code or by the
// number as typed.
func (w *walker) reading(typed bool) {
	w.t.Helper()
	w.identify()
	if typed {
		w.touch("way:type")
		w.keys("001090999999")
		w.touch("next")
	} else {
		w.happen(Scanned{card7})
	}
	w.mood(chipLay)
	w.happen(ReaderChanged{ReaderCard})
	w.mood(chipBusy)
}

func (w *walker) mood(m mood) {
	w.t.Helper()
	w.at(AtChip)
	if w.v.Step != string(m) {
		w.t.Fatalf("the page of the chip is about %q, want %q", w.v.Step, m)
	}
}

// TestChip files a submission with the chip, from either end: the code and then
// the card, or the card and then the code.
func TestChip(t *testing.T) {
	for _, cardFirst := range []bool{false, true} {
		t.Run(fmt.Sprintf("card first %v", cardFirst), func(t *testing.T) {
			w := walk(t, machine(t))
			w.identify()
			if p := block[Picture](t, w.v).Name; p != "card-reader" {
				t.Errorf("picture %q", p)
			}
			first, second := Event(Scanned{card7}), Event(ReaderChanged{ReaderCard})
			if cardFirst {
				first, second = second, first
			}
			w.happen(first)
			if cardFirst {
				w.at(AtIdentify)
				if h := block[Heading](t, w.v).Title; h != "Thẻ đã ở trên ô đọc" {
					t.Errorf("with a card on the reader the page says %q", h)
				}
			} else {
				w.mood(chipLay)
			}
			if has[ReadChip](w) {
				t.Fatal("read before both the number and the card are there")
			}
			w.happen(second)
			w.mood(chipBusy)
			if p := task[ReadChip](w).Person; p.Number != genuine.Number || p.Born.IsZero() || p.Assurance != identity.QR {
				t.Error("the chip is to be opened with something else than the code gave")
			}
			if s := task[Say](w); s.Key != "chip.reading.say" {
				t.Errorf("said %q", s.Key)
			}
			for step := ChipOpening; step <= ChipChecking; step++ {
				w.happen(ChipReached{step})
				if len(w.tasks) > 0 {
					t.Errorf("step %d is spoken or done about: %v", step, w.tasks)
				}
			}
			w.happen(ChipRead{genuine})
			w.at(AtPapers)
			if diff := cmp.Diff(genuine.Proof, w.s.person.Proof); diff != "" || w.s.person.Address != genuine.Address {
				t.Errorf("something of the code is left in the person: %s", diff)
			}
			if has[DropChip](w) {
				t.Error("dropped a reading that was over")
			}
			if n := block[Note](t, w.v); n.Text != "Kính chào Nguyễn Văn Mẫu. Đã kiểm tra chip của thẻ." {
				t.Errorf("greeted with %q", n.Text)
			}
			w.touch("next")
			for w.s.Page() == AtQuestion {
				if strings.HasPrefix(w.v.Step, "id.") {
					t.Fatalf("asked %s although the chip said it", w.v.Step)
				}
				w.answer()
			}
			w.touch("consent", "submit")
			if d := task[Submit](w).Draft; d.Person.Assurance != identity.ChipGenuine {
				t.Errorf("submitted as %s", d.Person.Assurance)
			}
		})
	}
}

// TestGreetingDoesNotBoast: what was only read is not called checked.
func TestGreetingDoesNotBoast(t *testing.T) {
	for level, want := range map[identity.Assurance]string{
		identity.ChipRead:     "Kính chào Nguyễn Văn Mẫu. Đã đọc chip của thẻ.",
		identity.ChipVerified: "Kính chào Nguyễn Văn Mẫu. Đã kiểm tra chip của thẻ.",
		identity.ChipGenuine:  "Kính chào Nguyễn Văn Mẫu. Đã kiểm tra chip của thẻ.",
	} {
		w := walk(t, machine(t))
		w.reading(false)
		p := genuine
		p.Assurance = level
		w.happen(ChipRead{p})
		w.at(AtPapers)
		if got := block[Note](t, w.v).Text; got != want {
			t.Errorf("%s: %q", level, got)
		}
	}
}

// TestTypedNumberOpensTheChip: after the number the rest need not be typed, but
// can be.
func TestTypedNumberOpensTheChip(t *testing.T) {
	w := walk(t, machine(t))
	w.reading(true)
	if p := task[ReadChip](w).Person; p.Number != genuine.Number || p.Assurance != identity.Typed {
		t.Error("the chip is to be opened with something else than was typed")
	}
	w.happen(ChipRead{genuine})
	w.at(AtPapers)
	if w.s.typed || w.s.person.Assurance != identity.ChipGenuine {
		t.Error("the person is still the typed one")
	}

	w = walk(t, machine(t))
	w.reading(true)
	w.touch("skip")
	w.at(AtQuestion)
	if w.v.Step != "id.name" || !has[DropChip](w) {
		t.Errorf("without the chip asked for %q", w.v.Step)
	}
	w.touch("back")
	if w.v.Step != "id.number" || w.s.input.Value() != "001090999999" {
		t.Errorf("back at %q, the number is lost", w.v.Step)
	}
}

// TestChipProblems checks of every problem that it is said, that there is a way
// on without the chip, and what laying the card down again does.
func TestChipProblems(t *testing.T) {
	for _, tc := range []struct {
		why       ChipProblem
		want      mood
		wantTitle string
		wantAgain mood
		wantDoubt identity.Warning
		wantIDs   []string
	}{
		{ChipLifted, chipLifted, "Thẻ được nhấc lên\nhơi sớm", chipBusy, "", nil},
		{ChipCrowded, chipCrowded, "Có nhiều hơn một thẻ\ntrên ô đọc", chipBusy, "", nil},
		{ChipUnknown, chipUnknown, "Máy chưa nhận ra\nthẻ này", chipBusy, "", nil},
		{ChipLocked, chipLocked, "Số này chưa mở được chip", chipBusy, "chip.doubt.locked", []string{"way:scan"}},
		{ChipDiffers, chipDiffers, "Chip và mã QR\nchưa khớp nhau", chipBusy, "chip.doubt.differs", []string{"way:scan", "call"}},
		{ChipRefused, chipRefused, "Xin mời cán bộ\nxem giúp thẻ", chipRefused, "chip.doubt.refused", []string{"call"}},
		{ChipUnreadable, chipUnreadable, "Máy chưa đọc được chip", chipBusy, "", []string{"retry"}},
		{ChipProblem(99), chipUnreadable, "Máy chưa đọc được chip", chipBusy, "", nil},
	} {
		t.Run(string(tc.want), func(t *testing.T) {
			w := walk(t, machine(t))
			w.reading(false)
			w.happen(ChipFailed{tc.why})
			w.mood(tc.want)
			if has[DropChip](w) {
				t.Error("dropped a reading that was over")
			}
			if s := task[Say](w); s.Key != "chip."+string(tc.want)+".say" {
				t.Errorf("said %q", s.Key)
			}
			title := ""
			switch b := w.v.Blocks[0].(type) {
			case Heading:
				title = b.Title
			case Seal:
				title = b.Title
			}
			if title != tc.wantTitle {
				t.Errorf("title %q, want %q", title, tc.wantTitle)
			}
			ids := touchable(w.v)
			for _, id := range append(tc.wantIDs, "skip", "back") {
				if !slices.Contains(ids, id) {
					t.Errorf("no %q among %q", id, ids)
				}
			}

			again := *w
			again.happen(ReaderChanged{ReaderEmpty})
			again.happen(ReaderChanged{ReaderCard})
			again.mood(tc.wantAgain)
			if has[ReadChip](&again) != (tc.wantAgain == chipBusy) {
				t.Error("laid down again: read or not, but not as shown")
			}

			w.touch("skip")
			w.at(AtPapers)
			if p := w.s.person; p.Assurance != identity.QR || slices.Contains(p.Warnings, tc.wantDoubt) != (tc.wantDoubt != "") {
				t.Errorf("without the chip: assurance %s, doubts %q", p.Assurance, p.Warnings)
			}
			if tc.wantDoubt != "" {
				if icon := block[Note](t, w.v).Icon; icon != "circle-alert" || !w.m.Texts.Has(string(tc.wantDoubt)) {
					t.Errorf("nothing says that staff will check: %q", icon)
				}
			}
		})
	}
}

// TestStaffAreOffered: a chip that was refused calls nobody by itself.
func TestStaffAreOffered(t *testing.T) {
	w := walk(t, machine(t))
	w.reading(true)
	w.happen(ChipFailed{ChipRefused})
	if has[CallStaff](w) {
		t.Error("staff were called unasked")
	}
	w.happen(Scanned{card7})
	w.mood(chipRefused)
	w.touch("call")
	if !has[CallStaff](w) || w.v.Over == nil || w.v.Over.Name != "staff" {
		t.Error("staff were not called")
	}
	w.touch("close", "skip")
	w.at(AtQuestion)
	for w.s.Page() == AtQuestion {
		w.answer()
	}
	if p := w.s.person; p.Assurance != identity.Typed || !slices.Contains(p.Warnings, "chip.doubt.refused") {
		t.Errorf("typed after a refusal: assurance %s, doubts %q", p.Assurance, p.Warnings)
	}
}

// TestTriesEnd: after three readings the visit goes on without the chip, and does
// not ask for it again until something else is filed.
func TestTriesEnd(t *testing.T) {
	w := walk(t, machine(t))
	w.reading(false)
	for n := 1; n < chipTries; n++ {
		w.happen(ChipFailed{ChipUnreadable})
		w.mood(chipUnreadable)
		w.touch("retry")
		w.mood(chipBusy)
	}
	w.happen(ChipFailed{ChipLifted})
	w.mood(chipSpent)
	w.happen(ReaderChanged{ReaderEmpty})
	w.happen(ReaderChanged{ReaderCard})
	w.mood(chipSpent)
	w.touch("skip")
	w.at(AtPapers)
	w.touch("back")
	w.at(AtIdentify)
	if p := block[Picture](t, w.v).Name; p != "card-scanner" {
		t.Errorf("the reader is offered again: %q", p)
	}
	w.happen(Scanned{card7})
	w.at(AtPapers)
	w.touch("back", "back", "row:"+birth)
	w.happen(Scanned{card7})
	w.mood(chipBusy)
}

// TestLockedCountsTries: the number is mended twice, not for ever.
func TestLockedCountsTries(t *testing.T) {
	w := walk(t, machine(t))
	w.reading(true)
	for n := 1; n < chipTries; n++ {
		w.happen(ChipFailed{ChipLocked})
		w.mood(chipLocked)
		w.touch("way:number")
		w.at(AtQuestion)
		if w.v.Step != "id.number" {
			t.Fatalf("asked %q", w.v.Step)
		}
		w.touch("next")
		w.mood(chipBusy)
	}
	w.happen(ChipFailed{ChipLocked})
	w.mood(chipSpent)
	w.touch("skip")
	w.at(AtQuestion)
}
