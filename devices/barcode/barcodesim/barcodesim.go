// Package barcodesim is a serial barcode scanner made of software: a pty under a
// stable name, and the hands that hold codes to it.
//
// It stands in for the unit at the wire, so that a program opens it as it would
// a real one under /dev/serial/by-id and can tell no difference: unplugging it
// hangs the line up and takes the name away; plugging it in again brings the
// name back on another line.
package barcodesim

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"motcua/devices/port/portsim"
)

// ErrUnplugged is given by hands that work a scanner that is not plugged in.
var ErrUnplugged = errors.New("scanner is unplugged: plug it in first")

// Scanner is the unit. Its methods are safe for use by several goroutines; codes
// never mix.
type Scanner struct {
	link     string
	patience time.Duration // how long a scan waits for a program that does not read
	// sending is held while a code is sent.
	sending chan struct{}

	// mu guards everything that follows. Not held while sending.
	mu    sync.Mutex
	unit  *portsim.Line // nil = unplugged
	chunk int
	every time.Duration

	ear ear
}

// Open plugs a new scanner in under the name link, in place of what has that
// name, unless it is no link.
func Open(link string) (*Scanner, error) {
	s := &Scanner{link: link, patience: 5 * time.Second, sending: make(chan struct{}, 1)}
	return s, s.Plug()
}

// Plug plugs the scanner in; nothing happens if it is.
func (s *Scanner) Plug() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.unit != nil {
		return nil
	}
	unit, err := portsim.Open(s.link)
	if err != nil {
		return fmt.Errorf("plug in scanner: %w", err)
	}
	s.unit = unit
	if s.ear.open {
		s.ear.listening.Go(func() { s.listen(unit) })
	}
	return nil
}

// Unplug pulls the cable, also in the middle of a code.
func (s *Scanner) Unplug() error {
	defer s.ear.listening.Wait() // after the lock is given back
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.unit == nil {
		return nil
	}
	err := s.unit.Close()
	s.unit = nil
	return err
}

// Close unplugs the scanner for good. Twice is fine.
func (s *Scanner) Close() error { return s.Unplug() }

// Plugged tells whether the scanner is plugged in.
func (s *Scanner) Plugged() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.unit != nil
}

// InUse tells whether a program has the line open, by the lock that
// port.OpenSerial takes.
func (s *Scanner) InUse() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.unit == nil {
		return false
	}
	var st unix.Stat_t
	if err := unix.Stat(s.unit.Host(), &st); err != nil {
		return false
	}
	// Looked up, not tried: to try is to hold the lock for a moment.
	locks, err := os.ReadFile("/proc/locks")
	at := fmt.Sprintf(" %02x:%02x:%d ", unix.Major(st.Dev), unix.Minor(st.Dev), st.Ino)
	return err == nil && strings.Contains(string(locks), at)
}

// Slow makes the unit send in pieces of chunk bytes, every so often; 0 = all at
// once.
func (s *Scanner) Slow(chunk int, every time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.chunk, s.every = chunk, every
}

// Scan sends one code with suffix, such as "\r", behind it. It returns when the
// line has taken it; a program that does not read for 5 s fails it.
func (s *Scanner) Scan(payload []byte, suffix string) error {
	return s.send(append(append([]byte(nil), payload...), suffix...))
}

// Garbage sends n bytes that are no code and have no end.
func (s *Scanner) Garbage(n int) error {
	noise := make([]byte, n)
	for i := range noise {
		for noise[i] == 0 || noise[i] == '\r' || noise[i] == '\n' {
			noise[i] = byte(rand.Uint32())
		}
	}
	return s.send(noise)
}

func (s *Scanner) send(b []byte) error {
	s.sending <- struct{}{}
	defer func() { <-s.sending }()
	for len(b) > 0 {
		s.mu.Lock()
		unit, chunk, every := s.unit, s.chunk, s.every
		s.mu.Unlock()
		if unit == nil {
			return ErrUnplugged
		}
		if chunk <= 0 {
			chunk = len(b)
		}
		n := min(chunk, len(b))
		if err := unit.SetWriteDeadline(time.Now().Add(s.patience)); err != nil {
			return ErrUnplugged
		}
		switch _, err := unit.Write(b[:n]); {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return errors.New("scanner: nobody reads the line: start the program that should")
		case err != nil:
			return fmt.Errorf("%w: %w", ErrUnplugged, err)
		}
		if b = b[n:]; len(b) > 0 && every > 0 {
			<-time.After(every)
		}
	}
	return nil
}
