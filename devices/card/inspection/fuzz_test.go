package inspection_test

import (
	"errors"
	"testing"
	"time"

	"motcua/devices"
	"motcua/devices/card"
	"motcua/devices/card/cardsim"
	"motcua/devices/card/inspection"
	"motcua/devices/card/lds"
	"motcua/devices/card/lds/ldstest"
	"motcua/devices/card/lds/trust"
)

// FuzzFiles inspects a chip that a forger filled: it knows its password and keeps
// secure messaging, but one of its files is what he likes. No panic, no memory for
// a length that is only claimed, and no proof of what the state did not sign.
func FuzzFiles(f *testing.F) {
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	state, err := ldstest.NewState(ldstest.Options{Suite: ldstest.P256, Now: now})
	if err != nil {
		f.Fatal(err)
	}
	anchors, err := trust.New(trust.Rules{State: "VN"}, state.Root())
	if err != nil {
		f.Fatal(err)
	}
	issue := func(fault ldstest.Fault) *ldstest.Card {
		made, err := state.Issue(ldstest.CCCD2021.Person(), ldstest.Chip{
			PACE: []lds.PACE{}, ChipKey: ldstest.P256, Photo: []byte("\xFF\xD8\xFF, and nobody's face"),
		}, fault)
		if err != nil {
			f.Fatal(err)
		}
		return made
	}
	made := issue(ldstest.None)
	zone, err := lds.ReadDG1(made.Files[lds.DG1])
	if err != nil {
		f.Fatal(err)
	}
	which := []lds.File{lds.SOD, lds.DG1, lds.DG13, lds.DG14, lds.DG15, lds.DG2}
	for n, file := range which {
		f.Add(uint8(n), made.Files[file])
		f.Add(uint8(n), made.Files[file][:len(made.Files[file])/2])
		f.Add(uint8(n), []byte{byte(file.Tag()), 0x83, 0x0F, 0xFF, 0xFF, 0x30})
	}
	for _, fault := range ldstest.Faults() {
		f.Add(uint8(0), issue(fault).Files[lds.SOD])
	}
	f.Fuzz(func(t *testing.T, n uint8, b []byte) {
		file := which[int(n)%len(which)]
		if string(b) == string(made.Files[file]) || file == lds.SOD && len(b) > 4096 {
			return
		}
		c, err := cardsim.Issued(made, cardsim.Quirks{})
		if err != nil {
			t.Fatal(err)
		}
		c.Write(file, b)
		r := cardsim.NewReader("card")
		defer r.Close()
		r.Lay(c)
		e, err := r.Wait(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got *inspection.Result
		spent := ldstest.Allocated(func() {
			got, err = inspection.Inspect(t.Context(), e.(card.Tapped).Card, inspection.Options{
				Passwords: []lds.Secret{zone.Key()}, Groups: []lds.File{lds.DG1, lds.DG13, lds.DG2}, Anchors: anchors, Now: func() time.Time { return now },
			})
		})
		if most := uint64(32<<20 + 256*len(b)); spent > most {
			t.Errorf("%v of %d bytes: %d bytes allocated, want at most %d", file, len(b), spent, most)
		}
		if err != nil {
			if !errors.Is(err, devices.ErrGarbled) && !errors.Is(err, devices.ErrRefused) {
				t.Errorf("%v: error without a reason: %v", file, err)
			}
			return
		}
		// A DG15 or DG14 that is not the signed one must cost the level too, and a
		// SOD that was not issued for these groups all of it.
		_, read := got.Files[file]
		if read && got.Proof.Level != trust.ChipRead {
			t.Errorf("%v was written over, and the card is %s", file, got.Proof.Level)
		}
		if got.Proof.Level != trust.ChipGenuine && len(got.Proof.Doubts) == 0 {
			t.Error("a level without a reason")
		}
	})
}
