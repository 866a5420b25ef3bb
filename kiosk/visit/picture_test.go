package visit

import (
	"slices"
	"strings"
	"testing"
)

// cameraAlone brings a birth registration to the question for the notice's photo
// where no phone can send.
func (w *walker) cameraAlone() {
	w.t.Helper()
	w.happen(CameraChanged{Ready: true})
	w.touch("start", "door:submit", "row:"+birth)
	w.happen(Scanned{card7})
	w.touch("next", "opt:cha", "next", "opt:giay", "next")
	if w.v.Step != noticePhoto {
		w.t.Fatalf("asked %q", w.v.Step)
	}
}

// rows are the titles on the view, those that can be touched.
func (w *walker) rows() (titles []string) {
	for _, b := range w.v.Blocks {
		if r, ok := b.(Rows); ok {
			for _, i := range r.Items {
				if !i.Still {
					titles = append(titles, i.Title)
				}
			}
		}
	}
	return titles
}

// TestPicture: the camera alone is enough for the question; one picture at a time
// is taken, listed, and goes with the submission.
func TestPicture(t *testing.T) {
	w := walk(t, machine(t))
	w.cameraAlone()
	if has[OpenHandover](w) || has[Say](w) {
		t.Error("a code that is not there is opened, or spoken of")
	}
	if h := block[Heading](t, w.v); strings.Contains(h.Line, "điện thoại") {
		t.Errorf("it says %q where no phone can send", h.Line)
	}
	w.touch("picture")
	if got := task[TakePicture](w); got.Question != noticePhoto {
		t.Errorf("picture for %q", got.Question)
	}
	if slices.Contains(touchable(w.v), "picture") || !strings.HasPrefix(block[Rows](t, w.v).Items[0].Title, "Đang chụp") {
		t.Error("nothing says that it is being taken")
	}
	w.touch("picture")
	if has[TakePicture](w) {
		t.Error("two at a time")
	}
	w.happen(FileArrived{photo})
	w.happen(PictureDone{Taken: true})
	if has[DropPicture](w) {
		t.Error("a picture that is done is ended")
	}
	if got := w.rows(); !slices.Equal(got, []string{"Chụp bằng máy tại đây", "Ảnh 1 · 2,2 MB"}) {
		t.Errorf("rows %q", got)
	}
	w.answers()
	w.touch("consent", "submit")
	if d := task[Submit](w).Draft.Attachments; len(d) != 1 || d[0].ID != photo.ID {
		t.Errorf("%d files go with it", len(d))
	}
}

// TestPictureBeside: where phones can send too, both are offered, and one that
// goes leaves the other.
func TestPictureBeside(t *testing.T) {
	w := walk(t, machine(t))
	w.asked()
	w.happen(opened)
	w.happen(CameraChanged{Ready: true})
	if block[QR](t, w.v).Text != opened.URL || len(w.rows()) != 1 {
		t.Error("not both")
	}
	w.touch("picture")
	w.happen(HandoverChanged{})
	task[CloseHandover](w)
	if has[DropPicture](w) || !w.s.takes() {
		t.Error("the phone's page took the picture along")
	}
	w.happen(HandoverChanged{Ready: true})
	task[OpenHandover](w)
	w.happen(CameraChanged{})
	w.happen(FileArrived{photo}) // it was under way
	w.happen(PictureDone{Taken: true})
	if got := w.rows(); len(got) != 1 || len(w.s.files) != 1 {
		t.Errorf("rows %q", got)
	}
}

// TestPictureNot: why no picture was taken is said; a camera that goes away is
// told as that, and comes back.
func TestPictureNot(t *testing.T) {
	w := walk(t, machine(t))
	w.cameraAlone()
	said := func(want string) {
		t.Helper()
		if note := block[Note](t, w.v); !strings.HasPrefix(note.Text, want) {
			t.Errorf("it says %q, want %q", note.Text, want)
		}
	}
	w.touch("picture")
	w.happen(FileRefused{noticePhoto, "picture.failed"})
	w.happen(PictureDone{})
	said("Chưa chụp được")
	w.happen(CameraChanged{})
	said("Máy chụp tạm thời chưa dùng được")
	w.touch("picture")
	if has[TakePicture](w) {
		t.Error("asked of a camera that is away")
	}
	w.happen(CameraChanged{Ready: true})
	for _, b := range w.v.Blocks {
		if n, ok := b.(Note); ok {
			t.Errorf("it still says %q", n.Text)
		}
	}
	w.touch("picture")
	for range 21 {
		w.happen(Tick{})
		if !w.s.takes() {
			break
		}
	}
	task[DropPicture](w)
	said("Chưa chụp được")
}

// TestPictureLeft takes every road off the question while a picture is taken: it
// is ended once, and what still comes is let go.
func TestPictureLeft(t *testing.T) {
	for _, road := range [][]Event{{Touched{"next"}}, {Touched{"back"}}, {Touched{"end"}, Touched{"leave"}}} {
		w := walk(t, machine(t))
		w.cameraAlone()
		w.touch("picture")
		ends := 0
		for _, e := range road {
			w.happen(e)
			if has[DropPicture](w) {
				ends++
			}
		}
		if ends != 1 || w.s.takes() {
			t.Errorf("%v: ended %d times", road, ends)
		}
		if w.s.Page() == AtAttract {
			checkForgotten(t, w.m, w.s)
		}
		w.happen(FileArrived{photo})
		if got := dropped(w); !slices.Equal(got, []string{photo.ID}) {
			t.Errorf("%v: dropped %q", road, got)
		}
	}
}
