package trust

import (
	"bytes"
	"crypto"
	"encoding/asn1"
	"math/big"
	"strings"
	"time"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"

	"motcua/devices/card/lds/spki"
)

// certificate is an X.509 certificate as far as ICAO Doc 9303-12, 7.1, makes use
// of it. crypto/x509 reads neither brainpool curves nor explicit parameters.
type certificate struct {
	signed              // the part that is signed, and how
	serial              *big.Int
	issuer, subject     name
	notBefore, notAfter time.Time
	key                 crypto.PublicKey
	usage               usage
	ca                  bool
	keyID               []byte // subject key identifier
	demand              string // a critical extension that is not understood, by its OID
}

func (c *certificate) validAt(now time.Time) bool {
	return !now.Before(c.notBefore) && !now.After(c.notAfter)
}

// signed is a signed structure of X.509: certificate or revocation list.
type signed struct {
	body      []byte
	algorithm []byte // AlgorithmIdentifier; read when it is needed, to refuse SHA-1 by name
	signature []byte
}

// by says whether key signed it; it fails as readScheme and verify do.
func (s *signed) by(key crypto.PublicKey) error {
	how, err := readScheme(s.algorithm, 0)
	if err != nil {
		return err
	}
	return how.verify(key, s.body, s.signature)
}

// usage is the key usage bits of RFC 5280, 4.2.1.3, bit 0 first; 0 = not given.
type usage uint16

const (
	digitalSignature usage = 1 << 0
	keyCertSign      usage = 1 << 5
	crlSign          usage = 1 << 6
)

var (
	oidKeyUsage         = asn1.ObjectIdentifier{2, 5, 29, 15}
	oidBasicConstraints = asn1.ObjectIdentifier{2, 5, 29, 19}
	oidSubjectKeyID     = asn1.ObjectIdentifier{2, 5, 29, 14}
	oidCountry          = asn1.ObjectIdentifier{2, 5, 4, 6}
)

func tagged(n uint8) der.Tag { return der.Tag(n).Constructed().ContextSpecific() }

// readSigned splits what RFC 5280 signs into its three parts.
func readSigned(in cryptobyte.String) (signed, bool) {
	var outer, body, algorithm cryptobyte.String
	var signature asn1.BitString
	ok := in.ReadASN1(&outer, der.SEQUENCE) && in.Empty() &&
		outer.ReadASN1Element(&body, der.SEQUENCE) &&
		outer.ReadASN1Element(&algorithm, der.SEQUENCE) &&
		outer.ReadASN1BitString(&signature) && outer.Empty() && signature.BitLength%8 == 0
	return signed{body, algorithm, signature.Bytes}, ok
}

// readCertificate reads one certificate. It fails with SODGarbled, or with
// SignatureUnknown if the key is of a kind that is not known here.
func readCertificate(in []byte) (*certificate, error) {
	c := &certificate{serial: new(big.Int)}
	var ok bool
	if c.signed, ok = readSigned(in); !ok {
		return nil, SODGarbled
	}
	body := cryptobyte.String(c.body)
	var algorithm, validity, public, extensions cryptobyte.String
	var version int
	var extended bool
	if !body.ReadASN1(&body, der.SEQUENCE) ||
		!body.ReadOptionalASN1Integer(&version, tagged(0), 0) || version != 2 ||
		!body.ReadASN1Integer(c.serial) ||
		!body.ReadASN1Element(&algorithm, der.SEQUENCE) || !bytes.Equal(algorithm, c.algorithm) ||
		!c.issuer.read(&body) ||
		!body.ReadASN1(&validity, der.SEQUENCE) ||
		!readTime(&validity, &c.notBefore) || !readTime(&validity, &c.notAfter) || !validity.Empty() ||
		!c.subject.read(&body) ||
		!body.ReadASN1Element(&public, der.SEQUENCE) ||
		!body.SkipOptionalASN1(der.Tag(1).ContextSpecific()) || !body.SkipOptionalASN1(der.Tag(2).ContextSpecific()) ||
		!body.ReadOptionalASN1(&extensions, &extended, tagged(3)) || !body.Empty() {
		return nil, SODGarbled
	}
	if extended && !readExtensions(extensions, c.extension) {
		return nil, SODGarbled
	}
	var err error
	if c.key, err = spki.Parse(public); err != nil {
		return nil, SignatureUnknown
	}
	return c, nil
}

// readExtensions hands each extension to take.
func readExtensions(in cryptobyte.String, take func(id asn1.ObjectIdentifier, critical bool, value cryptobyte.String) bool) bool {
	if !in.ReadASN1(&in, der.SEQUENCE) {
		return false
	}
	for !in.Empty() {
		var one, value cryptobyte.String
		var id asn1.ObjectIdentifier
		critical := false
		if !in.ReadASN1(&one, der.SEQUENCE) || !one.ReadASN1ObjectIdentifier(&id) ||
			one.PeekASN1Tag(der.BOOLEAN) && !one.ReadASN1Boolean(&critical) ||
			!one.ReadASN1(&value, der.OCTET_STRING) || !one.Empty() || !take(id, critical, value) {
			return false
		}
	}
	return true
}

func (c *certificate) extension(id asn1.ObjectIdentifier, critical bool, value cryptobyte.String) bool {
	switch {
	case id.Equal(oidKeyUsage):
		var bits asn1.BitString
		if !value.ReadASN1BitString(&bits) {
			return false
		}
		for i := range 9 {
			c.usage |= usage(bits.At(i)) << i
		}
	case id.Equal(oidBasicConstraints):
		var seq cryptobyte.String
		if !value.ReadASN1(&seq, der.SEQUENCE) || seq.PeekASN1Tag(der.BOOLEAN) && !seq.ReadASN1Boolean(&c.ca) {
			return false
		}
	case id.Equal(oidSubjectKeyID):
		if !value.ReadASN1Bytes(&c.keyID, der.OCTET_STRING) {
			return false
		}
	case critical:
		c.demand = id.String()
	}
	return true
}

// readTime reads UTCTime or GeneralizedTime.
func readTime(in *cryptobyte.String, t *time.Time) bool {
	if in.PeekASN1Tag(der.UTCTime) {
		return in.ReadASN1UTCTime(t)
	}
	return in.ReadASN1GeneralizedTime(t)
}

// name is a distinguished name: as encoded, and as compared, since states write
// the same name once as PrintableString and once as UTF8String.
type name struct {
	raw     []byte
	folded  string
	country string // upper case
	text    string // for people
}

func (n *name) read(in *cryptobyte.String) bool {
	var element, set, seq cryptobyte.String
	if !in.ReadASN1Element(&element, der.SEQUENCE) {
		return false
	}
	n.raw = element
	var folded strings.Builder
	names := element
	if !names.ReadASN1(&names, der.SEQUENCE) {
		return false
	}
	for !names.Empty() {
		if !names.ReadASN1(&set, der.SET) {
			return false
		}
		for !set.Empty() {
			var id asn1.ObjectIdentifier
			var value cryptobyte.String
			var tag der.Tag
			if !set.ReadASN1(&seq, der.SEQUENCE) || !seq.ReadASN1ObjectIdentifier(&id) ||
				!seq.ReadAnyASN1(&value, &tag) || !seq.Empty() {
				return false
			}
			n.show(id, value)
			text := strings.ToUpper(strings.Join(strings.Fields(string(value)), " "))
			if id.Equal(oidCountry) {
				n.country = text
			}
			folded.WriteString(id.String() + "\x00" + text + "\x00")
		}
		folded.WriteByte(1)
	}
	n.folded = folded.String()
	return true
}

// show appends one attribute for people to read.
func (n *name) show(id asn1.ObjectIdentifier, value []byte) {
	short := map[string]string{"2.5.4.6": "C", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.3": "CN", "2.5.4.5": "SERIALNUMBER"}[id.String()]
	if short == "" {
		short = id.String()
	}
	if n.text != "" {
		n.text += ", "
	}
	n.text += short + "=" + strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, string(value))
	n.text = n.text[:min(len(n.text), 200)]
}

func (n *name) same(other *name) bool { return n.folded == other.folded }
