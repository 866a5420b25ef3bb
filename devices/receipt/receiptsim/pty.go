package receiptsim

import (
	"errors"
	"fmt"

	"motcua/devices/port/portsim"
)

// Open switches on a unit on a new pty in raw mode and makes link a symlink to
// it, as /dev/serial/by-id does for a real one. A link that is there already
// is replaced; any other file is an error. The link is there while the cable is in.
func Open(link string, opts Options) (*Printer, error) {
	p := power(opts)
	p.link = link
	if err := p.Plug(); err != nil {
		_ = p.Close() // nothing was plugged in yet
		return nil, err
	}
	return p, nil
}

// Plug puts the cable back: a new pty under the same link, or the same address. It
// is an error on a unit that was made by New.
func (p *Printer) Plug() error {
	p.plugMu.Lock()
	defer p.plugMu.Unlock()
	if p.door != nil && !p.closed {
		if p.door.listener != nil {
			return nil
		}
		return p.door.open(p)
	}
	if p.link == "" || p.closed {
		return errors.New("receipt printer: no socket to plug into")
	}
	if p.wire != nil {
		return nil
	}
	line, err := portsim.Open(p.link)
	if err != nil {
		return fmt.Errorf("receipt printer: %w", err)
	}
	p.wire = plug(p, line)
	return nil
}
