// Package receiptsim is a receipt printer without the metal: a firmware that
// parses ESC/POS off a wire, keeps paper, cover and error state, answers status
// as an Epson does, and draws the roll.
//
// A Printer hangs on a pty (Open), on the network (Listen) or on any connection,
// such as one end of a net.Pipe (New). It has a receive buffer of 4 KiB; while that is full it stops
// reading, so writers block. Status requests (DLE EOT) are answered as they
// arrive, before what waits in the buffer; everything else takes its turn. At
// paper end, with the cover open or with a jammed cutter it is offline: it
// stops in the middle of the row and goes on when the cause is gone. The
// cutter sits 14 mm above the head, so a cut without a feed cuts off the last
// lines, and every piece begins with 14 mm of white.
//
// A unit with a presenter is one of Custom's make: it answers the full status
// (DLE EOT 20), holds what it cuts until it is told to present or to retract it
// (GS e), and jams when it cuts while a slip is still at its mouth.
package receiptsim

import (
	"bytes"
	"cmp"
	"image"
	"image/png"
	"io"
	"sync"
	"time"
)

// Options are what is printed on the unit's data sheet. The zero value is an
// 80 mm unit that prints instantly.
type Options struct {
	Width  int // dots; 576
	DPI    int // dots an inch; 203
	Speed  int // mm a second; 0 = instantly
	Buffer int // receive buffer in bytes; 4096
	Paper  int // mm on the roll when switched on; 80,000
	Gap    int // rows from the head up to the cutter; 112
	// Sequential units answer DLE EOT only when its turn comes, as simple
	// clones do, and take one inside a raster for pixels.
	Sequential bool
	// XonXoff units say XOFF when their buffer is half full and XON when it is
	// nearly empty. They go on reading: what finds no room is lost.
	XonXoff bool
	// Bare units do not answer GS r.
	Bare bool
	// ProcessID units answer GS ( H when all before it is printed.
	ProcessID bool
	// Deaf units say nothing, ever: their line carries bytes one way.
	Deaf bool
	// Presenter units hold slips at their mouth; see the package comment.
	Presenter bool
	// Healthy is the answer to DLE EOT 1 when all is well: 0x16 (drawer pin
	// high) on an Epson, 0x12 on many clones.
	Healthy byte
}

func (o Options) filled() Options {
	o.Width = cmp.Or(o.Width, 576)
	o.DPI = cmp.Or(o.DPI, 203)
	o.Buffer = cmp.Or(o.Buffer, 4096)
	o.Paper = cmp.Or(o.Paper, 80_000)
	o.Gap = cmp.Or(o.Gap, 112)
	o.Healthy = cmp.Or(o.Healthy, 0x16)
	return o
}

// A Piece is one length of paper that left the unit.
type Piece struct {
	Image *image.Gray // one pixel a dot, the 14 mm above the first line included
	At    time.Time
	MM    float64
	Torn  bool   // not cut: torn off when the roll was changed
	Raw   []byte // the bytes that made it, up to and with the cut
}

// PNG encodes the picture of the piece.
func (p Piece) PNG() ([]byte, error) {
	var b bytes.Buffer
	err := png.Encode(&b, p.Image)
	return b.Bytes(), err
}

// Printer is the unit on the desk and the hands that work it. All methods are
// safe for use by several goroutines.
type Printer struct {
	*mech
	opts Options
	link string // symlink to the pty; "" = not on a pty
	door *door  // on the network; nil = not there

	plugMu sync.Mutex // guards wire and closed
	wire   *wire      // nil = unplugged
	closed bool
	buffer *buffer
	clearing
	off  chan struct{} // closed by Close
	work sync.WaitGroup
}

// New switches on a unit on conn, which it owns. It cannot be plugged in again
// after Unplug. Close it.
func New(conn io.ReadWriteCloser, opts Options) *Printer {
	p := power(opts)
	p.wire = plug(p, conn)
	return p
}

func power(opts Options) *Printer {
	opts = opts.filled()
	p := &Printer{opts: opts, off: make(chan struct{}), buffer: newBuffer(opts.Buffer)}
	p.mech = newMech(opts, p.off)
	f := &firmware{mech: p.mech, opts: opts, in: p.buffer, off: p.off}
	p.work.Go(f.run)
	return p
}

// Unplug pulls the cable. Paper, state and what waits in the buffer stay.
func (p *Printer) Unplug() {
	p.plugMu.Lock()
	defer p.plugMu.Unlock()
	p.unplug()
}

func (p *Printer) unplug() {
	if p.door != nil && p.door.listener != nil {
		p.door.shut()
	}
	if p.wire != nil {
		p.wire.hangUp()
		p.wire = nil
	}
}

// Close pulls the cable and switches the unit off. Twice is fine.
func (p *Printer) Close() error {
	p.plugMu.Lock()
	defer p.plugMu.Unlock()
	if p.closed {
		return nil
	}
	p.closed = true
	close(p.off)
	p.unplug()
	p.work.Wait()
	return nil
}

// A wire is the cable while it is plugged in.
type wire struct {
	conn io.ReadWriteCloser
	once sync.Once
	gone chan struct{}
	work sync.WaitGroup
}

func plug(p *Printer, conn io.ReadWriteCloser) *wire {
	w := &wire{conn: conn, gone: make(chan struct{})}
	w.work.Go(func() { w.receive(p) })
	w.work.Go(func() { w.answer(p.mech) })
	return w
}

// hangUp ends the wire, from either side.
func (w *wire) hangUp() {
	w.once.Do(func() {
		close(w.gone)
		_ = w.conn.Close() // its other end learns of it; nobody here can
	})
	w.work.Wait()
}

// receive moves bytes from the wire into the buffer and acts on real-time
// commands as they pass.
func (w *wire) receive(p *Printer) {
	var last [3]byte
	chunk := make([]byte, 512)
	for {
		n, err := w.conn.Read(chunk)
		for _, b := range chunk[:n] {
			last[0], last[1], last[2] = last[1], last[2], b
			if !p.opts.Sequential && p.realTime(last) {
				continue
			}
			if p.opts.XonXoff {
				p.takeOrLose(b)
				continue
			}
			select {
			case p.buffer.bytes <- b:
			case <-w.gone:
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// takeOrLose is the receive buffer of a unit with XON/XOFF.
func (p *Printer) takeOrLose(b byte) {
	select {
	case p.buffer.bytes <- b:
	default:
		p.strange("lost")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.stopped && len(p.buffer.bytes) >= cap(p.buffer.bytes)/2 {
		p.stopped = true
		p.say(0x13)
	}
}

// answer sends what the unit has to say.
func (w *wire) answer(m *mech) {
	for {
		select {
		case b := <-m.said:
			if _, err := w.conn.Write(b); err != nil {
				return
			}
		case <-w.gone:
			return
		}
	}
}
