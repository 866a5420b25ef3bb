// Package trust says whether the state signed what a chip card said: passive
// authentication after ICAO Doc 9303-11, 5.1, with the public key rules of Doc
// 9303-12.
//
// Anchors are the state's root certificates (CSCA) and revocation lists, from a
// folder. Check holds a card's EF.SOD and the data groups that were read against
// them and gives a Proof: how far the proof went and, reason by reason, why it
// went no further. Nothing in a Proof tells what the card said.
package trust

import (
	"slices"

	"motcua/devices/card/lds"
)

// Level is how far a proof went, weakest first.
type Level string

// The levels.
const (
	// ChipRead: a chip said it. Nothing more is known.
	ChipRead Level = "chip-read"
	// ChipVerified: the state signed every data group that was read, and the
	// signature leads to one of the anchors.
	ChipVerified Level = "chip-verified"
	// ChipGenuine: beyond that, the chip proved by its own key that it is no copy.
	ChipGenuine Level = "chip-genuine"
)

// Doubt is one reason why a proof went no further, and where it arose.
type Doubt struct {
	Reason Reason
	File   lds.File // the file it is about; 0 = none
	Step   string   // which part of the file, for a technician; may be empty
}

// String prints file, reason and step: "EF.SOD: file not understood (signer)".
func (d Doubt) String() string {
	s := d.Reason.Error()
	if d.File != 0 {
		s = d.File.String() + ": " + s
	}
	if d.Step != "" {
		s += " (" + d.Step + ")"
	}
	return s
}

// Proof is how far a card was proven. The zero Proof is that of a card of which
// nothing was read.
type Proof struct {
	Level  Level
	Doubts []Doubt // why the level is no higher; empty only for ChipGenuine
	Notes  []Doubt // what was wanting without costing the level
	// Signature names what signed the card, as far as it was read:
	// "ECDSA SHA-384 brainpoolP384r1".
	Signature string

	covered uint32 // bit n: DGn was read and its signed hash is right
}

// Has says whether reason r is among the doubts.
func (p Proof) Has(r Reason) bool {
	return slices.ContainsFunc(p.Doubts, func(d Doubt) bool { return d.Reason == r })
}

// Contradictions are the doubts that a good card never raises: something was
// altered, forged, revoked or copied. A card with any must be refused, while one
// whose proof is merely wanting may still be read.
func (p Proof) Contradictions() []Doubt {
	var all []Doubt
	for _, d := range p.Doubts {
		if d.Reason.Contradicts() {
			all = append(all, d)
		}
	}
	return all
}

// Covers says whether group was read and the hash that the SOD has for it is
// right, whoever signed the SOD.
func (p Proof) Covers(group lds.File) bool { return group.Group() && p.covered&(1<<group) != 0 }

// Method is how a chip proves that it is no copy.
type Method string

// The two methods of ICAO Doc 9303-11, 6.1 and 6.2.
const (
	ActiveAuthentication Method = "active authentication"
	ChipAuthentication   Method = "chip authentication"
)

// Key is the data group that holds the chip's key for the method.
func (m Method) Key() lds.File {
	switch m {
	case ActiveAuthentication:
		return lds.DG15
	case ChipAuthentication:
		return lds.DG14
	}
	return 0
}

// Proved gives the proof after the chip proved itself by m. The level rises to
// ChipGenuine if it was ChipVerified and the SOD covers the key that was used.
// One method is enough, so that what was wanting for another goes.
func (p Proof) Proved(m Method) Proof {
	p.Doubts = p.without(ChipNotAsked, ChipNotAble, ChipKeyMissing, ChipUnfinished)
	switch {
	case !p.Covers(m.Key()):
		p.Doubts = append(p.Doubts, Doubt{Reason: ChipKeyUncovered, File: m.Key(), Step: string(m)})
	case p.Level == ChipVerified && len(p.Doubts) == 0:
		p.Level = ChipGenuine
	}
	return p
}

// Unproved gives the proof after the chip did not prove itself by m: why is
// ChipNotAsked, ChipNotAble, ChipKeyMissing, ChipUnfinished or ChipFailed. The last
// is what a copy does and takes the level down to ChipRead; after the others the
// level stays as it was, and what another method proved is proved.
func (p Proof) Unproved(m Method, why Reason) Proof {
	if p.Level == ChipGenuine && !why.Contradicts() {
		return p
	}
	p.Doubts = append(p.without(ChipNotAsked), Doubt{Reason: why, Step: string(m)})
	if why.Contradicts() {
		p.Level = ChipRead
	}
	return p
}

// Noted gives the proof with a note more: what was wanting without costing the
// level.
func (p Proof) Noted(d Doubt) Proof {
	p.Notes = append(slices.Clip(p.Notes), d)
	return p
}

// without copies the doubts but those of some reasons, so that proofs share no
// array.
func (p Proof) without(some ...Reason) []Doubt {
	return slices.DeleteFunc(slices.Clone(p.Doubts), func(d Doubt) bool { return slices.Contains(some, d.Reason) })
}
