package hid

import "slices"

// posReports is what a HID-POS scanner sends for content.
func posReports(kind, content string) (all [][]byte) {
	for {
		part := content[:min(len(content), posMost)]
		content = content[len(part):]
		report := make([]byte, posReport)
		report[0], report[1] = posScanned, byte(len(part))
		copy(report[2:], kind)
		copy(report[posContent:], part)
		report[62] = 0x53
		if content != "" {
			report[63] = posMore
		}
		all = append(all, report)
		if content == "" {
			return all
		}
	}
}

// keyReports is what a keyboard scanner types for content: its bytes, those that
// no key has as Alt with digits, every key let go before the next.
func keyReports(content string) (all [][]byte) {
	for i := range len(content) {
		if key, shifted, ok := keyOf(content[i]); ok {
			all = append(all, keysDown(shifted&0x02, key), keysDown(0))
			continue
		}
		b := content[i]
		for _, digit := range []byte{0, b / 100, b / 10 % 10, b % 10} {
			all = append(all, keysDown(0x04, padKey(digit)), keysDown(0x04))
		}
		all = append(all, keysDown(0))
	}
	return all
}

// keysDown is the report of keys held with modifiers.
func keysDown(mods byte, keys ...byte) []byte {
	return append(append([]byte{mods, 0}, keys...), make([]byte, 6-len(keys))...)
}

// enter is Enter, pressed and let go.
func enter() [][]byte { return [][]byte{keysDown(0, keyEnter), keysDown(0)} }

// keyOf finds the key that makes char; shifted is all ones if with Shift.
func keyOf(char byte) (key, shifted byte, ok bool) {
	for key := byte(firstKey); key <= 0x38; key++ {
		if character(key, false) == char && char != 0 {
			return key, 0, true
		}
		if character(key, true) == char && char != 0 {
			return key, 0xff, true
		}
	}
	return 0, 0, false
}

func padKey(digit byte) byte {
	if digit == 0 {
		return pad0
	}
	return pad1 + digit - 1
}

// decoded is what a decoder finds in reports; an error counts as "! " and its text.
func decoded(d decoder, reports ...[]byte) (all []string) {
	for _, report := range reports {
		d.feed(slices.Clone(report), func(code []byte, err error) {
			if err != nil {
				all = append(all, "! "+err.Error())
				return
			}
			all = append(all, string(code))
		})
	}
	return all
}
