// Package reader is a chip card reader without the metal: the real card daemon,
// pcscd, at a socket of its own, a virtual reader below it, and hands that lay
// cards on it and take them off. Who reads through the daemon cannot tell.
package reader

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
	"sync"
	"syscall"
	"time"

	"motcua/devices/card/cardsim"
)

// Name is what the daemon calls the reader.
const Name = "Virtual 00 00"

// driver is vpcd of the vsmartcard project, where Debian has it.
const driver = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so"

// patience is how long the daemon may take to come up.
const patience = time.Minute

// ErrNone: there is no card daemon to put a reader on.
var ErrNone = errors.New("no card reader: install pcscd and vsmartcard-vpcd (scripts/deps.sh)")

// Reader is a virtual reader. Its methods may be called by several goroutines.
type Reader struct {
	binary, dir string
	port        int // of vpcd, on 127.0.0.1

	mu     sync.Mutex // guards what follows
	daemon *exec.Cmd  // nil = ended
	socket *net.UnixListener
	lying  *lying // nil = no card
}

// lying is a card on the reader.
type lying struct {
	lift  context.CancelFunc
	ended chan struct{} // closed when it is off, whoever took it
}

// Socket is where the daemon of a run folder is reached.
func Socket(dir string) string { return filepath.Join(dir, "pcscd.comm") }

// Open starts a daemon with a reader, its socket and settings in dir, which is
// made; the path should be short. It fails with ErrNone where the daemon or the
// virtual reader is not installed. Close it.
func Open(dir string) (*Reader, error) {
	binary, err := exec.LookPath("pcscd")
	if err == nil {
		_, err = os.Stat(driver)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNone, err)
	}
	r := &Reader{binary: binary, dir: dir}
	if err := os.MkdirAll(r.settings(), 0o700); err != nil {
		return nil, err
	}
	if r.port, err = freePort(); err != nil {
		return nil, err
	}
	return r, r.Plug()
}

// freePort finds a port that nobody listens on, below those that the kernel
// gives to others meanwhile.
func freePort() (int, error) {
	for range 100 {
		port := 20000 + rand.IntN(12000)
		if l, err := net.Listen("tcp", net.JoinHostPort("", strconv.Itoa(port))); err == nil {
			return port, l.Close()
		}
	}
	return 0, errors.New("no port is free for the virtual reader")
}

func (r *Reader) settings() string { return filepath.Join(r.dir, "conf") }

// Close ends the daemon. Twice is fine.
func (r *Reader) Close() error {
	r.Lift()
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.end()
}

// Plug makes the daemon know the reader.
func (r *Reader) Plug() error {
	conf := fmt.Sprintf("FRIENDLYNAME \"Virtual\"\nDEVICENAME /dev/null:0x%X\nLIBPATH %s\nCHANNELID 0x%X\n", r.port, driver, r.port)
	return r.again(conf)
}

// Unplug leaves the daemon without the reader; what lay on it is off.
func (r *Reader) Unplug() error { return r.again("") }

// again starts the daemon anew with such readers.
func (r *Reader) again(conf string) error {
	r.Lift()
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.end(); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(r.settings(), "reader.conf"), []byte(conf), 0o600); err != nil {
		return err
	}
	return r.start()
}

// start starts the daemon as systemd does, with a socket that is open already
// (sd_listen_fds(3)): nobody has to wait for it, to be root, or to end the
// computer's own daemon. mu is held.
func (r *Reader) start() (err error) {
	if r.socket, err = net.ListenUnix("unix", &net.UnixAddr{Name: Socket(r.dir), Net: "unix"}); err != nil {
		return err
	}
	theirs, err := r.socket.File()
	if err != nil {
		return errors.Join(err, r.end())
	}
	defer theirs.Close()
	log, err := os.OpenFile(filepath.Join(r.dir, "pcscd.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return errors.Join(err, r.end())
	}
	defer log.Close()
	// A daemon of root's writes down its number where the computer's own does: it
	// gets a folder of its own there, if the kernel lets us.
	for _, apart := range []bool{true, false} {
		script := `LISTEN_PID=$$ LISTEN_FDS=1 exec "$1" --foreground --critical --config "$2"`
		cmd := exec.Command("/bin/sh", "-c", script, "sh", r.binary, r.settings())
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		if apart {
			cmd.Args[2] = `test ! -d /run/pcscd || mount -t tmpfs tmpfs /run/pcscd; ` + script
			cmd.SysProcAttr.Unshareflags = syscall.CLONE_NEWNS
		}
		cmd.Stdout, cmd.Stderr = log, log
		cmd.ExtraFiles = []*os.File{theirs} // as descriptor 3
		if err = cmd.Start(); err == nil {
			r.daemon = cmd
			return nil
		}
		if !errors.Is(err, syscall.EPERM) {
			break
		}
	}
	return errors.Join(fmt.Errorf("start the card daemon: %w", err), r.end())
}

// end ends the daemon; its socket is gone. mu is held.
func (r *Reader) end() error {
	var err error
	if r.socket != nil {
		err = r.socket.Close()
		r.socket = nil
	}
	if r.daemon != nil {
		_ = r.daemon.Process.Kill() // it keeps nothing
		_ = r.daemon.Wait()
		r.daemon = nil
	}
	return err
}

// Lay lays a chip on the reader in the place of what lies there. It returns when
// the virtual reader has it; the daemon sees it within half a second.
func (r *Reader) Lay(c *cardsim.Chip) error {
	r.Lift()
	ctx, lift := context.WithCancel(context.Background())
	conn, err := dial(ctx, r.port)
	if err != nil {
		lift()
		return fmt.Errorf("lay a card: %w", err)
	}
	l := &lying{lift: lift, ended: make(chan struct{})}
	r.mu.Lock()
	r.lying = l
	r.mu.Unlock()
	go func() {
		defer close(l.ended)
		defer lift()
		_ = cardsim.Serve(ctx, conn, c) // until it is lifted, pulled away, or the daemon ends
	}()
	return nil
}

func dial(ctx context.Context, port int) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return conn, nil
		}
		select { // the daemon is on its way up
		case <-tick.C:
		case <-ctx.Done():
			return nil, err
		}
	}
}

// Lift takes the card off. With none there it does nothing.
func (r *Reader) Lift() {
	r.mu.Lock()
	l := r.lying
	r.lying = nil
	r.mu.Unlock()
	if l != nil {
		l.lift()
		<-l.ended
	}
}

// Lies tells whether a card lies on the reader: one that was pulled away by its
// own fault does not.
func (r *Reader) Lies() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lying == nil {
		return false
	}
	select {
	case <-r.lying.ended:
		return false
	default:
		return true
	}
}
