package station

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"motcua/devices"
	"motcua/devices/card"
	"motcua/devices/card/cardsim"
	"motcua/devices/card/emrtd"
	"motcua/devices/card/lds"
	"motcua/devices/card/lds/ldstest"
	"motcua/devices/card/lds/trust"
	"motcua/kiosk/identity"
	"motcua/kiosk/visit"
)

// visited is when everybody in these tests visits.
var visited = time.Date(2026, 11, 23, 9, 0, 0, 0, time.FixedZone("", 7*60*60))

// counter issues cards and reads them as a station does.
type counter struct {
	state *ldstest.State
	photo []byte // nobody's; drawn once, as that takes longer than all else
	s     *Station
}

func newCounter(t *testing.T) counter {
	t.Helper()
	state, err := ldstest.NewState(ldstest.Options{Suite: ldstest.BrainpoolP384, Digest: crypto.SHA256, Explicit: true, Now: visited})
	if err != nil {
		t.Fatal(err)
	}
	anchors, err := trust.New(trust.Rules{State: "VN"}, state.Root(), state.RevocationList(visited.Add(24*time.Hour)))
	if err != nil {
		t.Fatal(err)
	}
	photo, err := ldstest.Photo(2000)
	if err != nil {
		t.Fatal(err)
	}
	return counter{state, photo, &Station{Parts: Parts{Anchors: anchors, Now: func() time.Time { return visited }}}}
}

// issue makes a chip of who's card.
func (c counter) issue(t *testing.T, who ldstest.Person, f ldstest.Fault) *cardsim.Chip {
	t.Helper()
	made, err := c.state.Issue(who, ldstest.Chip{Photo: c.photo}, f)
	if err != nil {
		t.Fatal(err)
	}
	chip, err := cardsim.Issued(made, cardsim.Quirks{})
	if err != nil {
		t.Fatal(err)
	}
	return chip
}

// read lays the chip on a reader and reads it for asked.
func (c counter) read(t *testing.T, chip *cardsim.Chip, asked identity.Person) (identity.Person, []visit.ChipStep, error) {
	t.Helper()
	r := cardsim.NewReader("reader")
	defer r.Close()
	r.Lay(chip)
	e, err := r.Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var reached []visit.ChipStep
	p, err := c.s.inspect(t.Context(), e.(card.Tapped).Card, asked, func(s visit.ChipStep) { reached = append(reached, s) })
	return p, reached, err
}

// scanned is what the code on who's card says.
func scanned(t *testing.T, who ldstest.Person, f ldstest.Flavour) identity.Person {
	t.Helper()
	found, err := identity.Read(who.QR(f), visited)
	if err != nil {
		t.Fatal(err)
	}
	return found.Person
}

func midnightOf(t *testing.T, date string) time.Time {
	t.Helper()
	d, err := time.Parse("02/01/2006", date)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Every kind of card in people's hands gives the whole Person, proven, from a
// code and from the number alone; nothing of ethnicity and religion comes along.
func TestEveryFlavourGivesItsHolder(t *testing.T) {
	c := newCounter(t)
	for _, flavour := range ldstest.Flavours() {
		t.Run(string(flavour), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				who := flavour.Person()
				want := identity.Person{Number: identity.PersonalNumber(who.Number), Old: who.Former, Name: who.Name,
					Born: midnightOf(t, who.Born), Sex: who.Sex, Address: who.Address, Issued: midnightOf(t, who.Issued),
					Assurance: identity.ChipGenuine, Proof: identity.Proof{Opened: "PACE-CAN", Signed: "ECDSA SHA-256 brainpoolP384r1"}}
				if want.Never = who.Expires == "Không thời hạn"; !want.Never {
					want.Expires = midnightOf(t, who.Expires)
				}
				if flavour == ldstest.Unfinished {
					want.Old, want.Address, want.Issued = "", "", time.Time{}
				}
				chip := c.issue(t, who, ldstest.None)
				for name, asked := range map[string]identity.Person{
					"code":   scanned(t, who, flavour),
					"number": {Number: identity.PersonalNumber(who.Number), Assurance: identity.Typed},
				} {
					got, steps, err := c.read(t, chip, asked)
					if err != nil {
						t.Fatalf("by %s: %v", name, err)
					}
					if got.Warnings != nil {
						t.Errorf("by %s: warnings %v", name, got.Warnings)
					}
					type plain identity.Person // prints
					if diff := cmp.Diff(plain(want), plain(got)); diff != "" {
						t.Errorf("by %s (-want +got):\n%s", name, diff)
					}
					if want := []visit.ChipStep{visit.ChipOpening, visit.ChipReading, visit.ChipProving, visit.ChipChecking}; !slices.Equal(steps, want) {
						t.Errorf("by %s: steps %v", name, steps)
					}
				}
			})
		})
	}
}

// A chip that knows no card access number, or another one than is printed on its
// card, opens by the machine readable zone, which the dates of the code make.
func TestOpenedByTheZone(t *testing.T) {
	c := newCounter(t)
	synctest.Test(t, func(t *testing.T) {
		for _, flavour := range []ldstest.Flavour{ldstest.CCCD2021, ldstest.NeverEnds} {
			who := flavour.Person()
			made, err := c.state.Issue(who, ldstest.Chip{Photo: c.photo}, ldstest.None)
			if err != nil {
				t.Fatal(err)
			}
			locks, err := cardsim.NewLocks(cardsim.Plan{BAC: true})
			if err != nil {
				t.Fatal(err)
			}
			zone, err := lds.ReadMRZ(who.MRZ())
			if err != nil {
				t.Fatal(err)
			}
			files := made.Files
			for _, f := range []lds.File{lds.CardAccess, lds.DG14, lds.DG15} {
				delete(files, f) // the chip has BAC and no key of its own
			}
			files[lds.SOD] = c.state.Sign(made.Groups(), ldstest.None)
			chip, err := cardsim.New(locks, cardsim.Holder{MRZ: zone.Key()}, files, cardsim.Quirks{})
			if err != nil {
				t.Fatal(err)
			}
			got, _, err := c.read(t, chip, scanned(t, who, flavour))
			if err != nil {
				t.Fatalf("%s: %v", flavour, err)
			}
			if got.Assurance != identity.ChipVerified || got.Proof.Opened != "BAC" || !slices.Equal(got.Proof.Doubts, []string{"chip-not-able"}) {
				t.Errorf("%s: %s, proof %+v", flavour, got.Assurance, got.Proof)
			}
			if _, _, err := c.read(t, chip, identity.Person{Number: identity.PersonalNumber(who.Number)}); !errors.Is(err, emrtd.ErrAsk) || problem(err) != visit.ChipLocked {
				t.Errorf("%s, by its number alone: %v", flavour, err)
			}
		}
	})
}

// Without anchors, and with those of another, a card is still read and says why
// it is no more than that.
func TestNoAnchors(t *testing.T) {
	c := newCounter(t)
	synctest.Test(t, func(t *testing.T) {
		who := ldstest.CCCD2021.Person()
		chip := c.issue(t, who, ldstest.None)
		empty, err := trust.New(trust.Rules{State: "VN"})
		if err != nil {
			t.Fatal(err)
		}
		for _, anchors := range []*trust.Anchors{nil, empty} {
			c.s.Anchors = anchors
			got, _, err := c.read(t, chip, scanned(t, who, ldstest.CCCD2021))
			if err != nil || got.Assurance != identity.ChipRead || !slices.Equal(got.Proof.Doubts, []string{"anchor-missing"}) {
				t.Errorf("%s, proof %+v, %v", got.Assurance, got.Proof, err)
			}
		}
	})
}

// Each way in which a card is not what it should be has its own meaning to the
// visitor, gives no person, and leaves nothing of the holder in the error.
func TestCardsThatAreNotTaken(t *testing.T) {
	c := newCounter(t)
	who := ldstest.CCCD2021.Person()
	mixed := who // the signed zone and the signed fields are not of one person
	mixed.Entries = slices.Clone(who.Entries)
	for i, e := range mixed.Entries {
		if e.Index == 3 {
			mixed.Entries[i].Text = "01/02/1990"
		}
	}
	rename := func(p *identity.Person) { p.Name = "Trần Văn Khác" }
	for _, tc := range []struct {
		name  string
		who   ldstest.Person
		fault ldstest.Fault
		spoil func(*cardsim.Chip)
		asked func(*identity.Person)
		want  visit.ChipProblem
	}{
		{"another number", who, "", nil, func(p *identity.Person) { p.Number = "001190999998" }, visit.ChipLocked},
		{"no number", who, "", nil, func(p *identity.Person) { p.Number = "12345" }, visit.ChipLocked},
		{"a number with the same end", who, "", nil, func(p *identity.Person) { p.Number = "079090999999" }, visit.ChipDiffers},
		{"another name in the code", who, "", nil, rename, visit.ChipDiffers},
		{"another day of birth in the code", who, "", nil, func(p *identity.Person) { p.Born = p.Born.AddDate(0, 0, 1) }, visit.ChipDiffers},
		{"another day of issue in the code", who, "", nil, func(p *identity.Person) { p.Issued = p.Issued.AddDate(0, 0, 1) }, visit.ChipDiffers},
		{"another sex in the code", who, "", nil, func(p *identity.Person) { p.Sex = "Nữ" }, visit.ChipDiffers},
		{"written on", who, "", func(c *cardsim.Chip) {
			b := c.File(lds.DG13)
			b[len(b)-1] ^= 1
			c.Write(lds.DG13, b)
		}, nil, visit.ChipRefused},
		{"a copy", who, "", func(c *cardsim.Chip) {
			if err := c.LoseKeys(); err != nil {
				t.Fatal(err)
			}
		}, nil, visit.ChipRefused},
		{"signer taken back", who, ldstest.SignerRevoked, nil, nil, visit.ChipRefused},
		{"forged signer", who, ldstest.ForgedSigner, nil, nil, visit.ChipRefused},
		{"hashes altered", who, ldstest.AlteredContent, nil, nil, visit.ChipRefused},
		{"fields of another person", mixed, "", nil, nil, visit.ChipRefused},
		{"no fields of the state", who, ldstest.HashMissing, nil, nil, visit.ChipUnknown},
		{"no identity card", who, "", func(c *cardsim.Chip) {
			for n := range 40 { // finds no file and no application
				c.Fail(n+1, cardsim.OtherStatus)
			}
		}, nil, visit.ChipUnknown},
		{"silent", who, "", func(c *cardsim.Chip) {
			for n := range 40 {
				c.Fail(n+1, cardsim.Silent)
			}
		}, nil, visit.ChipUnreadable},
		{"taken away", who, "", func(c *cardsim.Chip) { c.Fail(9, cardsim.Lost) }, nil, visit.ChipLifted},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				chip := c.issue(t, tc.who, tc.fault)
				if tc.spoil != nil {
					tc.spoil(chip)
				}
				asked := scanned(t, who, ldstest.CCCD2021)
				if tc.asked != nil {
					tc.asked(&asked)
				}
				got, _, err := c.read(t, chip, asked)
				if err == nil || problem(err) != tc.want {
					t.Fatalf("%v means %d, want %d", err, problem(err), tc.want)
				}
				type plain identity.Person
				if diff := cmp.Diff(plain{}, plain(got)); diff != "" {
					t.Error("a card that was not taken gave a person")
				}
				told := fmt.Sprintf("%v %+v %#v", err, err, err)
				for _, secret := range append(who.Secrets(), who.CAN(), "Khác", "30011990", "900131") {
					if strings.Contains(told, secret) {
						t.Errorf("the error tells %q", secret)
					}
				}
			})
		})
	}
}

// Every reason that a peripheral has means something to the visitor.
func TestProblems(t *testing.T) {
	for want, errs := range map[visit.ChipProblem][]error{
		visit.ChipLifted:     {card.Visitor("r", "exchange", card.ErrLifted)},
		visit.ChipCrowded:    {card.Visitor("r", "exchange", card.ErrTwoCards)},
		visit.ChipLocked:     {fmt.Errorf("open: %w", emrtd.ErrAsk)},
		visit.ChipUnknown:    {emrtd.ErrWrongCard, emrtd.ErrUnsupported, emrtd.ErrForbidden},
		visit.ChipUnreadable: {devices.Fail("r", "exchange", devices.ErrSilent, nil), emrtd.ErrWrongCode, devices.Fail("r", "exchange", devices.ErrGone, nil), context.DeadlineExceeded},
	} {
		for _, err := range errs {
			if got := problem(err); got != want {
				t.Errorf("%v means %d, want %d", err, got, want)
			}
		}
	}
}
