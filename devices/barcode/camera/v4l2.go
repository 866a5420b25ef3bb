package camera

import (
	"bytes"
	"errors"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What follows is of linux/videodev2.h, as it is on 64-bit machines, little end
// first: the kiosk runs on no other.
const (
	capCapture   = 0x00000001 // V4L2_CAP_VIDEO_CAPTURE
	capStreaming = 0x04000000 // V4L2_CAP_STREAMING
	capDevice    = 0x80000000 // V4L2_CAP_DEVICE_CAPS

	bufCapture = 1    // V4L2_BUF_TYPE_VIDEO_CAPTURE
	memoryMap  = 1    // V4L2_MEMORY_MMAP
	fieldNone  = 1    // V4L2_FIELD_NONE: not interlaced
	bufError   = 0x40 // V4L2_BUF_FLAG_ERROR
	clockMask  = 0xe000
	clockMono  = 0x2000 // V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC
)

// The requests, by their number, direction and the size of what they carry.
const (
	queryCap       = iocRead | unsafe.Sizeof(capability{})<<16 | 'V'<<8 // 0
	enumFormat     = iocBoth | unsafe.Sizeof(formatName{})<<16 | 'V'<<8 | 2
	setFormat      = iocBoth | unsafe.Sizeof(formatSet{})<<16 | 'V'<<8 | 5
	requestBuffers = iocBoth | unsafe.Sizeof(bufferRequest{})<<16 | 'V'<<8 | 8
	queryBuffer    = iocBoth | unsafe.Sizeof(buffer{})<<16 | 'V'<<8 | 9
	enqueue        = iocBoth | unsafe.Sizeof(buffer{})<<16 | 'V'<<8 | 15
	dequeue        = iocBoth | unsafe.Sizeof(buffer{})<<16 | 'V'<<8 | 17
	streamOn       = iocWrite | 4<<16 | 'V'<<8 | 18
	streamOff      = iocWrite | 4<<16 | 'V'<<8 | 19

	iocWrite = 1 << 30
	iocRead  = 2 << 30
	iocBoth  = iocWrite | iocRead
)

// capability is struct v4l2_capability.
type capability struct {
	Driver       [16]byte
	Card, Bus    [32]byte
	Version      uint32
	Capabilities uint32
	DeviceCaps   uint32
	_            [3]uint32
}

// fourCC is a pixel format's name.
type fourCC uint32

func code(f Format) fourCC {
	return fourCC(f[0]) | fourCC(f[1])<<8 | fourCC(f[2])<<16 | fourCC(f[3])<<24
}

func (c fourCC) format() Format {
	return Format([]byte{byte(c), byte(c >> 8), byte(c >> 16), byte(c >> 24)})
}

// formatName is struct v4l2_fmtdesc.
type formatName struct {
	Index, Type, Flags uint32
	Description        [32]byte
	Pixel              fourCC
	_                  [4]uint32
}

// pixFormat is struct v4l2_pix_format.
type pixFormat struct {
	Width, Height uint32
	Pixel         fourCC
	Field         uint32
	Stride        uint32
	Size          uint32
	_             [6]uint32
}

// formatSet is struct v4l2_format: a union of 200 bytes that holds pointers.
type formatSet struct {
	Type uint32
	_    uint32
	Pix  pixFormat
	_    [200 - unsafe.Sizeof(pixFormat{})]byte
}

// bufferRequest is struct v4l2_requestbuffers.
type bufferRequest struct {
	Count, Type, Memory uint32
	_                   [2]uint32
}

// buffer is struct v4l2_buffer.
type buffer struct {
	Index, Type, Used, Flags, Field uint32
	_                               uint32
	Taken                           unix.Timeval
	_                               [16]byte // timecode
	Sequence, Memory                uint32
	Offset                          uint32 // of a union as long as a pointer
	_                               uint32
	Length                          uint32
	_                               [3]uint32
}

// age is how long ago the frame was taken; 0 if the camera does not say.
func (b *buffer) age() time.Duration {
	var now unix.Timespec
	if b.Flags&clockMask != clockMono || unix.ClockGettime(unix.CLOCK_MONOTONIC, &now) != nil {
		return 0
	}
	return time.Duration(now.Nano() - b.Taken.Nano())
}

// ask makes a request of the camera.
func ask[T any](fd int, request uintptr, what *T) error {
	for {
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(unsafe.Pointer(what)))
		switch {
		case errno == 0:
			return nil
		case !errors.Is(errno, unix.EINTR):
			return errno
		}
	}
}

// text gives what stands in a field before its end.
func text(field []byte) string {
	field, _, _ = bytes.Cut(field, []byte{0})
	return string(bytes.ToValidUTF8(field, nil))
}
