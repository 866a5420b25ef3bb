package cardsim

import (
	"bytes"
	"slices"
	"sync"
	"time"

	"motcua/devices/card/lds"
)

// Quirks is how a chip differs from the book.
type Quirks struct {
	HasMasterFile bool          // SELECT MF works; else 6D00, as on Vietnamese cards
	NeedsMaster   bool          // EF.CardAccess is found only after SELECT MF
	NoShortNames  bool          // READ BINARY with a short file identifier gives 6A86
	NoPastEnd     bool          // reading past the end gives 6B00, not what there is
	MaxLe         int           // most bytes a read may ask for; 0 = no limit
	Chains        bool          // long answers come in pieces (61XX) even when they need not
	Forbidden     []lds.File    // what nobody may read; nil = DG3
	WrongPassword time.Duration // time a password takes longer for each wrong one before it
	ATR           []byte        // nil = one that says short APDUs only
}

// Holder is what opens a chip.
type Holder struct {
	CAN lds.Secret // six digits; empty = the chip knows none
	MRZ lds.Secret // as lds.MRZKey makes it
}

// Chip is one chip. Its methods are safe for use by several goroutines.
type Chip struct {
	// mu guards everything below.
	mu     sync.Mutex
	locks  *Locks
	holder Holder
	files  map[lds.File][]byte
	quirks Quirks
	wrong  int // passwords in a row
	faults map[int]Fault
	keys   [][]byte // of all sessions, see Keys
	mute   bool     // it refuses to prove itself
	state
}

// state is what a chip forgets without power.
type state struct {
	master, app, open bool
	current           lds.File // 0 = none selected
	challenge         []byte
	pace              *pacing
	line, next        *line // next comes into force after the answer
	caSet             bool
	pending           []byte        // rest of a long answer
	delay             time.Duration // of the answer under way
	sent              int           // commands since power came
	before            []byte        // the answer to the last one
}

// New makes a chip with what it can do, whom it opens for and its files. Missing
// ones of EF.CardAccess, DG14 and DG15 are made from the locks; New fails when
// they cannot be.
func New(l *Locks, h Holder, files map[lds.File][]byte, q Quirks) (*Chip, error) {
	c := &Chip{locks: l, holder: h, quirks: q, files: map[lds.File][]byte{}, faults: map[int]Fault{}}
	for f, b := range files {
		c.files[f] = bytes.Clone(b)
	}
	for f, make := range map[lds.File]func() ([]byte, error){lds.CardAccess: l.CardAccess, lds.DG14: l.DG14, lds.DG15: l.DG15} {
		if _, ok := c.files[f]; ok {
			continue
		}
		b, err := make()
		if err != nil {
			return nil, err
		}
		if b != nil {
			c.files[f] = b
		}
	}
	if q.Forbidden == nil {
		c.quirks.Forbidden = []lds.File{lds.DG3}
	}
	return c, nil
}

// LoseKeys makes the chip a copy: all its files, and none of its private keys.
func (c *Chip) LoseKeys() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	others := &Locks{plan: c.locks.plan}
	if err := others.cut(); err != nil {
		return err
	}
	c.locks = others
	return nil
}

// Refuse makes the chip refuse to prove itself, as a copy may that would rather
// say nothing.
func (c *Chip) Refuse() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mute = true
}

// Offer makes the chip do PACE in these ways and no others. EF.CardAccess, which
// names them, is for Write.
func (c *Chip) Offer(ways ...Way) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := *c.locks
	l.plan.PACE = ways
	c.locks = &l
}

// Write replaces a file, as a forger would; nil takes it away.
func (c *Chip) Write(f lds.File, b []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.files[f] = bytes.Clone(b); b == nil {
		delete(c.files, f)
	}
}

// File gives a file as it is on the chip, nil if there is none.
func (c *Chip) File(f lds.File) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return bytes.Clone(c.files[f])
}

// ATR gives the answer to reset as a contactless reader would make it up (PC/SC
// part 3, section 3.1.3.2.3).
func (c *Chip) ATR() []byte {
	if c.quirks.ATR != nil {
		return bytes.Clone(c.quirks.ATR)
	}
	return []byte{0x3B, 0x85, 0x80, 0x01, 0x80, 0x73, 0xC0, 0x21, 0x00, 0x16}
}

// Reset takes the power off and gives it back: all but files, keys and the count
// of wrong passwords is forgotten.
func (c *Chip) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state = state{}
}

// Outcome is what comes of one command.
type Outcome struct {
	Answer []byte
	After  time.Duration // how long the chip takes, asking for more time
	Lost   bool          // the card left the field, and there is no answer
	Silent bool          // there is no answer
}

// Answer takes one command APDU.
func (c *Chip) Answer(apdu []byte) Outcome {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent++
	fault, ok := c.faults[c.sent]
	delete(c.faults, c.sent)
	if ok && fault.lose {
		c.state = state{}
		return Outcome{Lost: true}
	}
	c.delay = 0
	b := c.answer(apdu)
	if ok && fault.hush {
		return Outcome{Silent: true}
	}
	was := c.before
	c.before = b
	if ok && fault.bend != nil {
		b = fault.bend(bytes.Clone(b), was)
	}
	return Outcome{Answer: bytes.Clone(b), After: c.delay + fault.after}
}

func (c *Chip) answer(apdu []byte) []byte {
	cmd, ok := parse(apdu)
	if !ok {
		return word(0x6700)
	}
	if cmd.ins == 0xC0 && cmd.cla == 0 && c.pending != nil {
		return c.piece(c.pending, nil, cmd.le)
	}
	c.pending = nil
	if c.line == nil || cmd.cla&0x0C != 0x0C {
		if c.line != nil { // a plain command ends secure messaging
			c.line, c.open = nil, false
		}
		if cmd.cla&0x0C != 0 {
			return word(0x6882)
		}
		data, status := c.do(cmd)
		c.line, c.next = c.next, nil
		return c.piece(data, word(status), cmd.le)
	}
	plain, status := c.line.open(cmd)
	if status != 0x9000 {
		c.line, c.open = nil, false
		return word(status)
	}
	data, status := c.do(plain)
	b := c.line.seal(cmd.ins&1 != 0, data, status)
	if c.next != nil {
		c.line, c.next = c.next, nil
	}
	return c.piece(b, word(status), cmd.le)
}

// piece gives as much of an answer as was asked for, and keeps the rest for GET
// RESPONSE. Without a status word b has it at its end already.
func (c *Chip) piece(b, status []byte, le int) []byte {
	b = append(slices.Clip(b), status...)
	most := max(le, 256)
	if c.quirks.Chains {
		most = 100
	}
	n := len(b) - 2
	if n <= most {
		c.pending = nil
		return b
	}
	c.pending = b[most:]
	left := min(n-most, 256)
	return append(bytes.Clone(b[:most]), 0x61, byte(left))
}

// command is one command APDU; le is the most bytes wanted.
type command struct {
	cla, ins, p1, p2 byte
	data             []byte
	le               int
}

// parse takes an APDU apart (ISO/IEC 7816-4, 5.2).
func parse(b []byte) (command, bool) {
	if len(b) < 4 {
		return command{}, false
	}
	c := command{cla: b[0], ins: b[1], p1: b[2], p2: b[3]}
	b = b[4:]
	wide := 1
	if len(b) >= 3 && b[0] == 0 {
		b, wide = b[1:], 2
	}
	number := func() int {
		n := 0
		for _, v := range b[:wide] {
			n = n<<8 | int(v)
		}
		b = b[wide:]
		return n
	}
	if len(b) > wide {
		n := number()
		if n == 0 || len(b) < n {
			return c, false
		}
		c.data, b = b[:n], b[n:]
	}
	switch len(b) {
	case 0:
	case wide:
		if c.le = number(); c.le == 0 {
			c.le = 1 << (8 * wide)
		}
	default:
		return c, false
	}
	return c, true
}

func word(s uint16) []byte { return []byte{byte(s >> 8), byte(s)} }

// do performs a command without its protection.
func (c *Chip) do(cmd command) ([]byte, uint16) {
	if cmd.cla != 0 && (cmd.cla != 0x10 || cmd.ins != 0x86) {
		return nil, 0x6E00
	}
	switch cmd.ins {
	case 0xA4:
		return nil, c.choose(cmd)
	case 0xB0, 0xB1:
		return c.read(cmd)
	case 0x84:
		return c.draw(cmd)
	case 0x82:
		return c.mutual(cmd)
	case 0x22:
		return nil, c.set(cmd)
	case 0x86:
		return c.general(cmd)
	case 0x88:
		return c.sign(cmd)
	}
	return nil, 0x6D00
}
