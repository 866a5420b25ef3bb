package picturetest

import (
	"context"
	"fmt"
	"image"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/sys/unix"
)

// Corpus is how many shots make the whole corpus, the same number of each Kind.
const Corpus = 520

// Score is how many shots of a kind were read.
type Score struct{ Shots, Ours, Zbar, Both int }

// Figures are what came of a measurement.
type Figures struct {
	Kinds [Kinds]Score
	// Wrong and Missed list the shots that were read as something else, and those
	// that zbarimg alone read.
	Wrong, Missed []*Shot
	took          []time.Duration // processor time of our reader, sorted
}

// All adds the kinds up.
func (f *Figures) All() (sum Score) {
	for _, s := range f.Kinds {
		sum.Shots, sum.Ours, sum.Zbar, sum.Both = sum.Shots+s.Shots, sum.Ours+s.Ours, sum.Zbar+s.Zbar, sum.Both+s.Both
	}
	return sum
}

// Took gives how much of a processor's time read took for that share of the shots,
// 0.99 for all but one in a hundred. On a quiet machine that is how long it took.
func (f *Figures) Took(share float64) time.Duration {
	if len(f.took) == 0 {
		return 0
	}
	return f.took[min(int(share*float64(len(f.took))), len(f.took)-1)]
}

// busy tells how much of a processor's time this thread has had.
func busy() time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_THREAD, &u); err != nil {
		return 0 // not on Linux
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// String gives a table.
func (f *Figures) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "kind\tshots\tours\tzbarimg\tboth\t")
	line := func(name string, s Score) {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t\n", name, s.Shots, s.Ours, s.Zbar, s.Both)
	}
	for k, s := range f.Kinds {
		line(Kind(k).String(), s)
	}
	line("all", f.All())
	_ = w.Flush() // into memory
	fmt.Fprintf(&b, "a frame: p50 %v, p99 %v, longest %v\n", f.Took(0.5), f.Took(0.99), f.Took(1))
	return b.String()
}

// Measure has read and zbarimg read every step-th shot of the corpus; a step that
// is prime to the number of kinds meets all of them. Files are written below dir.
func Measure(ctx context.Context, dir string, step int, read func(*image.Gray) (string, error)) (*Figures, error) {
	runtime.LockOSThread() // whose time is measured
	defer runtime.UnlockOSThread()
	const batch = 40 // one call of zbarimg, 37 MB of pictures
	f := &Figures{}
	var shots []*Shot
	var pictures []*image.Gray
	flush := func() error {
		if len(shots) == 0 {
			return nil
		}
		zbar, err := Zbar(ctx, dir, pictures)
		if err != nil {
			return err
		}
		for i, s := range shots {
			began := busy()
			text, err := read(pictures[i])
			f.took = append(f.took, busy()-began)
			score := &f.Kinds[s.Kind]
			score.Shots++
			if zbar[i] {
				score.Zbar++
			}
			switch {
			case err == nil && text == s.Text:
				score.Ours++
				if zbar[i] {
					score.Both++
				}
			case err == nil:
				f.Wrong = append(f.Wrong, s)
			case zbar[i]:
				f.Missed = append(f.Missed, s)
			}
		}
		shots, pictures = shots[:0], pictures[:0]
		return ctx.Err()
	}
	for n := 0; n < Corpus; n += step {
		s := New(n)
		shots, pictures = append(shots, s), append(pictures, s.Take())
		if len(shots) == batch {
			if err := flush(); err != nil {
				return nil, err
			}
		}
	}
	if err := flush(); err != nil {
		return nil, err
	}
	slices.Sort(f.took)
	return f, nil
}
