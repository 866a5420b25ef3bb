package visit

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"motcua/kiosk/pack"
)

var seen = OutboxSeen{Waiting: 3, Oldest: morning.Add(-26 * time.Hour), Refused: 2, Stick: true, Stuck: []Stuck{
	{ID: "01932b7e-8f00-7abc-8def-0123456789ab", Claim: "CN03-7F2K", Code: "procedure-guided", Owner: "staff", Text: "x", Next: "y", Stored: morning.Add(-50 * time.Hour)},
	{ID: "01932b7e-8f00-7abc-8def-0123456789ac", Claim: "CN03-9QXA", Code: "unheard-of", Owner: "central", Text: "Trùng mã, khác nội dung", Stored: morning},
}}

// atOutbox brings staff to the sheet of the outbox.
func (w *walker) atOutbox() {
	w.t.Helper()
	w.happen(PartsChanged{[]Part{{Thing: "outbox", State: PartFaulty, Trouble: "refused"}}})
	w.onDuty()
	w.touch("part:outbox")
	w.sheet(sheetOutbox)
	task[LookIntoOutbox](w)
	w.happen(seen)
}

// TestOutboxSheet: what waits and what was refused, why, whose it is to act on.
func TestOutboxSheet(t *testing.T) {
	w := walk(t, staffed(t))
	w.review()
	before := w.v
	w.atOutbox()
	if h := block[Heading](t, w.v); h.Line != "3 hồ sơ chờ gửi, lâu nhất từ 07:00 22/11." {
		t.Errorf("it says %q", h.Line)
	}
	rows := block[Rows](t, w.v).Items
	if len(rows) != 2 || rows[0].Title != "CN03-7F2K · Thủ tục này không còn nộp tại máy" || rows[0].Line != "Cán bộ phường" ||
		rows[1].Title != "CN03-9QXA · Trùng mã, khác nội dung" || rows[1].Line != "Trung tâm" {
		t.Errorf("rows %+v", rows)
	}
	w.touch("stuck:1")
	w.sheet(sheetStuck)
	lines := block[Table](t, w.v).Lines
	if lines[0].Value != "Thủ tục này không còn nộp tại máy" || lines[2].Value != "Mời người nộp đến nơi tiếp nhận" {
		t.Errorf("lines %+v", lines)
	}
	w.touch("back", "stuck:2")
	if next := block[Table](t, w.v).Lines[2].Value; next != "Mời kỹ thuật viên xem" {
		t.Errorf("the next step of an unknown reason is %q", next)
	}
	for _, v := range []View{w.v} {
		for _, secret := range []string{"Mẫu", "999999", seen.Stuck[0].ID, seen.Stuck[1].ID} {
			if strings.Contains(fmt.Sprintf("%+v", v), secret) {
				t.Errorf("the sheet shows %q", secret)
			}
		}
	}
	w.touch("back", "back", "back")
	w.sheet(noSheet)
	if w.v.Screen != before.Screen {
		t.Errorf("back at %q, not %q", w.v.Screen, before.Screen)
	}
	if w.s.duty.shelf.known {
		t.Error("the outbox is still known to the visit")
	}
}

// TestOutboxWork: one thing at a time, and what became of it.
func TestOutboxWork(t *testing.T) {
	w := walk(t, staffed(t))
	w.touch("start")
	w.atOutbox()
	w.touch("send")
	task[SendNow](w)
	w.touch("export")
	if has[ExportOutbox](w) {
		t.Error("exports while it sends")
	}
	w.happen(OutboxDone{Work: WorkSent})
	task[LookIntoOutbox](w)
	w.touch("export")
	task[ExportOutbox](w)
	w.happen(OutboxDone{Work: WorkExported, N: 3})
	if n := block[Note](t, w.v); !strings.HasPrefix(n.Text, "Đã chép 3 hồ sơ") || n.Tone != Jade {
		t.Errorf("it says %q", n.Text)
	}
	w.touch("stuck:2", "again")
	if got := task[SendAgain](w).ID; got != seen.Stuck[1].ID {
		t.Errorf("sends %s again", got)
	}
	w.sheet(sheetOutbox)
	w.happen(OutboxDone{Work: WorkFailed})
	if n := block[Note](t, w.v); n.Tone != Amber {
		t.Errorf("it says %q", n.Text)
	}
	w.happen(OutboxDone{Work: WorkSent}) // nobody asked
	if n := block[Note](t, w.v); n.Tone != Amber {
		t.Errorf("it says %q of what nobody asked for", n.Text)
	}
	w.touch("stuck:1")
	w.happen(OutboxSeen{}) // it was mended meanwhile
	w.touch("again")
	if has[SendAgain](w) || has[SendNow](w) {
		t.Error("sends what is gone")
	}
	w.touch("back", "send", "export")
	if has[SendNow](w) || has[ExportOutbox](w) {
		t.Error("works on an empty outbox")
	}
	w.touch("lang:en")
	if w.v.Lang != pack.EN || block[Rows](t, w.v).Empty != "None was sent back." {
		t.Error("not in English")
	}
}

// TestOutboxStaysBehindThePIN: without it nothing of the outbox is asked for or
// shown, and the next visitor finds nothing of it.
func TestOutboxStaysBehindThePIN(t *testing.T) {
	w := walk(t, staffed(t))
	w.touch("start", "part:outbox", "send", "export", "stuck:1", "again")
	w.happen(seen)
	w.happen(OutboxDone{Work: WorkExported, N: 3})
	if w.s.duty.shelf.known || has[SendNow](w) || has[LookIntoOutbox](w) {
		t.Error("the outbox is open to everybody")
	}
	w = walk(t, staffed(t))
	w.touch("start")
	w.atOutbox()
	looked := 0
	for w.s.duty.at != noSheet {
		w.happen(Tick{})
		if has[LookIntoOutbox](w) {
			looked++
		}
		if w.now.Sub(morning) > time.Hour {
			t.Fatal("the sheet stays")
		}
	}
	if looked < 50 || looked > 100 {
		t.Errorf("looked %d times in three minutes", looked)
	}
	for range 90 {
		w.happen(Tick{})
		if w.s.Page() == AtAttract {
			checkForgotten(t, w.m, w.s)
			return
		}
	}
	t.Error("the visit does not end")
}
