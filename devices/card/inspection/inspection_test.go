package inspection_test

import (
	"crypto"
	"testing"
	"testing/synctest"
	"time"

	"motcua/devices/card"
	"motcua/devices/card/cardsim"
	"motcua/devices/card/inspection"
	"motcua/devices/card/lds"
	"motcua/devices/card/lds/ldstest"
	"motcua/devices/card/lds/trust"
)

// now is when everybody in these tests visits.
var now = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// office is an invented state and what a station trusts of it.
type office struct {
	state   *ldstest.State
	anchors *trust.Anchors
}

func open(t testing.TB) office {
	t.Helper()
	state, err := ldstest.NewState(ldstest.Options{Suite: ldstest.BrainpoolP384, Digest: crypto.SHA256, Explicit: true, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	anchors, err := trust.New(trust.Rules{State: "VN", RequireCRL: true}, state.Root(), state.RevocationList(now.Add(24*time.Hour)))
	if err != nil {
		t.Fatal(err)
	}
	return office{state, anchors}
}

func (o office) issue(t testing.TB, who ldstest.Person, c ldstest.Chip, f ldstest.Fault) *ldstest.Card {
	t.Helper()
	made, err := o.state.Issue(who, c, f)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// options is what a station asks of a card.
func (o office) options(who ldstest.Person) inspection.Options {
	return inspection.Options{
		Passwords: []lds.Secret{lds.Secret(who.CAN())},
		Groups:    []lds.File{lds.DG1, lds.DG13, lds.DG2},
		Anchors:   o.anchors,
		Now:       func() time.Time { return now },
	}
}

func lay(t testing.TB, r *cardsim.Reader, made *ldstest.Card, q cardsim.Quirks) (*cardsim.Chip, card.Card) {
	t.Helper()
	c, err := cardsim.Issued(made, q)
	if err != nil {
		t.Fatal(err)
	}
	r.Lay(c)
	e, err := r.Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c, e.(card.Tapped).Card
}

// A card of every kind that is in people's hands comes out genuine, with the
// files that were asked for and that it has.
func TestEveryFlavourIsGenuine(t *testing.T) {
	t.Parallel()
	o := open(t)
	for _, flavour := range ldstest.Flavours() {
		t.Run(string(flavour), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				who := flavour.Person()
				r := cardsim.NewReader("card")
				defer r.Close()
				chip, c := lay(t, r, o.issue(t, who, ldstest.Chip{}, ldstest.None), cardsim.Quirks{})
				var steps []inspection.Step
				opt := o.options(who)
				opt.Reached = func(s inspection.Step) { steps = append(steps, s) }
				for range 2 { // a card can be inspected again
					steps = nil
					got, err := inspection.Inspect(t.Context(), c, opt)
					if err != nil {
						t.Fatal(err)
					}
					if got.Proof.Level != trust.ChipGenuine || len(got.Proof.Doubts) > 0 {
						t.Errorf("level %v, doubts %v; want genuine", got.Proof.Level, got.Proof.Doubts)
					}
					if len(steps) != 4 {
						t.Errorf("steps = %v; want all four", steps)
					}
					for _, f := range []lds.File{lds.DG1, lds.DG2, lds.DG13} {
						if string(got.Files[f]) != string(chip.File(f)) {
							t.Errorf("%v: %d bytes; the chip has %d", f, len(got.Files[f]), len(chip.File(f)))
						}
					}
					for _, at := range got.Times {
						t.Log(at)
					}
					got.Wipe()
				}
			})
		})
	}
}
