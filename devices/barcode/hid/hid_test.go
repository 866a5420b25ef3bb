package hid

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"motcua/devices"
	"motcua/devices/barcode/barcodetest"
)

// reportsOf is what a unit of that kind sends for a code.
func reportsOf(kind Kind, content string) [][]byte {
	if kind == Keyboard {
		return append(keyReports(content), enter()...)
	}
	return posReports("]Q1", content)
}

// Faults that were put into the driver on purpose, and the case that found each:
//
//	a continued report begins a new code      Reports, KeepsOrder (pos)
//	the more-follows bit is ignored           Reports, KeepsOrder (pos)
//	Shift is ignored                          Reports, KeepsOrder (keyboard)
//	Enter is not an end                       KeepsOrder, FloodIsGarbledOnce (keyboard)
//	no limit to a code                        FloodIsGarbledOnce
//	a flood is garbled for each report        FloodIsGarbledOnce
//	Close closes the unit under its Read      every case, by the unit itself
//	Close does not wake the reader            every case
//	Close forgets to tell Next                CloseUnblocks
//	the unit is left open once it is gone     every case, by the unit itself
//	an empty report is the end                every case
//	unplugging is not told                    UnplugIsNamed
//	an unplugged unit counts as closed        UnplugIsNamed
//	an error without the unit's name          FloodIsGarbledOnce
//	a cancel drops the code under way         HalfThenCancel
//	the gap is not kept to                    HalfThenCancel
//	a held code is reported each time         OncePerPresentation
//	the content is not cleaned                Reports
//
// Two lived, as the suite takes codes as they come: codes that wait handed over
// newest first, and a waiting code pushed out by the next. TestNobodyAsks finds
// both.
func TestScanner(t *testing.T) {
	for _, kind := range []Kind{POS, Keyboard} {
		t.Run(string(kind), func(t *testing.T) {
			barcodetest.RunInBubble(t, func(t *testing.T) barcodetest.Bench {
				unit := plugIn(t)
				t.Cleanup(func() {
					if n := unit.closures(); n != 1 {
						t.Errorf("the unit was closed %d times", n)
					}
				})
				return barcodetest.Bench{
					Scanner: start(unit, Options{Unit: "scanner", Kind: kind}),
					Unit:    "scanner",
					Scan:    func(content string) { unit.send(reportsOf(kind, content)...) },
					Half: func(content string) func() {
						all := reportsOf(kind, content)
						unit.send(all[:len(all)/2]...)
						return func() { unit.send(all[len(all)/2:]...) }
					},
					Flood:  func() { unit.send(reportsOf(kind, strings.Repeat("x", MaxCode+500))...) },
					Repeat: DefaultRepeat,
					Unplug: unit.unplug,
				}
			})
		})
	}
}

// seen is what Next gives until ctx ends: texts, "garbled", or another error.
func seen(ctx context.Context, s *Scanner) (all []string) {
	for {
		code, err := s.Next(ctx)
		switch {
		case errors.Is(err, devices.ErrGarbled):
			all = append(all, "garbled")
		case err != nil && err == ctx.Err():
			return all
		case err != nil:
			return append(all, err.Error())
		default:
			all = append(all, code.Text)
		}
	}
}

func TestPauses(t *testing.T) {
	card := posReports("]Q1", barcodetest.Card)
	tests := []struct {
		name    string
		kind    Kind
		options Options
		send    func(*fake)
		want    []string
	}{
		{"the rest is late", POS, Options{}, func(f *fake) { f.send(card[0]); <-time.After(400 * time.Millisecond); f.send(card[1]) },
			[]string{barcodetest.Card}},
		{"the rest is too late to be the rest", POS, Options{}, func(f *fake) { f.send(card[0]); <-time.After(DefaultPOSGap); f.send(card...) },
			[]string{"garbled", barcodetest.Card}},
		{"the rest never comes", POS, Options{}, func(f *fake) { f.send(card[0]) }, []string{"garbled"}},
		{"one report lost, then the code again", POS, Options{}, func(f *fake) { f.send(card[0]); <-time.After(time.Second); f.send(card...) },
			[]string{"garbled", barcodetest.Card}},
		{"typed without Enter", Keyboard, Options{}, func(f *fake) { f.send(keyReports("A1")...); <-time.After(time.Second); f.send(keyReports("B2")...) },
			[]string{"A1", "B2"}},
		{"typed slowly", Keyboard, Options{}, func(f *fake) {
			for _, r := range reportsOf(Keyboard, "SLOW") {
				f.send(r)
				<-time.After(100 * time.Millisecond)
			}
		}, []string{"SLOW"}},
		{"report too long", POS, Options{}, func(f *fake) { f.send(append(slices.Clone(card[1]), 0)); f.send(card...) }, []string{"garbled", barcodetest.Card}},
		{"gap set", Keyboard, Options{Gap: 10 * time.Millisecond}, func(f *fake) {
			f.send(keyReports("A")...)
			<-time.After(12 * time.Millisecond)
			f.send(keyReports("B")...)
		},
			[]string{"A", "B"}},
		{"held in sight, every sighting wanted", POS, Options{Repeat: -1}, func(f *fake) { f.send(slices.Concat(card, card)...) },
			[]string{barcodetest.Card, barcodetest.Card}},
		{"nothing but control characters", POS, Options{}, func(f *fake) { f.send(posReports("]Q1", "\x02\x03")...) }, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				unit := plugIn(t)
				o := tt.options
				o.Unit, o.Kind = "scanner", tt.kind
				s := start(unit, o)
				defer s.Close()
				go tt.send(unit)
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				if diff := cmp.Diff(tt.want, seen(ctx, s)); diff != "" {
					t.Errorf("codes (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// Nobody asks while many people scan: the unit is read on, so that hidapi drops no
// part of a code, and the latest codes are there, each of them whole.
func TestNobodyAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		unit := plugIn(t)
		s := start(unit, Options{Unit: "scanner"})
		defer s.Close()
		var want []string
		for i := range 100 {
			content := fmt.Sprintf("%03d %s", i, strings.Repeat("x", 150))
			unit.send(posReports("]Q1", content)...)
			want = append(want, content)
		}
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if diff := cmp.Diff(want[100-room:], seen(ctx, s)); diff != "" {
			t.Errorf("codes (-want +got):\n%s", diff)
		}
	})
}

// Nobody asks at the time that the cable is pulled, a while after a code that has
// no end but the pause.
func TestUnplugAfterPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		unit := plugIn(t)
		s := start(unit, Options{Unit: "scanner", Kind: Keyboard})
		defer s.Close()
		unit.send(keyReports("WHOLE")...)
		<-time.After(DefaultKeyGap)
		unit.unplug()
		synctest.Wait()
		if code, err := s.Next(t.Context()); code.Text != "WHOLE" || err != nil {
			t.Errorf("Next = %q, %v", code.Text, err)
		}
	})
}

// What was scanned before the cable was pulled is still handed over; half a code
// is not.
func TestUnplugAfterScan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		unit := plugIn(t)
		s := start(unit, Options{Unit: "scanner", Kind: Keyboard})
		unit.send(append(reportsOf(Keyboard, "WHOLE"), keyReports("HAL")...)...)
		unit.unplug()
		synctest.Wait()
		if n := unit.closures(); n != 1 {
			t.Errorf("the unit was closed %d times once it was gone; want once, without a call", n)
		}
		if code, err := s.Next(t.Context()); code.Text != "WHOLE" || err != nil {
			t.Errorf("Next = %q, %v", code.Text, err)
		}
		for range 2 {
			if code, err := s.Next(t.Context()); !errors.Is(err, devices.ErrGone) || code.Text != "" {
				t.Errorf("Next = %q, %v; want ErrGone", code.Text, err)
			}
		}
		if err := s.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
	})
}

// Empty reports without end are how hidapi may tell of a unit closed by others.
func TestEmptyReports(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		unit := plugIn(t)
		s := start(unit, Options{Unit: "scanner"})
		defer s.Close()
		for range emptyMost / 2 { // twice as many with the packets after reports
			unit.send([]byte{})
		}
		if _, err := s.Next(t.Context()); !errors.Is(err, devices.ErrGone) {
			t.Errorf("Next = %v; want ErrGone", err)
		}
		if n := unit.closures(); n != 1 {
			t.Errorf("the unit was closed %d times", n)
		}
	})
}

func TestCloseIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		unit := plugIn(t)
		unit.deaf = true
		s := start(unit, Options{Unit: "scanner"})
		synctest.Wait() // it is being read
		began := time.Now()
		for range 2 {
			if err := s.Close(); !errors.Is(err, devices.ErrSilent) {
				t.Errorf("Close = %v; want ErrSilent, as the unit is still being read", err)
			}
		}
		if took := time.Since(began); took != closing {
			t.Errorf("Close took %v; want %v", took, closing)
		}
		if _, err := s.Next(t.Context()); !errors.Is(err, devices.ErrClosed) {
			t.Errorf("Next = %v; want ErrClosed", err)
		}
		unit.unplug()
		synctest.Wait()
		if n := unit.closures(); n != 1 {
			t.Errorf("once unplugged, the unit was closed %d times", n)
		}
	})
}

func TestCloseTellsWhatWasNotGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		unit := plugIn(t)
		unit.onClose = errors.New("no")
		s := start(unit, Options{Unit: "scanner"})
		if err := s.Close(); !errors.Is(err, devices.ErrRefused) || !errors.Is(err, unit.onClose) {
			t.Errorf("Close = %v", err)
		}
	})
}
