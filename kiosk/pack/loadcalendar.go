package pack

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"motcua/kiosk/pack/sheet"
)

type calendarRaw struct {
	UTCOffset string `json:"utc_offset"`
	Covers    struct{ From, To string }
	WorkWeek  []string `json:"work_week"`
	Hours     []struct {
		ruleRaw
		Days map[string][]string
	}
	CutOff []struct {
		ruleRaw
		At string
	} `json:"cut_off"`
	DaysOff []struct {
		ruleRaw
		Name    Text
		Decided *bool
	} `json:"days_off"`
	MadeUp []struct {
		Day       string
		InsteadOf string `json:"instead_of"`
		Source    string
		Verified  string
	} `json:"made_up"`
}

// calendar reads calendar.yaml, and first of all the province's time, in which
// every other day of the pack is meant.
func (l *loading) calendar() {
	var raw calendarRaw
	s := l.sheets[calendarSheet]
	s.Decode(&raw)
	l.zone = zone(raw.UTCOffset)
	c := &l.pack.Calendar
	c.Zone = l.zone
	c.From, _ = l.day(s, "/covers/from", raw.Covers.From)
	c.To, _ = l.day(s, "/covers/to", raw.Covers.To)
	for _, name := range raw.WorkWeek {
		if d, ok := weekday(name); ok {
			c.Week[d] = true
		}
	}
	l.hours(s, c, raw)
	l.cutOffs(s, c, raw)
	l.daysOff(s, c, raw)
	l.madeUp(s, c, raw)
}

func (l *loading) hours(s *sheet.Sheet, c *Calendar, raw calendarRaw) {
	var spans []span
	for i, h := range raw.Hours {
		at := fmt.Sprintf("/hours/%d", i)
		r, ok := l.rule(s, at, h.ruleRaw)
		hours := Hours{Rule: r}
		for name, list := range h.Days {
			if d, known := weekday(name); known {
				hours.Days[d] = day(s, at+"/days/"+name, list)
			}
		}
		for d, works := range c.Week {
			if name := weekdayName(d); works && len(h.Days[name]) == 0 {
				s.Report(at+"/days", fmt.Sprintf("%s is in the work_week but has no hours", name))
			}
		}
		c.Hours = append(c.Hours, hours)
		spans = append(spans, span{r, ok, at})
	}
	follow(s, "hours", spans)
}

// day reads the hours of one day, which must follow each other.
func day(s *sheet.Sheet, at string, list []string) []Span {
	var day []Span
	for i, v := range list {
		from, to, _ := strings.Cut(v, "-")
		open, okOpen := clock(from)
		shut, okShut := clock(to)
		if !okOpen || !okShut {
			continue // reported by the schema
		}
		here := at + "/" + strconv.Itoa(i)
		switch {
		case shut <= open:
			s.Report(here, fmt.Sprintf("hours %s end before they begin", v))
			continue
		case len(day) > 0 && open < day[len(day)-1].Close:
			s.Report(here, fmt.Sprintf("hours %s begin before the ones before them end", v))
			continue
		}
		day = append(day, Span{open, shut})
	}
	return day
}

func (l *loading) cutOffs(s *sheet.Sheet, c *Calendar, raw calendarRaw) {
	var spans []span
	for i, r := range raw.CutOff {
		at := fmt.Sprintf("/cut_off/%d", i)
		rule, ok := l.rule(s, at, r.ruleRaw)
		t, written := clock(r.At)
		if written {
			for _, h := range c.Hours {
				if together(rule, h.Rule) && !someDayOpen(h, t) {
					s.Report(at+"/at", fmt.Sprintf("cut-off %s is outside the hours of every day", r.At))
					break
				}
			}
		}
		c.CutOffs = append(c.CutOffs, CutOff{rule, t})
		spans = append(spans, span{rule, ok, at})
	}
	follow(s, "cut_off", spans)
}

func someDayOpen(h Hours, t Clock) bool {
	return slices.ContainsFunc(h.Days[:], func(day []Span) bool {
		return len(day) > 0 && day[0].Open < t && t <= day[len(day)-1].Close
	})
}

// together tells whether two rules ever hold on the same day.
func together(a, b Rule) bool {
	return (a.To.IsZero() || !b.From.After(a.To)) && (b.To.IsZero() || !a.From.After(b.To))
}

func (l *loading) daysOff(s *sheet.Sheet, c *Calendar, raw calendarRaw) {
	for i, d := range raw.DaysOff {
		at := fmt.Sprintf("/days_off/%d", i)
		r, ok := l.rule(s, at, d.ruleRaw)
		if !ok {
			continue
		}
		for _, o := range c.Off {
			if together(o.Rule, r) {
				s.Report(at, fmt.Sprintf("%s to %s is off already as %q", d.From, d.To, o.Name.VI))
			}
		}
		if !c.From.IsZero() && !c.To.IsZero() && (r.From.Before(c.From) || r.To.After(c.To)) {
			s.Report(at, fmt.Sprintf("%s to %s is not within what the calendar covers", d.From, d.To))
		}
		c.Off = append(c.Off, DayOff{r, d.Name, d.Decided == nil || *d.Decided})
	}
}

func (l *loading) madeUp(s *sheet.Sheet, c *Calendar, raw calendarRaw) {
	for i, m := range raw.MadeUp {
		at := fmt.Sprintf("/made_up/%d", i)
		day, ok := l.day(s, at+"/day", m.Day)
		instead, okInstead := l.day(s, at+"/instead_of", m.InsteadOf)
		if !ok || !okInstead {
			continue
		}
		if c.Week[day.Weekday()] && !c.off(day) {
			s.Report(at+"/day", m.Day+" is a working day anyway")
		}
		if !c.Week[instead.Weekday()] || !slices.ContainsFunc(c.Off, func(o DayOff) bool { return o.holds(instead) }) {
			s.Report(at+"/instead_of", m.InsteadOf+" is not a day off in the working week")
		}
		c.MadeUp = append(c.MadeUp, MadeUp{day, instead, m.Source, m.Verified})
	}
}

// span is a rule with its place in a sheet.
type span struct {
	Rule
	ok bool
	at string
}

// follow reports rules of one kind of which two hold on one day, or none
// between two.
func follow(s *sheet.Sheet, what string, spans []span) {
	spans = slices.DeleteFunc(spans, func(sp span) bool { return !sp.ok })
	slices.SortStableFunc(spans, func(a, b span) int { return a.From.Compare(b.From) })
	for i := 1; i < len(spans); i++ {
		was, is := spans[i-1], spans[i]
		from := is.From.Format(dateForm)
		switch {
		case was.To.IsZero():
			s.Report(is.at, fmt.Sprintf("%s from %s overlap the rule from %s, which has no end", what, from, was.From.Format(dateForm)))
		case !is.From.After(was.To):
			s.Report(is.at, fmt.Sprintf("%s from %s overlap the rule that holds to %s", what, from, was.To.Format(dateForm)))
		case is.From.After(was.To.AddDate(0, 0, 1)):
			s.Report(is.at, fmt.Sprintf("%s from %s leave a gap after %s", what, from, was.To.Format(dateForm)))
		}
	}
}

func zone(offset string) *time.Location {
	t, err := time.Parse("-07:00", offset)
	if err != nil {
		return time.UTC // reported by the schema
	}
	_, seconds := t.Zone()
	return time.FixedZone(offset, seconds)
}

func clock(v string) (Clock, bool) {
	t, err := time.Parse("15:04", v)
	if err != nil {
		return 0, false
	}
	return clockOf(t), true
}

func weekday(name string) (int, bool) {
	for d := range 7 {
		if weekdayName(d) == name {
			return d, true
		}
	}
	return 0, false
}

func weekdayName(d int) string { return strings.ToLower(time.Weekday(d).String()) }
