package known

import (
	"fmt"
	"slices"
)

// Usage is what a HID collection is for: a page of HID Usage Tables 1.5 and a
// number on it.
type Usage struct{ Page, ID uint16 }

// The usages that matter here.
var (
	Scanner  = Usage{0x8C, 0x02} // HID Point of Sale Usage Tables 1.02, bar code scanner
	Keyboard = Usage{0x01, 0x06}
	mouse    = Usage{0x01, 0x02}
)

// touchPage is of digitizers, touch screens among them; makersPages are beyond any
// standard.
const (
	touchPage   = 0x0D
	scannerPage = 0x8C
	makersPages = 0xFF00
)

// String gives the word of a usage that is known here, else its numbers.
func (u Usage) String() string {
	switch {
	case u == Scanner:
		return "bar code scanner (HID-POS)"
	case u == Keyboard:
		return "keyboard"
	case u == mouse:
		return "mouse"
	case u.Page == touchPage:
		return "touch screen"
	case u.Page == scannerPage:
		return fmt.Sprintf("part of a bar code scanner (usage 8Ch:%02Xh)", u.ID)
	case u.Page >= makersPages:
		return fmt.Sprintf("its maker's own (usage page %04Xh)", u.Page)
	}
	return fmt.Sprintf("usage %02Xh:%02Xh", u.Page, u.ID)
}

// deepest is how many PUSH items may be open at once; real descriptors have one.
const deepest = 16

// Usages reads a HID report descriptor and gives the usages of its top-level
// collections, in order, each once. What cannot be read ends the reading: the
// usages up to there are given. HID 1.11, sections 5.3 to 6.2.2.8.
func Usages(descriptor []byte) []Usage {
	var found []Usage
	var page uint16
	var pushed []uint16
	depth := 0
	var local *Usage
	for b := descriptor; len(b) > 0; {
		tag := b[0]
		if tag == 0xFE { // a long item: its size stands behind
			if len(b) < 3 || len(b) < 3+int(b[1]) {
				return found
			}
			b = b[3+int(b[1]):]
			continue
		}
		size := int(tag & 3)
		if size == 3 {
			size = 4
		}
		if len(b) < 1+size {
			return found
		}
		var v uint32
		for i := size; i > 0; i-- {
			v = v<<8 | uint32(b[i])
		}
		b = b[1+size:]
		switch tag &^ 3 {
		case 0x04: // usage page
			page = uint16(v)
		case 0x08: // usage; the first before a collection is its own
			if local == nil {
				local = &Usage{page, uint16(v)}
				if size == 4 {
					local.Page = uint16(v >> 16)
				}
			}
		case 0xA4: // push
			if len(pushed) == deepest {
				return found
			}
			pushed = append(pushed, page)
		case 0xB4: // pop
			if len(pushed) == 0 {
				return found
			}
			page, pushed = pushed[len(pushed)-1], pushed[:len(pushed)-1]
		case 0xA0: // collection
			if depth == 0 && local != nil && !slices.Contains(found, *local) {
				found = append(found, *local)
			}
			depth++
			local = nil
		case 0xC0: // end of collection
			depth = max(0, depth-1)
			local = nil
		case 0x80, 0x90, 0xB0: // input, output, feature
			local = nil
		}
	}
	return found
}
