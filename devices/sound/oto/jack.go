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

// openLimit bounds each step of Open: ALSA waits for ever for a device that
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
}

// New gives the jack of the unit of that name; nothing is opened.
func New(unit string) *Jack { return NewCard(unit, "") }

// NewCard is New for a loudspeaker that must hang at the sound card with that id;
// "" = at any. Open refuses a "default" that is another one: a monitor, or what is
// left when the loudspeaker was unplugged.
func NewCard(unit, card string) *Jack {
	return &Jack{unit: unit, card: card, turn: make(chan struct{}, 1), hand: newHand()}
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

// newLine asks the library for a device, which it keeps for good.
func (j *Jack) newLine() (l *line, err error) {
	if err := j.hand.do(openLimit, func() error { return knock(j.card) }); err != nil {
		return nil, err
	}
	err = j.hand.do(openLimit, func() error {
		device, ready, err := oto2.NewContextWithOptions(&oto2.NewContextOptions{
			SampleRate:   sound.Rate,
			ChannelCount: 1,
			Format:       oto2.FormatSignedInt16LE,
			BufferSize:   buffer,
		})
		if err != nil {
			return err
		}
		<-ready // without a device, too; then Err tells
		l = &line{device: device, hand: newHand(), turn: make(chan struct{}, 1)}
		return device.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("default device: %w", err)
	}
	return l, nil
}
