package acr122ssim

import (
	"encoding/binary"
	"time"
)

// pieceTime is how long the reader waits for the rest of a frame.
const pieceTime = 100 * time.Millisecond

// cut puts frames together from what comes over the line, and ends with it. One
// that is not whole in time is passed on as it is.
func cut(bytes <-chan []byte, frames chan<- []byte) {
	defer close(frames)
	var b []byte
	for {
		var late <-chan time.Time
		var t *time.Timer
		if len(b) > 0 {
			t = time.NewTimer(pieceTime)
			late = t.C
		}
		select {
		case more, ok := <-bytes:
			if !ok {
				return
			}
			b = append(b, more...)
		case <-late:
			frames <- b
			b = nil
		}
		if t != nil {
			t.Stop()
		}
		for len(b) > 0 && b[0] != 0x02 && b[0] != 0x32 {
			b = b[1:]
		}
		for n := size(b); n > 0 && len(b) >= n; n = size(b) {
			frames <- b[:n:n]
			b = b[n:]
		}
	}
}

// size is how long the frame at the beginning of b says that it is; 0 if that is
// not known yet.
func size(b []byte) int {
	if len(b) < 11 {
		return 0
	}
	length := binary.LittleEndian.Uint32(b[2:])
	if length > 0x105 {
		return 11 // to be refused
	}
	return 11 + int(length) + 2
}

// take works on one frame.
func (r *Reader) take(f []byte) {
	if len(f) == 13 && f[0] == 2 && allZero(f[1:12]) && f[12] == 3 {
		r.mu.Lock()
		last := r.last
		r.mu.Unlock()
		if last != nil {
			r.say(last)
		}
		return
	}
	r.mu.Lock()
	r.heard++
	fault := r.faults[r.heard]
	delete(r.faults, r.heard)
	r.mu.Unlock()
	if fault.deaf {
		return
	}
	ends := byte(0x03)
	if len(f) > 0 && f[0] == 0x32 {
		ends = 0x33
	}
	var status byte
	switch n := len(f); {
	case n < 11:
		status = 0xFC
	case binary.LittleEndian.Uint32(f[2:]) > 0x105:
		status = 0xFE
	case n != 11+int(binary.LittleEndian.Uint32(f[2:]))+2:
		status = 0xFC
	case f[n-1] != ends:
		status = 0xFD
	case exclusive(f[1:n-1]) != 0, fault.nack:
		status = 0xFF
	}
	if !fault.mute {
		r.say([]byte{0x02, status, status, 0x03})
	}
	if status != 0 {
		return
	}
	if fault.restart {
		r.Restart()
		return
	}
	r.work(true)
	kind, slot, data, after := r.do(f, func() {
		r.say(frame(0x80, f[7], 0x80, 0x01, nil)) // more time, please
	})
	answer := frame(kind, f[7], slot, 0, data)
	r.mu.Lock()
	stale := r.last
	r.last, r.busy = answer, false
	r.mu.Unlock()
	switch {
	case fault.swallow:
	case fault.spoil != nil:
		for _, piece := range fault.spoil(answer, stale) {
			r.say(piece)
			if len(piece) > 0 && fault.pause > 0 && !r.wait(fault.pause) {
				return
			}
		}
	default:
		r.say(answer)
	}
	if after != nil {
		after()
	}
}

// say sends, unless the two ends have different speeds: then nothing sensible
// arrives.
func (r *Reader) say(b []byte) {
	if r.hears() {
		_, _ = r.line.Write(b)
	}
}

// frame makes a message of the reader.
func frame(kind, seq, slot, fault byte, data []byte) []byte {
	b := []byte{0x02, kind}
	b = binary.LittleEndian.AppendUint32(b, uint32(len(data)))
	b = append(b, 0, seq, slot, fault, 0)
	b = append(b, data...)
	return append(b, exclusive(b[1:]), 0x03)
}

func exclusive(b []byte) (x byte) {
	for _, v := range b {
		x ^= v
	}
	return x
}

func allZero(b []byte) bool {
	for _, v := range b {
		if v != 0 {
			return false
		}
	}
	return true
}
