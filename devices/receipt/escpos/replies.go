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
	xon                   // go on
	xoff                  // stop sending
)

// sorter tells a unit's bytes apart by their fixed bits (Citizen CT-S310
// manual, p. 310): DLE EOT 0xx1xx10, automatic status 0xx1xx00 and then three
// of 0xx0xxxx, GS r 0xx0xxxx, XON 0x11, XOFF 0x13. XON and XOFF may come within
// an automatic status.
type sorter struct {
	auto [4]byte
	have int // bytes of auto that came
}

func (s *sorter) see(b byte) kind {
	switch {
	case b == 0x11:
		return xon
	case b == 0x13:
		return xoff
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
