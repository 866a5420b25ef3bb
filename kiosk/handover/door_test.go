package handover

import (
	"net/netip"
	"testing"
)

// TestDoor counts who is in, by all and by one, and forgets who left.
func TestDoor(t *testing.T) {
	d := newDoor(nil, 3, 2)
	a, b, c := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2"), netip.MustParseAddr("192.0.2.3")
	for i, step := range []struct {
		who  netip.Addr
		want bool
	}{{a, true}, {a, true}, {a, false}, {b, true}, {c, false}} {
		if got := d.enter(step.who); got != step.want {
			t.Errorf("step %d: let in %t", i, got)
		}
	}
	d.leave(a)
	if !d.enter(c) || d.enter(b) {
		t.Error("one place was free, and one only")
	}
	for _, who := range []netip.Addr{a, b, c} {
		d.leave(who)
	}
	if d.all != 0 || len(d.of) != 0 {
		t.Errorf("%d are in, %d addresses are kept", d.all, len(d.of))
	}
}
