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
	for {
		var seq int64
		var id string
		err := b.st.next.QueryRowContext(ctx, millis(now), millis(now.Add(maxWait))).Scan(&seq, &id)
		if errors.Is(err, sql.ErrNoRows) {
			return Item{}, false, nil
		}
		if err != nil {
			return Item{}, false, bare(ctx, classify("find the next", err))
		}
		it, err := b.item(ctx, seq, id)
		if errors.Is(err, ErrDamaged) {
			if err := b.Refused(ctx, id, damaged); err != nil {
				return Item{}, false, err
			}
			continue
		}
		if err != nil {
			return Item{}, false, bare(ctx, err)
		}
		return it, true, nil
	}
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
	it.Created, it.Digest = e.Created, e.Digest
	return it, nil
}

// bare lets a context's own error through as it is.
func bare(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// change runs one update of the submission id, whose last placeholder is the
// id, and tells those who wait. An update that meets nothing is ErrUnknown or,
// where the submission is there in another state, ErrSettled.
func (b *Outbox) change(ctx context.Context, op, id, query string, args ...any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx) // an update takes one sync; its answer is never a guess
	res, err := b.write.ExecContext(ctx, query, append(args, id)...)
	if errors.Is(classify("", err), ErrFull) && giveSpare(b.dir) {
		b.checkpoint()
		res, err = b.write.ExecContext(ctx, query, append(args, id)...)
	}
	if err != nil {
		return classify(op+" "+id, err)
	}
	if n, err := res.RowsAffected(); err == nil && n == 0 {
		if _, err := b.Show(ctx, id); err != nil {
			return err
		}
		return fmt.Errorf("outbox: %s %s: %w", op, id, ErrSettled)
	}
	b.note(0)
	b.upkeep()
	return nil
}

// Sending marks that a send of id begins now, and counts the attempt. It is
// durable when it returns, so that a crash during the send is known as such.
func (b *Outbox) Sending(ctx context.Context, id string) error {
	return b.change(ctx, "mark as sending", id,
		`UPDATE submission SET state = 'sending', attempts = attempts + 1, tried = ? WHERE pending = 1 AND id = ?`,
		millis(b.o.Now()))
}

// Received records central's confirmation of id. It holds whatever was known
// before: central has it. Only from here on may the bytes ever be deleted.
func (b *Outbox) Received(ctx context.Context, id string, c Confirmation) error {
	return b.change(ctx, "mark as received", id,
		`UPDATE submission SET state = 'received', pending = 0, code = '', text = '', owner = '', next = '', due = 0,
			heard = CASE heard WHEN 0 THEN ?1 ELSE heard END, confirmed = ?2, central = ?3,
			dossier = CASE ?4 WHEN '' THEN dossier ELSE ?4 END
		WHERE id = ?5`,
		millis(b.o.Now()), millis(c.At), c.State, c.Dossier)
}

// Refused sets id aside with its reason. It stays, bytes and all, until staff
// act; Resend puts it back.
func (b *Outbox) Refused(ctx context.Context, id string, r Reason) error {
	return b.change(ctx, "mark as refused", id,
		`UPDATE submission SET state = 'refused', pending = 0, code = ?, text = ?, owner = ?, next = ?, due = 0
		WHERE id = ?`,
		r.Code, r.Text, r.Owner, r.Next)
}

// Retry has id sent again after the wait, with the reason why; 0 = as soon as
// there is a way. Others do not wait for it.
func (b *Outbox) Retry(ctx context.Context, id string, after time.Duration, r Reason) error {
	var due int64
	if after > 0 {
		due = millis(b.o.Now().Add(min(after, maxWait)))
	}
	return b.change(ctx, "mark for resending", id,
		`UPDATE submission SET state = 'resend', due = ?, code = ?, text = ?, owner = ?, next = ?
		WHERE pending = 1 AND id = ?`,
		due, r.Code, r.Text, r.Owner, r.Next)
}

// Resend puts a settled submission back in its place in the queue: a refused
// one whose cause is mended, or a received one that central no longer knows.
// It fails with ErrSettled when the bytes are gone or it was not settled.
func (b *Outbox) Resend(ctx context.Context, id string, r Reason) error {
	return b.change(ctx, "put back", id,
		`UPDATE submission SET state = 'resend', pending = 1, due = 0, heard = 0, confirmed = 0, central = '',
			code = ?, text = ?, owner = ?, next = ?
		WHERE pending = 0 AND dropped = 0 AND id = ?`,
		r.Code, r.Text, r.Owner, r.Next)
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

// NextDue is when the earliest pending submission is due; zero = none waits.
// It may lie in the past.
func (b *Outbox) NextDue(ctx context.Context) (time.Time, error) {
	var n, due int64
	err := b.read.QueryRowContext(ctx, "SELECT count(*), coalesce(min(due), 0) FROM submission WHERE pending = 1").Scan(&n, &due)
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
	return b.change(ctx, "note the dossier of", id,
		"UPDATE submission SET dossier = ?, central = 'opened', asked = ? WHERE state = 'received' AND id = ?",
		code, millis(b.o.Now()))
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
