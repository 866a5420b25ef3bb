package voice

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/go-audio/wav"
	"github.com/jfreymuth/oggvorbis"

	"motcua/devices/sound"
)

// longest is the longest clip that is believed: a prompt lasts seconds.
const longest = 2 * time.Minute

var errEmpty = errors.New("no sound in it")

// decodeOgg reads a clip as the studio makes it: Ogg Vorbis, mono, at
// sound.Rate.
func decodeOgg(b []byte) (sound.Clip, error) {
	r, err := oggvorbis.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	if r.SampleRate() != sound.Rate || r.Channels() != 1 {
		return nil, fmt.Errorf("%d Hz with %d channels, want %d Hz with 1", r.SampleRate(), r.Channels(), sound.Rate)
	}
	var clip sound.Clip
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

// recording is sound of any rate, mixed down to mono, full scale 1.
type recording struct {
	rate    int
	samples []float32
}

// The rates of recordings that are taken, in Hz.
const (
	minRate = 8000
	maxRate = 192000
)

// readWAV reads a recording: WAV, PCM of 8 to 32 bits, one or two channels.
func readWAV(b []byte) (recording, error) {
	d := wav.NewDecoder(bytes.NewReader(b))
	d.ReadInfo()
	if err := d.Err(); err != nil {
		return recording{}, err
	}
	rate, channels, bits := int(d.SampleRate), int(d.NumChans), int(d.BitDepth)
	switch {
	case !d.IsValidFile():
		return recording{}, errors.New("no WAV file")
	case d.WavAudioFormat != 1:
		return recording{}, fmt.Errorf("WAV format %d, want PCM: save it as signed 16 bit", d.WavAudioFormat)
	case rate < minRate || rate > maxRate:
		return recording{}, fmt.Errorf("%d Hz, want %d to %d", rate, minRate, maxRate)
	case channels < 1 || channels > 2:
		return recording{}, fmt.Errorf("%d channels, want 1 or 2", channels)
	case bits != 8 && bits != 16 && bits != 24 && bits != 32:
		return recording{}, fmt.Errorf("%d bits, want 8, 16, 24 or 32", bits)
	}
	if err := d.FwdToPCM(); err != nil {
		return recording{}, err
	}
	if d.PCMSize > len(b) {
		return recording{}, fmt.Errorf("cut short: %d bytes of sound in a file of %d", d.PCMSize, len(b))
	}
	buf, err := d.FullPCMBuffer()
	if err != nil {
		return recording{}, err
	}
	frames := len(buf.Data) / channels
	if frames == 0 {
		return recording{}, errEmpty
	}
	if time.Duration(frames)*time.Second/time.Duration(rate) > longest {
		return recording{}, fmt.Errorf("longer than %v", longest)
	}
	full, zero := float32(int64(1)<<(bits-1)), 0
	if bits == 8 { // unsigned
		zero = 128
	}
	r := recording{rate: rate, samples: make([]float32, frames)}
	for i := range r.samples {
		for _, v := range buf.Data[i*channels : (i+1)*channels] {
			r.samples[i] += float32(v-zero) / full / float32(channels)
		}
	}
	return r, nil
}

// decodeWAV reads a recording as a clip.
func decodeWAV(b []byte) (sound.Clip, error) {
	r, err := readWAV(b)
	if err != nil {
		return nil, err
	}
	return r.clip(), nil
}
