package ldstest

import (
	"crypto"
	"crypto/ecdsa"
	"fmt"

	"motcua/devices/card/lds"
)

// Card is every file of one chip and the keys that only the chip has.
type Card struct {
	Person Person
	// Files are whole files, CardAccess among them. DG3 has no content that
	// anybody but the state may read, so it is listed in EF.COM and not here.
	Files     map[lds.File][]byte
	ActiveKey crypto.Signer     // active authentication; its public key is DG15; nil = none
	ChipKey   *ecdsa.PrivateKey // chip authentication; its public key is in DG14; nil = none
}

// Chip says what a chip can do. The zero Chip is the usual one.
type Chip struct {
	PACE      []lds.PACE // nil = ECDH, generic mapping, AES-128 on brainpoolP256r1
	ActiveKey Suite      // "" = P256
	ChipKey   Suite      // "" = BrainpoolP256; elliptic curves only
	PhotoSize int        // bytes of the picture, about; 0 = 15 kB
	Photo     []byte     // the picture itself, JPEG or JPEG 2000; nil = drawn, as the person's Codec says
	NoActive  bool       // no DG15: the chip has no active authentication
	NoSecured bool       // no DG14: it has no chip authentication, and signs no way of PACE
}

// ECDH with generic mapping and AES-128-CBC-CMAC on brainpoolP256r1.
var usualPACE = lds.PACE{Protocol: []int{0, 4, 0, 127, 0, 7, 2, 2, 4, 2, 2}, Version: 2, Parameter: 13}

// Issue makes a card for p.
func (s *State) Issue(p Person, chip Chip, f Fault) (*Card, error) {
	if chip.ActiveKey == "" {
		chip.ActiveKey = P256
	}
	if chip.ChipKey == "" {
		chip.ChipKey = BrainpoolP256
	}
	if chip.PACE == nil {
		chip.PACE = []lds.PACE{usualPACE}
	}
	active, err := chip.ActiveKey.key()
	if err != nil {
		return nil, err
	}
	agreed, err := chip.ChipKey.key()
	if err != nil {
		return nil, err
	}
	ec, ok := agreed.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("chip authentication with %s: not an elliptic curve", chip.ChipKey)
	}
	files := map[lds.File][]byte{
		lds.DG1:  node(0x61, node(0x5F1F, []byte(p.MRZ()))),
		lds.DG13: DG13(p.Entries),
	}
	groups := []byte{0x61, 0x63, 0x6D}
	if p.Pictured {
		if chip.Photo == nil {
			if chip.Photo, err = p.draw(chip.PhotoSize); err != nil {
				return nil, err
			}
		}
		files[lds.DG2] = DG2(chip.Photo)
		groups = []byte{0x61, 0x75, 0x63, 0x6D}
	}
	if chip.NoActive {
		active = nil
	} else {
		files[lds.DG15] = node(0x6F, PublicKey(active.Public(), false))
		groups = append(groups, 0x6F)
	}
	if chip.NoSecured {
		ec = nil
	} else {
		files[lds.DG14] = node(0x6E, set(append(paceEntries(chip.PACE), chipEntries(ec, active)...)...))
		groups = append(groups, 0x6E)
	}
	files[lds.SOD] = s.Sign(files, f)
	files[lds.COM] = node(0x60, node(0x5F01, []byte("0107")), node(0x5F36, []byte("040000")), node(0x5C, groups))
	files[lds.CardAccess] = set(paceEntries(chip.PACE)...)
	return &Card{Person: p, Files: files, ActiveKey: active, ChipKey: ec}, nil
}

// Groups gives the data groups alone, as a reader hands them to be proven.
func (c *Card) Groups() map[lds.File][]byte {
	groups := make(map[lds.File][]byte)
	for f, b := range c.Files {
		if f.Group() {
			groups[f] = b
		}
	}
	return groups
}

func paceEntries(ways []lds.PACE) [][]byte {
	var entries [][]byte
	for _, w := range ways {
		parts := [][]byte{oid(w.Protocol...), integer(w.Version)}
		if w.Parameter >= 0 {
			parts = append(parts, integer(w.Parameter))
		}
		entries = append(entries, sequence(parts...))
	}
	return entries
}

// chipEntries are the chip's key and the cipher for it (ECDH, AES-128), and of an
// active key on a curve the signature that it makes (plain ECDSA over SHA-256),
// which an RSA key has no need of (9303-11, 9.2.4).
func chipEntries(key *ecdsa.PrivateKey, active crypto.Signer) [][]byte {
	entries := [][]byte{
		sequence(oid(0, 4, 0, 127, 0, 7, 2, 2, 3, 2, 2), integer(1)),
		sequence(oid(0, 4, 0, 127, 0, 7, 2, 2, 1, 2), PublicKey(key.Public(), true)),
	}
	if _, ok := active.(*ecdsa.PrivateKey); ok {
		entries = append(entries, sequence(oid(2, 23, 136, 1, 1, 5), integer(1), oid(0, 4, 0, 127, 0, 7, 1, 1, 4, 1, 3)))
	}
	return entries
}

// DG13 writes the state's own fields, in the order given.
func DG13(entries []Entry) []byte {
	var fields [][]byte
	for _, e := range entries {
		tag, value := e.Tag, []byte(e.Text)
		if tag == 0 {
			tag = 0x0C
		}
		if e.List != nil {
			tag = 0x30
		}
		for _, item := range e.List {
			value = append(value, text(item)...)
		}
		fields = append(fields, sequence(integer(e.Index), node(tag, value)))
	}
	return node(0x6D, sequence(integer(1), oid(1, 0, 10646, 1, 0, 8), set(fields...)))
}
