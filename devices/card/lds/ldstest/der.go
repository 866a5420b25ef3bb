package ldstest

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/asn1"
	"math/big"
	"time"

	"motcua/devices/card/lds"
	"motcua/devices/card/lds/spki"
)

// node is one DER or BER-TLV field made of its parts.
func node(tag lds.Tag, parts ...[]byte) []byte {
	return lds.Append(nil, tag, bytes.Join(parts, nil))
}

func sequence(parts ...[]byte) []byte { return node(0x30, parts...) }
func set(parts ...[]byte) []byte      { return node(0x31, parts...) }
func octets(parts ...[]byte) []byte   { return node(0x04, parts...) }
func bits(b []byte) []byte            { return node(0x03, []byte{0}, b) }
func text(s string) []byte            { return node(0x0C, []byte(s)) }
func boolean(yes bool) []byte         { return must(asn1.Marshal(yes)) }
func integer(n int) []byte            { return must(asn1.Marshal(n)) }
func large(n *big.Int) []byte         { return must(asn1.Marshal(n)) }
func oid(arcs ...int) []byte          { return must(asn1.Marshal(asn1.ObjectIdentifier(arcs))) }
func utc(t time.Time) []byte          { return node(0x17, []byte(t.UTC().Format("060102150405Z"))) }
func null() []byte                    { return []byte{0x05, 0x00} }

// must is for encoders that cannot fail on the values given here.
func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

// PublicKey encodes key as a SubjectPublicKeyInfo, an elliptic curve by name or
// by explicit parameters.
func PublicKey(key crypto.PublicKey, explicit bool) []byte {
	ec, ok := key.(*ecdsa.PublicKey)
	if !ok {
		return must(x509.MarshalPKIXPublicKey(key))
	}
	curve := parameters(ec.Curve)
	if !explicit {
		for _, c := range spki.Curves() {
			if c.Params() == ec.Params() {
				curve = oid(c.ID...)
			}
		}
	}
	//lint:ignore SA1019 PublicKey.Bytes knows no brainpool curve
	point := elliptic.Marshal(ec.Curve, ec.X, ec.Y)
	return sequence(sequence(oid(1, 2, 840, 10045, 2, 1), curve), bits(point))
}

// parameters writes a curve by its numbers (SEC 1, C.2).
func parameters(curve elliptic.Curve) []byte {
	c := curve.Params()
	size := (c.BitSize + 7) / 8
	fixed := func(n *big.Int) []byte { return n.FillBytes(make([]byte, size)) }
	a, b := spki.Equation(curve)
	return sequence(
		integer(1),
		sequence(oid(1, 2, 840, 10045, 1, 1), large(c.P)),
		sequence(octets(fixed(a)), octets(fixed(b))),
		octets([]byte{4}, fixed(c.Gx), fixed(c.Gy)),
		large(c.N),
		integer(1),
	)
}
