package trust

import (
	"bytes"
	"crypto"
	"crypto/subtle"
	"encoding/asn1"
	"errors"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"

	"motcua/devices/card/lds"
)

var (
	oidSignedData    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	oidSecurityObj   = asn1.ObjectIdentifier{2, 23, 136, 1, 1, 1}
	oidContentType   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	oidMessageDigest = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
)

// SOD is the document security object of a card: the hashes of its data groups
// and who signed them (ICAO Doc 9303-10, 4.6.2; SignedData of RFC 5652). Having
// read one says nothing of whether it holds; Check does.
type SOD struct {
	content      []byte // the LDSSecurityObject, as signed
	hash         crypto.Hash
	hashes       map[lds.File][]byte
	certificates [][]byte
	signer
}

// signer is the SignerInfo.
type signer struct {
	issuer     []byte // with serial, or keyID
	serial     *big.Int
	keyID      []byte
	digest     crypto.Hash
	attributes []byte // as the SET that is signed
	summed     []byte // the messageDigest attribute
	scheme     scheme
	signature  []byte
}

// ReadSOD reads EF.SOD. It fails with a Doubt's reason, wrapped with the step:
// SODGarbled, DigestSHA1, DigestUnknown or SignatureUnknown.
func ReadSOD(file []byte) (*SOD, error) {
	s := new(SOD)
	in, err := lds.Unwrap(file, lds.SOD.Tag())
	if err != nil {
		return nil, at("outer tag", SODGarbled)
	}
	in, ok := definite(in)
	if !ok {
		return nil, at("encoding", SODGarbled)
	}
	signers, err := s.readSignedData(in)
	if err != nil {
		return nil, err
	}
	if err := s.readContent(); err != nil {
		return nil, err
	}
	if err := s.signer.read(signers); err != nil {
		return nil, err
	}
	return s, nil
}

// Groups gives the data groups that the SOD has hashes for, in rising order. A
// reader need not fetch any other: nothing could be proven of it.
func (s *SOD) Groups() []lds.File {
	var groups []lds.File
	for g := lds.File(1); g.Group(); g++ {
		if _, ok := s.hashes[g]; ok {
			groups = append(groups, g)
		}
	}
	return groups
}

// Holds says whether file, a whole data group, is the one that the SOD has a hash
// for. Nothing is said of who signed the SOD.
func (s *SOD) Holds(group lds.File, file []byte) bool {
	want, ok := s.hashes[group]
	if !ok {
		return false
	}
	h := s.hash.New()
	h.Write(file)
	return subtle.ConstantTimeCompare(h.Sum(nil), want) == 1
}

// Issuer names who issued the certificate of the signer, "C=VN, CN=…", for a
// technician who must find the anchor for it; "" if the SOD does not say. It is
// the card's word: other than printable ASCII is shown as "?", and no more than
// 200 characters are.
func (s *SOD) Issuer() string {
	c, err := s.certificate()
	if err != nil {
		return ""
	}
	return c.issuer.text
}

// step wraps a reason with the part of the SOD that it arose in.
type step struct {
	name   string
	reason error
}

func (s *step) Error() string { return "EF.SOD: " + s.name + ": " + s.reason.Error() }
func (s *step) Unwrap() error { return s.reason }

func at(name string, reason error) error { return &step{name, reason} }

// doubt turns an error of this package into a Doubt about the SOD.
func doubt(err error) Doubt {
	d := Doubt{Reason: SODGarbled, File: lds.SOD}
	errors.As(err, &d.Reason)
	var where *step
	if errors.As(err, &where) {
		d.Step = where.name
	}
	return d
}

func (s *SOD) readSignedData(in cryptobyte.String) (signers cryptobyte.String, err error) {
	var outer, data, digests, wrapped, content, certificates cryptobyte.String
	var id asn1.ObjectIdentifier
	var version int
	var hasCertificates bool
	if !in.ReadASN1(&outer, der.SEQUENCE) || !in.Empty() || !outer.ReadASN1ObjectIdentifier(&id) ||
		!id.Equal(oidSignedData) || !outer.ReadASN1(&data, tagged(0)) || !outer.Empty() {
		return nil, at("content info", SODGarbled)
	}
	if !data.ReadASN1(&data, der.SEQUENCE) || !data.ReadASN1Integer(&version) ||
		!data.ReadASN1(&digests, der.SET) || !data.ReadASN1(&wrapped, der.SEQUENCE) {
		return nil, at("signed data", SODGarbled)
	}
	if !wrapped.ReadASN1ObjectIdentifier(&id) || !id.Equal(oidSecurityObj) ||
		!wrapped.ReadASN1(&content, tagged(0)) || !wrapped.Empty() ||
		!content.ReadASN1Bytes(&s.content, der.OCTET_STRING) || !content.Empty() {
		return nil, at("content", SODGarbled)
	}
	if !data.ReadOptionalASN1(&certificates, &hasCertificates, tagged(0)) {
		return nil, at("certificates", SODGarbled)
	}
	for !certificates.Empty() {
		var one cryptobyte.String
		var tag der.Tag
		if !certificates.ReadAnyASN1Element(&one, &tag) {
			return nil, at("certificates", SODGarbled)
		}
		if tag == der.SEQUENCE {
			s.certificates = append(s.certificates, one)
		}
	}
	if !data.SkipOptionalASN1(tagged(1)) || !data.ReadASN1(&signers, der.SET) || !data.Empty() {
		return nil, at("signers", SODGarbled)
	}
	return signers, nil
}

// readContent reads the LDSSecurityObject (ICAO Doc 9303-10, 4.6.2.3).
func (s *SOD) readContent() error {
	in := cryptobyte.String(s.content)
	var seq, hashes cryptobyte.String
	var version int
	if !in.ReadASN1(&seq, der.SEQUENCE) || !in.Empty() || !seq.ReadASN1Integer(&version) || version < 0 || version > 1 {
		return at("security object", SODGarbled)
	}
	var err error
	if s.hash, err = readDigest(&seq); err != nil {
		return at("security object", err)
	}
	if !seq.ReadASN1(&hashes, der.SEQUENCE) {
		return at("hashes", SODGarbled)
	}
	s.hashes = make(map[lds.File][]byte)
	for !hashes.Empty() {
		var one cryptobyte.String
		var number int
		var sum []byte
		if !hashes.ReadASN1(&one, der.SEQUENCE) || !one.ReadASN1Integer(&number) || number < 1 || number > 16 ||
			!one.ReadASN1Bytes(&sum, der.OCTET_STRING) || !one.Empty() || len(sum) != s.hash.Size() {
			return at("hashes", SODGarbled)
		}
		group := lds.File(number)
		if _, twice := s.hashes[group]; twice {
			return at("hashes", SODGarbled)
		}
		s.hashes[group] = sum
	}
	return nil
}

// read reads the one SignerInfo (RFC 5652, 5.3).
func (s *signer) read(signers cryptobyte.String) error {
	var in, name, attributes cryptobyte.String
	var version int
	if !signers.ReadASN1(&in, der.SEQUENCE) || !signers.Empty() || !in.ReadASN1Integer(&version) {
		return at("signer", SODGarbled)
	}
	if in.PeekASN1Tag(der.Tag(0).ContextSpecific()) {
		if !in.ReadASN1Bytes(&s.keyID, der.Tag(0).ContextSpecific()) || len(s.keyID) == 0 {
			return at("signer", SODGarbled)
		}
	} else {
		s.serial = new(big.Int)
		var id cryptobyte.String
		if !in.ReadASN1(&id, der.SEQUENCE) || !id.ReadASN1Element(&name, der.SEQUENCE) ||
			!id.ReadASN1Integer(s.serial) || !id.Empty() {
			return at("signer", SODGarbled)
		}
		s.issuer = name
	}
	var err error
	if s.digest, err = readDigest(&in); err != nil {
		return at("digest of the signer", err)
	}
	if !in.ReadASN1Element(&attributes, tagged(0)) {
		return at("signed attributes", SODGarbled)
	}
	if !s.readAttributes(attributes) {
		return at("signed attributes", SODGarbled)
	}
	var algorithm cryptobyte.String
	if !in.ReadASN1Element(&algorithm, der.SEQUENCE) ||
		!in.ReadASN1Bytes(&s.signature, der.OCTET_STRING) || !in.SkipOptionalASN1(tagged(1)) || !in.Empty() {
		return at("signature", SODGarbled)
	}
	if s.scheme, err = readScheme(algorithm, s.digest); err != nil {
		return at("signature", err)
	}
	return nil
}

// readAttributes takes the two attributes that must be there, each once and with
// one value, and keeps all as the SET OF that was signed (RFC 5652, 5.4).
func (s *signer) readAttributes(in cryptobyte.String) bool {
	s.attributes = bytes.Clone(in)
	s.attributes[0] = byte(der.SET)
	typed := false
	if !in.ReadASN1(&in, tagged(0)) {
		return false
	}
	for !in.Empty() {
		var one, set cryptobyte.String
		var id, of asn1.ObjectIdentifier
		if !in.ReadASN1(&one, der.SEQUENCE) || !one.ReadASN1ObjectIdentifier(&id) || !one.ReadASN1(&set, der.SET) || !one.Empty() {
			return false
		}
		switch {
		case id.Equal(oidContentType):
			if typed || !set.ReadASN1ObjectIdentifier(&of) || !set.Empty() || !of.Equal(oidSecurityObj) {
				return false
			}
			typed = true
		case id.Equal(oidMessageDigest):
			if s.summed != nil || !set.ReadASN1Bytes(&s.summed, der.OCTET_STRING) || !set.Empty() {
				return false
			}
		}
	}
	return typed && s.summed != nil
}
