package port

import (
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// closeSoon is how long the kernel may take over a close before it is hurried.
const closeSoon = 50 * time.Millisecond

// prompt is a serial line's file whose Close does not wait for the unit. The
// kernel's cdc_acm can drop nothing of what was written (TCFLSH is without effect
// there), and waits 30 s in close for a unit that takes no bytes any more
// (closing_wait, which only root may change). A signal ends that wait: the runtime
// takes SIGURG for its own purposes and is used to some too many.
type prompt struct{ *os.File }

// Close closes the file, and frees who reads or writes it.
func (p prompt) Close() error {
	last := -1
	_ = control(p.File, func(fd int) (err error) {
		last, err = unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
		return err
	})
	// Not the last descriptor yet, so that this is at once, on whatever thread.
	err := p.File.Close()
	if last < 0 {
		return err
	}
	thread, done := make(chan int, 1), make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		thread <- unix.Gettid()
		_ = unix.Close(last)
	}()
	tick := time.NewTicker(closeSoon)
	defer tick.Stop()
	for id := <-thread; ; {
		select {
		case <-done:
			return err
		case <-tick.C:
			_ = unix.Tgkill(unix.Getpid(), id, unix.SIGURG)
		}
	}
}
