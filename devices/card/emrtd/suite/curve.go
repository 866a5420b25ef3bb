//lint:file-ignore SA1019 generic mapping needs points under another generator, which crypto/ecdh does not offer

package suite

import (
	"bytes"
	"crypto/elliptic"
	"errors"
	"fmt"
	"io"
	"math/big"

	"github.com/ProtonMail/go-crypto/brainpool"
)

// Curve is one of the elliptic curves in use on travel documents.
//
// Products on the brainpool curves do not take constant time: scalars here live
// for one reading, and whoever could time them stands at the machine anyway.
type Curve struct {
	// ID is the number among the standardised domain parameters (9303-11, 9.5.1).
	ID byte
	elliptic.Curve
}

// Curves lists the supported curves.
func Curves() []Curve {
	return []Curve{
		{12, elliptic.P256()}, {15, elliptic.P384()},
		{13, brainpool.P256r1()}, {16, brainpool.P384r1()}, {17, brainpool.P512r1()},
	}
}

// CurveByID finds the curve of a standardised number.
func CurveByID(id int) (Curve, error) {
	for _, c := range Curves() {
		if int(c.ID) == id {
			return c, nil
		}
	}
	return Curve{}, fmt.Errorf("domain parameters %d are not supported", id)
}

// CurveLike finds the supported curve that c is.
func CurveLike(c elliptic.Curve) (Curve, error) {
	p := c.Params()
	for _, known := range Curves() {
		k := known.Params()
		if k.P.Cmp(p.P) == 0 && k.B.Cmp(p.B) == 0 && k.N.Cmp(p.N) == 0 && k.Gx.Cmp(p.Gx) == 0 && k.Gy.Cmp(p.Gy) == 0 {
			return known, nil
		}
	}
	return Curve{}, errors.New("curve is not supported")
}

// String names the curve.
func (c Curve) String() string { return c.Params().Name }

// Size is the length in bytes of a coordinate and of a scalar.
func (c Curve) Size() int { return (c.Params().BitSize + 7) / 8 }

// Point is a point of a curve other than the one at infinity.
type Point struct{ X, Y *big.Int }

// ErrPoint says that bytes are no point of the curve that may be used.
var ErrPoint = errors.New("not a point of the curve")

// Decode reads an uncompressed point (TR-03111, 3.2.1) and checks that it is on
// the curve; all the curves have cofactor 1.
func (c Curve) Decode(b []byte) (Point, error) {
	n := c.Size()
	if len(b) != 1+2*n || b[0] != 4 {
		return Point{}, ErrPoint
	}
	p := Point{new(big.Int).SetBytes(b[1 : 1+n]), new(big.Int).SetBytes(b[1+n:])}
	if prime := c.Params().P; p.X.Cmp(prime) >= 0 || p.Y.Cmp(prime) >= 0 || !c.IsOnCurve(p.X, p.Y) {
		return Point{}, ErrPoint
	}
	return p, nil
}

// Encode is the inverse of Decode.
func (c Curve) Encode(p Point) []byte {
	n := c.Size()
	b := make([]byte, 1+2*n)
	b[0] = 4
	p.X.FillBytes(b[1 : 1+n])
	p.Y.FillBytes(b[1+n:])
	return b
}

// Base gives the curve's own generator.
func (c Curve) Base() Point { return Point{c.Params().Gx, c.Params().Gy} }

// Scalar draws a scalar from 1 to the order less 1: whole coordinates are read
// from random and those out of range left out. The caller wipes it.
func (c Curve) Scalar(random io.Reader) ([]byte, error) {
	k := make([]byte, c.Size())
	for range 64 {
		if _, err := io.ReadFull(random, k); err != nil {
			return nil, fmt.Errorf("draw a key: %w", err)
		}
		if v := new(big.Int).SetBytes(k); v.Sign() > 0 && v.Cmp(c.Params().N) < 0 {
			return k, nil
		}
	}
	return nil, errors.New("draw a key: the source of randomness gives none")
}

// Mul gives k times p; k is as Scalar makes it. It fails at infinity.
func (c Curve) Mul(k []byte, p Point) (Point, error) {
	x, y := c.ScalarMult(p.X, p.Y, k)
	return finite(x, y)
}

// Map is the generic mapping of 9303-11, 4.4.3.3.1: the generator that nonce and
// shared point make, nonce · G + shared.
func (c Curve) Map(nonce []byte, shared Point) (Point, error) {
	// A nonce of 128 bits is below the order of every curve here.
	own, err := finite(c.ScalarBaseMult(nonce))
	if err != nil {
		return Point{}, err // a nonce of nothing but zeros maps nothing
	}
	defer own.Wipe()
	if own.X.Cmp(shared.X) == 0 { // twice the same point or its opposite: no formula for sums holds
		return Point{}, ErrPoint
	}
	return finite(c.Add(own.X, own.Y, shared.X, shared.Y))
}

func finite(x, y *big.Int) (Point, error) {
	if x.Sign() == 0 && y.Sign() == 0 {
		return Point{}, ErrPoint
	}
	return Point{x, y}, nil
}

// Shared gives the x coordinate of k times p, which is the secret of a
// Diffie-Hellman agreement (TR-03111, 4.3.1). The caller wipes it.
func (c Curve) Shared(k []byte, p Point) ([]byte, error) {
	s, err := c.Mul(k, p)
	if err != nil {
		return nil, err
	}
	defer s.Wipe()
	return s.X.FillBytes(make([]byte, c.Size())), nil
}

// Equal tells whether two points are the same.
func (p Point) Equal(q Point) bool { return bytes.Equal(p.X.Bytes(), q.X.Bytes()) && p.Y.Cmp(q.Y) == 0 }

// Wipe overwrites a point that nobody may learn.
func (p Point) Wipe() {
	clear(p.X.Bits())
	clear(p.Y.Bits())
}
