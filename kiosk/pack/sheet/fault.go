package sheet

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
)

// Fault is one thing wrong in one file, in words for the person who edits it.
type Fault struct {
	File    string   // path within the pack, "procedures/1.001193.yaml"
	Line    int      // from 1; 0 = the file as a whole
	Text    string   // what is wrong: `icon "babby" is not known`
	Allowed []string // what may stand there instead; empty = see Text
}

// Error gives "file:line: what is wrong; allowed: a, b".
func (f Fault) Error() string {
	var b strings.Builder
	b.WriteString(f.File)
	if f.Line > 0 {
		fmt.Fprintf(&b, ":%d", f.Line)
	}
	b.WriteString(": " + f.Text)
	if len(f.Allowed) > 0 {
		b.WriteString("; allowed: " + strings.Join(f.Allowed, ", "))
	}
	return b.String()
}

// Faults is every fault found, in the order of files and lines.
type Faults []Fault

// Error gives one line a fault.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}

// In gives the same faults with dir before every file, so that an editor or a
// terminal can open them.
func (fs Faults) In(dir string) Faults {
	out := slices.Clone(fs)
	for i := range out {
		out[i].File = path.Join(dir, out[i].File)
	}
	return out
}

// Sorted gives the faults by file and line, each one once.
func (fs Faults) Sorted() Faults {
	out := slices.Clone(fs)
	slices.SortStableFunc(out, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Text, b.Text))
	})
	return slices.CompactFunc(out, func(a, b Fault) bool {
		return a.File == b.File && a.Line == b.Line && a.Text == b.Text
	})
}
