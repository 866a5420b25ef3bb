package outbox

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Heard is something that central said and that a later word of central's is
// held against.
type Heard string

// What is remembered.
const (
	// HeardLost: central said last that it does not have a submission. A word
	// that it has one counts only if it is of later.
	HeardLost Heard = "lost"
	// HeardByStick: the newest confirmation that was taken in from a stick.
	HeardByStick Heard = "stick"
)

// Remember notes that what was said at a moment, by central's clock. A moment
// before the one that is known changes nothing.
func (b *Outbox) Remember(ctx context.Context, what Heard, at time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	_, err := b.write.ExecContext(context.WithoutCancel(ctx), `INSERT INTO heard (what, at) VALUES (?1, ?2)
		ON CONFLICT DO UPDATE SET at = excluded.at WHERE excluded.at > at`, string(what), millis(at))
	if err != nil {
		return b.classify("remember what was heard", err)
	}
	b.logged.Add(2)
	return nil
}

// Heard gives when what was said last, by central's clock; zero = never.
func (b *Outbox) Heard(ctx context.Context, what Heard) (time.Time, error) {
	var at int64
	err := b.read.QueryRowContext(ctx, "SELECT at FROM heard WHERE what = ?", string(what)).Scan(&at)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, bare(ctx, classify("recall what was heard", err))
	}
	return moment(at), nil
}

// carryHeard copies what can still be read from a damaged store.
func carryHeard(ctx context.Context, src *sql.DB, tx *sql.Tx) {
	for _, what := range []Heard{HeardLost, HeardByStick} {
		var at int64
		if src.QueryRowContext(ctx, "SELECT at FROM heard WHERE what = ?", string(what)).Scan(&at) == nil {
			_, _ = tx.ExecContext(ctx, "INSERT OR IGNORE INTO heard (what, at) VALUES (?, ?)", string(what), at)
		}
	}
}
