// Package ldstest issues whole chip cards of invented people: a state of its own
// with root (CSCA), document signers and revocation list, made anew at start, and
// every file that such a card holds, right or with one fault. For tests and for
// the simulated chip; no real state's key or person is in it.
package ldstest

import (
	"bytes"
	"crypto"
	"math/big"
	"sync"
	"time"

	"motcua/devices/card/lds"
)

// Options say what the state signs with and when it was founded.
type Options struct {
	Suite    Suite
	Explicit bool        // write curves by their numbers, not by name
	Digest   crypto.Hash // 0 = SHA-256
	Country  string      // "" = VN
	Now      time.Time   // everything is valid around it, unless a Fault says otherwise
}

// State issues cards. Its methods may be called by several goroutines.
type State struct {
	o            Options
	root, signer crypto.Signer
	stranger     func() (crypto.Signer, error) // a key that nobody certified, made when it is wanted
}

// Fault is one thing wrong with a card.
type Fault string

// The faults. None is a card as it should be.
const (
	None             Fault = ""
	SHA1Hashes       Fault = "sha1-hashes"       // data groups hashed with SHA-1
	SHA1Signer       Fault = "sha1-signer"       // SOD signed over SHA-1
	SHA1Certificate  Fault = "sha1-certificate"  // signer's certificate signed over SHA-1
	AlteredContent   Fault = "altered-content"   // a hash in the SOD changed after signing
	AlteredAttribute Fault = "altered-attribute" // the signing time changed after signing
	WrongKey         Fault = "wrong-key"         // signed by a key that is not the certificate's
	SignerAbsent     Fault = "signer-absent"     // no certificate in the SOD
	SignerEarly      Fault = "signer-early"      // certificate valid from tomorrow
	SignerExpired    Fault = "signer-expired"    // certificate valid until yesterday
	SignerRevoked    Fault = "signer-revoked"    // certificate on the revocation list
	SignerNoUsage    Fault = "signer-no-usage"   // certificate for key agreement only
	SignerIsCA       Fault = "signer-is-ca"      // certificate of an authority
	SignerDemand     Fault = "signer-demand"     // critical extension that nobody knows
	ForgedSigner     Fault = "forged-signer"     // certificate issued by another under the root's name
	HashMissing      Fault = "hash-missing"      // DG13 is on the card but not in the SOD
	HashTwice        Fault = "hash-twice"        // DG1 is in the SOD twice
	TypeMissing      Fault = "type-missing"      // no content type among what was signed
	TypeTwice        Fault = "type-twice"        // content type twice
	TypeOther        Fault = "type-other"        // signed as content of another type
	DigestTwice      Fault = "digest-twice"      // the digest of the content is signed twice
	ContentOther     Fault = "content-other"     // the content says that it is of another type
	TwoSigners       Fault = "two-signers"       // the SOD is signed twice
)

// Faults lists all but None.
func Faults() []Fault {
	return []Fault{
		SHA1Hashes, SHA1Signer, SHA1Certificate, AlteredContent, AlteredAttribute, WrongKey, SignerAbsent, SignerEarly,
		SignerExpired, SignerRevoked, SignerNoUsage, SignerIsCA, SignerDemand, ForgedSigner, HashMissing,
		HashTwice, TypeMissing, TypeTwice, TypeOther, DigestTwice, ContentOther, TwoSigners,
	}
}

const day = 24 * time.Hour

// Serial numbers of the certificates.
const (
	rootSerial    = 1
	signerSerial  = 0x10A
	revokedSerial = 0xBAD
)

// NewState founds a state: it makes the keys, which takes milliseconds for
// elliptic curves and seconds for RSA.
func NewState(o Options) (*State, error) {
	if o.Digest == 0 {
		o.Digest = crypto.SHA256
	}
	if o.Country == "" {
		o.Country = "VN"
	}
	s := &State{o: o, stranger: sync.OnceValues(o.Suite.key)}
	for _, key := range []*crypto.Signer{&s.root, &s.signer} {
		made, err := o.Suite.key()
		if err != nil {
			return nil, err
		}
		*key = made
	}
	return s, nil
}

// Root is the state's root certificate (CSCA) in DER.
func (s *State) Root() []byte { return s.RootUntil(s.o.Now.Add(5000 * day)) }

// RootUntil is the root certificate with another end.
func (s *State) RootUntil(end time.Time) []byte { return s.authority(end, 0x06) } // keyCertSign, cRLSign

// RootWithoutLists is the root certificate without the right to sign revocation
// lists.
func (s *State) RootWithoutLists() []byte { return s.authority(s.o.Now.Add(5000*day), 0x04) } // keyCertSign

func (s *State) authority(end time.Time, usage byte) []byte {
	return s.certify(s.rootFields(end, usage))
}

func (s *State) rootFields(end time.Time, usage byte) certificate {
	return certificate{
		subject: s.rootName(), serial: rootSerial, key: s.root.Public(), by: s.root, digest: s.o.Digest,
		from: s.o.Now.Add(-1000 * day), until: end, ca: true, usage: usage,
	}
}

// NoRoot is the root certificate as of one that is no authority, though its key may
// sign certificates.
func (s *State) NoRoot() []byte {
	c := s.rootFields(s.o.Now.Add(5000*day), 0x06)
	c.ca = false
	return s.certify(c)
}

// RevocationList is the state's revocation list in DER, to be renewed at next, or
// without a word of that if next is zero.
// It lists the certificate of SignerRevoked.
func (s *State) RevocationList(next time.Time) []byte { return s.list(s.root, next, nil) }

// DeltaList is a list that holds only what changed since another, which is no
// revocation list to rely on, whether it says so critically, as it should, or not.
func (s *State) DeltaList(next time.Time, critical bool) []byte {
	return s.list(s.root, next, extension(critical, integer(6), 2, 5, 29, 27))
}

// Signer is the certificate of the document signer in DER.
func (s *State) Signer() []byte {
	der, _ := s.document(None)
	return der
}

// ForgedList is a revocation list under the state's name by another's key.
func (s *State) ForgedList(next time.Time) []byte { return s.list(s.other(), next, nil) }

// other is the stranger's key; a suite that made two keys makes a third.
func (s *State) other() crypto.Signer {
	key, err := s.stranger()
	if err != nil {
		panic(err)
	}
	return key
}

func (s *State) list(by crypto.Signer, next time.Time, more []byte) []byte {
	algorithm := s.o.Suite.algorithm(s.o.Digest)
	var until []byte
	if !next.IsZero() {
		until = utc(next)
	}
	body := sequence(
		integer(1), algorithm, s.rootName(), utc(s.o.Now.Add(-day)), until,
		sequence(sequence(integer(revokedSerial), utc(s.o.Now.Add(-day)))),
		node(0xA0, sequence(extension(false, integer(7), 2, 5, 29, 20), more)),
	)
	return sequence(body, algorithm, bits(s.o.Suite.sign(by, s.o.Digest, body)))
}

func (s *State) rootName() []byte { return name(s.o.Country, "CSCA of an invented state") }

func name(country, common string) []byte {
	attribute := func(tag lds.Tag, value string, id ...int) []byte {
		return set(sequence(oid(id...), node(tag, []byte(value))))
	}
	return sequence(attribute(0x13, country, 2, 5, 4, 6), attribute(0x0C, common, 2, 5, 4, 3))
}

// certificate is what certify writes.
type certificate struct {
	subject     []byte
	serial      int
	key         crypto.PublicKey
	by          crypto.Signer
	digest      crypto.Hash
	from, until time.Time
	ca          bool
	usage       byte // the first octet of KeyUsage
	demand      bool
}

func (s *State) certify(c certificate) []byte {
	algorithm := s.o.Suite.algorithm(c.digest)
	extensions := [][]byte{
		extension(true, node(0x03, []byte{0, c.usage}), 2, 5, 29, 15),
		extension(false, octets(keyID(c.key)), 2, 5, 29, 14),
	}
	if c.ca {
		extensions = append(extensions, extension(true, sequence(boolean(true), integer(0)), 2, 5, 29, 19))
	}
	if c.demand {
		extensions = append(extensions, extension(true, null(), 1, 2, 3, 4, 5))
	}
	body := sequence(
		node(0xA0, integer(2)), integer(c.serial), algorithm, s.rootName(), sequence(utc(c.from), utc(c.until)),
		c.subject, PublicKey(c.key, s.o.Explicit), node(0xA3, sequence(extensions...)),
	)
	return sequence(body, algorithm, bits(s.o.Suite.sign(c.by, c.digest, body)))
}

func extension(critical bool, value []byte, id ...int) []byte {
	parts := [][]byte{oid(id...)}
	if critical {
		parts = append(parts, boolean(true))
	}
	return sequence(append(parts, octets(value))...)
}

func keyID(key crypto.PublicKey) []byte { return sum(crypto.SHA256, PublicKey(key, false))[:20] }

// document is the certificate of the document signer, with its fault.
func (s *State) document(f Fault) (der []byte, serial int) {
	c := certificate{
		subject: name(s.o.Country, "Document signer"), serial: signerSerial, key: s.signer.Public(), by: s.root,
		digest: s.o.Digest, from: s.o.Now.Add(-100 * day), until: s.o.Now.Add(4000 * day), usage: 0x80, // digitalSignature
	}
	switch f {
	case SHA1Certificate:
		c.digest = crypto.SHA1
	case SignerEarly:
		c.from = s.o.Now.Add(day)
	case SignerExpired:
		c.until = s.o.Now.Add(-day)
	case SignerRevoked:
		c.serial = revokedSerial
	case SignerNoUsage:
		c.usage = 0x08 // keyAgreement
	case SignerIsCA:
		c.ca = true
	case SignerDemand:
		c.demand = true
	case ForgedSigner:
		c.by = s.other()
	}
	return s.certify(c), c.serial
}

// Sign makes an EF.SOD over groups, each a whole file, with one fault or None.
func (s *State) Sign(groups map[lds.File][]byte, f Fault) []byte {
	hashed, digested := s.o.Digest, s.o.Digest
	if f == SHA1Hashes {
		hashed = crypto.SHA1
	}
	if f == SHA1Signer {
		digested = crypto.SHA1
	}
	var hashes [][]byte
	for g := lds.File(1); g.Group(); g++ {
		if file, ok := groups[g]; ok && (f != HashMissing || g != lds.DG13) {
			hashes = append(hashes, sequence(integer(int(g)), octets(sum(hashed, file))))
		}
	}
	if f == HashTwice {
		hashes = append(hashes, hashes[0])
	}
	content := sequence(integer(0), digest(hashed), sequence(hashes...))

	kind := sequence(oid(1, 2, 840, 113549, 1, 9, 3), set(oid(2, 23, 136, 1, 1, 1)))
	switch f {
	case TypeMissing:
		kind = nil
	case TypeTwice:
		kind = append(kind, kind...)
	case TypeOther:
		kind = sequence(oid(1, 2, 840, 113549, 1, 9, 3), set(oid(1, 2, 840, 113549, 1, 7, 1)))
	}
	digests := 1
	if f == DigestTwice {
		digests = 2
	}
	attributes := func(signedAt time.Time) []byte {
		return bytes.Join([][]byte{
			kind,
			sequence(oid(1, 2, 840, 113549, 1, 9, 5), set(utc(signedAt))),
			bytes.Repeat(sequence(oid(1, 2, 840, 113549, 1, 9, 4), set(octets(sum(digested, content)))), digests),
		}, nil)
	}
	written := attributes(s.o.Now)
	key := s.signer
	if f == WrongKey {
		key = s.other()
	}
	signature := s.o.Suite.sign(key, digested, set(written))

	switch f {
	case AlteredContent:
		content[len(content)-1] ^= 1
	case AlteredAttribute:
		written = attributes(s.o.Now.Add(day))
	}
	der, serial := s.document(f)
	if f == SignerAbsent {
		der = nil
	}
	signer := sequence(
		integer(1), sequence(s.rootName(), large(big.NewInt(int64(serial)))), digest(digested),
		node(0xA0, written), s.o.Suite.algorithm(digested), octets(signature),
	)
	if f == TwoSigners {
		signer = append(signer, signer...)
	}
	of := oid(2, 23, 136, 1, 1, 1)
	if f == ContentOther {
		of = oid(1, 2, 840, 113549, 1, 7, 1)
	}
	return node(lds.SOD.Tag(), sequence(
		oid(1, 2, 840, 113549, 1, 7, 2),
		node(0xA0, sequence(
			integer(3), set(digest(digested)),
			sequence(of, node(0xA0, octets(content))),
			node(0xA0, der), set(signer),
		)),
	))
}
