// Package pack loads and checks a pack: a province's data, which is its units,
// procedures with their questions, papers, fees and times, its working
// calendar, hotline and texts. Nothing about a province is in Go code.
package pack

import (
	"slices"
	"time"
)

// Lang is a language of the screens and the voice, as a BCP 47 tag.
type Lang string

// The languages of this version.
const (
	VI Lang = "vi"
	EN Lang = "en"
)

// Text is one text in every language.
type Text struct {
	VI string `yaml:"vi" json:"vi"`
	EN string `yaml:"en" json:"en"`
}

// In gives the text in lang; Vietnamese where there is no other.
func (t Text) In(lang Lang) string {
	if lang == EN && t.EN != "" {
		return t.EN
	}
	return t.VI
}

// Rule is where a rule comes from and when it holds. A submission carries the
// rules of its reception day.
type Rule struct {
	From     time.Time // first day it holds
	To       time.Time // last day it holds; zero = still holds
	Source   string    // decree, decision or page
	Verified string    // "" = not verified
}

// Channel is how a submission reaches the authority; it decides the fee.
type Channel string

// The channels, by the words of the rules.
const (
	Online  Channel = "online"
	Counter Channel = "counter"
)

// Mode tells what a station may do with a procedure.
type Mode string

// Submit: the station takes the submission. Guide: another office does, and
// the station says which, where and with what.
const (
	Submit Mode = "submit"
	Guide  Mode = "guide"
)

// Kind is what a question asks for; it decides the input drawn and the check.
type Kind string

// The kinds of question. Answers are strings: a date is 2006-01-02, yes and no
// are "yes" and "no", a choice is its option's Value, an amount is whole đồng.
const (
	KindText    Kind = "text"
	KindName    Kind = "name" // a person's name: upper case, Vietnamese letters
	KindDate    Kind = "date"
	KindChoice  Kind = "choice"
	KindYesNo   Kind = "yesno"
	KindNumber  Kind = "number"
	KindPNum    Kind = "pnum" // personal number, 12 digits
	KindPhone   Kind = "phone"
	KindEmail   Kind = "email"
	KindAddress Kind = "address"
	KindMoney   Kind = "money"
	// KindFile is photos or scans of one paper. Its files stand beside the
	// answers; it has none itself and is never required: papers may always be
	// shown at the counter.
	KindFile Kind = "file"
)

// Option is one answer of a choice.
type Option struct {
	Value string `yaml:"value" json:"value"`
	Label Text   `yaml:"label" json:"label"`
}

// Clause is one condition: the answer to Question is one of In.
type Clause struct {
	Question string   `yaml:"question" json:"question"`
	In       []string `yaml:"in" json:"in"`
}

// Question is one thing asked on one screen.
type Question struct {
	ID       string
	Label    Text // as asked: "Họ và tên của trẻ?"
	Short    Text // as listed on the review: "Họ tên trẻ"
	Help     Text // the line below
	Kind     Kind
	Required bool
	Options  []Option
	Suggest  []string // tapped instead of typed, e.g. common names or places
	// Prefill names where the answer comes from without asking: "person.name",
	// "person.number", "person.born", "person.sex", "person.address",
	// "unit.name", "answer:ID", or "value:TEXT". A question whose prefill is
	// from the person's proven identity is not asked at all (never asked twice).
	Prefill string
	ShowIf  []Clause // all must hold; empty = always
	Min     int      // of a number, or letters of a text
	Max     int      // 0 = no bound
	Past    bool     // a date may not lie in the future
	// MinAge and MaxAge bound a birth date, in years on the day it is
	// answered; 0 = no bound.
	MinAge, MaxAge int
}

// Paper is something the citizen needs to have.
type Paper struct {
	Name     Text
	Note     Text // when it is not needed, what stands for it
	Required bool
}

// Fee is what a procedure costs through one channel in a span of time.
type Fee struct {
	Rule
	Channel Channel
	Amount  int64 // đồng; see Unit for what it is counted by
	Unit    Text  // "" = once; else "trang", "bản"
	Note    Text  // exemptions, shown beside the fee
	// Item tells what else is paid for, such as "copies"; "" = the procedure
	// itself. Name is what the item is called.
	Item string
	Name Text
	Then []Step // cheaper from some number on, in rising order
	Cap  int64  // đồng at most for one copy; 0 = no cap
	// Count and Copies are the questions whose answers say how many Units are
	// paid for and how many times over; "" = once.
	Count, Copies string
}

// Step is a price that holds above a number of units.
type Step struct {
	Above  int   `json:"above"`
	Amount int64 `json:"amount"` // đồng
}

// TimeLimit is how long the authority may take, in a span of time.
type TimeLimit struct {
	Rule
	SameDay  bool // today before closing, if received before the cut-off
	WorkDays int  // else so many working days
	Days     int  // else so many days, holidays counted
	Note     Text
}

// Route tells how a guided procedure, or any procedure next time, is done.
type Route struct {
	Where Text   // the office, with its address where known
	Steps []Text // what to do there or online, in order
	Link  string // the right page, shown as a QR
	Label Text   // what that page is called: "dichvucong.gov.vn → Khai sinh"
}

// Procedure is one administrative procedure of the catalogue.
type Procedure struct {
	Code      string   // national code, "1.001193"
	Aliases   []string // codes that moved to this one
	Title     Text     // official
	Short     Text     // as people say it, for lists: "Đăng ký khai sinh"
	Icon      string   // lucide name
	Groups    []string // ids of the chips it stands under
	Mode      Mode
	Authority Text
	TakenBy   Text // who takes it, of Mode Guide: "Công an phường nhận"
	Papers    []Paper
	Fees      []Fee
	Times     []TimeLimit
	Questions []Question
	Result    Text
	Guide     Route // for Mode Guide
	Home      Route // the way to do it from home next time
	Legal     string
	Source    string
	Verified  string
	Phrases   []string // how people ask for it
	// Common is its place under the chip "often used"; 0 = not there.
	Common int

	words   *Words   // of its pack
	entries []phrase // what Search holds a query against
}

// Group is a chip over the list of procedures: a life event.
type Group struct {
	ID    string `json:"id"`
	Name  Text   `json:"name"`
	Often bool   `json:"often"` // holds the often used, whatever their groups
}

// Unit is a commune-level unit: a ward, commune or special zone.
type Unit struct {
	Code string `json:"code"` // five digits
	Name string `json:"name"` // with its kind: "Phường Cửa Nam"
	Kind string `json:"kind"` // "phường", "xã", "đặc khu"
	EN   string `json:"en"`   // without marks, for English screens: "Cua Nam Ward"
}

// Consent is the text a citizen agrees to; its version goes into the submission.
type Consent struct {
	Rule
	Version string
	Short   Text            // beside the box
	ByKind  map[string]Text // Short for units of another kind
	Full    Text            // behind "read in full", paragraphs parted by \n
}

// ShortFor gives the text beside the box as it reads at a unit of u's kind.
func (c Consent) ShortFor(u Unit) Text {
	if t, ok := c.ByKind[u.Kind]; ok {
		return t
	}
	return c.Short
}

// Words are what the line of a procedure in the list is made of, {n},
// {amount} and {unit} to be filled in, and the two answers of a yes-or-no
// question.
type Words struct {
	SameDay  Text `json:"same_day"`
	WorkDay  Text `json:"work_day"`
	WorkDays Text `json:"work_days"`
	Days     Text `json:"days"`
	Free     Text `json:"free"`
	FreeHere Text `json:"free_here"` // no fee at the station, but one at the counter
	Each     Text `json:"each"`
	Guided   Text `json:"guided"`
	Yes      Text `json:"yes"`
	No       Text `json:"no"`
}

// Pack is a loaded and checked pack. It is read-only and safe for all.
type Pack struct {
	ID         string // "hanoi"
	Version    string // of the data, "2026-11-01"
	Province   Text   // "Hà Nội"
	Code       string // "01"
	Hotline    string // "1900 1009"
	Portal     string // where people do it from home: "dichvucong.gov.vn"
	LookUp     string // URL template of the public look-up: {id}, {secret}
	Lawyer     Text   // when legal advice is there: "8:00–16:00"
	Reply      Text   // promise for complaints: "Trả lời trong 4 giờ"
	Units      []Unit
	Groups     []Group
	Procedures []*Procedure
	Calendar   Calendar
	Consent    Consent
	Words      Words

	page   string // address of a procedure's page on the portal, with {code}
	asking *asking
}

// Unit gives the unit with the five-digit code.
func (p *Pack) Unit(code string) (Unit, bool) {
	for _, u := range p.Units {
		if u.Code == code {
			return u, true
		}
	}
	return Unit{}, false
}

// Procedure gives the procedure with the national code, or the one that the
// code has moved to.
func (p *Pack) Procedure(code string) (*Procedure, bool) {
	for _, pr := range p.Procedures {
		if pr.Code == code {
			return pr, true
		}
	}
	for _, pr := range p.Procedures {
		if slices.Contains(pr.Aliases, code) {
			return pr, true
		}
	}
	return nil, false
}

// InGroup gives the procedures under the chip id, in the order of the list. ""
// gives the often used, as does the chip that is Often.
func (p *Pack) InGroup(id string) []*Procedure {
	if id == "" || slices.ContainsFunc(p.Groups, func(g Group) bool { return g.ID == id && g.Often }) {
		return p.common()
	}
	var in []*Procedure
	for _, pr := range p.Procedures {
		if slices.Contains(pr.Groups, id) {
			in = append(in, pr)
		}
	}
	return in
}

// common gives the often used, by their place.
func (p *Pack) common() []*Procedure {
	var in []*Procedure
	for _, pr := range p.Procedures {
		if pr.Common > 0 {
			in = append(in, pr)
		}
	}
	slices.SortStableFunc(in, func(a, b *Procedure) int { return a.Common - b.Common })
	return in
}

// ResultQuestion is the id of the question, in the shared block "finish", that
// asks how the result is to come; receipts repeat its answer.
const ResultQuestion = "z_result"
