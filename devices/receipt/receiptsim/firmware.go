package receiptsim

import (
	"errors"
	"fmt"
)

// Control bytes of the stream.
const (
	nul, eot, enq, ht, lf, ff, cr = 0x00, 0x04, 0x05, 0x09, 0x0A, 0x0C, 0x0D
	dle, dc4, can, esc, fsp, gs   = 0x10, 0x14, 0x18, 0x1B, 0x1C, 0x1D
)

// buffer is the receive buffer.
type buffer struct{ bytes chan byte }

func newBuffer(size int) *buffer { return &buffer{bytes: make(chan byte, size)} }

// realTime acts on a command that is obeyed as it arrives, wherever it stands
// in the stream, even in the middle of a raster. It tells whether the buffer
// was cleared, and the byte with it.
func (p *Printer) realTime(last [3]byte) (cleared bool) {
	if p.clearing.see(last[2]) {
		p.clear(p.buffer)
		return true
	}
	if last[0] == dle && last[1] == eot {
		p.mu.Lock()
		p.answerEOT(last[2])
		p.mu.Unlock()
	}
	return false
}

// clearing watches for DLE DC4 fn=8 with its seven fixed bytes.
type clearing struct{ at int }

var clearBuffers = []byte{dle, dc4, 8, 1, 3, 20, 1, 6, 2, 8}

func (c *clearing) see(b byte) bool {
	switch b {
	case clearBuffers[c.at]:
		c.at++
	case dle:
		c.at = 1
	default:
		c.at = 0
	}
	if c.at == len(clearBuffers) {
		c.at = 0
		return true
	}
	return false
}

// firmware obeys the stream, command by command.
type firmware struct {
	*mech
	opts Options
	in   *buffer
	off  chan struct{}

	since   int // clear count when this command began
	left    int // GS L, in dots
	align   byte
	motionX int // GS P: units an inch; 0 = one dot
	motionY int // 0 = half a dot, as an Epson wakes up
	spacing int // ESC 3, in dots
	line    []byte
	stored  raster // GS ( L fn 112
	code    []byte // GS ( k fn 180
	module  int
}

// run obeys until the unit is switched off.
func (f *firmware) run() {
	f.reset()
	for {
		f.mu.Lock()
		f.since = f.clears
		f.mu.Unlock()
		switch err := f.command(); {
		case errors.Is(err, errOff):
			return
		case errors.Is(err, errCleared):
			f.line = nil
		}
	}
}

// reset is ESC @: modes as at power on, print buffer empty. It leaves the
// receive buffer alone.
func (f *firmware) reset() {
	f.left, f.align, f.motionX, f.motionY, f.spacing = 0, 0, 0, 0, 30
	f.line, f.code, f.module = nil, nil, 3
	f.stored = raster{}
}

// next takes one byte out of the buffer.
func (f *firmware) next() (byte, error) {
	for {
		select {
		case b := <-f.in.bytes:
			return b, f.take1(b)
		default:
		}
		f.mu.Lock()
		cleared, changed := f.clears != f.since, f.changed
		f.resume()
		f.mu.Unlock()
		if cleared {
			return 0, errCleared
		}
		select {
		case b := <-f.in.bytes:
			return b, f.take1(b)
		case <-changed:
		case <-f.off:
			return 0, errOff
		}
	}
}

// take1 notes a byte of the stream that was consumed, unless the buffers were
// cleared since the command began.
func (f *firmware) take1(b byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.resume()
	if f.clears != f.since {
		return errCleared
	}
	f.raw, f.job = keep(f.raw, b), keep(f.job, b)
	return nil
}

// resume says XON when there is room again. f.mu is held.
func (f *firmware) resume() {
	if f.stopped && len(f.in.bytes) <= cap(f.in.bytes)/8 {
		f.stopped = false
		f.say(0x11)
	}
}

// take reads n parameters; n is small.
func (f *firmware) take(n int) ([]byte, error) {
	b := make([]byte, n)
	for i := range b {
		var err error
		if b[i], err = f.next(); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// skip reads n bytes away.
func (f *firmware) skip(n int) error {
	for range n {
		if _, err := f.next(); err != nil {
			return err
		}
	}
	return nil
}

// unheardOf counts a command that is not obeyed.
func (f *firmware) unheardOf(head ...byte) { f.strange(fmt.Sprintf("% x", head)) }

// command obeys one command or prints one character.
func (f *firmware) command() error {
	b, err := f.next()
	if err != nil {
		return err
	}
	switch b {
	case nul, can, ff:
		return nil
	case lf:
		return f.printLine()
	case cr:
		return nil
	case ht:
		return f.character(' ')
	case dle:
		return f.dle()
	case esc:
		return f.esc()
	case fsp:
		return f.fs()
	case gs:
		return f.gs()
	}
	if b < ' ' {
		f.unheardOf(b)
		return nil
	}
	return f.character(b)
}

// dle meets real-time commands again in their turn: they were obeyed on
// arrival, but by a sequential unit.
func (f *firmware) dle() error {
	b, err := f.take(2)
	if err != nil {
		return err
	}
	switch b[0] {
	case eot:
		if f.opts.Sequential {
			f.mu.Lock()
			f.answerEOT(b[1])
			f.mu.Unlock()
		}
	case enq:
	case dc4:
		return f.skip(map[byte]int{1: 2, 2: 2, 8: 7}[b[1]])
	default:
		f.unheardOf(dle, b[0])
	}
	return nil
}

// widths of the parameters of commands that change nothing drawn here.
var (
	escSkips = map[byte]int{'!': 1, '-': 1, 't': 1, 'R': 1, 'M': 1, 'E': 1, 'G': 1, 'V': 1, '{': 1, ' ': 1,
		'$': 2, '\\': 2, 'p': 3, '=': 1, 'c': 2, 'r': 1, 'S': 0, 'L': 0, 'T': 1, 'W': 8, '%': 1, '?': 1}
	fsSkips = map[byte]int{'.': 0, '&': 0, '!': 1, '-': 1, 'S': 2, 'C': 1, 'W': 1, 'p': 2}
	gsSkips = map[byte]int{'!': 1, 'B': 1, 'H': 1, 'h': 1, 'w': 1, 'f': 1, 'W': 2, 'b': 1, '/': 1,
		'$': 2, '\\': 2, ':': 0, '^': 3, 'I': 1, 'T': 1, 'x': 1}
)

func (f *firmware) esc() error {
	c, err := f.next()
	if err != nil {
		return err
	}
	switch c {
	case '@':
		f.mu.Lock()
		f.job = []byte{esc, '@'}
		f.mu.Unlock()
		f.reset()
		return nil
	case 'a':
		f.align, err = f.next()
		return err
	case '2':
		f.spacing = 30
		return nil
	case '3':
		n, err := f.next()
		f.spacing = f.dotsY(int(n))
		return err
	case 'J':
		n, err := f.next()
		if err != nil {
			return err
		}
		return f.feed(f.dotsY(int(n)))
	case 'd':
		n, err := f.next()
		if err != nil {
			return err
		}
		return f.feed(int(n) * f.spacing)
	case 'D': // tab stops up to NUL
		for {
			if n, err := f.next(); err != nil || n == nul {
				return err
			}
		}
	case '*':
		b, err := f.take(3)
		if err != nil {
			return err
		}
		high := 1
		if b[0] >= 32 {
			high = 3
		}
		f.unheardOf(esc, '*')
		return f.skip((int(b[1]) + int(b[2])<<8) * high)
	case 'i', 'm':
		if err := f.online(f.since); err != nil {
			return err
		}
		f.cut()
		return nil
	}
	return f.skipKnown(escSkips, esc, c)
}

func (f *firmware) fs() error {
	c, err := f.next()
	if err != nil {
		return err
	}
	return f.skipKnown(fsSkips, fsp, c)
}

func (f *firmware) skipKnown(known map[byte]int, lead, c byte) error {
	n, ok := known[c]
	if !ok {
		f.unheardOf(lead, c)
	}
	return f.skip(n)
}

// dotsY turns vertical motion units into dots.
func (f *firmware) dotsY(n int) int {
	if f.motionY == 0 {
		return n / 2
	}
	return n * f.opts.DPI / f.motionY
}

func (f *firmware) dotsX(n int) int {
	if f.motionX == 0 {
		return n
	}
	return n * f.opts.DPI / f.motionX
}

// feed prints what is in the line and moves the paper on.
func (f *firmware) feed(rows int) error {
	if len(f.line) > 0 {
		if err := f.printLine(); err != nil {
			return err
		}
	}
	for range rows {
		if err := f.print(nil, f.since); err != nil {
			return err
		}
	}
	return nil
}
