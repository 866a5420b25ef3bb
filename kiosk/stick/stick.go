// Package stick carries sealed submissions on a USB stick from a station that has
// no network at all to central.
//
// A folder on the stick holds one file for each submission, sealed as it lies in
// the outbox, and manifest.json, which is written last: a folder without it was
// not finished. What is on the stick names no person and can be read by central
// alone. Nothing on it needs to be believed: central checks each submission as if
// it had come over the network, and knows those that did.
//
// Names are of eight characters and three, so that any FAT takes them, and one
// folder holds the ten thousand submissions of a month and a half.
package stick

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"golang.org/x/sys/unix"

	"motcua/kiosk/submission"
)

// What can be wrong with a stick. Test with errors.Is.
var (
	// ErrUnfinished: no manifest; the export was not finished, or this is
	// another folder.
	ErrUnfinished = errors.New("no finished export")
	// ErrAltered: a file is not what was written.
	ErrAltered = errors.New("file is missing or altered")
	// ErrTooMany: more than MaxFiles.
	ErrTooMany = errors.New("too many submissions for one folder")
	// ErrNewer: written by a later version of this program.
	ErrNewer = errors.New("export of a newer version")
)

// MaxFiles is how many submissions one folder takes; a folder of FAT has room
// for 65,536 short names.
const MaxFiles = 60_000

const (
	manifestName = "manifest.json"
	version      = 1
	maxManifest  = 32 << 20 // bytes
)

// Manifest lists what a folder holds.
type Manifest struct {
	Version int       `json:"version"`
	Station string    `json:"station"` // "CN-03"
	Made    time.Time `json:"made"`    // by the station's clock
	Files   []File    `json:"files"`   // in the order of acceptance
}

// File is one sealed submission.
type File struct {
	Name     string    `json:"name"` // "S0000001.AGE"
	ID       string    `json:"id"`
	Digest   string    `json:"digest"` // as a Content-Digest header, RFC 9530
	Size     int       `json:"size"`   // bytes
	Accepted time.Time `json:"accepted"`
}

// Sealed is one submission as the outbox gives it out.
type Sealed struct {
	ID       string
	Digest   string
	Accepted time.Time
	Bytes    []byte
}

// sealedHead begins every file of age, as of age-encryption.org/v1.
var sealedHead = []byte("age-encryption.org/v1\n")

// Check tells whether s is whole: bytes of the digest that it names, with the
// header of a sealed submission.
func Check(s Sealed) error {
	switch {
	case submission.Digest(s.Bytes) != s.Digest:
		return fmt.Errorf("submission %s: digest differs: %w", s.ID, ErrAltered)
	case !bytes.HasPrefix(s.Bytes, sealedHead):
		return fmt.Errorf("submission %s: no sealed submission: %w", s.ID, ErrAltered)
	}
	return nil
}

// Writer writes one folder.
type Writer struct {
	dir  string
	done Manifest
}

// Create makes a new folder below parent, named after the station and the time.
func Create(parent, station string, at time.Time) (*Writer, error) {
	dir := filepath.Join(parent, "motcua-"+station+"-"+at.UTC().Format("20060102T150405Z"))
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, fmt.Errorf("stick: %w", err)
	}
	return &Writer{dir, Manifest{Version: version, Station: station, Made: at.UTC().Truncate(time.Second), Files: []File{}}}, nil
}

// Dir is the folder.
func (w *Writer) Dir() string { return w.dir }

// Add writes one submission, checked first. It is on the stick when Close
// returns nil.
func (w *Writer) Add(s Sealed) error {
	if err := Check(s); err != nil {
		return err
	}
	if len(w.done.Files) == MaxFiles {
		return fmt.Errorf("stick: %d: %w", MaxFiles, ErrTooMany)
	}
	f := File{Name: fmt.Sprintf("S%07d.AGE", len(w.done.Files)+1), ID: s.ID, Digest: s.Digest, Size: len(s.Bytes), Accepted: s.Accepted}
	if err := w.write(f.Name, s.Bytes); err != nil {
		return err
	}
	w.done.Files = append(w.done.Files, f)
	return nil
}

func (w *Writer) write(name string, b []byte) error {
	f, err := os.OpenFile(filepath.Join(w.dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("stick: %w", err)
	}
	_, err = f.Write(b)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("stick: %w", err)
	}
	return nil
}

// Close writes the manifest, reads everything back and waits until all is on
// the stick: after it the stick may be pulled. It gives what was written.
func (w *Writer) Close() (Manifest, error) {
	b, err := json.MarshalIndent(w.done, "", "\t")
	if err != nil {
		return Manifest{}, fmt.Errorf("stick: %w", err)
	}
	if err := w.write(manifestName, append(b, '\n')); err != nil {
		return Manifest{}, err
	}
	for _, dir := range []string{w.dir, filepath.Dir(w.dir)} {
		f, err := os.Open(dir)
		if err != nil {
			return Manifest{}, fmt.Errorf("stick: %w", err)
		}
		err = errors.Join(f.Sync(), unix.Syncfs(int(f.Fd())), f.Close())
		if err != nil {
			return Manifest{}, fmt.Errorf("stick: %w", err)
		}
	}
	m, err := Open(w.dir)
	if err != nil {
		return m, err
	}
	for _, f := range m.Files {
		if _, err := f.Read(w.dir); err != nil {
			return m, err
		}
	}
	return m, nil
}

var (
	fileName = regexp.MustCompile(`^S[0-9]{7}\.AGE$`)
	station  = regexp.MustCompile(`^[A-Z0-9-]{3,12}$`)
)

// Open reads the manifest of a folder. It fails with ErrUnfinished, ErrNewer or
// ErrAltered.
func Open(dir string) (Manifest, error) {
	f, err := os.Open(filepath.Join(dir, manifestName))
	if errors.Is(err, os.ErrNotExist) {
		return Manifest{}, fmt.Errorf("stick: %s: %w", dir, ErrUnfinished)
	}
	if err != nil {
		return Manifest{}, fmt.Errorf("stick: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxManifest))
	if err != nil {
		return Manifest{}, fmt.Errorf("stick: %w", err)
	}
	m, err := parse(b)
	if err != nil {
		return Manifest{}, fmt.Errorf("stick: %s: %w", filepath.Join(dir, manifestName), err)
	}
	return m, nil
}

func parse(b []byte) (Manifest, error) {
	var m Manifest
	if err := json.Unmarshal(b, &m); err != nil {
		return Manifest{}, ErrAltered
	}
	if m.Version > version {
		return Manifest{}, ErrNewer
	}
	if m.Version < 1 || !station.MatchString(m.Station) || len(m.Files) > MaxFiles {
		return Manifest{}, ErrAltered
	}
	seen := map[string]bool{}
	for _, f := range m.Files {
		if !fileName.MatchString(f.Name) || !submission.ValidID(f.ID) || seen[f.Name] || f.Size < 1 || f.Size > submission.MaxSealed {
			return Manifest{}, ErrAltered
		}
		seen[f.Name] = true
	}
	return m, nil
}

// Read gives the sealed bytes of one file of the folder dir. It fails with
// ErrAltered when they are not what the manifest says.
func (f File) Read(dir string) ([]byte, error) {
	in, err := os.Open(filepath.Join(dir, f.Name))
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("stick: %s: %w", f.Name, ErrAltered)
	}
	if err != nil {
		return nil, fmt.Errorf("stick: %w", err)
	}
	defer in.Close()
	b, err := io.ReadAll(io.LimitReader(in, int64(f.Size)+1))
	if err != nil {
		return nil, fmt.Errorf("stick: read %s: %w", f.Name, err)
	}
	if err := Check(Sealed{ID: f.ID, Digest: f.Digest, Bytes: b}); err != nil {
		return nil, fmt.Errorf("stick: %s: %w", f.Name, err)
	}
	return b, nil
}
