package report

import (
	"fmt"
	"net/url"
	"strings"
	"time"
)

// mostRows and mostPoints are what the page has room for; the rest is in the JSON.
const (
	mostRows   = 8
	mostPoints = 6
)

// peripherals is a line or two for each unit: what it is, how it is, and how its
// last test ended.
func (s *sheet) peripherals() {
	s.title("Peripherals", "Thiết bị")
	const name, plate, state, test = margin, margin + 27, margin + 91, margin + 117
	for _, label := range []struct {
		x    float64
		text string
	}{{name, "Name"}, {plate, "Plate and line"}, {state, "State"}, {test, "Last test"}} {
		s.text(label.x, s.y, 60, regular, 7.5, secondInk, label.text)
	}
	s.y += 4.4
	for i, p := range s.r.Peripherals {
		s.rule(s.y)
		if i == mostRows {
			s.text(margin, s.y+1.2, room, regular, 8, secondInk, count(len(s.r.Peripherals)-i, "more stands", "more stand")+" in the JSON")
			s.y += 9
			return
		}
		top, second := s.y+1.3, s.y+5.5
		s.text(name, top, plate-name-2, bold, 9, ink, p.Name)
		s.text(name, second, plate-name-2, regular, 7.5, secondInk, thing(p))
		s.text(plate, top, state-plate-3, medium, 9, ink, or(p.Plate, "no plate read"))
		s.text(plate, second, state-plate-3, regular, 7.5, secondInk, p.Driver+" · "+short(p.Where))
		c := jade
		switch {
		case !p.Fine:
			c = lacquer
		case !s.r.Running:
			c = secondInk // plugged in; how it is, only a running kiosk tells
		}
		s.text(state, top, test-state-2, bold, 9, c, p.State)
		s.text(state, second, test-state-2, regular, 7.5, secondInk, or(p.Problem, s.since(p.Since)))
		s.test(test, top, second, p.Test)
		s.y += 10.4
	}
	s.rule(s.y)
	s.y += 5
}

func thing(p Peripheral) string {
	words := map[string]string{"barcode": "scanner", "camera": "document camera", "card": "card reader", "receipt": "printer", "sound": "loudspeaker"}
	s := or(words[p.Thing], p.Thing)
	if p.Required {
		s += ", required"
	}
	return s
}

// since leaves the year out where it is the report's.
func (s *sheet) since(t time.Time) string {
	switch {
	case t.IsZero():
		return ""
	case t.Year() == s.r.Made.Year():
		return "since " + t.Format("02/01 15:04")
	}
	return "since " + t.Format("02/01/2006")
}

// short leaves out of a line what all lines of its kind have.
func short(where string) string {
	for _, folder := range []string{"/dev/serial/by-id/", "/dev/v4l/by-id/"} {
		where = strings.TrimPrefix(where, folder)
	}
	return or(where, "found by itself")
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// test is the outcome as a word, a colour and a mark, so that a copy in grey tells
// it as well.
func (s *sheet) test(x, top, second float64, t *Test) {
	wide := pageWide - margin - x
	if t == nil {
		s.text(x, top, wide, bold, 9, amber, "– never tried")
		return
	}
	word, c := "✓ passed", jade
	if !t.Passed {
		word, c = "✗ failed", lacquer
	}
	s.mark(x, top, t.Passed, c)
	s.text(x+4.5, top, wide, bold, 9, c, word[len("✓ "):])
	s.SetFont(family, bold, 9)
	s.text(x+19, top, wide-19, regular, 8, ink, moment(t.At))
	told := t.Found
	if !t.Passed && !t.Good.IsZero() {
		told = "last passed " + moment(t.Good) + "; " + told
	}
	s.text(x, second, wide, regular, 7.5, secondInk, told)
}

// mark draws a tick or a cross: the typeface has neither.
func (s *sheet) mark(x, y float64, good bool, c colour) {
	s.SetDrawColor(c.r, c.g, c.b)
	s.SetLineWidth(0.55)
	s.SetLineCapStyle("round")
	if good {
		s.Line(x+0.2, y+2, x+1.2, y+3)
		s.Line(x+1.2, y+3, x+3, y+0.9)
	} else {
		s.Line(x+0.4, y+0.9, x+2.6, y+3.1)
		s.Line(x+0.4, y+3.1, x+2.6, y+0.9)
	}
	s.SetLineCapStyle("butt")
}

// cards are the station's other parts, three in a row.
func (s *sheet) cards() {
	type fact struct{ label, value, small string }
	r := s.r
	out := fact{"Submissions · Hồ sơ", "not known", "only a running kiosk tells"}
	way := fact{"Way to central · Đường truyền", "not known", host(r.Uplink.URL)}
	if r.Running {
		out.value, out.small = fmt.Sprintf("%d waiting, %d refused", r.Outbox.Waiting, r.Outbox.Refused), "nothing waits"
		if r.Outbox.Waiting > 0 {
			out.small = "oldest since " + moment(r.Outbox.Oldest)
		}
		if way.value = "reached"; !r.Uplink.Reached {
			way.value, way.small = "not reached", "last "+moment(r.Uplink.Last)
		}
	}
	clock := fact{"Clock · Đồng hồ", "not known", "the kernel did not say"}
	switch {
	case r.Clock.Known && r.Clock.Synced:
		clock.value, clock.small = "kept right", "off by at most "+r.Clock.Off.Round(time.Millisecond).String()
	case r.Clock.Known:
		clock.value, clock.small = "not kept right", "nothing sets it"
	}
	disk := fact{"Disk · Ổ đĩa", "not known", r.Disk.Path}
	if r.Disk.Size > 0 {
		disk.value, disk.small = size(r.Disk.Free)+" free", "of "+size(r.Disk.Size)+", "+r.Disk.Path
	}
	kiosk := fact{"Software · Phần mềm", or(r.Versions.Kiosk, "kiosk not running"), "kioskctl " + r.Versions.Kioskctl + " · Linux " + r.Versions.Kernel}
	pack := fact{"Procedures · Bộ thủ tục", or(r.Versions.Pack, "not known"), r.Versions.System}
	s.title("Station", "Máy")
	const gap, high = 4.0, 17.5
	wide := (room - 2*gap) / 3
	for i, f := range []fact{out, way, clock, disk, kiosk, pack} {
		x, y := margin+float64(i%3)*(wide+gap), s.y+float64(i/3)*(high+gap)
		s.box(x, y, wide, high, 2.5, card)
		s.text(x+3.5, y+2.2, wide-7, regular, 7.5, secondInk, f.label)
		s.text(x+3.5, y+6.4, wide-7, bold, 10.5, ink, f.value)
		s.text(x+3.5, y+12, wide-7, regular, 7.5, secondInk, f.small)
	}
	s.y += 2*(high+gap) + 2.5
}

// host is where central is, without what a URL may have besides.
func host(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "no address"
	}
	return u.Host
}

// points are what to see to, each with how.
func (s *sheet) points() {
	if len(s.r.Points) == 0 {
		s.text(margin, s.y, room, regular, 9, secondInk, "Nothing to see to. The tests are due again by "+s.due().Format("02/01/2006")+".")
		return
	}
	s.title("To see to", "Việc cần làm")
	for i, p := range s.r.Points {
		if left := len(s.r.Points) - i; left > 1 && (i == mostPoints-1 || s.y+11 > below) {
			s.text(margin, s.y, room, regular, 8, secondInk, count(left, "more stands", "more stand")+" in the JSON")
			s.y += 5.5
			return
		}
		c := amber
		if p.Grave {
			c = lacquer
		}
		s.box(margin+0.6, s.y+1.1, 1.8, 1.8, 0.9, c)
		s.text(margin+5, s.y, 112, medium, 9, ink, p.What)
		s.text(margin+120, s.y+0.3, room-120, regular, 8, secondInk, p.Do)
		s.y += 5.5
	}
}

// due is when the first test grows too old.
func (s *sheet) due() time.Time {
	due := s.r.Made.Add(stale)
	for _, p := range s.r.Peripherals {
		if p.Test != nil && p.Test.At.Add(stale).Before(due) {
			due = p.Test.At.Add(stale)
		}
	}
	return due
}

// signatures is where the technician and the ward sign.
func (s *sheet) signatures() {
	y := below
	s.SetDrawColor(secondInk.r, secondInk.g, secondInk.b)
	s.SetLineWidth(0.2)
	half := (room - 12) / 2
	for i, who := range []string{"Technician · Kỹ thuật viên", "For the ward · Đại diện phường"} {
		x := margin + float64(i)*(half+12)
		s.text(x, y, half, medium, 9, ink, who)
		s.Line(x, y+22, x+half, y+22)
		s.text(x, y+23.5, half, regular, 7.5, secondInk, "Name, date, signature · Họ tên, ngày, chữ ký")
	}
	s.text(margin, pageHigh-15, room, regular, 7.5, secondInk,
		"Made by kioskctl report. It holds no personal data; the JSON of the same moment holds all of it in full.")
}
