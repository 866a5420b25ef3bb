package hid

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"github.com/karalabe/usb"
	"golang.org/x/sys/unix"

	"motcua/devices"
	"motcua/devices/barcode/barcodetest"
)

// wired is a computer with units on its USB, and what was asked of it.
type wired struct {
	host
	units      map[string]*fake // by hidapi's path
	enumerated int
	answer     error // to requests

	mu       sync.Mutex // guards requests
	requests []uintptr
}

// device makes a usb.Device of a fake.
type device struct{ *fake }

func (device) Write([]byte) (int, error) { return 0, errors.ErrUnsupported }

// wire makes a computer with a scanner 1eab:8213 at bus 1, device 26, interfaces
// 0 and 1.
func wire(t *testing.T) *wired {
	t.Helper()
	dir := t.TempDir()
	w := &wired{units: map[string]*fake{"0001:001a:00": plugIn(t), "0001:001a:01": plugIn(t)}}
	w.host = host{
		sysfs: filepath.Join(dir, "devices"), nodes: filepath.Join(dir, "bus"), node: here().node,
		enumerate: func(vid, pid uint16) ([]usb.DeviceInfo, error) {
			w.enumerated++
			if vid != 0x1eab || pid != 0x8213 {
				t.Errorf("devices %04x:%04x were asked for", vid, pid)
			}
			return []usb.DeviceInfo{
				{Path: "0001:001a:00", VendorID: vid, ProductID: pid, Interface: 0},
				{Path: "0001:001a:01", VendorID: vid, ProductID: pid, Interface: 1},
			}, nil
		},
		open: func(info usb.DeviceInfo) (usb.Device, error) {
			unit, ok := w.units[info.Path]
			if !ok {
				return nil, errors.New("hidapi: failed to open device")
			}
			return device{unit}, nil
		},
		request: func(node *os.File, iface int, request uintptr) error {
			if _, err := node.Stat(); err != nil || filepath.Base(node.Name()) != "026" || iface != 1 {
				t.Errorf("request about interface %d of %s, %v", iface, node.Name(), err)
			}
			w.mu.Lock()
			w.requests = append(w.requests, request)
			w.mu.Unlock()
			if request == usbfsDisconnect {
				_ = w.units["0001:001a:01"].Wake()
			}
			return w.answer
		},
	}
	write(t, filepath.Join(w.sysfs, "1-4", "idVendor"), "1eab\n")
	write(t, filepath.Join(w.sysfs, "1-4", "idProduct"), "8213\n")
	write(t, filepath.Join(w.sysfs, "1-4:1.0", "bInterfaceNumber"), "00\n")
	write(t, filepath.Join(w.nodes, "001", "026"), "")
	return w
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

var options = Options{Unit: "scanner", VID: 0x1eab, PID: 0x8213, Interface: 1}

func TestOpen(t *testing.T) {
	for name, answer := range map[string]error{"given back": nil, "unplugged": unix.ENODEV, "has a driver": unix.EBUSY} {
		t.Run(name, func(t *testing.T) {
			w := wire(t)
			s, err := openOn(t.Context(), w.host, options)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range posReports("]Q1", barcodetest.Card) {
				w.units["0001:001a:01"].reports <- r
			}
			if code, err := s.Next(t.Context()); err != nil || code.Text != barcodetest.Card {
				t.Errorf("Next = %q, %v", code.Text, err)
			}
			w.mu.Lock()
			w.answer = answer
			w.mu.Unlock()
			if err := s.Close(); err != nil {
				t.Errorf("Close = %v", err)
			}
			// Wake may come too late to be needed, but never after the end.
			if last := len(w.requests) - 1; slices.Index(w.requests, usbfsConnect) != last {
				t.Errorf("requests to the kernel %#x; want its driver on the interface once, last", w.requests)
			}
		})
	}
	t.Run("not given back", func(t *testing.T) {
		w := wire(t)
		s, err := openOn(t.Context(), w.host, options)
		if err != nil {
			t.Fatal(err)
		}
		w.answer = unix.EPERM
		if err := s.Close(); !errors.Is(err, devices.ErrRefused) || !errors.Is(err, unix.EPERM) {
			t.Errorf("Close = %v; want it to tell that the unit was not given back", err)
		}
	})
}

func TestParseIDs(t *testing.T) {
	if vid, pid, err := ParseIDs("1EAB:8213"); vid != 0x1eab || pid != 0x8213 || err != nil {
		t.Errorf("ParseIDs = %04x, %04x, %v", vid, pid, err)
	}
	for _, s := range []string{"", ":", "1eab", "1eab8213", "1eab:", "01eab:8213", "1eab:82131", "1eab:+213", "1eab:8213:0"} {
		if _, _, err := ParseIDs(s); err == nil {
			t.Errorf("ParseIDs(%q) found ids", s)
		}
	}
}

func TestOpenFails(t *testing.T) {
	none := func(uint16, uint16) ([]usb.DeviceInfo, error) { return nil, nil }
	tests := []struct {
		name       string
		change     func(*wired, *Options)
		want       error
		wantText   string
		enumerated int
	}{
		{"no such kind", func(_ *wired, o *Options) { o.Kind = "serial" }, devices.ErrRefused, `"serial"`, 0},
		{"no ids", func(_ *wired, o *Options) { o.PID = 0 }, devices.ErrRefused, "lsusb", 0},
		{"not plugged in", func(w *wired, _ *Options) { _ = os.RemoveAll(filepath.Join(w.sysfs, "1-4")) }, devices.ErrGone, "1eab:8213", 0},
		{"another is", func(_ *wired, o *Options) { o.PID = 0x8214 }, devices.ErrGone, "1eab:8214", 0},
		{"a computer without USB", func(w *wired, _ *Options) { _ = os.RemoveAll(w.sysfs) }, devices.ErrGone, "plugged", 0},
		{"no nodes", func(w *wired, _ *Options) { w.enumerate = none; _ = os.RemoveAll(w.nodes) }, devices.ErrRefused, "shows no USB", 0},
		{"not HID", func(w *wired, _ *Options) { w.enumerate = none }, devices.ErrGone, "mode", 0},
		{"no cgo", func(w *wired, _ *Options) {
			w.enumerate = func(uint16, uint16) ([]usb.DeviceInfo, error) { return nil, usb.ErrUnsupportedPlatform }
		}, devices.ErrRefused, "cgo", 0},
		{"no such interface", func(_ *wired, o *Options) { o.Interface = 2 }, devices.ErrRefused, "interface 2", 1},
		{"no node yet", func(w *wired, _ *Options) { _ = os.RemoveAll(filepath.Join(w.nodes, "001")) }, devices.ErrGone, "026", 1},
		{"not allowed", func(w *wired, _ *Options) {
			w.node = func(path string) (*os.File, error) {
				return nil, &fs.PathError{Op: "open", Path: path, Err: unix.EACCES}
			}
		}, devices.ErrRefused, "udev rule", 1},
		{"in use", func(w *wired, _ *Options) { delete(w.units, "0001:001a:01") }, devices.ErrGone, "another program", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w, o := wire(t), options
			tt.change(w, &o)
			s, err := openOn(t.Context(), w.host, o)
			if s != nil || !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.wantText) || !strings.HasPrefix(err.Error(), "scanner: open: ") {
				t.Errorf("Open = %v; want %v with %q in it", err, tt.want, tt.wantText)
			}
			if w.enumerated != tt.enumerated {
				t.Errorf("the devices were enumerated %d times; want %d", w.enumerated, tt.enumerated)
			}
		})
	}
}

// A unit in trouble holds libusb up; who opens it does not wait with it, and what
// comes of it later is closed.
func TestOpenCancelled(t *testing.T) {
	w := wire(t)
	entered, release, closed := make(chan struct{}), make(chan struct{}), make(chan struct{})
	enumerate := w.enumerate
	w.enumerate = func(vid, pid uint16) ([]usb.DeviceInfo, error) {
		close(entered)
		<-release
		return enumerate(vid, pid)
	}
	w.request = func(_ *os.File, _ int, request uintptr) error {
		if request == usbfsConnect {
			close(closed)
		}
		return nil
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-entered; cancel() }()
	if _, err := openOn(ctx, w.host, options); err != context.Canceled {
		t.Errorf("Open = %v; want the context's own error, bare", err)
	}
	close(release)
	<-closed
	if _, err := openOn(ctx, w.host, options); err != context.Canceled {
		t.Errorf("Open = %v; want the context's own error, bare", err)
	}
}

// The kernel knows these by number: linux/usbdevice_fs.h.
func TestRequests(t *testing.T) {
	if usbfsDisconnect != 0x5516 || usbfsConnect != 0x5517 {
		t.Errorf("requests %#x, %#x", usbfsDisconnect, usbfsConnect)
	}
	if unsafe.Sizeof(uintptr(0)) == 8 && usbfsIoctl != 0xc0105512 {
		t.Errorf("USBDEVFS_IOCTL = %#x; want 0xc0105512", usbfsIoctl)
	}
	node, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := request(node, 0, usbfsConnect); !errors.Is(err, unix.ENOTTY) {
		t.Errorf("request to a folder = %v; want %v", err, unix.ENOTTY)
	}
	_ = node.Close()
	if err := request(node, 0, usbfsConnect); err == nil || errors.Is(err, unix.ENOTTY) || errors.Is(err, unix.EBADF) {
		t.Errorf("request to a closed node = %v; want it not to reach the kernel", err)
	}
}
