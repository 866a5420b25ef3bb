package receiptsim

import "io"

// PlugInto puts the cable back into a unit made by New, on another connection,
// which the unit owns from then on. A cable that is still in is pulled first.
func (p *Printer) PlugInto(conn io.ReadWriteCloser) {
	p.plugMu.Lock()
	defer p.plugMu.Unlock()
	p.unplug()
	if p.closed {
		_ = conn.Close()
		return
	}
	p.wire = plug(p, conn)
}
