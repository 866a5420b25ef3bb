package inspection_test

import (
	"bytes"
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"motcua/devices"
	"motcua/devices/card"
	"motcua/devices/card/cardsim"
	"motcua/devices/card/emrtd"
	"motcua/devices/card/inspection"
	"motcua/devices/card/lds"
	"motcua/devices/card/lds/ldstest"
	"motcua/devices/card/lds/trust"
)

// between is what stands between the station and a card: it looks at commands and
// may answer, or spoil the answer, in the card's stead.
type between struct {
	card.Card
	command func([]byte) (answer []byte, err error) // nil, nil = the card's
	answer  func([]byte) error
}

func (k *between) Exchange(ctx context.Context, b []byte) ([]byte, error) {
	if k.command != nil {
		if answer, err := k.command(b); answer != nil || err != nil {
			return answer, err
		}
	}
	answer, err := k.Card.Exchange(ctx, b)
	if err == nil && k.answer != nil {
		err = k.answer(answer)
	}
	return answer, err
}

// visited is a card on a reader, what its station trusts, and its passwords.
type visited struct {
	card    card.Card
	anchors *trust.Anchors
	can     lds.Secret
	zone    lds.Secret
}

// visit lays a good card on a reader. Call it in a bubble.
func visit(t *testing.T, chip ldstest.Chip) visited {
	t.Helper()
	now := time.Now()
	state, err := ldstest.NewState(ldstest.Options{Suite: ldstest.P256, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	anchors, err := trust.New(trust.Rules{State: "VN", RequireCRL: true}, state.Root(), state.RevocationList(now.Add(time.Hour)))
	if err != nil {
		t.Fatal(err)
	}
	made, err := state.Issue(ldstest.CCCD2021.Person(), chip, ldstest.None)
	if err != nil {
		t.Fatal(err)
	}
	c, err := cardsim.Issued(made, cardsim.Quirks{})
	if err != nil {
		t.Fatal(err)
	}
	zone, err := lds.ReadDG1(made.Files[lds.DG1])
	if err != nil {
		t.Fatal(err)
	}
	r := cardsim.NewReader("card")
	t.Cleanup(func() { _ = r.Close() })
	r.Lay(c)
	e, err := r.Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return visited{e.(card.Tapped).Card, anchors, lds.Secret(made.Person.CAN()), zone.Key()}
}

func (v visited) inspect(t *testing.T, k card.Card, passwords ...lds.Secret) (*inspection.Result, error) {
	t.Helper()
	return inspection.Inspect(t.Context(), k, inspection.Options{
		Passwords: passwords, Groups: []lds.File{lds.DG1, lds.DG13}, Anchors: v.anchors,
	})
}

// Some readers break off, or spoil, every answer of more than so many bytes, and
// no status word tells it. After the first such noise the pieces are small.
func TestLongAnswersBreakOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := visit(t, ldstest.Chip{})
		broken := 0
		k := &between{Card: v.card, answer: func(b []byte) error {
			if len(b) > 230 {
				broken++
				return devices.Fail("card", "exchange", devices.ErrGarbled, nil)
			}
			return nil
		}}
		got, err := v.inspect(t, k, v.can)
		if err != nil || got.Proof.Level != trust.ChipGenuine {
			t.Fatalf("Inspect = %v, %v; want it genuine", got, err)
		}
		if broken != 1 || len(got.Noise) != 1 {
			t.Errorf("%d answers broke off, with noise %v; want one", broken, got.Noise)
		}
	})
}

// A chip grows slower with each wrong password: one that it refused is not tried
// again, also when noise ended the session meanwhile.
func TestWrongPasswordIsTriedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := visit(t, ldstest.Chip{})
		byCAN, sent := 0, 0
		k := &between{Card: v.card, command: func(b []byte) ([]byte, error) {
			if b[1] == 0x22 && bytes.Contains(b, []byte{0x83, 1, 2}) {
				byCAN++
			}
			if b[1] == 0x22 && bytes.Contains(b, []byte{0x83, 1, 1}) { // the zone is next
				if sent++; sent == 1 {
					return nil, devices.Fail("card", "exchange", devices.ErrGarbled, nil)
				}
			}
			return nil, nil
		}}
		got, err := v.inspect(t, k, "123456", v.zone)
		if err != nil || got.Proof.Level != trust.ChipGenuine || len(got.Noise) != 1 {
			t.Fatalf("Inspect = %v, %v; want it genuine after noise", got, err)
		}
		if byCAN != 1 {
			t.Errorf("the wrong number was tried %d times; want once", byCAN)
		}
	})
}

// Who sits between can refuse PACE in the chip's stead, so that the weaker BAC is
// used: nothing is missing from what was signed, and it is told all the same.
func TestPACEPassedOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := visit(t, ldstest.Chip{})
		refuse := func(b []byte) ([]byte, error) {
			if b[0] == 0x00 && b[1] == 0x22 {
				return []byte{0x6A, 0x80}, nil
			}
			return nil, nil
		}
		weaker := trust.Doubt{Reason: trust.AccessWeaker, File: lds.CardAccess}
		got, err := v.inspect(t, &between{Card: v.card, command: refuse}, v.can, v.zone)
		if err != nil || got.Method != emrtd.BAC || !slices.Contains(got.Proof.Notes, weaker) {
			t.Errorf("Inspect = %v, %v; want it opened by BAC, with a note of it", got, err)
		}
		got, err = v.inspect(t, v.card, v.can, v.zone)
		if err != nil || len(got.Proof.Notes) > 0 {
			t.Errorf("nobody between: %v, %v", got, err)
		}
	})
}
