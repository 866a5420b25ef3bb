package serial

import (
	"bytes"
	"errors"
)

// MaxFrame is the longest code that is believed, in bytes. A QR code holds at
// most 2,953; what is longer has lost its end.
const MaxFrame = 4 << 10

var errTooLong = errors.New("frame without an end")

// framer cuts the stream into frames at CR, LF or CRLF, or where its caller has
// seen an idle gap. It holds half a frame for as long as it takes.
type framer struct {
	suffix []byte // ends a frame as well, if there is one
	held   []byte
	over   bool // past MaxFrame: nothing counts until the next end
}

// take uses up in until a frame ends; frame is nil if none did, or an empty one. It fails with
// errTooLong once for a frame past MaxFrame, whose bytes are dropped to its end.
// The frame is valid until the next call.
func (f *framer) take(in []byte) (frame []byte, used int, err error) {
	for i, b := range in {
		switch {
		case b == '\r' || b == '\n':
			// The LF of CRLF ends an empty frame, which is none.
			return f.end(), i + 1, nil
		case f.over:
		case len(f.held) == MaxFrame:
			f.drop()
			f.over = true
			return nil, i + 1, errTooLong
		default:
			f.held = append(f.held, b)
			if len(f.suffix) > 0 && bytes.HasSuffix(f.held, f.suffix) {
				f.held = f.held[:len(f.held)-len(f.suffix)]
				return f.end(), i + 1, nil
			}
		}
	}
	return nil, len(in), nil
}

// end ends the frame under way; nil if there is none.
func (f *framer) end() []byte {
	f.over = false
	if len(f.held) == 0 {
		return nil
	}
	frame := f.held
	f.held = f.held[:0]
	return frame
}

// open tells that a frame has begun and not ended.
func (f *framer) open() bool { return f.over || len(f.held) > 0 }

// drop forgets what is held, which may be a person's.
func (f *framer) drop() {
	clear(f.held[:cap(f.held)])
	f.held = f.held[:0]
}
