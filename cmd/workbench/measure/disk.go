package measure

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sys/unix"

	"motcua/kiosk/outbox"
)

// sealedSize is what a submission weighs once sealed, and accepts how many are
// stored for one figure.
const (
	sealedSize = 8 << 10
	accepts    = 500
)

// Accept measures how long it takes to make a submission durable, against one
// raw write and fdatasync of the same bytes on the same disk, in turn.
func Accept(ctx context.Context, dir string) (row Row, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return row, err
	}
	box, err := outbox.Open(ctx, filepath.Join(dir, "outbox"), outbox.Options{})
	if err != nil {
		return row, err
	}
	defer func() { err = errors.Join(err, box.Close()) }()
	raw, err := os.Create(filepath.Join(dir, "raw"))
	if err != nil {
		return row, err
	}
	defer func() { err = errors.Join(err, raw.Close()) }()
	var ours, bare []time.Duration
	for range accepts {
		id, err := uuid.NewV7()
		if err != nil {
			return row, err
		}
		sealed := make([]byte, sealedSize)
		start := time.Now()
		if err := box.Put(ctx, outbox.Item{ID: id.String(), Claim: "CN03-7F2K", Procedure: "1.001193", Created: start, Sealed: sealed}); err != nil {
			return row, err
		}
		ours = append(ours, time.Since(start))
		start = time.Now()
		if _, err := raw.Write(sealed); err != nil {
			return row, err
		}
		if err := unix.Fdatasync(int(raw.Fd())); err != nil {
			return row, err
		}
		bare = append(bare, time.Since(start))
	}
	return over("durable accept, times one raw write and fdatasync", float64(median(ours))/float64(median(bare)), "×", 2), nil
}

func median[T ~int64](all []T) T {
	slices.Sort(all)
	return all[len(all)/2]
}

func over(name string, value float64, unit string, bar float64) Row {
	return Row{name, value, unit, bar, value <= bar}
}
