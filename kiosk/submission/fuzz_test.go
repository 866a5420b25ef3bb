package submission

import (
	"errors"
	"os"
	"testing"
)

// checkNamed holds that whatever Open is given, it fails by a named error.
func checkNamed(t *testing.T, err error) {
	t.Helper()
	for _, named := range []error{ErrNotForUs, ErrTampered, ErrForeign, ErrVersion, ErrExpired, ErrMalformed, ErrTooLarge} {
		if err == nil || errors.Is(err, named) {
			return
		}
	}
	t.Errorf("unnamed error: %v", err)
}

// FuzzOpen gives any bytes in place of the sealed ones.
func FuzzOpen(f *testing.F) {
	p := newParties(f)
	golden, err := os.ReadFile("testdata/v1.age")
	if err != nil {
		f.Fatal(err)
	}
	sealed, _, err := Seal(example(), p.key, p.to())
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range [][]byte{golden, sealed, sealed[:200], []byte("age-encryption.org/v1\n"), nil} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _, err := Open(b, p.ids(), p.find)
		checkNamed(t, err)
	})
}

// FuzzSigned gives any bytes properly sealed in place of the signature, and
// any payload properly signed.
func FuzzSigned(f *testing.F) {
	p := newParties(f)
	payload, err := Canonical(example())
	if err != nil {
		f.Fatal(err)
	}
	signed, err := sign(payload, p.key)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range [][]byte{payload, signed, []byte("{}"), []byte("a.b.c"), []byte(`{"version":1,"fee":1e999}`), []byte("\xff\"")} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, _, err := verify(b, p.find); err != nil {
			checkNamed(t, err)
		}
		s, err := sign(b, p.key)
		if err != nil {
			t.Fatal(err)
		}
		doc, raw, err := Open(p.seal(t, s), p.ids(), p.find)
		checkNamed(t, err)
		if err == nil {
			again, err := Canonical(doc)
			if err != nil || len(again) == 0 || len(raw) != len(b) {
				t.Errorf("an opened document cannot be written again: %v", err)
			}
		}
	})
}
