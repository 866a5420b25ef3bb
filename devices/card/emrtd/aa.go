package emrtd

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	_ "crypto/sha1" // hashes of signatures
	_ "crypto/sha256"
	_ "crypto/sha512"
	"errors"
	"fmt"
	"io"
	"math/big"

	"motcua/devices/card/lds"
)

// AuthenticateActive is active authentication (9303-11, 6.1): the chip signs a
// challenge with the private key to the public one in DG15. dg14 names the hash of
// an ECDSA key; a chip without that file leaves it empty. The signatures over both
// must be checked by the caller.
//
// It fails with ErrUnsupported when the key is of no known kind, before anything
// is sent, and with ErrClone when the signature does not hold.
func (c *Chip) AuthenticateActive(ctx context.Context, dg15 crypto.PublicKey, dg14 lds.Security) error {
	c.progress(Progress{Step: "authenticate actively"})
	if c.dead != nil {
		return c.dead
	}
	verify, length, err := signer(dg15, dg14)
	if err != nil {
		return err
	}
	challenge := make([]byte, 8)
	if _, err := io.ReadFull(c.random, challenge); err != nil {
		return fmt.Errorf("draw a challenge: %w", err)
	}
	const op = "authenticate actively"
	le := 256
	if length > 200 && c.chunk == longChunk {
		le = longChunk // reader and card carry it in one
	}
	signature, status, err := c.send(ctx, command{op: op, ins: 0x88, data: challenge, le: le})
	if err == nil {
		err = check(op, status)
	}
	if err != nil {
		return err
	}
	if !verify(challenge, signature) {
		return fmt.Errorf("%s: %w", op, ErrClone)
	}
	return nil
}

// signer gives the check for signatures of a key, and their length.
func signer(key crypto.PublicKey, dg14 lds.Security) (func(challenge, signature []byte) bool, int, error) {
	switch key := key.(type) {
	case *rsa.PublicKey:
		// 4096 bits are more than any chip has; the rest only costs time.
		if bits := key.N.BitLen(); bits < 1024 || bits > 4096 {
			return nil, 0, fmt.Errorf("active authentication: %w: RSA key of %d bits", ErrUnsupported, bits)
		}
		e := big.NewInt(int64(key.E))
		return func(c, s []byte) bool { return recovers(key.N, e, c, s) }, key.Size(), nil
	case *ecdsa.PublicKey:
		hash, err := plainHash(dg14, key.Params().BitSize)
		if err != nil {
			return nil, 0, err
		}
		size := (key.Params().N.BitLen() + 7) / 8
		return func(c, s []byte) bool { // r || s: TR-03111, 5.2.1
			if len(s) != 2*size {
				return false
			}
			h := hash.New()
			h.Write(c)
			return ecdsa.Verify(key, h.Sum(nil), new(big.Int).SetBytes(s[:size]), new(big.Int).SetBytes(s[size:]))
		}, 2 * size, nil
	}
	return nil, 0, fmt.Errorf("active authentication: %w: no known key", ErrUnsupported)
}

// plainHash finds the hash of plain ECDSA: DG14 names it (9303-11, 9.2.4); else
// it is as long as the curve, at most.
func plainHash(dg14 lds.Security, bits int) (crypto.Hash, error) {
	if len(dg14.ActiveAuth) > 0 {
		hashes := [...]crypto.Hash{crypto.SHA1, crypto.SHA224, crypto.SHA256, crypto.SHA384, crypto.SHA512}
		if n := last(dg14.ActiveAuth[0].Signature, ecdsaPlain); n >= 1 && n <= len(hashes) {
			return hashes[n-1], nil
		}
		return 0, fmt.Errorf("active authentication: %w: signature", ErrUnsupported)
	}
	switch {
	case bits >= 512:
		return crypto.SHA512, nil
	case bits >= 384:
		return crypto.SHA384, nil
	}
	return crypto.SHA256, nil
}

// recovers checks a signature with message recovery: ISO/IEC 9796-2, scheme 1,
// of the recovered part and the challenge.
func recovers(n, e *big.Int, challenge, signature []byte) bool {
	s := new(big.Int).SetBytes(signature)
	if len(signature) != len(n.Bytes()) || s.Cmp(n) >= 0 {
		return false
	}
	f := new(big.Int).Exp(s, e, n).FillBytes(make([]byte, len(signature)))
	hash, body, err := trailer(f)
	if err != nil {
		return false
	}
	// Header: 01 and partial recovery, then padding bits to the first 1010.
	if body[0] != 0x6A {
		return false
	}
	size := hash.Size()
	if len(body) < 1+size {
		return false
	}
	recovered, digest := body[1:len(body)-size], body[len(body)-size:]
	h := hash.New()
	h.Write(recovered)
	h.Write(challenge)
	return bytes.Equal(h.Sum(nil), digest)
}

// trailer takes the hash's mark off a recovered block.
func trailer(f []byte) (crypto.Hash, []byte, error) {
	n := len(f)
	if f[n-1] == 0xBC {
		return crypto.SHA1, f[:n-1], nil
	}
	if f[n-1] == 0xCC {
		switch f[n-2] { // ISO/IEC 10118-3
		case 0x33:
			return crypto.SHA1, f[:n-2], nil
		case 0x34:
			return crypto.SHA256, f[:n-2], nil
		case 0x35:
			return crypto.SHA512, f[:n-2], nil
		case 0x36:
			return crypto.SHA384, f[:n-2], nil
		case 0x38:
			return crypto.SHA224, f[:n-2], nil
		}
	}
	return 0, nil, errors.New("no known trailer")
}
