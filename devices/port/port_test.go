package port_test

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"motcua/devices"
	"motcua/devices/port"
	"motcua/devices/port/porttest"
)

// tty is a pty on the desk: the unit's end and the path of ours. The unit keeps
// our end open too, so that the line outlives whoever opens it.
func tty(t *testing.T) (unit *os.File, path string) {
	t.Helper()
	unit, ours, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unit.Close(); _ = ours.Close() })
	return unit, ours.Name()
}

func openSerial(t *testing.T, o port.SerialOptions) *port.Serial {
	t.Helper()
	o.Unit = "scanner"
	s, err := port.OpenSerial(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestSerialLine(t *testing.T) {
	porttest.Run(t, func(t *testing.T) porttest.Bench {
		unit, path := tty(t)
		return porttest.Bench{
			Line: openSerial(t, port.SerialOptions{Path: path}), Unit: "scanner",
			Far: unit, Unplug: func() { _ = unit.Close() },
		}
	})
}

func TestPipeLine(t *testing.T) {
	porttest.Run(t, func(t *testing.T) porttest.Bench {
		line, far := porttest.Pipe("scanner")
		t.Cleanup(func() { _ = far.Close() })
		return porttest.Bench{Line: line, Unit: "scanner", Far: far, Unplug: func() { _ = far.Close() }}
	})
}

func TestOpenSerialRefuses(t *testing.T) {
	_, path := tty(t)
	held := openSerial(t, port.SerialOptions{Path: path})
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, odd := tty(t)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	tests := []struct {
		name string
		ctx  context.Context
		opts port.SerialOptions
		want error
		says string
	}{
		{"nothing there", t.Context(), port.SerialOptions{Path: "/dev/serial/by-id/none"}, devices.ErrGone, "none"},
		{"dangling link", t.Context(), port.SerialOptions{Path: dangling(t)}, devices.ErrGone, ""},
		{"in use", t.Context(), port.SerialOptions{Path: path}, devices.ErrRefused, "in use"},
		{"a file", t.Context(), port.SerialOptions{Path: file}, devices.ErrRefused, "not a serial line"},
		{"no terminal", t.Context(), port.SerialOptions{Path: "/dev/null"}, devices.ErrRefused, "not a serial line"},
		{"stop bits", t.Context(), port.SerialOptions{Path: odd, StopBits: 3}, devices.ErrRefused, "1 or 2"},
		{"parity", t.Context(), port.SerialOptions{Path: odd, Parity: 9}, devices.ErrRefused, "odd"},
		{"ended context", ended, port.SerialOptions{Path: odd}, context.Canceled, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.opts.Unit = "scanner"
			s, err := port.OpenSerial(tt.ctx, tt.opts)
			if err == nil {
				_ = s.Close()
			}
			if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("OpenSerial(%+v) = %v; want %v saying %q", tt.opts, err, tt.want, tt.says)
			}
		})
	}
	if err := held.Close(); err != nil {
		t.Fatal(err)
	}
	openSerial(t, port.SerialOptions{Path: path}) // free again
}

func dangling(t *testing.T) string {
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink("/dev/pts/987654", link); err != nil {
		t.Fatal(err)
	}
	return link
}

func TestSerialSettings(t *testing.T) {
	unit, path := tty(t)
	s := openSerial(t, port.SerialOptions{Path: path, Baud: 115200, Parity: port.EvenParity, StopBits: 2, RTSCTS: true})
	look, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer look.Close()
	raw, err := unix.IoctlGetTermios(int(look.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	for name, set := range map[string]bool{
		"115,200 baud": raw.Cflag&unix.CBAUD == unix.B115200,
		"parity":       raw.Cflag&unix.PARENB != 0 && raw.Cflag&unix.PARODD == 0 || raw.Cflag&unix.PARENB == 0, // a pty may drop it
		"two stops":    raw.Cflag&unix.CSTOPB != 0,
		"CTS":          raw.Cflag&unix.CRTSCTS != 0,
		"keeps DTR":    raw.Cflag&unix.HUPCL == 0,
		"no echo":      raw.Lflag&(unix.ECHO|unix.ICANON|unix.ISIG) == 0,
		"bytes as are": raw.Iflag&(unix.ICRNL|unix.IXON|unix.ISTRIP) == 0 && raw.Oflag&unix.OPOST == 0,
	} {
		if !set {
			t.Errorf("not set up: %s (%+v)", name, raw)
		}
	}
	if m, known, err := s.Modem(); known || err != nil {
		t.Errorf("Modem() = %v, %t, %v; a pty has no wires, and that is no error", m, known, err)
	}
	if _, err := s.Write(t.Context(), []byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := unit.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if err := s.Drain(t.Context()); err != nil {
		t.Errorf("Drain of a line that was read empty = %v", err)
	}
}

// Bytes that lay in the line before it was opened are another visitor's.
func TestOpenSerialStartsEmpty(t *testing.T) {
	unit, path := tty(t)
	openSerial(t, port.SerialOptions{Path: path}).Close() // sets it raw
	if _, err := unit.Write([]byte("old")); err != nil {
		t.Fatal(err)
	}
	s := openSerial(t, port.SerialOptions{Path: path})
	if _, err := unit.Write([]byte("new")); err != nil {
		t.Fatal(err)
	}
	p := make([]byte, 10)
	if n, err := s.Read(t.Context(), p); string(p[:n]) != "new" {
		t.Errorf("Read = %q, %v; want new", p[:n], err)
	}
}

// A child process must not hold the line open, nor read what is scanned.
func TestChildrenDoNotInherit(t *testing.T) {
	_, path := tty(t)
	openSerial(t, port.SerialOptions{Path: path})
	out, err := exec.Command("ls", "-l", "/proc/self/fd").Output()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(out), path) {
		t.Errorf("a child has the line:\n%s", out)
	}
}

// go.bug.st/serial panics on a descriptor past 1,023; we must not.
func TestHighDescriptor(t *testing.T) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Cur < 1200 {
		t.Skipf("may open %d files only", limit.Cur)
	}
	for range 1100 {
		f, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
	}
	unit, path := tty(t)
	s := openSerial(t, port.SerialOptions{Path: path})
	if _, err := unit.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Read(t.Context(), make([]byte, 1)); n != 1 || err != nil {
		t.Errorf("Read = %d, %v", n, err)
	}
}

// After Close, the number of our descriptor belongs to somebody else.
func TestWriteAfterCloseHitsNobody(t *testing.T) {
	_, path := tty(t)
	s := openSerial(t, port.SerialOptions{Path: path})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	var files []*os.File
	for range 16 {
		f, err := os.Create(filepath.Join(t.TempDir(), "file"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		files = append(files, f)
	}
	if n, err := s.Write(t.Context(), []byte("receipt")); n != 0 || !errors.Is(err, devices.ErrClosed) {
		t.Errorf("Write after Close = %d, %v", n, err)
	}
	for _, f := range files {
		if info, err := f.Stat(); err != nil || info.Size() != 0 {
			t.Fatalf("%d bytes landed in another file, %v", info.Size(), err)
		}
	}
}

func TestStallIsSilent(t *testing.T) {
	unit, path := tty(t)
	s := openSerial(t, port.SerialOptions{Path: path, Stall: 50 * time.Millisecond})
	n, err := s.Write(t.Context(), make([]byte, 1<<20))
	if !errors.Is(err, devices.ErrSilent) {
		t.Fatalf("Write to a unit that takes nothing = %d, %v; want ErrSilent", n, err)
	}
	for got := 0; got < n; {
		m, err := unit.Read(make([]byte, 4096))
		if err != nil {
			t.Fatal(err)
		}
		got += m
	}
	if err := s.Drain(t.Context()); err != nil {
		t.Errorf("Drain = %v", err)
	}
	if _, err := s.Write(t.Context(), []byte("again")); err != nil {
		t.Errorf("the line does not work on: %v", err)
	}
}

func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line, far := porttest.Pipe("printer")
		line.Pace = 1000
		go func() {
			for {
				if _, err := far.Read(make([]byte, 64)); err != nil {
					return
				}
			}
		}()
		start := time.Now()
		if _, err := line.Write(t.Context(), make([]byte, 3000)); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took < 3*time.Second || took > 3100*time.Millisecond {
			t.Errorf("3,000 bytes at 1,000 a second took %v", took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if n, err := line.Write(ctx, make([]byte, 3000)); err != context.DeadlineExceeded || n > 1600 {
			t.Errorf("Write cut off after a second = %d, %v", n, err)
		}
		closer := time.AfterFunc(100*time.Millisecond, func() { _ = line.Close() })
		defer closer.Stop()
		if _, err := line.Write(t.Context(), make([]byte, 3000)); !errors.Is(err, devices.ErrClosed) {
			t.Errorf("Write while closed = %v", err)
		}
		_ = far.Close()
	})
}

// Conns may tell "nothing yet" by no bytes and no error.
func TestEmptyReadsAreNotBytes(t *testing.T) {
	ours, theirs := net.Pipe()
	defer theirs.Close()
	line := port.New("scanner", &lazy{Conn: ours, empty: 3})
	defer line.Close()
	go func() { _, _ = theirs.Write([]byte("x")) }()
	if n, err := line.Read(t.Context(), make([]byte, 1)); n != 1 || err != nil {
		t.Errorf("Read = %d, %v; want the byte", n, err)
	}
}

type lazy struct {
	net.Conn
	empty int
}

func (l *lazy) Read(p []byte) (int, error) {
	if l.empty > 0 {
		l.empty--
		return 0, nil
	}
	return l.Conn.Read(p)
}

// cutOff is a Conn that is cut off by its context at the very moment when a byte
// comes, and takes its time to set the deadline that does so.
type cutOff struct {
	net.Conn
	cancel context.CancelFunc
	set    chan time.Time
}

func (c *cutOff) Read(p []byte) (int, error) {
	c.cancel()
	p[0] = 'x'
	return 1, nil
}

func (c *cutOff) SetReadDeadline(at time.Time) error {
	if !at.IsZero() {
		<-time.After(10 * time.Millisecond)
	}
	c.set <- at
	return nil
}

func TestByteAndCancelAtOnce(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	conn := &cutOff{cancel: cancel, set: make(chan time.Time, 2)}
	line := port.New("scanner", conn)
	if n, err := line.Read(ctx, make([]byte, 1)); n != 1 || err != nil {
		t.Errorf("Read = %d, %v; the byte is lost", n, err)
	}
	if first, last := <-conn.set, <-conn.set; first.IsZero() || !last.IsZero() {
		t.Errorf("deadlines set: %v, then %v; the past one must not stay", first, last)
	}
}
