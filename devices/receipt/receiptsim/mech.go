package receiptsim

import (
	"errors"
	"image"
	"sync"
	"time"
)

const (
	longestPiece = 16_000     // rows (2 m): the unit cuts by itself there
	keptPieces   = 64         // the tray holds that many, oldest gone first,
	keptRows     = 64_000     // and no more paper than 8 m
	keptBytes    = 1 << 20    // of the raw stream
	nearEndMM    = 3_000      // left on the roll when the near-end sensor falls
	status       = byte(0x12) // fixed bits of every DLE EOT answer
)

var (
	errOff     = errors.New("switched off")
	errCleared = errors.New("buffers cleared")
)

// mech is head, roll, cutter and sensors.
type mech struct {
	opts Options
	off  chan struct{}
	said chan []byte // answers on their way to the host; oldest dropped

	mu      sync.Mutex // guards all below; never held while waiting or printing
	changed chan struct{}
	paper   int // rows left on the roll
	near    bool
	cover   bool
	jam     bool
	mute    bool
	asb     byte    // GS a: which changes are told unasked
	told    [4]byte // last automatic status
	stopped bool    // XOFF was said
	clears  int     // times the buffers were cleared
	roll    []byte  // rows since the last cut, Width/8 bytes each
	raw     []byte  // bytes consumed since the last cut
	job     []byte  // bytes consumed since the last ESC @
	pieces  []Piece
	unknown map[string]int
	debt    time.Duration // printing time not yet waited for
	presenter
}

func newMech(opts Options, off chan struct{}) *mech {
	m := &mech{opts: opts, off: off, said: make(chan []byte, 128), changed: make(chan struct{}),
		unknown: map[string]int{}}
	m.paper = m.rows(opts.Paper)
	m.roll = make([]byte, opts.Gap*m.stride())
	return m
}

func (m *mech) stride() int         { return m.opts.Width / 8 }
func (m *mech) rows(mm int) int     { return mm * m.opts.DPI * 10 / 254 }
func (m *mech) mm(rows int) float64 { return float64(rows) * 25.4 / float64(m.opts.DPI) }

// LoadPaper puts in a roll of mm: what hung out of the unit is torn off.
func (m *mech) LoadPaper(mm int) {
	m.change(func() {
		if len(m.roll) > m.opts.Gap*m.stride() {
			m.release(len(m.roll)/m.stride(), true)
		}
		m.roll = make([]byte, m.opts.Gap*m.stride())
		m.paper, m.near = m.rows(mm), false
	})
}

// EndAfter makes the roll end after that many more rows.
func (m *mech) EndAfter(rows int) { m.change(func() { m.paper = max(rows, 0) }) }

// NearEnd holds the near-end sensor down, or lets it go.
func (m *mech) NearEnd(on bool) { m.change(func() { m.near = on }) }

// Cover opens or closes the cover.
func (m *mech) Cover(open bool) { m.change(func() { m.cover = open }) }

// Jam jams the cutter, or clears it.
func (m *mech) Jam(on bool) { m.change(func() { m.jam = on }) }

// Mute makes the unit answer nothing at all; it still prints.
func (m *mech) Mute(on bool) { m.change(func() { m.mute = on }) }

// Pieces gives what lies in the tray, oldest first: the
// last 64, and no more than 8 m of paper.
func (m *mech) Pieces() []Piece {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]Piece(nil), m.pieces...)
}

// Bytes gives the bytes taken since the last reset (ESC @) as they came; at
// most the last MiB. After a slip that is the whole slip.
func (m *mech) Bytes() []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]byte(nil), m.job...)
}

// Unknown counts the commands that this firmware does not know, by their first
// bytes in hex; under "text" bytes past ASCII in text, under "lost" bytes that
// found no room.
func (m *mech) Unknown() map[string]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := make(map[string]int, len(m.unknown))
	for k, n := range m.unknown {
		all[k] = n
	}
	return all
}

// Printed is how many rows were printed or fed since the last cut.
func (m *mech) Printed() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.roll)/m.stride() - m.opts.Gap
}

// change alters the state by hand and lets everybody who waits look again.
func (m *mech) change(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f()
	m.ring()
}

// ring wakes who waits for a change and sends the automatic status if it is
// another than before. m.mu is held.
func (m *mech) ring() {
	close(m.changed)
	m.changed = make(chan struct{})
	if now := m.automatic(); m.asb != 0 && now != m.told {
		m.told = now
		m.say(now[:]...)
	}
}

func (m *mech) end() bool     { return m.paper <= 0 }
func (m *mech) low() bool     { return m.near || m.paper < m.rows(nearEndMM) }
func (m *mech) offline() bool { return m.cover || m.jam || m.end() }

// say queues an answer, unless the unit is mute. m.mu is held.
func (m *mech) say(b ...byte) {
	if m.opts.Deaf {
		return
	}
	if m.mute && b[0] != 0x11 && b[0] != 0x13 { // flow control is no answer
		return
	}
	answer := append([]byte(nil), b...)
	for {
		select {
		case m.said <- answer:
			return
		default:
		}
		select {
		case <-m.said: // nobody reads: the oldest is lost
		default:
		}
	}
}

func bit(on bool, b byte) byte {
	if on {
		return b
	}
	return 0
}

// answerEOT answers DLE EOT n (TM-T88III specification, p. 304). m.mu is held.
func (m *mech) answerEOT(n byte) {
	switch n {
	case 20:
		if m.opts.Presenter {
			m.say(m.full()...)
		}
	case 1:
		m.say(m.opts.Healthy | bit(m.offline(), 0x08))
	case 2:
		m.say(status | bit(m.cover, 0x04) | bit(m.end(), 0x20) | bit(m.jam, 0x40))
	case 3:
		m.say(status | bit(m.jam, 0x08))
	case 4:
		m.say(status | bit(m.low(), 0x0C) | bit(m.end(), 0x60))
	}
}

// automatic is the four-byte automatic status (the same, p. 319). m.mu is held.
func (m *mech) automatic() [4]byte {
	return [4]byte{
		0x10 | bit(m.offline(), 0x08) | bit(m.cover, 0x20),
		bit(m.jam, 0x08),
		bit(m.low(), 0x03) | bit(m.end(), 0x0C),
		0,
	}
}

// clear empties the buffers and breaks off the command under way.
func (m *mech) clear(b *buffer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for len(b.bytes) > 0 {
		<-b.bytes
	}
	m.clears++
	m.say(0x37, 0x25, 0x00)
	m.ring()
}

// online waits until nothing keeps the unit from printing.
func (m *mech) online(since int) error {
	for {
		m.mu.Lock()
		cleared, ready, changed := m.clears != since, !m.offline(), m.changed
		m.mu.Unlock()
		switch {
		case cleared:
			return errCleared
		case ready:
			return nil
		}
		select {
		case <-changed:
		case <-m.off:
			return errOff
		}
	}
}

// print puts one row on the paper, waits for the time that takes, and before
// it for the unit to be online. since is the clear count at the command's
// start: a clear after that ends it.
func (m *mech) print(row []byte, since int) error {
	if err := m.online(since); err != nil {
		return err
	}
	m.mu.Lock()
	m.moved = time.Now()
	line := make([]byte, m.stride())
	copy(line, row)
	m.roll = append(m.roll, line...)
	if len(m.roll) > longestPiece*m.stride() {
		m.release(len(m.roll)/m.stride(), false)
		m.roll = make([]byte, m.opts.Gap*m.stride())
	}
	m.paper--
	if m.paper == 0 || m.paper == m.rows(nearEndMM)-1 {
		m.ring()
	}
	wait := m.tick(time.Duration(m.mm(1) * float64(time.Second)))
	m.mu.Unlock()
	return m.rest(wait)
}

// tick adds to the printing time owed and gives it out a millimetre at a time.
func (m *mech) tick(d time.Duration) time.Duration {
	if m.opts.Speed == 0 {
		return 0
	}
	m.debt += d / time.Duration(m.opts.Speed)
	if m.debt < time.Second/time.Duration(m.opts.Speed) {
		return 0
	}
	d, m.debt = m.debt, 0
	return d
}

func (m *mech) rest(d time.Duration) error {
	if d == 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-m.off:
		return errOff
	}
}

// cut drops what is past the cutter into the tray.
func (m *mech) cut() {
	m.mu.Lock()
	defer m.mu.Unlock()
	rows := max(len(m.roll)/m.stride()-m.opts.Gap, 0)
	if m.opts.Presenter {
		m.catch(m.piece(rows, false))
	} else {
		m.release(rows, false)
	}
	m.roll = append([]byte(nil), m.roll[rows*m.stride():]...)
}

// release makes a piece of the first rows of the roll. m.mu is held.
func (m *mech) release(rows int, torn bool) {
	m.drop(m.piece(rows, torn))
}

// piece draws the first rows of the roll. m.mu is held.
func (m *mech) piece(rows int, torn bool) Piece {
	img := image.NewGray(image.Rect(0, 0, m.opts.Width, rows))
	for at, bits := range m.roll[:rows*m.stride()] {
		for i := range 8 {
			if bits<<i&0x80 == 0 {
				img.Pix[8*at+i] = 0xFF
			}
		}
	}
	p := Piece{Image: img, At: time.Now(), MM: m.mm(rows), Torn: torn, Raw: m.raw}
	m.raw = nil
	return p
}

// drop lets a piece fall into the tray. m.mu is held.
func (m *mech) drop(p Piece) {
	m.pieces = append(m.pieces, p)
	kept, total := len(m.pieces), 0
	for kept > 0 && len(m.pieces)-kept < keptPieces && total+m.pieces[kept-1].Image.Rect.Dy() <= keptRows {
		kept--
		total += m.pieces[kept].Image.Rect.Dy()
	}
	m.pieces = append([]Piece(nil), m.pieces[kept:]...)
}

// strange counts what was not obeyed; at most 1,000 kinds of it.
func (m *mech) strange(what string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.unknown) < 1000 || m.unknown[what] > 0 {
		m.unknown[what]++
	}
}

func keep(log []byte, b byte) []byte {
	if len(log) >= keptBytes {
		log = append([]byte(nil), log[keptBytes/2:]...)
	}
	return append(log, b)
}
