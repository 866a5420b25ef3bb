package barcodesim

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

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
	host, err := os.Open(s.unit.Host())
	if err != nil {
		t.Fatal(err)
	}
	defer host.Close()
	p := make([]byte, 2000)
	for got := 0; got < 1000; {
		n, err := host.Read(p[got:])
		if err != nil {
			t.Fatal(err)
		}
		got += n
	}
	if i := strings.IndexAny(string(p[:1000]), "\r\n\x00"); i >= 0 {
		t.Errorf("byte %d is %q", i, p[i])
	}
}
