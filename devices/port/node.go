package port

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// NodeOptions say which node.
type NodeOptions struct {
	Unit  string        // the peripheral's name in the configuration
	Path  string        // /dev/usb/lp0, /dev/hidraw0, or a link to one
	Stall time.Duration // how long Write waits for the unit to take a byte; 0 = DefaultStall
}

// Node is an open line that the kernel offers as a file: a printer on USB
// (usblp, /dev/usb/lp*) or a HID device (hidraw, /dev/hidraw*).
//
// Of a printer the kernel takes 8 KiB ahead of the unit; Drain waits for them,
// and Close drops them. Many printers answer "nothing to say" with empty packets,
// which read like the end of a file; the line takes them as what they are. A
// printer that tells nothing at all is a line whose Read waits for ever.
//
// A HID device speaks in reports, and each Write is one, its number in the first
// byte. A Read never joins two; what finds no room in p comes with the next Read,
// not lost as the kernel would have it. The kernel sends a report within 5 s or
// fails, whatever ctx says meanwhile.
type Node struct {
	*Wire
}

// The kernel's longest report (HID_MAX_BUFFER_SIZE).
const longestReport = 16 << 10

// OpenNode opens the node. It fails with devices.ErrGone when there is nothing
// under the path, and with devices.ErrRefused when another program has it or we
// may not open it. Links are followed.
func OpenNode(ctx context.Context, o NodeOptions) (*Node, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	path, err := filepath.EvalSymlinks(o.Path)
	if err != nil {
		return nil, openError(o.Unit, o.Path, err)
	}
	// Not blocking, so that calls take deadlines.
	file, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, openError(o.Unit, o.Path, err)
	}
	kind, err := own(file)
	if err != nil {
		_ = file.Close()
		return nil, openError(o.Unit, o.Path, err)
	}
	var n *Node
	switch {
	case kind == "hidraw":
		n = newReports(o.Unit, file)
	case kind == "usbmisc" && strings.HasPrefix(filepath.Base(path), "lp"):
		n = newPrinter(o.Unit, file)
		n.unsent = func() (bool, error) { return full(file) }
	default:
		n = &Node{New(o.Unit, file)}
	}
	n.Stall = cmp.Or(o.Stall, DefaultStall)
	return n, nil
}

// newReports makes a line of a conn that keeps the bounds of what is written and
// drops what a reader has no room for.
func newReports(unit string, conn Conn) *Node {
	n := &Node{New(unit, &reports{Conn: conn, buf: make([]byte, longestReport)})}
	n.piece = longestReport
	return n
}

// newPrinter makes a line of a conn that reads like a file at its end whenever
// the unit has nothing to say, and fails with EINVAL where it never can (usblp on
// a line that goes one way).
func newPrinter(unit string, conn Conn) *Node {
	n := &Node{New(unit, conn)}
	n.quiet = true
	return n
}

// own takes the node for ourselves and tells the kernel's class of it; "" for
// one of none. usblp lets in one program only; hidraw any number, so flock holds
// those that ask.
func own(file *os.File) (class string, err error) {
	var st unix.Stat_t
	err = control(file, func(fd int) error {
		if err := unix.Fstat(fd, &st); err != nil {
			return err
		}
		return unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB)
	})
	if errors.Is(err, unix.EWOULDBLOCK) {
		return "", errInUse
	}
	if err != nil {
		return "", err
	}
	if st.Mode&unix.S_IFMT == unix.S_IFREG {
		return "", errors.New("a plain file, no unit")
	}
	link, err := os.Readlink(fmt.Sprintf("/sys/dev/char/%d:%d/subsystem", unix.Major(st.Rdev), unix.Minor(st.Rdev)))
	if err != nil {
		return "", nil // a pipe or a socket has none
	}
	return filepath.Base(link), nil
}

// full tells whether usblp still has a transfer under way: it calls itself
// writable only without one.
func full(file *os.File) (bool, error) {
	poll := []unix.PollFd{{Events: unix.POLLOUT}}
	err := control(file, func(fd int) error {
		poll[0].Fd = int32(fd)
		_, err := unix.Poll(poll, 0)
		return err
	})
	if err == nil && poll[0].Revents&(unix.POLLHUP|unix.POLLERR) != 0 {
		err = unix.ENODEV
	}
	return poll[0].Revents&unix.POLLOUT == 0, err
}

// reports keeps what a Read had no room for.
type reports struct {
	Conn
	buf  []byte
	rest []byte // of buf
}

// Read gives the rest of the last report or waits for the next.
func (r *reports) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		n, err := r.Conn.Read(r.buf)
		if err != nil {
			return 0, err
		}
		r.rest = r.buf[:n]
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

var (
	_ Line    = (*Node)(nil)
	_ Drainer = (*Node)(nil)
)
