package emrtd

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"errors"
	"slices"
	"testing"

	"motcua/devices/card/emrtd/suite"
	"motcua/devices/card/lds"
)

// Of what both sides can do the strongest is done, in whatever order the chip
// names it.
func TestStrongestPACE(t *testing.T) {
	way := func(cipher, version, parameter int) lds.PACE {
		return lds.PACE{Protocol: append(slices.Clone(paceOverECDH), cipher), Version: version, Parameter: parameter}
	}
	for _, tt := range []struct {
		name string
		said []lds.PACE
		want []string
	}{
		{"weak first", []lds.PACE{way(1, 2, 12), way(4, 2, 16), way(2, 2, 13)}, []string{"AES-256 on brainpoolP384r1", "AES-128 on brainpoolP256r1", "3DES on P-256"}},
		{"strong, but of version 1", []lds.PACE{way(4, 1, 12), way(1, 2, 12)}, []string{"3DES on P-256"}},
		{"on a curve that is not known", []lds.PACE{way(4, 2, 14), way(2, 2, 15)}, []string{"AES-128 on P-384"}},
		{"no such cipher", []lds.PACE{way(5, 2, 12), way(0, 2, 12)}, nil},
	} {
		var got []string
		for _, c := range paceChoices(lds.Security{PACE: tt.said}) {
			got = append(got, c.String())
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// A key is used with the strongest cipher that DG14 names for it, and for no other.
func TestStrongestChipAuthentication(t *testing.T) {
	key := func(curve elliptic.Curve, id int) lds.ChipKey {
		p := curve.Params()
		//lint:ignore SA1019 the generator will do for a key
		return lds.ChipKey{Key: &ecdsa.PublicKey{Curve: curve, X: p.Gx, Y: p.Gy}, KeyID: id}
	}
	way := func(cipher, version, id int) lds.ChipAuth {
		return lds.ChipAuth{Protocol: append(slices.Clone(caOverECDH), cipher), Version: version, KeyID: id}
	}
	p256, p384 := elliptic.P256(), elliptic.P384()
	for _, tt := range []struct {
		name   string
		keys   []lds.ChipKey
		ways   []lds.ChipAuth
		cipher suite.Cipher // 0 = unsupported
		id     int
	}{
		{"one", []lds.ChipKey{key(p256, -1)}, []lds.ChipAuth{way(2, 1, -1)}, suite.AES128, -1},
		{"no way named", []lds.ChipKey{key(p256, -1)}, nil, suite.TDES, -1},
		{"two ways", []lds.ChipKey{key(p256, -1)}, []lds.ChipAuth{way(1, 1, -1), way(3, 1, -1), way(2, 1, -1)}, suite.AES192, -1},
		{"two keys, the stronger first", []lds.ChipKey{key(p384, 1), key(p256, 2)}, []lds.ChipAuth{way(4, 1, 1), way(1, 1, 2)}, suite.AES256, 1},
		{"two keys, the stronger last", []lds.ChipKey{key(p256, 2), key(p384, 1)}, []lds.ChipAuth{way(1, 1, 2), way(4, 1, 1)}, suite.AES256, 1},
		{"strong, but for another key", []lds.ChipKey{key(p256, 2)}, []lds.ChipAuth{way(4, 1, 1), way(1, 1, 2)}, suite.TDES, 2},
		{"strong, but of another version", []lds.ChipKey{key(p256, -1)}, []lds.ChipAuth{way(4, 3, -1), way(2, 1, -1)}, suite.AES128, -1},
		{"for another key alone", []lds.ChipKey{key(p256, 2)}, []lds.ChipAuth{way(4, 1, 1)}, 0, 0},
		{"on a curve that is not known", []lds.ChipKey{key(elliptic.P521(), -1)}, []lds.ChipAuth{way(4, 1, -1)}, 0, 0},
		{"a key that was not understood", []lds.ChipKey{{KeyID: -1}}, []lds.ChipAuth{way(4, 1, -1)}, 0, 0},
	} {
		got, err := chipKeyOf(lds.Security{ChipKeys: tt.keys, ChipAuth: tt.ways})
		if (tt.cipher == 0) != errors.Is(err, ErrUnsupported) || tt.cipher != 0 && (err != nil || got.cipher != tt.cipher || got.id != tt.id) {
			t.Errorf("%s: %v with key %d, %v; want %v with key %d", tt.name, got.cipher, got.id, err, tt.cipher, tt.id)
		}
	}
}

// A chip that proves that it knows the zone, but over other challenges than these,
// plays back what it heard.
func TestBACPlayedBack(t *testing.T) {
	p := mrz(t, "090999999", "900131", "300131")
	theirs := []byte("RND.IC 8")
	for name, change := range map[string]func(plain []byte){
		"nothing changed":      func([]byte) {},
		"the chip's challenge": func(b []byte) { b[0] ^= 1 },
		"our challenge":        func(b []byte) { b[8] ^= 1 },
		"both, turned round":   func(b []byte) { copy(b, append(slices.Clone(b[8:16]), b[:8]...)) },
	} {
		b, err := newBAC(p, theirs, bytes.NewReader(make([]byte, 24)))
		if err != nil {
			t.Fatal(err)
		}
		plain := append(slices.Clone(b.plain[8:16]), b.plain[:8]...) // RND.IC, RND.IFD, K.IC
		plain = append(plain, make([]byte, 16)...)
		change(plain)
		block, err := suite.TDES.Block(b.enc)
		if err != nil {
			t.Fatal(err)
		}
		suite.Encrypt(block, make([]byte, 8), plain)
		code, err := b.seal(plain)
		if err != nil {
			t.Fatal(err)
		}
		_, err = b.finish(append(plain, code[:]...))
		if good := name == "nothing changed"; good != (err == nil) || !good && !errors.Is(err, ErrReplay) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
