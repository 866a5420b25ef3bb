package lds

import (
	"crypto"
	"encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"

	"motcua/devices/card/lds/spki"
)

// Security is what a chip says of its own locks: the SecurityInfos of
// EF.CardAccess or DG14 (ICAO Doc 9303-11, 9.2). Entries of kinds that are not
// read here are left out.
type Security struct {
	PACE       []PACE
	ChipAuth   []ChipAuth
	ChipKeys   []ChipKey
	ActiveAuth []ActiveAuth
}

// PACE is one way to open the chip (PACEInfo, 9.2.1).
type PACE struct {
	Protocol  asn1.ObjectIdentifier // mapping and cipher, below 0.4.0.127.0.7.2.2.4
	Version   int
	Parameter int // standardized domain parameters (table 6); -1 = not given
}

// ChipAuth is one way the chip can prove itself by key agreement
// (ChipAuthenticationInfo, 9.2.5).
type ChipAuth struct {
	Protocol asn1.ObjectIdentifier // cipher, below 0.4.0.127.0.7.2.2.3
	Version  int
	KeyID    int // -1 = not given, there is one key
}

// ChipKey is the chip's key for that (ChipAuthenticationPublicKeyInfo, 9.2.6).
type ChipKey struct {
	Protocol asn1.ObjectIdentifier // below 0.4.0.127.0.7.2.2.1
	Key      crypto.PublicKey      // *ecdsa.PublicKey; nil if of a kind not read here
	KeyID    int                   // -1 = not given
}

// ActiveAuth says which signature active authentication makes over ECDSA
// (ActiveAuthenticationInfo, 9.2.4).
type ActiveAuth struct {
	Version   int
	Signature asn1.ObjectIdentifier
}

// Protocols of SecurityInfos (BSI TR-03110 part 3, A.1; ICAO Doc 9303-11, 9.2).
var (
	protocolChipKey    = asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 2, 2, 1}
	protocolChipAuth   = asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 2, 2, 3}
	protocolPACE       = asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 2, 2, 4}
	protocolActiveAuth = asn1.ObjectIdentifier{2, 23, 136, 1, 1, 5}
)

// ReadCardAccess reads EF.CardAccess.
func ReadCardAccess(file []byte) (Security, error) { return readSecurity(CardAccess, file) }

// ReadDG14 reads DG14.
func ReadDG14(file []byte) (Security, error) {
	inner, err := Unwrap(file, DG14.Tag())
	if err != nil {
		return Security{}, DG14.fail("outer tag", err)
	}
	return readSecurity(DG14, inner)
}

// ReadDG15 reads the chip's public key for active authentication, an
// *rsa.PublicKey or *ecdsa.PublicKey. It fails with one of the errors of spki.
func ReadDG15(file []byte) (crypto.PublicKey, error) {
	inner, err := Unwrap(file, DG15.Tag())
	if err != nil {
		return nil, DG15.fail("outer tag", err)
	}
	key, err := spki.Parse(inner)
	if err != nil {
		return nil, DG15.fail("public key", err)
	}
	return key, nil
}

func readSecurity(file File, in cryptobyte.String) (Security, error) {
	var s Security
	var set cryptobyte.String
	if !in.ReadASN1(&set, der.SET) || !in.Empty() {
		return s, file.fail("set", ErrTag)
	}
	for !set.Empty() {
		var entry cryptobyte.String
		var id asn1.ObjectIdentifier
		if !set.ReadASN1(&entry, der.SEQUENCE) || !entry.ReadASN1ObjectIdentifier(&id) {
			return Security{}, file.fail("entry", ErrTag)
		}
		if !s.add(id, entry) {
			return Security{}, file.fail("entry "+id.String(), ErrValue)
		}
	}
	return s, nil
}

func (s *Security) add(id asn1.ObjectIdentifier, entry cryptobyte.String) bool {
	var version, number int
	switch {
	case under(id, protocolPACE) && entry.PeekASN1Tag(der.INTEGER):
		if !entry.ReadASN1Integer(&version) || !optionalInteger(&entry, &number) {
			return false
		}
		s.PACE = append(s.PACE, PACE{id, version, number})
	case under(id, protocolChipAuth) && entry.PeekASN1Tag(der.INTEGER):
		if !entry.ReadASN1Integer(&version) || !optionalInteger(&entry, &number) {
			return false
		}
		s.ChipAuth = append(s.ChipAuth, ChipAuth{id, version, number})
	case under(id, protocolChipKey):
		var key cryptobyte.String
		if !entry.ReadASN1Element(&key, der.SEQUENCE) || !optionalInteger(&entry, &number) {
			return false
		}
		// Keys of a kind not read here stay nil; what is not even a key fails later, by name, when one is wanted.
		public, err := spki.Parse(key)
		if err != nil {
			public = nil
		}
		s.ChipKeys = append(s.ChipKeys, ChipKey{id, public, number})
	case id.Equal(protocolActiveAuth):
		var signature asn1.ObjectIdentifier
		if !entry.ReadASN1Integer(&version) || !entry.ReadASN1ObjectIdentifier(&signature) || !entry.Empty() {
			return false
		}
		s.ActiveAuth = append(s.ActiveAuth, ActiveAuth{version, signature})
	}
	return true
}

// under says whether id is family or lies below it. PACE and chip authentication
// have domain parameter entries one arc up, told apart by what follows.
func under(id, family asn1.ObjectIdentifier) bool {
	return len(id) >= len(family) && id[:len(family)].Equal(family)
}

func optionalInteger(s *cryptobyte.String, n *int) bool {
	*n = -1
	return s.Empty() || s.ReadASN1Integer(n) && *n >= 0 && s.Empty()
}
