// Package stick carries sealed submissions on a USB stick from a station that has
// no network at all to central, and central's word on them back.
//
// A folder on the stick holds one file for each submission, sealed as it lies in
// the outbox, and manifest.json, which is written last: a folder without it was
// not finished. What is on the stick names no person and can be read by central
// alone. Nothing that a station wrote needs to be believed: central checks each
// submission as if it had come over the network, and knows those that did. What
// central writes beside them is signed, and a station checks that it is central's
// and about its own bytes.
//
// What was handed over with a submission lies beside it, each part in a file of
// its own; they are written first.
//
// Names are of eight characters and three, so that any FAT takes them, and one
// folder holds the ten thousand submissions of a month and a half.
package stick

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"motcua/kiosk/contract"
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
	ErrTooMany = errors.New("too many files for one folder")
	// ErrNewer: written by a later version of this program.
	ErrNewer = errors.New("export of a newer version")
)

// MaxFiles is how many submissions and parts one folder takes; a folder of FAT has room
// for 65,536 short names.
const MaxFiles = 60_000

const (
	manifestName = "manifest.json"
	version      = 2        // 1 knows no parts, and is what a folder without any says
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
	Parts    []Part    `json:"parts,omitempty"`
}

// Part is one sealed part of a submission.
type Part struct {
	File string `json:"file"` // "P0000001.AGE"
	Name string `json:"name"` // SHA-256 of its bytes, in hexadecimal
	Size int64  `json:"size"` // bytes
}

// Sealed is one submission as the outbox gives it out.
type Sealed struct {
	ID       string
	Digest   string
	Accepted time.Time
	Bytes    []byte
	Parts    []Source
}

// Source is one sealed part as the outbox gives it out.
type Source struct {
	Name string
	Size int64
	// Open opens it for reading, once.
	Open func() (io.ReadCloser, error)
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
	dir   string
	done  Manifest
	parts int // written so far
}

// Create makes a new folder below parent, named after the station and the time.
func Create(parent, station string, at time.Time) (*Writer, error) {
	dir := filepath.Join(parent, folderPrefix+station+"-"+at.UTC().Format("20060102T150405Z"))
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, fmt.Errorf("stick: %w", err)
	}
	return &Writer{dir: dir, done: Manifest{Version: 1, Station: station, Made: at.UTC().Truncate(time.Second), Files: []File{}}}, nil
}

// Dir is the folder.
func (w *Writer) Dir() string { return w.dir }

// Add writes one submission with its parts, checked; with ErrAltered nothing of
// it stays. It is on the stick when Close returns nil.
func (w *Writer) Add(s Sealed) error {
	if err := Check(s); err != nil {
		return err
	}
	if len(w.done.Files)+w.parts+len(s.Parts) >= MaxFiles {
		return fmt.Errorf("stick: %d: %w", MaxFiles, ErrTooMany)
	}
	f := File{Name: fmt.Sprintf("S%07d.AGE", len(w.done.Files)+1), ID: s.ID, Digest: s.Digest, Size: len(s.Bytes), Accepted: s.Accepted}
	for i, p := range s.Parts {
		f.Parts = append(f.Parts, Part{File: fmt.Sprintf("P%07d.AGE", w.parts+i+1), Name: p.Name, Size: p.Size})
		if err := w.copy(f.Parts[i], p.Open); err != nil {
			for _, done := range f.Parts {
				_ = os.Remove(filepath.Join(w.dir, done.File))
			}
			return err
		}
	}
	if w.parts += len(s.Parts); w.parts > 0 {
		w.done.Version = version
	}
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

// copy writes one part, held against its name.
func (w *Writer) copy(p Part, open func() (io.ReadCloser, error)) error {
	from, err := open()
	if err != nil {
		return fmt.Errorf("stick: %w", err)
	}
	defer from.Close()
	f, err := os.OpenFile(filepath.Join(w.dir, p.File), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("stick: %w", err)
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, sum), io.LimitReader(from, p.Size+1))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("stick: %w", err)
	}
	if n != p.Size || hex.EncodeToString(sum.Sum(nil)) != p.Name {
		return fmt.Errorf("part %s: digest differs: %w", p.Name, ErrAltered)
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
	if err := settle(w.dir); err != nil {
		return Manifest{}, err
	}
	m, err := Open(w.dir)
	if err != nil {
		return m, err
	}
	for _, f := range m.Files {
		if _, err := f.Read(w.dir); err != nil {
			return m, err
		}
		for _, p := range f.Parts {
			part, err := p.Open(w.dir)
			if err != nil {
				return m, err
			}
			_ = part.Close() // was only read
		}
	}
	return m, nil
}

var (
	fileName = regexp.MustCompile(`^S[0-9]{7}\.AGE$`)
	partFile = regexp.MustCompile(`^P[0-9]{7}\.AGE$`)
	station  = regexp.MustCompile(`^[A-Z0-9-]{3,12}$`)
)

// Open reads the manifest of a folder. It fails with ErrUnfinished, ErrNewer or
// ErrAltered.
func Open(dir string) (Manifest, error) {
	if _, err := os.Lstat(filepath.Join(dir, manifestName)); errors.Is(err, os.ErrNotExist) {
		return Manifest{}, fmt.Errorf("stick: %s: %w", dir, ErrUnfinished)
	}
	b, err := read(dir, manifestName, maxManifest)
	if err != nil {
		return Manifest{}, err
	}
	m, err := parse(b)
	if err != nil {
		return Manifest{}, fmt.Errorf("stick: %s: %w", filepath.Join(dir, manifestName), err)
	}
	return m, nil
}

func parse(b []byte) (Manifest, error) {
	var m Manifest
	if bytes.Count(b, []byte(",")) > 8*(MaxFiles+1) { // or a list of nothing takes a hundred times its bytes of memory
		return Manifest{}, ErrAltered
	}
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
		if len(f.Parts) > contract.MaxAttachments {
			return Manifest{}, ErrAltered
		}
		for _, p := range f.Parts {
			if !partFile.MatchString(p.File) || seen[p.File] || !submission.ValidPart(p.Name) || p.Size < 1 || p.Size > contract.MaxPart {
				return Manifest{}, ErrAltered
			}
			seen[p.File] = true
		}
	}
	return m, nil
}

// Read gives the sealed bytes of one file of the folder dir. It fails with
// ErrAltered when they are not what the manifest says.
func (f File) Read(dir string) ([]byte, error) {
	b, err := read(dir, f.Name, int64(f.Size))
	if err != nil {
		return nil, err
	}
	if err := Check(Sealed{ID: f.ID, Digest: f.Digest, Bytes: b}); err != nil {
		return nil, fmt.Errorf("stick: %s: %w", f.Name, err)
	}
	return b, nil
}

// Open opens the part in the folder dir for reading, after it was read whole. It
// fails with ErrAltered when it is not what the manifest says.
func (p Part) Open(dir string) (*os.File, error) {
	f, err := open(dir, p.File)
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	n, err := io.Copy(sum, io.LimitReader(f, p.Size+1))
	if err == nil && (n != p.Size || hex.EncodeToString(sum.Sum(nil)) != p.Name) {
		err = ErrAltered
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("stick: %s: %w", p.File, err), f.Close())
	}
	return f, nil
}
