package camera

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"motcua/devices"
)

// The requests as the kernel's header makes them on 64-bit machines.
func TestRequests(t *testing.T) {
	for name, tt := range map[string][2]uintptr{
		"VIDIOC_QUERYCAP": {queryCap, 0x80685600}, "VIDIOC_ENUM_FMT": {enumFormat, 0xc0405602}, "VIDIOC_S_FMT": {setFormat, 0xc0d05605},
		"VIDIOC_REQBUFS": {requestBuffers, 0xc0145608}, "VIDIOC_QUERYBUF": {queryBuffer, 0xc0585609}, "VIDIOC_QBUF": {enqueue, 0xc058560f},
		"VIDIOC_DQBUF": {dequeue, 0xc0585611}, "VIDIOC_STREAMON": {streamOn, 0x40045612}, "VIDIOC_STREAMOFF": {streamOff, 0x40045613},
	} {
		if tt[0] != tt[1] {
			t.Errorf("%s = %#x; want %#x", name, tt[0], tt[1])
		}
	}
	for _, f := range formats() {
		if got := code(f).format(); got != f {
			t.Errorf("%q becomes %q", f, got)
		}
	}
}

func TestOpenNoCamera(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]error{
		file + "-none": devices.ErrGone, file: devices.ErrRefused, "/dev/null": devices.ErrRefused,
	} {
		_, err := Open(t.Context(), Options{Unit: "camera", Path: path})
		var named *devices.Error
		if !errors.Is(err, want) || !errors.As(err, &named) || named.Unit != "camera" {
			t.Errorf("Open(%s) = %v; want %v with the unit named", path, err, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(ctx, Options{Path: file}); err != context.Canceled {
		t.Errorf("Open = %v; want the context's own error", err)
	}
}

// A context that ends as Frame returns does nothing after Close: the descriptor that
// it wakes Frame by is another file's by then.
func TestNothingAfterClose(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	path := filepath.Join(t.TempDir(), "other")
	for range 300 {
		wake, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
		if err != nil {
			t.Fatal(err)
		}
		v := &Video{unit: "camera", camera: -1, wake: wake, closed: make(chan struct{}), turn: make(chan struct{}, 1)}
		if _, err := v.Frame(ctx); err != context.Canceled {
			t.Fatalf("Frame = %v, want the context's own error", err)
		}
		if err := v.Close(); err != nil {
			t.Fatal(err)
		}
		other, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := other.Close(); err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(path); err != nil || len(b) > 0 {
			t.Fatalf("% x was written into another file, %v", b, err)
		}
	}
}
