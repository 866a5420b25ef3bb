package portsim_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"motcua/devices/port"
	"motcua/devices/port/portsim"
	"motcua/devices/port/porttest"
)

// The line keeps the promises of a line, from either side of it.
func TestLine(t *testing.T) {
	porttest.Run(t, func(t *testing.T) porttest.Bench {
		link := filepath.Join(t.TempDir(), "unit")
		var unit *portsim.Line
		t.Cleanup(func() { _ = unit.Close() })
		var plug func() porttest.Bench
		plug = func() porttest.Bench {
			l, err := portsim.Open(link)
			if err != nil {
				t.Fatal(err)
			}
			unit = l
			line, err := port.Open(t.Context(), port.Options{Unit: "unit", Port: link})
			if err != nil {
				t.Fatal(err)
			}
			return porttest.Bench{Line: line, Unit: "unit", Far: l, Unplug: func() { _ = l.Close() }, Again: plug, Cycles: 200}
		}
		return plug()
	})
}

// Every byte passes as it is, both ways, before any program has set the line up.
func TestRaw(t *testing.T) {
	unit, err := portsim.Open(filepath.Join(t.TempDir(), "unit"))
	if err != nil {
		t.Fatal(err)
	}
	defer unit.Close()
	host, err := os.OpenFile(unit.Host(), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer host.Close()
	var all [256]byte
	for i := range all {
		all[i] = byte(i)
	}
	for _, way := range [][2]*os.File{{unit.File, host}, {host, unit.File}} {
		if _, err := way[0].Write(all[:]); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(all))
		if _, err := io.ReadFull(way[1], got); err != nil || [256]byte(got) != all {
			t.Errorf("% x came out, %v", got, err)
		}
	}
}

func TestNames(t *testing.T) {
	dir := t.TempDir()
	link, file := filepath.Join(dir, "unit"), filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if l, err := portsim.Open(file); err == nil {
		_ = l.Close()
		t.Error("Open took the place of a file")
	}
	if b, err := os.ReadFile(file); string(b) != "precious" {
		t.Errorf("the file is %q, %v", b, err)
	}
	if err := os.Symlink("/dev/pts/none", link); err != nil { // left behind by a crash
		t.Fatal(err)
	}
	l, err := portsim.Open(link)
	if err != nil {
		t.Fatal(err)
	}
	if at, err := os.Readlink(link); err != nil || at != l.Host() {
		t.Errorf("the name leads to %q, %v; want %q", at, err, l.Host())
	}
	if err := l.SetReadDeadline(time.Now()); err != nil {
		t.Errorf("no deadline: %v", err)
	}
	for range 2 {
		if err := l.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
	}
	if _, err := os.Lstat(link); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after Close the name is still there: %v", err)
	}
}
