package stick

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"motcua/kiosk/contract"
	"motcua/kiosk/submission"
)

// authority issues certificates as central's does.
type authority struct {
	t     testing.TB
	cert  *x509.Certificate
	key   *ecdsa.PrivateKey
	roots *x509.CertPool
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a := &authority{t: t, key: key, roots: x509.NewCertPool()}
	a.cert = &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, NotBefore: made.AddDate(-1, 0, 0),
		NotAfter: made.AddDate(9, 0, 0), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, a.cert, a.cert, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	a.roots.AddCert(a.cert)
	return a
}

func (a *authority) issue(usage x509.ExtKeyUsage, host string, key crypto.Signer) tls.Certificate {
	a.t.Helper()
	c := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "central"}, DNSNames: []string{host},
		NotBefore: made.AddDate(0, -1, 0), NotAfter: made.AddDate(5, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{usage}}
	der, err := x509.CreateCertificate(rand.Reader, c, a.cert, key.Public(), a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// central is a certificate as central has it.
func (a *authority) central() tls.Certificate {
	return a.issue(x509.ExtKeyUsageServerAuth, "central.example", ec(a.t, elliptic.P256()))
}

func (a *authority) trust() Trust {
	return Trust{Station: "CN-03", Roots: a.roots, Host: "central.example", At: []time.Time{made}}
}

func ec(t testing.TB, c elliptic.Curve) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(c, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func word() Word {
	s := sealed("a")
	return Word{Digest: s.Digest, Status: contract.Status{ID: s.ID, State: contract.StateReceived, At: made, Digest: s.Digest}}
}

func sign(t testing.TB, c Confirmation, with tls.Certificate) []byte {
	t.Helper()
	b, err := c.Sign(with)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestConfirmationThereAndBack(t *testing.T) {
	a := newAuthority(t)
	_, old, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	large, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	want := Confirmation{Version: 1, Station: "CN-03", Made: made, Words: []Word{word(), word()}}
	for _, key := range []crypto.Signer{ec(t, elliptic.P256()), ec(t, elliptic.P384()), old, large} {
		file := sign(t, want, a.issue(x509.ExtKeyUsageServerAuth, "central.example", key))
		got, err := OpenConfirmation(append(file, '\n'), a.trust())
		if err != nil {
			t.Fatalf("%T: %v", key, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%T (-want +got):\n%s", key, diff)
		}
	}
	if _, err := (Confirmation{}).Sign(a.issue(x509.ExtKeyUsageServerAuth, "x", ec(t, elliptic.P521()))); err == nil {
		t.Error("signed by a key that no station takes")
	}
}

// Whoever could not answer a station as central could not confirm either.
func TestOnlyCentralConfirms(t *testing.T) {
	a, other := newAuthority(t), newAuthority(t)
	mine := Confirmation{Station: "CN-03", Made: made, Words: []Word{word()}}
	fine := sign(t, mine, a.central())
	cut := strings.Split(string(fine), ".")
	elses := strings.Split(string(sign(t, Confirmation{Station: "CN-03", Made: made}, a.central())), ".")
	foreign := mine
	foreign.Station = "CN-04"
	noWhere := mine
	noWhere.Words = []Word{{Digest: "sha-256=::", Status: mine.Words[0].Status}}
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"`+confirmationType+`"}`)) + "." + cut[1] + "."

	for _, c := range []struct {
		name string
		file []byte
		with func(*Trust)
		want error
	}{
		{"a station's own certificate", sign(t, mine, a.issue(x509.ExtKeyUsageClientAuth, "central.example", ec(t, elliptic.P256()))), nil, ErrForged},
		{"another authority", sign(t, mine, other.central()), nil, ErrForged},
		{"another host", sign(t, mine, a.issue(x509.ExtKeyUsageServerAuth, "other.example", ec(t, elliptic.P256()))), nil, ErrForged},
		{"without a certificate", jws(t, mine, confirmationType), nil, ErrForged},
		{"of another kind", jws(t, mine, "vnd.motcua.submission+jws; version=1"), nil, ErrAltered},
		{"the words of another", []byte(cut[0] + "." + elses[1] + "." + cut[2]), nil, ErrAltered},
		{"the signature of another", []byte(cut[0] + "." + cut[1] + "." + elses[2]), nil, ErrAltered},
		{"unsigned", []byte(none), nil, ErrAltered},
		{"cut short", fine[:len(fine)/2], nil, ErrAltered},
		{"empty", nil, nil, ErrAltered},
		{"endless header", bytes.Repeat([]byte("a"), maxHead+10), nil, ErrAltered},
		{"too large", append(bytes.Clone(fine), bytes.Repeat([]byte("a"), MaxConfirmation)...), nil, ErrAltered},
		{"another station's", sign(t, foreign, a.central()), nil, ErrForeign},
		{"without a time", sign(t, Confirmation{Station: "CN-03"}, a.central()), nil, ErrAltered},
		{"a digest that is none", sign(t, noWhere, a.central()), nil, ErrAltered},
		{"clock before its time", fine, func(t *Trust) { t.At = []time.Time{made.AddDate(-1, 1, 0)} }, ErrDate},
		{"clock after its time", fine, func(t *Trust) { t.At = []time.Time{made.AddDate(6, 0, 0)} }, ErrDate},
		{"clock perhaps right", fine, func(t *Trust) { t.At = []time.Time{made.AddDate(6, 0, 0), made} }, nil},
		{"fine", fine, nil, nil},
	} {
		trust := a.trust()
		if c.with != nil {
			c.with(&trust)
		}
		got, err := OpenConfirmation(c.file, trust)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
		if err != nil && !cmp.Equal(got, Confirmation{}) {
			t.Errorf("%s: refused, and gave %+v", c.name, got)
		}
	}
}

// jws signs without a certificate.
func jws(t testing.TB, c Confirmation, kind string) []byte {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: ec(t, elliptic.P256())},
		(&jose.SignerOptions{}).WithType(jose.ContentType(kind)))
	if err != nil {
		t.Fatal(err)
	}
	s, err := signer.Sign([]byte(`{"version":1,"station":"` + c.Station + `","made":"2026-11-03T08:05:09Z"}`))
	if err != nil {
		t.Fatal(err)
	}
	file, err := s.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return []byte(file)
}

func TestNewerConfirmation(t *testing.T) {
	a := newAuthority(t)
	with := a.central()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: with.PrivateKey},
		(&jose.SignerOptions{}).WithType(confirmationType).WithHeader("x5c", []string{base64.StdEncoding.EncodeToString(with.Certificate[0])}))
	if err != nil {
		t.Fatal(err)
	}
	s, err := signer.Sign([]byte(`{"version":2,"station":"CN-03"}`))
	if err != nil {
		t.Fatal(err)
	}
	file, err := s.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenConfirmation([]byte(file), a.trust()); !errors.Is(err, ErrNewer) {
		t.Errorf("OpenConfirmation = %v, want ErrNewer", err)
	}
}

// What lies on a stick is found by the station that it is for, in as many files
// as it takes; a newer one takes the place of the one before.
func TestConfirmOnStick(t *testing.T) {
	a := newAuthority(t)
	dir, _, _ := written(t, 1)
	parent := filepath.Dir(dir)
	if _, err := Confirmations(parent, "CN-03"); !errors.Is(err, ErrUnconfirmed) {
		t.Errorf("Confirmations before = %v, want ErrUnconfirmed", err)
	}
	var words []Word
	for range maxWords + 1 {
		words = append(words, word())
	}
	if err := os.WriteFile(filepath.Join(dir, "C0000001.NEW"), []byte("cut short"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, at := range []time.Time{made, made.Add(time.Hour)} {
		if err := Confirm(dir, "CN-03", at, words, a.central()); err != nil {
			t.Fatal(err)
		}
		for _, where := range []string{dir, parent} {
			files, err := Confirmations(where, "CN-03")
			if err != nil || len(files) != 2 {
				t.Fatalf("Confirmations(%s) = %v, %v", where, files, err)
			}
			var got []Word
			for i, f := range files {
				b, err := ReadConfirmation(f)
				if err != nil {
					t.Fatal(err)
				}
				c, err := OpenConfirmation(b, a.trust())
				if want := at.Add(time.Duration(i) * time.Millisecond); err != nil || !c.Made.Equal(want) {
					t.Fatalf("made %v, %v, want %v", c.Made, err, want)
				}
				got = append(got, c.Words...)
			}
			if diff := cmp.Diff(words, got); diff != "" {
				t.Error(diff)
			}
		}
	}
	if _, err := Confirmations(parent, "CN-04"); !errors.Is(err, ErrUnconfirmed) {
		t.Errorf("another station found %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "C0000001.NEW")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what was cut short is still there: %v", err)
	}
}

func FuzzConfirmation(f *testing.F) {
	a := newAuthority(f)
	with, trust := a.central(), a.trust()
	signed := Confirmation{Version: 1, Station: "CN-03", Made: made, Words: []Word{word()}}
	fine := sign(f, signed, with)
	f.Add(fine)
	f.Add(fine[:len(fine)-4])
	f.Add(jws(f, Confirmation{Station: "CN-03"}, confirmationType))
	f.Add([]byte("e30.e30.e30"))
	f.Fuzz(func(t *testing.T, b []byte) {
		// The same words may be spelt otherwise in Base64; no others are believed.
		if c, err := OpenConfirmation(b, trust); err == nil && !cmp.Equal(c, signed) {
			t.Errorf("believed %q: %+v", b, c)
		}
	})
}

// FuzzSigned puts any content below central's signature: nothing but a whole
// confirmation of this station comes out.
func FuzzSigned(f *testing.F) {
	a := newAuthority(f)
	with, trust := a.central(), a.trust()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: with.PrivateKey},
		(&jose.SignerOptions{}).WithType(confirmationType).WithHeader("x5c", []string{base64.StdEncoding.EncodeToString(with.Certificate[0])}))
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(`{"version":1,"station":"CN-03","made":"2026-11-03T08:05:09Z","words":[{"digest":"sha-256=:x:","status":{"id":"x","state":"received"}}]}`))
	f.Add([]byte(`{"version":1,"station":"CN-03","made":"2026-11-03T08:05:09Z","words":null}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := signer.Sign(b)
		if err != nil {
			t.Fatal(err)
		}
		file, err := s.CompactSerialize()
		if err != nil {
			t.Fatal(err)
		}
		c, err := OpenConfirmation([]byte(file), trust)
		if err != nil {
			return
		}
		if c.Station != "CN-03" || c.Made.IsZero() || len(c.Words) > maxWords {
			t.Errorf("took %+v", c)
		}
		for _, w := range c.Words {
			if !submission.ValidID(w.Status.ID) || !w.Status.State.Valid() || !digestForm.MatchString(w.Digest) {
				t.Errorf("took %+v", w)
			}
		}
	})
}
