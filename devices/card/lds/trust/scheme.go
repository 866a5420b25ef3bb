package trust

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	_ "crypto/sha256" // SHA-256
	_ "crypto/sha512" // SHA-384 and SHA-512
	"encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"
)

// family is one way to sign.
type family uint8

const (
	pkcs1 family = iota + 1
	pss
	curves
)

// scheme is a way to sign and the digest it signs.
type scheme struct {
	family family
	hash   crypto.Hash
	salt   int // for PSS
}

// The digests of ICAO Doc 9303-12, 4.4, and those that are refused by name.
var digests = []struct {
	id   asn1.ObjectIdentifier
	hash crypto.Hash
}{
	{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}, crypto.SHA256},
	{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 2}, crypto.SHA384},
	{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 3}, crypto.SHA512},
	{asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}, crypto.SHA1},
}

// Signature algorithms that name their digest (RFC 4055, RFC 5758). A zero hash
// takes the digest from beside the algorithm.
var schemes = []struct {
	id asn1.ObjectIdentifier
	scheme
}{
	{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}, scheme{family: pkcs1}},
	{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 5}, scheme{family: pkcs1, hash: crypto.SHA1}},
	{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}, scheme{family: pkcs1, hash: crypto.SHA256}},
	{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 12}, scheme{family: pkcs1, hash: crypto.SHA384}},
	{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 13}, scheme{family: pkcs1, hash: crypto.SHA512}},
	{asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 1}, scheme{family: curves, hash: crypto.SHA1}},
	{asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}, scheme{family: curves, hash: crypto.SHA256}},
	{asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 3}, scheme{family: curves, hash: crypto.SHA384}},
	{asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 4}, scheme{family: curves, hash: crypto.SHA512}},
}

var (
	oidPSS  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}
	oidMGF1 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 8}
)

// readDigest reads the AlgorithmIdentifier of a digest. It fails with
// DigestSHA1, DigestUnknown or SODGarbled.
func readDigest(in *cryptobyte.String) (crypto.Hash, error) {
	var seq cryptobyte.String
	var id asn1.ObjectIdentifier
	if !in.ReadASN1(&seq, der.SEQUENCE) || !seq.ReadASN1ObjectIdentifier(&id) {
		return 0, SODGarbled
	}
	for _, d := range digests {
		if d.id.Equal(id) {
			if d.hash == crypto.SHA1 {
				return 0, DigestSHA1
			}
			return d.hash, nil
		}
	}
	return 0, DigestUnknown
}

// readScheme reads the AlgorithmIdentifier of a signature; beside is the digest
// for algorithms that name none, 0 where there is no other. It fails with
// DigestSHA1, DigestUnknown, SignatureUnknown or SODGarbled.
func readScheme(in cryptobyte.String, beside crypto.Hash) (scheme, error) {
	var seq cryptobyte.String
	var id asn1.ObjectIdentifier
	if !in.ReadASN1(&seq, der.SEQUENCE) || !in.Empty() || !seq.ReadASN1ObjectIdentifier(&id) {
		return scheme{}, SODGarbled
	}
	if id.Equal(oidPSS) {
		return readPSS(seq)
	}
	for _, known := range schemes {
		if !known.id.Equal(id) {
			continue
		}
		s := known.scheme
		if s.hash == 0 {
			s.hash = beside
		}
		switch s.hash {
		case 0:
			return scheme{}, SignatureUnknown
		case crypto.SHA1:
			return scheme{}, DigestSHA1
		}
		return s, nil
	}
	return scheme{}, SignatureUnknown
}

// readPSS reads RSASSA-PSS-params (RFC 4055, 3.1), whose defaults are all SHA-1.
func readPSS(in cryptobyte.String) (scheme, error) {
	if in.Empty() {
		return scheme{}, DigestSHA1
	}
	s := scheme{family: pss, salt: 20}
	var seq, hash, mask cryptobyte.String
	var hasHash, hasMask bool
	explicit := func(n uint8) der.Tag { return der.Tag(n).Constructed().ContextSpecific() }
	if !in.ReadASN1(&seq, der.SEQUENCE) || !in.Empty() ||
		!seq.ReadOptionalASN1(&hash, &hasHash, explicit(0)) ||
		!seq.ReadOptionalASN1(&mask, &hasMask, explicit(1)) ||
		!seq.ReadOptionalASN1Integer(&s.salt, explicit(2), 20) {
		return scheme{}, SODGarbled
	}
	if s.salt < 1 || s.salt > 64 { // to crypto/rsa, 0 would mean any length
		return scheme{}, SignatureUnknown
	}
	if !hasHash || !hasMask {
		return scheme{}, DigestSHA1
	}
	var err error
	if s.hash, err = readDigest(&hash); err != nil {
		return scheme{}, err
	}
	var id asn1.ObjectIdentifier
	if !mask.ReadASN1(&mask, der.SEQUENCE) || !mask.ReadASN1ObjectIdentifier(&id) {
		return scheme{}, SODGarbled
	}
	if !id.Equal(oidMGF1) {
		return scheme{}, SignatureUnknown
	}
	switch with, err := readDigest(&mask); {
	case err != nil:
		return scheme{}, err
	case with != s.hash:
		return scheme{}, SignatureUnknown
	}
	return s, nil
}

// verify says whether key signed message. It fails with SignatureWrong,
// SignatureUnknown or KeyShort.
func (s scheme) verify(key crypto.PublicKey, message, signature []byte) error {
	h := s.hash.New()
	h.Write(message)
	sum := h.Sum(nil)
	switch key := key.(type) {
	case *rsa.PublicKey:
		if key.N.BitLen() < 2048 {
			return KeyShort
		}
		var err error
		switch s.family {
		case pkcs1:
			err = rsa.VerifyPKCS1v15(key, s.hash, sum, signature)
		case pss:
			err = rsa.VerifyPSS(key, s.hash, sum, signature, &rsa.PSSOptions{SaltLength: s.salt})
		default:
			return SignatureUnknown
		}
		if err != nil {
			return SignatureWrong
		}
		return nil
	case *ecdsa.PublicKey:
		if s.family != curves {
			return SignatureUnknown
		}
		if !ecdsa.VerifyASN1(key, sum, signature) {
			return SignatureWrong
		}
		return nil
	}
	return SignatureUnknown
}

// name says how key signs by s: "RSA-PSS SHA-256", "ECDSA SHA-384 brainpoolP384r1".
func (s scheme) name(key crypto.PublicKey) string {
	switch key := key.(type) {
	case *ecdsa.PublicKey:
		return "ECDSA " + s.hash.String() + " " + key.Params().Name
	case *rsa.PublicKey:
		if s.family == pss {
			return "RSA-PSS " + s.hash.String()
		}
		return "RSA " + s.hash.String()
	}
	return ""
}
