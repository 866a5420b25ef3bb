package pack

import (
	"fmt"
	"regexp"
	"time"

	"motcua/kiosk/pack/sheet"
)

// The sheets as written. Their keys and forms are described in the schemas.

type packRaw struct {
	ID, Version, Code string
	Province          Text
	Hotline           struct{ Number string }
	Portal            struct{ Host, Page string }
	LookUp            struct{ URL string } `json:"look_up"`
	Lawyer            struct{ Hours Text }
	Reply             struct{ Promise Text }
	Words             Words
}

type ruleRaw struct {
	From, To, Source, Verified string
}

type consentRaw struct {
	ruleRaw
	Version     string
	Short       Text
	ShortByKind map[string]Text `json:"short_by_kind"`

	Controller, What, Purpose, Sharing, Keeping, Rights, Act Text
}

type feeRaw struct {
	ruleRaw
	Use     string
	Channel Channel
	Item    string
	Name    Text
	Amount  int64
	Unit    Text
	Then    []Step
	Cap     int64
	Count   string
	Copies  string
	Note    Text
}

type timeRaw struct {
	ruleRaw
	SameDay  bool `json:"same_day"`
	WorkDays int  `json:"work_days"`
	Days     int
	Note     Text
}

type paperRaw struct {
	Name, Note Text
	Optional   bool
}

type questionRaw struct {
	ID, Use            string
	Label, Short, Help Text
	Kind               Kind
	Optional           any // of a question true, of a block the ids
	Options            any
	Suggest            any
	Prefill            string
	ShowIf             []Clause `json:"show_if"`
	Min, Max           int
	MinAge             int `json:"min_age"`
	MaxAge             int `json:"max_age"`
	Past               bool
	Prefix             string
	With               map[string]Text
	Only, Skip         []string
}

type blocksRaw struct {
	Questions   map[string][]questionRaw
	Fees        map[string][]feeRaw
	Options     map[string][]Option
	Suggestions map[string][]string
}

type routeRaw struct {
	Where Text
	Steps []Text
	Link  string
	Label Text
}

type procedureRaw struct {
	Code                    string
	Aliases                 []string
	Title, Short            Text
	Icon                    string
	Groups                  []string
	Mode                    Mode
	Common                  int
	Authority               Text
	TakenBy                 Text `json:"taken_by"`
	Papers                  []paperRaw
	Fees                    []feeRaw
	Times                   []timeRaw
	Questions               []questionRaw
	Result                  Text
	Guide, Home             routeRaw
	Legal, Source, Verified string
	Phrases                 []string
}

var dayWritten = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)

// day reads a day as midnight in the province. A day that is not in the
// calendar, such as 2026-02-31, is a fault; one not written as a day has been
// reported by the schema.
func (l *loading) day(s *sheet.Sheet, at, v string) (time.Time, bool) {
	if !dayWritten.MatchString(v) {
		return time.Time{}, false
	}
	zone := l.zone
	if zone == nil {
		zone = time.UTC
	}
	d, err := time.ParseInLocation(dateForm, v, zone)
	if err != nil {
		s.Report(at, fmt.Sprintf("%s is not in the calendar", v))
		return time.Time{}, false
	}
	return d, true
}

// rule reads where a rule comes from and when it holds; ok is false when its
// days are of no use.
func (l *loading) rule(s *sheet.Sheet, at string, raw ruleRaw) (r Rule, ok bool) {
	r = Rule{Source: raw.Source, Verified: raw.Verified}
	r.From, ok = l.day(s, at+"/from", raw.From)
	if raw.To == "" {
		return r, ok
	}
	to, okTo := l.day(s, at+"/to", raw.To)
	r.To = to
	if ok && okTo && to.Before(r.From) {
		s.Report(at+"/to", fmt.Sprintf("to %s is before from %s", raw.To, raw.From))
		return r, false
	}
	return r, ok && okTo
}
