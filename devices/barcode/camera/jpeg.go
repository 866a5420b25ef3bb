package camera

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// Markers of JPEG (ITU-T T.81, table B.1), each after a byte of FFh.
const (
	markSOI = 0xd8 // a picture begins
	markEOI = 0xd9 // and ends
	markSOS = 0xda // coded pixels follow
	markDHT = 0xc4 // Huffman tables
	markRST = 0xd0 // to D7h: restart, no length
)

// pictureEnd gives where the JPEG picture at the start of b ends; 0 = not in b yet.
// Lengths are followed, as a thumbnail inside has an end of its own. ok is false if
// it is no picture. see is told the place of each marker; it may be nil.
func pictureEnd(b []byte, see func(mark byte, at int)) (end int, ok bool) {
	if len(b) < 2 {
		return 0, len(b) == 0 || b[0] == 0xff
	}
	if b[0] != 0xff || b[1] != markSOI {
		return 0, false
	}
	for at := 2; at+1 < len(b); {
		if b[at] != 0xff {
			return 0, false
		}
		mark := b[at+1]
		if see != nil {
			see(mark, at)
		}
		switch {
		case mark == 0xff: // fill
			at++
			continue
		case mark == markEOI:
			return at + 2, true
		case mark >= markRST && mark < markSOI:
			at += 2
			continue
		case mark == 0, mark == 1, mark == markSOI:
			return 0, false
		}
		if at+4 > len(b) {
			return 0, true
		}
		at += 2 + max(int(binary.BigEndian.Uint16(b[at+2:])), 2)
		if mark != markSOS {
			continue
		}
		for { // coded pixels, to the next marker that is not part of them
			next := -1
			if at < len(b) {
				next = bytes.IndexByte(b[at:], 0xff)
			}
			if next < 0 || at+next+1 >= len(b) {
				return 0, true
			}
			at += next
			if m := b[at+1]; m != 0 && (m < markRST || m > markRST+7) {
				break
			}
			at += 2
		}
	}
	return 0, true
}

// withTables gives a picture that has Huffman tables: itself, or with those put in
// that motion JPEG takes for granted.
func withTables(b []byte) []byte {
	tables, scan := false, 0
	_, _ = pictureEnd(b, func(mark byte, at int) {
		tables = tables || mark == markDHT
		if mark == markSOS && scan == 0 {
			scan = at
		}
	})
	if tables || scan == 0 {
		return b
	}
	return slices.Concat(b[:scan], commonTables(), b[scan:])
}

// commonTables gives the segment of the tables of T.81, annex K.3.
func commonTables() []byte {
	dc := func(class byte, counts string) []byte {
		return slices.Concat([]byte{class}, []byte(counts), []byte("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b"))
	}
	all := slices.Concat(
		dc(0x00, "\x00\x01\x05\x01\x01\x01\x01\x01\x01\x00\x00\x00\x00\x00\x00\x00"),
		[]byte{0x10}, []byte("\x00\x02\x01\x03\x03\x02\x04\x03\x05\x05\x04\x04\x00\x00\x01\x7d"),
		[]byte("\x01\x02\x03\x00\x04\x11\x05\x12\x21\x31\x41\x06\x13\x51\x61\x07\x22\x71\x14\x32\x81\x91\xa1\x08\x23\x42\xb1\xc1\x15\x52\xd1\xf0"+
			"\x24\x33\x62\x72\x82\x09\x0a\x16\x17\x18\x19\x1a\x25\x26\x27\x28\x29\x2a\x34\x35\x36\x37\x38\x39\x3a\x43\x44\x45\x46\x47\x48\x49"+
			"\x4a\x53\x54\x55\x56\x57\x58\x59\x5a\x63\x64\x65\x66\x67\x68\x69\x6a\x73\x74\x75\x76\x77\x78\x79\x7a\x83\x84\x85\x86\x87\x88\x89"+
			"\x8a\x92\x93\x94\x95\x96\x97\x98\x99\x9a\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xaa\xb2\xb3\xb4\xb5\xb6\xb7\xb8\xb9\xba\xc2\xc3\xc4\xc5"+
			"\xc6\xc7\xc8\xc9\xca\xd2\xd3\xd4\xd5\xd6\xd7\xd8\xd9\xda\xe1\xe2\xe3\xe4\xe5\xe6\xe7\xe8\xe9\xea\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8"+
			"\xf9\xfa"),
		dc(0x01, "\x00\x03\x01\x01\x01\x01\x01\x01\x01\x01\x01\x00\x00\x00\x00\x00"),
		[]byte{0x11}, []byte("\x00\x02\x01\x02\x04\x04\x03\x04\x07\x05\x04\x04\x00\x01\x02\x77"),
		[]byte("\x00\x01\x02\x03\x11\x04\x05\x21\x31\x06\x12\x41\x51\x07\x61\x71\x13\x22\x32\x81\x08\x14\x42\x91\xa1\xb1\xc1\x09\x23\x33\x52\xf0"+
			"\x15\x62\x72\xd1\x0a\x16\x24\x34\xe1\x25\xf1\x17\x18\x19\x1a\x26\x27\x28\x29\x2a\x35\x36\x37\x38\x39\x3a\x43\x44\x45\x46\x47\x48"+
			"\x49\x4a\x53\x54\x55\x56\x57\x58\x59\x5a\x63\x64\x65\x66\x67\x68\x69\x6a\x73\x74\x75\x76\x77\x78\x79\x7a\x82\x83\x84\x85\x86\x87"+
			"\x88\x89\x8a\x92\x93\x94\x95\x96\x97\x98\x99\x9a\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xaa\xb2\xb3\xb4\xb5\xb6\xb7\xb8\xb9\xba\xc2\xc3"+
			"\xc4\xc5\xc6\xc7\xc8\xc9\xca\xd2\xd3\xd4\xd5\xd6\xd7\xd8\xd9\xda\xe2\xe3\xe4\xe5\xe6\xe7\xe8\xe9\xea\xf2\xf3\xf4\xf5\xf6\xf7\xf8"+
			"\xf9\xfa"),
	)
	return slices.Concat([]byte{0xff, markDHT, byte((len(all) + 2) >> 8), byte(len(all) + 2)}, all)
}
