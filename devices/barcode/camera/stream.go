package camera

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"sync/atomic"

	"motcua/devices"
	"motcua/devices/port"
)

// MaxFrame is the longest JPEG frame that is believed, in bytes.
const MaxFrame = 8 << 20

// Stream is a Source whose frames come one after the other on a line: from a
// camera's own program, over a network, or from a file. It keeps half a frame for
// as long as it takes and skips none, so whoever sends waits for whoever reads.
type Stream struct {
	unit          string
	line          port.Line
	format        Format
	width, height int
	closed        atomic.Bool

	// turn is held by the Frame under way; what follows is its own.
	turn chan struct{}
	held []byte // of the frame under way, and what came behind it
	buf  []byte
	over bool // past MaxFrame: nothing counts until a picture begins
	grey image.Gray
}

var _ Source = (*Stream)(nil)

// NewStream gives the frames that come on line, and owns line from then on. width
// and height are in pixels; MJPEG frames tell theirs and need none. It fails with
// devices.ErrRefused for a format or a size that no stream can have.
func NewStream(unit string, line port.Line, format Format, width, height int) (*Stream, error) {
	if n, ok := format.frame(width, height); format != MJPEG && format != JPEG && (!ok || width <= 0 || height <= 0 || n > MaxFrame) {
		return nil, devices.Fail(unit, "open", devices.ErrRefused, fmt.Errorf("no stream of %d by %d pixels of %q: choose one of %q", width, height, format, formats()))
	}
	return &Stream{unit: unit, line: line, format: format, width: width, height: height,
		turn: make(chan struct{}, 1), buf: make([]byte, 64<<10)}, nil
}

// Frame implements Source.
func (s *Stream) Frame(ctx context.Context) (*image.Gray, error) {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	for {
		if s.closed.Load() {
			return nil, devices.Fail(s.unit, "read frame", devices.ErrClosed, nil)
		}
		frame, used, err := s.cut()
		if frame != nil {
			err = s.format.grey(frame, s.width, s.height, s.pitch(), &s.grey)
		}
		s.drop(used)
		if err != nil {
			return nil, devices.Fail(s.unit, "read frame", devices.ErrGarbled, err)
		}
		if frame != nil {
			return &s.grey, nil
		}
		n, err := s.line.Read(ctx, s.buf)
		if err != nil {
			return nil, err
		}
		s.held = append(s.held, s.buf[:n]...)
		clear(s.buf[:n])
	}
}

func (s *Stream) pitch() int {
	n, _ := s.format.row(s.width)
	return n
}

// cut gives the frame at the start of what is held, if it is whole, and how many
// bytes are done with.
func (s *Stream) cut() (frame []byte, used int, err error) {
	if n, ok := s.format.frame(s.width, s.height); ok {
		if len(s.held) < n {
			return nil, 0, nil
		}
		return s.held[:n], n, nil
	}
	begin := bytes.Index(s.held, []byte{0xff, markSOI, 0xff})
	if begin < 0 {
		// Two bytes may be the start of a start.
		return s.flood(max(len(s.held)-2, 0))
	}
	s.over = false
	end, ok := pictureEnd(s.held[begin:], nil)
	switch {
	case !ok:
		return nil, begin + 2, fmt.Errorf("%w: no picture after its mark", errSpoiled)
	case end > 0:
		return s.held[begin : begin+end], begin + end, nil
	case len(s.held)-begin > MaxFrame:
		s.over = true
		return nil, len(s.held), errEndless
	}
	return nil, begin, nil
}

// flood drops bytes that are no picture; it says so once.
func (s *Stream) flood(n int) ([]byte, int, error) {
	if n < MaxFrame/2 && !s.over {
		return nil, 0, nil // between two frames there may be a few words
	}
	told := s.over
	if s.over = true; told {
		return nil, n, nil
	}
	return nil, n, errEndless
}

var errEndless = fmt.Errorf("a frame without an end, past %d bytes", MaxFrame)

// drop forgets the first n bytes held, which may show a person's card.
func (s *Stream) drop(n int) {
	rest := copy(s.held, s.held[n:])
	clear(s.held[rest:])
	s.held = s.held[:rest]
}

// Close implements Source.
func (s *Stream) Close() error {
	s.closed.Store(true)
	return s.line.Close()
}
