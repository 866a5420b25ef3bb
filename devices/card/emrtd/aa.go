package emrtd

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	_ "crypto/sha1" // hashes of signatures
	_ "crypto/sha256"
	_ "crypto/sha512"
	"errors"
	"fmt"
	"io"
	"math/big"
)

// AuthenticateActive is active authentication (9303-11, 6.1): the chip signs a
// challenge with the private key to the public one in DG15. dg15 and dg14 are the
// whole files; dg14 names the hash of an ECDSA key and may be nil. Their
// signatures must be checked by the caller.
//
// It fails with ErrUnsupported when the key is of no known kind, before anything
// is sent, and with ErrClone when the signature does not hold.
func (c *Chip) AuthenticateActive(ctx context.Context, dg15, dg14 []byte) error {
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

// signer gives the check for signatures of the key in DG15, and their length.
func signer(dg15, dg14 []byte) (func(challenge, signature []byte) bool, int, error) {
	content, err := inside(dg15, 0x6F)
	if err != nil {
		return nil, 0, fmt.Errorf("DG15: %w", err)
	}
	algorithm, _, key, err := publicKey(content)
	if err != nil {
		return nil, 0, fmt.Errorf("DG15: %w", err)
	}
	if string(algorithm) == idRSA {
		n, e, err := rsaKey(key)
		if err != nil {
			return nil, 0, fmt.Errorf("DG15: %w", err)
		}
		return func(c, s []byte) bool { return recovers(n, e, c, s) }, len(n.Bytes()), nil
	}
	k, err := pointKey(content)
	if err != nil {
		return nil, 0, fmt.Errorf("DG15: %w", err)
	}
	hash, err := plainHash(dg14, k.curve.Params().BitSize)
	if err != nil {
		return nil, 0, err
	}
	public := &ecdsa.PublicKey{Curve: k.curve.Curve, X: k.public.X, Y: k.public.Y}
	size := k.curve.Size()
	return func(c, s []byte) bool { // r || s: TR-03111, 5.2.1
		if len(s) != 2*size {
			return false
		}
		h := hash.New()
		h.Write(c)
		return ecdsa.Verify(public, h.Sum(nil), new(big.Int).SetBytes(s[:size]), new(big.Int).SetBytes(s[size:]))
	}, 2 * size, nil
}

const (
	idAA         = "\x67\x81\x08\x01\x01\x05"             // id-icao-mrtd-security-aaProtocolObject
	idECDSAPlain = "\x04\x00\x7F\x00\x07\x01\x01\x04\x01" // ecdsa-plain-signatures
)

// plainHash finds the hash of plain ECDSA: DG14 names it (9303-11, 9.2.7); else
// it is as long as the curve, at most.
func plainHash(dg14 []byte, bits int) (crypto.Hash, error) {
	if dg14 != nil {
		content, err := inside(dg14, 0x6E)
		if err != nil {
			return 0, fmt.Errorf("DG14: %w", err)
		}
		infos, err := securityInfos(content)
		if err != nil {
			return 0, fmt.Errorf("DG14: %w", err)
		}
		for _, i := range infos {
			if string(i.oid) != idAA {
				continue
			}
			_, _, rest, err := object(i.rest) // version
			if err != nil {
				return 0, fmt.Errorf("DG14: %w", err)
			}
			algorithm, err := inside(rest, 0x06)
			if err != nil {
				return 0, fmt.Errorf("DG14: %w", err)
			}
			if name, ok := bytes.CutPrefix(algorithm, []byte(idECDSAPlain)); ok && len(name) == 1 && name[0] >= 1 && name[0] <= 5 {
				return [...]crypto.Hash{crypto.SHA1, crypto.SHA224, crypto.SHA256, crypto.SHA384, crypto.SHA512}[name[0]-1], nil
			}
			return 0, fmt.Errorf("DG14: active authentication: %w", ErrUnsupported)
		}
	}
	switch {
	case bits >= 512:
		return crypto.SHA512, nil
	case bits >= 384:
		return crypto.SHA384, nil
	}
	return crypto.SHA256, nil
}

// rsaKey reads an RSAPublicKey (RFC 8017, A.1.1). Exponents of more than four
// bytes and moduli out of 1024 to 4096 bits are not in use and would cost time.
func rsaKey(key []byte) (n, e *big.Int, err error) {
	seq, err := inside(key, 0x30)
	if err != nil {
		return nil, nil, err
	}
	tag, modulus, rest, err := object(seq)
	if err != nil || tag != 0x02 {
		return nil, nil, fmt.Errorf("%w: RSA key", ErrMalformed)
	}
	exponent, err := inside(rest, 0x02)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: RSA key", ErrMalformed)
	}
	n, e = new(big.Int).SetBytes(modulus), new(big.Int).SetBytes(exponent)
	if bits := n.BitLen(); bits < 1024 || bits > 4096 || e.BitLen() > 32 || e.Cmp(big.NewInt(3)) < 0 || n.Bit(0) == 0 || e.Bit(0) == 0 {
		return nil, nil, fmt.Errorf("%w: RSA key of %d bits", ErrUnsupported, n.BitLen())
	}
	return n, e, nil
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
