package visit

import (
	"testing"

	"motcua/kiosk/pack"
)

// TestInGroups: long numbers are shown in groups, as far as they are typed.
func TestInGroups(t *testing.T) {
	for _, one := range []struct {
		kind        pack.Kind
		typed, want string
	}{
		{pack.KindPNum, "", ""}, {pack.KindPNum, "001", "001"}, {pack.KindPNum, "0010", "001 0"}, {pack.KindPNum, "001090999999", "001 090 999 999"},
		{pack.KindPhone, "0912", "0912"}, {pack.KindPhone, "09123", "0912 3"}, {pack.KindPhone, "0912345678", "0912 345 678"},
		{pack.KindMoney, "1200000", "1200000"}, {pack.KindName, "TRẦN THỊ", "TRẦN THỊ"},
	} {
		if got := inGroups(one.kind, one.typed); got != one.want {
			t.Errorf("inGroups(%s, %q) = %q, want %q", one.kind, one.typed, got, one.want)
		}
	}
}

// TestNumberIsShownInGroups: what is handed on has no gaps.
func TestNumberIsShownInGroups(t *testing.T) {
	w := walk(t, machine(t))
	w.touch("start", "door:submit", "row:"+birth, "way:type")
	w.keys("001090999999")
	if got := block[Field](t, w.v).Value; got != "001 090 999 999" {
		t.Errorf("the field shows %q", got)
	}
	w.touch("next")
	if got := w.s.answers[askNumber]; got != "001090999999" {
		t.Errorf("the answer is %q", got)
	}
}
