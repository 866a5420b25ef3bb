package acr122s

import (
	"context"
	"errors"
	"fmt"

	"motcua/devices"
)

// Commands of the PN532 (UM0701-02, section 7).
const (
	diagnose      = 0x00
	setParameters = 0x12
	configureRF   = 0x32
	exchangeData  = 0x40
	listTargets   = 0x4A
)

// Status bytes of the PN532 (7.1).
const (
	fine       = 0x00
	timedOut   = 0x01
	moreBit    = 0x40 // in a status: more of the answer is to be fetched; in a target: more of the command comes
	statusMask = 0x3F
)

// longestPiece is how much of a command fits one frame: the reader takes 255 bytes
// for the PN532, of which three are its own.
const longestPiece = 252

// errRestarted: the reader lost its power and all that it was told.
var errRestarted = errors.New("the reader restarted: open it again")

// pn532 sends a command to the PN532 and gives what it answers behind the code.
func (w *wire) pn532(ctx context.Context, op string, command ...byte) ([]byte, error) {
	apdu := append([]byte{0xFF, 0, 0, 0, byte(len(command) + 1), 0xD4}, command...)
	defer clear(apdu)
	f, err := w.ask(ctx, op, call{stx, etx, transfer, apdu})
	if err != nil {
		return nil, err
	}
	if f.failed() {
		return nil, devices.Fail(w.unit, op, devices.ErrGone, errRestarted)
	}
	n := len(f.data) - 2
	if n < 0 {
		return nil, devices.Fail(w.unit, op, devices.ErrGarbled, nil)
	}
	switch word := uint16(f.data[n])<<8 | uint16(f.data[n+1]); {
	case word == 0x9000 && n >= 2 && f.data[0] == 0xD5 && f.data[1] == command[0]+1:
		return f.data[2:n], nil
	case word == 0x6301:
		return nil, devices.Fail(w.unit, op, devices.ErrSilent, errors.New("the contactless chip does not answer"))
	case word == 0x637F || n == 1 && f.data[0] == 0x7F:
		return nil, devices.Fail(w.unit, op, devices.ErrRefused, fmt.Errorf("the contactless chip does not know command %02X", command[0]))
	}
	return nil, devices.Fail(w.unit, op, devices.ErrGarbled, nil)
}

// ready has the SAM's slot switched on, and the PN532 look for cards once at a
// time, activate those of ISO/IEC 14443-4, and keep its field on.
func (w *wire) ready(ctx context.Context) error {
	const op = "open"
	// Whether there is a SAM does not matter; that the slot was switched on does.
	if _, err := w.ask(ctx, op, call{stx, etx, powerOn, nil}); err != nil {
		return err
	}
	for _, command := range [][]byte{
		{setParameters, 0x10},               // activate by RATS
		{configureRF, 0x05, 0x00, 0x00, 01}, // retries: look twice
		{configureRF, 0x01, 0x01},           // field on
	} {
		if _, err := w.pn532(ctx, op, command...); err != nil {
			return err
		}
	}
	return nil
}

// target is one card that the PN532 found.
type target struct {
	atr   []byte
	smart bool // it speaks ISO/IEC 14443-4
}

// list takes the field away from all cards, so that each begins anew, gives it
// back and tells how many there are, two at most, and what the first is.
func (w *wire) list(ctx context.Context, op string) (n int, first target, err error) {
	for _, on := range []byte{0, 1} {
		if _, err := w.pn532(ctx, op, configureRF, 0x01, on); err != nil {
			return 0, target{}, err
		}
	}
	for _, kind := range []struct {
		command []byte
		read    func([]byte) (target, bool)
	}{
		{[]byte{listTargets, 2, 0x00}, typeA},
		{[]byte{listTargets, 2, 0x03, 0x00}, typeB}, // of every application family
	} {
		b, err := w.pn532(ctx, op, kind.command...)
		if err != nil {
			return 0, target{}, err
		}
		if len(b) == 0 || b[0] == 0 {
			continue
		}
		first, ok := kind.read(b[1:])
		if !ok {
			return 0, target{}, devices.Fail(w.unit, op, devices.ErrGarbled, nil)
		}
		return int(b[0]), first, nil
	}
	return 0, target{}, nil
}

// typeA reads a target of type A (7.3.5): number, SENS_RES, SEL_RES, NFCID and,
// for ISO/IEC 14443-4, the ATS, whose historical bytes go into the ATR.
func typeA(b []byte) (target, bool) {
	if len(b) < 5 || len(b) < 5+int(b[4]) {
		return target{}, false
	}
	smart := b[3]&0x20 != 0
	ats := b[5+int(b[4]):]
	if !smart {
		return target{atr: makeATR(nil)}, true
	}
	if len(ats) == 0 || ats[0] == 0 || len(ats) < int(ats[0]) {
		return target{}, false
	}
	ats = ats[1:ats[0]]
	if len(ats) == 0 {
		return target{makeATR(nil), true}, true
	}
	skip := 1
	for bit := byte(0x10); bit <= 0x40; bit <<= 1 {
		if ats[0]&bit != 0 {
			skip++
		}
	}
	if len(ats) < skip || len(ats)-skip > 15 {
		return target{}, false
	}
	return target{makeATR(ats[skip:]), true}, true
}

// typeB reads a target of type B: number, the twelve bytes of ATQB, and the answer
// to ATTRIB behind its length. Application and protocol data go into the ATR.
func typeB(b []byte) (target, bool) {
	if len(b) < 15 || b[1] != 0x50 {
		return target{}, false
	}
	index := byte(0)
	if b[13] > 0 {
		index = b[14] & 0xF0
	}
	return target{makeATR(append(append([]byte(nil), b[6:13]...), index)), true}, true
}

// makeATR makes up the answer to reset of a contactless card (PC/SC part 3,
// section 3.1.3.2.3).
func makeATR(historical []byte) []byte {
	atr := append([]byte{0x3B, 0x80 | byte(len(historical)), 0x80, 0x01}, historical...)
	return append(atr, sum(atr[1:]))
}

// present asks the card whether it is still there, without its chip noticing
// (Diagnose, attention request: 7.2.1).
func (w *wire) present(ctx context.Context, op string) (bool, error) {
	b, err := w.pn532(ctx, op, diagnose, 0x06)
	return err == nil && len(b) == 1 && b[0]&statusMask == fine, err
}

// carry takes a command to the chip and appends its answer to b. Any status but
// fine is the PN532's reason why there is none.
func (w *wire) carry(ctx context.Context, command, b []byte) (answer []byte, status byte, err error) {
	piece := make([]byte, 0, 2+longestPiece)
	defer func() { clear(piece) }()
	for {
		n := min(len(command), longestPiece)
		goal := byte(1)
		if n < len(command) {
			goal |= moreBit
		}
		piece = append(append(piece[:0], exchangeData, goal), command[:n]...)
		got, err := w.pn532(ctx, "exchange", piece...)
		if err != nil {
			return b, 0, err
		}
		if len(got) == 0 {
			return b, 0, devices.Fail(w.unit, "exchange", devices.ErrGarbled, nil)
		}
		if status := got[0] & statusMask; status != fine {
			return b, status, nil
		}
		command = command[n:]
		if len(b)+len(got) > 1<<16 {
			return b, 0, devices.Fail(w.unit, "exchange", devices.ErrGarbled, errors.New("answer without end"))
		}
		b = append(b, got[1:]...)
		if len(command) == 0 && got[0]&moreBit == 0 {
			return b, fine, nil
		}
	}
}
