package cardsim

import (
	"bytes"
	"crypto/cipher"
	"slices"

	"motcua/devices/card/emrtd/suite"
	"motcua/devices/card/lds"
)

// line is the chip's end of secure messaging (9303-11, 9.8). It is written apart
// from the terminal's, so that one does not hide the other's faults.
type line struct {
	cipher suite.Cipher
	enc    cipher.Block
	mac    suite.MAC
	count  []byte
}

// agreed makes a line under new session keys, and remembers them for Keys.
func (c *Chip) agreed(s suite.Cipher, secret, count []byte) (*line, error) {
	c.keys = append(c.keys, bytes.Clone(secret), s.Derive(secret, suite.ForEncryption), s.Derive(secret, suite.ForMAC))
	return newLine(s, secret, count)
}

// Keys gives every session key that the chip agreed on since it was made, and the
// secrets they were derived from, for tests that look for them where they must
// not be.
func (c *Chip) Keys() [][]byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.keys)
}

func newLine(c suite.Cipher, secret, count []byte) (*line, error) {
	enc, err := c.Block(c.Derive(secret, suite.ForEncryption))
	if err != nil {
		return nil, err
	}
	mac, err := c.MAC(c.Derive(secret, suite.ForMAC))
	if count == nil {
		count = make([]byte, c.BlockSize())
	}
	return &line{c, enc, mac, bytes.Clone(count)}, err
}

func (l *line) step() {
	for i := len(l.count) - 1; i >= 0; i-- {
		if l.count[i]++; l.count[i] != 0 {
			return
		}
	}
}

func (l *line) vector() []byte {
	iv := make([]byte, l.cipher.BlockSize())
	if l.cipher != suite.TDES {
		l.enc.Encrypt(iv, l.count)
	}
	return iv
}

// code makes the code over the counter and the parts, each padded for itself.
func (l *line) code(parts ...[]byte) []byte {
	l.mac.Reset()
	_, _ = l.mac.Write(l.count)
	for _, p := range parts {
		if len(p) > 0 {
			_, _ = l.mac.Write(suite.Pad(bytes.Clone(p), len(p), l.cipher.BlockSize()))
		}
	}
	code := l.mac.Code()
	return code[:]
}

// open takes a command out of its protection; a status word other than 9000 says
// what is wrong with it (ISO/IEC 7816-4, 10.9).
func (l *line) open(c command) (command, uint16) {
	l.step()
	plain := command{cla: c.cla &^ 0x0C, ins: c.ins, p1: c.p1, p2: c.p2}
	var covered, secret, code []byte
	for f, err := range lds.Fields(c.data) {
		if err != nil {
			return plain, 0x6988
		}
		switch f.Tag {
		case 0x85:
			secret = f.Value
		case 0x87:
			if len(f.Value) < 1 || f.Value[0] != 1 {
				return plain, 0x6988
			}
			secret = f.Value[1:]
		case 0x97:
			plain.le = 0
			for _, b := range f.Value {
				plain.le = plain.le<<8 | int(b)
			}
			if plain.le == 0 {
				plain.le = 1 << (8 * len(f.Value))
			}
		case 0x8E:
			code = f.Value
			continue
		default:
			return plain, 0x6988
		}
		covered = lds.Append(covered, f.Tag, f.Value)
	}
	if code == nil {
		return plain, 0x6987
	}
	if !bytes.Equal(code, l.code([]byte{c.cla, c.ins, c.p1, c.p2}, covered)) {
		return plain, 0x6988
	}
	if secret != nil {
		if len(secret) == 0 || len(secret)%l.cipher.BlockSize() != 0 {
			return plain, 0x6988
		}
		plain.data = bytes.Clone(secret)
		suite.Decrypt(l.enc, l.vector(), plain.data)
		var err error
		if plain.data, err = suite.Unpad(plain.data, l.cipher.BlockSize()); err != nil {
			return plain, 0x6988
		}
	}
	return plain, 0x9000
}

// seal protects an answer.
func (l *line) seal(odd bool, data []byte, status uint16) []byte {
	l.step()
	var b []byte
	if len(data) > 0 {
		secret := suite.Pad(bytes.Clone(data), len(data), l.cipher.BlockSize())
		suite.Encrypt(l.enc, l.vector(), secret)
		if odd {
			b = lds.Append(b, 0x85, secret)
		} else {
			b = lds.Append(b, 0x87, append([]byte{1}, secret...))
		}
	}
	b = lds.Append(b, 0x99, []byte{byte(status >> 8), byte(status)})
	return lds.Append(b, 0x8E, l.code(b))
}
