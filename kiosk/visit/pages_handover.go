package visit

import (
	"strconv"

	"motcua/kiosk/pack"
	"motcua/kiosk/text"
)

// fileQuestion draws what is asked for by photo: the code for the phone, the
// camera of the station, and what has come so far, by kind and size alone.
func (m *Machine) fileQuestion(s State, q pack.Question, v *View) {
	of := s.filesOf(q.ID)
	at := s.handing.page
	note := func(icon, key string, tone Tone, args text.Args) {
		v.Blocks = append(v.Blocks, Note{Icon: icon, Tone: tone, Text: m.t(s, key, args)})
	}
	picture, camera := m.pictureRow(s)
	why := s.handing.why
	if !s.handover && !camera && why != "picture.away" {
		why = "handover.away"
	}
	if why != "" {
		note("circle-alert", why, Amber, nil)
	}
	switch {
	case !s.handover:
	case at.URL == "":
		v.Blocks = append(v.Blocks, Waiting{Title: m.t(s, "handover.opening", nil)})
	default:
		if why == "" && s.handing.seen && len(of) == 0 {
			note("smartphone", "handover.seen", Jade, nil)
		}
		line := "handover.scan"
		switch {
		case len(of) > 0:
			line = "handover.scan.more"
		case at.Wifi != "":
			line = "handover.scan.wifi"
		}
		v.Blocks = append(v.Blocks, QR{Text: at.URL, Line: m.t(s, line, text.Args{"wifi": "*" + at.Wifi + "*"})},
			Code{Label: m.t(s, "handover.code", nil), Text: at.Code})
		if at.Warns && !s.handing.seen {
			note("shield-check", "handover.warns", Amber, nil)
		}
	}
	if len(of) > 0 || camera {
		rows := Rows{Page: s.part}
		if camera {
			rows.Items = append(rows.Items, picture)
		}
		for i, f := range of {
			rows.Items = append(rows.Items, Row{ID: "file:" + strconv.Itoa(i+1), Icon: fileIcon(f), Tone: Jade,
				Title: m.fileTitle(s, i+1, f), Line: m.t(s, "handover.remove.line", nil)})
		}
		v.Blocks = append(v.Blocks, rows)
	}
}

// fileTitle says of a file what the visit may know: "Ảnh 2 · 1,4 MB".
func (m *Machine) fileTitle(s State, n int, f Attachment) string {
	key := "handover.photo"
	if f.Media == "application/pdf" {
		key = "handover.pdf"
	}
	return m.t(s, key, text.Args{"n": strconv.Itoa(n), "size": pack.Bytes(f.Size, s.lang)})
}

func fileIcon(f Attachment) string {
	if f.Media == "application/pdf" {
		return "file-text"
	}
	return "smartphone"
}

// fileLine is what the review says of a file question.
func (m *Machine) fileLine(s State, q pack.Question) string {
	n := len(s.filesOf(q.ID))
	if n == 0 {
		return m.t(s, "handover.none", nil)
	}
	return m.t(s, "handover.count", text.Args{"n": strconv.Itoa(n)})
}

// removeOver asks whether a file is to be taken back.
func (m *Machine) removeOver(s State) *Over {
	q, _, _ := m.questionAt(s)
	of, i := s.filesOf(q.ID), s.handing.remove
	o := &Over{Name: "file", Icon: "smartphone", Title: m.t(s, "handover.remove.title", nil),
		Actions: []Button{m.primary(s, "close", "handover.remove.keep"), {ID: "remove", Label: m.t(s, "handover.remove", nil)}}}
	if i >= 1 && i <= len(of) {
		o.Icon, o.Line = fileIcon(of[i-1]), m.fileTitle(s, i, of[i-1])
	}
	return o
}
