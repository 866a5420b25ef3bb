package cardsim

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"fmt"

	"motcua/devices/card/emrtd/suite"
	"motcua/devices/card/lds"
	"motcua/devices/card/lds/ldstest"
)

// Issued makes a chip of a card that a state issued: its files as they are signed,
// its own keys, its holder's passwords (the CAN is the last six digits of the
// personal number). It can be opened by BAC and by every way of PACE that it
// names; New's other promises hold.
func Issued(c *ldstest.Card, q Quirks) (*Chip, error) {
	l := &Locks{plan: Plan{BAC: true}, hash: crypto.SHA256}
	access, err := lds.ReadCardAccess(c.Files[lds.CardAccess])
	if err != nil {
		return nil, err
	}
	var can lds.Security // a card without DG14 proves nothing by it
	if file, ok := c.Files[lds.DG14]; ok {
		if can, err = lds.ReadDG14(file); err != nil {
			return nil, err
		}
	}
	zone, err := lds.ReadDG1(c.Files[lds.DG1])
	if err != nil {
		return nil, err
	}
	for _, p := range access.PACE {
		curve, err := suite.CurveByID(p.Parameter)
		if err != nil {
			return nil, err
		}
		l.plan.PACE = append(l.plan.PACE, Way{suite.Cipher(p.Protocol[len(p.Protocol)-1]), curve})
	}
	if key := c.ChipKey; key != nil && len(can.ChipAuth) > 0 {
		curve, err := suite.CurveLike(key.Curve)
		if err != nil {
			return nil, err
		}
		way := can.ChipAuth[0].Protocol
		l.plan.Chip = Way{suite.Cipher(way[len(way)-1]), curve}
		//lint:ignore SA1019 the scalar is used under the brainpool curves too
		l.scalar = key.D.FillBytes(make([]byte, curve.Size()))
	}
	switch key := c.ActiveKey.(type) {
	case nil: // no active authentication
	case *rsa.PrivateKey:
		l.rsa, l.plan.ActiveRSA = key, key.N.BitLen()
	case *ecdsa.PrivateKey:
		l.ecdsa, l.plan.ActiveCurve = key, key.Curve
	default:
		return nil, fmt.Errorf("key for active authentication is a %T", key)
	}
	number := c.Person.Number
	if len(number) < 6 {
		return nil, fmt.Errorf("personal number of %d digits", len(number))
	}
	return New(l, Holder{CAN: lds.Secret(number[len(number)-6:]), MRZ: zone.Key()}, c.Files, q)
}
