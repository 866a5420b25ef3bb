package gadgetsim

import (
	"os"

	"golang.org/x/sys/unix"
)

// open opens the unit's side so that Close ends a Read, and lets every byte of a
// serial one pass as it is.
func open(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	c, err := f.SyscallConn()
	if err != nil {
		return nil, err
	}
	err = c.Control(func(fd uintptr) {
		t, err := unix.IoctlGetTermios(int(fd), unix.TCGETS)
		if err != nil {
			return // no serial line
		}
		t.Iflag, t.Oflag, t.Lflag = 0, 0, 0
		t.Cflag = t.Cflag&^(unix.CSIZE|unix.PARENB|unix.HUPCL) | unix.CS8 | unix.CLOCAL
		t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
		_ = unix.IoctlSetTermios(int(fd), unix.TCSETS, t)
	})
	return f, err
}
