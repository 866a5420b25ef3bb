package acr122ssim

import (
	"errors"
	"fmt"
	"os"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// Open plugs a reader in: a new pty, with link as the name under which it is found,
// as /dev/serial/by-id has one. The speed that the program sets counts: at another
// than the reader's, neither understands a thing. Close takes the reader away.
func Open(link string, o Options) (*Reader, error) {
	r := New(o)
	r.link = link
	return r, r.Plug()
}

// Plug plugs the reader in; nothing happens if it is. It begins anew.
func (r *Reader) Plug() error {
	r.plugMu.Lock()
	defer r.plugMu.Unlock()
	if r.far != nil {
		return nil
	}
	far, near, err := pty.Open()
	if err != nil {
		return fmt.Errorf("card reader: open a pty: %w", err)
	}
	far, err = pollable(far)
	if err = errors.Join(err, raw(near)); err == nil {
		err = os.Symlink(near.Name(), r.link)
	}
	if err != nil {
		return fmt.Errorf("card reader: %w", errors.Join(err, far.Close(), near.Close()))
	}
	r.mu.Lock()
	r.o.Speed = func() int { return speed(near) }
	r.mu.Unlock()
	r.far, r.near, r.ended = far, near, make(chan struct{})
	go func(ended chan struct{}) { // waited for by Unplug
		defer close(ended)
		_ = r.Run(far)
	}(r.ended)
	return nil
}

// Unplug pulls the cable. It returns when the reader's part is over.
func (r *Reader) Unplug() error {
	r.plugMu.Lock()
	defer r.plugMu.Unlock()
	if r.far == nil {
		return nil
	}
	err := errors.Join(os.Remove(r.link), r.far.Close())
	<-r.ended
	err = errors.Join(err, r.near.Close())
	r.far, r.near = nil, nil
	return err
}

// Close unplugs the reader. Twice is fine.
func (r *Reader) Close() error { return r.Unplug() }

// pollable gives the file anew so that Close ends its Read; pty leaves it blocking.
func pollable(f *os.File) (*os.File, error) {
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return f, err
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		return f, errors.Join(err, unix.Close(fd))
	}
	return os.NewFile(uintptr(fd), f.Name()), f.Close()
}

// raw lets every byte pass as it is, also before a program has set the line up.
func raw(near *os.File) error {
	return control(near, func(fd int) error {
		t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
		if err != nil {
			return err
		}
		t.Iflag, t.Oflag, t.Lflag = 0, 0, 0
		return unix.IoctlSetTermios(fd, unix.TCSETS, t)
	})
}

// speed tells what the program has set the line to; 0 = none of the reader's.
func speed(near *os.File) (baud int) {
	_ = control(near, func(fd int) error {
		t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
		if err != nil {
			return err
		}
		switch t.Cflag & unix.CBAUD {
		case unix.B9600:
			baud = 9600
		case unix.B115200:
			baud = 115200
		}
		return nil
	})
	return baud
}

func control(f *os.File, call func(fd int) error) (err error) {
	c, e := f.SyscallConn()
	if e != nil {
		return e
	}
	if e := c.Control(func(fd uintptr) { err = call(int(fd)) }); e != nil {
		return e
	}
	return err
}
