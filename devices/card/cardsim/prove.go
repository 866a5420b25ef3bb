package cardsim

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	_ "crypto/sha512" // of signatures
)

// agree is the chip's half of chip authentication: new keys from the terminal's
// point and our own key.
func (c *Chip) agree(point []byte) uint16 {
	way := c.locks.plan.Chip
	theirs, err := way.Curve.Decode(point)
	if err != nil {
		return 0x6A80
	}
	secret, err := way.Curve.Shared(c.locks.scalar, theirs)
	if err != nil {
		return 0x6A80
	}
	if c.next, err = c.agreed(way.Cipher, secret, nil); err != nil {
		return 0x6F00
	}
	return 0x9000
}

// sign is INTERNAL AUTHENTICATE: active authentication.
func (c *Chip) sign(cmd command) ([]byte, uint16) {
	if !c.open || len(cmd.data) != 8 {
		return nil, 0x6982
	}
	if c.mute {
		return nil, 0x6985
	}
	switch {
	case c.locks.rsa != nil:
		s, err := c.locks.recoverable(cmd.data)
		if err != nil {
			return nil, 0x6F00
		}
		return s, 0x9000
	case c.locks.ecdsa != nil:
		key := c.locks.ecdsa
		h := c.locks.hash.New()
		h.Write(cmd.data)
		r, s, err := ecdsa.Sign(rand.Reader, key, h.Sum(nil))
		if err != nil {
			return nil, 0x6F00
		}
		n := (key.Params().N.BitLen() + 7) / 8
		b := make([]byte, 2*n)
		r.FillBytes(b[:n])
		s.FillBytes(b[n:])
		return b, 0x9000
	}
	return nil, 0x6D00
}

func digest(parts ...[]byte) []byte {
	h := sha256.New()
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}
