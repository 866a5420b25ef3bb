// Package port is an open line to one unit: bytes out, bytes in, with a
// context on both. A line is a serial port, a printer or a HID device on USB, or
// a TCP connection; to who writes and reads they are all the same, and every one
// passes porttest.
package port

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"
	"time"

	"go.bug.st/serial"
	"golang.org/x/sys/unix"

	"motcua/devices"
	"motcua/devices/hotplug"
)

// A Line is an open line to one unit. One reader and one writer may use it at
// the same time; Close may be called by anybody, twice, and unblocks both.
type Line interface {
	// Read waits for at least one byte and returns what is there. It returns
	// ctx.Err() if ctx ends first (the line works on, no byte is lost),
	// devices.ErrGone when the unit was unplugged, devices.ErrClosed after Close.
	Read(ctx context.Context, p []byte) (int, error)
	// Write sends all of p or fails, with the errors of Read; n tells how many
	// bytes the kernel took.
	Write(ctx context.Context, p []byte) (n int, err error)
	// Close gives the line back.
	Close() error
}

// Drainer is a Line that knows when what it took has left this computer. All
// lines of this package do.
type Drainer interface {
	// Drain waits for that. It fails with the errors of Line.Write.
	Drain(ctx context.Context) error
}

// Options say where a unit is. Only Unit and Port are needed for lines other
// than serial ones.
type Options struct {
	Unit string // the peripheral's name in the configuration
	// Port is a path below /dev, a name such as usb:04b8:0e15 (see
	// hotplug.Name), or tcp://host:9100.
	Port string
	// Subsystem chooses among the nodes of a unit on USB, where Port is a usb:
	// name: tty, usbmisc or hidraw; "" = the only one.
	Subsystem string
	Baud      int  // of a serial line; 0 = 9,600
	RTSCTS    bool // of a serial line: the unit says stop by its CTS line
	// Stall is how long Write waits for the unit to take a byte; 0 = DefaultStall.
	Stall time.Duration
	Tree  hotplug.Tree // where names are looked up; the zero value is this computer
}

// Open opens the line that fits what is at o.Port: a *Serial, a *Node or a *TCP.
// It fails with devices.ErrGone when nothing is there and with devices.ErrRefused
// when it may not be had or Port is no name of a line.
func Open(ctx context.Context, o Options) (Line, error) {
	if strings.Contains(o.Port, "://") {
		return opened(OpenTCP(ctx, TCPOptions{Unit: o.Unit, Address: o.Port, Stall: o.Stall}))
	}
	unit, err := find(o)
	if err != nil {
		return nil, &devices.Error{Unit: o.Unit, Op: "open", Err: err}
	}
	if unit.Subsystem == "usbmisc" || unit.Subsystem == "hidraw" {
		return opened(OpenNode(ctx, NodeOptions{Unit: o.Unit, Path: unit.Node, Stall: o.Stall}))
	}
	return opened(OpenSerial(ctx, SerialOptions{Unit: o.Unit, Path: unit.Node, Baud: o.Baud, RTSCTS: o.RTSCTS, Stall: o.Stall}))
}

// opened keeps a nil *T from becoming a Line that is not nil.
func opened[L Line](line L, err error) (Line, error) {
	if err != nil {
		return nil, err
	}
	return line, nil
}

// find looks the unit up; nodes that are no line are passed over.
func find(o Options) (hotplug.Unit, error) {
	if o.Subsystem != "" || strings.HasPrefix(o.Port, "/") {
		return o.Tree.Find(o.Port, o.Subsystem)
	}
	gone := error(nil)
	for _, subsystem := range []string{"usbmisc", "tty", "hidraw"} {
		u, err := o.Tree.Find(o.Port, subsystem)
		if err == nil || !errors.Is(err, devices.ErrGone) {
			return u, err
		}
		gone = cmp.Or(gone, err)
	}
	return hotplug.Unit{}, gone
}

// host gives host and port of tcp://host:9100; without one the port is 9100, the
// raw port of printers.
func host(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "tcp" || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.User != nil || u.RawQuery != "" {
		return "", fmt.Errorf("no address of a unit: %q: write tcp://host:9100", address)
	}
	if u.Port() == "" {
		return strings.TrimSuffix(u.Host, ":") + ":9100", nil
	}
	return u.Host, nil
}

var errInUse = errors.New("in use by another program: stop it first")

// openError names the reason why a line did not open. PortError does not unwrap,
// so its code is looked at.
func openError(unit, path string, err error) error {
	reason := devices.ErrRefused
	var coded *serial.PortError
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ENXIO), errors.Is(err, unix.ENODEV), errors.Is(err, unix.EIO):
		reason, err = devices.ErrGone, fmt.Errorf("nothing answers at %s: %w", path, err)
	case errors.Is(err, fs.ErrPermission):
		err = fmt.Errorf("%w: add this program's user to the group that owns it, often dialout or lp", err)
	case errors.Is(err, unix.EBUSY), errors.As(err, &coded) && coded.Code() == serial.PortBusy:
		err = errInUse
	case errors.Is(err, unix.ENOTTY), errors.As(err, &coded) && coded.Code() == serial.InvalidSerialPort:
		err = fmt.Errorf("not a serial line, or not at this speed: %w", err)
	}
	return devices.Fail(unit, "open", reason, err)
}
