package stick

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// folderPrefix begins the name of every folder of an export; the station follows.
const folderPrefix = "motcua-"

// Folders gives the exports in dir, oldest first for each station: dir itself
// when it is one, else the finished ones right below it, as on a stick that went
// round several stations. It fails with ErrUnfinished when there is none.
func Folders(dir string) ([]string, error) {
	found, err := foldersWith(dir, folderPrefix, func(name string) bool { return name == manifestName })
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("stick: %s: %w", dir, ErrUnfinished)
	}
	return found, err
}

// foldersWith gives dir when a file that wanted chooses lies there, else the
// folders in it whose name begins with prefix and that have such a file.
func foldersWith(dir, prefix string, wanted func(name string) bool) ([]string, error) {
	has := func(entries []os.DirEntry) bool {
		return slices.ContainsFunc(entries, func(e os.DirEntry) bool { return wanted(e.Name()) })
	}
	here, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("stick: %w", err)
	}
	if has(here) {
		return []string{dir}, nil
	}
	var found []string
	for _, e := range here { // in the order of their names
		if !e.IsDir() || !strings.HasPrefix(e.Name(), prefix) {
			continue
		}
		below := filepath.Join(dir, e.Name())
		inside, err := os.ReadDir(below)
		if err != nil {
			return nil, fmt.Errorf("stick: %w", err)
		}
		if has(inside) {
			found = append(found, below)
		}
	}
	return found, nil
}

// open opens a file of a folder for reading. Whoever had the stick in hand may
// have put anything there: a link that leads out of the folder, a pipe that
// never ends or a device is ErrAltered, as is a file that is missing.
func open(dir, name string) (*os.File, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("stick: %w", err)
	}
	defer root.Close()
	f, err := root.OpenFile(name, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		if errors.Is(err, unix.EIO) || errors.Is(err, os.ErrPermission) {
			return nil, fmt.Errorf("stick: %w", err)
		}
		return nil, fmt.Errorf("stick: %s: %w", name, ErrAltered)
	}
	if fi, err := f.Stat(); err != nil || !fi.Mode().IsRegular() {
		return nil, errors.Join(fmt.Errorf("stick: %s: %w", name, ErrAltered), f.Close())
	}
	return f, nil
}

// read gives a file of a folder, at most limit bytes of it and one more.
func read(dir, name string, limit int64) ([]byte, error) {
	f, err := open(dir, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fmt.Errorf("stick: read %s: %w", name, err)
	}
	return b, nil
}

// settle waits until all that was written to the folder dir is on the stick.
func settle(dir string) error {
	for _, d := range []string{dir, filepath.Dir(dir)} {
		f, err := os.Open(d)
		if err != nil {
			return fmt.Errorf("stick: %w", err)
		}
		if err := errors.Join(f.Sync(), unix.Syncfs(int(f.Fd())), f.Close()); err != nil {
			return fmt.Errorf("stick: %w", err)
		}
	}
	return nil
}
