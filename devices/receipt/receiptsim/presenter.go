package receiptsim

import "time"

// presenter is what a kiosk printer has behind its cutter. mech.mu guards it.
type presenter struct {
	held   *Piece // cut, inside
	mouth  *Piece // at the mouth
	pulled []Piece
	quick  bool // a visitor takes each slip at once
	stuck  bool // a slip at the mouth cannot be pulled back
	moved  time.Time
}

// spooling is for how long after the last row the unit says that it prints, beside
// the time that rows take.
const spooling = 20 * time.Millisecond

// busy tells that it prints. Rows are timed by the millimetre; see tick. mech.mu is
// held.
func (m *mech) busy() bool {
	rest := spooling
	if m.opts.Speed > 0 {
		rest += 2 * time.Second / time.Duration(m.opts.Speed)
	}
	return time.Since(m.moved) < rest
}

// catch holds a piece that was cut. One at the mouth or inside is in its way.
func (m *mech) catch(p Piece) {
	if m.mouth != nil || m.held != nil {
		m.jam = true
		m.ring()
	}
	m.held = &p
}

// eject obeys GS e: 2 retract, 3 present by so many steps, 5 eject, 6 status
// (KPM210 manual, p. 76).
func (f *firmware) eject() error {
	n, err := f.next()
	if err != nil {
		return err
	}
	if n == 3 {
		if _, err := f.next(); err != nil {
			return err
		}
	}
	if !f.opts.Presenter {
		f.unheardOf(gs, 'e', n)
		return nil
	}
	if err := f.online(f.since); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.moved = time.Now()
	switch n {
	case 2:
		for _, p := range []**Piece{&f.held, &f.mouth} {
			if *p != nil && !f.stuck {
				f.pulled = append(f.pulled, **p)
				*p = nil
			}
		}
	case 3, 5:
		f.mouth, f.held = f.held, nil
		if n == 5 || f.quick {
			f.takeOut()
		}
	case 6:
		f.say(bit(f.low(), 0x01) | bit(f.end(), 0x04) | bit(f.mouth != nil, 0x08) | bit(f.jam, 0x80))
	default:
		f.unheardOf(gs, 'e', n)
	}
	f.ring()
	return nil
}

func (m *mech) takeOut() {
	if m.mouth != nil {
		m.drop(*m.mouth)
		m.mouth = nil
	}
}

// full is the answer to DLE EOT 20 (KPM150-H command reference, p. 10).
func (m *mech) full() []byte {
	return []byte{0x10, 0x0F,
		bit(m.end(), 0x01) | bit(m.low(), 0x04) | bit(m.mouth != nil, 0x20),
		bit(m.cover, 0x03) | bit(m.busy(), 0x0C),
		bit(m.jam, 0x40),
		0}
}

// Take takes the slip that is at the mouth, and tells whether there was one.
func (m *mech) Take() (taken bool) {
	m.change(func() {
		taken = m.mouth != nil
		m.takeOut()
	})
	return taken
}

// TakeAtOnce is a visitor who takes each slip as it comes, or no longer.
func (m *mech) TakeAtOnce(on bool) {
	m.change(func() {
		if m.quick = on; on {
			m.takeOut()
		}
	})
}

// Hold keeps the slip that is at the mouth from being pulled back, or lets go.
func (m *mech) Hold(on bool) { m.change(func() { m.stuck = on }) }

// AtMouth tells whether a slip waits at the mouth.
func (m *mech) AtMouth() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.mouth != nil
}

// Pulled gives what was pulled back and lies inside, oldest first.
func (m *mech) Pulled() []Piece {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]Piece(nil), m.pulled...)
}
