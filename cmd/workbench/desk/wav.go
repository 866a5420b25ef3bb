package desk

import (
	"encoding/binary"

	"motcua/devices/sound/soundsim"
)

// wav puts runs of sound one after the other into a WAV file: mono, 16 bit.
func wav(runs ...soundsim.Run) []byte {
	const header = 44
	rate, frames := 48000, 0
	for _, r := range runs {
		rate, frames = r.Rate, frames+len(r.PCM)
	}
	size := 2 * frames
	b := make([]byte, 0, header+size)
	b = append(b, "RIFF"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(header-8+size))
	b = append(b, "WAVEfmt "...)
	b = binary.LittleEndian.AppendUint32(b, 16)
	b = binary.LittleEndian.AppendUint16(b, 1) // PCM
	b = binary.LittleEndian.AppendUint16(b, 1) // mono
	b = binary.LittleEndian.AppendUint32(b, uint32(rate))
	b = binary.LittleEndian.AppendUint32(b, uint32(2*rate))
	b = binary.LittleEndian.AppendUint16(b, 2)
	b = binary.LittleEndian.AppendUint16(b, 16)
	b = append(b, "data"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(size))
	for _, r := range runs {
		for _, s := range r.PCM {
			b = binary.LittleEndian.AppendUint16(b, uint16(s))
		}
	}
	return b
}
