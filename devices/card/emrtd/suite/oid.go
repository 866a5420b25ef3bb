package suite

// The object identifiers below bsi-de (0.4.0.127.0.7) as they are in DER, without
// tag and length.
const bsi = "\x04\x00\x7F\x00\x07"

const (
	paceECDHGM = bsi + "\x02\x02\x04\x02" // id-PACE-ECDH-GM
	caECDH     = bsi + "\x02\x02\x03\x02" // id-CA-ECDH
	// CAKey is id-PK-ECDH: the public key of chip authentication (9303-11, 9.2.6).
	CAKey = bsi + "\x02\x02\x01\x02"
	// StandardisedCurve names domain parameters by number (9303-11, 9.5.1).
	StandardisedCurve = bsi + "\x01\x02"
)

// PACE gives the object identifier of PACE-ECDH-GM with the cipher (9303-11,
// 9.2.1).
func (c Cipher) PACE() []byte { return append([]byte(paceECDHGM), byte(c)) }

// CA gives the object identifier of chip authentication over ECDH with the
// cipher (9303-11, 9.2.5).
func (c Cipher) CA() []byte { return append([]byte(caECDH), byte(c)) }

// PACECipher gives the cipher of an identifier of PACE-ECDH-GM; false for any
// other identifier.
func PACECipher(oid []byte) (Cipher, bool) { return after(paceECDHGM, oid) }

// CACipher gives the cipher of an identifier of chip authentication over ECDH;
// false for any other identifier.
func CACipher(oid []byte) (Cipher, bool) { return after(caECDH, oid) }

func after(arc string, oid []byte) (Cipher, bool) {
	if len(oid) != len(arc)+1 || string(oid[:len(arc)]) != arc {
		return 0, false
	}
	c := Cipher(oid[len(arc)])
	return c, c.Valid()
}
