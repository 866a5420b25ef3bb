package barcodesim

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestOpenKeepsFiles(t *testing.T) {
	link := filepath.Join(t.TempDir(), "scanner")
	if err := os.WriteFile(link, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := Open(link); err == nil {
		_ = s.Close()
		t.Error("Open replaced a file")
	}
	if b, err := os.ReadFile(link); string(b) != "precious" {
		t.Errorf("the file is %q, %v", b, err)
	}
}

// A line that was left behind by a crash is replaced.
func TestOpenReplacesLinks(t *testing.T) {
	link := filepath.Join(t.TempDir(), "scanner")
	if err := os.Symlink("/dev/pts/none", link); err != nil {
		t.Fatal(err)
	}
	s, err := Open(link)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(link); err != nil {
		t.Errorf("the name leads nowhere: %v", err)
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
	}
	if _, err := os.Lstat(link); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after Close the name is still there: %v", err)
	}
}

// A program that hangs must not hang the hands.
func TestNobodyReads(t *testing.T) {
	s, err := Open(filepath.Join(t.TempDir(), "scanner"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.patience = 50 * time.Millisecond
	if err := s.Garbage(1 << 20); err == nil || !strings.Contains(err.Error(), "nobody reads") {
		t.Errorf("Garbage = %v; want it to say that nobody reads", err)
	}
}

func TestGarbageHasNoEnd(t *testing.T) {
	s, err := Open(filepath.Join(t.TempDir(), "scanner"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Garbage(1000); err != nil {
		t.Fatal(err)
	}
	p := make([]byte, 2000)
	for got := 0; got < 1000; {
		n, err := s.host.Read(p[got:])
		if err != nil {
			t.Fatal(err)
		}
		got += n
	}
	if i := strings.IndexAny(string(p[:1000]), "\r\n\x00"); i >= 0 {
		t.Errorf("byte %d is %q", i, p[i])
	}
}
