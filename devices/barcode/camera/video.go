package camera

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"motcua/devices"
)

// Width and Height are the frame that a camera is asked for if nothing else is
// said, in pixels: a card's code, 18 mm wide, has 4 of them a module where the
// picture is 100 mm wide.
const (
	Width  = 1280
	Height = 720
)

// buffered is how many frames the kernel may hold: one under way, one whole, one to
// spare.
const buffered = 3

// stale is the age past which a frame is of another time: it was taken while nobody
// asked, and may show who was here before.
const stale = 300 * time.Millisecond

// Video is a camera that the kernel drives (V4L2). It implements Source.
type Video struct {
	unit   string
	camera int // descriptor
	wake   int // an eventfd: readable = look whether to go on
	plate  devices.Plate
	format Format
	layout pixFormat
	maps   [][]byte

	once   sync.Once
	closed chan struct{}

	// turn is held by the Frame under way, and by Close for good; what follows is
	// its own.
	turn chan struct{}
	grey image.Gray
}

var _ Source = (*Video)(nil)

// OpenVideo opens the camera at path, of width by height pixels or what comes
// closest to that; 0 = 1280 by 720. It fails with devices.ErrGone when there is
// nothing under the path, and with devices.ErrRefused when another program has the
// camera, when we may not open it, or when it is none that gives pictures.
func OpenVideo(ctx context.Context, unit, path string, width, height int) (*Video, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if width == 0 || height == 0 {
		width, height = Width, Height
	}
	v := &Video{unit: unit, camera: -1, wake: -1, closed: make(chan struct{}), turn: make(chan struct{}, 1)}
	if err := v.open(path, width, height); err != nil {
		v.release()
		return nil, openError(unit, path, err)
	}
	return v, nil
}

// open sets the camera up and starts it.
func (v *Video) open(path string, width, height int) (err error) {
	// Package os would hand the descriptor to the runtime's poller, which takes
	// the error that a camera shows until it has started for the file's own.
	if v.camera, err = unix.Open(path, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0); err != nil {
		return err
	}
	if v.wake, err = unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC); err != nil {
		return err
	}
	var caps capability
	if err := ask(v.camera, queryCap, &caps); err != nil {
		return fmt.Errorf("no camera: %w", err)
	}
	able := caps.Capabilities
	if able&capDevice != 0 {
		able = caps.DeviceCaps // of this node; the others are of the whole camera
	}
	if able&capCapture == 0 || able&capStreaming == 0 {
		return errors.New("this node gives no pictures: of those of a camera take the one that ends in -index0")
	}
	v.plate = devices.Plate{Maker: text(caps.Driver[:]), Model: text(caps.Card[:]), Serial: text(caps.Bus[:])}
	if err := v.choose(width, height); err != nil {
		return err
	}
	if err := v.share(); err != nil {
		return err
	}
	kind := uint32(bufCapture)
	return ask(v.camera, streamOn, &kind)
}

// choose sets the best of the formats that the camera has, and takes note of what
// it makes of that.
func (v *Video) choose(width, height int) error {
	var has []Format
	for i := uint32(0); ; i++ {
		d := formatName{Index: i, Type: bufCapture}
		if err := ask(v.camera, enumFormat, &d); err != nil {
			break // EINVAL: there are no more
		}
		has = append(has, d.Pixel.format())
	}
	for _, f := range formats() {
		if !slices.Contains(has, f) {
			continue
		}
		set := formatSet{Type: bufCapture, Pix: pixFormat{Width: uint32(width), Height: uint32(height), Pixel: code(f), Field: fieldNone}}
		if err := ask(v.camera, setFormat, &set); err != nil {
			return err
		}
		if got := set.Pix.Pixel.format(); got != f {
			continue
		}
		v.format, v.layout = f, set.Pix
		return nil
	}
	return fmt.Errorf("it gives pictures in %q alone, none of which is understood", has)
}

// share has the kernel put frames where we can read them.
func (v *Video) share() error {
	request := bufferRequest{Count: buffered, Type: bufCapture, Memory: memoryMap}
	if err := ask(v.camera, requestBuffers, &request); err != nil {
		return err
	}
	if request.Count == 0 {
		return errors.New("the kernel has no memory for its frames")
	}
	for i := range request.Count {
		b := buffer{Index: i, Type: bufCapture, Memory: memoryMap}
		if err := ask(v.camera, queryBuffer, &b); err != nil {
			return err
		}
		m, err := unix.Mmap(v.camera, int64(b.Offset), int(b.Length), unix.PROT_READ, unix.MAP_SHARED)
		if err != nil {
			return err
		}
		v.maps = append(v.maps, m)
		if err := ask(v.camera, enqueue, &b); err != nil {
			return err
		}
	}
	return nil
}

// Plate tells what the kernel says of the camera: its driver, its name and where it
// is plugged in. Serial numbers of cameras are no good: most have none.
func (v *Video) Plate() devices.Plate { return v.plate }

// Size tells the frames' width and height in pixels, and how they come.
func (v *Video) Size() (width, height int, format Format) {
	return int(v.layout.Width), int(v.layout.Height), v.format
}

// Frame implements Source. The newest frame is given; those before it are dropped.
func (v *Video) Frame(ctx context.Context) (*image.Gray, error) {
	select {
	case v.turn <- struct{}{}:
		defer func() { <-v.turn }()
	case <-v.closed:
		return nil, devices.Fail(v.unit, "read frame", devices.ErrClosed, nil)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	poked := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		v.poke()
		close(poked)
	})
	defer func() {
		if !stop() {
			<-poked // or it would write to what has got the descriptor's number after Close
		}
	}()
	for {
		select {
		case <-v.closed:
			return nil, devices.Fail(v.unit, "read frame", devices.ErrClosed, nil)
		default:
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		ok, err := v.take()
		switch {
		case errors.Is(err, errSpoiled):
			return nil, devices.Fail(v.unit, "read frame", devices.ErrGarbled, err)
		case err != nil:
			return nil, devices.Fail(v.unit, "read frame", devices.ErrGone, err)
		case ok:
			return &v.grey, nil
		}
		if err := v.wait(); err != nil {
			return nil, devices.Fail(v.unit, "read frame", devices.ErrGone, err)
		}
	}
}

// wait waits for a frame or a poke.
func (v *Video) wait() error {
	fds := []unix.PollFd{{Fd: int32(v.camera), Events: unix.POLLIN}, {Fd: int32(v.wake), Events: unix.POLLIN}}
	for {
		_, err := unix.Poll(fds, -1)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return err
		}
		break
	}
	var count [8]byte
	if fds[1].Revents != 0 {
		_, _ = unix.Read(v.wake, count[:]) // back to nothing
		return nil
	}
	if fds[0].Revents&(unix.POLLERR|unix.POLLHUP|unix.POLLNVAL) != 0 && fds[0].Revents&unix.POLLIN == 0 {
		return unix.ENODEV // a camera that streams shows an error when it is unplugged
	}
	return nil
}

// take takes the newest frame that is there; ok is false if there is none.
func (v *Video) take() (ok bool, err error) {
	var newest buffer
	for {
		b := buffer{Type: bufCapture, Memory: memoryMap}
		err := ask(v.camera, dequeue, &b)
		if errors.Is(err, unix.EAGAIN) {
			break
		}
		if err != nil {
			return false, err
		}
		if int(b.Index) >= len(v.maps) {
			return false, fmt.Errorf("frame in buffer %d of %d", b.Index, len(v.maps))
		}
		if ok {
			if err := v.giveBack(newest.Index); err != nil {
				return false, err
			}
		}
		newest, ok = b, true
	}
	if !ok {
		return false, nil
	}
	fresh := newest.age() < stale
	if fresh {
		err = v.copy(&newest)
	}
	if e := v.giveBack(newest.Index); e != nil {
		return false, e
	}
	return fresh && err == nil, err
}

// copy takes the brightness out of a frame, before the camera writes over it.
func (v *Video) copy(b *buffer) error {
	m := v.maps[b.Index]
	if b.Flags&bufError != 0 || int(b.Used) > len(m) {
		return errSpoiled
	}
	stride := int(v.layout.Stride)
	if row, ok := v.format.row(int(v.layout.Width)); ok && stride == 0 {
		stride = row
	}
	return v.format.grey(m[:b.Used], int(v.layout.Width), int(v.layout.Height), stride, &v.grey)
}

func (v *Video) giveBack(index uint32) error {
	b := buffer{Index: index, Type: bufCapture, Memory: memoryMap}
	return ask(v.camera, enqueue, &b)
}

// poke ends the wait under way.
func (v *Video) poke() {
	_, _ = unix.Write(v.wake, []byte{1, 0, 0, 0, 0, 0, 0, 0}) // full = it is readable
}

// Close implements Source. It waits for the copying of a frame, a few milliseconds.
func (v *Video) Close() error {
	v.once.Do(func() {
		close(v.closed)
		v.poke()
		v.turn <- struct{}{} // and never given back: the memory of frames goes now
		v.release()
	})
	return nil
}

// release gives back what open took, as far as it came.
func (v *Video) release() {
	kind := uint32(bufCapture)
	if v.camera >= 0 {
		_ = ask(v.camera, streamOff, &kind) // an unplugged camera has stopped
	}
	for _, m := range v.maps {
		_ = unix.Munmap(m)
	}
	v.maps = nil
	for _, fd := range []int{v.camera, v.wake} {
		if fd >= 0 {
			_ = unix.Close(fd)
		}
	}
	v.camera, v.wake = -1, -1
	clear(v.grey.Pix) // it may show a person's card
}

// openError names the reason why a camera did not open.
func openError(unit, path string, err error) error {
	reason := devices.ErrRefused
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ENXIO), errors.Is(err, unix.ENODEV), errors.Is(err, unix.EIO):
		reason, err = devices.ErrGone, fmt.Errorf("nothing answers at %s: %w", path, err)
	case errors.Is(err, fs.ErrPermission):
		err = fmt.Errorf("%w: add this program's user to the group that owns it, often video", err)
	case errors.Is(err, unix.EBUSY):
		err = errors.New("in use by another program: stop it first")
	}
	return devices.Fail(unit, "open", reason, err)
}
