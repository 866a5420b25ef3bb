package acr122ssim

import (
	"bytes"
	"slices"
	"time"

	"motcua/devices/card/cardsim"
)

var (
	completed = []byte{0x90, 0x00}
	unknown   = []byte{0x7F, 0x63, 0x7F} // the PN532's syntax error, and the reader's word for it
)

// do carries out a command: type, status and data of the answer, and what is to be
// done when it has been sent. more is called when the reader needs more time.
func (r *Reader) do(f []byte, more func()) (kind, slot byte, data []byte, after func()) {
	in := f[11 : len(f)-2]
	switch f[1] {
	case 0x62:
		r.mu.Lock()
		r.powered = true
		r.mu.Unlock()
		return 0x80, 0x42, nil, nil // no SAM in it
	case 0x63:
		return 0x81, 0x02, nil, nil
	case 0x6F:
	default:
		return 0x81, 0x42, nil, nil
	}
	r.mu.Lock()
	powered := r.powered
	r.mu.Unlock()
	switch {
	case bytes.Equal(in, []byte{0xFF, 0, 0x48, 0, 0}):
		return 0x81, 0, []byte("ACR122S202"), nil
	case len(in) == 5 && bytes.HasPrefix(in, []byte{0xFF, 0, 0x44}):
		if f[0] != 0x32 || r.o.Stubborn || in[3] > 1 {
			return 0x80, 0, []byte{0x63, 0}, nil
		}
		return 0x80, 0, []byte{0x90, in[3]}, func() {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.fast = in[3] == 1
		}
	case !powered:
		return 0x81, 0x41, nil, nil
	case len(in) < 7 || !bytes.HasPrefix(in, []byte{0xFF, 0, 0, 0}) || int(in[4]) != len(in)-5 || in[5] != 0xD4:
		return 0x80, 0, unknown, nil
	}
	answer, known := r.pn532(in[6:], more)
	if !known {
		return 0x80, 0, unknown, nil
	}
	return 0x80, 0, slices.Concat([]byte{0xD5, in[6] + 1}, answer, completed), nil
}

// pn532 carries out a command of the PN532.
func (r *Reader) pn532(c []byte, more func()) (answer []byte, known bool) {
	r.mu.Lock()
	switch {
	case bytes.Equal(c, []byte{0x00, 0x06}):
		defer r.mu.Unlock()
		switch {
		case len(r.active) == 0:
			return []byte{0x01}, true
		case r.crowded():
			return []byte{0x02}, true
		}
		return []byte{0x00}, true
	case c[0] == 0x12 && len(c) == 2:
		defer r.mu.Unlock()
		return nil, true
	case c[0] == 0x32 && len(c) > 2:
		defer r.mu.Unlock()
		switch {
		case c[1] == 0x01 && c[2] == 0: // field off
			r.active = nil
			for _, l := range r.lying {
				l.Reset()
			}
		case c[1] == 0x05:
			r.ready = true
		}
		return nil, true
	case c[0] == 0x4A && len(c) > 2:
		defer r.mu.Unlock()
		if !r.ready {
			return nil, false // it would look for ever
		}
		return r.list(int(c[1]), c[2]), true
	case c[0] == 0x40 && len(c) > 1:
		return r.exchange(c[1], c[2:], more), true // unlocks
	}
	r.mu.Unlock()
	return nil, false
}

// crowded tells whether each card disturbs the other. mu is held.
func (r *Reader) crowded() bool { return len(r.lying) > 1 && !r.o.Calm }

// list activates what lies there. mu is held.
func (r *Reader) list(most int, kind byte) []byte {
	r.active, r.command, r.rest = nil, nil, nil
	if wanted := byte(0); kind != wanted && !r.o.TypeB || kind == wanted && r.o.TypeB {
		return []byte{0}
	}
	if r.plain {
		return []byte{1, 1, 0x00, 0x04, 0x08, 4, 0xDE, 0xAD, 0xBE, 0xEF}
	}
	r.active = slices.Clone(r.lying[:min(most, 2, len(r.lying))])
	answer := []byte{byte(len(r.active))}
	for i, c := range r.active {
		historical := c.ATR()[4:]
		historical = historical[:len(historical)-1]
		if r.o.TypeB {
			answer = append(answer, byte(i+1), 0x50, 8, 1, 2, 3, 0x11, 0x22, 0x33, 0x44, 0x00, 0x71, 0x85, 1, 0x21)
			continue
		}
		answer = append(answer, byte(i+1), 0x00, 0x04, 0x20, 4, 0x08, 1, 2, 3)
		answer = append(answer, byte(len(historical)+5), 0x78, 0x80, 0x70, 0x02)
		answer = append(answer, historical...)
	}
	return answer
}

// exchange carries a command to a chip. mu is held, and given back.
func (r *Reader) exchange(goal byte, data []byte, more func()) []byte {
	fail := func(status byte) []byte { defer r.mu.Unlock(); return []byte{status} }
	switch {
	case goal&0x3F != 1:
		return fail(0x27)
	case r.plain:
		return fail(0x13)
	case len(r.active) == 0:
		defer r.wait(r.o.Patience / 10)
		return fail(0x01)
	case r.crowded():
		return fail(0x02)
	case len(r.rest) > 0 && len(data) == 0:
		defer r.mu.Unlock()
		return r.piece()
	}
	r.command = append(r.command, data...)
	if goal&0x40 != 0 {
		return fail(0x00)
	}
	chip, command := r.active[0], r.command
	r.command = nil
	r.mu.Unlock()
	got := chip.Answer(command)
	if got.Lost {
		r.takeOff(chip)
		r.wait(r.o.Patience / 10)
		return []byte{0x01}
	}
	if got.Silent {
		got.After = r.o.Patience
	}
	if !r.think(got.After, more) || got.Silent {
		return []byte{0x01}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Contains(r.active, chip) {
		return []byte{0x01}
	}
	r.rest = got.Answer
	return r.piece()
}

// piece is the next of an answer, behind its status. mu is held.
func (r *Reader) piece() []byte {
	n := min(len(r.rest), r.o.Longest)
	status := byte(0)
	if n < len(r.rest) {
		status = 0x40
	}
	b := append([]byte{status}, r.rest[:n]...)
	r.rest = r.rest[n:]
	return b
}

func (r *Reader) takeOff(chip *cardsim.Chip) {
	r.mu.Lock()
	defer r.mu.Unlock()
	same := func(c *cardsim.Chip) bool { return c == chip }
	r.lying = slices.DeleteFunc(r.lying, same)
	r.active = slices.DeleteFunc(r.active, same)
}

// think lets a chip have its time, and tells the host that it is still waited for.
func (r *Reader) think(d time.Duration, more func()) bool {
	for r.o.Extend > 0 && d > r.o.Extend {
		if !r.wait(r.o.Extend) {
			return false
		}
		more()
		d -= r.o.Extend
	}
	return r.wait(d)
}
