package lds

import (
	"errors"
	"fmt"
	"iter"
	"slices"
)

// Tag is a BER tag as it stands in the file: 0x61, 0x5F2E, 0x7F60.
type Tag uint32

// String prints the tag in hex.
func (t Tag) String() string { return fmt.Sprintf("%02X", uint32(t)) }

// The ways a BER-TLV field can be wrong.
var (
	// ErrShort: the bytes end inside a field.
	ErrShort = errors.New("bytes end inside a field")
	// ErrEncoding: a tag or length is not one that ICAO Doc 9303-10 allows: a
	// tag over three bytes, an indefinite length, a length over four bytes.
	ErrEncoding = errors.New("tag or length not allowed")
	// ErrTag: another tag stands where one was needed, or bytes follow the last.
	ErrTag = errors.New("unexpected tag")
	// ErrValue: a field is whole but its value is not one of those allowed.
	ErrValue = errors.New("value not allowed")
)

// Field is one tag and its value. Value aliases the bytes it was read from.
type Field struct {
	Tag   Tag
	Value []byte
}

// header reads a tag and a length (ISO/IEC 7816-4, 5.2.2) and says how many
// bytes the two take.
func header(in []byte) (tag Tag, length, size int, err error) {
	if len(in) == 0 {
		return 0, 0, 0, ErrShort
	}
	tag, size = Tag(in[0]), 1
	if in[0]&0x1F == 0x1F {
		for {
			if size == len(in) {
				return 0, 0, 0, ErrShort
			}
			if size == 3 {
				return 0, 0, 0, ErrEncoding
			}
			tag = tag<<8 | Tag(in[size])
			size++
			if in[size-1]&0x80 == 0 {
				break
			}
		}
	}
	if size == len(in) {
		return 0, 0, 0, ErrShort
	}
	first := in[size]
	size++
	if first < 0x80 {
		return tag, int(first), size, nil
	}
	n := int(first & 0x7F)
	if n == 0 || n > 4 {
		return 0, 0, 0, ErrEncoding
	}
	if len(in)-size < n {
		return 0, 0, 0, ErrShort
	}
	var wide uint64
	for _, b := range in[size : size+n] {
		wide = wide<<8 | uint64(b)
	}
	if wide > 1<<31-1 {
		return 0, 0, 0, ErrEncoding
	}
	return tag, int(wide), size + n, nil
}

// Extent says from the first bytes of a file how long the whole file is, header
// included. Eight bytes are always enough; ErrShort asks for more. The length is
// the card's word: bound it before making room.
func Extent(head []byte) (int, error) {
	_, length, size, err := header(head)
	return size + length, err
}

// Next cuts the first field off in. It fails with ErrShort or ErrEncoding.
func Next(in []byte) (Field, []byte, error) {
	tag, length, size, err := header(in)
	if err != nil {
		return Field{}, nil, err
	}
	if length > len(in)-size {
		return Field{}, nil, ErrShort
	}
	end := size + length
	return Field{Tag: tag, Value: in[size:end:end]}, in[end:], nil
}

// Fields walks the fields of in, in order. After the first failure it yields the
// error with an empty Field and ends.
func Fields(in []byte) iter.Seq2[Field, error] {
	return func(yield func(Field, error) bool) {
		for len(in) > 0 {
			f, rest, err := Next(in)
			if !yield(f, err) || err != nil {
				return
			}
			in = rest
		}
	}
}

// Unwrap gives the value of in, which must be exactly one field with this tag.
func Unwrap(in []byte, tag Tag) ([]byte, error) {
	f, rest, err := Next(in)
	switch {
	case err != nil:
		return nil, err
	case f.Tag != tag || len(rest) > 0:
		return nil, ErrTag
	}
	return f.Value, nil
}

// Append appends a field with the shortest length form to dst.
func Append(dst []byte, tag Tag, value []byte) []byte {
	for shift := 24; shift >= 0; shift -= 8 {
		if b := byte(tag >> shift); b != 0 || shift == 0 || tag>>(shift+8) != 0 {
			dst = append(dst, b)
		}
	}
	switch n := len(value); {
	case n < 0x80:
		dst = append(dst, byte(n))
	case n < 0x100:
		dst = append(dst, 0x81, byte(n))
	case n < 0x10000:
		dst = append(dst, 0x82, byte(n>>8), byte(n))
	case n < 0x1000000:
		dst = append(dst, 0x83, byte(n>>16), byte(n>>8), byte(n))
	default:
		dst = append(dst, 0x84, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
	return append(slices.Grow(dst, len(value)), value...)
}
