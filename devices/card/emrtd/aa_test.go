package emrtd

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/asn1"
	"errors"
	"math/big"
	"testing"

	"motcua/devices/card/lds"
)

var challenge = []byte("8 bytes.")

// recoverable signs by ISO/IEC 9796-2, scheme 1, with SHA-256, under the header
// given.
func recoverable(t *testing.T, key *rsa.PrivateKey, header byte) []byte {
	t.Helper()
	block := make([]byte, key.Size())
	block[0] = header
	for i := range block[1 : len(block)-34] {
		block[1+i] = byte(i)
	}
	h := sha256.New()
	h.Write(block[1 : len(block)-34])
	h.Write(challenge)
	copy(block[len(block)-34:], h.Sum(nil))
	block[len(block)-2], block[len(block)-1] = 0x34, 0xCC
	return new(big.Int).Exp(new(big.Int).SetBytes(block), key.D, key.N).FillBytes(block)
}

// A signature holds in one form, and neither cut off nor in any other way does it
// hold, or do harm.
func TestActiveSignatures(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	plain := func(n int) []byte { // r || s of n bytes each
		sum := sha256.Sum256(challenge)
		r, s, err := ecdsa.Sign(rand.Reader, curve, sum[:])
		if err != nil {
			t.Fatal(err)
		}
		return append(r.FillBytes(make([]byte, n)), s.FillBytes(make([]byte, n))...)
	}
	good := recoverable(t, key, 0x6A)
	over := new(big.Int).Add(new(big.Int).SetBytes(good), key.N).FillBytes(make([]byte, key.Size()+1))
	for _, tt := range []struct {
		name      string
		key       crypto.PublicKey
		signature []byte
		want      bool
	}{
		{"RSA", &key.PublicKey, good, true},
		{"RSA, header of full recovery", &key.PublicKey, recoverable(t, key, 0x4A), false},
		{"RSA, a byte more", &key.PublicKey, over, false},
		{"RSA, cut off", &key.PublicKey, good[:len(good)-1], false},
		{"RSA, nothing", &key.PublicKey, nil, false},
		{"RSA, zero", &key.PublicKey, make([]byte, key.Size()), false},
		{"ECDSA", &curve.PublicKey, plain(32), true},
		{"ECDSA, a byte more in each half", &curve.PublicKey, plain(33), false},
		{"ECDSA, cut off", &curve.PublicKey, plain(32)[:40], false},
		{"ECDSA, one byte", &curve.PublicKey, []byte{1}, false},
		{"ECDSA, nothing", &curve.PublicKey, nil, false},
		{"ECDSA, zero", &curve.PublicKey, make([]byte, 64), false},
	} {
		verify, _, err := signer(tt.key, lds.Security{})
		if err != nil {
			t.Fatal(err)
		}
		if got := verify(challenge, tt.signature); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
		if tt.want && verify([]byte("8 others"), tt.signature) {
			t.Errorf("%s: holds for another challenge", tt.name)
		}
	}
}

// A number and the same beyond the modulus are one signature: the second form is
// refused.
func TestSecondFormOfASignature(t *testing.T) {
	// With exponent one the signature is the block; a modulus just above it has the
	// block's second form at the same length.
	block := make([]byte, 128)
	block[0] = 0x6A
	h := sha256.New()
	h.Write(block[1 : 128-34])
	h.Write(challenge)
	copy(block[128-34:], h.Sum(nil))
	block[126], block[127] = 0x34, 0xCC
	n := new(big.Int).Add(new(big.Int).SetBytes(block), big.NewInt(2))
	if !recovers(n, big.NewInt(1), challenge, block) {
		t.Fatal("the first form does not hold")
	}
	second := new(big.Int).Add(new(big.Int).SetBytes(block), n).FillBytes(make([]byte, 128))
	if recovers(n, big.NewInt(1), challenge, second) {
		t.Error("the second form holds")
	}
}

// Keys and signatures of no known kind are told before the chip is asked.
func TestActiveUnsupported(t *testing.T) {
	named := func(arcs ...int) lds.Security {
		return lds.Security{ActiveAuth: []lds.ActiveAuth{{Version: 1, Signature: asn1.ObjectIdentifier(arcs)}}}
	}
	p256 := &ecdsa.PublicKey{Curve: elliptic.P256()}
	for name, tt := range map[string]struct {
		key  crypto.PublicKey
		dg14 lds.Security
	}{
		"no key":              {nil, lds.Security{}},
		"short RSA":           {&rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 1000), E: 3}, lds.Security{}},
		"long RSA":            {&rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 4097), E: 3}, lds.Security{}},
		"ECDSA by other rule": {p256, named(1, 2, 840, 10045, 4, 3, 2)},
		"ECDSA, hash unknown": {p256, named(0, 4, 0, 127, 0, 7, 1, 1, 4, 1, 9)},
	} {
		if _, _, err := signer(tt.key, tt.dg14); !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: %v, want ErrUnsupported", name, err)
		}
	}
	// DG14 names the hash; without it the curve's length does.
	for _, tt := range []struct {
		dg14 lds.Security
		bits int
		want crypto.Hash
	}{
		{named(0, 4, 0, 127, 0, 7, 1, 1, 4, 1, 1), 256, crypto.SHA1}, {named(0, 4, 0, 127, 0, 7, 1, 1, 4, 1, 5), 256, crypto.SHA512},
		{lds.Security{}, 256, crypto.SHA256}, {lds.Security{}, 384, crypto.SHA384}, {lds.Security{}, 521, crypto.SHA512},
	} {
		if got, err := plainHash(tt.dg14, tt.bits); err != nil || got != tt.want {
			t.Errorf("hash on %d bits = %v, %v; want %v", tt.bits, got, err, tt.want)
		}
	}
}
