package emrtd

import (
	"bytes"
	"fmt"
	"slices"

	"motcua/devices/card/emrtd/suite"
)

// securityInfo is one SecurityInfo (9303-11, 9.2): what it is and the objects
// that belong to it.
type securityInfo struct {
	oid  []byte
	rest []byte // required object and optional one
	raw  []byte
}

// securityInfos takes the set of them apart, as EF.CardAccess and DG14 hold it.
func securityInfos(b []byte) ([]securityInfo, error) {
	set, err := inside(b, 0x31)
	if err != nil {
		return nil, fmt.Errorf("security infos: %w", err)
	}
	var infos []securityInfo
	for len(set) > 0 {
		before := set
		tag, seq, rest, err := object(set)
		if err != nil || tag != 0x30 {
			return nil, fmt.Errorf("security infos: %w", ErrMalformed)
		}
		set = rest
		tag, oid, params, err := object(seq)
		if err != nil || tag != 0x06 {
			return nil, fmt.Errorf("security infos: %w: no identifier", ErrMalformed)
		}
		infos = append(infos, securityInfo{oid, params, before[:len(before)-len(rest)]})
	}
	return infos, nil
}

// numbers reads the INTEGERs that follow the identifier, at most two.
func (i securityInfo) numbers() ([]int, error) {
	var list []int
	for rest := i.rest; len(rest) > 0; {
		tag, value, next, err := object(rest)
		if err != nil {
			return nil, err
		}
		if tag != 0x02 || len(value) == 0 || len(value) > 3 || value[0]&0x80 != 0 || len(list) == 2 {
			return nil, fmt.Errorf("%w: security info is no short number", ErrMalformed)
		}
		n := 0
		for _, v := range value {
			n = n<<8 | int(v)
		}
		list, rest = append(list, n), next
	}
	return list, nil
}

// paceChoices lists the ways of PACE that both sides have, strongest cipher
// first. Ways that are not known are left out; a known one of wrong form fails.
func paceChoices(infos []securityInfo) ([]paceChoice, error) {
	var list []paceChoice
	for _, i := range infos {
		cipher, ok := suite.PACECipher(i.oid)
		if !ok {
			continue
		}
		n, err := i.numbers()
		if err != nil {
			return nil, err
		}
		if len(n) == 0 || n[0] != 2 {
			return nil, fmt.Errorf("%w: version of PACE", ErrMalformed)
		}
		if len(n) < 2 {
			continue // domain parameters of its own: not standardised
		}
		if curve, err := suite.CurveByID(n[1]); err == nil {
			list = append(list, paceChoice{cipher, curve})
		}
	}
	slices.SortStableFunc(list, func(a, b paceChoice) int { return int(b.cipher) - int(a.cipher) })
	return list, nil
}

// CheckAccess holds what the chip said in the clear before it was opened against
// the signed DG14: whoever took PACE out of it on the way, or put a weaker one
// in, is found out with ErrDowngrade (9303-11, 4.2). dg14 is the whole file, and
// its signature must be checked by the caller.
func (c *Chip) CheckAccess(dg14 []byte) error {
	content, err := inside(dg14, 0x6E)
	if err != nil {
		return fmt.Errorf("DG14: %w", err)
	}
	signed, err := securityInfos(content)
	if err != nil {
		return fmt.Errorf("DG14: %w", err)
	}
	for _, s := range signed {
		if isPACE(s) && !c.said(s) {
			return fmt.Errorf("%w: DG14 names a way of PACE that the chip did not offer", ErrDowngrade)
		}
	}
	for _, o := range c.offered {
		same := func(s securityInfo) bool { return bytes.Equal(s.raw, o.raw) }
		if isPACE(o) && !slices.ContainsFunc(signed, same) {
			return fmt.Errorf("%w: the chip offered a way of PACE that DG14 does not name", ErrDowngrade)
		}
	}
	return nil
}

func isPACE(i securityInfo) bool {
	_, ok := suite.PACECipher(i.oid)
	return ok
}

func (c *Chip) said(s securityInfo) bool {
	return slices.ContainsFunc(c.offered, func(o securityInfo) bool { return bytes.Equal(s.raw, o.raw) })
}
