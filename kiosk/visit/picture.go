package visit

import (
	"time"

	"motcua/kiosk/pack"
)

// pictureLimit is how long a picture may take; the station has given up by then.
const pictureLimit = 20 * time.Second

// CameraChanged: the camera that takes pictures of papers came or went. It
// outlives the visit; until it came, no picture is offered.
type CameraChanged struct{ Ready bool }

// PictureDone: the camera is shut again, and another picture can be taken. What
// came of it was told before, by FileArrived or FileRefused.
type PictureDone struct{ Taken bool }

func (CameraChanged) event() {}
func (PictureDone) event()   {}

// TakePicture opens the camera, takes one picture of what lies below it and shuts
// it. FileArrived or FileRefused answers, then PictureDone.
type TakePicture struct{ Question string }

// DropPicture ends the taking that is under way; nothing of it is kept. Nothing
// answers.
type DropPicture struct{}

func (TakePicture) task() {}
func (DropPicture) task() {}

// takePicture begins to take a picture for a question.
func (n *next) takePicture(q pack.Question) {
	if !n.camera || n.takes() {
		return
	}
	n.handing.taking, n.handing.why = n.now, ""
	n.do(TakePicture{Question: q.ID})
}

// takes tells that a picture is being taken.
func (s State) takes() bool { return !s.handing.taking.IsZero() }

// pictureHappened decides what the camera tells.
func (n *next) pictureHappened(e Event) {
	switch e := e.(type) {
	case CameraChanged:
		switch _, asks := n.asksFile(n.State); {
		case e.Ready && n.handing.why == "picture.away":
			n.handing.why = ""
		case !e.Ready && n.camera && asks && !n.handover:
			n.handing.why = "picture.away"
		}
		n.camera = e.Ready
	case PictureDone:
		n.handing.taking = time.Time{}
	}
}

// pictureTick gives up a picture of which nothing more is heard.
func (n *next) pictureTick() {
	if n.takes() && n.now.Sub(n.handing.taking) >= pictureLimit {
		n.handing.taking, n.handing.why = time.Time{}, "picture.failed"
	}
}

// cameraAlone tells that pictures can be taken and no phone can send.
func (s State) cameraAlone() bool { return s.camera && !s.handover }

// helpOf is the line below a question. What the pack says of files is said of phones.
func (m *Machine) helpOf(s State, q pack.Question) string {
	if q.Kind == pack.KindFile && s.cameraAlone() {
		return m.t(s, "picture.help", nil)
	}
	return q.Help.In(s.lang)
}

// pictureRow is where a picture is asked for, and where it says that one is being
// taken; ok is false where there is no camera. The picture itself is never shown:
// others can see the screen.
func (m *Machine) pictureRow(s State) (r Row, ok bool) {
	switch {
	case s.takes():
		return Row{ID: "picture", Icon: "scan-line", Tone: Amber, Still: true,
			Title: m.t(s, "picture.taking", nil), Line: m.t(s, "picture.taking.line", nil)}, true
	case s.camera:
		line := "picture.take.line"
		if len(s.filesOf(s.at)) > 0 {
			line = "picture.take.more"
		}
		return Row{ID: "picture", Icon: "scan-line", Tone: Indigo,
			Title: m.t(s, "picture.take", nil), Line: m.t(s, line, nil)}, true
	}
	return Row{}, false
}
