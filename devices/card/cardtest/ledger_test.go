package cardtest

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"motcua/devices/card/cardsim"
	"motcua/devices/card/emrtd"
	"motcua/devices/card/lds"
	"motcua/devices/card/lds/ldstest"
)

// The search for secrets finds each of them, however it is shown.
func TestLedgerFindsWhatIsSaid(t *testing.T) {
	o := open(t)
	made := o.issue(t, ldstest.CCCD2021.Person(), ldstest.Chip{}, ldstest.None)
	c, err := cardsim.Issued(made, cardsim.Quirks{})
	if err != nil {
		t.Fatal(err)
	}
	r := cardsim.NewReader("card")
	defer r.Close()
	k := lay(t, Bench{Reader: r, Lay: r.Lay}, c)
	if _, err := o.inspect(t.Context(), k, lds.Secret(made.Person.CAN())); err != nil {
		t.Fatal(err)
	}
	o.said.hold(t, secretsOf(made.Person, c))

	keys := c.Keys()
	if len(keys) != 3 { // one session: the secret agreed on and two keys
		t.Fatalf("the chip tells %d keys; want three", len(keys))
	}
	key := keys[2]
	for name, v := range map[string]any{
		"number": made.Person.Number, "name in an error": fmt.Errorf("reading %q: %w", made.Person.Name, emrtd.ErrAsk),
		"CAN": made.Person.CAN(), "zone": struct{ Zone string }{made.Person.MRZ()},
		"key as bytes": key, "key in hexadecimal": hex.EncodeToString(key), "key in a struct": struct{ Key []byte }{key},
		"key below an error": errors.Join(errors.New("x"), fmt.Errorf("%X", key)), "file": string(made.Files[lds.DG13]),
	} {
		var l ledger
		l.add(v)
		text := l.said.String()
		if !slices.ContainsFunc(secretsOf(made.Person, c), func(s secret) bool { return strings.Contains(text, s.form) }) {
			t.Errorf("%s is not found", name)
		}
	}
}
