package cardsim

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"

	"motcua/devices/card/emrtd/suite"
	"motcua/devices/card/lds"
	"motcua/devices/card/lds/spki"
)

// Way is a cipher on a curve.
type Way struct {
	Cipher suite.Cipher
	Curve  suite.Curve
}

// String names both: "AES-128 on brainpoolP256r1".
func (w Way) String() string { return fmt.Sprintf("%v on %v", w.Cipher, w.Curve) }

// Ways lists every cipher on every curve.
func Ways() []Way {
	var list []Way
	for _, curve := range suite.Curves() {
		for _, cipher := range suite.Ciphers() {
			list = append(list, Way{cipher, curve})
		}
	}
	return list
}

// Plan is what a chip can do.
type Plan struct {
	PACE []Way // ways to open it; none = it has no EF.CardAccess
	BAC  bool  // whether it can be opened by BAC
	// Chip is the way of chip authentication; the zero value is none.
	Chip Way
	// ActiveRSA is the length in bits of the key for active authentication, at
	// least 1024; ActiveCurve the curve of it. One of both, or none.
	ActiveRSA   int
	ActiveCurve elliptic.Curve
}

// Locks is what a chip can do, with its private keys.
type Locks struct {
	plan   Plan
	scalar []byte // of chip authentication
	public suite.Point
	rsa    *rsa.PrivateKey
	ecdsa  *ecdsa.PrivateKey
	hash   crypto.Hash // of plain ECDSA signatures
}

// NewLocks makes the keys of a plan. It fails only when the plan cannot be.
func NewLocks(p Plan) (*Locks, error) {
	l := &Locks{plan: p}
	return l, l.cut()
}

// cut makes new keys.
func (l *Locks) cut() (err error) {
	if c := l.plan.Chip.Curve; c.Curve != nil {
		if l.scalar, err = c.Scalar(rand.Reader); err != nil {
			return err
		}
		if l.public, err = c.Mul(l.scalar, c.Base()); err != nil {
			return err
		}
	}
	if bits := l.plan.ActiveRSA; bits != 0 {
		if l.rsa, err = rsa.GenerateKey(rand.Reader, bits); err != nil {
			return err
		}
	}
	if c := l.plan.ActiveCurve; c != nil {
		if l.hash = crypto.SHA256; c.Params().BitSize >= 512 {
			l.hash = crypto.SHA512
		}
		l.ecdsa, err = ecdsa.GenerateKey(c, rand.Reader)
	}
	return err
}

// Object identifiers (9303-11, 9.2) as encoding/asn1 wants them; the ciphers'
// numbers are last.
func paceID(c suite.Cipher) asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 2, 2, 4, 2, int(c)}
}

func caID(c suite.Cipher) asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 2, 2, 3, 2, int(c)}
}

type paceInfo struct {
	ID        asn1.ObjectIdentifier
	Version   int
	Parameter int
}

type caInfo struct {
	ID      asn1.ObjectIdentifier
	Version int
}

type caKey struct {
	ID  asn1.ObjectIdentifier
	Key publicKey
}

type aaInfo struct {
	ID        asn1.ObjectIdentifier
	Version   int
	Signature asn1.ObjectIdentifier
}

type publicKey struct {
	Algorithm pkix.AlgorithmIdentifier
	Bits      asn1.BitString
}

// CardAccess gives the content of EF.CardAccess; nil if the chip has none.
func (l *Locks) CardAccess() ([]byte, error) {
	if len(l.plan.PACE) == 0 {
		return nil, nil
	}
	return set(l.paceInfos())
}

func (l *Locks) paceInfos() []any {
	var infos []any
	for _, w := range l.plan.PACE {
		infos = append(infos, paceInfo{paceID(w.Cipher), 2, int(w.Curve.ID)})
	}
	return infos
}

// DG14 gives the whole file, to be signed; nil if there is nothing to say.
func (l *Locks) DG14() ([]byte, error) {
	infos := l.paceInfos()
	if w := l.plan.Chip; w.Curve.Curve != nil {
		key, err := marshalPoint(w.Curve.Curve, w.Curve.Encode(l.public))
		if err != nil {
			return nil, err
		}
		infos = append(infos, caInfo{caID(w.Cipher), 1}, caKey{asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 2, 2, 1, 2}, key})
	}
	if c := l.plan.ActiveCurve; c != nil {
		n := map[crypto.Hash]int{crypto.SHA256: 3, crypto.SHA512: 5}[l.hash]
		infos = append(infos, aaInfo{asn1.ObjectIdentifier{2, 23, 136, 1, 1, 5}, 1, asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 1, 1, 4, 1, n}})
	}
	if len(infos) == 0 {
		return nil, nil
	}
	b, err := set(infos)
	return lds.Append(nil, lds.DG14.Tag(), b), err
}

// DG15 gives the whole file, to be signed; nil if the chip has no such key.
func (l *Locks) DG15() ([]byte, error) {
	var b []byte
	var err error
	switch {
	case l.rsa != nil:
		b, err = x509.MarshalPKIXPublicKey(&l.rsa.PublicKey)
	case l.ecdsa != nil:
		c := suite.Curve{Curve: l.ecdsa.Curve}
		var key publicKey
		if key, err = marshalPoint(c.Curve, c.Encode(suite.Point{X: l.ecdsa.X, Y: l.ecdsa.Y})); err == nil {
			b, err = asn1.Marshal(key)
		}
	default:
		return nil, nil
	}
	return lds.Append(nil, lds.DG15.Tag(), b), err
}

// marshalPoint makes a SubjectPublicKeyInfo on a curve that has a name.
func marshalPoint(curve elliptic.Curve, point []byte) (publicKey, error) {
	for _, c := range spki.Curves() {
		if c.Params().P.Cmp(curve.Params().P) != 0 {
			continue
		}
		name, err := asn1.Marshal(c.ID)
		return publicKey{
			pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}, Parameters: asn1.RawValue{FullBytes: name}},
			asn1.BitString{Bytes: point, BitLength: 8 * len(point)},
		}, err
	}
	return publicKey{}, fmt.Errorf("curve %s has no name in certificates", curve.Params().Name)
}

func set(infos []any) ([]byte, error) {
	var b []byte
	for _, i := range infos {
		one, err := asn1.Marshal(i)
		if err != nil {
			return nil, err
		}
		b = append(b, one...)
	}
	return lds.Append(nil, 0x31, b), nil
}

// recoverable signs a challenge by ISO/IEC 9796-2, scheme 1, with SHA-256 (mark
// 34CC).
func (l *Locks) recoverable(challenge []byte) ([]byte, error) {
	n := l.rsa.Size()
	block := make([]byte, n)
	block[0] = 0x6A
	message := block[1 : n-32-2]
	if _, err := rand.Read(message); err != nil {
		return nil, err
	}
	copy(block[n-34:], digest(message, challenge))
	block[n-2], block[n-1] = 0x34, 0xCC
	s := new(big.Int).Exp(new(big.Int).SetBytes(block), l.rsa.D, l.rsa.N)
	return s.FillBytes(block), nil
}
