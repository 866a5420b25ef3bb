// Package spki reads public keys as certificates and chips hold them
// (SubjectPublicKeyInfo, RFC 5280, 4.1.2.7): RSA, and elliptic curves by name or
// by explicit parameters (ICAO Doc 9303-12, 4.4), which crypto/x509 refuses.
package spki

import (
	"crypto"
	"crypto/rsa"
	"encoding/asn1"
	"errors"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"
)

// The ways a public key can be unfit.
var (
	// ErrEncoding: the bytes are not the DER of a public key.
	ErrEncoding = errors.New("public key not encoded as DER")
	// ErrAlgorithm: the key is neither RSA nor elliptic curve.
	ErrAlgorithm = errors.New("public key of an unknown algorithm")
	// ErrCurve: the curve, or the explicit parameters given for it, are none of
	// those that Curves lists.
	ErrCurve = errors.New("public key on an unknown curve")
	// ErrPoint: the point is not on its curve.
	ErrPoint = errors.New("public key not on its curve")
	// ErrWeak: an RSA key under 1024 or over 8192 bits, or with an odd exponent.
	ErrWeak = errors.New("public key of a size not allowed")
)

var (
	oidRSA = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}
	oidPSS = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}
	oidEC  = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
)

// Parse reads one SubjectPublicKeyInfo and nothing after it. The key is an
// *rsa.PublicKey or an *ecdsa.PublicKey on one of Curves, its point checked.
func Parse(in []byte) (crypto.PublicKey, error) {
	s := cryptobyte.String(in)
	var outer, algorithm cryptobyte.String
	var id asn1.ObjectIdentifier
	var bits asn1.BitString
	if !s.ReadASN1(&outer, der.SEQUENCE) || !s.Empty() ||
		!outer.ReadASN1(&algorithm, der.SEQUENCE) || !outer.ReadASN1BitString(&bits) || !outer.Empty() ||
		!algorithm.ReadASN1ObjectIdentifier(&id) || bits.BitLength%8 != 0 {
		return nil, ErrEncoding
	}
	switch {
	case id.Equal(oidRSA), id.Equal(oidPSS):
		return parseRSA(bits.Bytes)
	case id.Equal(oidEC):
		return parseEC(algorithm, bits.Bytes)
	}
	return nil, ErrAlgorithm
}

func parseRSA(in cryptobyte.String) (crypto.PublicKey, error) {
	var seq cryptobyte.String
	n, e := new(big.Int), new(big.Int)
	if !in.ReadASN1(&seq, der.SEQUENCE) || !in.Empty() ||
		!seq.ReadASN1Integer(n) || !seq.ReadASN1Integer(e) || !seq.Empty() {
		return nil, ErrEncoding
	}
	if bits := n.BitLen(); n.Sign() <= 0 || bits < 1024 || bits > 8192 || n.Bit(0) == 0 {
		return nil, ErrWeak
	}
	if !e.IsInt64() || e.Int64() < 3 || e.Int64() > 1<<31-1 || e.Bit(0) == 0 {
		return nil, ErrWeak
	}
	return &rsa.PublicKey{N: n, E: int(e.Int64())}, nil
}

func parseEC(parameters cryptobyte.String, point []byte) (crypto.PublicKey, error) {
	curve, err := readCurve(parameters)
	if err != nil {
		return nil, err
	}
	key, err := Point(curve, point)
	if err != nil {
		return nil, err // and not a nil key of a type
	}
	return key, nil
}
