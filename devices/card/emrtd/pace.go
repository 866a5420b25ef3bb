package emrtd

import (
	"context"
	"crypto/subtle"
	"fmt"

	"motcua/devices/card/emrtd/suite"
	"motcua/devices/card/lds"
)

// paceChoice is one way of PACE that the chip offers.
type paceChoice struct {
	cipher suite.Cipher
	curve  suite.Curve
}

// String names cipher and curve, which say nothing of the holder.
func (p paceChoice) String() string { return fmt.Sprintf("%v on %v", p.cipher, p.curve) }

// setPACE is the command that tells the chip the way and the kind of password.
const setPACE = "set PACE"

// pace opens the chip by Password Authenticated Connection Establishment with
// generic mapping over elliptic curves (9303-11, 4.4).
func (c *Chip) pace(ctx context.Context, how paceChoice, p *Password) error {
	set := lds.Append(nil, 0x80, how.cipher.PACE())
	set = append(set, 0x83, 1, p.reference, 0x84, 1, how.curve.ID)
	if _, status, err := c.send(ctx, command{op: setPACE, ins: 0x22, p1: 0xC1, p2: 0xA4, data: set}); err != nil {
		return err
	} else if err := check(setPACE, status); err != nil {
		return err
	}
	nonce, err := c.authenticate(ctx, "get nonce", 0x10, 0, nil, 0x80)
	if err != nil {
		return err
	}
	defer clear(nonce)
	if err := openNonce(how.cipher, p, nonce); err != nil {
		return err
	}
	// Map the nonce to a generator that only who knows the password can know.
	first, err := c.newKey(how.curve, how.curve.Base())
	if err != nil {
		return err
	}
	defer first.wipe()
	theirs, err := c.agree(ctx, "map nonce", 0x10, 0x81, how.curve, first)
	if err != nil {
		return err
	}
	generator, err := mapped(how.curve, nonce, first, theirs)
	if err != nil {
		return err
	}
	// Agree on a key under that generator.
	second, err := c.newKey(how.curve, generator)
	if err != nil {
		return err
	}
	defer second.wipe()
	if theirs, err = c.agree(ctx, "agree key", 0x10, 0x83, how.curve, second); err != nil {
		return err
	}
	secret, err := how.curve.Shared(second.scalar, theirs)
	if err != nil {
		return fmt.Errorf("%w: agree key: %w", ErrMalformed, err)
	}
	defer clear(secret)
	// Show that both have the same.
	mine, err := token(how, secret, theirs)
	if err != nil {
		return err
	}
	want, err := token(how, secret, second.public)
	if err != nil {
		return err
	}
	got, err := c.authenticate(ctx, "show token", 0x00, 0x85, mine[:], 0x86)
	if err != nil {
		return err
	}
	if subtle.ConstantTimeCompare(got, want[:]) != 1 {
		return fmt.Errorf("show token: %w", ErrProof)
	}
	c.sm, err = newChannel(how.cipher, secret, nil)
	return err
}

// openNonce decrypts the nonce with the password's key (9303-11, 4.4.3.3).
func openNonce(cipher suite.Cipher, p *Password, nonce []byte) error {
	if len(nonce) != 16 {
		return fmt.Errorf("%w: nonce of %d bytes", ErrMalformed, len(nonce))
	}
	key := cipher.Derive(p.secret, suite.ForPassword)
	defer clear(key)
	block, err := cipher.Block(key)
	if err != nil {
		return err
	}
	suite.Decrypt(block, make([]byte, block.BlockSize()), nonce)
	return nil
}

// mapped gives the new generator.
func mapped(curve suite.Curve, nonce []byte, mine keyPair, theirs suite.Point) (suite.Point, error) {
	shared, err := curve.Mul(mine.scalar, theirs)
	if err != nil {
		return suite.Point{}, fmt.Errorf("%w: map nonce: %w", ErrMalformed, err)
	}
	defer shared.Wipe()
	g, err := curve.Map(nonce, shared)
	if err != nil {
		return suite.Point{}, fmt.Errorf("%w: map nonce: %w", ErrMalformed, err)
	}
	return g, nil
}

// keyPair is an ephemeral key under some generator.
type keyPair struct {
	scalar []byte
	public suite.Point
}

func (k keyPair) wipe() { clear(k.scalar) }

func (c *Chip) newKey(curve suite.Curve, generator suite.Point) (keyPair, error) {
	scalar, err := curve.Scalar(c.random)
	if err != nil {
		return keyPair{}, err
	}
	public, err := curve.Mul(scalar, generator)
	return keyPair{scalar, public}, err
}

// agree sends our public key and gives theirs, which must not be ours.
func (c *Chip) agree(ctx context.Context, op string, class byte, tag lds.Tag, curve suite.Curve, mine keyPair) (suite.Point, error) {
	b, err := c.authenticate(ctx, op, class, tag, curve.Encode(mine.public), tag+1)
	if err != nil {
		return suite.Point{}, err
	}
	theirs, err := curve.Decode(b)
	if err != nil {
		return suite.Point{}, fmt.Errorf("%w: %s: %w", ErrMalformed, op, err)
	}
	if theirs.Equal(mine.public) {
		return suite.Point{}, fmt.Errorf("%w: %s: our own key came back", ErrMalformed, op)
	}
	return theirs, nil
}

// authenticate sends one GENERAL AUTHENTICATE with one object of dynamic
// authentication data, none if tag is 0, and gives the one wanted in a copy.
func (c *Chip) authenticate(ctx context.Context, op string, class byte, tag lds.Tag, value []byte, want lds.Tag) ([]byte, error) {
	var inner []byte
	if tag != 0 {
		inner = lds.Append(nil, tag, value)
	}
	data, status, err := c.send(ctx, command{op: op, cla: class, ins: 0x86, data: lds.Append(nil, 0x7C, inner), le: 256})
	if err == nil {
		err = check(op, status)
	}
	if err != nil {
		return nil, err
	}
	dynamic, err := lds.Unwrap(data, 0x7C)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrMalformed, op, err)
	}
	got, err := lds.Unwrap(dynamic, want)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrMalformed, op, err)
	}
	return append([]byte(nil), got...), nil
}

// token is the authentication token over the other's public key (9303-11,
// 4.4.3.4).
func token(how paceChoice, secret []byte, public suite.Point) ([8]byte, error) {
	key := how.cipher.Derive(secret, suite.ForMAC)
	defer clear(key)
	mac, err := how.cipher.MAC(key)
	if err != nil {
		return [8]byte{}, err
	}
	body := lds.Append(nil, 0x06, how.cipher.PACE())
	body = lds.Append(body, 0x86, how.curve.Encode(public))
	_, _ = mac.Write(tokenPad(how.cipher, lds.Append(nil, 0x7F49, body)))
	return mac.Code(), nil
}

// tokenPad pads for the retail MAC, which CMAC does for itself.
func tokenPad(c suite.Cipher, b []byte) []byte {
	if c == suite.TDES {
		return suite.Pad(b, len(b), c.BlockSize())
	}
	return b
}
