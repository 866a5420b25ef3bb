package cardtest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"motcua/devices/card/cardsim"
	"motcua/devices/card/lds"
	"motcua/devices/card/lds/ldstest"
)

// ledger is all that was said while cards were read: logged, printed, returned.
type ledger struct{ said bytes.Buffer }

// add writes down every form in which v may be shown.
func (l *ledger) add(v any) {
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&l.said, verb+"\n", v)
	}
	if b, err := json.Marshal(v); err == nil {
		l.said.Write(append(b, '\n'))
	}
	if b, err := json.Marshal([]any{v}); err == nil {
		l.said.Write(append(b, '\n'))
	}
	slog.New(slog.NewTextHandler(&l.said, nil)).Info("card", "v", v, "in", []any{v})
	slog.New(slog.NewJSONHandler(&l.said, nil)).Info("card", "v", v, "in", []any{v})
	err, ok := v.(error)
	for ok {
		fmt.Fprintf(&l.said, "%#v\n", err)
		if err = errors.Unwrap(err); err == nil {
			break
		}
	}
}

// secret is one thing that must not be said, in one form.
type secret struct{ what, form string }

// secretsOf lists what nobody may learn of a card, in every form that a careless
// line would show it in: the holder's words, what opens the chip, and every key
// that the chip agreed on.
func secretsOf(who ldstest.Person, chips ...*cardsim.Chip) []secret {
	var all []secret
	words := func(what string, list ...string) {
		for _, w := range list {
			for _, s := range []string{w, norm.NFD.String(w)} {
				all = append(all, secret{what, s})
			}
			all = append(all, forms(what, []byte(w))...)
		}
	}
	words("word of the holder", who.Secrets()...)
	words("CAN", who.CAN())
	zone := who.MRZ()
	words("machine readable zone", zone[:30], zone[30:60], zone[60:], strings.TrimRight(zone[60:], "<"))
	if m, err := lds.ReadMRZ(zone); err == nil {
		words("key of the zone", m.Key().Reveal())
	}
	for _, c := range chips {
		for _, key := range c.Keys() {
			all = append(all, secret{"session key", string(key)})
			all = append(all, forms("session key", key)...)
		}
	}
	return all
}

// forms gives bytes as they are printed: hexadecimal, decimal, base 64.
func forms(what string, b []byte) []secret {
	return []secret{
		{what, fmt.Sprintf("%x", b)}, {what, fmt.Sprintf("%X", b)}, {what, fmt.Sprintf("% x", b)},
		{what, strings.Trim(fmt.Sprint(b), "[]")}, {what, strings.Join(strings.Fields(strings.Trim(fmt.Sprint(b), "[]")), ", ")},
		{what, fmt.Sprintf("%#v", b)[len("[]byte{") : len(fmt.Sprintf("%#v", b))-1]},
		{what, base64.StdEncoding.EncodeToString(b)}, {what, base64.RawURLEncoding.EncodeToString(b)},
	}
}

// hold fails for every secret that was said since the last time.
func (l *ledger) hold(t *testing.T, secrets []secret) {
	t.Helper()
	for _, s := range secrets {
		if bytes.Contains(l.said.Bytes(), []byte(s.form)) {
			t.Errorf("a %s was said", s.what)
		}
	}
	l.said.Reset()
}
