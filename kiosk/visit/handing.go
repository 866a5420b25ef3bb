package visit

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"motcua/kiosk/pack"
)

// phoneLimit is for how long after the last touch of the screen a phone keeps a
// visit alive: whoever took a picture of the code cannot hold the station.
const phoneLimit = 10 * time.Minute

// handing is what is known of the page that is open for a phone.
type handing struct {
	page   HandoverOpened // its zero value until it is open
	seen   bool           // a phone has opened it
	hand   time.Time      // the screen was last touched
	why    string         // key: why the last file was not taken; "" = none was refused since
	remove int            // the file that is asked about, counted from 1; 0 = none
	taking time.Time      // when the picture under way was asked for; zero = none is
}

// wantsPage gives the question for which a page is to be open; ok is false when
// none is.
func (m *Machine) wantsPage(s State) (q pack.Question, ok bool) {
	q, ok = m.asksFile(s)
	return q, ok && s.handover
}

// asksFile gives the question that asks for files; ok is false when none is asked.
func (m *Machine) asksFile(s State) (q pack.Question, ok bool) {
	if s.page != AtQuestion {
		return q, false
	}
	q, place, _ := m.questionAt(s)
	return q, place >= 0 && q.Kind == pack.KindFile
}

// takesFiles is asksFile while files can come.
func (m *Machine) takesFiles(s State) (q pack.Question, ok bool) {
	q, ok = m.asksFile(s)
	return q, ok && (s.handover || s.camera || s.takes())
}

// handOver opens and closes the page between two states, whatever led from one
// to the other, and lets go files that the visit no longer has. What a visit
// that has ended leaves, the station wipes as a whole.
func (n *next) handOver(before State, e Event) {
	was, had := n.wantsPage(before)
	q, has := n.wantsPage(n.State)
	over := n.page == AtAttract
	if now, asks := n.asksFile(n.State); !asks {
		n.handing = handing{}
	} else if last, asked := n.asksFile(before); !asked || now.ID != last.ID {
		n.handing = handing{hand: n.now}
	}
	if _, done := e.(PictureDone); before.takes() && !n.takes() && !done {
		n.tasks = append([]Task{DropPicture{}}, n.tasks...)
	}
	if had && (!has || q.ID != was.ID || over) {
		n.tasks = append([]Task{CloseHandover{}}, n.tasks...)
	}
	if has && (!had || q.ID != was.ID) {
		n.do(OpenHandover{Question: q.ID, Label: q.Label})
	}
	if !has {
		n.handing.page, n.handing.seen = HandoverOpened{}, false
	}
	if over {
		return
	}
	for _, f := range before.files {
		if !slices.Contains(n.files, f) {
			n.do(DropFile{ID: f.ID})
		}
	}
}

// handoverHappened decides what the page tells. What comes too late for its
// question is let go.
func (n *next) handoverHappened(e Event) {
	q, open := n.wantsPage(n.State)
	switch e := e.(type) {
	case HandoverChanged:
		n.handover = e.Ready
	case HandoverOpened:
		if open && e.Question == q.ID {
			n.handing.page = e
		}
	case FileComing:
		if open && e.Question == q.ID {
			n.handing.seen = true
			n.phoneAlive()
		}
	case FileArrived, FileRefused:
		n.fileHappened(e)
	}
}

// fileHappened decides how a file went, whoever took it.
func (n *next) fileHappened(e Event) {
	q, open := n.takesFiles(n.State)
	switch e := e.(type) {
	case FileArrived:
		switch {
		case slices.Contains(n.files, e.File):
		case !open || e.File.Question != q.ID:
			n.do(DropFile{ID: e.File.ID})
		default:
			n.files = append(slices.Clip(n.files), e.File)
			n.handing.seen, n.handing.why = n.handing.seen || !n.takes(), ""
			n.phoneAlive()
		}
	case FileRefused:
		if open && e.Question == q.ID {
			n.handing.seen, n.handing.why = n.handing.seen || !n.takes(), e.Why
			n.phoneAlive()
		}
	}
}

// phoneAlive counts a phone as a sign of life, within its limit.
func (n *next) phoneAlive() {
	if n.now.Sub(n.handing.hand) < phoneLimit {
		n.alive()
	}
}

// offers tells whether a question can be asked at all: for a file, only while
// phones can hand one over or the camera takes a picture. What is asked for or was handed over stays.
func (s State) offers(q pack.Question) bool {
	return q.Kind != pack.KindFile || s.handover || s.camera || s.page == AtQuestion && s.at == q.ID || len(s.filesOf(q.ID)) > 0
}

// filesOf are the files that answer a question, in the order they came.
func (s State) filesOf(question string) []Attachment {
	var of []Attachment
	for _, f := range s.files {
		if f.Question == question {
			of = append(of, f)
		}
	}
	return of
}

// touchedFile decides a touch of a file question's own targets.
func (n *next) touchedFile(q pack.Question, id string) {
	kind, arg, _ := strings.Cut(id, ":")
	if id == "picture" {
		n.takePicture(q)
	}
	if kind != "file" {
		return
	}
	if i, err := strconv.Atoi(arg); err == nil && i >= 1 && i <= len(n.filesOf(q.ID)) {
		n.handing.remove = i
		n.over = "file"
	}
}

// removeFile takes back the file that was asked about.
func (n *next) removeFile() {
	q, place, _ := n.questionAt(n.State)
	of := n.filesOf(q.ID)
	if i := n.handing.remove; place >= 0 && i >= 1 && i <= len(of) {
		gone := of[i-1]
		n.files = slices.DeleteFunc(slices.Clone(n.files), func(f Attachment) bool { return f == gone })
	}
	n.handing.remove = 0
}

// draftFiles are the files of the questions that these answers lead to, in the
// order of the form.
func (n *next) draftFiles() []Attachment {
	values := n.answersOf(n.State)
	var out []Attachment
	for _, q := range n.procedure().Questions {
		if q.Kind != pack.KindFile || !q.Shown(values) {
			continue
		}
		for _, f := range n.filesOf(q.ID) {
			f.Label = q.Short.VI
			out = append(out, f)
		}
	}
	return out
}
