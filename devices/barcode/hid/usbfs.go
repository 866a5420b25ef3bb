package hid

import (
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Requests about the driver of one interface, and the ioctl that carries them
// (linux/usbdevice_fs.h). Any file open for writing on the device's node will do,
// whoever has claimed the interface.
const (
	usbfsDisconnect = 'U'<<8 | 22 // USBDEVFS_DISCONNECT: take its driver off, usbfs too
	usbfsConnect    = 'U'<<8 | 23 // USBDEVFS_CONNECT: let the kernel find it a driver

	usbfsIoctl = 3<<30 | unsafe.Sizeof(interfaceRequest{})<<16 | 'U'<<8 | 18 // USBDEVFS_IOCTL
)

// interfaceRequest is struct usbdevfs_ioctl.
type interfaceRequest struct {
	iface   int32
	request int32
	data    unsafe.Pointer
}

// request makes a request about an interface of the device at node.
func request(node *os.File, iface int, request uintptr) error {
	raw, err := node.SyscallConn()
	if err != nil {
		return err
	}
	var errno syscall.Errno
	r := interfaceRequest{iface: int32(iface), request: int32(request)}
	err = raw.Control(func(fd uintptr) { // not called, with an error, once node is closed
		_, _, errno = unix.Syscall(unix.SYS_IOCTL, fd, usbfsIoctl, uintptr(unsafe.Pointer(&r)))
	})
	if err == nil && errno != 0 {
		err = errno
	}
	return err
}
