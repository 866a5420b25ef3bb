package station_test

import (
	"context"
	"crypto"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"motcua/devices"
	"motcua/devices/card"
	"motcua/devices/card/cardsim"
	"motcua/devices/card/lds/ldstest"
	"motcua/devices/card/lds/trust"
	"motcua/kiosk/pack"
	"motcua/kiosk/station"
	"motcua/kiosk/trouble"
	"motcua/kiosk/visit"
)

// cardDesk is a card reader on a cable, and the state whose cards are laid on it.
type cardDesk struct {
	t       *testing.T
	state   *ldstest.State
	anchors *trust.Anchors
	photo   []byte

	mu     sync.Mutex
	reader *cardsim.Reader // nil = unplugged
}

func newCardDesk(t *testing.T) *cardDesk {
	t.Helper()
	state, err := ldstest.NewState(ldstest.Options{Suite: ldstest.BrainpoolP384, Digest: crypto.SHA256, Now: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	anchors, err := trust.New(trust.Rules{State: "VN"}, state.Root())
	if err != nil {
		t.Fatal(err)
	}
	photo, err := ldstest.Photo(2000)
	if err != nil {
		t.Fatal(err)
	}
	return &cardDesk{t: t, state: state, anchors: anchors, photo: photo, reader: cardsim.NewReader("reader")}
}

func (d *cardDesk) open(context.Context) (card.Reader, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.reader == nil || d.reader.Closed() {
		return nil, devices.Fail("reader", "open", devices.ErrGone, nil)
	}
	return d.reader, nil
}

// unplug pulls the cable; plug puts in another reader.
func (d *cardDesk) unplug() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reader.Unplug()
	d.reader = nil
}

func (d *cardDesk) plug() *cardsim.Reader {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reader = cardsim.NewReader("reader")
	return d.reader
}

func (d *cardDesk) issue(f ldstest.Flavour, wrong ldstest.Fault) *cardsim.Chip {
	d.t.Helper()
	return d.issueTo(f.Person(), wrong)
}

func (d *cardDesk) issueTo(who ldstest.Person, wrong ldstest.Fault) *cardsim.Chip {
	d.t.Helper()
	made, err := d.state.Issue(who, ldstest.Chip{Photo: d.photo}, wrong)
	if err != nil {
		d.t.Fatal(err)
	}
	c, err := cardsim.Issued(made, cardsim.Quirks{})
	if err != nil {
		d.t.Fatal(err)
	}
	return c
}

// identify goes to where the kiosk asks who it is.
func (h *hall) identify() {
	h.t.Helper()
	h.ready()
	h.readerIs(visit.ReaderEmpty)
	h.touch("start", "door:submit", "row:1.004873")
	h.at(visit.AtIdentify)
}

// states are the station's words for the visit's.
var states = map[visit.Reader]station.State{visit.ReaderAway: station.Away, visit.ReaderEmpty: station.OK,
	visit.ReaderCard: station.Card, visit.ReaderCrowded: station.Crowded}

// readerIs waits until the station knows what lies on the reader.
func (h *hall) readerIs(want visit.Reader) {
	h.t.Helper()
	limit := time.Now().Add(20 * time.Second)
	for h.s.Best(station.ThingReader) != states[want] {
		if time.Now().After(limit) {
			h.t.Fatalf("the reader is %q, want %q", h.s.Best(station.ThingReader), states[want])
		}
		<-time.After(5 * time.Millisecond)
	}
}

// scan holds the code of a card under the scanner.
func (h *hall) scan(f ldstest.Flavour) {
	h.t.Helper()
	if err := h.scanner.Scan([]byte(f.Person().QR(f)), "\r"); err != nil {
		h.t.Fatal(err)
	}
}

// logged waits until the log has that many lines with all the words.
func (h *hall) logged(lines int, words ...string) {
	h.t.Helper()
	limit := time.After(20 * time.Second)
	for {
		n := 0
		for line := range strings.Lines(h.log.String()) {
			if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(line, w) }) {
				n++
			}
		}
		if n == lines {
			return
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-limit:
			h.t.Fatalf("the log has %d lines with %q, want %d:\n%s", n, words, lines, h.log.String())
		}
	}
}

// says waits for a sentence and tells when it came.
func (h *hall) says(key string) time.Time {
	h.t.Helper()
	want := h.s.Texts.In(pack.VI, key, nil)
	h.until(key, func(v visit.View) bool {
		return slices.ContainsFunc(v.Blocks, func(b visit.Block) bool {
			switch b := b.(type) {
			case visit.Heading:
				return b.Title == want
			case visit.Seal:
				return b.Title == want
			case visit.Waiting:
				return b.Title == want
			case visit.Note:
				return b.Text == want
			}
			return false
		})
	})
	return time.Now()
}

// hanging lays a chip that stops answering in mid-read, and returns once the
// kiosk waits for it.
func (d *cardDesk) hanging(h *hall, f ldstest.Flavour) *cardsim.Chip {
	d.t.Helper()
	const mid = 14 // opened, and some of EF.SOD read
	chip := d.issue(f, ldstest.None)
	chip.Fail(mid, cardsim.Slow(time.Hour))
	d.reader.Lay(chip)
	limit := time.Now().Add(20 * time.Second)
	for chip.Sent() < mid {
		if time.Now().After(limit) {
			d.t.Fatalf("the chip heard %d commands; the kiosk shows %q %q", chip.Sent(), h.view.Screen, h.view.Step)
		}
		<-time.After(time.Millisecond)
	}
	h.says("chip.reading.title")
	return chip
}

// TestChipInEitherOrder: code and then card, card and then code: both are proven.
func TestChipInEitherOrder(t *testing.T) {
	d := newCardDesk(t)
	h := openWith(t, -1, d)
	h.identify()
	h.scan(ldstest.CCCD2021)
	h.at(visit.AtChip)
	d.reader.Lay(d.issue(ldstest.CCCD2021, ldstest.None))
	h.at(visit.AtPapers)
	h.logged(1, "chip read", `"assurance":"chip-genuine"`, `"opened":"PACE-CAN"`)
	d.reader.Lift()
	h.touch("end", "leave")
	h.at(visit.AtAttract)

	d.reader.Lay(d.issue(ldstest.CanCuoc, ldstest.None))
	h.at(visit.AtHome) // the card woke the kiosk
	h.touch("door:submit", "row:1.004873")
	h.at(visit.AtIdentify)
	h.scan(ldstest.CanCuoc)
	h.at(visit.AtPapers)
	h.logged(2, "chip read", `"assurance":"chip-genuine"`)
	if got := h.s.Best(station.ThingReader); got != states[visit.ReaderCard] {
		t.Errorf("Reader() = %s with a card on it", got)
	}
}

// TestCardLiftedTooSoon: the screen says so at once, whatever the reader still
// waits for, and the same card is read when it is laid down again.
func TestCardLiftedTooSoon(t *testing.T) {
	d := newCardDesk(t)
	h := openWith(t, -1, d)
	h.identify()
	h.scan(ldstest.CCCD2021)
	h.at(visit.AtChip)
	chip := d.hanging(h, ldstest.CCCD2021)
	began := time.Now()
	d.reader.Lift()
	took := h.says("chip.lifted.title").Sub(began)
	t.Logf("card pulled to the screen saying so: %v", took)
	if took > 500*time.Millisecond {
		t.Errorf("it took %v, the bar is 500 ms", took)
	}
	d.reader.Lay(chip)
	h.at(visit.AtPapers)
	h.logged(1, "chip read", `"assurance":"chip-genuine"`)
}

// TestNumberThatDoesNotOpen: another person's card is told at once; one's own,
// laid in its place, is read.
func TestNumberThatDoesNotOpen(t *testing.T) {
	d := newCardDesk(t)
	h := openWith(t, -1, d)
	h.identify()
	h.scan(ldstest.CCCD2021)
	h.at(visit.AtChip)
	began := time.Now()
	d.reader.Lay(d.issue(ldstest.NeverEnds, ldstest.None))
	took := h.says("chip.locked.title").Sub(began)
	t.Logf("wrong number to the screen saying so: %v", took)
	if took > 2*time.Second {
		t.Errorf("it took %v, the bar is 2 s", took)
	}
	d.reader.Lift()
	d.reader.Lay(d.issue(ldstest.CCCD2021, ldstest.None))
	h.at(visit.AtPapers)
}

// TestTwoCards: neither is read until one of them is gone.
func TestTwoCards(t *testing.T) {
	d := newCardDesk(t)
	h := openWith(t, -1, d)
	h.identify()
	h.scan(ldstest.CCCD2021)
	h.at(visit.AtChip)
	d.hanging(h, ldstest.CCCD2021)
	d.reader.Lay(d.issue(ldstest.Child, ldstest.None))
	h.says("chip.crowded.title")
	d.reader.Lift()
	h.at(visit.AtPapers)
}

// TestForgedCardIsRefused: staff are to look at it, and the visit goes on with
// what the code said.
func TestForgedCardIsRefused(t *testing.T) {
	d := newCardDesk(t)
	h := openWith(t, -1, d)
	h.identify()
	d.reader.Lay(d.issue(ldstest.CCCD2021, ldstest.ForgedSigner))
	h.scan(ldstest.CCCD2021)
	h.says("chip.refused.title")
	h.logged(1, "chip not read", "card refused")
	h.touch("skip")
	h.at(visit.AtPapers)
	h.logged(0, "chip read")
}

// TestExpiredCard: a number that was typed says nothing of the card; its chip does,
// and a card past its day opens no visit.
func TestExpiredCard(t *testing.T) {
	d := newCardDesk(t)
	h := openWith(t, -1, d)
	who := ldstest.CCCD2021.Person()
	who.Entries = slices.Clone(who.Entries)
	for i, e := range who.Entries {
		if e.Text == who.Expires {
			who.Entries[i].Text = "31/01/2026"
		}
	}
	who.Expires = "31/01/2026"
	h.identify()
	h.touch("way:type")
	h.at(visit.AtQuestion)
	for _, digit := range who.Number {
		h.touch("key:" + string(digit))
	}
	h.touch("next")
	h.at(visit.AtChip)
	d.reader.Lay(d.issueTo(who, ldstest.None))
	h.at(visit.AtIdentify)
	h.says("identity.expired")
	h.logged(1, "chip read", `"assurance":"chip-genuine"`)
}

// TestReaderUnplugged: in the middle of a reading too, it holds up nobody, is a
// trouble, and is back in use when it is plugged in.
func TestReaderUnplugged(t *testing.T) {
	d := newCardDesk(t)
	h := openWith(t, -1, d)
	h.identify()
	h.scan(ldstest.CCCD2021)
	h.at(visit.AtChip)
	d.hanging(h, ldstest.CCCD2021)
	began := time.Now()
	d.unplug()
	h.at(visit.AtPapers)
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("noticed after %v, the bar is 2 s", took)
	}
	h.logged(1, "trouble", "reader-away")
	if all := h.troubles.All(); !slices.ContainsFunc(all, func(w trouble.Trouble) bool { return w.Code == "reader-away" }) {
		t.Errorf("troubles %v, want reader-away", all)
	}
	if got := h.s.Best(station.ThingReader); got != states[visit.ReaderAway] {
		t.Errorf("Reader() = %s when it is unplugged", got)
	}
	h.touch("end", "leave")
	h.at(visit.AtAttract)
	began = time.Now()
	reader := d.plug()
	h.logged(1, "healed", "reader-away")
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("back after %v, the bar is 5 s", took)
	}
	h.touch("start", "door:submit", "row:1.004873")
	h.at(visit.AtIdentify)
	h.scan(ldstest.CanCuoc)
	h.at(visit.AtChip)
	reader.Lay(d.issue(ldstest.CanCuoc, ldstest.None))
	h.at(visit.AtPapers)
	h.logged(1, "chip read", `"assurance":"chip-genuine"`)
}

// TestLeavingEndsTheReading: nothing of it reaches the next visitor.
func TestLeavingEndsTheReading(t *testing.T) {
	d := newCardDesk(t)
	h := openWith(t, -1, d)
	h.identify()
	h.scan(ldstest.CCCD2021)
	h.at(visit.AtChip)
	d.hanging(h, ldstest.CCCD2021)
	h.touch("end", "leave")
	h.at(visit.AtAttract)
	h.logged(1, "chip left")
	h.touch("start", "door:submit", "row:1.004873")
	h.at(visit.AtIdentify)
	h.scan(ldstest.CanCuoc) // not the card that still lies there
	h.says("chip.differs.title")
	h.logged(0, "chip read")
}
