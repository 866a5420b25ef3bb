// Package stolen reads a station's disk as a thief would: every byte of every
// file, used or given up, looking for what names a person, in any form in which
// a program may have written it.
package stolen

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"

	"golang.org/x/text/unicode/norm"
)

// Found is one place where a word stands.
type Found struct {
	File string
	At   int // byte; -1 = in the file's name
	Form string
	Word int // number of the word, so that a report does not repeat it
}

// String tells the place and not the word.
func (f Found) String() string {
	return fmt.Sprintf("word %d, %s, in %s at %d", f.Word, f.Form, f.File, f.At)
}

// shortest is the least that a form may have in bytes: less is found in any
// noise. In a megabyte of noise six given bytes stand once in 2^28 times.
const shortest = 6

// form is one way to write a word.
type form struct {
	name  string
	bytes []byte
	word  int
}

// forms gives the ways in which the words may have been written: as they are,
// in capitals or not, composed, decomposed or without marks, in UTF-8 or UTF-16,
// in base64 at any of its three places, in hexadecimal, escaped for a URL or for
// JSON.
func forms(words []string) (all []form) {
	for i, w := range words {
		seen := map[string]bool{}
		add := func(name string, b []byte) {
			if len(b) >= shortest && !seen[string(b)] {
				seen[string(b)] = true
				all = append(all, form{name, b, i})
			}
		}
		for _, text := range []string{w, strings.ToUpper(w), strings.ToLower(w), plain(w), plain(strings.ToUpper(w)), plain(strings.ToLower(w))} {
			for _, text := range []string{norm.NFC.String(text), norm.NFD.String(text)} {
				add("UTF-8", []byte(text))
				low, high := utf16Of(text)
				add("UTF-16LE", low)
				add("UTF-16BE", high)
				add("hexadecimal", []byte(hex.EncodeToString([]byte(text))))
				add("hexadecimal in capitals", []byte(strings.ToUpper(hex.EncodeToString([]byte(text)))))
				add("escaped for a URL", []byte(url.QueryEscape(text)))
				add("escaped for a path", []byte(url.PathEscape(text)))
				add("escaped for JSON", []byte(jsonEscape(text)))
				for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
					for shift := range 3 {
						add("base64", based(enc, []byte(text), shift))
					}
				}
			}
		}
	}
	return all
}

// plain takes the marks off.
func plain(s string) string {
	s = strings.NewReplacer("đ", "d", "Đ", "D").Replace(norm.NFD.String(s))
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, s)
}

func utf16Of(s string) (low, high []byte) {
	for _, u := range utf16.Encode([]rune(s)) {
		low, high = append(low, byte(u), byte(u>>8)), append(high, byte(u>>8), byte(u))
	}
	return low, high
}

func jsonEscape(s string) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(s)) {
		if u < 0x80 {
			b.WriteByte(byte(u))
		} else {
			fmt.Fprintf(&b, `\u%04x`, u)
		}
	}
	return b.String()
}

// based is what base64 makes of text wherever it stands in a longer one, shift
// bytes behind a multiple of three: the characters that text alone decides.
func based(enc *base64.Encoding, text []byte, shift int) []byte {
	all := enc.WithPadding(base64.NoPadding).EncodeToString(append(make([]byte, shift), text...))
	from := (shift*8 + 5) / 6
	to := (shift + len(text)) * 8 / 6
	return []byte(all[from:to])
}

// Search looks for the words in every byte and name of everything below the
// folders, and gives the places. A form of less than six bytes is not looked
// for; a word that has no longer form is an error, and so is a folder that is
// not there.
func Search(words []string, folders ...string) ([]Found, error) {
	looked := forms(words)
	for i := range words {
		if !slices.ContainsFunc(looked, func(f form) bool { return f.word == i && f.name == "UTF-8" }) {
			return nil, fmt.Errorf("stolen: word %d is too short to be looked for", i)
		}
	}
	var all []Found
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			name := []byte(path[len(folder):])
			for _, f := range looked {
				if bytes.Contains(name, f.bytes) {
					all = append(all, Found{path, -1, f.name, f.word})
				}
			}
			if !d.Type().IsRegular() {
				return nil
			}
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, f := range looked {
				if at := bytes.Index(content, f.bytes); at >= 0 {
					all = append(all, Found{path, at, f.name, f.word})
				}
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("stolen: %w", err)
		}
	}
	return all, nil
}
