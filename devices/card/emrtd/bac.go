package emrtd

import (
	"bytes"
	"context"
	"crypto/subtle"
	"fmt"
	"io"

	"motcua/devices/card/emrtd/suite"
)

// bac opens the chip by Basic Access Control (9303-11, 4.3). The application
// must be selected.
func (c *Chip) bac(ctx context.Context, p *Password) error {
	challenge, status, err := c.send(ctx, command{op: "get challenge", ins: 0x84, le: 8})
	if err == nil {
		err = check("get challenge", status)
	}
	if err != nil {
		return err
	}
	if len(challenge) != 8 {
		return fmt.Errorf("%w: challenge of %d bytes", ErrMalformed, len(challenge))
	}
	b, err := newBAC(p, challenge, c.random)
	if err != nil {
		return err
	}
	defer b.wipe()
	answer, status, err := c.send(ctx, command{op: "mutual authenticate", ins: 0x82, data: b.command, le: 40})
	if err == nil {
		err = check("mutual authenticate", status)
	}
	if err != nil {
		return err
	}
	c.sm, err = b.finish(answer)
	return err
}

// handshake is BAC on the way: the keys of the document and what was sent.
type handshake struct {
	enc, code []byte
	plain     [32]byte // RND.IFD || RND.IC || K.IFD
	command   []byte
}

func newBAC(p *Password, challenge []byte, random io.Reader) (*handshake, error) {
	b := &handshake{
		enc:  suite.TDES.Derive(p.seed, suite.ForEncryption),
		code: suite.TDES.Derive(p.seed, suite.ForMAC),
	}
	if _, err := io.ReadFull(random, b.plain[:8]); err != nil {
		return nil, fmt.Errorf("draw a challenge: %w", err)
	}
	copy(b.plain[8:], challenge)
	if _, err := io.ReadFull(random, b.plain[16:]); err != nil {
		return nil, fmt.Errorf("draw a key: %w", err)
	}
	block, err := suite.TDES.Block(b.enc)
	if err != nil {
		return nil, err
	}
	b.command = append(b.command, b.plain[:]...)
	suite.Encrypt(block, make([]byte, 8), b.command)
	code, err := b.seal(b.command)
	b.command = append(b.command, code[:]...)
	return b, err
}

func (b *handshake) seal(text []byte) ([8]byte, error) {
	mac, err := suite.TDES.MAC(b.code)
	if err != nil {
		return [8]byte{}, err
	}
	_, _ = mac.Write(suite.Pad(bytes.Clone(text), len(text), 8))
	return mac.Code(), nil
}

// finish checks the chip's half and gives the line under session keys.
func (b *handshake) finish(answer []byte) (*channel, error) {
	if len(answer) != 40 {
		return nil, fmt.Errorf("%w: mutual authenticate answers %d bytes", ErrMalformed, len(answer))
	}
	text := answer[:32]
	want, err := b.seal(text)
	if err != nil {
		return nil, err
	}
	if subtle.ConstantTimeCompare(want[:], answer[32:]) != 1 {
		return nil, fmt.Errorf("mutual authenticate: %w", ErrWrongCode)
	}
	block, err := suite.TDES.Block(b.enc)
	if err != nil {
		return nil, err
	}
	suite.Decrypt(block, make([]byte, 8), text)
	defer clear(text)
	if !bytes.Equal(text[:8], b.plain[8:16]) || !bytes.Equal(text[8:16], b.plain[:8]) {
		return nil, fmt.Errorf("mutual authenticate: %w", ErrReplay)
	}
	seed := make([]byte, 16)
	defer clear(seed)
	subtle.XORBytes(seed, b.plain[16:], text[16:])
	count := append(bytes.Clone(text[4:8]), text[12:16]...)
	return newChannel(suite.TDES, seed, count)
}

func (b *handshake) wipe() {
	clear(b.enc)
	clear(b.code)
	clear(b.plain[:])
}
