package pack

import (
	"slices"
	"time"
)

// Calendar is when the authority works: opening hours by weekday, holidays,
// days made up for, and the hour after which a day counts as over. All days and
// hours are in the province's own time, whatever the machine is set to.
type Calendar struct {
	Zone     *time.Location
	From, To time.Time // first and last day whose holidays are known
	Week     [7]bool   // weekdays that count as working days, from Sunday
	Hours    []Hours
	CutOffs  []CutOff
	Off      []DayOff
	MadeUp   []MadeUp
}

// Clock is a time of day, since midnight.
type Clock = time.Duration

// Span is a stretch of opening hours.
type Span struct{ Open, Close Clock }

// Hours are the opening hours by weekday, from Sunday, in a span of time.
type Hours struct {
	Rule
	Days [7][]Span
}

// CutOff is the hour after which a day counts as over, in a span of time.
type CutOff struct {
	Rule
	At Clock
}

// DayOff is a holiday of one or more days. One that is not Decided is only
// proposed, and counts as a working day.
type DayOff struct {
	Rule
	Name    Text
	Decided bool
}

// MadeUp is a day worked instead of one that is off; it has that day's hours.
type MadeUp struct {
	Day, InsteadOf time.Time
	Source         string
	Verified       string
}

// horizon bounds the search for the next working day: no calendar closes for
// longer, so a calendar that does is broken and yields the day itself.
const horizon = 60

// Due gives when what was received at received must be ready at the latest.
// Received on a closed day or after the cut-off counts as received on the next
// working day. The day of receipt is not counted; the last day ends at closing
// time, and a last day that is closed moves to the next working day.
func (c *Calendar) Due(t TimeLimit, received time.Time) time.Time {
	day := c.midnight(received)
	if !c.Working(day) || received.Sub(day) >= c.cutOff(day) {
		day = c.next(day)
	}
	switch {
	case t.Days > 0:
		day = day.AddDate(0, 0, t.Days)
		if !c.Working(day) {
			day = c.next(day)
		}
	case !t.SameDay:
		for range t.WorkDays {
			day = c.next(day)
		}
	}
	_, shut := c.bounds(day)
	return day.Add(shut)
}

// Open tells whether the desks are open at that moment.
func (c *Calendar) Open(moment time.Time) bool {
	day := c.midnight(moment)
	now := clockOf(moment.In(c.zone()))
	return slices.ContainsFunc(c.spans(day), func(s Span) bool { return s.Open <= now && now < s.Close })
}

// Working tells whether the day of that moment counts as a working day.
func (c *Calendar) Working(moment time.Time) bool {
	day := c.midnight(moment)
	if c.madeUp(day) != nil {
		return true
	}
	return c.Week[day.Weekday()] && !c.off(day)
}

// Covers tells whether the holidays of that moment's year are known. Beyond,
// Due counts weekdays alone.
func (c *Calendar) Covers(moment time.Time) bool {
	day := c.midnight(moment)
	return !day.Before(c.From) && !day.After(c.To)
}

// Day gives the date of a moment in the province, at its first instant.
func (c *Calendar) Day(moment time.Time) time.Time { return c.midnight(moment) }

// next gives the first working day after day.
func (c *Calendar) next(day time.Time) time.Time {
	for n := 1; n <= horizon; n++ {
		if d := day.AddDate(0, 0, n); c.Working(d) {
			return d
		}
	}
	return day
}

// cutOff gives the hour after which day counts as over: the rule of that day,
// and never later than closing time.
func (c *Calendar) cutOff(day time.Time) Clock {
	_, shut := c.bounds(day)
	for _, r := range c.CutOffs {
		if r.holds(day) {
			return min(r.At, shut)
		}
	}
	return shut
}

// bounds gives the first opening and the last closing of a day.
func (c *Calendar) bounds(day time.Time) (open, shut Clock) {
	spans := c.spans(day)
	if len(spans) == 0 {
		return 0, 24*time.Hour - time.Second
	}
	return spans[0].Open, spans[len(spans)-1].Close
}

func (c *Calendar) spans(day time.Time) []Span {
	like := day
	if m := c.madeUp(day); m != nil {
		like = m.InsteadOf
	} else if c.off(day) {
		return nil
	}
	for _, h := range c.Hours {
		if h.holds(day) {
			return h.Days[like.Weekday()]
		}
	}
	return nil
}

func (c *Calendar) off(day time.Time) bool {
	return slices.ContainsFunc(c.Off, func(o DayOff) bool { return o.Decided && o.holds(day) })
}

func (c *Calendar) madeUp(day time.Time) *MadeUp {
	for i := range c.MadeUp {
		if c.MadeUp[i].Day.Equal(day) {
			return &c.MadeUp[i]
		}
	}
	return nil
}

func (c *Calendar) zone() *time.Location {
	if c.Zone == nil {
		return time.UTC
	}
	return c.Zone
}

func (c *Calendar) midnight(moment time.Time) time.Time {
	y, m, d := moment.In(c.zone()).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, c.zone())
}

func clockOf(t time.Time) Clock {
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute + time.Duration(t.Second())*time.Second
}
