package emrtd

import "fmt"

// object takes the first BER-TLV data object off b (ISO/IEC 8825-1): tags to two
// bytes, definite lengths to three. Value and rest are parts of b.
func object(b []byte) (tag uint16, value, rest []byte, err error) {
	tag, head, length, err := header(b)
	if err != nil {
		return 0, nil, nil, err
	}
	if length > len(b)-head {
		return 0, nil, nil, fmt.Errorf("%w: object ends early", ErrMalformed)
	}
	return tag, b[head : head+length], b[head+length:], nil
}

// header reads tag and length: head is how many bytes they take.
func header(b []byte) (tag uint16, head, length int, err error) {
	bad := fmt.Errorf
	if len(b) < 2 {
		return 0, 0, 0, bad("%w: no data object", ErrMalformed)
	}
	tag, head = uint16(b[0]), 1
	if b[0]&0x1F == 0x1F {
		if b[1]&0x80 != 0 {
			return 0, 0, 0, bad("%w: tag too long", ErrMalformed)
		}
		tag, head = tag<<8|uint16(b[1]), 2
	}
	if len(b) <= head {
		return 0, 0, 0, bad("%w: object without length", ErrMalformed)
	}
	first := b[head]
	head++
	if first < 0x80 {
		return tag, head, int(first), nil
	}
	n := int(first & 0x7F)
	if n == 0 || n > 3 || len(b) < head+n {
		return 0, 0, 0, bad("%w: wrong length of an object", ErrMalformed)
	}
	for _, v := range b[head : head+n] {
		length = length<<8 | int(v)
	}
	return tag, head + n, length, nil
}

// inside takes the one object with the tag off b; nothing may be behind it.
func inside(b []byte, want uint16) ([]byte, error) {
	tag, value, rest, err := object(b)
	if err != nil {
		return nil, err
	}
	if tag != want || len(rest) != 0 {
		return nil, fmt.Errorf("%w: want one object %02X", ErrMalformed, want)
	}
	return value, nil
}

// appendObject is the inverse of object.
func appendObject(b []byte, tag uint16, value []byte) []byte {
	return append(appendHeader(b, tag, len(value)), value...)
}

func appendHeader(b []byte, tag uint16, length int) []byte {
	if tag > 0xFF {
		b = append(b, byte(tag>>8))
	}
	b = append(b, byte(tag))
	switch {
	case length < 0x80:
		return append(b, byte(length))
	case length <= 0xFF:
		return append(b, 0x81, byte(length))
	case length <= 0xFFFF:
		return append(b, 0x82, byte(length>>8), byte(length))
	}
	return append(b, 0x83, byte(length>>16), byte(length>>8), byte(length))
}
