// Package parts keeps the sealed parts of submissions, on disk, from their first
// byte on: what came stays when a connection or central ends, and a part is whole
// only when all of it is durable and is what its name says.
//
// Every part is a file below its station and its submission: "name.length" as
// long as bytes are missing, then "name". Nothing here can be read without
// central's key. Safe for use by several goroutines, and by several processes on
// one folder: whoever adds to a part holds flock(2) on its file until it is
// closed, and no whole part is ever opened for writing.
package parts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"motcua/kiosk/contract"
)

// Folder is its name in central's folder.
const Folder = "parts"

// Life is how long a part is kept to which nothing was added and that no
// submission has claimed.
const Life = 7 * 24 * time.Hour

// Why a part is not taken or given.
var (
	// ErrUnknown: never begun, or its time was over.
	ErrUnknown = errors.New("no such part")
	// ErrOffset: what was sent does not begin where the part ends.
	ErrOffset = errors.New("part ends elsewhere")
	// ErrOther: begun with another length.
	ErrOther = errors.New("part has another length")
	// ErrTooLong: more bytes than were told, or than a part may have.
	ErrTooLong = errors.New("part too long")
	// ErrAltered: all is here and is not what the name says; it was deleted.
	ErrAltered = errors.New("part is not what its name says")
	// ErrFull: no room on the disk.
	ErrFull = errors.New("no room for parts")
	// ErrBusy: another process is at work on the part; try later.
	ErrBusy = errors.New("part is in use by another process")
)

// Key names one part.
type Key struct{ Station, ID, Name string }

// Upload is how far a part is.
type Upload struct {
	Offset, Length int64
	Expires        time.Time // zero once it is whole
	Begun          bool      // by this very call
}

// Whole tells whether every byte is here, durable and right.
func (u Upload) Whole() bool { return u.Expires.IsZero() && u.Length > 0 }

// Store is the folder.
type Store struct {
	dir      string
	minFree  int64
	now      func() time.Time
	patience time.Duration // with another process

	mu   sync.Mutex // guards busy
	busy map[Key]*turn
}

// Open opens the store in dir, made where it is missing. With less than minFree
// bytes left on the disk it takes in no more.
func Open(dir string, minFree int64) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open parts: %w", err)
	}
	return &Store{dir: dir, minFree: minFree, now: time.Now, patience: patience, busy: map[Key]*turn{}}, nil
}

var (
	plainName = regexp.MustCompile(`^[0-9A-Za-z-]{1,64}$`)
	partName  = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// folder gives where a part lies. A name that could lead elsewhere gives none.
func (s *Store) folder(k Key) (string, error) {
	if !partName.MatchString(k.Name) {
		return "", ErrUnknown
	}
	return s.folderOf(k.Station, k.ID)
}

// folderOf gives where the parts of a submission lie.
func (s *Store) folderOf(station, id string) (string, error) {
	if !plainName.MatchString(station) || !plainName.MatchString(id) {
		return "", ErrUnknown
	}
	return filepath.Join(s.dir, station, id), nil
}

// Begin makes room for a part of length bytes. One that was begun, or that is
// whole, stays as it is. It fails with ErrTooLong, ErrOther, ErrFull or ErrBusy.
func (s *Store) Begin(ctx context.Context, k Key, length int64) (Upload, error) {
	if length < 1 || length > contract.MaxPart {
		return Upload{}, ErrTooLong
	}
	u, err := s.Find(ctx, k)
	if errors.Is(err, ErrUnknown) {
		u, err = s.begin(k, length)
	}
	if err == nil && u.Length != length {
		return Upload{}, ErrOther
	}
	return u, err
}

// begin makes the file, unless somebody else did meanwhile.
func (s *Store) begin(k Key, length int64) (Upload, error) {
	dir, err := s.folder(k)
	if err != nil {
		return Upload{}, err
	}
	if err := s.roomFor(length); err != nil {
		return Upload{}, err
	}
	folder, err := lockFolder(dir, unix.LOCK_EX)
	if err != nil {
		return Upload{}, full(err)
	}
	defer folder.Close()
	if u, _, err := s.find(k); !errors.Is(err, ErrUnknown) {
		return u, err
	}
	f, err := os.OpenFile(filepath.Join(dir, k.Name+"."+strconv.FormatInt(length, 10)), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return Upload{}, full(err)
	}
	return Upload{Length: length, Expires: s.now().Add(Life), Begun: true}, full(f.Close())
}

// roomFor fails with ErrFull unless n more bytes fit on the disk.
func (s *Store) roomFor(n int64) error {
	var st unix.Statfs_t
	if err := unix.Statfs(s.dir, &st); err != nil {
		return fmt.Errorf("measure the disk: %w", err)
	}
	if free := int64(st.Bavail) * st.Bsize; free-n < s.minFree {
		return fmt.Errorf("%w: %d MiB left", ErrFull, free>>20)
	}
	return nil
}

// full marks what a disk without room says.
func full(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return err
}

// Find tells how far a part is, after it has ended whatever else is at work on
// it in this process. It fails with ErrUnknown or ErrBusy.
func (s *Store) Find(ctx context.Context, k Key) (Upload, error) {
	back, err := s.take(ctx, k, func() {})
	if err != nil {
		return Upload{}, err
	}
	defer back()
	u, f, err := s.lock(ctx, k)
	if f == nil {
		return u, err
	}
	defer f.Close()
	if u.Offset == u.Length { // central ended before it was looked at
		if err = s.finish(k, f); errors.Is(err, ErrAltered) {
			err = ErrUnknown
		}
		u.Expires = time.Time{}
	}
	return u, err
}

// find gives how far a part is and its file. What it says of one that is not
// whole holds only for whoever has its lock.
func (s *Store) find(k Key) (u Upload, path string, err error) {
	dir, err := s.folder(k)
	if err != nil {
		return u, "", err
	}
	path = filepath.Join(dir, k.Name)
	if fi, err := os.Stat(path); err == nil {
		return Upload{Offset: fi.Size(), Length: fi.Size()}, path, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return u, "", err
	}
	for _, e := range entries {
		if length, is := strings.CutPrefix(e.Name(), k.Name+"."); is {
			u.Length, _ = strconv.ParseInt(length, 10, 64)
			u.Expires = s.now().Add(Life)
			return u, filepath.Join(dir, e.Name()), nil
		}
	}
	return u, "", ErrUnknown
}

// upload tells how far the part in f is. It fails with ErrUnknown when f is of no
// use any more.
func (s *Store) upload(f *os.File, path string) (Upload, error) {
	fi, err := f.Stat()
	if err != nil {
		return Upload{}, err
	}
	u := Upload{Offset: fi.Size(), Expires: fi.ModTime().Add(Life)}
	u.Length, err = strconv.ParseInt(strings.TrimPrefix(filepath.Ext(path), "."), 10, 64)
	if err != nil || u.Offset > u.Length || u.Expires.Before(s.now()) {
		return Upload{}, ErrUnknown
	}
	return u, nil
}

// Append adds what from gives, up to the length that was told, at offset. What
// came stays, also when from fails. Once the last byte is here it returns only
// after the part is durable and right. stop is called when somebody else in this
// process asks for the part: from must then end soon.
//
// It fails with ErrUnknown, ErrOffset, ErrFull, ErrAltered, ErrBusy, or with what
// from failed with; Upload tells how far the part is in any case.
func (s *Store) Append(ctx context.Context, k Key, offset int64, from io.Reader, stop func()) (Upload, error) {
	back, err := s.take(ctx, k, stop)
	if err != nil {
		return Upload{}, err
	}
	defer back()
	u, f, err := s.lock(ctx, k)
	if f != nil {
		defer f.Close()
	}
	switch {
	case err != nil:
		return u, err
	case u.Offset != offset:
		return u, ErrOffset
	case u.Whole():
		return u, nil
	}
	if err := s.roomFor(u.Length - u.Offset); err != nil {
		return u, err
	}
	n, err := io.Copy(f, io.LimitReader(from, u.Length-u.Offset))
	u.Offset += n
	if err = full(err); err != nil {
		return u, err
	}
	u.Expires = s.now().Add(Life)
	if u.Offset == u.Length {
		if err := s.finish(k, f); err != nil {
			return u, err
		}
		u.Expires = time.Time{}
	}
	return u, nil
}

// finish looks at a part of which all bytes are here, and makes it whole and
// durable, or deletes it. f is locked, and no whole part can have its name yet:
// none is begun beside one, and only finish makes one.
func (s *Store) finish(k Key, f *os.File) error {
	dir := filepath.Dir(f.Name())
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(f, 0, contract.MaxPart)); err != nil {
		return err
	}
	if hex.EncodeToString(sum.Sum(nil)) != k.Name {
		return errors.Join(os.Remove(f.Name()), ErrAltered)
	}
	if err := f.Sync(); err != nil {
		return full(err)
	}
	folder, err := lockFolder(dir, unix.LOCK_SH)
	if err != nil {
		return full(err)
	}
	defer folder.Close()
	if err := os.Rename(f.Name(), filepath.Join(dir, k.Name)); err != nil {
		return full(err)
	}
	return full(s.syncDirs(dir))
}
