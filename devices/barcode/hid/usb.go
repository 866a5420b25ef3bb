package hid

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/karalabe/usb"
	"golang.org/x/sys/unix"

	"motcua/devices"
)

// host is the computer's USB.
type host struct {
	sysfs     string // the devices as the kernel lists them
	nodes     string // where they can be opened
	node      func(path string) (*os.File, error)
	enumerate func(vid, pid uint16) ([]usb.DeviceInfo, error)
	open      func(usb.DeviceInfo) (usb.Device, error)
	request   func(node *os.File, iface int, request uintptr) error
}

// here is the computer we run on.
func here() host {
	return host{
		sysfs:     "/sys/bus/usb/devices",
		nodes:     "/dev/bus/usb",
		node:      func(path string) (*os.File, error) { return os.OpenFile(path, os.O_RDWR, 0) },
		enumerate: usb.EnumerateHid,
		open:      usb.DeviceInfo.Open,
		request:   request,
	}
}

// ParseIDs reads USB ids as lsusb prints them: "1eab:8213".
func ParseIDs(s string) (vid, pid uint16, err error) {
	left, right, ok := strings.Cut(s, ":")
	v, errV := strconv.ParseUint(left, 16, 16)
	p, errP := strconv.ParseUint(right, 16, 16)
	if !ok || errV != nil || errP != nil || len(left) != 4 || len(right) != 4 {
		return 0, 0, fmt.Errorf("%q are no USB ids: four hexadecimal digits, a colon and four more, as lsusb prints them", s)
	}
	return uint16(v), uint16(p), nil
}

// Open opens the first unit with the ids of o that no other program has. It fails
// with devices.ErrGone if none is plugged in, which costs a look into sysfs and
// does not touch USB, so it may be tried again and again; and with
// devices.ErrRefused for options that no unit can have, or a unit that this
// process is not allowed to use.
//
// A unit in trouble can hold up all of libusb for seconds. If ctx ends first, Open
// returns ctx.Err() and what it opens after that is closed.
func Open(ctx context.Context, o Options) (*Scanner, error) { return openOn(ctx, here(), o) }

func openOn(ctx context.Context, h host, o Options) (*Scanner, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if o.Kind != "" && o.Kind != POS && o.Kind != Keyboard {
		return nil, devices.Fail(o.Unit, "open", devices.ErrRefused, fmt.Errorf("no kind of scanner is called %q: %s or %s", o.Kind, POS, Keyboard))
	}
	if o.VID == 0 || o.PID == 0 {
		return nil, devices.Fail(o.Unit, "open", devices.ErrRefused, errors.New("the USB ids are missing: lsusb lists them"))
	}
	if !h.present(o.VID, o.PID) {
		return nil, devices.Fail(o.Unit, "open", devices.ErrGone, fmt.Errorf("no device %04x:%04x is plugged in", o.VID, o.PID))
	}
	type result struct {
		unit handle
		err  error
	}
	opened := make(chan result, 1)
	go func() {
		unit, err := h.find(o)
		opened <- result{unit, err}
	}()
	select {
	case r := <-opened:
		if r.err != nil {
			return nil, r.err
		}
		return start(r.unit, o), nil
	case <-ctx.Done():
		go func() {
			if r := <-opened; r.err == nil {
				_ = r.unit.Close()
			}
		}()
		return nil, ctx.Err()
	}
}

// present tells that a device with these ids is plugged in. Enumerating would tell
// as well, but that opens the devices and asks them for their strings, 20 ms and
// more with everybody else's calls held up.
func (h host) present(vid, pid uint16) bool {
	all, _ := filepath.Glob(filepath.Join(h.sysfs, "*", "idVendor")) // fails for bad patterns only
	for _, vendor := range all {
		if attribute(vendor) == fmt.Sprintf("%04x", vid) &&
			attribute(filepath.Join(filepath.Dir(vendor), "idProduct")) == fmt.Sprintf("%04x", pid) {
			return true
		}
	}
	return false
}

func attribute(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return "" // unplugged since
	}
	return strings.TrimSpace(string(b))
}

// find opens the unit. The paths that hidapi gives hold the number that the device
// got when it was plugged in, so they are asked for anew each time.
func (h host) find(o Options) (handle, error) {
	infos, err := h.enumerate(o.VID, o.PID)
	if errors.Is(err, usb.ErrUnsupportedPlatform) {
		return nil, devices.Fail(o.Unit, "open", devices.ErrRefused, errors.New("this program was built without cgo, so without USB"))
	}
	if err != nil {
		return nil, devices.Fail(o.Unit, "open", devices.ErrGone, err)
	}
	if len(infos) == 0 {
		// Without nodes below /dev/bus/usb there is neither a unit nor an error.
		if _, err := os.Stat(h.nodes); err != nil {
			return nil, devices.Fail(o.Unit, "open", devices.ErrRefused, fmt.Errorf("the system shows no USB devices to this program: %w", err))
		}
		return nil, devices.Fail(o.Unit, "open", devices.ErrGone, errors.New("the device is no HID device in its present mode, or was unplugged just now"))
	}
	reason, err := devices.ErrRefused, fmt.Errorf("the device has no HID interface %d", o.Interface)
	for _, info := range infos {
		if info.Interface != o.Interface {
			continue
		}
		unit, r, e := h.claim(info)
		if e == nil {
			return unit, nil
		}
		reason, err = r, e
	}
	return nil, devices.Fail(o.Unit, "open", reason, err)
}

// claim opens one interface, or says why not.
func (h host) claim(info usb.DeviceInfo) (unit handle, reason, err error) {
	node, err := h.node(h.path(info.Path))
	if errors.Is(err, fs.ErrPermission) {
		return nil, devices.ErrRefused, fmt.Errorf("%w: a udev rule must give it to the kiosk's group", err)
	}
	if err != nil {
		return nil, devices.ErrGone, err
	}
	device, err := h.open(info)
	if err != nil {
		return nil, devices.ErrGone, errors.Join(fmt.Errorf("%w: another program has it, or it was unplugged just now", err), node.Close())
	}
	return &claimed{Device: device, node: node, iface: info.Interface, request: h.request}, nil, nil
}

// path gives the device's node for hidapi's path of it: bus, address and interface,
// in hexadecimal.
func (h host) path(hidapi string) string {
	var bus, address, iface int
	if _, err := fmt.Sscanf(hidapi, "%x:%x:%x", &bus, &address, &iface); err != nil {
		return hidapi // opening it says what is wrong
	}
	return filepath.Join(h.nodes, fmt.Sprintf("%03d", bus), fmt.Sprintf("%03d", address))
}

// claimed is a unit that hidapi has opened. Opening takes the kernel's driver off
// the interface.
type claimed struct {
	usb.Device
	// node is a way of our own to the same device. A name would lead to another
	// device once this one is unplugged and its number given away.
	node    *os.File
	iface   int
	request func(node *os.File, iface int, request uintptr) error

	mu    sync.Mutex // guards given; held by requests, not while reading
	given bool
}

// Wake takes the interface away from hidapi, as another driver would. Its transfer
// ends with that, and the Read after it; then Close is safe. hidapi itself has no
// way to end a Read but to free the device below it.
func (c *claimed) Wake() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.given {
		return nil // or the kernel's driver would be taken off
	}
	return c.request(c.node, c.iface, usbfsDisconnect)
}

// Close closes the unit and lets the kernel's driver have it again, which hidapi
// leaves out: without it the unit is dead for everybody else until it is plugged
// in anew. To write to the driver's bind file in sysfs does the same, but as root
// only; this takes no more rights than to open the unit.
func (c *claimed) Close() error {
	c.mu.Lock()
	c.given = true
	c.mu.Unlock()
	err := c.Device.Close()
	if err == nil {
		err = c.request(c.node, c.iface, usbfsConnect)
	}
	if errors.Is(err, unix.ENODEV) || errors.Is(err, unix.EBUSY) {
		err = nil // unplugged, so nothing to give back; or a driver has it already
	}
	return errors.Join(err, c.node.Close())
}
