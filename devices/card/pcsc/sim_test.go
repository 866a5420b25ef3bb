// Faults that were put into the driver on purpose, and the test that found each:
//
//	a deadline outlives its call              Run/CancelLeavesItUsable
//	the counter of cards is not looked at     Run/TellsLate
//	Reset does not wait for what is owed      Run/CancelledExchange
//	a context's error is wrapped              Run/CancelledExchange
//	a card is never found lifted              Run/LiftedIsNamed
//	a reader off the list is no loss          Run/UnplugIsNamed
//	Close leaves the card's line open         NothingIsLeft
//	Close of the reader forgets the card      NothingIsLeft
//	a refused version's line stays open       NothingIsLeft
//	a busy card's line stays open             NothingIsLeft
//	a busy reader is not tried again          NothingIsLeft
//	only 4.4 is offered                       NothingIsLeft
//	the promise is not waited for with 4.6    IdleSaysNothing
//	a reader's figure is believed as it is    LongAnswers
//	a mute card is an error                   MuteCard
//	an answer's length is believed            DaemonSpoilsTheAnswer
//	an exchange has no end of its own         DaemonSpoilsTheAnswer
//	a card in use is not reset                TakesACardInUse
//	a hung daemon is waited for               OpenNamesTheTrouble
//
// Some lived and have tests since: half an answer forgotten at a cancel
// (HearKeepsHalf), a card that is shared (the simulated daemon refuses that), the
// line of the second look left open (DaemonSpoilsTheAnswer). One that lived does
// no harm: a card that the daemon says was removed is looked for once more.
package pcsc_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"motcua/devices/card"
	"motcua/devices/card/cardsim"
	"motcua/devices/card/cardtest"
	"motcua/devices/card/pcsc"
	"motcua/devices/card/pcsc/pcscsim"
)

// Most cases wait: for a daemon to look, or for patience to end. Let them wait side
// by side, as many as -parallel says or else eight.
func TestMain(m *testing.M) {
	flag.Parse()
	told := false
	flag.Visit(func(f *flag.Flag) { told = told || f.Name == "test.parallel" })
	if !told {
		if err := flag.Set("test.parallel", "8"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
	}
	os.Exit(m.Run())
}

// desktop is the name of the simulated daemon's reader.
const desktop = "Sim Desktop PICC 00 00"

// plans are the daemons there are, by the versions that brought them.
var plans = map[string]pcscsim.Plan{
	"1.9.9": {Minor: 4},
	"2.3.3": {Minor: 5},
	"2.4.1": {Minor: 5, Forgiving: true},
	"2.5.1": {Minor: 6, Forgiving: true},
}

// socket gives a path that is short enough for a socket.
func socket(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "pcsc")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return filepath.Join(dir, "comm")
}

// sim starts a simulated daemon with one reader.
func sim(t *testing.T, p pcscsim.Plan) (*pcscsim.Daemon, pcsc.Options) {
	t.Helper()
	o := pcsc.Options{Unit: "chip", Socket: socket(t), USB: t.TempDir()}
	d, err := pcscsim.Listen(o.Socket, p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	d.Plug(desktop)
	return d, o
}

// bench sets a reader of a simulated daemon up.
func bench(p pcscsim.Plan) func(*testing.T) cardtest.Bench {
	return func(t *testing.T) cardtest.Bench {
		t.Helper()
		d, o := sim(t, p)
		r, err := pcsc.Hasty{Exchange: patience, Lifted: 500 * time.Millisecond}.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		return cardtest.Bench{
			Reader: put{r, d}, Unit: o.Unit, Single: true, Patience: patience,
			Lay:    func(c *cardsim.Chip) { d.Lay(desktop, c, false) },
			Lift:   func() { d.Lift(desktop) },
			Unplug: func() { d.Unplug(desktop) },
		}
	}
}

// put is a reader that is put away with its daemon.
type put struct {
	card.Reader
	daemon *pcscsim.Daemon
}

func (p put) Close() error {
	defer p.daemon.Close()
	return p.Reader.Close()
}

// TestEveryVersion keeps the promises of card.Reader and card.Card with each kind
// of daemon.
func TestEveryVersion(t *testing.T) {
	for name, p := range plans {
		t.Run(name, func(t *testing.T) {
			t.Run("Run", func(t *testing.T) { cardtest.Run(t, bench(p)) })
		})
	}
}

// TestChips reads every kind of card.
func TestChips(t *testing.T) {
	t.Parallel()
	cardtest.RunChips(t, bench(plans["2.5.1"]), false)
}

// TestFaults lets every fault of a card strike at every exchange.
func TestFaults(t *testing.T) {
	t.Parallel()
	cardtest.RunFaults(t, bench(plans["1.9.9"]))
}
