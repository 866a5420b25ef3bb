package voice

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"motcua/devices/sound"
)

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

// waveFormat is the "fmt " chunk of a WAV file.
type waveFormat struct {
	tag, channels, bits int
	rate                int
}

// The tags of PCM. An extensible format tells its tag at its end.
const (
	tagPCM        = 1
	tagExtensible = 0xfffe
)

var errNoWAV = errors.New("no WAV file")

// readWAV reads a recording: WAV (RIFF, IBM and Microsoft 1991), PCM of 8 to
// 32 bits, one or two channels. go-audio/wav cannot be used: it believes every
// length that a broken file gives and takes gigabytes for it.
func readWAV(b []byte) (recording, error) {
	if len(b) < 12 || string(b[:4]) != "RIFF" || string(b[8:12]) != "WAVE" {
		return recording{}, errNoWAV
	}
	var format *waveFormat
	for b = b[12:]; len(b) >= 8; {
		id, size := string(b[:4]), int64(binary.LittleEndian.Uint32(b[4:]))
		b = b[8:]
		if size > int64(len(b)) {
			return recording{}, fmt.Errorf("cut short: chunk %q has %d bytes of %d", id, len(b), size)
		}
		chunk := b[:size]
		b = b[min(size+size%2, int64(len(b))):] // chunks begin at even places
		switch id {
		case "fmt ":
			f, err := readFormat(chunk)
			if err != nil {
				return recording{}, err
			}
			format = &f
		case "data":
			if format == nil {
				return recording{}, errNoWAV
			}
			return format.samples(chunk)
		}
	}
	return recording{}, errEmpty
}

func readFormat(b []byte) (waveFormat, error) {
	if len(b) < 16 {
		return waveFormat{}, errNoWAV
	}
	f := waveFormat{
		tag:      int(binary.LittleEndian.Uint16(b)),
		channels: int(binary.LittleEndian.Uint16(b[2:])),
		rate:     int(binary.LittleEndian.Uint32(b[4:])),
		bits:     int(binary.LittleEndian.Uint16(b[14:])),
	}
	if f.tag == tagExtensible && len(b) >= 26 {
		f.tag = int(binary.LittleEndian.Uint16(b[24:]))
	}
	switch {
	case f.tag != tagPCM:
		return f, fmt.Errorf("WAV format %d, want PCM: save it as signed 16 bit", f.tag)
	case f.rate < minRate || f.rate > maxRate:
		return f, fmt.Errorf("%d Hz, want %d to %d", f.rate, minRate, maxRate)
	case f.channels < 1 || f.channels > 2:
		return f, fmt.Errorf("%d channels, want 1 or 2", f.channels)
	case f.bits != 8 && f.bits != 16 && f.bits != 24 && f.bits != 32:
		return f, fmt.Errorf("%d bits, want 8, 16, 24 or 32", f.bits)
	}
	return f, nil
}

// samples reads the "data" chunk: low byte first, 8 bits unsigned.
func (f waveFormat) samples(b []byte) (recording, error) {
	width := f.bits / 8
	frames := len(b) / (width * f.channels)
	if frames == 0 {
		return recording{}, errEmpty
	}
	if time.Duration(frames)*time.Second/time.Duration(f.rate) > longest {
		return recording{}, fmt.Errorf("longer than %v", longest)
	}
	r := recording{rate: f.rate, samples: make([]float32, frames)}
	for i := range frames * f.channels {
		var v int32 // its top bytes
		for k, octet := range b[i*width : (i+1)*width] {
			v |= int32(octet) << (8 * (4 - width + k))
		}
		if width == 1 {
			v ^= -1 << 31
		}
		r.samples[i/f.channels] += float32(v) / (1 << 31) / float32(f.channels)
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
