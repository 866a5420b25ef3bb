package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os/exec"
	"strings"
	"time"

	"github.com/jfreymuth/oggvorbis"

	"motcua/devices/sound"
	"motcua/kiosk/pack"
	"motcua/kiosk/voice"
)

// The voice: slow and clear, for people of eighty. 130 words a minute make 3.4
// Vietnamese syllables a second.
var speakers = map[pack.Lang][]string{
	pack.VI: {"-v", "vi", "-s", "130"},
	pack.EN: {"-v", "en-gb", "-s", "130"},
}

// encoder makes the same bytes of the same sound: -s fixes the stream's number.
var encoder = []string{"-Q", "-q", "0", "-s", "1"}

// How a clip is cut.
const (
	quiet = 0.01                   // of full scale: silence, about -40 dB
	lead  = 20 * time.Millisecond  // kept before the first sound
	trail = 60 * time.Millisecond  // kept after the last: endings fade
	peak  = 0.708                  // -3 dB
	ramp  = 5 * time.Millisecond   // faded in and out, against clicks
	least = 100 * time.Millisecond // of sound in any clip
)

// settings is everything but the words that decides how a clip sounds.
func settings(lang pack.Lang) string {
	return strings.Join(append(append([]string{"cut 2"}, speakers[lang]...), encoder...), " ")
}

// record makes the clip of s as Ogg Vorbis.
func record(ctx context.Context, s voice.Script) ([]byte, error) {
	// Read aloud, a bold star would be a word.
	words := strings.ReplaceAll(s.Words, "*", "")
	raw, err := pipe(ctx, []byte(words), "espeak-ng", append(speakers[s.Lang], "-b", "1", "--stdin", "--stdout")...)
	if err != nil {
		return nil, err
	}
	whole, err := spoken(raw)
	if err != nil {
		return nil, err
	}
	clip, err := cut(whole)
	if err != nil {
		return nil, err
	}
	// What is decoded peaks elsewhere than what was encoded: go by what is heard.
	gain := peak
	for range 6 {
		b, err := encode(ctx, clip, gain)
		if err != nil {
			return nil, err
		}
		heard, err := loudest(b)
		if err != nil {
			return nil, err
		}
		if off := 20 * math.Log10(heard/peak); math.Abs(off) < 1.5 {
			return b, nil
		}
		gain *= peak / heard
	}
	return nil, errors.New("peak does not settle near -3 dB")
}

// encode makes Ogg Vorbis of clip, times gain.
func encode(ctx context.Context, clip []float64, gain float64) ([]byte, error) {
	b := make([]byte, 0, 2*len(clip))
	for _, v := range clip {
		b = binary.LittleEndian.AppendUint16(b, uint16(int16(math.Round(v*gain*math.MaxInt16))))
	}
	return pipe(ctx, b, "oggenc", append(encoder, "-r", "-R", fmt.Sprint(sound.Rate), "-C", "1", "-B", "16", "-o", "-", "-")...)
}

// loudest is the peak of a clip as it will be heard, 1 = full scale.
func loudest(ogg []byte) (float64, error) {
	samples, _, err := oggvorbis.ReadAll(bytes.NewReader(ogg))
	top := 0.0
	for _, v := range samples {
		top = max(top, math.Abs(float64(v)))
	}
	if err == nil && top == 0 {
		err = errors.New("encoded to silence")
	}
	return top, err
}

// pipe runs a program over in and gives what it wrote.
func pipe(ctx context.Context, in []byte, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdin = bytes.NewReader(in)
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w: %s", name, err, strings.TrimSpace(complaint.String()))
	}
	return out.Bytes(), nil
}

// spoken takes the samples out of what espeak-ng streams: a WAV header of 44
// bytes whose lengths are not filled in, mono, 16 bit.
func spoken(wav []byte) (sound.Clip, error) {
	if len(wav) < 44 || string(wav[:4]) != "RIFF" || string(wav[36:40]) != "data" {
		return nil, errors.New("espeak-ng gave no WAV")
	}
	if rate := binary.LittleEndian.Uint32(wav[24:]); rate != sound.Rate {
		return nil, fmt.Errorf("espeak-ng speaks at %d Hz, want %d", rate, sound.Rate)
	}
	wav = wav[44:]
	clip := make(sound.Clip, len(wav)/2)
	for i := range clip {
		clip[i] = int16(binary.LittleEndian.Uint16(wav[2*i:]))
	}
	return clip, nil
}

// cut trims the silence off both ends and brings the peak to 1.
func cut(whole sound.Clip) ([]float64, error) {
	top := 0.0
	from, to := len(whole), 0
	for i, v := range whole {
		top = max(top, math.Abs(float64(v)))
		if math.Abs(float64(v)) > quiet*math.MaxInt16 {
			from, to = min(from, i), i+1
		}
	}
	if to-from < samples(least) {
		return nil, errors.New("next to nothing was spoken")
	}
	from, to = max(from-samples(lead), 0), min(to+samples(trail), len(whole))
	clip := make([]float64, to-from)
	for i := range clip {
		fade := min(1, float64(min(i, len(clip)-i))/float64(samples(ramp)))
		clip[i] = float64(whole[from+i]) / top * fade
	}
	return clip, nil
}

func samples(d time.Duration) int { return int(int64(d) * sound.Rate / int64(time.Second)) }
