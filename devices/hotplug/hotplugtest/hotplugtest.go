// Package hotplugtest puts units on the desk for who needs to see them come and
// go: a tree such as a kernel shows, and the messages that it sends.
package hotplugtest

import (
	"context"
	_ "embed" // desk.txt
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"motcua/devices"
	"motcua/devices/hotplug"
)

// Desk is the recorded tree of a computer with a scanner on USB-CDC, a printer, a
// keyboard scanner, an adapter to RS-232, two equal scanners without serial
// numbers, a sound card, a hub, and a serial port on its board.
//
//go:embed desk.txt
var Desk string

// Plant makes a tree of what was recorded: lines "path = text", where \n is a
// line end, "path =x 05 8c" for bytes in hex, and "path -> target" for links, whose
// target is a path from the root too. Lines that begin with # and empty ones are passed over.
func Plant(t testing.TB, recorded string) hotplug.Tree {
	t.Helper()
	root := t.TempDir()
	for line := range strings.Lines(recorded) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if err := plant(root, line); err != nil {
			t.Fatal(err)
		}
	}
	return hotplug.Tree{Sys: filepath.Join(root, "sys"), Dev: filepath.Join(root, "dev")}
}

func plant(root, line string) error {
	path, target, link := strings.Cut(line, " -> ")
	path, text, file := strings.Cut(path, " = ")
	path, digits, raw := strings.Cut(path, " =x ")
	path = filepath.Join(root, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	switch {
	case link:
		return os.Symlink(filepath.Join(root, target), path)
	case raw:
		b, err := hex.DecodeString(strings.ReplaceAll(digits, " ", ""))
		if err != nil {
			return err
		}
		return os.WriteFile(path, b, 0o600)
	case file:
		return os.WriteFile(path, []byte(strings.ReplaceAll(text, `\n`, "\n")+"\n"), 0o600)
	}
	return fmt.Errorf("no line of a recorded tree: %q", line)
}

// Kernel is a hotplug.Source whose messages are sent by hand.
type Kernel struct {
	sent    chan []byte
	missed  chan struct{}
	closing sync.Once
	closed  chan struct{}
}

var _ hotplug.Source = (*Kernel)(nil)

// NewKernel makes a Kernel that has said nothing.
func NewKernel() *Kernel {
	return &Kernel{sent: make(chan []byte, 64), missed: make(chan struct{}, 1), closed: make(chan struct{})}
}

// Send sends a message: "add@/devices/…" and KEY=value, as the kernel would.
func (k *Kernel) Send(head string, vars ...string) {
	k.sent <- []byte(head + "\x00" + strings.Join(vars, "\x00") + "\x00")
}

// SendRaw sends a message as it is.
func (k *Kernel) SendRaw(b []byte) { k.sent <- b }

// Lose tells that messages were lost.
func (k *Kernel) Lose() { k.missed <- struct{}{} }

// Receive implements hotplug.Source.
func (k *Kernel) Receive(ctx context.Context, p []byte) (int, error) {
	select {
	case b := <-k.sent:
		return copy(p, b), nil
	case <-k.missed:
		return 0, hotplug.ErrMissed
	case <-k.closed:
		return 0, devices.ErrClosed
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// Close implements hotplug.Source.
func (k *Kernel) Close() error {
	k.closing.Do(func() { close(k.closed) })
	return nil
}
