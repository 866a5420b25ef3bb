package trust_test

import (
	"bytes"
	"slices"
	"testing"

	"motcua/devices/card/lds"
	"motcua/devices/card/lds/ldstest"
	"motcua/devices/card/lds/trust"
)

// loose writes a SOD as some states do, in BER: the structures around what is
// signed without a length, the content in two pieces.
func loose(t testing.TB, sod []byte) []byte {
	t.Helper()
	fields := func(in []byte) (all []lds.Field) {
		for f, err := range lds.Fields(in) {
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, f)
		}
		return all
	}
	open := func(tag lds.Tag, parts ...[]byte) []byte {
		return slices.Concat([]byte{byte(tag), 0x80}, bytes.Join(parts, nil), []byte{0, 0})
	}
	again := func(f lds.Field) []byte { return lds.Append(nil, f.Tag, f.Value) }

	inner, err := lds.Unwrap(sod, 0x77)
	if err != nil {
		t.Fatal(err)
	}
	info := fields(fields(inner)[0].Value)         // OID, [0]
	data := fields(fields(info[1].Value)[0].Value) // version, digests, content, certificates, signers
	wrapped := fields(data[2].Value)               // OID, [0]
	content := fields(wrapped[1].Value)[0].Value   // the octets
	half := len(content) / 2                       // in two pieces
	pieces := open(0x24, lds.Append(nil, 0x04, content[:half]), lds.Append(nil, 0x04, content[half:]))
	parts := [][]byte{again(data[0]), again(data[1]), open(0x30, again(wrapped[0]), open(0xA0, pieces))}
	for _, f := range data[3:] {
		parts = append(parts, open(f.Tag, f.Value))
	}
	return lds.Append(nil, 0x77, open(0x30, again(info[0]), open(0xA0, open(0x30, parts...))))
}

func TestCheckBER(t *testing.T) {
	s := found(t, ldstest.Options{Suite: ldstest.P256})
	a := anchor(t, trust.Rules{}, s.Root())
	card := issue(t, s, ldstest.None)
	sod := loose(t, card.Files[lds.SOD])
	if bytes.Equal(sod, card.Files[lds.SOD]) {
		t.Fatal("loose changed nothing")
	}
	if p := a.Check(sod, card.Groups(), now); p.Level != trust.ChipVerified {
		t.Errorf("Check of BER = %s, %v", p.Level, p.Doubts)
	}
	// The content in pieces that have their lengths, in structures that do not.
	at := bytes.Index(sod, []byte{0x24, 0x80})
	_, rest, err := lds.Next(sod[at+2:])
	if err != nil {
		t.Fatal(err)
	}
	_, rest, err = lds.Next(rest)
	if err != nil {
		t.Fatal(err)
	}
	pieces, rest := sod[at+2:len(sod)-len(rest)], rest[2:] // without the end of the string
	inner := slices.Concat(sod[4:at], lds.Append(nil, 0x24, pieces), rest)
	if p := a.Check(lds.Append(nil, 0x77, inner), card.Groups(), now); p.Level != trust.ChipVerified {
		t.Errorf("Check of a string in pieces = %s, %v", p.Level, p.Doubts)
	}
	for _, tt := range []struct {
		name  string
		inner []byte
	}{
		{"no end", []byte{0x30, 0x80, 0x05, 0x00}},
		{"a length without end on a primitive", []byte{0x04, 0x80, 0x00, 0x00}},
		{"a long tag", []byte{0x30, 0x03, 0x1F, 0x81, 0x01}},
		{"a piece that is no string", []byte{0x24, 0x80, 0x05, 0x00, 0x00, 0x00}},
		{"a piece of known length that is no string", []byte{0x24, 0x02, 0x05, 0x00}},
		{"too deep", append(bytes.Repeat([]byte{0x30, 0x80}, 100), make([]byte, 200)...)},
		{"bytes after the end", []byte{0x30, 0x80, 0x00, 0x00, 0x00}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := a.Check(lds.Append(nil, 0x77, tt.inner), card.Groups(), now)
			if !p.Has(trust.SODGarbled) || p.Doubts[len(p.Doubts)-1].Step != "encoding" {
				t.Errorf("Check = %v, want garbled at the encoding", p.Doubts)
			}
		})
	}
}
