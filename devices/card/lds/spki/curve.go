package spki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/asn1"
	"math/big"

	"github.com/ProtonMail/go-crypto/brainpool"
	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"
)

// Curve is a curve of the prime or brainpool families with its name in ASN.1.
type Curve struct {
	elliptic.Curve
	ID asn1.ObjectIdentifier
}

// Curves gives the curves that keys may be on: NIST P-256, P-384, P-521 (RFC
// 5480) and brainpoolP256r1, P384r1, P512r1 (RFC 5639).
func Curves() []Curve {
	return []Curve{
		{elliptic.P256(), asn1.ObjectIdentifier{1, 2, 840, 10045, 3, 1, 7}},
		{elliptic.P384(), asn1.ObjectIdentifier{1, 3, 132, 0, 34}},
		{elliptic.P521(), asn1.ObjectIdentifier{1, 3, 132, 0, 35}},
		{brainpool.P256r1(), asn1.ObjectIdentifier{1, 3, 36, 3, 3, 2, 8, 1, 1, 7}},
		{brainpool.P384r1(), asn1.ObjectIdentifier{1, 3, 36, 3, 3, 2, 8, 1, 1, 11}},
		{brainpool.P512r1(), asn1.ObjectIdentifier{1, 3, 36, 3, 3, 2, 8, 1, 1, 13}},
	}
}

var oidPrimeField = asn1.ObjectIdentifier{1, 2, 840, 10045, 1, 1}

// readCurve reads ECParameters: a name, or explicit parameters that must be
// those of a known curve to the last number. Trusting unknown parameters would
// let anyone choose a base point that makes a known public key his own.
func readCurve(in cryptobyte.String) (elliptic.Curve, error) {
	if in.PeekASN1Tag(der.OBJECT_IDENTIFIER) {
		var id asn1.ObjectIdentifier
		if !in.ReadASN1ObjectIdentifier(&id) || !in.Empty() {
			return nil, ErrEncoding
		}
		for _, c := range Curves() {
			if c.ID.Equal(id) {
				return c.Curve, nil
			}
		}
		return nil, ErrCurve
	}
	given, err := readExplicit(in)
	if err != nil {
		return nil, err
	}
	for _, c := range Curves() {
		if given.same(c.Curve) {
			return c.Curve, nil
		}
	}
	return nil, ErrCurve
}

// explicit are the SpecifiedECDomain parameters of SEC 1, C.2.
type explicit struct {
	p, a, b, n big.Int
	base       []byte
}

func readExplicit(in cryptobyte.String) (*explicit, error) {
	var seq, field, curve, a, b, base cryptobyte.String
	var version int
	var id asn1.ObjectIdentifier
	e := new(explicit)
	if !in.ReadASN1(&seq, der.SEQUENCE) || !in.Empty() || !seq.ReadASN1Integer(&version) ||
		!seq.ReadASN1(&field, der.SEQUENCE) || !field.ReadASN1ObjectIdentifier(&id) {
		return nil, ErrEncoding
	}
	if version < 1 || version > 3 || !id.Equal(oidPrimeField) {
		return nil, ErrCurve
	}
	if !field.ReadASN1Integer(&e.p) || !seq.ReadASN1(&curve, der.SEQUENCE) ||
		!curve.ReadASN1(&a, der.OCTET_STRING) || !curve.ReadASN1(&b, der.OCTET_STRING) ||
		!seq.ReadASN1(&base, der.OCTET_STRING) || !seq.ReadASN1Integer(&e.n) {
		return nil, ErrEncoding
	}
	cofactor := 1
	if !seq.Empty() && (!seq.ReadASN1Integer(&cofactor) || cofactor != 1) {
		return nil, ErrCurve
	}
	e.a.SetBytes(a)
	e.b.SetBytes(b)
	e.base = base
	return e, nil
}

// same compares with a known curve.
func (e *explicit) same(known elliptic.Curve) bool {
	params := known.Params()
	if e.p.Cmp(params.P) != 0 || e.n.Cmp(params.N) != 0 || !e.sameBase(params) {
		return false
	}
	a, b := Equation(known)
	return e.a.Cmp(a) == 0 && e.b.Cmp(b) == 0
}

// Equation gives a and b of y² = x³ + ax + b. CurveParams takes a for -3, which
// it is not on brainpool curves, and some libraries leave b out; two points of
// the curve, the base point and its double, settle both.
func Equation(curve elliptic.Curve) (a, b *big.Int) {
	params := curve.Params()
	p := params.P
	//lint:ignore SA1019 no other way to a second point of a brainpool curve
	x, y := curve.Double(params.Gx, params.Gy)
	// rest is y² - x³, which is ax + b.
	rest := func(x, y *big.Int) *big.Int {
		r := new(big.Int).Mul(y, y)
		return r.Sub(r, new(big.Int).Exp(x, big.NewInt(3), p))
	}
	run := new(big.Int).Sub(x, params.Gx)
	a = new(big.Int).Sub(rest(x, y), rest(params.Gx, params.Gy))
	a.Mul(a, run.ModInverse(run.Mod(run, p), p)).Mod(a, p)
	b = rest(x, y)
	b.Sub(b, new(big.Int).Mul(a, x)).Mod(b, p)
	return a, b
}

// sameBase takes the base point uncompressed or compressed.
func (e *explicit) sameBase(known *elliptic.CurveParams) bool {
	size := (known.BitSize + 7) / 8
	if len(e.base) < 1+size {
		return false
	}
	form, x, y := e.base[0], new(big.Int).SetBytes(e.base[1:1+size]), e.base[1+size:]
	if x.Cmp(known.Gx) != 0 {
		return false
	}
	if form == 4 {
		return len(y) == size && new(big.Int).SetBytes(y).Cmp(known.Gy) == 0
	}
	return len(y) == 0 && form == byte(2+known.Gy.Bit(0))
}

// Point reads an uncompressed point (SEC 1, 2.3.4) and checks that it is on the
// curve.
func Point(curve elliptic.Curve, in []byte) (*ecdsa.PublicKey, error) {
	params := curve.Params()
	size := (params.BitSize + 7) / 8
	if len(in) != 1+2*size || in[0] != 4 {
		return nil, ErrPoint
	}
	x, y := new(big.Int).SetBytes(in[1:1+size]), new(big.Int).SetBytes(in[1+size:])
	if x.Cmp(params.P) >= 0 || y.Cmp(params.P) >= 0 {
		return nil, ErrPoint
	}
	//lint:ignore SA1019 crypto/ecdh knows no brainpool curve
	if !curve.IsOnCurve(x, y) {
		return nil, ErrPoint
	}
	//lint:ignore SA1019 ecdsa.ParseUncompressedPublicKey knows no brainpool curve
	return &ecdsa.PublicKey{Curve: curve, X: x, Y: y}, nil
}
