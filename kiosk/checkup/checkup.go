// Package checkup keeps how the last test of each peripheral ended, so that a
// report can tell it: one file a unit, below the station's data directory, with
// nothing of any person in it.
//
// A file is replaced whole and durably; a power cut leaves the one before or the
// new one. A file that cannot be read is told and hides no other.
package checkup

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Folder is where the outcomes lie below a station's data directory.
const Folder = "checkup"

// Outcome is how one test of one unit ended.
type Outcome struct {
	Unit   string    `json:"unit"`  // the peripheral's name in the configuration
	Thing  string    `json:"thing"` // what it is: barcode, camera, card, receipt, sound
	Test   string    `json:"test"`  // what was done: "print a sheet and read it back"
	At     time.Time `json:"at"`
	Passed bool      `json:"passed"`
	Found  string    `json:"found"` // what was seen or heard, never what a code or card said
	By     string    `json:"by"`    // who confirmed it: "a person", "the scanner", "the kiosk"
}

// Record is what is kept of a unit.
type Record struct {
	Outcome
	// Good is when a test passed last; zero = never. It is At where Passed.
	Good time.Time `json:"last_pass,omitzero"`
}

// Book is the folder of outcomes. Its methods may be called by several programs at
// once; of two that note the same unit the later stays.
type Book struct{ folder string }

// Open makes the folder in the data directory if there is none, with its owner. It
// fails where the directory is not there, or is not the caller's.
func Open(data string) (*Book, error) {
	folder := filepath.Join(data, Folder)
	owner, err := os.Stat(data)
	if err != nil {
		return nil, fmt.Errorf("checkup: %w", err)
	}
	switch err := os.Mkdir(folder, 0o700); {
	case err == nil:
		own(folder, owner)
	case !errors.Is(err, fs.ErrExist):
		return nil, fmt.Errorf("checkup: %w", err)
	}
	return &Book{folder}, nil
}

// Look is Open for who only reads: it makes no folder, and one that is not there
// holds nothing.
func Look(data string) *Book { return &Book{filepath.Join(data, Folder)} }

// own gives what root made to the account that has the data directory: the kiosk.
// Where that is not allowed, it is the kiosk's already.
func own(path string, like fs.FileInfo) {
	if st, ok := like.Sys().(*syscall.Stat_t); ok {
		_ = os.Chown(path, int(st.Uid), int(st.Gid))
	}
}

var plainName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}$`)

// Note keeps an outcome in the place of the one before. It returns when it is
// durable.
func (b *Book) Note(o Outcome) error {
	if !plainName.MatchString(o.Unit) {
		return fmt.Errorf("checkup: %q is no name of a peripheral", o.Unit)
	}
	path := filepath.Join(b.folder, o.Unit+".json")
	r := Record{Outcome: o}
	switch before, err := read(path); {
	case o.Passed:
		r.Good = o.At
	case err == nil:
		r.Good = before.Good
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("checkup: %w", err)
	}
	if err := b.replace(path, append(text, '\n')); err != nil {
		return fmt.Errorf("checkup: %w", err)
	}
	return nil
}

func (b *Book) replace(path string, text []byte) error {
	f, err := os.CreateTemp(b.folder, ".new-*")
	if err != nil {
		return err
	}
	if owner, err := os.Stat(b.folder); err == nil {
		own(f.Name(), owner)
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	dir, err := os.Open(b.folder)
	if err != nil {
		return nil // the name is there; only its durability cannot be asked for
	}
	defer dir.Close()
	return dir.Sync()
}

// Last gives the record of every unit that was ever tested, sorted by its name.
// The error joins each file that cannot be read; the rest is given all the same.
func (b *Book) Last() ([]Record, error) {
	entries, err := os.ReadDir(b.folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("checkup: %w", err)
	}
	var all []Record
	var faults []error
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".json")
		if !ok || !plainName.MatchString(name) {
			continue // half a file of a power cut
		}
		r, err := read(filepath.Join(b.folder, e.Name()))
		if err != nil {
			faults = append(faults, fmt.Errorf("checkup: %w", err))
			continue
		}
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b Record) int { return cmp.Compare(a.Unit, b.Unit) })
	return all, errors.Join(faults...)
}

func read(path string) (Record, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return Record{}, err
	}
	var r Record
	if err := json.Unmarshal(b, &r); err != nil {
		return Record{}, fmt.Errorf("%s: %w", path, err)
	}
	if r.Unit+".json" != filepath.Base(path) || r.At.IsZero() {
		return Record{}, fmt.Errorf("%s: not the record of a test", path)
	}
	return r, nil
}
