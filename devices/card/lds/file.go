package lds

import "fmt"

// File is a file of the chip, named by its short EF identifier, so the data
// groups are 1 to 16 (ICAO Doc 9303-10, table 37).
type File uint8

// The files that are not data groups. CardAccess lies in the master file, the
// others in the eMRTD application.
const (
	SOD        File = 0x1D // EF.SOD, the signed hashes of all data groups
	COM        File = 0x1E // EF.COM, which data groups there are
	CardAccess File = 0x1C // EF.CardAccess, how to open the chip
)

// The data groups that identity cards of Viet Nam carry.
const (
	DG1  File = 1  // the machine readable zone
	DG2  File = 2  // the face
	DG3  File = 3  // fingerprints, closed to us
	DG11 File = 11 // further personal details, absent on these cards
	DG12 File = 12 // further details of the document, absent on these cards
	DG13 File = 13 // the state's own fields
	DG14 File = 14 // what the chip can do, and its key for chip authentication
	DG15 File = 15 // the chip's key for active authentication
)

// groupTags are the outer tags of DG1 to DG16 (ICAO Doc 9303-10, table 37).
var groupTags = [...]Tag{0x61, 0x75, 0x63, 0x76, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6A, 0x6B, 0x6C, 0x6D, 0x6E, 0x6F, 0x70}

// Group says whether f is a data group, DG1 to DG16.
func (f File) Group() bool { return f >= 1 && f <= 16 }

// ID is the file identifier for SELECT: 0101 for DG1, 011E for EF.COM.
func (f File) ID() uint16 { return 0x0100 | uint16(f) }

// Tag is the outer tag that the file must begin with, 0 for an unknown file.
func (f File) Tag() Tag {
	switch {
	case f.Group():
		return groupTags[f-1]
	case f == SOD:
		return 0x77
	case f == COM:
		return 0x60
	case f == CardAccess:
		return 0x31
	}
	return 0
}

// String prints the file as the standard writes it: DG1, EF.SOD.
func (f File) String() string {
	switch {
	case f.Group():
		return fmt.Sprintf("DG%d", uint8(f))
	case f == SOD:
		return "EF.SOD"
	case f == COM:
		return "EF.COM"
	case f == CardAccess:
		return "EF.CardAccess"
	}
	return fmt.Sprintf("EF.%02X", uint8(f))
}

// Error says which file could not be read and at which step. Err wraps one of
// ErrShort, ErrEncoding, ErrTag, ErrValue or ErrCheckDigit, for DG2 also ErrNoFace,
// ErrNotDrawn or ErrOversize, and for DG15 one of package spki's.
type Error struct {
	File File
	Step string
	Err  error
}

// Error prints file, step and reason: "DG2: face record: bytes end inside a field".
func (e *Error) Error() string { return fmt.Sprintf("%v: %s: %v", e.File, e.Step, e.Err) }

// Unwrap gives the reason to errors.Is.
func (e *Error) Unwrap() error { return e.Err }

func (f File) fail(step string, err error) error { return &Error{File: f, Step: step, Err: err} }

// Contents is EF.COM: what the card says it holds. Nobody signed it, so it is a
// hint for reading, never for trust.
type Contents struct {
	LDS     string // version of the data structure, "0107"
	Unicode string // version of Unicode, "040000"
	Groups  []File // in the card's order; tags that are no data group are left out
}

// ReadCOM reads EF.COM (ICAO Doc 9303-10, 4.6.1).
func ReadCOM(file []byte) (Contents, error) {
	var c Contents
	inner, err := Unwrap(file, COM.Tag())
	if err != nil {
		return c, COM.fail("outer tag", err)
	}
	for f, err := range Fields(inner) {
		if err != nil {
			return Contents{}, COM.fail("fields", err)
		}
		switch f.Tag {
		case 0x5F01:
			c.LDS, err = version(f.Value, 4)
		case 0x5F36:
			c.Unicode, err = version(f.Value, 6)
		case 0x5C:
			c.Groups, err = groupsByTag(f.Value)
		}
		if err != nil {
			return Contents{}, COM.fail("tag "+f.Tag.String(), err)
		}
	}
	if c.Groups == nil {
		return Contents{}, COM.fail("tag list", ErrTag)
	}
	return c, nil
}

func version(digits []byte, want int) (string, error) {
	if len(digits) != want {
		return "", ErrValue
	}
	for _, d := range digits {
		if d < '0' || d > '9' {
			return "", ErrValue
		}
	}
	return string(digits), nil
}

func groupsByTag(list []byte) ([]File, error) {
	groups := make([]File, 0, len(groupTags))
	seen := 0
	for _, b := range list {
		for i, tag := range groupTags {
			if tag != Tag(b) {
				continue
			}
			if seen&(1<<i) != 0 {
				return nil, ErrValue
			}
			seen |= 1 << i
			groups = append(groups, File(i+1))
		}
	}
	return groups, nil
}
