package display

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// ErrNoXvfb: there is no Xvfb on this machine. scripts/deps.sh installs it.
var ErrNoXvfb = errors.New("display: no Xvfb: run scripts/deps.sh")

// xvfb is a display in memory, as a process of ours.
type xvfb struct{ cmd *exec.Cmd }

// Start starts a display in memory of w×h pixels under a free number and
// returns when it takes connections. Close ends it.
func Start(ctx context.Context, w, h int) (*Display, error) {
	path, err := exec.LookPath("Xvfb")
	if err != nil {
		return nil, ErrNoXvfb
	}
	ready, theirs, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("display: %w", err)
	}
	defer ready.Close()
	cmd := exec.Command(path, "-displayfd", "3", "-screen", "0", fmt.Sprintf("%dx%dx24", w, h),
		"-nolisten", "tcp", "-noreset", "-dpi", "96")
	cmd.ExtraFiles = []*os.File{theirs} // file descriptor 3: Xvfb writes its number there once it is ready
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	err = cmd.Start()
	theirs.Close()
	if err != nil {
		return nil, fmt.Errorf("display: %w", err)
	}
	x := &xvfb{cmd}
	stop := context.AfterFunc(ctx, func() { ready.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	number, err := bufio.NewReader(ready).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("display: Xvfb did not come up: %w", err), x.end())
	}
	d, err := Open(":" + strings.TrimSpace(number))
	if err != nil {
		return nil, errors.Join(err, x.end())
	}
	d.xvfb = x
	return d, nil
}

// end asks Xvfb to end and waits until it did; after five seconds it is killed.
func (x *xvfb) end() error {
	_ = x.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	last := time.AfterFunc(5*time.Second, func() { _ = x.cmd.Process.Kill() })
	defer last.Stop()
	err := x.cmd.Wait()
	if _, ok := errors.AsType[*exec.ExitError](err); ok {
		return nil // by our signal
	}
	return err
}
