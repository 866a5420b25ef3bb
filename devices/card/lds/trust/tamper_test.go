package trust_test

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"motcua/devices/card/lds"
	"motcua/devices/card/lds/ldstest"
	"motcua/devices/card/lds/trust"
)

// However a data group is changed, cut, stretched or exchanged, it is noticed;
// and groups left out cost only what they would have proven.
func TestCheckNoticesEveryGroup(t *testing.T) {
	s := found(t, ldstest.Options{Suite: ldstest.P256})
	a := anchor(t, trust.Rules{State: "VN"}, s.Root())
	card := issue(t, s, ldstest.None)
	all := card.Groups()
	numbers := []lds.File{lds.DG1, lds.DG2, lds.DG13, lds.DG14, lds.DG15}
	rapid.Check(t, func(t *rapid.T) {
		groups := map[lds.File][]byte{}
		for _, g := range rapid.SliceOfNDistinct(rapid.SampledFrom(numbers), 1, 5, rapid.ID).Draw(t, "read") {
			groups[g] = bytes.Clone(all[g])
		}
		if p := a.Check(card.Files[lds.SOD], groups, now); p.Level != trust.ChipVerified {
			t.Fatalf("untouched groups: %s, %v", p.Level, p.Doubts)
		}
		victim := rapid.SampledFrom(numbers).Draw(t, "victim")
		file, read := groups[victim]
		if !read {
			return
		}
		switch rapid.IntRange(0, 3).Draw(t, "how") {
		case 0:
			file[rapid.IntRange(0, len(file)-1).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		case 1:
			file = file[:rapid.IntRange(0, len(file)-1).Draw(t, "length")]
		case 2:
			file = append(file, rapid.SliceOfN(rapid.Byte(), 1, 8).Draw(t, "more")...)
		case 3:
			file = all[lds.DG1+lds.DG15-victim] // another group's, or none's
		}
		if bytes.Equal(file, all[victim]) {
			return
		}
		groups[victim] = file
		p := a.Check(card.Files[lds.SOD], groups, now)
		if p.Level != trust.ChipRead || !p.Has(trust.GroupAltered) || p.Covers(victim) {
			t.Fatalf("%v altered: %s, %v", victim, p.Level, p.Doubts)
		}
		for g := range groups {
			if g != victim && !p.Covers(g) {
				t.Fatalf("%v altered, and %v is no longer covered", victim, g)
			}
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	for _, suite := range []ldstest.Suite{ldstest.RSA, ldstest.P256, ldstest.BrainpoolP384, ldstest.BrainpoolP512} {
		b.Run(string(suite), func(b *testing.B) {
			s := found(b, ldstest.Options{Suite: suite, Explicit: true})
			a := anchor(b, trust.Rules{State: "VN", RequireCRL: true}, s.Root(), s.RevocationList(now.Add(day)))
			card := issue(b, s, ldstest.None)
			groups := card.Groups()
			b.ReportAllocs()
			for b.Loop() {
				if p := a.Check(card.Files[lds.SOD], groups, now); p.Level != trust.ChipVerified {
					b.Fatal(p.Doubts)
				}
			}
		})
	}
}
