package station

import (
	"motcua/kiosk/visit"
	"motcua/kiosk/voice"
)

// chime tells by ear how an event went, from what was on the screen before and is
// now: a scan that led on, one that did not, a paper that is out or is not, a picture
// that was taken or was not.
func (s *Station) chime(e visit.Event, before, now visit.View) {
	on := before.Screen != now.Screen || before.Step != now.Step
	c := voice.Quiet
	switch e := e.(type) {
	case visit.Scanned:
		switch {
		case on || !before.Busy && now.Busy:
			c = voice.Good
		case noted(before) != noted(now):
			c = voice.Bad
		}
	case visit.Garbled:
		if noted(now) != "" {
			c = voice.Bad
		}
	case visit.Printed, visit.TestPrinted:
		c = voice.Good
		if t, ok := e.(visit.TestPrinted); ok && !t.Printer.Prints() {
			c = voice.Bad
		}
	case visit.PrintFailed:
		c = voice.Bad
	case visit.PictureDone:
		c = voice.Bad
		if e.Taken {
			c = voice.Good
		}
	}
	if c != voice.Quiet {
		s.Mouth.Chime(c)
	}
}

// noted is what the page says about what just went wrong; "" = nothing.
func noted(v visit.View) string {
	for _, b := range v.Blocks {
		if n, ok := b.(visit.Note); ok && n.Icon == "circle-alert" {
			return n.Text
		}
	}
	return ""
}
