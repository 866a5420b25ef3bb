// Package paper makes what is printed: the receipt of a submission, the slip of
// a guided procedure, a queue ticket and a test sheet.
//
// Everything is drawn here, dot by dot, in Be Vietnam Pro at 203 dots to the
// inch, for rolls of 80 mm (576 dots) and 58 mm (384); a printer only has to
// put dots on paper. Words come from assets/text/paper.yaml, in the language
// of the visit. A receipt never shows a full personal number nor a full name.
package paper

import (
	"cmp"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"motcua/devices/receipt"
	"motcua/kiosk/identity"
	"motcua/kiosk/pack"
	"motcua/kiosk/text"
)

// Press makes slips. Safe for use by several goroutines.
type Press struct {
	texts   *text.Catalogue
	letters *letters
}

// New makes a press with the texts and, out of the root of fonts, the four cuts
// of Be Vietnam Pro.
func New(texts *text.Catalogue, fonts fs.FS) (*Press, error) {
	l, err := newLetters(fonts)
	if err != nil {
		return nil, err
	}
	return &Press{texts: texts, letters: l}, nil
}

// State is where a submission is, which a receipt must tell truly.
type State int

// The states. Stored is the careful one and so the zero value.
const (
	Stored   State = iota // durable at this station, not yet sent
	Received              // the centre has confirmed it
	Refused               // the centre did not take it; staff have it
)

// Head is what stands on top and at the foot of every piece.
type Head struct {
	Lang    pack.Lang
	Unit    string // "UBND phường Cửa Nam · Hà Nội"
	Office  string // "Điểm phục vụ hành chính công"
	Station string // "CN-03"
	Hotline string // "1900 1009"
	Copy    int    // 1 = first; from 2 on it is marked as printed again
	Printed time.Time
}

// Receipt is what a citizen takes home from a submission. Lines whose field is
// empty are left out. It prints redacted.
type Receipt struct {
	Head
	State     State
	Claim     string // the temporary code, "CN03-7F2K"
	Dossier   string // the authority's code; "" until it opened one
	Secret    string // guards the public look-up, "K7QX"
	Procedure string
	Applicant string // full name; shortened here
	Number    identity.PersonalNumber
	At        time.Time // when it was received or stored
	Due       time.Time
	Result    string // how the result comes
	Fee       string // "0 đ (trực tuyến)"
	Code      string // what the QR code says
	Home      string // the way to do it from home: "dichvucong.gov.vn → Khai sinh"
}

// Format prints "redacted" under every verb.
func (Receipt) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte("receipt (redacted)")) }

// Slip tells how a guided procedure is done elsewhere.
type Slip struct {
	Head
	Title  string   // the procedure
	Where  string   // who takes it, and where
	Steps  []string // in order
	Papers []string // to bring
	Link   string   // what the QR code says
	Shown  string   // the link as a person types it
}

// Ticket is a number in the queue.
type Ticket struct {
	Head
	Number  string // "A027"
	For     string // what it is for
	Counter string
	Ahead   int // people before
}

// Test is the sheet a technician prints.
type Test struct {
	Head
	Model string // of the printer
	Code  string // what the QR code says; "" = which station it is
}

// setting is one piece being composed.
type setting struct {
	*sheet
	head Head
	say  func(key string, args text.Args) string
}

func (p *Press) compose(h Head, width int) (*setting, error) {
	s, err := newSheet(p.letters, width)
	if err != nil {
		return nil, err
	}
	return &setting{s, h, func(key string, args text.Args) string { return p.texts.In(h.Lang, key, args) }}, nil
}

// Receipt draws r for a roll of width dots.
func (p *Press) Receipt(r Receipt, width int) (receipt.Slip, error) {
	s, err := p.compose(r.Head, width)
	if err != nil {
		return receipt.Slip{}, err
	}
	if err := s.receipt(r); err != nil {
		return receipt.Slip{}, err
	}
	return s.slip(), nil
}

func (s *setting) receipt(r Receipt) error {
	title, at := "paper.receipt", "paper.received.at"
	if r.State != Received {
		title, at = "paper.receipt.temporary", "paper.stored.at"
	}
	s.top(s.say(title, nil))
	s.space(s.gap / 2)
	s.state(r.State)
	s.rule()
	if r.State == Received && r.Dossier != "" {
		s.code(s.say("paper.dossier", nil), r.Dossier)
	} else {
		s.code(s.say("paper.claim", nil), r.Claim)
	}
	s.space(s.gap / 3)
	due := s.clock(r.Due)
	switch r.State {
	case Stored:
		due = s.say("paper.due.later", nil)
	case Refused:
		due = ""
	}
	number := ""
	if r.Number != "" {
		number = r.Number.Masked()
	}
	s.table([]row{
		{label: s.say("paper.secret", nil), value: r.Secret, size: s.body * 5 / 4},
		{label: s.say("paper.procedure", nil), value: r.Procedure},
		{label: s.say("paper.applicant", nil), value: shortName(r.Applicant)},
		{label: s.say("paper.number", nil), value: number},
		{label: s.say(at, nil), value: s.clock(r.At)},
		{label: s.say("paper.due", nil), value: due},
		{label: s.say("paper.result", nil), value: r.Result},
		{label: s.say("paper.fee", nil), value: r.Fee},
	})
	s.rule()
	if err := s.qr(r.Code); err != nil {
		return err
	}
	if r.Code != "" {
		s.centred("caption", s.say("paper.scan", nil), cut{regular, s.body})
	}
	s.hotline()
	if r.Home != "" {
		s.rule()
		s.centred("caption", s.say("paper.home", nil), cut{regular, s.body})
		s.centred("home", "*"+r.Home+"*", cut{bold, s.body})
		s.space(s.gap / 2)
	}
	s.foot()
	return nil
}

// state is the box that says where the submission is. Only "received" has a
// tick.
func (s *setting) state(st State) {
	c := cut{bold, s.sizes.state}
	switch st {
	case Received:
		s.framed(4, func() { s.ticked(s.say("paper.state.received", nil), c) })
	case Refused:
		s.framed(4, func() { s.centred("state", s.say("paper.state.refused", nil), c) })
		s.space(s.gap / 2)
		s.centred("state", s.say("paper.state.refused.line", nil), cut{medium, s.body})
	default:
		s.framed(4, func() {
			s.centred("state", s.say("paper.state.stored", nil), c)
			s.centred("state", s.say("paper.state.stored.not", nil), cut{bold, s.body})
		})
		s.space(s.gap / 2)
		s.centred("state", s.say("paper.state.stored.line", nil), cut{medium, s.body})
	}
}

// Slip draws the slip of a guided procedure for a roll of width dots.
func (p *Press) Slip(l Slip, width int) (receipt.Slip, error) {
	s, err := p.compose(l.Head, width)
	if err != nil {
		return receipt.Slip{}, err
	}
	if err := s.guide(l); err != nil {
		return receipt.Slip{}, err
	}
	return s.slip(), nil
}

func (s *setting) guide(l Slip) error {
	s.top(s.say("paper.guide", nil))
	s.space(s.gap / 2)
	s.framed(3, func() {
		s.centred("title", "*"+l.Title+"*", cut{bold, s.sizes.state - 2})
		s.space(s.gap / 3)
		s.centred("state", s.say("paper.guide.not", nil), cut{medium, s.body})
	})
	s.section("paper.guide.where", func() { s.left(l.Where) }, l.Where != "")
	s.section("paper.guide.steps", func() {
		for i, t := range l.Steps {
			s.item(s.number(i+1), t)
		}
	}, len(l.Steps) > 0)
	s.section("paper.guide.papers", func() {
		for _, t := range l.Papers {
			s.item(s.square, t)
		}
	}, len(l.Papers) > 0)
	s.rule()
	if err := s.qr(l.Link); err != nil {
		return err
	}
	if l.Link != "" {
		s.centred("caption", s.say("paper.guide.scan", nil), cut{regular, s.body})
		s.centred("home", "*"+l.Shown+"*", cut{bold, s.body})
	}
	s.hotline()
	s.space(s.gap)
	s.foot()
	return nil
}

// Ticket draws a queue ticket for a roll of width dots.
func (p *Press) Ticket(k Ticket, width int) (receipt.Slip, error) {
	s, err := p.compose(k.Head, width)
	if err != nil {
		return receipt.Slip{}, err
	}
	s.ticket(k)
	return s.slip(), nil
}

func (s *setting) ticket(k Ticket) {
	s.top(s.say("paper.ticket", nil))
	c := s.fitting(cut{bold, s.display * 5 / 2}, k.Number, s.room())
	s.set("code", s.wrap([]word{{text: k.Number, bold: true}}, c, c, s.room()), c, c, s.margin, s.room(), centre, 0)
	s.rule()
	s.table([]row{
		{label: s.say("paper.ticket.for", nil), value: k.For},
		{label: s.say("paper.ticket.counter", nil), value: k.Counter},
		{label: s.say("paper.ticket.ahead", nil), value: strconv.Itoa(k.Ahead)},
	})
	s.rule()
	s.centred("caption", s.say("paper.ticket.wait", nil), cut{regular, s.body})
	s.space(s.gap / 2)
	s.foot()
}

// Test draws the test sheet for a roll of width dots. It shows every weight,
// marks that stand on marks, the width in centimetres, every dot of the head
// and a QR code.
func (p *Press) Test(t Test, width int) (receipt.Slip, error) {
	s, err := p.compose(t.Head, width)
	if err != nil {
		return receipt.Slip{}, err
	}
	if err := s.test(t); err != nil {
		return receipt.Slip{}, err
	}
	return s.slip(), nil
}

func (s *setting) test(t Test) error {
	s.top(s.say("paper.test", nil))
	s.table([]row{
		{label: s.say("paper.test.model", nil), value: t.Model},
		{label: s.say("paper.test.width", nil), value: strconv.Itoa(s.width)},
	})
	s.rule()
	for w := regular; w <= bold; w++ {
		c := cut{w, s.body}
		s.set("pangram", s.wrap(words(s.say("paper.test.pangram", nil)), c, c, s.room()), c, c, s.margin, s.room(), left, 0)
	}
	s.space(s.gap)
	s.centred("marks", "ẾỄỔỖỮẬẴ ếễổỗữậẵ 0123456789", cut{bold, s.body})
	s.rule()
	s.ruler()
	s.space(s.gap)
	if err := s.qr(cmp.Or(t.Code, "station:"+t.Station)); err != nil {
		return err
	}
	s.foot()
	return nil
}

// top is the head of every piece.
func (s *setting) top(title string) {
	h := s.head
	s.space(s.gap / 2)
	if h.Copy > 1 {
		s.banner(s.say("paper.again", text.Args{"copy": strconv.Itoa(h.Copy)}), cut{bold, s.sizes.state + 4})
		s.space(s.gap)
	}
	if h.Unit != "" {
		s.centred("unit", strings.ToUpper(h.Unit), cut{medium, s.body})
	}
	if h.Office != "" {
		s.centred("office", h.Office, cut{regular, s.body})
	}
	s.space(s.gap / 3)
	s.centred("title", "*"+title+"*", cut{bold, s.title})
}

func (s *setting) hotline() {
	if s.head.Hotline != "" {
		s.centred("caption", s.say("paper.hotline", text.Args{"number": strings.ReplaceAll(s.head.Hotline, " ", noBreak)}), cut{regular, s.body})
	}
}

// foot tells which station printed this when, and which copy it is.
func (s *setting) foot() {
	h := s.head
	who := s.say("paper.foot", text.Args{"station": h.Station, "copy": strconv.Itoa(max(h.Copy, 1))})
	when := h.Printed.Format("15:04:05") + " " + s.date(h.Printed)
	c := cut{medium, s.small}
	if one := who + " · " + when; s.long(c, one) <= s.room() {
		s.centred("foot", one, c)
	} else {
		s.centred("foot", who, c)
		s.centred("foot", when, c)
	}
	s.space(s.gap / 2)
}

// section sets a bold heading and what belongs to it, if there is any.
func (s *setting) section(key string, inside func(), any bool) {
	if !any {
		return
	}
	s.rule()
	c := cut{bold, s.body + 2}
	s.set("heading", s.wrap(words(s.say(key, nil)), c, c, s.room()), c, c, s.margin, s.room(), left, 0)
	s.space(s.gap / 3)
	inside()
}

func (s *setting) left(t string) {
	plain, strong := cut{regular, s.body}, cut{bold, s.body}
	s.set("prose", s.wrap(words(t), plain, strong, s.room()), plain, strong, s.margin, s.room(), left, 0)
}

func (s *setting) date(t time.Time) string {
	if s.head.Lang == pack.EN {
		return t.Format("2" + noBreak + "Jan" + noBreak + "2006")
	}
	return t.Format("02/01/2006")
}

// clock is a moment to the minute; "" for none.
func (s *setting) clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format("15:04") + " " + s.date(t)
}

// shortName keeps family and middle names and the first letter of the given
// name, which in Vietnamese stands last: Nguyễn Văn M.
func shortName(name string) string {
	parts := strings.Fields(name)
	if len(parts) == 0 {
		return ""
	}
	last := &parts[len(parts)-1]
	_, size := utf8.DecodeRuneInString(nfc(*last))
	*last = fmt.Sprintf("%s.", nfc(*last)[:size])
	return strings.Join(parts, " ")
}
