package outbox

import (
	"context"
	"os"
	"time"
)

// Kept says what Retain let go.
type Kept struct {
	Sealed int // submissions whose sealed bytes were deleted
	Rows   int // submissions that were forgotten altogether
}

// Retain lets go what central confirmed long enough ago by now: the sealed
// bytes after Options.KeepSealed, the row after Options.KeepRow. What is
// pending or refused stays whatever its age. Call it a few times a day; it
// works in small steps, so nobody waits for it.
func (b *Outbox) Retain(ctx context.Context, now time.Time) (Kept, error) {
	var k Kept
	const batch = 100
	for {
		n, err := b.retain(ctx, `UPDATE submission SET dropped = ?1 WHERE seq IN (SELECT seq FROM submission
			WHERE state = 'received' AND dropped = 0 AND heard BETWEEN 1 AND ?2 ORDER BY seq LIMIT ?3)`,
			"DELETE FROM payload WHERE seq IN (SELECT seq FROM submission WHERE dropped = ?1)",
			millis(now), millis(now.Add(-b.o.KeepSealed)), batch)
		if k.Sealed += n; err != nil {
			return k, err
		}
		if n < batch {
			break
		}
	}
	for {
		n, err := b.retain(ctx, `DELETE FROM submission WHERE seq IN (SELECT seq FROM submission
			WHERE state = 'received' AND dropped <> 0 AND heard BETWEEN 1 AND ?2 ORDER BY seq LIMIT ?3)`, "",
			millis(now), millis(now.Add(-b.o.KeepRow)), batch)
		if k.Rows += n; err != nil || n < batch {
			return k, err
		}
	}
}

func (b *Outbox) retain(ctx context.Context, first, second string, now, until int64, batch int) (int, error) {
	tx, err := b.write.BeginTx(ctx, nil)
	if err != nil {
		return 0, bare(ctx, classify("let go", err))
	}
	defer tx.Rollback()
	res, err := tx.Exec(first, now, until, batch)
	if err != nil {
		return 0, bare(ctx, classify("let go", err))
	}
	n, err := res.RowsAffected()
	if err != nil || n == 0 {
		return 0, err
	}
	if second != "" {
		if _, err := tx.Exec(second, now); err != nil {
			return 0, bare(ctx, classify("let go", err))
		}
	}
	var gone []string
	if second != "" {
		if gone, err = partsOf(ctx, tx, "SELECT parts FROM submission WHERE dropped = ? AND parts <> ''", now); err != nil {
			return 0, classify("let go", err)
		}
	}
	if err := tx.Commit(); err != nil {
		return 0, classify("let go", err)
	}
	for _, name := range gone { // what a power cut leaves is swept when the outbox is opened
		_ = os.Remove(b.partFile(name))
	}
	b.note(int(n) * pageSize)
	b.upkeep()
	return int(n), nil
}
