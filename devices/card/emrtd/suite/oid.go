package suite

// bsi is bsi-de (0.4.0.127.0.7) as it is in DER, without tag and length.
const bsi = "\x04\x00\x7F\x00\x07"

// PACE gives the object identifier of PACE-ECDH-GM with the cipher, in DER
// without tag and length (9303-11, 9.2.1).
func (c Cipher) PACE() []byte { return append([]byte(bsi+"\x02\x02\x04\x02"), byte(c)) }

// CA gives the object identifier of chip authentication over ECDH with the
// cipher (9303-11, 9.2.5).
func (c Cipher) CA() []byte { return append([]byte(bsi+"\x02\x02\x03\x02"), byte(c)) }
