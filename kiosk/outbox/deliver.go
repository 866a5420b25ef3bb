package outbox

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// maxWait is longer than any backoff: a due time beyond it was set by a clock
// that has been put back since.
const maxWait = time.Hour

// The reasons that the outbox gives by itself.
var (
	interrupted = Reason{Code: "interrupted", Text: "the station stopped while sending",
		Next: "sent again by itself"}
	damaged = Reason{Code: "damaged-on-disk", Text: "the sealed bytes on the disk are not what was written",
		Owner: Technician, Next: "check the disk, ask the citizen to file again"}
)

// Next gives the pending submission that was accepted first among those that
// are due at now. False means that none is. One whose bytes the disk has lost
// is set aside with its reason and the next one is given.
func (b *Outbox) Next(ctx context.Context, now time.Time) (Item, bool, error) {
	due, err := b.Due(ctx, now, 1, 0)
	if err != nil || len(due) == 0 {
		return Item{}, false, err
	}
	return due[0], true, nil
}

// Due gives the first n pending submissions that are due at now and of which
// central lacks no part, in the order of acceptance; fewer when there are no more or when their bytes come to more
// than bytes together, but one at least. Those whose bytes the disk has lost are
// set aside with their reason.
func (b *Outbox) Due(ctx context.Context, now time.Time, n, bytes int) ([]Item, error) {
	for {
		places, err := b.places(ctx, now, n)
		if err != nil || len(places) == 0 {
			return nil, err
		}
		var due []Item
		for _, p := range places {
			it, err := b.item(ctx, p.seq, p.id)
			if errors.Is(err, ErrDamaged) {
				if err := b.Refused(ctx, p.id, damaged); err != nil {
					return nil, err
				}
				continue
			}
			if err != nil {
				return nil, bare(ctx, err)
			}
			if bytes -= len(it.Sealed); bytes < 0 && len(due) > 0 {
				break
			}
			due = append(due, it)
		}
		if len(due) > 0 {
			return due, nil
		}
	}
}

type place struct {
	seq int64
	id  string
}

func (b *Outbox) places(ctx context.Context, now time.Time, n int) ([]place, error) {
	rows, err := b.st.next.QueryContext(ctx, millis(now), millis(now.Add(maxWait)), n)
	if err != nil {
		return nil, bare(ctx, classify("find the next", err))
	}
	defer rows.Close()
	var all []place
	for rows.Next() {
		var p place
		if err := rows.Scan(&p.seq, &p.id); err != nil {
			return nil, bare(ctx, classify("find the next", err))
		}
		all = append(all, p)
	}
	if err := rows.Err(); err != nil {
		return nil, bare(ctx, classify("find the next", err))
	}
	return all, nil
}

// Item gives the submission id with its bytes, whatever its state. It fails
// with ErrUnknown, with ErrDropped once the bytes were let go, and with
// ErrDamaged when the disk has lost them.
func (b *Outbox) Item(ctx context.Context, id string) (Item, error) {
	var seq, dropped int64
	err := b.read.QueryRowContext(ctx, "SELECT seq, dropped FROM submission WHERE id = ?", id).Scan(&seq, &dropped)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Item{}, fmt.Errorf("outbox: read %s: %w", id, ErrUnknown)
	case err != nil:
		return Item{}, bare(ctx, classify("read "+id, err))
	case dropped != 0:
		return Item{}, fmt.Errorf("outbox: read %s: %w", id, ErrDropped)
	}
	it, err := b.item(ctx, seq, id)
	return it, bare(ctx, err)
}

func (b *Outbox) item(ctx context.Context, seq int64, id string) (Item, error) {
	var sum []byte
	var it Item
	err := b.st.sealed.QueryRowContext(ctx, seq).Scan(&sum, &it.Sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return Item{}, fmt.Errorf("outbox: read %s: %w: no bytes", id, ErrDamaged)
	}
	if err != nil {
		return Item{}, classify("read "+id, err)
	}
	if got := sha256.Sum256(it.Sealed); !bytes.Equal(got[:], sum) {
		return Item{}, fmt.Errorf("outbox: read %s: %w: checksum differs", id, ErrDamaged)
	}
	e, err := b.Show(ctx, id)
	if err != nil {
		return Item{}, err
	}
	it.ID, it.Claim, it.Procedure, it.SecretHash = e.ID, e.Claim, e.Procedure, e.SecretHash
	it.Created, it.Digest, it.Parts = e.Created, e.Digest, e.Parts
	return it, nil
}

// bare lets a context's own error through as it is.
func bare(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// Wake makes every pending submission due now: the network is back, or
// someone asked.
func (b *Outbox) Wake(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	_, err := b.write.ExecContext(context.WithoutCancel(ctx), "UPDATE submission SET due = 0 WHERE pending = 1 AND due > 0")
	if err != nil {
		return classify("wake", err)
	}
	b.note(0)
	return nil
}

// NextDue is when the earliest of the submissions that Due gives is due; zero =
// none waits. It may lie in the past.
func (b *Outbox) NextDue(ctx context.Context) (time.Time, error) {
	return b.nextDue(ctx, "lacking = 0")
}

// NextLacking is NextDue for the submissions that Lacking gives.
func (b *Outbox) NextLacking(ctx context.Context) (time.Time, error) {
	return b.nextDue(ctx, "lacking = 1")
}

func (b *Outbox) nextDue(ctx context.Context, line string) (time.Time, error) {
	var n, due int64
	err := b.read.QueryRowContext(ctx, "SELECT count(*), coalesce(min(due), 0) FROM submission WHERE pending = 1 AND "+line).Scan(&n, &due)
	switch {
	case err != nil:
		return time.Time{}, bare(ctx, classify("find the next due", err))
	case n == 0:
		return time.Time{}, nil
	case due == 0:
		return time.UnixMilli(0), nil
	}
	return moment(due), nil
}

// Dossier records the code of the dossier that the authority opened from id.
func (b *Outbox) Dossier(ctx context.Context, id, code string) error {
	return b.Apply(ctx, Mark{id, toOpened, []any{code, millis(b.o.Now())}})
}

// Awaiting gives up to limit received submissions that have no dossier yet and
// were confirmed after since, those asked for longest ago first.
func (b *Outbox) Awaiting(ctx context.Context, since time.Time, limit int) ([]string, error) {
	rows, err := b.read.QueryContext(ctx, `SELECT id FROM submission
		WHERE state = 'received' AND dossier = '' AND heard >= ? ORDER BY asked LIMIT ?`, millis(since), limit)
	if err != nil {
		return nil, bare(ctx, classify("list what awaits a dossier", err))
	}
	defer rows.Close()
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, classify("list what awaits a dossier", err)
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// Asked records that central was asked about ids now, so that the next batch
// asks about others.
func (b *Outbox) Asked(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	tx, err := b.write.BeginTx(ctx, nil)
	if err != nil {
		return bare(ctx, classify("note what was asked", err))
	}
	defer tx.Rollback()
	now := millis(b.o.Now())
	for _, id := range ids {
		if _, err := tx.Exec("UPDATE submission SET asked = ? WHERE id = ?", now, id); err != nil {
			return classify("note what was asked", err)
		}
	}
	if err := tx.Commit(); err != nil {
		return classify("note what was asked", err)
	}
	b.note(0)
	b.upkeep()
	return nil
}

// resume makes what the last process left behind due at once. What it was
// sending may or may not have arrived: it is sent again, and central knows it
// by its id.
func (b *Outbox) resume(ctx context.Context) error {
	_, err := b.write.ExecContext(ctx, `UPDATE submission SET due = 0 WHERE pending = 1 AND due > 0;
		UPDATE submission SET state = 'resend', code = ?, text = ?, owner = ?, next = ? WHERE state = 'sending'`,
		interrupted.Code, interrupted.Text, interrupted.Owner, interrupted.Next)
	return err
}
