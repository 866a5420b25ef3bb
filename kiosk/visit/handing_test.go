package visit

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"motcua/kiosk/pack"
)

const noticePhoto = "b_notice_photo"

var (
	opened  = HandoverOpened{Question: noticePhoto, URL: "https://192.168.10.5:8443/ABCDEFGHIJKLMNOPQRSTUVWXYZ", Code: "K7 3P", Wifi: "Phuong-Mau"}
	photo   = Attachment{ID: "p1", Question: noticePhoto, Media: "image/jpeg", Size: 2_345_678}
	scanned = Attachment{ID: "p2", Question: noticePhoto, Media: "application/pdf", Size: 345_678}
	late    = Attachment{ID: "p3", Question: "another", Media: "image/png", Size: 1}
)

// asked brings a birth registration to the question for the notice's photo.
func (w *walker) asked() {
	w.t.Helper()
	w.happen(HandoverChanged{Ready: true})
	w.touch("start", "door:submit", "row:"+birth)
	w.happen(Scanned{card7})
	w.touch("next", "opt:cha", "next", "opt:giay", "next")
	w.at(AtQuestion)
	if w.v.Step != noticePhoto {
		w.t.Fatalf("asked %q", w.v.Step)
	}
}

// answers goes on to the review.
func (w *walker) answers() {
	w.t.Helper()
	w.touch("next")
	for w.s.Page() == AtQuestion {
		w.answer()
	}
	w.at(AtReview)
}

func dropped(w *walker) (ids []string) {
	for _, t := range w.tasks {
		if d, ok := t.(DropFile); ok {
			ids = append(ids, d.ID)
		}
	}
	return ids
}

// TestFilesOnTheWay: a page for its question, the files on the review, and with
// the submission, in the order of the form.
func TestFilesOnTheWay(t *testing.T) {
	w := walk(t, machine(t))
	w.asked()
	if o := task[OpenHandover](w); o.Question != noticePhoto || o.Label.VI == "" {
		t.Errorf("opened for %+v", o)
	}
	if block[Waiting](t, w.v).Title == "" {
		t.Error("nothing says that the page is being opened")
	}
	w.happen(opened)
	if block[QR](t, w.v).Text != opened.URL || block[Code](t, w.v).Text != opened.Code || !strings.Contains(block[QR](t, w.v).Line, opened.Wifi) {
		t.Error("the page is not on the screen")
	}
	if last := w.v.Actions[len(w.v.Actions)-1]; last.Label != "Mang giấy đến quầy" {
		t.Errorf("without a file the way on is %q", last.Label)
	}
	w.happen(FileArrived{photo})
	w.happen(FileArrived{photo}) // told twice
	w.happen(FileArrived{scanned})
	w.happen(FileArrived{late})
	if got := dropped(w); !slices.Equal(got, []string{late.ID}) {
		t.Errorf("dropped %q, want what came too late", got)
	}
	var said []string
	for _, r := range block[Rows](t, w.v).Items {
		said = append(said, r.Title)
	}
	if diff := cmp.Diff([]string{"Ảnh 1 · 2,2 MB", "Tệp PDF 2 · 338 KB"}, said); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	w.answers()
	var line string
	for _, l := range block[Table](t, w.v).Lines {
		if l.ID == "line:"+noticePhoto {
			line = l.Value
		}
	}
	if line != "Máy đã nhận 2 tệp" {
		t.Errorf("the review says %q", line)
	}
	w.touch("consent", "submit")
	want := []Attachment{photo, scanned}
	for i := range want {
		want[i].Label = "Ảnh giấy chứng sinh"
	}
	d := task[Submit](w).Draft
	if diff := cmp.Diff(want, d.Attachments); diff != "" {
		t.Errorf("draft (-want +got):\n%s", diff)
	}
	if slices.ContainsFunc(d.Answers, func(a Answer) bool { return a.ID == noticePhoto }) {
		t.Error("a file question has an answer as well")
	}
}

// TestPageCloses takes every road off the question: the page is closed once.
func TestPageCloses(t *testing.T) {
	for _, road := range [][]Event{
		{Touched{"next"}}, {Touched{"back"}}, {Touched{"end"}, Touched{"leave"}}, {HandoverChanged{}},
	} {
		w := walk(t, machine(t))
		w.asked()
		w.happen(opened)
		w.happen(FileArrived{photo})
		closed := 0
		for _, e := range road {
			w.happen(e)
			for _, task := range w.tasks {
				if _, ok := task.(CloseHandover); ok {
					closed++
				}
			}
		}
		if w.s.Page() == AtAttract {
			checkForgotten(t, w.m, w.s)
		}
		if closed != 1 {
			t.Errorf("%v: closed %d times", road, closed)
		}
		w.happen(FileArrived{scanned})
		if got := dropped(w); !slices.Equal(got, []string{scanned.ID}) {
			t.Errorf("%v: dropped %q", road, got)
		}
		if strings.Contains(fmt.Sprintf("%+v", w.v), opened.URL) {
			t.Errorf("%v: the code is still shown", road)
		}
	}
	w := walk(t, machine(t)) // by time alone
	w.asked()
	for range 90 {
		w.happen(Tick{})
		if w.s.Page() == AtAttract {
			task[CloseHandover](w)
			checkForgotten(t, w.m, w.s)
			return
		}
	}
	t.Error("the visit does not end")
}

// TestTakenBack asks before it lets a file go.
func TestTakenBack(t *testing.T) {
	w := walk(t, machine(t))
	w.asked()
	w.happen(opened)
	w.happen(FileArrived{photo})
	w.happen(FileArrived{scanned})
	w.touch("file:1")
	if w.v.Over == nil || w.v.Over.Name != "file" || w.v.Over.Line != "Ảnh 1 · 2,2 MB" {
		t.Fatal("not asked")
	}
	w.touch("close")
	if len(w.s.files) != 2 || len(dropped(w)) != 0 {
		t.Error("not kept")
	}
	w.touch("file:1", "remove")
	if got := dropped(w); !slices.Equal(got, []string{photo.ID}) || len(w.s.files) != 1 || w.v.Over != nil {
		t.Errorf("dropped %q, %d are left", got, len(w.s.files))
	}
	w.touch("file:9", "remove", "file:x", "file:0")
	if len(w.s.files) != 1 {
		t.Error("a touch on nothing removed a file")
	}
}

// TestOtherPerson: files go with the person whose they are.
func TestOtherPerson(t *testing.T) {
	w := walk(t, machine(t))
	w.asked()
	w.happen(opened)
	w.happen(FileArrived{photo})
	w.answers()
	w.touch("line:person")
	if got := dropped(w); !slices.Equal(got, []string{photo.ID}) || len(w.s.files) != 0 {
		t.Errorf("dropped %q", got)
	}
}

// TestNoPage: where phones cannot send, nothing is asked for; what was handed
// over stays, and the question lets everybody go on.
func TestNoPage(t *testing.T) {
	w := walk(t, machine(t))
	w.touch("start", "door:submit", "row:"+birth)
	w.happen(Scanned{card7})
	w.touch("next", "opt:cha", "next", "opt:giay", "next")
	if w.v.Step == noticePhoto {
		t.Error("asked though no phone can send")
	}
	w = walk(t, machine(t))
	w.asked()
	w.happen(opened)
	w.happen(FileArrived{photo})
	w.happen(HandoverChanged{})
	if note := block[Note](t, w.v); !strings.HasPrefix(note.Text, "Máy tạm thời chưa nhận được ảnh") {
		t.Errorf("it says %q", note.Text)
	}
	w.happen(HandoverChanged{Ready: true})
	task[OpenHandover](w)
	w.happen(HandoverChanged{})
	w.answers()
	w.touch("consent", "submit")
	if n := len(task[Submit](w).Draft.Attachments); n != 1 {
		t.Errorf("%d files go with it", n)
	}
}

// TestPhoneKeepsAlive: a phone that sends is somebody, for ten minutes.
func TestPhoneKeepsAlive(t *testing.T) {
	w := walk(t, machine(t))
	w.asked()
	w.happen(opened)
	began := w.now
	for w.now.Sub(began) < phoneLimit-10*time.Second {
		w.happen(FileComing{Question: noticePhoto})
		w.happen(Tick{})
		if w.v.Over != nil {
			t.Fatalf("asked whether somebody is there after %v", w.now.Sub(began))
		}
	}
	for range 120 {
		w.happen(FileComing{Question: noticePhoto})
		w.happen(Tick{})
		if w.s.Page() == AtAttract {
			return
		}
	}
	t.Error("a phone alone holds the station")
}

// TestRefusedFile says why, until the next one is taken.
func TestRefusedFile(t *testing.T) {
	w := walk(t, machine(t))
	w.asked()
	w.happen(opened)
	for lang, want := range map[pack.Lang]string{pack.VI: "Máy nhận ảnh JPEG", pack.EN: "JPEG and PNG photos"} {
		w.touch("lang:" + string(lang))
		w.happen(FileRefused{Question: noticePhoto, Why: "attach.no.kind"})
		if note := block[Note](t, w.v); !strings.HasPrefix(note.Text, want) {
			t.Errorf("it says %q", note.Text)
		}
	}
	w.happen(FileArrived{photo})
	for _, b := range w.v.Blocks {
		if n, ok := b.(Note); ok && strings.HasPrefix(n.Text, "JPEG") {
			t.Error("it still says why another was refused")
		}
	}
}
