package port

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"go.bug.st/serial"
	"golang.org/x/sys/unix"

	"motcua/devices"
)

// SerialOptions say how a serial line is set up. Zero values are 9,600 baud,
// 8N1, no flow control.
type SerialOptions struct {
	Unit     string // the peripheral's name in the configuration
	Path     string // a stable name: /dev/serial/by-id/…, never ttyUSB0
	Baud     int    // bits a second; USB units that call themselves modems ignore it
	DataBits int    // 5 to 8
	Parity   Parity
	StopBits int  // 1 or 2
	RTSCTS   bool // the unit says stop by its CTS line
	// Pace is the most bytes a second that Write sends, for units with a small
	// buffer and no flow control; 0 = as fast as the line.
	Pace int
	// Stall is how long Write waits for the unit to take a byte; 0 = DefaultStall.
	Stall time.Duration
}

// DefaultBaud is the speed of a line whose speed is not told, in bits a second.
const DefaultBaud = 9600

// DefaultStall is how long a unit may take nothing before Write gives up with
// devices.ErrSilent.
const DefaultStall = 30 * time.Second

// Parity is the check bit of each byte.
type Parity int

// The parities.
const (
	NoParity Parity = iota
	OddParity
	EvenParity
)

// Serial is an open serial line: RS-232, USB-CDC or a pty.
//
// go.bug.st/serial knows how to set such a line up, all odd speeds included, and
// does it here. It does not carry our bytes: its Write cannot time out, nor does
// Close end it, and after Close it writes into whatever file got the number; its
// Read panics on a descriptor past 1,023, calls a pulled cable and our own Close
// by the same name, and its descriptor is inherited by child processes. The same
// device opened by package os has none of that: calls take deadlines, Close ends
// them, and children do not see it.
type Serial struct {
	*Wire
	file *os.File
}

// OpenSerial opens the line. It fails with devices.ErrGone when there is nothing
// under the path, and with devices.ErrRefused when another program has the line,
// when we may not open it, or when it is no serial line. It does not wait for a
// carrier. What came in before the line was set up is thrown away.
func OpenSerial(ctx context.Context, o SerialOptions) (*Serial, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	mode, err := o.mode()
	if err != nil {
		return nil, devices.Fail(o.Unit, "open", devices.ErrRefused, err)
	}
	// One resolved name, so that a unit swapped under the link between the two
	// opens below is noticed and not mixed.
	path, err := filepath.EvalSymlinks(o.Path)
	if err != nil {
		return nil, openError(o.Unit, o.Path, err)
	}
	// Not blocking: a blocking open waits for the carrier of a real modem line.
	file, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, openError(o.Unit, o.Path, err)
	}
	if err := setUp(file, path, mode, o.RTSCTS); err != nil {
		_ = file.Close()
		return nil, openError(o.Unit, o.Path, err)
	}
	s := &Serial{Wire: New(o.Unit, prompt{file}), file: file}
	s.Pace, s.Stall = o.Pace, o.Stall
	if s.Stall == 0 {
		s.Stall = DefaultStall
	}
	// A UART that holds unsent bytes would make close wait for up to 30 s
	// (closing_wait), long after the unit stopped listening.
	s.unsent = waiting(file)
	s.flush = func() { _ = s.control(func(fd int) error { return unix.IoctlSetInt(fd, unix.TCFLSH, unix.TCOFLUSH) }) }
	return s, nil
}

func (o SerialOptions) mode() (*serial.Mode, error) {
	// InitialStatusBits stays nil: with it, Open fails on a line without modem
	// wires, such as a pty.
	mode := &serial.Mode{BaudRate: o.Baud, DataBits: o.DataBits}
	switch o.Parity {
	case NoParity:
	case OddParity:
		mode.Parity = serial.OddParity
	case EvenParity:
		mode.Parity = serial.EvenParity
	default:
		return nil, fmt.Errorf("no parity %d: choose none, odd or even", o.Parity)
	}
	switch o.StopBits {
	case 0, 1:
	case 2:
		mode.StopBits = serial.TwoStopBits
	default:
		return nil, fmt.Errorf("no %d stop bits: choose 1 or 2", o.StopBits)
	}
	if mode.DataBits == 0 {
		mode.DataBits = 8
	}
	if mode.BaudRate == 0 {
		mode.BaudRate = DefaultBaud
	}
	return mode, nil
}

// setUp takes the line for ourselves and sets its speed and shape.
func setUp(file *os.File, path string, mode *serial.Mode, rtscts bool) error {
	// TIOCEXCL does not hold root back; flock holds every program that asks.
	if err := control(file, func(fd int) error { return unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB) }); err != nil {
		if errors.Is(err, unix.EWOULDBLOCK) {
			return errInUse
		}
		return err
	}
	if err := shape(path, mode); err != nil {
		return err
	}
	return control(file, func(fd int) error {
		t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
		if err != nil {
			return err
		}
		// Closing the line must not drop DTR: some scanners restart on it.
		t.Cflag &^= unix.HUPCL
		if rtscts {
			t.Cflag |= unix.CRTSCTS
		}
		if err := unix.IoctlSetTermios(fd, unix.TCSETS, t); err != nil {
			return err
		}
		// Set again: shape gave it back when it closed its own descriptor.
		if err := unix.IoctlSetInt(fd, unix.TIOCEXCL, 0); err != nil {
			return err
		}
		return unix.IoctlSetInt(fd, unix.TCFLSH, unix.TCIFLUSH)
	})
}

// shape lets the library set the line up on a descriptor of its own, which lives
// only here. The settings belong to the line and stay.
func shape(path string, mode *serial.Mode) error {
	// That descriptor lacks close-on-exec, so no child may start meanwhile.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	line, err := serial.Open(path, mode)
	if err != nil {
		return err
	}
	return line.Close()
}

// Modem is what the unit says on the wires beside the bytes.
type Modem struct{ CTS, DSR, DCD, RI bool }

// Modem reads the wires. known is false for a line that has none, such as a pty
// or many USB units; that is no error.
func (s *Serial) Modem() (m Modem, known bool, err error) {
	var bits int
	err = s.control(func(fd int) (err error) {
		bits, err = unix.IoctlGetInt(fd, unix.TIOCMGET)
		return err
	})
	switch {
	case errors.Is(err, unix.ENOTTY), errors.Is(err, unix.EINVAL):
		return Modem{}, false, nil
	case err != nil:
		return Modem{}, false, s.fail("read modem lines", err)
	}
	return Modem{
		CTS: bits&unix.TIOCM_CTS != 0, DSR: bits&unix.TIOCM_DSR != 0,
		DCD: bits&unix.TIOCM_CAR != 0, RI: bits&unix.TIOCM_RI != 0,
	}, true, nil
}

func (s *Serial) control(call func(fd int) error) error { return control(s.file, call) }
