package port_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"motcua/devices"
	"motcua/devices/hotplug"
	"motcua/devices/port"
	"motcua/devices/port/porttest"
)

// cable is a pty that comes and goes under one name, as behind a link of udev.
type cable struct {
	link       string
	unit, ours *os.File
}

func (c *cable) plug(t *testing.T) {
	t.Helper()
	c.unplug()
	unit, ours, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	c.unit, c.ours = unit, ours
	_ = os.Remove(c.link)
	if err := os.Symlink(ours.Name(), c.link); err != nil {
		t.Fatal(err)
	}
}

func (c *cable) unplug() {
	if c.unit != nil {
		_, _ = c.unit.Close(), c.ours.Close()
	}
}

// bench opens a line on a pty that can be pulled and put back.
func onCable(t *testing.T, open func(path string) (port.Line, error)) porttest.Bench {
	c := &cable{link: filepath.Join(t.TempDir(), "unit")}
	t.Cleanup(c.unplug)
	var bench func() porttest.Bench
	bench = func() porttest.Bench {
		c.plug(t)
		line, err := open(c.link)
		if err != nil {
			t.Fatal(err)
		}
		return porttest.Bench{Line: line, Unit: "unit", Far: c.unit, Unplug: func() { _ = c.unit.Close() }, Again: bench}
	}
	return bench()
}

func TestSerialReplugged(t *testing.T) {
	porttest.Run(t, func(t *testing.T) porttest.Bench {
		return onCable(t, func(path string) (port.Line, error) {
			return port.Open(t.Context(), port.Options{Unit: "unit", Port: path})
		})
	})
}

// peer is a unit on the network: it takes one connection at a time.
type peer struct {
	net.Listener
	conn net.Conn
}

func (p *peer) accept(t *testing.T) net.Conn {
	t.Helper()
	conn, err := p.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if p.conn != nil {
		_ = p.conn.Close()
	}
	p.conn = conn
	// One that has little room, as printers do.
	if err := conn.(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
		t.Fatal(err)
	}
	return conn
}

func onNetwork(t *testing.T) porttest.Bench {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &peer{Listener: l}
	t.Cleanup(func() {
		_ = l.Close()
		if p.conn != nil {
			_ = p.conn.Close()
		}
	})
	var bench func() porttest.Bench
	bench = func() porttest.Bench {
		line, err := port.Open(t.Context(), port.Options{Unit: "unit", Port: "tcp://" + l.Addr().String()})
		if err != nil {
			t.Fatal(err)
		}
		conn := p.accept(t)
		return porttest.Bench{Line: line, Unit: "unit", Far: conn, Unplug: func() { _ = conn.Close() }, Again: bench}
	}
	return bench()
}

func TestTCPLine(t *testing.T) { porttest.Run(t, onNetwork) }

// What the kernel still holds when the line is closed does not come out later.
func TestTCPCloseDropsTheRest(t *testing.T) {
	b := onNetwork(t)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	n, err := b.Line.Write(ctx, make([]byte, 1<<20))
	if err != context.DeadlineExceeded {
		t.Fatalf("Write to a unit that does not read = %d, %v", n, err)
	}
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := b.Line.(port.Drainer).Drain(short); err != context.DeadlineExceeded {
		t.Errorf("Drain while the unit takes nothing = %v", err)
	}
	if err := b.Line.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.Copy(io.Discard, b.Far); got >= int64(n) || err == nil {
		t.Errorf("the unit got %d bytes of %d and %v; want the line cut", got, n, err)
	}
}

func TestOpenTCPRefuses(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "tcp://" + l.Addr().String()
	_ = l.Close()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		ctx     context.Context
		address string
		want    error
		says    string
	}{
		{t.Context(), nobody, devices.ErrGone, "refused"},
		{t.Context(), "tcp://", devices.ErrRefused, "tcp://host:9100"},
		{t.Context(), "udp://127.0.0.1:9100", devices.ErrRefused, "tcp://host:9100"},
		{t.Context(), "tcp://127.0.0.1:9100/queue", devices.ErrRefused, "tcp://host:9100"},
		{t.Context(), "tcp://127.0.0.1:x", devices.ErrRefused, "tcp://host:9100"},
		{ended, nobody, context.Canceled, ""},
	} {
		line, err := port.Open(c.ctx, port.Options{Unit: "unit", Port: c.address})
		if line != nil || !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("Open(%s) = %v, %v; want %v saying %q", c.address, line, err, c.want, c.says)
		}
	}
}

func TestNodeLine(t *testing.T) {
	porttest.Run(t, func(t *testing.T) porttest.Bench {
		return onCable(t, func(path string) (port.Line, error) {
			// The serial line sets the pty up; it stays so.
			s, err := port.OpenSerial(t.Context(), port.SerialOptions{Unit: "unit", Path: path})
			if err != nil {
				return nil, err
			}
			if err := s.Close(); err != nil {
				return nil, err
			}
			return port.OpenNode(t.Context(), port.NodeOptions{Unit: "unit", Path: path})
		})
	})
}

func TestOpenNodeRefuses(t *testing.T) {
	_, path := tty(t)
	held, err := port.OpenNode(t.Context(), port.NodeOptions{Unit: "unit", Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path string
		want error
		says string
	}{
		{"/dev/usb/lp99", devices.ErrGone, "lp99"},
		{path, devices.ErrRefused, "in use"},
		{file, devices.ErrRefused, "plain file"},
	} {
		if _, err := port.OpenNode(t.Context(), port.NodeOptions{Unit: "unit", Path: c.path}); !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("OpenNode(%s) = %v; want %v saying %q", c.path, err, c.want, c.says)
		}
	}
	for _, name := range []string{"usb:dead:beef", "lp0"} {
		_, err := port.Open(t.Context(), port.Options{Unit: "unit", Port: name, Tree: hotplug.Tree{}})
		var named *devices.Error
		if !errors.As(err, &named) || named.Unit != "unit" {
			t.Errorf("Open(%s) = %v; want the unit named", name, err)
		}
	}
}

// packets is the far end of a line of reports: 64 bytes each, as a HID device.
type packets struct {
	net.Conn
	rest []byte
}

func (p *packets) Write(b []byte) (n int, err error) {
	for n < len(b) {
		took, err := p.Conn.Write(b[n:min(n+64, len(b))])
		n += took
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

func (p *packets) Read(b []byte) (int, error) {
	if len(p.rest) == 0 {
		buf := make([]byte, 128<<10)
		n, err := p.Conn.Read(buf)
		if err != nil {
			return 0, err
		}
		p.rest = buf[:n]
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

// sockets is a pair of connected sockets.
func sockets(t *testing.T, kind int) (ours, theirs net.Conn) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	var ends [2]net.Conn
	for i, fd := range fds {
		f := os.NewFile(uintptr(fd), "socket")
		if ends[i], err = net.FileConn(f); err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
	}
	return ends[0], ends[1]
}

func onSockets(t *testing.T, kind int, make func(string, port.Conn) *port.Node, far func(net.Conn) io.ReadWriter) porttest.Bench {
	var last [2]net.Conn
	var bench func() porttest.Bench
	drop := func() {
		for _, c := range last {
			if c != nil {
				_ = c.Close()
			}
		}
	}
	t.Cleanup(drop)
	bench = func() porttest.Bench {
		drop()
		ours, theirs := sockets(t, kind)
		last = [2]net.Conn{ours, theirs}
		return porttest.Bench{Line: make("unit", ours), Unit: "unit", Far: far(theirs), Unplug: func() { _ = theirs.Close() }, Again: bench}
	}
	return bench()
}

// A line of reports is as good as any other, though the kernel cuts off what a
// reader has no room for: so do sockets of this kind.
func TestReportLine(t *testing.T) {
	porttest.Run(t, func(t *testing.T) porttest.Bench {
		return onSockets(t, unix.SOCK_SEQPACKET, port.NewReports, func(c net.Conn) io.ReadWriter { return &packets{Conn: c} })
	})
}

// A report is written in one piece, and two are never read as one.
func TestReportsKeepTheirBounds(t *testing.T) {
	ours, theirs := sockets(t, unix.SOCK_SEQPACKET)
	defer theirs.Close()
	line := port.NewReports("unit", ours)
	defer line.Close()
	if n, err := line.Write(t.Context(), make([]byte, 2000)); n != 2000 || err != nil {
		t.Fatalf("Write = %d, %v", n, err)
	}
	if n, err := theirs.Read(make([]byte, 4000)); n != 2000 || err != nil {
		t.Errorf("the unit read %d bytes at once, %v; want the report of 2,000", n, err)
	}
	for _, s := range []string{"first", "second"} {
		if _, err := theirs.Write([]byte(s)); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for range 4 {
		p := make([]byte, 4)
		n, err := line.Read(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(p[:n]))
	}
	if want := "firs t seco nd"; strings.Join(got, " ") != want {
		t.Errorf("read %q, want %q", got, want)
	}
}

// quiet is a printer on usblp that answers "nothing" with empty packets, again
// and again, and reads ENODEV when it is gone.
type quiet struct {
	net.Conn
	asked int
}

func (q *quiet) Read(p []byte) (int, error) {
	if q.asked++; q.asked%16 == 0 {
		return 0, io.EOF
	}
	n, err := q.Conn.Read(p)
	if errors.Is(err, io.EOF) {
		err = unix.ENODEV
	}
	return n, err
}

func TestPrinterLine(t *testing.T) {
	porttest.Run(t, func(t *testing.T) porttest.Bench {
		return onSockets(t, unix.SOCK_STREAM, func(unit string, c port.Conn) *port.Node {
			return port.NewPrinter(unit, &quiet{Conn: c.(net.Conn)})
		}, func(c net.Conn) io.ReadWriter { return c })
	})
}

// A printer that has nothing to say is not asked in a loop, and whoever waits for
// it can give up at once.
func TestQuietPrinterIsLeftAlone(t *testing.T) {
	for _, nothing := range []error{io.EOF, unix.EINVAL} { // EINVAL: usblp on a line one way
		synctest.Test(t, func(t *testing.T) {
			conn := &silentConn{err: nothing}
			line := port.NewPrinter("unit", conn)
			defer line.Close()
			ctx, cancel := context.WithTimeout(t.Context(), 510*time.Millisecond)
			defer cancel()
			began := time.Now()
			if _, err := line.Read(ctx, make([]byte, 8)); err != context.DeadlineExceeded {
				t.Errorf("Read = %v", err)
			}
			if took := time.Since(began); took != 510*time.Millisecond {
				t.Errorf("it gave up after %v", took)
			}
			if conn.asked > 20 {
				t.Errorf("asked %d times in half a second", conn.asked)
			}
		})
	}
}

// An open that is refused leaves nothing open.
func TestRefusedOpenLeavesNothing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, path := tty(t)
	openSerial(t, port.SerialOptions{Path: path})
	count := func() int {
		all, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skip(err)
		}
		return len(all)
	}
	before := count()
	for range 50 {
		for _, p := range []string{file, path} {
			if _, err := port.OpenSerial(t.Context(), port.SerialOptions{Unit: "unit", Path: p}); err == nil {
				t.Fatal("opened")
			}
			if _, err := port.OpenNode(t.Context(), port.NodeOptions{Unit: "unit", Path: p}); err == nil {
				t.Fatal("opened")
			}
		}
	}
	// What the collector would close, were it forgotten, is not to be relied upon.
	if after := count(); after > before+4 {
		t.Errorf("%d files open before, %d after", before, after)
	}
}

type silentConn struct {
	net.Conn
	err   error
	asked int
}

func (c *silentConn) Read([]byte) (int, error)        { c.asked++; return 0, c.err }
func (c *silentConn) Close() error                    { return nil }
func (c *silentConn) SetReadDeadline(time.Time) error { return nil }
