package pcscsim

import (
	"bytes"
	"encoding/binary"
	"io"
	"time"

	"motcua/devices/card/cardsim"
)

// Messages and verdicts of pcsc-lite (winscard_msg.h, pcsclite.h).
const (
	establish   = 0x01
	connect     = 0x04
	reconnect   = 0x05
	disconnect  = 0x06
	transmit    = 0x09
	control     = 0x0A
	version     = 0x11
	getStates   = 0x12
	watchChange = 0x13
	getEvents   = 0x15

	sharingViolation  = 0x8010000B
	noSmartcard       = 0x8010000C
	invalidValue      = 0x80100011
	notTransacted     = 0x80100016
	readerUnavailable = 0x80100017
	serviceStopped    = 0x8010001E
	unsupported       = 0x8010001F
	unresponsive      = 0x80100066
	removed           = 0x80100069
	securityViolation = 0x8010006A
)

// answer does what a message asks; false hangs up.
func (l *line) answer(number uint32, body []byte) bool {
	d := l.daemon
	lock := func(f func()) bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		f()
		return !l.broken
	}
	switch number {
	case version:
		theirs := get(body, 1)
		put(body, 0, 4)
		put(body, 1, d.plan.Minor)
		switch {
		case get(body, 0) == 4 && theirs == d.plan.Minor:
		case d.plan.Forgiving && theirs >= 4 && theirs < d.plan.Minor:
			l.old = true
		default:
			put(body, 2, serviceStopped)
		}
		return lock(func() { l.say(number, body) })
	case establish:
		put(body, 1, 0x5EED)
		return lock(func() { l.say(number, body) })
	case getStates:
		return lock(func() { l.say(number, d.states()) })
	case watchChange:
		return lock(func() {
			l.waits = true
			if d.plan.Minor < 6 || l.old {
				l.say(number, d.states())
			}
		})
	case getEvents:
		return lock(func() { l.say(number, make([]byte, 8)) })
	case connect:
		return l.connect(body)
	case reconnect:
		return lock(func() { l.say(number, l.reconnect(body)) })
	case disconnect:
		return lock(func() {
			if get(body, 1) != 0 && l.reader != nil && l.reader.chip != nil {
				l.reader.chip.Reset()
			}
			l.release()
			l.say(number, body)
		})
	case transmit:
		command := make([]byte, get(body, 3))
		if _, err := io.ReadFull(l.conn, command); err != nil {
			return false
		}
		answer, verdict := l.transmit(command)
		put(body, 6, uint32(len(answer)))
		put(body, 7, verdict)
		return lock(func() { l.say(number, append(body, answer...)) })
	case control:
		answer, verdict := d.feature(get(body, 1))
		put(body, 4, uint32(len(answer)))
		put(body, 5, verdict)
		return lock(func() { l.say(number, append(body, answer...)) })
	}
	return false
}

// states lists the readers. mu is held.
func (d *Daemon) states() []byte {
	b := make([]byte, 16*184)
	for i, r := range d.readers {
		s := b[184*i:]
		copy(s, r.name)
		put(s, 32, r.counter)
		state := uint32(0x02)
		switch {
		case r.chip != nil && r.mute:
			state = 0x04 | 0x08
		case r.chip != nil:
			state = 0x04 | 0x10 | 0x20
			atr := r.chip.ATR()
			copy(s[128+12:], atr)
			put(s, 44, uint32(len(atr)))
		}
		put(s, 33, state)
	}
	return b
}

// connect gives a card to a program for itself alone; it knows no other way.
func (l *line) connect(body []byte) bool {
	d := l.daemon
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.plan.DeniesCard {
		return false
	}
	name, _, _ := bytes.Cut(body[4:4+128], []byte{0})
	r := d.find(string(name))
	verdict := uint32(0)
	switch {
	case d.plan.DeniesReader:
		verdict = securityViolation
	case r.holder != 0:
		verdict = sharingViolation
	case get(body[132:], 0) != 1: // not for itself alone
		verdict = invalidValue
	case r.chip == nil:
		verdict = noSmartcard
	case r.mute:
		verdict = unresponsive
	default:
		d.handles++
		l.reader, l.handle, l.with = r, d.handles, r.counter
		r.holder = l.handle
		put(body[132:], 2, l.handle)
		put(body[132:], 3, 2)
	}
	put(body[132:], 4, verdict)
	l.say(connect, body)
	return !l.broken
}

// there tells what is wrong with the card that the line has. mu is held.
func (l *line) there() uint32 {
	switch {
	case l.reader == nil || l.daemon.find(l.reader.name) != l.reader:
		return readerUnavailable
	case l.reader.chip == nil || l.reader.counter != l.with:
		return removed
	}
	return 0
}

func (l *line) reconnect(body []byte) []byte {
	verdict := l.there()
	if verdict == 0 {
		l.reader.chip.Reset()
		put(body, 4, 2)
	}
	put(body, 5, verdict)
	return body
}

// transmit carries a command to the card. A card that leaves meanwhile is one that
// could not be reached, as drivers say; that it is gone is seen right after.
func (l *line) transmit(command []byte) ([]byte, uint32) {
	d := l.daemon
	d.mu.Lock()
	verdict := l.there()
	if verdict != 0 {
		d.mu.Unlock()
		return nil, verdict
	}
	name, chip, left := l.reader.name, l.reader.chip, l.reader.left
	d.mu.Unlock()
	got := chip.Answer(command)
	if got.Lost {
		d.work.Go(func() { d.lose(name, chip) })
		return nil, notTransacted
	}
	after := got.After
	if got.Silent {
		after = d.plan.Patience
	}
	if after > 0 {
		t := time.NewTimer(after)
		defer t.Stop()
		select {
		case <-t.C:
		case <-left:
			return nil, notTransacted
		case <-d.ctx.Done():
		}
	}
	if got.Silent {
		return nil, notTransacted
	}
	return got.Answer, 0
}

// lose takes a chip off a reader if it lies there still.
func (d *Daemon) lose(name string, chip *cardsim.Chip) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if r := d.find(name); r.chip == chip {
		r.take()
		d.ring()
	}
}

// feature tells what readers can do (PC/SC part 10).
func (d *Daemon) feature(code uint32) ([]byte, uint32) {
	switch {
	case d.plan.Carries == 0:
	case code == 0x42000000+3400:
		return []byte{0x06, 4, 0x42, 0, 0x0D, 0x48, 0x12, 4, 0x42, 0x33, 0, 0x12}, 0
	case code == 0x42330012:
		return binary.LittleEndian.AppendUint32([]byte{0x01, 2, 0, 0, 0x0A, 4}, d.plan.Carries), 0
	}
	return nil, unsupported
}

func get(b []byte, word int) uint32    { return binary.NativeEndian.Uint32(b[4*word:]) }
func put(b []byte, word int, v uint32) { binary.NativeEndian.PutUint32(b[4*word:], v) }
