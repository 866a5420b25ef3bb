package desk

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"motcua/cmd/workbench/reader"
	"motcua/devices"
	"motcua/devices/card"
	"motcua/devices/card/cardsim"
	"motcua/devices/card/cccd"
	"motcua/devices/card/emrtd"
	"motcua/devices/card/inspection"
	"motcua/devices/card/lds"
	"motcua/devices/card/lds/trust"
	"motcua/devices/card/pcsc"
	"motcua/kiosk/identity"
)

// Every chip in the drawer is what its title says: it opens by the number on its
// card, tells its holder and is proven, or fails for the one reason that it is
// there for.
func TestChipsAreWhatTheySay(t *testing.T) {
	now, dir := time.Now(), t.TempDir()
	s, err := found(dir, now)
	if err != nil {
		t.Fatal(err)
	}
	anchors, err := trust.Open(dir, trust.Rules{State: "VN", RequireCRL: true})
	if err != nil {
		t.Fatal(err)
	}
	against := map[string]trust.Reason{"chip-altered": trust.GroupAltered, "chip-copy": trust.ChipFailed, "chip-revoked": trust.SignerRevoked}
	for _, kind := range Chips() {
		t.Run(kind.ID, func(t *testing.T) {
			who, err := holder(kind, now)
			if err != nil {
				t.Fatal(err)
			}
			result, err := inspect(t, s, Lay{Chip: kind.ID}, who.CAN(), anchors)
			if kind.ID == "bank-card" {
				if !errors.Is(err, emrtd.ErrWrongCard) {
					t.Errorf("Inspect = %v, want ErrWrongCard", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if reason, ok := against[kind.ID]; ok {
				if !result.Proof.Has(reason) || len(result.Proof.Contradictions()) == 0 {
					t.Errorf("doubts %v, want %s", result.Proof.Doubts, string(reason))
				}
				return
			}
			if result.Proof.Level != trust.ChipGenuine {
				t.Errorf("it is %s: %v", result.Proof.Level, result.Proof.Doubts)
			}
			tells(t, kind, result, now)
		})
	}
}

// tells holds that a chip says what the code on its card does.
func tells(t *testing.T, kind Chip, result *inspection.Result, now time.Time) {
	t.Helper()
	zone, err := lds.ReadDG1(result.Files[lds.DG1])
	if err != nil {
		t.Fatal(err)
	}
	fields, err := cccd.Read(result.Files[lds.DG13], time.UTC, cccd.Number, cccd.Name, cccd.Born, cccd.Sex, cccd.Residence,
		cccd.Issued, cccd.Expires, cccd.Former)
	if err != nil || len(fields.Unread) > 0 {
		t.Fatalf("%v, unread %v", err, fields.Unread)
	}
	if err := fields.CompareMRZ(zone); err != nil {
		t.Error(err)
	}
	on, _ := CardByID(now, kind.card)
	found, err := identity.Read(on.Text, now)
	if kind.ID == "card-expired" {
		if !errors.Is(err, identity.ErrExpired) || fields.Never || !fields.Expires.Before(now) {
			t.Errorf("the code is read as %v, the chip expires %v", err, fields.Expires)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	p := found.Person
	if err := fields.CompareQR(cccd.QR{Number: p.Number.Reveal(), Former: p.Old, Name: p.Name, Sex: p.Sex, Born: p.Born, Issued: p.Issued}); err != nil {
		t.Error(err)
	}
	if fields.Residence.Reveal() != p.Address || !fields.Expires.Equal(p.Expires) || fields.Never != p.Never {
		t.Errorf("the chip has another address or expiry than its code")
	}
}

func inspect(t *testing.T, s *state, l Lay, can string, anchors *trust.Anchors) (*inspection.Result, error) {
	t.Helper()
	chip, err := s.chip(l)
	if err != nil {
		t.Fatal(err)
	}
	r := cardsim.NewReader("reader")
	defer r.Close()
	r.Lay(chip)
	e, err := r.Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return inspection.Inspect(t.Context(), e.(card.Tapped).Card, inspection.Options{
		Passwords: []lds.Secret{lds.Secret(can)}, Groups: []lds.File{lds.DG13, lds.DG1}, Anchors: anchors,
	})
}

// A card that is to be pulled away is; nobody else's number opens the stranger's.
func TestHowAChipIsLaid(t *testing.T) {
	s, err := found(t.TempDir(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := inspect(t, s, Lay{Chip: "card-7", After: 14}, "999999", nil); !errors.Is(err, card.ErrLifted) {
		t.Errorf("pulled away: %v", err)
	}
	if _, err := inspect(t, s, Lay{Chip: "card-stranger"}, "999999", nil); !errors.Is(err, emrtd.ErrAsk) {
		t.Errorf("by another number: %v", err)
	}
	began := time.Now()
	slow, err := inspect(t, s, Lay{Chip: "card-7", Each: 5}, "999999", nil)
	if err != nil {
		t.Fatal(err)
	}
	exchanges := 0
	for _, step := range slow.Times {
		exchanges += step.Exchanges
	}
	if took := time.Since(began); took < time.Duration(exchanges)*5*time.Millisecond {
		t.Errorf("%d answers of 5 ms each took %v", exchanges, took)
	}
	if _, err := s.chip(Lay{Chip: "passport"}); err == nil {
		t.Error("there is a passport in the drawer")
	}
	var ids []string
	for _, c := range Chips() {
		if slices.Contains(ids, c.ID) {
			t.Errorf("two chips are called %s", c.ID)
		}
		ids = append(ids, c.ID)
	}
}

// The hands on the reader work over HTTP; the state tells which card lies there.
func TestReaderOverHTTP(t *testing.T) {
	dir, err := os.MkdirTemp("", "desk-") // short: a socket lies in it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	c, ports := bench(t, Options{Run: dir})
	s, err := c.State(within(t))
	if err != nil {
		t.Fatal(err)
	}
	if s.NoReader != "" {
		t.Skip(s.NoReader)
	}
	if !s.Hands.Reader || s.Laid != "" {
		t.Errorf("at first the reader is plugged in: %v, with %q on it", s.Hands.Reader, s.Laid)
	}
	p, err := pcsc.Open(within(t), pcsc.Options{Unit: "reader", Reader: reader.Name, Socket: ports.Card})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	laid := func(want string) {
		t.Helper()
		if s, err := c.State(within(t)); err != nil || s.Laid != want {
			t.Errorf("%q lies on the reader, %v; want %q", s.Laid, err, want)
		}
	}
	if err := c.Lay(within(t), Lay{Chip: "card-11"}); err != nil {
		t.Fatal(err)
	}
	for {
		e, err := p.Wait(within(t))
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := e.(card.Tapped); ok {
			break
		}
	}
	laid("card-11")
	if err := c.Lift(within(t)); err != nil {
		t.Fatal(err)
	}
	laid("")
	if err := c.Lay(within(t), Lay{Chip: "passport"}); err == nil {
		t.Error("a passport was laid on the reader")
	}
	if err := c.Put(within(t), func(h *Hands) { h.Reader = false }); err != nil {
		t.Fatal(err)
	}
	if err := c.Lay(within(t), Lay{Chip: "card-7"}); err == nil {
		t.Error("a card was laid on a reader that is unplugged")
	}
	if _, err := p.Wait(within(t)); !errors.Is(err, devices.ErrGone) {
		t.Errorf("Wait after the reader was unplugged = %v", err)
	}
}

// Without a card daemon the desk says so and works on.
func TestNoCardDaemon(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	c, _ := bench(t, Options{})
	s, err := c.State(within(t))
	if err != nil || s.Hands.Reader || !strings.Contains(s.NoReader, "install pcscd") {
		t.Errorf("state %+v, %v", s, err)
	}
	if err := c.Lay(within(t), Lay{Chip: "card-7"}); err == nil {
		t.Error("a card was laid on no reader")
	}
	if err := c.Put(within(t), func(h *Hands) { h.Reader = true }); err == nil {
		t.Error("a reader that is none was plugged in")
	}
	if err := c.Put(within(t), func(h *Hands) { h.Scanner = false }); err != nil {
		t.Errorf("the scanner's cable: %v", err)
	}
}
