package emrtd

import (
	"context"
	"crypto/ecdsa"
	"fmt"

	"motcua/devices/card/emrtd/suite"
	"motcua/devices/card/lds"
)

// AuthenticateChip is chip authentication over ECDH (9303-11, 6.2): the chip
// shows that it holds the private key to the public one in DG14, and the line is
// encrypted anew with keys that nobody who copied the files can have. The
// signature over dg14 must be checked by the caller, before or after.
//
// It fails with ErrUnsupported when DG14 names no key or method that is known
// here, which leaves the line as it was, and with ErrClone when the chip does not
// hold the key; the line is dead then.
func (c *Chip) AuthenticateChip(ctx context.Context, dg14 lds.Security) error {
	c.progress(Progress{Step: "authenticate chip"})
	if c.dead != nil {
		return c.dead
	}
	if c.sm == nil {
		return fmt.Errorf("authenticate chip: %w: the line is not encrypted", ErrUnsupported)
	}
	how, err := chipKeyOf(dg14)
	if err != nil {
		return err
	}
	mine, err := c.newKey(how.curve, how.curve.Base())
	if err != nil {
		return err
	}
	defer mine.wipe()
	if err := c.offerKey(ctx, how, mine); err != nil {
		return err
	}
	secret, err := how.curve.Shared(mine.scalar, how.public)
	if err != nil {
		return fmt.Errorf("DG14: %w: %w", ErrMalformed, err)
	}
	defer clear(secret)
	fresh, err := newChannel(how.cipher, secret, nil)
	if err != nil {
		return err
	}
	c.sm.wipe()
	c.sm = fresh
	// The first answer under the new keys is the proof, whatever it says.
	err = c.selectFile(ctx, lds.COM)
	switch {
	case err == nil || isRefusal(err):
		return nil
	case isTampered(err):
		c.dead = fmt.Errorf("%w: %w", ErrClone, err)
		return c.dead
	}
	return err
}

// offerKey sends our public key the way that the cipher asks for (9303-11, 6.2.4).
func (c *Chip) offerKey(ctx context.Context, how chipKey, mine keyPair) error {
	const op = "offer key"
	point := how.curve.Encode(mine.public)
	set := command{op: op, ins: 0x22, p1: 0x41, p2: 0xA4, data: lds.Append(nil, 0x80, how.cipher.CA())}
	if how.cipher == suite.TDES {
		set.p2, set.data = 0xA6, lds.Append(nil, 0x91, point)
	}
	if how.id >= 0 {
		set.data = lds.Append(set.data, 0x84, unsigned(how.id))
	}
	_, status, err := c.send(ctx, set)
	if err == nil {
		err = check(op, status)
	}
	if err != nil || how.cipher == suite.TDES {
		return err
	}
	_, status, err = c.send(ctx, command{
		op: op, ins: 0x86, le: 256,
		data: lds.Append(nil, 0x7C, lds.Append(nil, 0x80, point)),
	})
	if err != nil {
		return err
	}
	return check(op, status)
}

func unsigned(n int) []byte {
	b := []byte{byte(n >> 16), byte(n >> 8), byte(n)}
	for len(b) > 1 && b[0] == 0 {
		b = b[1:]
	}
	return b
}

// chipKey is a public key of the chip and how to agree with it.
type chipKey struct {
	cipher suite.Cipher
	curve  suite.Curve
	public suite.Point
	id     int // -1 = the only key, without a number
}

// chipKeyOf finds the strongest way of chip authentication in DG14.
func chipKeyOf(s lds.Security) (chipKey, error) {
	best := chipKey{}
	for _, k := range s.ChipKeys {
		public, ok := k.Key.(*ecdsa.PublicKey)
		if !ok {
			continue
		}
		curve, err := suite.CurveLike(public.Curve)
		if err != nil {
			continue
		}
		if cipher := cipherFor(s, k.KeyID); cipher > best.cipher {
			//lint:ignore SA1019 the point is used under the brainpool curves too
			best = chipKey{cipher, curve, suite.Point{X: public.X, Y: public.Y}, k.KeyID}
		}
	}
	if best.cipher == 0 {
		return chipKey{}, fmt.Errorf("chip authentication: %w", ErrUnsupported)
	}
	return best, nil
}

// cipherFor finds the strongest cipher for the key with the number. Chips that
// name a key and no way use 3DES (9303-11, 6.2.3).
func cipherFor(s lds.Security, id int) suite.Cipher {
	if len(s.ChipAuth) == 0 {
		return suite.TDES
	}
	best := suite.Cipher(0)
	for _, way := range s.ChipAuth {
		cipher := suite.Cipher(last(way.Protocol, caOverECDH))
		if cipher.Valid() && way.Version == 1 && way.KeyID == id && cipher > best {
			best = cipher
		}
	}
	return best
}
