package cardsim

import (
	"bytes"
	"crypto/rand"
	"crypto/sha1"
	"time"

	"motcua/devices/card/emrtd/suite"
	"motcua/devices/card/lds"
)

// draw is GET CHALLENGE.
func (c *Chip) draw(cmd command) ([]byte, uint16) {
	if !c.app || !c.locks.plan.BAC || cmd.le != 8 {
		return nil, 0x6985
	}
	c.challenge = random(8)
	return c.challenge, 0x9000
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

// wait takes the longer, the more wrong passwords there were in a row.
func (c *Chip) wait() { c.delay = time.Duration(c.wrong) * c.quirks.WrongPassword }

// mutual is the chip's half of BAC (9303-11, 4.3.3).
func (c *Chip) mutual(cmd command) ([]byte, uint16) {
	challenge := c.challenge
	c.challenge = nil
	if challenge == nil || len(cmd.data) != 40 {
		return nil, 0x6985
	}
	c.wait()
	seed := sha1.Sum([]byte(c.holder.MRZ.Reveal()))
	document, err := newLine(suite.TDES, seed[:16], nil)
	if err != nil {
		return nil, 0x6F00
	}
	code := func(b []byte) []byte {
		document.mac.Reset()
		_, _ = document.mac.Write(suite.Pad(bytes.Clone(b), len(b), 8))
		sum := document.mac.Code()
		return sum[:]
	}
	text := bytes.Clone(cmd.data[:32])
	if !bytes.Equal(code(text), cmd.data[32:]) {
		c.wrong++
		return nil, 0x6300
	}
	suite.Decrypt(document.enc, make([]byte, 8), text)
	if !bytes.Equal(text[8:16], challenge) {
		c.wrong++
		return nil, 0x6300
	}
	theirs, key := text[:8], random(16)
	both := make([]byte, 16)
	for i := range both {
		both[i] = key[i] ^ text[16+i]
	}
	if c.next, err = c.agreed(suite.TDES, both, append(bytes.Clone(challenge[4:]), theirs[4:]...)); err != nil {
		return nil, 0x6F00
	}
	c.wrong, c.open = 0, true
	answer := append(append(bytes.Clone(challenge), theirs...), key...)
	suite.Encrypt(document.enc, make([]byte, 8), answer)
	return append(answer, code(answer)...), 0x9000
}

// pacing is PACE on the way.
type pacing struct {
	way       Way
	password  []byte
	nonce     []byte
	generator suite.Point // of the second agreement, once it is known
	mine      suite.Point
	theirs    suite.Point
	secret    []byte
}

// set is MSE:Set AT and Set KAT.
func (c *Chip) set(cmd command) uint16 {
	field := map[lds.Tag][]byte{}
	for f, err := range lds.Fields(cmd.data) {
		if err != nil {
			return 0x6A80
		}
		field[f.Tag] = f.Value
	}
	switch [2]byte{cmd.p1, cmd.p2} {
	case [2]byte{0xC1, 0xA4}:
		return c.beginPACE(field)
	case [2]byte{0x41, 0xA4}:
		if c.mute {
			return 0x6985
		}
		w := c.locks.plan.Chip
		c.caSet = c.line != nil && w.Cipher != suite.TDES && w.Curve.Curve != nil && bytes.Equal(field[0x80], w.Cipher.CA())
		if !c.caSet {
			return 0x6A80
		}
		return 0x9000
	case [2]byte{0x41, 0xA6}:
		if c.mute {
			return 0x6985
		}
		if w := c.locks.plan.Chip; c.line == nil || w.Cipher != suite.TDES {
			return 0x6A80
		}
		return c.agree(field[0x91])
	}
	return 0x6A86
}

func (c *Chip) beginPACE(field map[lds.Tag][]byte) uint16 {
	c.pace = nil
	for _, w := range c.locks.plan.PACE {
		if !bytes.Equal(field[0x80], w.Cipher.PACE()) {
			continue
		}
		if id, ok := field[0x84]; ok && !bytes.Equal(id, []byte{w.Curve.ID}) {
			continue
		}
		p := &pacing{way: w}
		switch hash := sha1.Sum([]byte(c.holder.MRZ.Reveal())); {
		case bytes.Equal(field[0x83], []byte{1}):
			p.password = hash[:]
		case bytes.Equal(field[0x83], []byte{2}) && c.holder.CAN != "":
			p.password = []byte(c.holder.CAN.Reveal())
		default:
			return 0x6A88
		}
		c.pace = p
		return 0x9000
	}
	return 0x6A80
}

// general is GENERAL AUTHENTICATE, of PACE in its four steps and of chip
// authentication.
func (c *Chip) general(cmd command) ([]byte, uint16) {
	inner, err := lds.Unwrap(cmd.data, 0x7C)
	if err != nil {
		return nil, 0x6A80
	}
	var f lds.Field
	if len(inner) > 0 {
		if f, _, err = lds.Next(inner); err != nil {
			return nil, 0x6A80
		}
	}
	if c.caSet {
		c.caSet = false
		return lds.Append(nil, 0x7C, nil), c.agree(f.Value)
	}
	if c.pace == nil {
		return nil, 0x6985
	}
	b, status := c.pace.step(f)
	if f.Tag == 0x81 {
		c.wait()
	}
	if f.Tag == 0x85 {
		if status == 0x9000 {
			c.next, err = c.agreed(c.pace.way.Cipher, c.pace.secret, nil)
			c.wrong, c.open = 0, true
		} else {
			c.wrong++
		}
	}
	if status != 0x9000 || err != nil {
		c.pace = nil
		return nil, status
	}
	return lds.Append(nil, 0x7C, b), status
}

func (p *pacing) step(f lds.Field) ([]byte, uint16) {
	curve, cipher := p.way.Curve, p.way.Cipher
	if f.Tag == 0 { // the nonce under the password's key
		p.nonce = random(16)
		block, err := cipher.Block(cipher.Derive(p.password, suite.ForPassword))
		if err != nil {
			return nil, 0x6F00
		}
		secret := bytes.Clone(p.nonce)
		suite.Encrypt(block, make([]byte, block.BlockSize()), secret)
		return lds.Append(nil, 0x80, secret), 0x9000
	}
	if f.Tag == 0x85 {
		if p.secret == nil || !bytes.Equal(f.Value, p.token(p.mine)) {
			return nil, 0x6300
		}
		return lds.Append(nil, 0x86, p.token(p.theirs)), 0x9000
	}
	theirs, err := curve.Decode(f.Value)
	if err != nil || p.nonce == nil {
		return nil, 0x6A80
	}
	base := curve.Base()
	if f.Tag == 0x83 {
		if base = p.generator; base.X == nil {
			return nil, 0x6985
		}
	}
	scalar, err := curve.Scalar(rand.Reader)
	if err != nil {
		return nil, 0x6F00
	}
	mine, err := curve.Mul(scalar, base)
	if err != nil {
		return nil, 0x6F00
	}
	switch f.Tag {
	case 0x81:
		shared, err := curve.Mul(scalar, theirs)
		if err != nil {
			return nil, 0x6A80
		}
		if p.generator, err = curve.Map(p.nonce, shared); err != nil {
			return nil, 0x6A80
		}
	case 0x83:
		if p.secret, err = curve.Shared(scalar, theirs); err != nil {
			return nil, 0x6A80
		}
		p.mine, p.theirs = mine, theirs
	default:
		return nil, 0x6A80
	}
	return lds.Append(nil, f.Tag+1, curve.Encode(mine)), 0x9000
}

// token is the code over a public key that shows the same secret.
func (p *pacing) token(public suite.Point) []byte {
	mac, err := p.way.Cipher.MAC(p.way.Cipher.Derive(p.secret, suite.ForMAC))
	if err != nil {
		return nil
	}
	body := lds.Append(nil, 0x06, p.way.Cipher.PACE())
	b := lds.Append(nil, 0x7F49, lds.Append(body, 0x86, p.way.Curve.Encode(public)))
	if p.way.Cipher == suite.TDES {
		b = suite.Pad(b, len(b), 8)
	}
	_, _ = mac.Write(b)
	code := mac.Code()
	return code[:]
}
