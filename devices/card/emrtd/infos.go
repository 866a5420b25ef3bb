package emrtd

import (
	"encoding/asn1"
	"fmt"
	"slices"

	"motcua/devices/card/emrtd/suite"
	"motcua/devices/card/lds"
)

// Protocols of security infos (9303-11, 9.2): the last arc is the cipher.
var (
	paceOverECDH = asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 2, 2, 4, 2}
	caOverECDH   = asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 2, 2, 3, 2}
	ecdsaPlain   = asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 1, 1, 4, 1}
)

// last gives the last arc of an identifier right below family; 0 if it is none.
func last(id, family asn1.ObjectIdentifier) int {
	if len(id) != len(family)+1 || !id[:len(family)].Equal(family) {
		return 0
	}
	return id[len(family)]
}

// paceChoices lists the ways of PACE that both sides have, strongest cipher
// first.
func paceChoices(s lds.Security) []paceChoice {
	var list []paceChoice
	for _, p := range s.PACE {
		cipher := suite.Cipher(last(p.Protocol, paceOverECDH))
		curve, err := suite.CurveByID(p.Parameter)
		if cipher.Valid() && err == nil && p.Version == 2 {
			list = append(list, paceChoice{cipher, curve})
		}
	}
	slices.SortStableFunc(list, func(a, b paceChoice) int { return int(b.cipher) - int(a.cipher) })
	return list
}

// CheckAccess holds what the chip said in the clear before it was opened against
// the signed DG14: whoever took PACE out of it on the way, or put a weaker way
// in, is found out with ErrDowngrade (9303-11, 4.2). The signature over DG14 must
// be checked by the caller.
//
// A DG14 that names no way of PACE at all, as the standard does not allow but
// issuers do, takes nothing out: PACE is no weaker than what it stands in for.
func (c *Chip) CheckAccess(dg14 lds.Security) error {
	if len(dg14.PACE) == 0 {
		return nil
	}
	if !includes(c.offered.PACE, dg14.PACE) {
		return fmt.Errorf("%w: DG14 names a way of PACE that the chip did not offer", ErrDowngrade)
	}
	if !includes(dg14.PACE, c.offered.PACE) {
		return fmt.Errorf("%w: the chip offered a way of PACE that DG14 does not name", ErrDowngrade)
	}
	return nil
}

// includes tells whether all of few are among many.
func includes(many, few []lds.PACE) bool {
	for _, p := range few {
		if !slices.ContainsFunc(many, func(q lds.PACE) bool {
			return p.Protocol.Equal(q.Protocol) && p.Version == q.Version && p.Parameter == q.Parameter
		}) {
			return false
		}
	}
	return true
}
