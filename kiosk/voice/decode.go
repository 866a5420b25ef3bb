package voice

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/jfreymuth/oggvorbis"

	"motcua/devices/sound"
)

// longest is the longest clip that is believed: a prompt lasts seconds.
const longest = 2 * time.Minute

var errEmpty = errors.New("no sound in it")

// decodeOgg reads a clip as the studio makes it: Ogg Vorbis, mono, at
// sound.Rate.
func decodeOgg(b []byte) (clip sound.Clip, err error) {
	// oggvorbis trusts the lengths in a stream and panics on a broken one; a
	// prompt that cannot be spoken must not end the program.
	defer func() {
		if broken := recover(); broken != nil {
			clip, err = nil, fmt.Errorf("broken stream: %v", broken)
		}
	}()
	r, err := oggvorbis.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	if r.SampleRate() != sound.Rate || r.Channels() != 1 {
		return nil, fmt.Errorf("%d Hz with %d channels, want %d Hz with 1", r.SampleRate(), r.Channels(), sound.Rate)
	}
	part := make([]float32, sound.Rate)
	for {
		n, err := r.Read(part)
		for _, v := range part[:n] {
			clip = append(clip, pcm(float64(v)))
		}
		switch {
		case clip.Length() > longest:
			return nil, fmt.Errorf("longer than %v", longest)
		case err == nil:
		case len(clip) == 0:
			return nil, errEmpty
		default: // io.EOF, or a broken end: what came before can be spoken
			return clip, nil
		}
	}
}

// pcm rounds a sample of full scale 1 and clips what is beyond.
func pcm(v float64) int16 {
	return int16(math.Round(min(max(v*math.MaxInt16, math.MinInt16), math.MaxInt16)))
}
