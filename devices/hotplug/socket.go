package hotplug

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"motcua/devices"
)

// The groups of NETLINK_KOBJECT_UEVENT: whose word it is.
const (
	fromKernel = 1
	fromUdev   = 2
)

// socket is a Source. Libraries for netlink expect a message header that the
// kernel does not put before uevents, hence the calls themselves.
type socket struct {
	file   *os.File // for deadlines and for a Close that ends a Receive
	closed atomic.Bool
}

func listen() (*socket, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_KOBJECT_UEVENT)
	if err != nil {
		return nil, fmt.Errorf("allow AF_NETLINK to this program: %w", err)
	}
	s := &socket{file: os.NewFile(uintptr(fd), "uevents")}
	// A plugged hub with all its units makes some hundred messages at once. The
	// kernel halves nothing silently: what finds no room is told by ENOBUFS.
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 1<<20)
	if err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_PASSCRED, 1); err == nil {
		err = unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: fromKernel | fromUdev})
	}
	if err != nil {
		return nil, errors.Join(err, s.file.Close())
	}
	return s, nil
}

// Receive implements Source. Messages of anybody but the kernel, and udev as
// root, are passed over.
func (s *socket) Receive(ctx context.Context, p []byte) (int, error) {
	fired := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		_ = s.file.SetReadDeadline(time.Unix(1, 0))
		close(fired)
	})
	defer func() {
		if !stop() {
			<-fired
		}
		_ = s.file.SetReadDeadline(time.Time{})
	}()
	raw, err := s.file.SyscallConn()
	if err != nil {
		return 0, devices.ErrClosed
	}
	for {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		n, trusted, err := s.receive(raw.Read, p)
		switch {
		case errors.Is(err, unix.ENOBUFS):
			return 0, ErrMissed
		case s.closed.Load():
			return 0, devices.ErrClosed
		case errors.Is(err, os.ErrDeadlineExceeded):
		case err != nil:
			return 0, err
		case trusted:
			return n, nil
		}
	}
}

// receive takes one datagram, and tells whether its sender may be believed.
func (s *socket) receive(wait func(func(fd uintptr) bool) error, p []byte) (n int, trusted bool, err error) {
	var (
		control = make([]byte, unix.CmsgSpace(unix.SizeofUcred))
		filled  int
		flags   int
		from    unix.Sockaddr
		call    error
	)
	err = wait(func(fd uintptr) bool {
		n, filled, flags, from, call = unix.Recvmsg(int(fd), p, control, 0)
		return !errors.Is(call, unix.EAGAIN) && !errors.Is(call, unix.EINTR)
	})
	if err = errors.Join(err, call); err != nil {
		return 0, false, err
	}
	if flags&unix.MSG_TRUNC != 0 {
		return 0, false, nil
	}
	address, ok := from.(*unix.SockaddrNetlink)
	if !ok {
		return 0, false, nil
	}
	return n, believable(address, control[:filled]), nil
}

// believable holds for the kernel, whose port number is 0, and for udev: a
// message to its group by root.
func believable(from *unix.SockaddrNetlink, control []byte) bool {
	if from.Pid == 0 {
		return from.Groups == fromKernel
	}
	parts, err := unix.ParseSocketControlMessage(control)
	if err != nil || from.Groups != fromUdev {
		return false
	}
	for i := range parts {
		if who, err := unix.ParseUnixCredentials(&parts[i]); err == nil {
			return who.Uid == 0
		}
	}
	return false
}

// Close implements Source.
func (s *socket) Close() error {
	if s.closed.Swap(true) {
		return nil
	}
	return s.file.Close()
}
