package escpos

import "time"

// pace reckons how full the unit's buffer is, so that it never has to hold us
// back. That matters in two cases. A serial adapter without RTS/CTS or XON/XOFF
// would lose what finds no room: a byte takes 10 bit times to arrive and leaves
// the buffer when the head has printed its rows. At 115,200 baud a full-width
// row takes 6 ms and the head needs 1, so only long feeds make us wait; at
// 9,600 nothing does. And a unit that does not send status unasked could not
// tell why it has stopped, once our next question is stuck behind a full buffer.
//
// On other lines (USB, a pty, with automatic status) the line holds us back by
// itself, and pace only reckons when the slip will be out.
type pace struct {
	baud   int
	free   bool // no need to hold back
	most   int  // bytes that may wait in the unit
	perRow time.Duration

	arrived time.Time // the last byte sent reaches the unit
	printed time.Time // and is on paper
	waiting []parcel  // arrived or under way, not printed
}

type parcel struct {
	bytes            int
	arrived, printed time.Time
}

func (p Profile) pace(baud int) pace {
	return pace{baud: baud, free: baud == 0 && p.Automatic, most: p.chunk(), perRow: time.Duration(float64(time.Second) * 25.4 / float64(p.DPI*p.Speed))}
}

// add notes that a step is being sent now.
func (p *pace) add(now time.Time, s step) {
	if p.arrived.Before(now) {
		p.arrived = now
	}
	p.arrived = p.arrived.Add(p.wire(len(s.bytes)))
	if p.printed.Before(p.arrived) {
		p.printed = p.arrived
	}
	p.printed = p.printed.Add(time.Duration(s.rows) * p.perRow)
	p.waiting = append(p.waiting, parcel{len(s.bytes), p.arrived, p.printed})
}

// wire is how long n bytes take on the line: ten bit times each.
func (p *pace) wire(n int) time.Duration {
	if p.baud == 0 {
		return 0
	}
	return time.Duration(n) * 10 * time.Second / time.Duration(p.baud)
}

// room is how long to wait before that many bytes find room in the buffer.
func (p *pace) room(now time.Time, bytes int) time.Duration {
	if p.free {
		p.waiting = nil
		return 0
	}
	for len(p.waiting) > 0 && !p.waiting[0].printed.After(now) {
		p.waiting = p.waiting[1:]
	}
	// What is on the wire still takes its time and finds the buffer emptier.
	lands := p.arrived
	if lands.Before(now) {
		lands = now
	}
	lands = lands.Add(p.wire(bytes))
	held := bytes
	for _, w := range p.waiting {
		if w.printed.After(lands) {
			held += w.bytes
		}
	}
	for _, w := range p.waiting {
		if held <= p.most {
			return 0
		}
		if w.printed.After(lands) {
			held -= w.bytes
			if held <= p.most {
				return w.printed.Sub(lands)
			}
		}
	}
	return 0
}
