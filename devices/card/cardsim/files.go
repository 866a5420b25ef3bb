package cardsim

import (
	"bytes"
	"slices"

	"motcua/devices/card/lds"
)

var application = []byte{0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01}

// choose is SELECT.
func (c *Chip) choose(cmd command) uint16 {
	switch {
	case cmd.p1 == 0x04:
		if !bytes.Equal(cmd.data, application) {
			return 0x6A82
		}
		c.app, c.current = true, 0
		return 0x9000
	case cmd.p1 == 0x00:
		if !c.quirks.HasMasterFile {
			return 0x6D00
		}
		if !bytes.Equal(cmd.data, []byte{0x3F, 0x00}) {
			return 0x6A82
		}
		c.master, c.app, c.current = true, false, 0
		return 0x9000
	case cmd.p1 != 0x02 || len(cmd.data) != 2 || cmd.data[0] != 0x01:
		return 0x6A86
	}
	f := lds.File(cmd.data[1])
	if status := c.allowed(f); status != 0x9000 {
		return status
	}
	c.current = f
	return 0x9000
}

// allowed says whether a file is there, and may be read now.
func (c *Chip) allowed(f lds.File) uint16 {
	there := c.files[f] != nil
	switch {
	case f == lds.CardAccess:
		if !there || c.app || c.quirks.NeedsMaster && !c.master {
			return 0x6A82
		}
		return 0x9000
	case !c.app:
		return 0x6A82
	case slices.Contains(c.quirks.Forbidden, f), !c.open:
		return 0x6982
	case !there:
		return 0x6A82
	}
	return 0x9000
}

// read is READ BINARY in both forms.
func (c *Chip) read(cmd command) ([]byte, uint16) {
	offset := int(cmd.p1)<<8 | int(cmd.p2)
	switch {
	case cmd.ins == 0xB1:
		b, err := lds.Unwrap(cmd.data, 0x54)
		if err != nil || len(b) > 3 || offset != 0 {
			return nil, 0x6A80
		}
		for _, v := range b {
			offset = offset<<8 | int(v)
		}
	case cmd.p1&0x80 != 0:
		if c.quirks.NoShortNames {
			return nil, 0x6A86
		}
		f := lds.File(cmd.p1 & 0x1F)
		if status := c.allowed(f); status != 0x9000 {
			return nil, status
		}
		c.current, offset = f, int(cmd.p2)
	}
	if c.current == 0 {
		return nil, 0x6986
	}
	b := c.files[c.current]
	if most := c.quirks.MaxLe; most != 0 && cmd.le > most {
		return nil, 0x6700
	}
	if cmd.le == 0 {
		return nil, 0x6700
	}
	if offset >= len(b) {
		return nil, 0x6B00
	}
	b = b[offset:]
	n := cmd.le
	if cmd.ins == 0xB1 {
		for n = min(cmd.le, len(b)); n > 0 && len(lds.Append(nil, 0x53, b[:n])) > cmd.le; n-- {
		}
		return lds.Append(nil, 0x53, b[:n]), 0x9000
	}
	if n > len(b) {
		if c.quirks.NoPastEnd {
			return nil, 0x6B00
		}
		return b, 0x6282
	}
	return b[:n], 0x9000
}
