package oto

import (
	"context"
	"errors"
	"fmt"
	"time"

	oto2 "github.com/hajimehoshi/oto/v2"

	"motcua/devices"
	"motcua/devices/sound"
)

// openLimit bounds the asking for a device: ALSA waits for ever for one that
// another program holds.
const openLimit = 2 * time.Second

// Jack is the socket that the loudspeaker is plugged into. Make one for the
// process. Safe for use by several goroutines.
type Jack struct {
	unit string
	card string
	turn chan struct{} // one slot: held while line is looked at or replaced
	line *line
	hand hand
	// asked has the line that connect gave, which may be long after anybody waited
	// for it: then it is the next one's, as it holds the device.
	asked   chan *line
	connect func(card string) (*line, error) // may hang
}

// New gives the jack of the unit of that name; nothing is opened.
func New(unit string) *Jack { return NewCard(unit, "") }

// NewCard is New for a loudspeaker that must hang at the sound card with that id;
// "" = at any. Open refuses a "default" that is another one: a monitor, or what is
// left when the loudspeaker was unplugged.
func NewCard(unit, card string) *Jack {
	return &Jack{unit: unit, card: card, turn: make(chan struct{}, 1), hand: newHand(),
		asked: make(chan *line, 1), connect: connect}
}

// Open opens the default loudspeaker and lets it play a moment of silence, to
// know that it consumes sound at all. Without a working device it fails with
// devices.ErrGone, after five seconds at the latest, and with devices.ErrRefused
// when the default device is not the card it must be. Try again whenever you
// like: an attempt without a device leaks nothing.
func (j *Jack) Open(ctx context.Context) (*Speaker, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	select {
	case j.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-j.turn }()

	if j.line == nil || j.line.lost() {
		l, err := j.newLine()
		if wrong := (*wrongCard)(nil); errors.As(err, &wrong) {
			return nil, devices.Fail(j.unit, "open", devices.ErrRefused, err)
		}
		if err != nil {
			return nil, devices.Fail(j.unit, "open", devices.ErrGone, err)
		}
		j.line = l
	}
	s := &Speaker{unit: j.unit, line: j.line, closed: make(chan struct{}), level: full}
	if err := s.play(ctx, make(sound.Clip, sound.Rate/20), "open"); err != nil {
		return nil, err
	}
	return s, nil
}

// newLine gives a line to the device, or says why there is none. j.turn is held.
func (j *Jack) newLine() (*line, error) {
	err := j.hand.do(openLimit, func() error {
		if len(j.asked) > 0 {
			return nil // it came after all
		}
		l, err := j.connect(j.card)
		if err == nil {
			j.asked <- l // only one call at a time gets here
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return <-j.asked, nil
}

// connect asks the library for a device, which it keeps for good; it is not asked
// in vain.
func connect(card string) (*line, error) {
	if err := knock(card); err != nil {
		return nil, err
	}
	device, ready, err := oto2.NewContextWithOptions(&oto2.NewContextOptions{
		SampleRate:   sound.Rate,
		ChannelCount: 1,
		Format:       oto2.FormatSignedInt16LE,
		BufferSize:   buffer,
	})
	if err == nil {
		<-ready // without a device, too; then Err tells
		err = device.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("default device: %w", err)
	}
	return &line{device: device, hand: newHand(), turn: make(chan struct{}, 1)}, nil
}
