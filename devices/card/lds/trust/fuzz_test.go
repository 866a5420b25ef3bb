package trust_test

import (
	"testing"

	"motcua/devices/card/lds"
	"motcua/devices/card/lds/ldstest"
	"motcua/devices/card/lds/trust"
)

func bounded(t *testing.T, in []byte, read func()) {
	t.Helper()
	if got, most := ldstest.Allocated(read), uint64(32<<20+256*len(in)); got > most {
		t.Errorf("%d bytes in, %d bytes allocated, want at most %d", len(in), got, most)
	}
}

// Nothing but what the state signed is ever verified.
func FuzzCheck(f *testing.F) {
	s := found(f, ldstest.Options{Suite: ldstest.P256})
	a := anchor(f, trust.Rules{State: "VN"}, s.Root(), s.RevocationList(now.Add(day)))
	groups := issue(f, s, ldstest.None).Groups()
	for _, fault := range append(ldstest.Faults(), ldstest.None) {
		f.Add(issue(f, s, fault).Files[lds.SOD])
	}
	f.Add(loose(f, issue(f, s, ldstest.None).Files[lds.SOD]))
	explicit := found(f, ldstest.Options{Suite: ldstest.BrainpoolP256, Explicit: true})
	f.Add(issue(f, explicit, ldstest.None).Files[lds.SOD])
	f.Fuzz(func(t *testing.T, sod []byte) {
		bounded(t, sod, func() {
			p := a.Check(sod, groups, now)
			if p.Level != trust.ChipRead {
				t.Errorf("level %s of a SOD that was never issued for these groups", p.Level)
			}
			if len(p.Doubts) == 0 {
				t.Error("chip-read without a reason")
			}
			for _, d := range p.Doubts {
				if d.Reason.Error() == "" {
					t.Errorf("reason %q has no text", string(d.Reason))
				}
			}
		})
	})
}

func FuzzNew(f *testing.F) {
	for _, o := range []ldstest.Options{{Suite: ldstest.P256}, {Suite: ldstest.BrainpoolP384, Explicit: true}} {
		s := found(f, o)
		f.Add(s.Root())
		f.Add(s.RevocationList(now.Add(day)))
	}
	f.Add([]byte("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		bounded(t, in, func() {
			if a, err := trust.New(trust.Rules{}, in); (a == nil) != (err != nil) {
				t.Errorf("anchors %v with error %v", a != nil, err)
			}
		})
	})
}
