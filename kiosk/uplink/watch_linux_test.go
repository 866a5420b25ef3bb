package uplink

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A link that comes up in a network of its own is noticed. That network ends
// with the thread, which is never given back.
func TestWatchNetwork(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	type setUp struct {
		fd  int
		err error
	}
	ready, changed, done := make(chan setUp), make(chan bool, 16), make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			ready <- setUp{err: err}
			return
		}
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		ready <- setUp{fd, err}
		done <- watchNetwork(ctx, func() { changed <- true })
	}()
	s := <-ready
	if s.err != nil {
		t.Skipf("needs a network of its own, and making one failed: %v", s.err)
	}
	defer unix.Close(s.fd)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		t.Fatal(err)
	}
	// The watcher may not listen yet when the first change comes: toggle on.
	toggle := time.NewTicker(50 * time.Millisecond)
	defer toggle.Stop()
	late := time.After(10 * time.Second)
	for up, seen := uint16(unix.IFF_UP), false; !seen; up ^= unix.IFF_UP {
		lo.SetUint16(up)
		if err := unix.IoctlIfreq(s.fd, unix.SIOCSIFFLAGS, lo); err != nil {
			t.Fatal(err)
		}
		select {
		case <-changed:
			seen = true
		case <-toggle.C:
		case <-late:
			t.Fatal("a link that goes up and down was not noticed")
		}
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("watchNetwork = %v, want context.Canceled", err)
	}
}
