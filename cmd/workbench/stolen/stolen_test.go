package stolen

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

const name, number = "Nguyễn Văn Mẫu", "001090999999"

// What is planted is found, in each form, anywhere in a megabyte of noise; and
// in the noise alone nothing is.
func TestPlantedIsFound(t *testing.T) {
	noise := make([]byte, 1<<20)
	for i := range noise {
		noise[i] = byte(rand.Uint32())
	}
	low, high := utf16Of(name)
	escaped, err := json.Marshal(map[string]string{"<" + number + ">": "x"})
	if err != nil {
		t.Fatal(err)
	}
	for what, planted := range map[string][]byte{
		"as it is":            []byte(name),
		"in capitals":         []byte(strings.ToUpper(name)),
		"decomposed":          []byte(norm.NFD.String(name)),
		"without marks":       []byte("NGUYEN VAN MAU"),
		"UTF-16LE":            low,
		"UTF-16BE":            high,
		"hexadecimal":         []byte(hex.EncodeToString([]byte(name))),
		"URL":                 []byte("?q=" + url.QueryEscape(name)),
		"JSON":                []byte(`"Nguy\u1ec5n V\u0103n M\u1eabu"`),
		"number":              []byte(number),
		"number in JSON":      escaped,
		"number in UTF-16":    []byte(strings.Join(strings.Split(number, ""), "\x00") + "\x00"),
		"base64, first place": []byte(base64.StdEncoding.EncodeToString([]byte("abc" + number + "z"))),
		"base64, second":      []byte(base64.StdEncoding.EncodeToString([]byte("a" + number + "yz"))),
		"base64, third":       []byte(base64.RawURLEncoding.EncodeToString([]byte("ab" + name))),
	} {
		t.Run(what, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "disk")
			disk := bytes.Clone(noise)
			copy(disk[rand.IntN(len(disk)-1000):], planted)
			if err := os.WriteFile(file, disk, 0o600); err != nil {
				t.Fatal(err)
			}
			if found, err := Search([]string{name, number}, dir); err != nil || len(found) == 0 || found[0].File != file {
				t.Errorf("Search = %v, %v; want it found", found, err)
			}
		})
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "disk"), noise, 0o600); err != nil {
		t.Fatal(err)
	}
	if found, err := Search([]string{name, number}, dir); err != nil || len(found) != 0 {
		t.Errorf("Search of noise = %v, %v; want nothing", found, err)
	}
	if err := os.Mkdir(filepath.Join(dir, "of "+number), 0o700); err != nil {
		t.Fatal(err)
	}
	found, err := Search([]string{name, number}, dir)
	if err != nil || len(found) != 1 || found[0].At != -1 {
		t.Errorf("Search = %v, %v; want the name of the folder", found, err)
	}
	if strings.Contains(found[0].String(), name) {
		t.Error("the report repeats the word")
	}
}

func TestWhatCannotBeLookedFor(t *testing.T) {
	if _, err := Search([]string{"An"}, t.TempDir()); err == nil {
		t.Error("a word of two letters was looked for")
	}
	if _, err := Search([]string{number}, filepath.Join(t.TempDir(), strconv.Itoa(rand.Int()))); err == nil {
		t.Error("a folder that is not there was searched")
	}
}
