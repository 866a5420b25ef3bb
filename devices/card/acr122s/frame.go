package acr122s

import (
	"bytes"
	"encoding/binary"
)

const (
	stx, etx = 0x02, 0x03
	// The command that changes the speed has delimiters of its own (6.2).
	speedSTX, speedETX = 0x32, 0x33

	header = 10 // of a CCID message
	// longest is the most bytes of a message that are believed: the PN532 answers
	// with at most 265, and the reader puts two behind them.
	longest = 300
)

// Types of CCID messages (CCID 1.1, 6.1 and 6.2).
const (
	powerOn    = 0x62
	powerOff   = 0x63
	transfer   = 0x6F
	dataBlock  = 0x80
	slotStatus = 0x81
)

// taken is the status of a frame that arrived well; any other says what was wrong
// with it: FF checksum, FE length, FD end, FC part of it missing, 99 too late.
const taken = 0x00

// again asks for the last answer once more (4.1 C).
var again = []byte{stx, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, etx}

// frame is one frame of the reader: a status of four bytes, or a message.
type frame struct {
	kind   byte // dataBlock, slotStatus or another message; 0 for a status
	status byte // of the frame before it, when kind is 0
	seq    byte // of the command that it answers
	slot   byte // bStatus: b7-b6 what came of the command, b1-b0 the card in the slot
	fault  byte // bError
	data   []byte
}

// late tells whether the message only asks for more time.
func (f frame) late() bool { return f.kind != 0 && f.slot&0xC0 == 0x80 }

// failed tells whether the command was not carried out.
func (f frame) failed() bool { return f.slot&0xC0 == 0x40 }

// appendFrame encodes a command.
func appendFrame(b []byte, start, end, kind, seq byte, data []byte) []byte {
	b = append(b, start)
	from := len(b)
	b = append(b, kind)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(data)))
	b = append(b, 0, seq, 0, 0, 0)
	b = append(b, data...)
	return append(b, sum(b[from:]), end)
}

func sum(b []byte) (x byte) {
	for _, v := range b {
		x ^= v
	}
	return x
}

// find is what decode found.
type find int

const (
	nothing find = iota // more bytes are needed
	whole               // a frame
	broken              // a message whose checksum or end is wrong
)

// decode looks for the first frame in b and tells how many bytes are done with.
// Noise before it is passed over. f.data lies in b.
func decode(b []byte) (f frame, n int, what find) {
	for {
		i := bytes.IndexByte(b[n:], stx)
		if i < 0 {
			return frame{}, len(b), nothing
		}
		n += i
		f, size, what := decodeHere(b[n:])
		if what != nothing {
			return f, n + size, what
		}
		if size == 0 {
			return frame{}, n, nothing // the rest is still to come
		}
		n += size // no frame begins here
	}
}

// decodeHere decodes the frame that begins with the first byte of b. Without one,
// n is 1 if none can begin there.
func decodeHere(b []byte) (f frame, n int, what find) {
	if len(b) < 2 {
		return f, 0, nothing
	}
	switch kind := b[1]; {
	case kind == taken, kind >= 0xFC, kind == 0x99:
		if len(b) < 4 {
			return f, 0, nothing
		}
		if b[2] != kind || b[3] != etx {
			return f, 1, nothing
		}
		return frame{status: kind}, 4, whole
	case kind >= dataBlock && kind <= 0x83:
	default:
		return f, 1, nothing
	}
	if len(b) < 1+header {
		return f, 0, nothing
	}
	length := binary.LittleEndian.Uint32(b[2:])
	if length > longest {
		return f, 1, nothing
	}
	n = 1 + header + int(length) + 2
	if len(b) < n {
		return f, 0, nothing
	}
	if b[n-1] != etx || sum(b[1:n-1]) != 0 {
		return f, n, broken
	}
	return frame{kind: b[1], seq: b[7], slot: b[8], fault: b[9], data: b[1+header : n-2]}, n, whole
}
