// Package camera makes a barcode scanner of a camera: a document camera above the
// desk, a webcam, or any stream of pictures.
//
// A Source gives frames, package picture reads the codes in them. Frames are asked
// for one at a time and only while somebody waits in Next, so nothing of a visitor
// is looked at, or lies in a queue, between visits. A desk on which nothing changes
// is looked at for codes once a second, or it would cost a quarter of a core all
// night.
//
// The way to a camera is V4L2, by its ioctls (Linux media userspace API, part I).
// Of the libraries that wrap them, blackjack/webcam v0.6.1 gives back the size that
// was asked for and not the one that the camera took, hides how long a row is, and
// waits in whole seconds for what nothing can end; go4vl needs cgo and frees
// buffers that its stream still reads when it is stopped (its issue 67).
package camera

import (
	"context"
	"errors"
	"image"
	"sync"
	"time"

	"motcua/devices"
	"motcua/devices/barcode"
	"motcua/devices/barcode/content"
	"motcua/devices/barcode/picture"
)

// A Source gives the frames of a camera.
type Source interface {
	// Frame waits for the next frame; it is the caller's until the next call, and
	// not older than a second. It returns ctx.Err() if ctx ends first (the camera
	// works on), devices.ErrGone when it was unplugged, devices.ErrClosed after
	// Close, devices.ErrGarbled for a frame that is none. Of several callers one
	// waits for the other.
	Frame(ctx context.Context) (*image.Gray, error)
	// Close gives the camera back and unblocks Frame. Twice is fine.
	Close() error
}

// Options say which camera and how it is used. Zero values are right for most.
type Options struct {
	Unit string // the peripheral's name in the configuration
	Path string // for Open: /dev/v4l/by-id/…-video-index0
	// Width and Height are the frame to ask for, in pixels; 0 = 1280 by 720. A
	// camera may give another size.
	Width, Height int
	// Pause is how long to wait between two looks: 0 = DefaultPause, negative =
	// none.
	Pause time.Duration
	// Repeat is how long after its last sighting a code counts as still held
	// under the camera: 0 = DefaultRepeat, negative = every sighting counts.
	Repeat time.Duration
	// Silence is how long a camera may give no frame before Next fails with
	// devices.ErrSilent: 0 = DefaultSilence, negative = as long as it takes.
	Silence time.Duration
}

const (
	// DefaultPause gives some ten looks a second, enough for a card that is held.
	DefaultPause = 80 * time.Millisecond
	// DefaultRepeat is longer than a hand hides a code that it still holds.
	DefaultRepeat = 2 * time.Second
	// DefaultSilence is long past the exposure of the darkest room.
	DefaultSilence = 10 * time.Second
	// resting is how long a desk that has not changed is not looked at.
	resting = time.Second
	// asleep is how long a desk must not have changed for frames to be asked for
	// seldom, as many times as seldom as that: to unpack a camera's JPEG costs more
	// than to see that nothing has changed.
	asleep = 10 * time.Second
	seldom = 4
	// garbledMost is how many frames in a row may be spoiled: cables and hubs do
	// that now and then.
	garbledMost = 30
)

// Scanner is a camera that reads codes. It implements barcode.Scanner.
type Scanner struct {
	source Source
	opts   Options
	closed chan struct{}
	once   sync.Once
	gone   error // of Close

	// turn is held by the Next under way; what follows is its own.
	turn   chan struct{}
	reader picture.Reader
	sight  *content.Sight
	still  still
	looked time.Time // when the last look ended
	// changed is when the desk looked otherwise last; zero = no look yet.
	changed time.Time
}

var _ barcode.Scanner = (*Scanner)(nil)

// Open opens the camera at o.Path, with the errors of OpenVideo.
func Open(ctx context.Context, o Options) (*Scanner, error) {
	v, err := OpenVideo(ctx, o.Unit, o.Path, o.Width, o.Height)
	if err != nil {
		return nil, err
	}
	return New(v, o), nil
}

// New reads codes in the frames of source, and owns source from then on.
func New(source Source, o Options) *Scanner {
	if o.Pause == 0 {
		o.Pause = DefaultPause
	}
	if o.Repeat == 0 {
		o.Repeat = DefaultRepeat
	}
	if o.Silence == 0 {
		o.Silence = DefaultSilence
	}
	return &Scanner{source: source, opts: o, closed: make(chan struct{}), turn: make(chan struct{}, 1), sight: content.NewSight(o.Repeat)}
}

// Next implements barcode.Scanner. Several callers take turns. Codes that are shown
// while nobody asks are not read. It fails with devices.ErrSilent when the camera
// gives no frame for the time of Silence, and with devices.ErrGarbled when all that
// it gives is spoiled.
func (s *Scanner) Next(ctx context.Context) (barcode.Code, error) {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return barcode.Code{}, ctx.Err()
	}
	garbled := 0
	for {
		if err := s.pause(ctx); err != nil {
			return barcode.Code{}, err
		}
		frame, err := s.frame(ctx)
		switch {
		case errors.Is(err, errSpoiled) && garbled < garbledMost:
			garbled++
			continue
		case err != nil:
			return barcode.Code{}, err
		}
		garbled = 0
		if code, ok := s.look(frame, time.Now()); ok {
			return code, nil
		}
	}
}

// look reads the code in a frame that came at now. ok is false if there is none, or
// one that was told.
func (s *Scanner) look(frame *image.Gray, now time.Time) (barcode.Code, bool) {
	defer func() { s.looked = time.Now() }()
	same := s.still.same(frame)
	if !same {
		s.changed = now
	}
	if same && now.Sub(s.still.since) < resting {
		return barcode.Code{}, false
	}
	s.still.since = now
	found, err := s.reader.Read(frame)
	if err != nil {
		s.still.empty(frame)
		return barcode.Code{}, false
	}
	s.still.forget()
	if found.Text == "" || s.sight.Again(found.Text, now, now) {
		return barcode.Code{}, false
	}
	return barcode.Code{Text: found.Text, Raw: found.Raw, At: now}, true
}

// frame waits for a frame, for the time of Silence.
func (s *Scanner) frame(ctx context.Context) (*image.Gray, error) {
	if s.opts.Silence < 0 {
		return s.source.Frame(ctx)
	}
	wait, cancel := context.WithTimeout(ctx, s.opts.Silence)
	defer cancel()
	frame, err := s.source.Frame(wait)
	if err != nil && wait.Err() != nil && errors.Is(err, wait.Err()) && ctx.Err() == nil {
		return nil, devices.Fail(s.opts.Unit, "read frame", devices.ErrSilent, nil)
	}
	return frame, err
}

// pause waits until the next look is due.
func (s *Scanner) pause(ctx context.Context) error {
	pause := s.opts.Pause
	if s.looked.Sub(s.changed) > asleep {
		pause *= seldom
	}
	if wait := pause - time.Since(s.looked); wait > 0 && !s.looked.IsZero() {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		case <-s.closed:
		}
	}
	select {
	case <-s.closed: // a frame may still be there; nobody wants it
		return devices.Fail(s.opts.Unit, "read code", devices.ErrClosed, nil)
	default:
		return ctx.Err()
	}
}

// Close implements barcode.Scanner.
func (s *Scanner) Close() error {
	s.once.Do(func() {
		close(s.closed)
		s.gone = s.source.Close()
	})
	return s.gone
}
