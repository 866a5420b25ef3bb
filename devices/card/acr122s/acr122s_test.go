package acr122s

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/creack/pty"

	"motcua/devices"
	"motcua/devices/card"
	"motcua/devices/card/acr122s/acr122ssim"
	"motcua/devices/card/cardsim"
	"motcua/devices/card/cardtest"
	"motcua/devices/port/porttest"
)

// Faults that were put into the driver on purpose, and the test that found each:
//
//	the checksum is not looked at                   TestWireFaults/flipped bit
//	the end of a frame is not looked at             TestDecode
//	any length is believed                          TestDecode
//	noise ends the search for a frame               TestDecode
//	the sequence number is not compared             TestWireFaults/command not heard
//	a broken answer has the command sent again      TestWireFaults/answer lost
//	a negative status is passed over                TestChips
//	silence has the command sent again              TestNonsense
//	"more time" is taken for the answer             TestReaderThatAsksForTime
//	an answer that is owed is not waited for        TestReader/CancelledExchange
//	the context's error is wrapped                  TestReader/CancelledExchange
//	Close of a card leaves its exchange hanging     TestReader/CardCloseEndsExchange
//	Reset keeps the field on                        TestReader/Exchanges
//	the rest of a long answer is left               TestChipsInPieces
//	a long command is cut                           TestLength
//	one card only is looked for                     TestReader/CrowdIsTold
//	a second card is looked for during a reading    TestWireFaults
//	a second card is never looked for               TestClosedCard
//	cards of type B are not looked for              TestReaderThatAsksForTime
//	a silent chip is told as lifted                 TestReader/SilentIsNamed
//	a lifted card is told as silent                 TestReader/LiftedIsNamed
//	a lift that an exchange found is told nobody    TestReader/LiftedIsNamed
//	a restart is not noticed                        TestRestartedReaderIsGone
//	a reader that says nothing is waited for        TestMutedReaderIsGone
//	the speed is left as it is                      TestOpenFindsTheSpeed
//	the SAM's slot is not switched on               TestReader
//	the PN532 looks for a card without end          TestReader
//	extended commands are sent                      TestLength
//
// One lived: a half frame is kept when a command is given up. The next one is
// asked for again then, so that nothing but time is lost.

// plug plugs a simulated reader in, on a pty.
func plug(t *testing.T, o acr122ssim.Options) (r *acr122ssim.Reader, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "reader")
	r, err := acr122ssim.Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r, path
}

func onPTY(o acr122ssim.Options) func(*testing.T) cardtest.Bench {
	return func(t *testing.T) cardtest.Bench {
		d, path := plug(t, o)
		r, err := Open(t.Context(), Options{Unit: "card", Path: path})
		if err != nil {
			t.Fatal(err)
		}
		b := bench(r, d, func() { _ = d.Unplug() })
		b.Reader = both{r, d}
		return b
	}
}

// both is a reader that is switched off where it is closed: the suite counts
// goroutines, and the simulator has some.
type both struct {
	*Reader
	far *acr122ssim.Reader
}

func (b both) Close() error { return errors.Join(b.Reader.Close(), b.far.Close()) }

func bench(r *Reader, d *acr122ssim.Reader, unplug func()) cardtest.Bench {
	return cardtest.Bench{Reader: r, Unit: "card", Lay: d.Lay, Lift: d.Lift, Unplug: unplug, Patience: 2 * time.Second}
}

// inMemory is a reader on a line in memory, for a bubble: time there is virtual.
func inMemory(t *testing.T, o acr122ssim.Options) (r *Reader, d *acr122ssim.Reader, unplug func()) {
	t.Helper()
	line, far := porttest.Pipe("card")
	unplug = func() { _ = far.Close() }
	d = acr122ssim.New(o)
	go func() { _ = d.Run(far) }()
	t.Cleanup(unplug)
	r = newReader("card", line, fast)
	t.Cleanup(func() { _ = r.Close() })
	if err := errors.Join(r.greet(t.Context()), r.wire.ready(t.Context())); err != nil {
		t.Fatal(err)
	}
	return r, d, unplug
}

func TestReader(t *testing.T) {
	cardtest.Run(t, onPTY(acr122ssim.Options{Fast: true}))
}

func TestReaderThatAsksForTime(t *testing.T) {
	cardtest.Run(t, onPTY(acr122ssim.Options{Fast: true, Extend: 50 * time.Millisecond, TypeB: true}))
}

func TestChips(t *testing.T) {
	t.Parallel()
	cardtest.RunChips(t, onPTY(acr122ssim.Options{Fast: true}), false)
}

func TestChipsInPieces(t *testing.T) {
	t.Parallel()
	cardtest.RunChipsInBubble(t, func(t *testing.T) cardtest.Bench {
		return bench(inMemory(t, acr122ssim.Options{Longest: 60, Extend: 20 * time.Millisecond}))
	}, false)
}

// The whole reading meets each fault at each exchange, which takes an hour by the
// clock on the wall and none in a bubble.
func TestFaults(t *testing.T) {
	cardtest.RunFaultsInBubble(t, func(t *testing.T) cardtest.Bench {
		return bench(inMemory(t, acr122ssim.Options{}))
	})
}

var _ card.Reader = (*Reader)(nil)

func TestOpenFindsTheSpeed(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		is   acr122ssim.Options
		baud int
		want int
	}{
		{"new, to the fast one", acr122ssim.Options{}, 0, 115200},
		{"new, to the slow one", acr122ssim.Options{}, 9600, 9600},
		{"fast already", acr122ssim.Options{Fast: true}, 0, 115200},
		{"fast, to the slow one", acr122ssim.Options{Fast: true}, 9600, 9600},
		{"refuses to change", acr122ssim.Options{Stubborn: true}, 115200, 9600},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, path := plug(t, tt.is)
			for range 2 { // a second time it is found at the speed it was left at
				r, err := Open(t.Context(), Options{Unit: "card", Path: path, Baud: tt.baud})
				if err != nil {
					t.Fatal(err)
				}
				if r.Baud() != tt.want || d.Speed() != tt.want {
					t.Errorf("driver at %d, reader at %d; want %d", r.Baud(), d.Speed(), tt.want)
				}
				if want := (devices.Plate{Maker: "ACS", Model: "ACR122S202"}); r.Plate() != want {
					t.Errorf("Plate = %+v; want %+v", r.Plate(), want)
				}
				if err := r.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	far, near, err := pty.Open() // something else is on the line, and answers nothing
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	defer near.Close()
	for _, tt := range []struct {
		name string
		o    Options
		want error
	}{
		{"nothing there", Options{Path: "/dev/serial/by-id/none"}, devices.ErrGone},
		{"another speed", Options{Path: near.Name(), Baud: 19200}, devices.ErrRefused},
		{"no answer", Options{Path: near.Name()}, devices.ErrSilent},
	} {
		tt.o.Unit = "card"
		r, err := Open(t.Context(), tt.o)
		if err == nil {
			_ = r.Close()
		}
		var named *devices.Error
		if !errors.Is(err, tt.want) || !errors.As(err, &named) || named.Unit != "card" {
			t.Errorf("%s: Open = %v; want %v", tt.name, err, tt.want)
		}
	}
}

// tapped waits for a card.
func tapped(t *testing.T, r *Reader) card.Card {
	t.Helper()
	e, err := r.Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got, ok := e.(card.Tapped)
	if !ok {
		t.Fatalf("Wait = %v; want a card", e)
	}
	return got.Card
}

func newChip(t *testing.T) *cardsim.Chip {
	t.Helper()
	l, err := cardsim.NewLocks(cardsim.Plan{BAC: true})
	if err != nil {
		t.Fatal(err)
	}
	who, files := cardsim.Specimen(100)
	c, err := cardsim.New(l, who, files, cardsim.Quirks{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}
