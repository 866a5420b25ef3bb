package hatch

import (
	"bytes"
	"sync"
)

// Tail keeps the last lines that were written to it, for Kiosk.Log. Put it
// beside the log's file with io.MultiWriter. Safe for use by several goroutines.
type Tail struct {
	mu    sync.Mutex // guards what follows
	lines []string   // a ring once full
	at    int        // where the next line goes once full
	max   int
}

// longest is how much of one line is kept, in bytes.
const longest = 4 << 10

// NewTail keeps the last n lines, each up to 4 KiB.
func NewTail(n int) *Tail { return &Tail{max: max(n, 1)} }

// Write takes whole lines, as slog writes them. It never fails.
func (t *Tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for line := range bytes.Lines(p) {
		line = bytes.TrimRight(line, "\n")
		kept := string(line[:min(len(line), longest)])
		if len(t.lines) < t.max {
			t.lines = append(t.lines, kept)
			continue
		}
		t.lines[t.at] = kept
		t.at = (t.at + 1) % t.max
	}
	return len(p), nil
}

// Lines gives the last lines, at most n, oldest first.
func (t *Tail) Lines(n int) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := make([]string, 0, len(t.lines))
	all = append(all, t.lines[t.at:]...)
	all = append(all, t.lines[:t.at]...)
	return all[len(all)-min(max(n, 0), len(all)):]
}
