package receiptsim

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// Open switches on a unit on a new pty in raw mode and makes link a symlink to
// it, as /dev/serial/by-id does for a real one. A link that is there already
// is replaced; any other file is an error. Close removes it.
func Open(link string, opts Options) (*Printer, error) {
	p := power(opts)
	p.link = link
	if err := p.Plug(); err != nil {
		_ = p.Close() // nothing was plugged in yet
		return nil, err
	}
	return p, nil
}

// Plug puts the cable back: a new pty under the same link, or the same address. It is an error on a
// unit that was made by New.
func (p *Printer) Plug() error {
	p.plugMu.Lock()
	defer p.plugMu.Unlock()
	if p.door != nil && !p.closed {
		if p.door.listener != nil {
			return nil
		}
		return p.door.open(p)
	}
	if p.link == "" || p.closed {
		return errors.New("receipt printer: no socket to plug into")
	}
	if p.wire != nil {
		return nil
	}
	line, err := openPty()
	if err != nil {
		return fmt.Errorf("receipt printer: open a pty: %w", err)
	}
	if err := relink(line.unit.Name(), p.link); err != nil {
		_ = line.Close()
		return err
	}
	p.linked = true
	p.wire = plug(p, line)
	return nil
}

func (p *Printer) unlink() error {
	if !p.linked {
		return nil
	}
	if err := os.Remove(p.link); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// ptyLine is the master side; the far side is held open so that the host may
// come and go without the master seeing a hangup.
type ptyLine struct {
	*os.File
	unit *os.File
}

func (l *ptyLine) Close() error { return errors.Join(l.File.Close(), l.unit.Close()) }

// openPty opens a pair by pts(4). Both ends are non-blocking from the start, so
// that Close frees a blocked Read.
func openPty() (*ptyLine, error) {
	const flags = unix.O_RDWR | unix.O_NOCTTY | unix.O_NONBLOCK | unix.O_CLOEXEC
	host, err := unix.Open("/dev/ptmx", flags, 0)
	if err != nil {
		return nil, err
	}
	file := os.NewFile(uintptr(host), "/dev/ptmx")
	number, err := unix.IoctlGetInt(host, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(host, unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	unit, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), flags, 0)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	l := &ptyLine{File: file, unit: unit}
	if err := raw(unit); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// raw makes the tty pass every byte as it is: no echo, no line editing, no
// CR/LF translation, no XON/XOFF (termios(3), cfmakeraw).
func raw(tty *os.File) error {
	conn, err := tty.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = conn.Control(func(fd uintptr) {
		var t *unix.Termios
		if t, failed = unix.IoctlGetTermios(int(fd), unix.TCGETS); failed != nil {
			return
		}
		t.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
		t.Oflag &^= unix.OPOST
		t.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
		t.Cflag = t.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8
		t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
		failed = unix.IoctlSetTermios(int(fd), unix.TCSETS, t)
	})
	return errors.Join(err, failed)
}

func relink(target, link string) error {
	if at, err := os.Lstat(link); err == nil && at.Mode()&fs.ModeSymlink == 0 {
		return fmt.Errorf("receipt printer: %s is there and no symlink; choose another path", link)
	}
	next := link + ".new"
	if err := os.Remove(next); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Symlink(target, next); err != nil {
		return err
	}
	return os.Rename(next, link)
}
