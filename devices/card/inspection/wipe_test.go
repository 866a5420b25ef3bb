package inspection

import (
	"bytes"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"motcua/devices/card"
	"motcua/devices/card/cardsim"
	"motcua/devices/card/lds"
	"motcua/devices/card/lds/ldstest"
)

// What was read until the card was lifted is overwritten.
func TestFailureLeavesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		state, err := ldstest.NewState(ldstest.Options{Suite: ldstest.P256, Now: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		made, err := state.Issue(ldstest.CCCD2021.Person(), ldstest.Chip{}, ldstest.None)
		if err != nil {
			t.Fatal(err)
		}
		chip, err := cardsim.Issued(made, cardsim.Quirks{})
		if err != nil {
			t.Fatal(err)
		}
		chip.Fail(30, cardsim.Lost) // amid DG2
		r := cardsim.NewReader("card")
		defer r.Close()
		r.Lay(chip)
		e, err := r.Wait(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		secrets := []lds.Secret{lds.Secret(made.Person.CAN())}
		keys, err := passwords(secrets)
		if err != nil {
			t.Fatal(err)
		}
		i := begin(e.(card.Tapped).Card, Options{Passwords: secrets, Groups: []lds.File{lds.DG1, lds.DG13, lds.DG2}})
		if _, err := i.run(t.Context(), keys); !errors.Is(err, card.ErrLifted) {
			t.Fatalf("run = %v; want the card lifted", err)
		}
		if len(i.files[lds.DG13]) != len(made.Files[lds.DG13]) {
			t.Fatalf("%d bytes of DG13; want all %d read before the card was lifted", len(i.files[lds.DG13]), len(made.Files[lds.DG13]))
		}
		for f, b := range i.files {
			if len(bytes.Trim(b, "\x00")) > 0 {
				t.Errorf("%v was not overwritten", f)
			}
		}
	})
}

// A password of no form at all is told before the card is asked anything.
func TestPasswordsOfTheWrongForm(t *testing.T) {
	for _, s := range []lds.Secret{"", "12345", "12345a", "1234567", "090999999590013103001318x"} {
		k := &meter{}
		if _, err := Inspect(t.Context(), k, Options{Passwords: []lds.Secret{"999999", s}}); err == nil || k.exchanges > 0 {
			t.Errorf("a password of %d characters: %v after %d exchanges", len(s), err, k.exchanges)
		}
	}
}

// A portrait that the SOD does not vouch for is overwritten and not given away;
// one that it does comes whole and can be drawn.
func TestPortraitOnlyIfVouchedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		state, err := ldstest.NewState(ldstest.Options{Suite: ldstest.P256, Now: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		made, err := state.Issue(ldstest.CCCD2021.Person(), ldstest.Chip{PhotoSize: 3000}, ldstest.None)
		if err != nil {
			t.Fatal(err)
		}
		look := func(spoil func(*cardsim.Chip)) (*Result, []byte) {
			chip, err := cardsim.Issued(made, cardsim.Quirks{})
			if err != nil {
				t.Fatal(err)
			}
			spoil(chip)
			r := cardsim.NewReader("card")
			defer r.Close()
			r.Lay(chip)
			e, err := r.Wait(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			secrets := []lds.Secret{lds.Secret(made.Person.CAN())}
			keys, err := passwords(secrets)
			if err != nil {
				t.Fatal(err)
			}
			i := begin(e.(card.Tapped).Card, Options{Passwords: secrets, Groups: []lds.File{lds.DG13, lds.DG2}})
			if err := i.session(t.Context(), keys); err != nil {
				t.Fatal(err)
			}
			face := i.files[lds.DG2]
			got, err := i.check()
			if err != nil {
				t.Fatal(err)
			}
			return got, face
		}

		good, _ := look(func(*cardsim.Chip) {})
		p, err := lds.ReadDG2(good.Files[lds.DG2])
		if err != nil {
			t.Fatal(err)
		}
		if img, err := p.Draw(); err != nil || img.Bounds().Dx() != 240 || img.Bounds().Dy() != 320 {
			t.Errorf("the portrait of a good card: %v", err)
		}
		good.Wipe()
		if p.Image[0] != 0 {
			t.Error("Wipe left the portrait")
		}

		bad, face := look(func(c *cardsim.Chip) {
			b := c.File(lds.DG2)
			b[len(b)-2] ^= 1
			c.Write(lds.DG2, b)
		})
		if bad.Files[lds.DG2] != nil || len(face) == 0 || len(bytes.Trim(face, "\x00")) > 0 {
			t.Errorf("a portrait that was written over: given away %v, %d bytes read, overwritten %v",
				bad.Files[lds.DG2] != nil, len(face), len(bytes.Trim(face, "\x00")) == 0)
		}
		if len(bad.Proof.Contradictions()) == 0 {
			t.Error("the proof does not tell that it was written over")
		}
		if bad.Files[lds.DG13] == nil {
			t.Error("DG13 went with it")
		}

		none, face := look(func(c *cardsim.Chip) { c.Write(lds.SOD, nil) })
		if none.Files[lds.DG2] != nil || face != nil {
			t.Error("a portrait without a signature was read")
		}
	})
}
