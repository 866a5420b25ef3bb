package ldstest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha1" // the digest that must be refused
	"fmt"

	"github.com/ProtonMail/go-crypto/brainpool"
)

// Suite is what a state signs with.
type Suite string

// The suites of ICAO Doc 9303-12, 4.4. Short is an RSA key that is too short.
const (
	RSA           Suite = "rsa"
	PSS           Suite = "rsa-pss"
	Short         Suite = "rsa-1024"
	P256          Suite = "p256"
	P384          Suite = "p384"
	P521          Suite = "p521"
	BrainpoolP256 Suite = "brainpoolP256r1"
	BrainpoolP384 Suite = "brainpoolP384r1"
	BrainpoolP512 Suite = "brainpoolP512r1"
)

// key makes a new private key. RSA takes a second.
func (s Suite) key() (crypto.Signer, error) {
	curve := map[Suite]elliptic.Curve{
		P256: elliptic.P256(), P384: elliptic.P384(), P521: elliptic.P521(),
		BrainpoolP256: brainpool.P256r1(), BrainpoolP384: brainpool.P384r1(), BrainpoolP512: brainpool.P512r1(),
	}[s]
	switch {
	case curve != nil:
		return ecdsa.GenerateKey(curve, rand.Reader)
	case s == Short:
		return rsa.GenerateKey(rand.Reader, 1024)
	case s == RSA || s == PSS:
		return rsa.GenerateKey(rand.Reader, 2048)
	}
	return nil, fmt.Errorf("no suite %q", string(s))
}

// digest is the AlgorithmIdentifier of a hash.
func digest(h crypto.Hash) []byte {
	switch h {
	case crypto.SHA1:
		return sequence(oid(1, 3, 14, 3, 2, 26), null())
	case crypto.SHA384:
		return sequence(oid(2, 16, 840, 1, 101, 3, 4, 2, 2))
	case crypto.SHA512:
		return sequence(oid(2, 16, 840, 1, 101, 3, 4, 2, 3))
	}
	return sequence(oid(2, 16, 840, 1, 101, 3, 4, 2, 1), null())
}

// algorithm is the AlgorithmIdentifier of a signature over h.
func (s Suite) algorithm(h crypto.Hash) []byte {
	last := map[crypto.Hash][2]int{crypto.SHA1: {5, 1}, crypto.SHA256: {11, 2}, crypto.SHA384: {12, 3}, crypto.SHA512: {13, 4}}[h]
	switch {
	case s == PSS:
		return sequence(oid(1, 2, 840, 113549, 1, 1, 10), sequence(
			node(0xA0, digest(h)),
			node(0xA1, sequence(oid(1, 2, 840, 113549, 1, 1, 8), digest(h))),
			node(0xA2, integer(h.Size())),
		))
	case s == RSA || s == Short:
		return sequence(oid(1, 2, 840, 113549, 1, 1, last[0]), null())
	case h == crypto.SHA1:
		return sequence(oid(1, 2, 840, 10045, 4, 1))
	}
	return sequence(oid(1, 2, 840, 10045, 4, 3, last[1]))
}

func sum(h crypto.Hash, parts ...[]byte) []byte {
	w := h.New()
	for _, p := range parts {
		w.Write(p)
	}
	return w.Sum(nil)
}

// sign signs message. It panics when the source of randomness is dry.
func (s Suite) sign(key crypto.Signer, h crypto.Hash, message []byte) []byte {
	var how crypto.SignerOpts = h
	if s == PSS {
		how = &rsa.PSSOptions{SaltLength: h.Size(), Hash: h}
	}
	if ec, ok := key.(*ecdsa.PrivateKey); ok {
		return must(ecdsa.SignASN1(rand.Reader, ec, sum(h, message)))
	}
	return must(key.Sign(rand.Reader, sum(h, message), how))
}
