package spki_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rsa"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"motcua/devices/card/lds/ldstest"
	"motcua/devices/card/lds/spki"
)

// The keys in testdata were made by OpenSSL 3.0.
func file(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+".der"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var curves = []string{"prime256v1", "secp384r1", "secp521r1", "brainpoolP256r1", "brainpoolP384r1", "brainpoolP512r1"}

// A key is the same whether its curve is named or written out.
func TestParse(t *testing.T) {
	for i, name := range curves {
		t.Run(name, func(t *testing.T) {
			named, err := spki.Parse(file(t, name+"-named"))
			if err != nil {
				t.Fatal(err)
			}
			explicit, err := spki.Parse(file(t, name+"-explicit"))
			if err != nil {
				t.Fatal(err)
			}
			key, ok := named.(*ecdsa.PublicKey)
			if !ok || !key.Equal(explicit) || key.Curve != spki.Curves()[i].Curve {
				t.Errorf("key by name %T, by number %T, not the same on the same curve", named, explicit)
			}
			if !bytes.Equal(ldstest.PublicKey(named, false), file(t, name+"-named")) {
				t.Error("PublicKey does not give the named key back")
			}
		})
	}
	key, err := spki.Parse(file(t, "rsa2048"))
	if k, ok := key.(*rsa.PublicKey); err != nil || !ok || k.N.BitLen() != 2048 || k.E != 65537 {
		t.Errorf("RSA: %T, %v", key, err)
	}
}

// RFC 5639, 3.4: a and b of brainpoolP256r1.
func TestEquation(t *testing.T) {
	a, b := spki.Equation(spki.Curves()[3])
	if got, want := strings.ToUpper(a.Text(16)), "7D5A0975FC2C3057EEF67530417AFFE7FB8055C126DC5C6CE94A4B44F330B5D9"; got != want {
		t.Errorf("a = %s, want %s", got, want)
	}
	if got, want := strings.ToUpper(b.Text(16)), "26DC5C6CE94A4B44F330B5D9BBD77CBF958416295CF7E1CE6BCCDC18FF8C07B6"; got != want {
		t.Errorf("b = %s, want %s", got, want)
	}
	for i, c := range spki.Curves()[:3] {
		a, b := spki.Equation(c)
		if a.Cmp(new(big.Int).Sub(c.Params().P, big.NewInt(3))) != 0 || b.Cmp(c.Params().B) != 0 {
			t.Errorf("curve %d: not y² = x³ - 3x + b", i)
		}
	}
}

// Anyone can make a curve on which a known public key is his: each number of
// explicit parameters changed must be refused.
func TestParseRefusesParametersOfOwnMaking(t *testing.T) {
	for _, name := range curves {
		good := file(t, name+"-explicit")
		params := spki.Curves()[0].Params()
		for i, n := range curves {
			if n == name {
				params = spki.Curves()[i].Params()
			}
		}
		a, b := spki.Equation(curveOf(t, good))
		for _, number := range []*big.Int{params.P, a, b, params.Gx, params.Gy, params.N} {
			in := bytes.Clone(good)
			at := bytes.Index(in, number.Bytes())
			if at < 0 {
				t.Fatalf("%s: number not found", name)
			}
			in[at+len(number.Bytes())-1] ^= 2
			if _, err := spki.Parse(in); !errors.Is(err, spki.ErrCurve) {
				t.Errorf("%s with another number at %d: %v, want ErrCurve", name, at, err)
			}
		}
	}
}

func curveOf(t *testing.T, in []byte) *ecdsa.PublicKey {
	t.Helper()
	key, err := spki.Parse(in)
	if err != nil {
		t.Fatal(err)
	}
	return key.(*ecdsa.PublicKey)
}

func TestParseRefuses(t *testing.T) {
	p256 := file(t, "prime256v1-named")
	off := bytes.Clone(p256)
	off[len(off)-1] ^= 1
	outside := bytes.Clone(p256)
	for i := len(outside) - 64; i < len(outside); i++ {
		outside[i] = 0xFF
	}
	// The base point of brainpoolP256r1 with the order of the field added to y.
	beyond := bytes.Clone(file(t, "brainpoolP256r1-named"))
	params := spki.Curves()[3].Params()
	params.Gx.FillBytes(beyond[len(beyond)-64 : len(beyond)-32])
	new(big.Int).Add(params.Gy, params.P).FillBytes(beyond[len(beyond)-32:])
	cofactor := bytes.Replace(file(t, "brainpoolP256r1-explicit"), []byte{2, 1, 1, 3}, []byte{2, 1, 2, 3}, 1)
	even := file(t, "rsa2048")
	even[bytes.Index(even, []byte{2, 3, 1, 0, 1})-1] &^= 1
	for _, tt := range []struct {
		name string
		in   []byte
		want error
	}{
		{"point outside the field, on the curve", beyond, spki.ErrPoint},
		{"cofactor of two", cofactor, spki.ErrCurve},
		{"even RSA", even, spki.ErrWeak},
		{"nothing", nil, spki.ErrEncoding},
		{"cut short", p256[:len(p256)-1], spki.ErrEncoding},
		{"a byte too many", append(bytes.Clone(p256), 0), spki.ErrEncoding},
		{"point not on the curve", off, spki.ErrPoint},
		{"point outside the field", outside, spki.ErrPoint},
		{"unknown curve by name", file(t, "secp256k1-named"), spki.ErrCurve},
		{"unknown curve by number", file(t, "secp256k1-explicit"), spki.ErrCurve},
		{"short RSA", file(t, "rsa768"), spki.ErrWeak},
		{"Ed25519", file(t, "ed25519"), spki.ErrAlgorithm},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if key, err := spki.Parse(tt.in); key != nil || !errors.Is(err, tt.want) {
				t.Errorf("Parse = %T, %v; want %v", key, err, tt.want)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	names, err := filepath.Glob("testdata/*.der")
	if err != nil || len(names) == 0 {
		f.Fatal("no keys in testdata", err)
	}
	for _, name := range names {
		f.Add(file(f, strings.TrimSuffix(filepath.Base(name), ".der")))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		got := ldstest.Allocated(func() {
			key, err := spki.Parse(in)
			if (key == nil) != (err != nil) {
				t.Errorf("key %T with error %v", key, err)
			}
			if ec, ok := key.(*ecdsa.PublicKey); ok {
				if again, err := spki.Parse(ldstest.PublicKey(ec, true)); err != nil || !ec.Equal(again) {
					t.Errorf("the key written by number: %v", err)
				}
			}
		})
		if most := uint64(4<<20 + 64*len(in)); got > most {
			t.Errorf("%d bytes in, %d bytes allocated, want at most %d", len(in), got, most)
		}
	})
}
