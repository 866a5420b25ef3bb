// Package pcscdtest starts the real card daemon for a test, with a virtual reader
// behind it, where no other program and no other test meets it.
//
// The daemon is started as systemd starts it, with a socket that is open already
// (sd_listen_fds(3)): so the socket lies in a folder of the test, there is nothing
// to wait for, and no need to be root. Its virtual reader, vpcd of the vsmartcard
// project, listens on a free port. Any number of daemons run beside each other,
// and beside the computer's own. A daemon that outlives a test that crashed ends a
// minute later.
package pcscdtest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// limit is how long the virtual reader may take to come up.
const limit = 30 * time.Second

// driver is where Debian's vsmartcard-vpcd lies.
const driver = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so"

// Reader is the virtual reader's name; it has a second slot.
const Reader = "Virtual 00 00"

// Daemon is a card daemon with a virtual reader. It is used by one goroutine.
type Daemon struct {
	// Socket is where programs reach it.
	Socket string
	// Port is where the virtual reader waits for a card, on 127.0.0.1.
	Port int

	binary, dir string
	cmd         *exec.Cmd
	output      *os.File // a file, as a buffer would need a goroutine
}

// Start starts pcscd; it is killed at the test's end. The test is skipped where
// pcscd or vpcd is not installed. PCSCD names another pcscd than that of the PATH.
func Start(t testing.TB) *Daemon {
	t.Helper()
	d := &Daemon{binary: os.Getenv("PCSCD")}
	if d.binary == "" {
		var err error
		if d.binary, err = exec.LookPath("pcscd"); err != nil {
			t.Skip("pcscd is not installed")
		}
	}
	if _, err := os.Stat(driver); err != nil {
		t.Skip("vsmartcard-vpcd is not installed")
	}
	var err error
	// A socket's path has 107 bytes at most, which t.TempDir can pass.
	if d.dir, err = os.MkdirTemp("", "pcscd"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(d.dir) })
	if d.output, err = os.Create(filepath.Join(d.dir, "output")); err != nil {
		t.Fatal(err)
	}
	d.Socket, d.Port = filepath.Join(d.dir, "pcscd.comm"), freePort(t)
	d.Restart(t)
	t.Cleanup(func() {
		d.Kill()
		_ = d.output.Close()
		if b, err := os.ReadFile(d.output.Name()); t.Failed() && len(b) > 0 {
			t.Logf("pcscd: %s %v", b, err)
		}
	})
	return d
}

// freePort finds a port that nobody listens on, out of reach of those that the
// kernel gives to others meanwhile.
func freePort(t testing.TB) int {
	for range 100 {
		port := 20000 + rand.IntN(12000)
		if l, err := net.Listen("tcp", net.JoinHostPort("", strconv.Itoa(port))); err == nil {
			_ = l.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}

// Restart starts the daemon again after Kill, at the same socket and port.
func (d *Daemon) Restart(t testing.TB) {
	t.Helper()
	conf := fmt.Sprintf("FRIENDLYNAME \"Virtual\"\nDEVICENAME /dev/null:0x%X\nLIBPATH %s\nCHANNELID 0x%X\n", d.Port, driver, d.Port)
	if err := os.WriteFile(filepath.Join(d.dir, "reader.conf"), []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: d.Socket, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	socket, err := l.File()
	_ = l.Close() // so that nobody listens once the daemon is gone
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = socket.Close() }()
	// Root's daemon writes its number where the computer's own does; in a mount
	// namespace that is another place.
	for _, flags := range []uintptr{syscall.CLONE_NEWNS, 0} {
		const own = `test "$3" = 0 || ! test -d /run/pcscd || mount -t tmpfs tmpfs /run/pcscd; `
		const start = `LISTEN_PID=$$ LISTEN_FDS=1 exec "$1" --foreground --critical --auto-exit --config "$2"`
		d.cmd = exec.Command("/bin/sh", "-c", own+start, "sh", d.binary, d.dir, strconv.Itoa(int(flags)))
		d.cmd.Stdout, d.cmd.Stderr = d.output, d.output
		d.cmd.ExtraFiles = []*os.File{socket} // as descriptor 3
		d.cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: flags}
		if err = d.cmd.Start(); !errors.Is(err, syscall.EPERM) {
			break
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Kill ends the daemon as a crash does. Its socket is gone. Twice is fine.
func (d *Daemon) Kill() {
	if d.cmd == nil {
		return
	}
	_ = d.cmd.Process.Kill()
	_ = d.cmd.Wait()
	_ = os.Remove(d.Socket)
	d.cmd = nil
}

// Hang stops the daemon in its tracks: when it returns, all its threads stand still.
// Kill ends it all the same.
func (d *Daemon) Hang(t testing.TB) {
	t.Helper()
	if err := d.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(d.cmd.Process.Pid, &status, syscall.WUNTRACED, nil); err != nil || !status.Stopped() {
		t.Fatalf("the daemon does not stop: %v, status %#x", err, status)
	}
}

// Dial lays a card on the virtual reader: what is at the other end of the
// connection, as cardsim.Serve can be. Closing it takes the card off.
func (d *Daemon) Dial(t testing.TB) *net.TCPConn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	for {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(d.Port)))
		if err == nil {
			return conn.(*net.TCPConn)
		}
		select { // the daemon is on its way up
		case <-ctx.Done():
			t.Fatal(err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}
