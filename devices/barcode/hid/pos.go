package hid

import (
	"bytes"
	"errors"
)

// A HID-POS scanner sends a code in reports of 64 bytes (USB HID Point of Sale
// Usage Tables 1.02, page 8Ch; laid out alike in the integration guides of
// Honeywell, Zebra, Datalogic and Access-IS):
//
//	0      report id, 2 for scanned data
//	1      how many of the bytes 5 to 60 count, at most 56
//	2–4    AIM identifier of the symbology: ]Q1
//	5–60   the content
//	61–62  the make's own number of the symbology
//	63     bit 0: more of the same code follows
const (
	posReport  = 64
	posScanned = 2
	posContent = 5
	posMost    = 56
	posMore    = 1
)

// MaxCode is the longest code that is believed, in bytes. A QR code holds at most
// 2,953; what is longer has lost its end.
const MaxCode = 4 << 10

var (
	errShape   = errors.New("a report of another kind came: check the mode that the scanner is set to")
	errTooLong = errors.New("code without an end")
	errHalf    = errors.New("the rest of the code did not come")
	errAlt     = errors.New("a character was typed that has no single byte: set the scanner to HID-POS or USB-COM")
)

// posDecoder joins reports to codes.
//
// The format numbers nothing, so a report that was lost in the middle cannot be
// seen in it. A lost last one can: the next report has another identifier, or it
// comes so late that the decoder was told to end before.
type posDecoder struct {
	joiner
	kind [3]byte // the identifier of the code under way
}

// feed takes one report.
func (d *posDecoder) feed(report []byte, emit emit) {
	if len(report) > 0 && report[0] != posScanned {
		return // about the unit's state, not about a code
	}
	if len(report) != posReport || report[1] > posMost {
		d.drop()
		emit(nil, errShape)
		return
	}
	kind := [3]byte(report[2:posContent])
	if d.begun && kind != d.kind {
		d.expire(emit)
	}
	d.kind = kind
	d.add(report[posContent:posContent+int(report[1])], emit)
	if report[posReport-1]&posMore == 0 {
		d.end(emit)
	}
}

// expire ends a code whose rest has not come.
func (d *posDecoder) expire(emit emit) {
	if !d.over { // else it was told when it passed the limit
		emit(nil, errHalf)
	}
	d.drop()
}

// emit takes what a decoder has found, in order: a code, which is the taker's, or
// why there is none. Each code that cannot be read is told once.
type emit func(code []byte, err error)

// joiner holds the bytes of the code under way.
type joiner struct {
	held  []byte
	begun bool
	over  bool // cannot be read any more: nothing counts until the end
}

// add takes more of the code.
func (j *joiner) add(part []byte, emit emit) {
	j.begun = true
	switch {
	case j.over:
	case len(j.held)+len(part) > MaxCode:
		j.spoil(errTooLong, emit)
	default:
		j.held = append(j.held, part...)
	}
}

// spoil gives the code up, so that no part of it passes for a code.
func (j *joiner) spoil(why error, emit emit) {
	j.drop()
	j.begun, j.over = true, true
	emit(nil, why)
}

// end ends the code. An empty one is none.
func (j *joiner) end(emit emit) {
	if len(j.held) > 0 {
		emit(bytes.Clone(j.held), nil)
	}
	j.drop()
}

// open tells that a code has begun and not ended.
func (j *joiner) open() bool { return j.begun }

// drop forgets the code, which may be a person's.
func (j *joiner) drop() {
	clear(j.held)
	*j = joiner{held: j.held[:0]}
}
