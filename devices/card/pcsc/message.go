package pcsc

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf8"
)

// What a program says to the daemon (pcsc-lite, src/winscard_msg.h). Each message
// is its length without this head, its number, and the body; an answer is the
// body alone, filled in. Words are of the machine's own order.
const (
	sayEstablish  = 0x01
	sayConnect    = 0x04
	sayReconnect  = 0x05
	sayDisconnect = 0x06
	sayTransmit   = 0x09
	sayControl    = 0x0A
	sayVersion    = 0x11
	sayStates     = 0x12
	sayWatch      = 0x13
	sayEvents     = 0x15 // from protocol 4.5 on
)

// Lengths of what comes back (same place; eventhandler.h for a state).
const (
	versionSize   = 3 * 4
	establishSize = 3 * 4
	nameSize      = 128
	connectSize   = 4 + nameSize + 5*4
	reconnectSize = 6 * 4
	transmitSize  = 8 * 4
	controlSize   = 6 * 4
	bellSize      = 2 * 4
	atrSize       = 33
	stateSize     = nameSize + 3*4 + atrSize + 3 + 2*4
	statesCount   = 16
	statesSize    = statesCount * stateSize
)

// What the words of a message mean (PC/SC part 5; pcsclite.h).
const (
	systemScope = 2
	exclusive   = 1
	anyProtocol = 1 | 2 // T=0 or T=1
	leaveCard   = 0
	unpowerCard = 2
	pciLength   = 16
)

// longest is the longest answer with its status word, and longestCommand the
// longest command, that the daemon carries (MAX_BUFFER_SIZE_EXTENDED).
const (
	longest        = 65536 + 2
	longestCommand = 4 + 3 + 65536 + 3 + 2
)

// What a state tells of the card in a reader.
const (
	stateUnknown   = 0x01
	statePresent   = 0x04
	stateSwallowed = 0x08
	statePowered   = 0x10
	stateKnown     = 0x7F
)

var words = binary.NativeEndian

// message builds what is said: head and body.
func message(number uint32, body ...uint32) []byte {
	b := words.AppendUint32(make([]byte, 0, 8+4*len(body)), uint32(4*len(body)))
	b = words.AppendUint32(b, number)
	for _, w := range body {
		b = words.AppendUint32(b, w)
	}
	return b
}

// connectMessage asks for the card in a reader for this program alone.
func connectMessage(context uint32, reader string) []byte {
	b := words.AppendUint32(make([]byte, 0, 8+connectSize), connectSize)
	b = words.AppendUint32(b, sayConnect)
	b = words.AppendUint32(b, context)
	name := make([]byte, nameSize)
	copy(name[:nameSize-1], reader)
	b = append(b, name...)
	for _, w := range []uint32{exclusive, anyProtocol, 0, 0, 0} {
		b = words.AppendUint32(b, w)
	}
	return b
}

// word gives the word at an offset of an answer.
func word(b []byte, at int) uint32 { return words.Uint32(b[at:]) }

// last gives the last word of an answer, which is the daemon's verdict.
func last(b []byte) verdict { return verdict(word(b, len(b)-4)) }

// A state is what the daemon knows of one reader.
type state struct {
	name     string
	counter  uint32 // goes up each time a card comes or goes
	bits     uint32
	sharing  int32 // how many programs use it; -1 is one for itself alone
	atr      []byte
	protocol uint32
}

// present tells whether a card lies there.
func (s state) present() bool { return s.bits&statePresent != 0 }

// mute tells whether a card lies there that gave no answer to reset.
func (s state) mute() bool {
	return s.present() && s.bits&stateSwallowed != 0 && s.bits&statePowered == 0
}

// stuck tells whether the daemon cannot reach the reader.
func (s state) stuck() bool { return s.bits&stateUnknown != 0 }

// errState says that what should be the states of readers is not.
var errState = errors.New("the states of the readers make no sense")

// decodeStates reads the list of all readers; those not there are left out.
func decodeStates(b []byte) ([]state, error) {
	if len(b) != statesSize {
		return nil, fmt.Errorf("%w: %d bytes", errState, len(b))
	}
	var list []state
	for ; len(b) > 0; b = b[stateSize:] {
		s, err := decodeState(b[:stateSize])
		if err != nil {
			return nil, err
		}
		if s.name != "" {
			list = append(list, s)
		}
	}
	return list, nil
}

func decodeState(b []byte) (state, error) {
	end := bytes.IndexByte(b[:nameSize], 0)
	if end < 0 || !utf8.Valid(b[:end]) {
		return state{}, fmt.Errorf("%w: no name", errState)
	}
	rest := b[nameSize:]
	s := state{
		name:     string(b[:end]),
		counter:  word(rest, 0),
		bits:     word(rest, 4),
		sharing:  int32(word(rest, 8)),
		protocol: word(rest, 12+atrSize+3+4),
	}
	n := word(rest, 12+atrSize+3)
	switch {
	case s.name == "": // no reader: what else stands there is left from another one
		return state{}, nil
	case s.bits&^stateKnown != 0:
		return state{}, fmt.Errorf("%w: bits %#x", errState, s.bits)
	case n == atrSize+1: // the reader is being started; the daemon tells when it is done
		s.bits &^= statePresent
	case n > atrSize:
		return state{}, fmt.Errorf("%w: an answer to reset of %d bytes", errState, n)
	default:
		s.atr = bytes.Clone(rest[12 : 12+n])
	}
	return s, nil
}

// A verdict is the daemon's word on a call (PC/SC part 5; pcsclite.h).
type verdict uint32

const (
	fine              verdict = 0
	internalError     verdict = 0x80100001
	invalidHandle     verdict = 0x80100003
	invalidParameter  verdict = 0x80100004
	noMemory          verdict = 0x80100006
	waitedTooLong     verdict = 0x80100007
	insufficient      verdict = 0x80100008
	unknownReader     verdict = 0x80100009
	timeout           verdict = 0x8010000A
	sharingViolation  verdict = 0x8010000B
	noCard            verdict = 0x8010000C
	protocolMismatch  verdict = 0x8010000F
	notReady          verdict = 0x80100010
	invalidValue      verdict = 0x80100011
	commError         verdict = 0x80100013
	unknownError      verdict = 0x80100014
	notTransacted     verdict = 0x80100016
	readerUnavailable verdict = 0x80100017
	shutdown          verdict = 0x80100018
	noService         verdict = 0x8010001D
	serviceStopped    verdict = 0x8010001E
	unsupported       verdict = 0x8010001F
	noReaders         verdict = 0x8010002E
	unresponsive      verdict = 0x80100066
	unpowered         verdict = 0x80100067
	wasReset          verdict = 0x80100068
	removed           verdict = 0x80100069
	securityViolation verdict = 0x8010006A
)

var verdicts = map[verdict]string{
	internalError:     "internal error",
	invalidHandle:     "handle is not valid",
	invalidParameter:  "parameter is not valid",
	noMemory:          "out of memory",
	waitedTooLong:     "waited too long",
	insufficient:      "answer is longer than was asked for",
	unknownReader:     "reader is not known",
	timeout:           "time is over",
	sharingViolation:  "another program uses the reader",
	noCard:            "no card",
	protocolMismatch:  "card speaks another protocol",
	notReady:          "not ready",
	invalidValue:      "value is not valid",
	commError:         "card and reader do not understand each other",
	unknownError:      "unknown error",
	notTransacted:     "command did not get through",
	readerUnavailable: "reader is not available",
	shutdown:          "daemon is about to end",
	noService:         "daemon is not there",
	serviceStopped:    "daemon has stopped",
	unsupported:       "not supported",
	noReaders:         "no reader",
	unresponsive:      "card gives no answer to reset",
	unpowered:         "card has no power",
	wasReset:          "card was reset",
	removed:           "card was removed",
	securityViolation: "no permission",
}

// Error says the verdict in words.
func (v verdict) Error() string {
	if s, ok := verdicts[v]; ok {
		return "card daemon: " + s
	}
	return fmt.Sprintf("card daemon: error %#x", uint32(v))
}
