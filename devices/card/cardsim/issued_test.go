package cardsim_test

import (
	"crypto"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"motcua/devices/card"
	"motcua/devices/card/cardsim"
	"motcua/devices/card/emrtd"
	"motcua/devices/card/lds"
	"motcua/devices/card/lds/ldstest"
	"motcua/devices/card/lds/trust"
)

// issue makes cards of an invented state, and what a station trusts of it.
func issue(t *testing.T) (*ldstest.State, *trust.Anchors, time.Time) {
	t.Helper()
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	state, err := ldstest.NewState(ldstest.Options{Suite: ldstest.BrainpoolP384, Digest: crypto.SHA256, Explicit: true, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	anchors, err := trust.New(trust.Rules{State: "VN", RequireCRL: true}, state.Root(), state.RevocationList(now.Add(24*time.Hour)))
	if err != nil {
		t.Fatal(err)
	}
	return state, anchors, now
}

// read opens the chip by its CAN, reads what a procedure needs and has it proven
// by the state's signature and by the chip's keys.
func read(t *testing.T, c *cardsim.Chip, who ldstest.Person, a *trust.Anchors, now time.Time) (trust.Proof, error) {
	t.Helper()
	r := cardsim.NewReader("card")
	defer r.Close()
	r.Lay(c)
	event, err := r.Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	can, err := emrtd.NewCAN(lds.Secret(who.Number[6:]))
	if err != nil {
		t.Fatal(err)
	}
	chip, err := emrtd.Open(t.Context(), event.(card.Tapped).Card, emrtd.Options{Passwords: []*emrtd.Password{can}})
	if err != nil {
		return trust.Proof{}, err
	}
	defer chip.Close()
	sod, err := chip.Read(t.Context(), lds.SOD)
	if err != nil {
		return trust.Proof{}, err
	}
	groups := map[lds.File][]byte{}
	for _, f := range []lds.File{lds.DG1, lds.DG2, lds.DG13, lds.DG14, lds.DG15} {
		b, err := chip.Read(t.Context(), f)
		if f == lds.DG2 && !who.Pictured && errors.Is(err, emrtd.ErrAbsent) {
			continue
		}
		if err != nil {
			return trust.Proof{}, err
		}
		groups[f] = b
	}
	proof := a.Check(sod, groups, now)
	security, err := lds.ReadDG14(groups[lds.DG14])
	if err != nil {
		return proof, err
	}
	if err := chip.CheckAccess(security); err != nil {
		return proof, err
	}
	if err := chip.AuthenticateChip(t.Context(), security); err != nil {
		return proof.Unproved(trust.ChipAuthentication, trust.ChipFailed), err
	}
	proof = proof.Proved(trust.ChipAuthentication)
	key, err := lds.ReadDG15(groups[lds.DG15])
	if err != nil {
		return proof, err
	}
	if err := chip.AuthenticateActive(t.Context(), key, security); err != nil {
		return proof.Unproved(trust.ActiveAuthentication, trust.ChipFailed), err
	}
	return proof.Proved(trust.ActiveAuthentication), nil
}

// A card of every kind that is in people's hands comes out genuine; a copy does
// not, and neither does one that was written on.
func TestIssuedCards(t *testing.T) {
	t.Parallel()
	state, anchors, now := issue(t)
	for _, flavour := range ldstest.Flavours() {
		t.Run(string(flavour), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				who := flavour.Person()
				made, err := state.Issue(who, ldstest.Chip{PhotoSize: 2000}, ldstest.None)
				if err != nil {
					t.Fatal(err)
				}
				c, err := cardsim.Issued(made, cardsim.Quirks{})
				if err != nil {
					t.Fatal(err)
				}
				if proof, err := read(t, c, who, anchors, now); err != nil || proof.Level != trust.ChipGenuine {
					t.Errorf("a good card is %v, %v, %v; want genuine", proof.Level, proof.Doubts, err)
				}
				if flavour != ldstest.CCCD2021 {
					return // what follows asks nothing of the flavour
				}
				written := append([]byte(nil), made.Files[lds.DG13]...)
				written[len(written)-1] ^= 1
				c.Write(lds.DG13, written)
				if proof, _ := read(t, c, who, anchors, now); proof.Level != trust.ChipRead || len(proof.Contradictions()) == 0 {
					t.Errorf("a card that was written on is %v, %v", proof.Level, proof.Doubts)
				}
				c.Write(lds.DG13, made.Files[lds.DG13])
				if err := c.LoseKeys(); err != nil {
					t.Fatal(err)
				}
				if proof, err := read(t, c, who, anchors, now); !errors.Is(err, emrtd.ErrClone) || proof.Level != trust.ChipRead {
					t.Errorf("a copy is %v, %v, %v", proof.Level, proof.Doubts, err)
				}
			})
		})
	}
}
