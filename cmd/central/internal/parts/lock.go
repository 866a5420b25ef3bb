package parts

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// patience is how long a call waits for a part on which another process is
	// at work.
	patience = 5 * time.Second
	// again is how often it looks: a lock of a file tells nobody when it is free.
	again = 20 * time.Millisecond
)

// turn is one call at work on a part.
type turn struct {
	stop func() // asks it to end
	done chan struct{}
}

// take waits for its turn on k in this process, after it has asked whoever has
// it to end; back gives it back.
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

// lock opens a part that is not whole, for this process alone: until the file is
// closed no other adds to it, finishes or deletes it. The kernel gives the lock
// back when the process ends, however it does. A whole part has no file. It fails
// with ErrUnknown, and with ErrBusy when it waited in vain.
func (s *Store) lock(ctx context.Context, k Key) (u Upload, f *os.File, err error) {
	tick := time.NewTicker(again)
	defer tick.Stop()
	for end := time.Now().Add(s.patience); ; {
		u, path, err := s.find(k)
		if err != nil || u.Whole() {
			return u, nil, err
		}
		f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
		if errors.Is(err, fs.ErrNotExist) { // finished or given up in between
			continue
		}
		if err != nil {
			return u, nil, err
		}
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil && same(f, path) {
			if u, err = s.upload(f, path); err != nil { // its time is over
				return u, nil, errors.Join(err, os.Remove(path), f.Close())
			}
			return u, f, nil
		}
		_ = f.Close()
		switch {
		case err == nil:
			continue // renamed or removed while it was waited for
		case !errors.Is(err, unix.EWOULDBLOCK):
			return u, nil, err
		case time.Now().After(end):
			return u, nil, ErrBusy
		}
		select {
		case <-ctx.Done():
			return u, nil, ctx.Err()
		case <-tick.C:
		}
	}
}

// same tells whether path still leads to f.
func same(f *os.File, path string) bool {
	mine, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(path)
	return err == nil && os.SameFile(mine, there)
}

// lockFolder opens a folder of parts, made where it is missing, and locks it for
// the changes of its names: LOCK_EX to begin a part, LOCK_SH to finish or claim
// some, against a Sweep. The caller closes it.
func lockFolder(dir string, how int) (*os.File, error) {
	for {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
		f, err := os.Open(dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue // swept in between
		}
		if err != nil {
			return nil, err
		}
		if err := unix.Flock(int(f.Fd()), how); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		if same(f, dir) {
			return f, nil
		}
		_ = f.Close()
	}
}

// syncDirs waits until the names from dir up to the store's own folder are on
// the disk.
func (s *Store) syncDirs(dir string) error {
	for _, d := range []string{dir, filepath.Dir(dir), s.dir} {
		f, err := os.Open(d)
		if err != nil {
			return err
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return err
		}
	}
	return nil
}
