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

	"golang.org/x/sys/unix"
)

// Claim tells which of want, sizes by name, are not here whole, and keeps Sweep
// away from the others until the caller gives them back.
func (s *Store) Claim(station, id string, want map[string]int64) (missing []string, back func(), err error) {
	dir, err := s.folderOf(station, id)
	if err != nil {
		return nil, nil, err
	}
	lock, err := os.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		for name := range want {
			missing = append(missing, name)
		}
		return missing, func() {}, nil
	}
	if err != nil {
		return nil, nil, err
	}
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_SH); err != nil {
		return nil, nil, errors.Join(err, lock.Close())
	}
	for name, size := range want {
		fi, err := os.Stat(filepath.Join(dir, name))
		if err != nil || fi.Size() != size || !partName.MatchString(name) {
			missing = append(missing, name)
		}
	}
	return missing, func() { _ = lock.Close() }, nil
}

// Read opens a whole part after it has held it against its name. It fails with
// ErrUnknown or ErrAltered. The caller closes.
func (s *Store) Read(k Key) (*os.File, error) {
	dir, err := s.folder(k)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(filepath.Join(dir, k.Name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrUnknown
	}
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	_, err = io.Copy(sum, f)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err == nil && hex.EncodeToString(sum.Sum(nil)) != k.Name {
		err = ErrAltered
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Sweep deletes parts whose time is over: those of submissions whose content is
// no longer kept, and those of none for Life. kept tells for a submission
// whether it is known, and whether its content is kept. It gives how many went.
func (s *Store) Sweep(ctx context.Context, kept func(ctx context.Context, station, id string) (known, kept bool, err error)) (int, error) {
	stations, err := os.ReadDir(s.dir)
	n := 0
	for _, station := range stations {
		if err != nil {
			break
		}
		var folders []os.DirEntry
		folders, err = os.ReadDir(filepath.Join(s.dir, station.Name()))
		for _, f := range folders {
			var gone int
			gone, err = s.sweep(ctx, filepath.Join(s.dir, station.Name(), f.Name()), kept)
			if n += gone; err != nil {
				break
			}
		}
	}
	if err != nil {
		return n, fmt.Errorf("sweep parts: %w", err)
	}
	return n, nil
}

func (s *Store) sweep(ctx context.Context, dir string, kept func(ctx context.Context, station, id string) (known, kept bool, err error)) (n int, err error) {
	lock, err := os.Open(dir)
	if err != nil {
		return 0, err
	}
	defer lock.Close()
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return 0, nil // being claimed just now
	}
	known, keep, err := kept(ctx, filepath.Base(filepath.Dir(dir)), filepath.Base(dir))
	if err != nil || keep {
		return 0, err
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		return 0, err
	}
	for _, f := range files {
		fi, err := f.Info()
		if err != nil || !known && fi.ModTime().Add(Life).After(s.now()) {
			continue
		}
		if err := os.Remove(filepath.Join(dir, f.Name())); err != nil {
			return n, err
		}
		n++
	}
	if n == len(files) {
		_ = os.Remove(dir) // unless something came in just now
	}
	return n, nil
}
