package stage

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// patience is how long a program may take to end when asked. The kiosk ends
// itself after ten seconds, and then says what held it up.
const patience = 13 * time.Second

// process is a program that runs, in a process group of its own. Its log is a
// file.
type process struct {
	name string
	cmd  *exec.Cmd
	log  string
	out  *bufio.Reader // its standard output
	pipe *os.File      // out reads from it
	done chan struct{} // closed when it has ended
	err  error         // how, once done
}

// launch starts a program. Its standard error goes to a log in dir, appended.
func launch(dir, name string, env []string, argv ...string) (*process, error) {
	path := filepath.Join(dir, name+".log")
	log, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	// Not cmd.StdoutPipe: Wait would close it under a line not yet read.
	ours, theirs, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdout = theirs
	err = cmd.Start()
	theirs.Close()
	if err != nil {
		ours.Close()
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	p := &process{name: name, cmd: cmd, log: path, out: bufio.NewReader(ours), pipe: ours, done: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		// What it left behind. Not later: the number may then be somebody else's.
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		close(p.done)
	}()
	return p, nil
}

// lines gives what the program prints up to the line that says it is ready,
// that one included. What comes after it is thrown away.
func (p *process) lines(ctx context.Context, last string) ([]string, error) {
	type result struct {
		lines []string
		err   error
	}
	first := make(chan result, 1)
	go func() {
		var r result
		for len(r.lines) == 0 || !strings.HasPrefix(r.lines[len(r.lines)-1], last) {
			text, err := p.out.ReadString('\n')
			if r.err = err; err != nil {
				break
			}
			r.lines = append(r.lines, strings.TrimSpace(text))
		}
		first <- r
		_, _ = io.Copy(io.Discard, p.out) // ends with the program
	}()
	select {
	case r := <-first:
		if r.err != nil {
			<-p.done
			return nil, p.failed("ended before it was ready")
		}
		return r.lines, nil
	case <-ctx.Done():
		return nil, p.failed("did not become ready")
	}
}

// ready tries until try succeeds, the program ends or ctx does.
func (p *process) ready(ctx context.Context, try func(context.Context) error) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if try(ctx) == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-p.done:
			return p.failed("ended before it was ready")
		case <-ctx.Done():
			return p.failed("did not become ready")
		}
	}
}

// failed says what happened, with the end of the program's log.
func (p *process) failed(what string) error {
	text := fmt.Sprintf("%s %s", p.name, what)
	select {
	case <-p.done:
		text += fmt.Sprintf(" (%v)", p.err)
	default:
	}
	b, err := os.ReadFile(p.log)
	if err != nil || len(b) == 0 {
		return errors.New(text)
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return fmt.Errorf("%s; its log ends:\n  %s", text, strings.Join(lines[max(0, len(lines)-12):], "\n  "))
}

// memory is what the process holds resident, in bytes (proc(5), statm field 2).
func (p *process) memory() (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	var all, resident int64
	if _, err := fmt.Sscan(string(b), &all, &resident); err != nil {
		return 0, fmt.Errorf("%s: /proc has no memory of it: %w", p.name, err)
	}
	return resident * int64(os.Getpagesize()), nil
}

// cpu is the time that the program has computed so far, in user and kernel.
func (p *process) cpu() (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	// After the name, which may hold anything: state is field 3, utime 14 and
	// stime 15, in ticks of 10 ms (proc(5)).
	_, rest, _ := strings.Cut(string(b), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, fmt.Errorf("%s: /proc has no times of it", p.name)
	}
	var ticks int
	for _, f := range fields[11:13] {
		n, err := strconv.Atoi(f)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", p.name, err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond, nil
}

// end asks the program to end and waits; it is killed when it takes longer than
// patience. What it started and left behind is killed with it.
func (p *process) end() error {
	return p.stop(syscall.SIGTERM)
}

// kill ends the program and what it started on the spot, as a power cut does.
func (p *process) kill() error {
	return p.stop(syscall.SIGKILL)
}

func (p *process) stop(sig syscall.Signal) error {
	select {
	case <-p.done:
	default:
		_ = p.cmd.Process.Signal(sig) // it may have ended meanwhile
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	var err error
	select {
	case <-p.done:
	case <-late.C:
		err = p.failed(fmt.Sprintf("did not end within %v of being asked", patience))
		_ = p.cmd.Process.Kill()
	}
	<-p.done
	_ = p.pipe.Close() // what nobody read is of no use any more
	return err
}

// fell tells whether the program was killed, once it has ended.
func (p *process) fell() bool {
	select {
	case <-p.done:
	default:
		return false
	}
	s, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && s.Signaled() && s.Signal() == syscall.SIGKILL
}

// run runs a program to its end.
func run(ctx context.Context, argv ...string) error {
	out, err := exec.CommandContext(ctx, argv[0], argv[1:]...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(argv, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}
