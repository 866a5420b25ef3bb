package pack_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"motcua/kiosk/pack"
)

// at reads a moment in the province of the pack.
func at(t testing.TB, p *pack.Pack, s string) time.Time {
	t.Helper()
	m, err := time.ParseInLocation("2006-01-02 15:04", s, p.Calendar.Zone)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestDue(t *testing.T) {
	p := hanoi(t)
	same, three, seven, ten := pack.TimeLimit{SameDay: true}, pack.TimeLimit{WorkDays: 3}, pack.TimeLimit{WorkDays: 7}, pack.TimeLimit{Days: 10}
	for _, c := range []struct {
		name     string
		limit    pack.TimeLimit
		received string
		want     string
	}{
		{"before the cut-off", same, "2026-11-18 14:59", "2026-11-18 17:00"},
		{"at the cut-off", same, "2026-11-18 15:00", "2026-11-19 17:00"},
		{"after closing", same, "2026-11-18 21:00", "2026-11-19 17:00"},
		{"before opening", same, "2026-11-18 05:00", "2026-11-18 17:00"},
		{"in the lunch hour", same, "2026-11-18 12:30", "2026-11-18 17:00"},
		{"on a Saturday", same, "2026-11-21 10:42", "2026-11-23 17:00"},
		{"Friday afternoon", same, "2026-11-20 15:30", "2026-11-23 17:00"},
		{"a holiday that is only proposed counts as a working day", same, "2026-11-23 09:00", "2026-11-23 17:00"},
		{"before the day of culture", same, "2026-11-23 15:01", "2026-11-25 17:00"},
		{"last day before Tết", same, "2026-02-13 14:00", "2026-02-13 17:00"},
		{"too late before Tết", same, "2026-02-13 15:00", "2026-02-23 17:00"},
		{"over Tết", three, "2026-02-12 09:00", "2026-02-24 17:00"},
		{"over the next Tết", seven, "2027-02-02 09:00", "2027-02-18 17:00"},
		{"on a made-up Saturday", same, "2026-01-10 09:00", "2026-01-10 17:00"},
		{"a made-up Saturday counts", three, "2026-01-07 09:00", "2026-01-10 17:00"},
		{"the other made-up Saturday counts", three, "2026-08-19 16:00", "2026-08-24 17:00"},
		{"over National Day", three, "2026-08-28 09:00", "2026-09-07 17:00"},
		{"year end", three, "2026-12-31 10:00", "2027-01-06 17:00"},
		{"year end, too late", same, "2026-12-31 15:10", "2027-01-04 17:00"},
		{"three days in a plain week", three, "2026-11-09 10:00", "2026-11-12 17:00"},
		{"three days, received late", three, "2026-11-09 16:00", "2026-11-13 17:00"},
		{"calendar days", ten, "2026-11-09 10:00", "2026-11-19 17:00"},
		{"calendar days that end on a Saturday", ten, "2026-11-11 10:00", "2026-11-23 17:00"},
	} {
		got := p.Calendar.Due(c.limit, at(t, p, c.received))
		if want := at(t, p, c.want); !got.Equal(want) {
			t.Errorf("%s: Due(%s) = %s, want %s", c.name, c.received, got.Format("2006-01-02 15:04"), c.want)
		}
	}
}

// The machine's own zone must not matter.
func TestDueOnAMachineInAnotherZone(t *testing.T) {
	p := hanoi(t)
	same := pack.TimeLimit{SameDay: true}
	received := at(t, p, "2026-11-18 01:00") // still the day before in London
	for _, zone := range []*time.Location{time.UTC, time.FixedZone("far", -11*3600)} {
		got := p.Calendar.Due(same, received.In(zone))
		if want := at(t, p, "2026-11-18 17:00"); !got.Equal(want) {
			t.Errorf("in %v: Due = %v, want %v", zone, got, want)
		}
	}
}

func TestOpen(t *testing.T) {
	p := hanoi(t)
	for moment, want := range map[string]bool{
		"2026-11-18 07:59": false,
		"2026-11-18 08:00": true,
		"2026-11-18 12:00": false,
		"2026-11-18 13:00": true,
		"2026-11-18 17:00": false,
		"2026-11-21 09:00": false, // Saturday
		"2026-11-24 09:00": false, // holiday
		"2026-08-22 09:00": true,  // Saturday worked for 31 August
		"2026-08-31 09:00": false,
	} {
		if got := p.Calendar.Open(at(t, p, moment)); got != want {
			t.Errorf("Open(%s) = %v, want %v", moment, got, want)
		}
	}
}

func TestOpenOnAMachineInAnotherZone(t *testing.T) {
	p := hanoi(t)
	after := at(t, p, "2026-11-25 08:30").In(time.FixedZone("far", -11*3600)) // there it is still the holiday
	if !p.Calendar.Open(after) || !p.Calendar.Working(after) {
		t.Error("closed by the date of the machine")
	}
	if got, want := p.Calendar.Day(after), at(t, p, "2026-11-25 00:00"); !got.Equal(want) {
		t.Errorf("Day = %v, want %v", got, want)
	}
}

// A working day that closes before the cut-off is over when it closes.
func TestShortDay(t *testing.T) {
	c := pack.Calendar{Zone: time.UTC, CutOffs: []pack.CutOff{{At: 15 * time.Hour}}}
	days := [7][]pack.Span{}
	for _, d := range []time.Weekday{time.Friday, time.Saturday} {
		c.Week[d] = true
		days[d] = []pack.Span{{Open: 8 * time.Hour, Close: 12 * time.Hour}}
	}
	c.Hours = []pack.Hours{{Days: days}}
	got := c.Due(pack.TimeLimit{SameDay: true}, time.Date(2026, 11, 21, 13, 0, 0, 0, time.UTC))
	if want := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC); !got.Equal(want) {
		t.Errorf("Due = %v, want %v", got, want)
	}
}

func TestCovers(t *testing.T) {
	p := hanoi(t)
	for moment, want := range map[string]bool{
		"2025-12-31 23:59": false, "2026-01-01 00:00": true, "2027-12-31 23:59": true, "2028-01-01 00:00": false,
	} {
		if got := p.Calendar.Covers(at(t, p, moment)); got != want {
			t.Errorf("Covers(%s) = %v, want %v", moment, got, want)
		}
	}
}

func TestDueProperties(t *testing.T) {
	for _, p := range []*pack.Pack{hanoi(t), tiny(t)} {
		c := &p.Calendar
		start := at(t, p, "2026-01-01 00:00")
		minutes := rapid.IntRange(0, 2*365*24*60)
		rapid.Check(t, func(t *rapid.T) {
			limit := rapid.SampledFrom([]pack.TimeLimit{
				{SameDay: true}, {WorkDays: rapid.IntRange(1, 40).Draw(t, "work days")}, {Days: rapid.IntRange(1, 40).Draw(t, "days")},
			}).Draw(t, "limit")
			received := start.Add(time.Duration(minutes.Draw(t, "received")) * time.Minute)
			later := received.Add(time.Duration(rapid.IntRange(0, 30*24*60).Draw(t, "later")) * time.Minute)
			due, dueLater := c.Due(limit, received), c.Due(limit, later)
			if !c.Working(due) {
				t.Fatalf("due on %v, which is closed", due)
			}
			if due.Before(received) {
				t.Fatalf("due %v before it was received %v", due, received)
			}
			if !c.Open(due.Add(-time.Minute)) || c.Open(due) {
				t.Fatalf("due %v is not a closing time", due)
			}
			if dueLater.Before(due) {
				t.Fatalf("received %v, due %v; later %v, due before that %v", received, due, later, dueLater)
			}
			if more := limit; more.WorkDays > 0 {
				more.WorkDays++
				if !c.Due(more, received).After(due) {
					t.Fatalf("a day more is not later than %v", due)
				}
			}
		})
	}
}
