package escpos

import "motcua/devices/receipt"

// kind is what a byte from the unit turns out to be.
type kind int

const (
	noise     kind = iota // none of these
	partly                // part of an automatic status
	realTime              // the answer to DLE EOT
	automatic             // the fourth byte of an automatic status
	queued                // the answer to GS r
	processed             // the end of a process id response
	full                  // the end of a full status
	xon                   // go on
	xoff                  // stop sending
)

// sorter tells a unit's bytes apart by their fixed bits (Citizen CT-S310
// manual, p. 310): DLE EOT 0xx1xx10, automatic status 0xx1xx00 and then three
// of 0xx0xxxx, GS r 0xx0xxxx, XON 0x11, XOFF 0x13. XON and XOFF may come within
// an automatic status, and so may an answer to DLE EOT.
//
// Two answers are blocks, whose bytes mean nothing by themselves: 37 22, four
// bytes of a process id and 00 (TM-T88IV specification, GS ( H), or 37 25 00 when
// the buffers were cleared; and of Custom's units 10 0F and four bytes of status
// (KPM150-H command reference, p. 10). Those units send no automatic status.
type sorter struct {
	custom bool
	auto   [4]byte
	have   int // bytes of auto that came
	block  []byte
	id     [4]byte // of the last process id response
	whole  [4]byte // the last full status
}

func (s *sorter) see(b byte) kind {
	if len(s.block) > 0 {
		return s.within(b)
	}
	switch {
	case b == 0x11:
		return xon
	case b == 0x13:
		return xoff
	case b == 0x37, s.custom && b == 0x10:
		s.have, s.block = 0, []byte{b}
		return partly
	case b&0x93 == 0x12:
		return realTime
	case b&0x93 == 0x10:
		s.auto[0], s.have = b, 1
		return partly
	case b&0x90 == 0 && s.have > 0:
		s.auto[s.have] = b
		if s.have++; s.have < len(s.auto) {
			return partly
		}
		s.have = 0
		return automatic
	case b&0x90 == 0:
		return queued
	}
	s.have = 0
	return noise
}

// within takes the next byte of a block.
func (s *sorter) within(b byte) kind {
	block := append(s.block, b)
	s.block = nil
	switch known := block[0]; {
	case known == 0x37 && len(block) == 2 && (b == 0x22 || b == 0x25), known == 0x10 && len(block) == 2 && b == 0x0F:
	case len(block) == 2: // the head was something else: look at b by itself
		return s.see(b)
	case known == 0x37 && block[1] == 0x25:
		return noise // the buffers were cleared, as we wanted
	case known == 0x37 && len(block) == 7:
		if b != 0 {
			return noise
		}
		copy(s.id[:], block[2:])
		return processed
	case known == 0x10 && len(block) == 6:
		copy(s.whole[:], block[2:])
		return full
	}
	s.block = block
	return partly
}

// autoStatus reads an automatic status (TM-T88III specification, p. 319).
func autoStatus(b [4]byte, nearEnd bool) receipt.Status {
	switch {
	case b[0]&0x20 != 0:
		return receipt.CoverOpen
	case b[2]&0x0C != 0:
		return receipt.PaperOut
	case b[1]&0x28 != 0:
		return receipt.Error
	case b[0]&0x08 != 0:
		return receipt.Offline
	case nearEnd && b[2]&0x03 != 0:
		return receipt.NearEnd
	}
	return receipt.OK
}

// fullStatus is the n of DLE EOT n that Custom's units answer with four bytes.
const fullStatus = 20

// wholeStatus reads a full status: paper, user, what heals by itself, what does
// not (KPM150-H command reference, p. 10).
func wholeStatus(b [4]byte, nearEnd bool) receipt.Status {
	paper, user, passing, lasting := b[0], b[1], b[2], b[3]
	switch {
	case user&0x03 != 0: // head up, cover open
		return receipt.CoverOpen
	case paper&0x01 != 0:
		return receipt.PaperOut
	case passing&0x49 != 0 || lasting != 0: // too hot, voltage, jam; cutter and the like
		return receipt.Error
	case paper&0x20 != 0:
		return receipt.Presented
	case nearEnd && paper&0x04 != 0:
		return receipt.NearEnd
	}
	return receipt.OK
}

// atMouth and busy look into a full status: a slip is in the output; the unit
// still has something to print, or moves paper.
func atMouth(b [4]byte) bool { return b[0]&0x20 != 0 }
func busy(b [4]byte) bool    { return b[1]&0x0C != 0 }

// answers are the answers to DLE EOT 1 to 4; 0 = not asked or not answered.
type answers [5]byte

// status reads them (TM-T88III specification, p. 304). An open cover comes
// before paper out: with the cover open the paper sensor sees nothing.
func (a answers) status(nearEnd bool) receipt.Status {
	switch {
	case a == answers{}:
		return receipt.Unknown
	case a[2]&0x04 != 0:
		return receipt.CoverOpen
	case a[4]&0x60 != 0 || a[2]&0x20 != 0:
		return receipt.PaperOut
	case a[2]&0x40 != 0 || a[3]&0x28 != 0:
		return receipt.Error
	case a[1]&0x08 != 0:
		return receipt.Offline
	case nearEnd && a[4]&0x0C != 0:
		return receipt.NearEnd
	}
	return receipt.OK
}
