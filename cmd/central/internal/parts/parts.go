// Package parts keeps the sealed parts of submissions, on disk, from their first
// byte on: what came stays when a connection or central ends, and a part is whole
// only when all of it is durable and is what its name says.
//
// Every part is a file below its station and its submission: "name.length" as
// long as bytes are missing, then "name". Nothing here can be read without
// central's key. Safe for use by several goroutines, and by several processes on
// one folder.
package parts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
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
)

// Key names one part.
type Key struct{ Station, ID, Name string }

// Upload is how far a part is.
type Upload struct {
	Offset, Length int64
	Expires        time.Time // zero once it is whole
}

// Whole tells whether every byte is here, durable and right.
func (u Upload) Whole() bool { return u.Expires.IsZero() && u.Length > 0 }

// Store is the folder.
type Store struct {
	dir     string
	minFree int64
	now     func() time.Time

	mu   sync.Mutex // guards busy
	busy map[Key]*turn
}

// turn is one call at work on a part.
type turn struct {
	stop func() // asks it to end
	done chan struct{}
}

// Open opens the store in dir, made where it is missing. With less than minFree
// bytes left on the disk it takes in no more.
func Open(dir string, minFree int64) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open parts: %w", err)
	}
	return &Store{dir: dir, minFree: minFree, now: time.Now, busy: map[Key]*turn{}}, nil
}

var (
	plainName = regexp.MustCompile(`^[0-9A-Za-z-]{1,64}$`)
	partName  = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// folder gives where the parts of a submission lie. A name that could lead
// elsewhere gives none.
func (s *Store) folder(station, id string) (string, error) {
	if !plainName.MatchString(station) || !plainName.MatchString(id) {
		return "", ErrUnknown
	}
	return filepath.Join(s.dir, station, id), nil
}

// take waits for its turn on k, after it has asked whoever has it to end; back
// gives it back.
func (s *Store) take(ctx context.Context, k Key, stop func()) (back func(), err error) {
	mine := &turn{stop: stop, done: make(chan struct{})}
	for {
		s.mu.Lock()
		other := s.busy[k]
		if other == nil {
			s.busy[k] = mine
		}
		s.mu.Unlock()
		if other == nil {
			return func() {
				s.mu.Lock()
				delete(s.busy, k)
				s.mu.Unlock()
				close(mine.done)
			}, nil
		}
		other.stop()
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-other.done:
		}
	}
}

// Begin makes room for a part of length bytes. One that was begun, or that is
// whole, stays as it is. It fails with ErrTooLong, ErrOther or ErrFull.
func (s *Store) Begin(ctx context.Context, k Key, length int64) (Upload, error) {
	if length < 1 || length > contract.MaxPart {
		return Upload{}, ErrTooLong
	}
	if !partName.MatchString(k.Name) {
		return Upload{}, ErrUnknown
	}
	u, err := s.Find(ctx, k)
	if err == nil && u.Length != length {
		return Upload{}, ErrOther
	}
	if !errors.Is(err, ErrUnknown) {
		return u, err
	}
	dir, err := s.folder(k.Station, k.ID)
	if err != nil {
		return Upload{}, err
	}
	if err := s.roomFor(length); err != nil {
		return Upload{}, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return Upload{}, full(err)
	}
	f, err := os.OpenFile(filepath.Join(dir, k.Name+"."+strconv.FormatInt(length, 10)), os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return Upload{}, full(err)
	}
	return Upload{Length: length, Expires: s.now().Add(Life)}, full(f.Close())
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
// it. It fails with ErrUnknown.
func (s *Store) Find(ctx context.Context, k Key) (Upload, error) {
	back, err := s.take(ctx, k, func() {})
	if err != nil {
		return Upload{}, err
	}
	defer back()
	u, path, err := s.find(k)
	if err == nil && !u.Whole() && u.Offset == u.Length { // central ended before it was looked at
		if err = s.finish(k, path); errors.Is(err, ErrAltered) {
			err = ErrUnknown
		}
		u.Expires = time.Time{}
	}
	return u, err
}

// find gives how far a part is and its file. One whose time is over is deleted.
func (s *Store) find(k Key) (u Upload, path string, err error) {
	dir, err := s.folder(k.Station, k.ID)
	if err != nil || !partName.MatchString(k.Name) {
		return u, "", ErrUnknown
	}
	path = filepath.Join(dir, k.Name)
	if fi, err := os.Stat(path); err == nil {
		return Upload{Offset: fi.Size(), Length: fi.Size()}, path, nil
	}
	begun, err := filepath.Glob(path + ".*")
	if err != nil || len(begun) == 0 {
		return u, "", ErrUnknown
	}
	path = begun[0]
	fi, err := os.Stat(path)
	if err != nil {
		return u, "", err
	}
	u = Upload{Offset: fi.Size(), Expires: fi.ModTime().Add(Life)}
	u.Length, err = strconv.ParseInt(strings.TrimPrefix(filepath.Ext(path), "."), 10, 64)
	if err != nil || u.Offset > u.Length || u.Expires.Before(s.now()) {
		return Upload{}, "", errors.Join(os.Remove(path), ErrUnknown)
	}
	return u, path, nil
}

// Append adds what from gives, up to the length that was told, at offset. What
// came stays, also when from fails. Once the last byte is here it returns only
// after the part is durable and right. stop is called when somebody else asks
// for the part: from must then end soon.
//
// It fails with ErrUnknown, ErrOffset, ErrFull, ErrAltered, or with what from
// failed with; Upload tells how far the part is in any case.
func (s *Store) Append(ctx context.Context, k Key, offset int64, from io.Reader, stop func()) (Upload, error) {
	back, err := s.take(ctx, k, stop)
	if err != nil {
		return Upload{}, err
	}
	defer back()
	u, path, err := s.find(k)
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
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return u, err
	}
	n, err := io.Copy(f, io.LimitReader(from, u.Length-u.Offset))
	u.Offset += n
	if err = full(errors.Join(err, f.Close())); err != nil {
		return u, err
	}
	u.Expires = s.now().Add(Life)
	if u.Offset == u.Length {
		if err := s.finish(k, path); err != nil {
			return u, err
		}
		u.Expires = time.Time{}
	}
	return u, nil
}

// finish looks at a part of which all bytes are here, and makes it whole and
// durable, or deletes it.
func (s *Store) finish(k Key, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return err
	}
	if hex.EncodeToString(sum.Sum(nil)) != k.Name {
		return errors.Join(os.Remove(path), ErrAltered)
	}
	if err := f.Sync(); err != nil {
		return full(err)
	}
	dir := filepath.Dir(path)
	if err := os.Rename(path, filepath.Join(dir, k.Name)); err != nil {
		return full(err)
	}
	for _, d := range []string{dir, filepath.Dir(dir), s.dir} {
		if err := syncDir(d); err != nil {
			return full(err)
		}
	}
	return nil
}

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
