// Package content gives what is in a code from what a unit made of it.
//
// Makes differ in what they do to the characters of a code and in how often they
// send one that stays in their sight; what is the same whatever the line is here.
package content

import (
	"bytes"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

var (
	// aim is the symbology identifier that some units put first: ]Q1 for a QR
	// code (ISO/IEC 15424).
	aim = regexp.MustCompile(`^\][A-Za-z][0-9A-Za-z]`)
	// eci is the escape by which a unit passes on the code's character set:
	// \000026 for UTF-8 (AIM ECI protocol). With it, a backslash is doubled.
	eci = regexp.MustCompile(`\\000[0-9]{3}`)
)

// Text gives the text of a frame: NFC UTF-8 whatever the unit made of it, without
// AIM prefix, ECI escapes and control characters around it. frame stays as it is.
func Text(frame []byte) string {
	frame = bytes.TrimFunc(frame, func(r rune) bool { return r < ' ' || r == 0x7f }) // STX and the like
	if loc := aim.FindIndex(frame); loc != nil && loc[1] < len(frame) {
		frame = frame[loc[1]:]
	}
	if eci.Match(frame) {
		frame = eci.ReplaceAll(frame, nil)
		frame = bytes.ReplaceAll(frame, []byte(`\\`), []byte(`\`))
	}
	text := strings.TrimPrefix(repair(frame), "\ufeff")
	return norm.NFC.String(text)
}

// repair finds out which characters the bytes mean. Units set to a code page
// send that instead of the UTF-8 in the code, or take the UTF-8 for a code page
// and encode it once more: "Nguyá»…n".
func repair(frame []byte) string {
	if !utf8.Valid(frame) {
		return fromCodePage(frame)
	}
	text := string(frame)
	if isASCII(text) {
		return text
	}
	for _, page := range []*charmap.Charmap{charmap.Windows1252, charmap.Windows1258, charmap.ISO8859_1} {
		if once, ok := unread(text, page); ok {
			return once
		}
	}
	return text
}

// fromCodePage reads bytes that are not UTF-8: Windows-1258 if that gives
// Vietnamese, else Windows-1252. Bytes that were UTF-8 in the main are that,
// damaged: what is lost shows as U+FFFD.
func fromCodePage(frame []byte) string {
	if text, err := charmap.Windows1258.NewDecoder().Bytes(frame); err == nil && vietnamese(string(text)) {
		return string(text)
	}
	for rest := frame; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		if r != utf8.RuneError && size > 1 {
			return strings.ToValidUTF8(string(frame), "\ufffd")
		}
		rest = rest[size:]
	}
	text, err := charmap.Windows1252.NewDecoder().Bytes(frame)
	if err != nil {
		return strings.ToValidUTF8(string(frame), "\ufffd")
	}
	return string(text)
}

// unread undoes reading UTF-8 bytes as page: ok only if every character is one
// of page's, and their bytes are Vietnamese in UTF-8. Text that was right to
// begin with fails that: "Ã" is never followed by "ª" in it.
func unread(text string, page *charmap.Charmap) (string, bool) {
	raw := make([]byte, 0, len(text))
	for _, r := range text {
		b, ok := page.EncodeRune(r)
		if !ok && r >= 0x80 && r < 0xa0 {
			b, ok = byte(r), true // the gaps of a Windows page pass through as they are
		}
		if !ok {
			return "", false
		}
		raw = append(raw, b)
	}
	if !utf8.Valid(raw) || isASCII(string(raw)) {
		return "", false
	}
	return string(raw), vietnamese(string(raw))
}

// vietnamese tells that nothing but ASCII, Vietnamese letters and the dashes and
// quotes of print is in text.
func vietnamese(text string) bool {
	for _, r := range norm.NFD.String(text) {
		switch {
		case r <= unicode.MaxASCII, r == 'đ', r == 'Đ', r == '\ufeff':
		case strings.ContainsRune("\u0300\u0301\u0302\u0303\u0306\u0309\u031b\u0323", r):
		case strings.ContainsRune("–—‘’“”…", r):
		default:
			return false
		}
	}
	return true
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > unicode.MaxASCII }) < 0
}
