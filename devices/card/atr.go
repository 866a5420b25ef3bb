package card

// Extended tells whether the historical bytes of an answer to reset say that
// the card takes extended Lc and Le (ISO/IEC 7816-4:2020, 12.1.1 and table 119:
// card capabilities, tag 7, third byte, bit 7). Anything that cannot be read says
// no: short APDUs always work.
func Extended(atr []byte) bool {
	h := historical(atr)
	if len(h) == 0 {
		return false
	}
	switch h[0] {
	case 0x80: // COMPACT-TLV to the end
		h = h[1:]
	case 0x00: // COMPACT-TLV, then three bytes of status
		if len(h) < 4 {
			return false
		}
		h = h[1 : len(h)-3]
	default:
		return false
	}
	for len(h) > 0 {
		tag, n := h[0]>>4, int(h[0]&0x0F)
		if len(h) < 1+n {
			return false
		}
		if tag == 7 && n == 3 {
			return h[3]&0x40 != 0
		}
		h = h[1+n:]
	}
	return false
}

// historical gives the historical bytes of an ATR (ISO/IEC 7816-3:2006, 8.2).
func historical(atr []byte) []byte {
	if len(atr) < 2 || (atr[0] != 0x3B && atr[0] != 0x3F) {
		return nil
	}
	count, next, rest := int(atr[1]&0x0F), atr[1], atr[2:]
	for {
		skip := 0
		for bit := byte(0x10); bit != 0; bit <<= 1 {
			if next&bit != 0 {
				skip++
			}
		}
		if len(rest) < skip {
			return nil
		}
		more := next&0x80 != 0
		if more {
			next = rest[skip-1]
		}
		rest = rest[skip:]
		if !more {
			break
		}
	}
	if len(rest) < count {
		return nil
	}
	return rest[:count]
}
