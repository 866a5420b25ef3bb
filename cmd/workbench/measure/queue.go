package measure

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"motcua/kiosk/outbox"
	"motcua/kiosk/submission"
)

// queued is how many submissions fifty busy days without a network leave.
const queued = 10_000

// Queue measures an outbox in which 10,000 submissions wait: how long it takes
// to open and to list, and what it adds to the memory of a process, against an
// empty one. weigh is a command that prints what Weigh gives for the folder
// that is added to it.
func Queue(ctx context.Context, dir string, weigh ...string) (rows []Row, err error) {
	full, bare := filepath.Join(dir, "full"), filepath.Join(dir, "empty")
	if err := fill(ctx, full, queued); err != nil {
		return nil, err
	}
	if err := fill(ctx, bare, 0); err != nil {
		return nil, err
	}
	open, list, err := openAndList(ctx, full)
	if err != nil {
		return nil, err
	}
	rows = append(rows,
		over(fmt.Sprintf("open an outbox with %d queued", queued), open.Seconds(), "s", 1),
		over(fmt.Sprintf("list %d queued", queued), ms(list), "ms", 200))
	var bytes [2]int64
	for i, dir := range []string{full, bare} {
		out, err := exec.CommandContext(ctx, weigh[0], append(weigh[1:len(weigh):len(weigh)], dir)...).Output()
		if err == nil {
			bytes[i], err = strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
		}
		if err != nil {
			return rows, fmt.Errorf("weigh an outbox: %w", err)
		}
	}
	return append(rows, over(fmt.Sprintf("memory of a process with %d queued, times one with none (%d MB)", queued, bytes[0]>>20),
		float64(bytes[0])/float64(bytes[1]), "×", 1.2)), nil
}

// fill accepts n submissions.
func fill(ctx context.Context, dir string, n int) (err error) {
	box, err := outbox.Open(ctx, dir, outbox.Options{MinFree: -1})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, box.Close()) }()
	for range n {
		if err := box.Put(ctx, outbox.Item{ID: submission.NewID(), Claim: "CN03-7F2K", Procedure: "1.001193",
			Created: time.Now(), Sealed: make([]byte, sealedSize)}); err != nil {
			return err
		}
	}
	return nil
}

func openAndList(ctx context.Context, dir string) (open, list time.Duration, err error) {
	start := time.Now()
	box, err := outbox.Open(ctx, dir, outbox.Options{MinFree: -1})
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, box.Close()) }()
	open = time.Since(start)
	start = time.Now()
	all, err := box.List(ctx, outbox.Filter{})
	if err == nil && len(all) != queued {
		err = fmt.Errorf("%d listed of %d", len(all), queued)
	}
	return open, time.Since(start), err
}

// Weigh opens the outbox in dir, does what a station does with it at rest and
// takes up the first row to send, and gives the resident memory of this process
// in bytes.
func Weigh(ctx context.Context, dir string) (resident int64, err error) {
	box, err := outbox.Open(ctx, dir, outbox.Options{MinFree: -1})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, box.Close()) }()
	if _, err := box.Summary(ctx); err != nil {
		return 0, err
	}
	if _, err := box.Due(ctx, time.Now(), 32, 1<<20); err != nil {
		return 0, err
	}
	debug.FreeOSMemory() // what the runtime would give back by itself in a few minutes
	raw, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, err
	}
	pages, err := strconv.ParseInt(strings.Fields(string(raw))[1], 10, 64)
	return pages * int64(os.Getpagesize()), err
}
