// Package portsim is a serial line made of software: a pty under a stable name, as
// /dev/serial/by-id has them. What hangs at its far end is up to who opens it.
//
// A program opens it as it would a real line and can tell no difference, but for
// the wires beside the bytes, which a pty lacks.
package portsim

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"
)

// Line is the unit's end of the line: what is written to it, the program reads.
// Its calls take deadlines, and end with Close.
type Line struct {
	*os.File
	host    *os.File // the program's end, held open so that programs come and go without a hangup
	link    string
	closing sync.Once
	closed  error
}

// Open plugs a line in under the name link, in the place of another link of that
// name. It fails when there is a file of that name that is no link.
func Open(link string) (*Line, error) {
	l, err := open()
	if err != nil {
		return nil, fmt.Errorf("open a pty: %w", err)
	}
	if err := place(l.host.Name(), link); err != nil {
		return nil, errors.Join(err, l.File.Close(), l.host.Close())
	}
	l.link = link
	return l, nil
}

// Host is where the program's end really is: /dev/pts/7.
func (l *Line) Host() string { return l.host.Name() }

// Close pulls the cable: the line hangs up and its name goes. Twice is fine.
func (l *Line) Close() error {
	l.closing.Do(func() {
		gone := os.Remove(l.link)
		if errors.Is(gone, fs.ErrNotExist) {
			gone = nil // somebody has tidied up
		}
		l.closed = errors.Join(gone, l.File.Close(), l.host.Close())
	})
	return l.closed
}

// open opens a pair by pts(4). Neither end blocks from the start, or deadlines and
// Close would not end a call: package pty leaves its files blocking.
func open() (*Line, error) {
	const flags = unix.O_RDWR | unix.O_NOCTTY | unix.O_NONBLOCK | unix.O_CLOEXEC
	fd, err := unix.Open("/dev/ptmx", flags, 0)
	if err != nil {
		return nil, err
	}
	unit := os.NewFile(uintptr(fd), "/dev/ptmx")
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		// At the unit's end, as both ends have one setting (ioctl_tty(2)).
		err = raw(fd)
	}
	if err != nil {
		return nil, errors.Join(err, unit.Close())
	}
	host, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), flags, 0)
	if err != nil {
		return nil, errors.Join(err, unit.Close())
	}
	return &Line{File: unit, host: host}, nil
}

// raw makes the line pass every byte as it is, before a program has set it up: no
// echo, no line editing, no translation, no XON/XOFF (termios(3), cfmakeraw).
func raw(fd int) error {
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return err
	}
	t.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
	t.Oflag &^= unix.OPOST
	t.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
	t.Cflag = t.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	return unix.IoctlSetTermios(fd, unix.TCSETS, t)
}

// place makes link point to target in one step: whoever looks finds the old or the
// new one.
func place(target, link string) error {
	if was, err := os.Lstat(link); err == nil && was.Mode()&fs.ModeSymlink == 0 {
		return fmt.Errorf("%s is no link: choose another name", link)
	}
	next := filepath.Join(filepath.Dir(link), "."+filepath.Base(link)+".next")
	if err := os.Remove(next); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Symlink(target, next); err != nil {
		return err
	}
	return os.Rename(next, link)
}
