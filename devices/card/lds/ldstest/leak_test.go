package ldstest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/unicode/norm"

	"motcua/devices/card/cccd"
	"motcua/devices/card/lds"
	"motcua/devices/card/lds/ldstest"
	"motcua/devices/card/lds/trust"
)

// face is no picture, but begins as one.
var face = []byte("\xFF\xD8\xFF, and nobody's face")

// everyWay prints v by every verb, as JSON and as both kinds of log.
func everyWay(v any) string {
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%c", "%U"} {
		fmt.Fprintf(&out, verb+"\n", v)
	}
	fmt.Fprintln(&out, []any{v}, map[string]any{"v": v}, struct{ V any }{v})
	for _, v := range []any{v, []any{v}, map[string]any{"v": v}} {
		if b, err := json.Marshal(v); err == nil {
			out.Write(b)
		}
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("read", "v", v)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("read", "v", v)
	return out.String()
}

// read does with a card's files what a station does and gives everything that
// comes back of it.
func read(files map[lds.File][]byte, p ldstest.Person, a *trust.Anchors) []any {
	var all []any
	keep := func(v ...any) { all = append(all, v...) }
	groups := make(map[lds.File][]byte)
	for f, b := range files {
		if f.Group() {
			groups[f] = b
		}
	}
	contents, err := lds.ReadCOM(files[lds.COM])
	keep(contents, err)
	m, err := lds.ReadDG1(files[lds.DG1])
	keep(m, &m, err, m.Key(), m.Born, m.Expires)
	portrait, err := lds.ReadDG2(files[lds.DG2])
	keep(portrait, &portrait, err)
	_, err = portrait.Draw()
	keep(err)
	access, err := lds.ReadCardAccess(files[lds.CardAccess])
	keep(access, err)
	able, err := lds.ReadDG14(files[lds.DG14])
	keep(able, err)
	_, err = lds.ReadDG15(files[lds.DG15])
	keep(err)
	sod, err := trust.ReadSOD(files[lds.SOD])
	keep(err)
	if err == nil {
		keep(sod.Groups())
	}
	proof := a.Check(files[lds.SOD], groups, now)
	keep(proof, proof.Proved(trust.ActiveAuthentication), proof.Unproved(trust.ChipAuthentication, trust.ChipFailed))
	card, err := cccd.Read(files[lds.DG13], time.UTC, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)
	keep(card, &card, err, card.Number, card.Name, card.Residence, card.CompareMRZ(m))
	code := cccd.QR{Number: p.Number, Name: p.Name, Former: p.Former}
	keep(code, &code, card.CompareQR(code), card.CompareQR(cccd.QR{Number: p.Number[3:], Name: p.Address}))
	can, err := cccd.CAN(p.Number)
	keep(can, err)
	_, err = cccd.CAN(p.Number + p.Number)
	keep(err)
	key, err := cccd.MRZKey(p.Number, now, now)
	keep(key, err)
	_, err = lds.ReadMRZ(p.MRZ()[1:])
	keep(err)
	_, err = lds.ReadMRZ(strings.ToLower(p.MRZ()))
	keep(err)
	return all
}

// Nothing that is printed tells of the holder, whatever is wrong with the card.
func TestNothingPrintedTellsOfTheHolder(t *testing.T) {
	state, err := ldstest.NewState(ldstest.Options{Suite: ldstest.P256, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	a, err := trust.New(trust.Rules{State: "VN"}, state.Root())
	if err != nil {
		t.Fatal(err)
	}
	hold := func(t *testing.T, files map[lds.File][]byte, p ldstest.Person) {
		t.Helper()
		var forms []string
		for _, s := range p.Secrets() {
			forms = append(forms, s, norm.NFD.String(s), fmt.Sprintf("%x", s), fmt.Sprintf("%X", s), strings.Trim(fmt.Sprint([]byte(s)), "[]"))
		}
		for _, v := range read(files, p, a) {
			printed := everyWay(v)
			for _, form := range forms {
				if strings.Contains(printed, form) {
					t.Errorf("%T prints %d characters of the holder's", v, len(form))
				}
			}
		}
	}
	for _, f := range ldstest.Flavours() {
		card, err := state.Issue(f.Person(), ldstest.Chip{ChipKey: ldstest.P256, Photo: face}, ldstest.None)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(string(f), func(t *testing.T) { hold(t, card.Files, card.Person) })
		for which := range card.Files {
			if f != ldstest.CCCD2021 {
				break // one flavour tells enough of spoilt files
			}
			// Every file in turn cut short, spoilt at each end of what a person would look at, and taken for another.
			t.Run(fmt.Sprintf("%s, %v spoilt", f, which), func(t *testing.T) {
				for _, spoil := range []func([]byte) []byte{
					func(b []byte) []byte { return b[:len(b)/2] },
					func(b []byte) []byte { b[len(b)/2] ^= 0x20; return b },
					func(b []byte) []byte { b[len(b)-2] ^= 0xFF; return b },
					func([]byte) []byte { return card.Files[lds.DG13] },
				} {
					files := make(map[lds.File][]byte)
					for g, b := range card.Files {
						files[g] = b
					}
					files[which] = spoil(bytes.Clone(files[which]))
					hold(t, files, card.Person)
				}
			})
		}
	}
	for _, fault := range ldstest.Faults() {
		card, err := state.Issue(ldstest.CCCD2021.Person(), ldstest.Chip{ChipKey: ldstest.P256, Photo: face}, fault)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(string(fault), func(t *testing.T) { hold(t, card.Files, card.Person) })
	}
}

// The search above finds what it looks for.
func TestEveryWayShowsWhatIsNotHidden(t *testing.T) {
	p := ldstest.CCCD2021.Person()
	if !strings.Contains(everyWay(p), p.Number) || !strings.Contains(everyWay([]byte(p.Number)), fmt.Sprintf("%x", p.Number)) {
		t.Error("a person printed plainly is not found")
	}
}
