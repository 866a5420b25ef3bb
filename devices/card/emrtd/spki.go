package emrtd

import (
	"bytes"
	"fmt"

	"motcua/devices/card/emrtd/suite"
)

// Identifiers of keys and curves, in DER without tag and length.
const (
	idECPublicKey = "\x2A\x86\x48\xCE\x3D\x02\x01"
	idECDH        = "\x2B\x81\x04\x01\x0C"
	idRSA         = "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01"
	idPrimeField  = "\x2A\x86\x48\xCE\x3D\x01\x01"
)

// curveNames are the identifiers of the supported curves by their number.
var curveNames = map[string]int{
	"\x2A\x86\x48\xCE\x3D\x03\x01\x07":     12,
	"\x2B\x81\x04\x00\x22":                 15,
	"\x2B\x24\x03\x03\x02\x08\x01\x01\x07": 13,
	"\x2B\x24\x03\x03\x02\x08\x01\x01\x0B": 16,
	"\x2B\x24\x03\x03\x02\x08\x01\x01\x0D": 17,
}

// publicKey takes a SubjectPublicKeyInfo apart (RFC 5280, 4.1).
func publicKey(b []byte) (algorithm, params, key []byte, err error) {
	bad := fmt.Errorf("%w: public key", ErrMalformed)
	seq, err := inside(b, 0x30)
	if err != nil {
		return nil, nil, nil, bad
	}
	tag, id, rest, err := object(seq)
	if err != nil || tag != 0x30 {
		return nil, nil, nil, bad
	}
	tag, algorithm, params, err = object(id)
	if err != nil || tag != 0x06 {
		return nil, nil, nil, bad
	}
	key, err = inside(rest, 0x03)
	if err != nil || len(key) < 2 || key[0] != 0 {
		return nil, nil, nil, bad
	}
	return algorithm, params, key[1:], nil
}

// pointKey reads a SubjectPublicKeyInfo of an elliptic curve.
func pointKey(b []byte) (chipKey, error) {
	algorithm, params, key, err := publicKey(b)
	if err != nil {
		return chipKey{}, err
	}
	var curve suite.Curve
	switch string(algorithm) {
	case idECPublicKey, idECDH:
		curve, err = curveOf(params)
	case suite.StandardisedCurve:
		var n []int
		if n, err = (securityInfo{rest: params}).numbers(); err == nil && len(n) == 1 {
			curve, err = suite.CurveByID(n[0])
		} else {
			err = fmt.Errorf("%w: number of the curve", ErrMalformed)
		}
	default:
		err = fmt.Errorf("%w: algorithm of the key", ErrUnsupported)
	}
	if err != nil {
		return chipKey{}, err
	}
	public, err := curve.Decode(key)
	if err != nil {
		return chipKey{}, fmt.Errorf("%w: public key: %w", ErrMalformed, err)
	}
	return chipKey{curve: curve, public: public}, nil
}

// curveOf reads ECParameters (RFC 3279, 2.3.5): a name, or the figures of a curve
// that has one. Figures of any other curve are refused: curves that are made up
// have been used to forge.
func curveOf(params []byte) (suite.Curve, error) {
	tag, value, rest, err := object(params)
	if err != nil || len(rest) != 0 {
		return suite.Curve{}, fmt.Errorf("%w: curve", ErrMalformed)
	}
	if tag == 0x06 {
		id, ok := curveNames[string(value)]
		if !ok {
			return suite.Curve{}, fmt.Errorf("%w: curve", ErrUnsupported)
		}
		return suite.CurveByID(id)
	}
	if tag != 0x30 {
		return suite.Curve{}, fmt.Errorf("%w: curve", ErrMalformed)
	}
	var parts [][]byte // version, field, curve, base, order, cofactor
	for len(value) > 0 && len(parts) < 6 {
		var part []byte
		if _, part, value, err = object(value); err != nil {
			return suite.Curve{}, fmt.Errorf("%w: curve", ErrMalformed)
		}
		parts = append(parts, part)
	}
	if len(parts) < 5 {
		return suite.Curve{}, fmt.Errorf("%w: curve", ErrMalformed)
	}
	for _, c := range suite.Curves() {
		if sameCurve(c, parts) {
			return c, nil
		}
	}
	return suite.Curve{}, fmt.Errorf("%w: curve by figures", ErrUnsupported)
}

// sameCurve holds figures against a curve: prime, b, base point and order. With
// base point and b fixed, a follows.
func sameCurve(c suite.Curve, parts [][]byte) bool {
	p := c.Params()
	tag, kind, rest, err := object(parts[1])
	if err != nil || tag != 0x06 || string(kind) != idPrimeField {
		return false
	}
	prime, err := inside(rest, 0x02)
	if err != nil {
		return false
	}
	tag, _, rest, err = object(parts[2]) // a
	if err != nil || tag != 0x04 {
		return false
	}
	_, b, _, err := object(rest)
	return err == nil && bytes.Equal(bare(prime), p.P.Bytes()) && bytes.Equal(bare(b), p.B.Bytes()) &&
		bytes.Equal(parts[3], c.Encode(c.Base())) && bytes.Equal(bare(parts[4]), p.N.Bytes())
}

// bare takes leading zeros off a number.
func bare(b []byte) []byte { return bytes.TrimLeft(b, "\x00") }
