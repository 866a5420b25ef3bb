package pcsc

import (
	"context"
	"encoding/binary"
	"errors"
)

// How a reader is asked what it can do (PC/SC part 10, 2.2 and 2.6.14).
const (
	getFeatures    = 0x42000000 + 3400 // CM_IOCTL_GET_FEATURE_REQUEST as pcsc-lite spells it
	properties     = 0x12              // FEATURE_GET_TLV_PROPERTIES
	mostAPDU       = 0x0A              // dwMaxAPDUDataSize
	longestFeature = 1024
)

// short is how much data an answer to a short APDU has.
const short = 256

// errTags says that a reader's list of what it can do is not one.
var errTags = errors.New("the reader's list of features is malformed")

// carries asks the reader how much data an answer can have. A reader that does not
// say so carries short APDUs. It fails only when the line does.
func (h *held) carries(ctx context.Context, l *line) (int, error) {
	list, err := h.control(ctx, l, getFeatures)
	if err != nil {
		return short, lineOnly(err)
	}
	number, err := tag(list, properties)
	if err != nil || len(number) != 4 {
		return short, nil
	}
	list, err = h.control(ctx, l, binary.BigEndian.Uint32(number))
	if err != nil {
		return short, lineOnly(err)
	}
	most, err := tag(list, mostAPDU)
	if err != nil || len(most) != 4 {
		return short, nil
	}
	return int(min(max(binary.LittleEndian.Uint32(most), short), 65536)), nil
}

// lineOnly forgets what the daemon says against a question that a reader need not
// know.
func lineOnly(err error) error {
	var v verdict
	if errors.As(err, &v) {
		return nil
	}
	return err
}

// control asks the reader's driver something.
func (h *held) control(ctx context.Context, l *line, code uint32) ([]byte, error) {
	if err := l.say(ctx, message(sayControl, h.handle, code, 0, longestFeature, 0, 0)); err != nil {
		return nil, err
	}
	b, err := l.hear(ctx, controlSize)
	if err != nil {
		return nil, err
	}
	if v := last(b); v != fine {
		l.heard()
		return nil, v
	}
	n := word(b, controlSize-8)
	if n > longestFeature {
		return nil, errAnswer
	}
	b, err = l.hear(ctx, controlSize+int(n))
	if err != nil {
		return nil, err
	}
	l.heard()
	return b[controlSize:], nil
}

// tag finds the value of a tag in a list of one byte of tag, one of length, and
// the value. nil means that it is not there.
func tag(list []byte, want byte) ([]byte, error) {
	for len(list) > 0 {
		if len(list) < 2 || len(list)-2 < int(list[1]) {
			return nil, errTags
		}
		value := list[2 : 2+int(list[1])]
		if list[0] == want {
			return value, nil
		}
		list = list[2+len(value):]
	}
	return nil, nil
}
