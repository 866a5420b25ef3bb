package hid

import "slices"

// A keyboard scanner sends what a keyboard would: boot reports of eight bytes
// (Device Class Definition for HID 1.11, appendix B.1), each saying which keys are
// down now:
//
//	0    Ctrl, Shift, Alt, GUI; left in bits 0 to 3, right in bits 4 to 7
//	1    reserved
//	2–7  usages of up to six keys on page 07h, 0 for none; all 01h if there
//	     are more than the unit can tell (roll-over)
//
// The unit does not know the layout that the computer has; the decoder reads its
// keys as those of a US keyboard, which is how scanners leave the works. That
// layout has no Vietnamese letters. A unit may leave them out, put others in their
// place, or type each byte as Alt with three or four digits on the keypad; the
// last is understood, if the unit sends it: Alt+0225, Alt+0187, Alt+0133 for "ễ".
const (
	bootReport = 8
	rollOver   = 0x01
	keyEnter   = 0x28
	keyTab     = 0x2b
	padEnter   = 0x58
	pad1       = 0x59
	pad0       = 0x62

	ctrl  = 0x11
	shift = 0x22
	alt   = 0x44
	gui   = 0x88
)

// The characters of the keys on a US keyboard, from the usage given; HID Usage
// Tables 1.12, table 12. A blank is a key without one, apart from the space bar.
const (
	firstKey    = 0x04
	plainKeys   = "abcdefghijklmnopqrstuvwxyz1234567890" + "\n\x1b\b\t -=[]\\#;'`,./"
	shiftedKeys = "ABCDEFGHIJKLMNOPQRSTUVWXYZ!@#$%^&*()" + "\n\x1b\b\t _+{}|~:\"~<>?"
	firstPad    = 0x54
	padKeys     = "/*-+\n1234567890."
	key102      = 0x64 // beside the left Shift of keyboards that have it
	padEqual    = 0x67
)

// keyDecoder turns reports into what was typed.
type keyDecoder struct {
	joiner
	down    [6]byte // the keys of the report before
	altDown bool
	number  int // typed on the keypad while Alt is down
	digits  int
}

// feed takes one report. Enter and Tab end a code.
func (d *keyDecoder) feed(report []byte, emit emit) {
	if len(report) == bootReport+1 {
		report = report[1:] // units with several kinds of report put its id first
	}
	if len(report) != bootReport {
		d.drop()
		emit(nil, errShape)
		return
	}
	if report[2] == rollOver {
		return // nothing is known about this moment; the keys held before count on
	}
	mods, keys := report[0], [6]byte(report[2:])
	if d.altDown && mods&alt == 0 {
		d.endAlt(emit)
	}
	d.altDown = mods&alt != 0
	for _, key := range keys {
		if key != 0 && !slices.Contains(d.down[:], key) {
			d.press(mods, key, emit)
		}
	}
	d.down = keys
}

// press takes one key going down.
func (d *keyDecoder) press(mods, key byte, emit emit) {
	switch char := character(key, mods&shift != 0); {
	case key == keyEnter || key == padEnter || key == keyTab:
		d.end(emit)
	case mods&gui != 0:
		// a shortcut, not a character
	case mods&alt != 0:
		if key >= pad1 && key <= pad0 {
			d.number = min(d.number*10+int(key-pad1+1)%10, 1<<16)
			d.digits++
		}
	case char == 0:
		// a lock, an arrow, F1
	case mods&ctrl != 0:
		char &= 0x1f // as terminals have it: Ctrl+] is GS, which GS1 codes hold
		d.add([]byte{char}, emit)
	default:
		d.add([]byte{char}, emit)
	}
}

// endAlt takes the number that was typed while Alt was down: one byte.
func (d *keyDecoder) endAlt(emit emit) {
	number, digits := d.number, d.digits
	d.number, d.digits = 0, 0
	switch {
	case digits == 0:
	case number > 0xff:
		d.spoil(errAlt, emit)
	default:
		d.add([]byte{byte(number)}, emit)
	}
}

// expire ends a code that no Enter or Tab has ended.
func (d *keyDecoder) expire(emit emit) { d.end(emit) }

// character gives the character of a key on a US keyboard; 0 = it has none.
func character(key byte, shifted bool) byte {
	chars, at := plainKeys, int(key)-firstKey
	if shifted {
		chars = shiftedKeys
	}
	switch {
	case key == key102:
		return character(0x31, shifted) // the backslash key's twin
	case key == padEqual:
		return '='
	case key >= firstPad && int(key) < firstPad+len(padKeys):
		chars, at = padKeys, int(key)-firstPad
	}
	if at < 0 || at >= len(chars) {
		return 0
	}
	switch char := chars[at]; char {
	case '\n', '\b', '\t', 0x1b:
		return 0
	default:
		return char
	}
}
