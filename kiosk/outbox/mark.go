package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Mark is one change of a submission's state. Apply makes several durable with
// one sync of the disk.
type Mark struct {
	ID   string
	kind markKind
	args []any // of the kind's statement, before the id
}

type markKind int

const (
	toSending markKind = iota
	toUnsent
	toReceived
	toRefused
	toDeclined
	toRetry
	toResend
	toOpened
	toCarried
	toLacking
	markKinds
)

// marks are the statements behind each kind; the id is their last parameter.
var marks = [markKinds]struct{ op, sql string }{
	toSending: {"mark as sending",
		`UPDATE submission SET state = 'sending', attempts = attempts + 1, tried = ?1 WHERE pending = 1 AND id = ?2`},
	toUnsent: {"mark as not sent after all",
		`UPDATE submission SET attempts = attempts - 1, tried = CASE attempts WHEN 1 THEN 0 ELSE tried END,
			state = CASE attempts WHEN 1 THEN 'queued' ELSE 'resend' END WHERE state = 'sending' AND id = ?1`},
	toReceived: {"mark as received",
		`UPDATE submission SET state = 'received', pending = 0, code = '', text = '', owner = '', next = '', due = 0,
			heard = CASE heard WHEN 0 THEN ?1 ELSE heard END,
			confirmed = CASE WHEN state = 'received' AND dossier <> '' AND ?4 = '' THEN confirmed ELSE ?2 END,
			central = CASE WHEN state = 'received' AND dossier <> '' AND ?4 = '' THEN central ELSE ?3 END,
			dossier = CASE ?4 WHEN '' THEN dossier ELSE ?4 END
		WHERE id = ?5`},
	toRefused: {"mark as refused",
		`UPDATE submission SET state = 'refused', pending = 0, code = ?1, text = ?2, owner = ?3, next = ?4, due = 0
		WHERE id = ?5`},
	toDeclined: {"mark as refused",
		`UPDATE submission SET state = 'refused', pending = 0, code = ?1, text = ?2, owner = ?3, next = ?4, due = 0
		WHERE pending = 1 AND id = ?5`},
	toRetry: {"mark for resending",
		`UPDATE submission SET state = 'resend', due = ?1, code = ?2, text = ?3, owner = ?4, next = ?5
		WHERE pending = 1 AND id = ?6`},
	toResend: {"put back",
		`UPDATE submission SET state = 'resend', pending = 1, due = 0, heard = 0, confirmed = 0, central = '',
			lacking = parts <> '', code = ?1, text = ?2, owner = ?3, next = ?4
		WHERE pending = 0 AND dropped = 0 AND id = ?5`},
	toCarried: {"mark as carried", `UPDATE submission SET lacking = 0, due = 0 WHERE lacking = 1 AND id = ?1`},
	toLacking: {"mark as lacking parts",
		`UPDATE submission SET state = 'resend', lacking = 1, due = ?1, code = ?2, text = ?3, owner = ?4, next = ?5
		WHERE pending = 1 AND parts <> '' AND id = ?6`},
	toOpened: {"note the dossier of",
		`UPDATE submission SET dossier = ?1, central = 'opened', asked = ?2 WHERE state = 'received' AND id = ?3`},
}

// MarkSending says that a send of id begins now, and counts the attempt. Once
// applied, a crash during the send is known as such.
func (b *Outbox) MarkSending(id string) Mark {
	return Mark{id, toSending, []any{millis(b.o.Now())}}
}

// MarkUnsent takes MarkSending back: the send did not begin.
func (b *Outbox) MarkUnsent(id string) Mark { return Mark{id, toUnsent, nil} }

// MarkReceived says that central confirmed id. It holds whatever was known
// before: central has it. That it is known to be a dossier already stays so.
// Only from here on may the bytes ever be deleted.
func (b *Outbox) MarkReceived(id string, c Confirmation) Mark {
	return Mark{id, toReceived, []any{millis(b.o.Now()), millis(c.At), c.State, c.Dossier}}
}

// MarkRefused sets id aside with its reason. It stays, bytes and all, until
// staff act; Resend puts it back.
func (b *Outbox) MarkRefused(id string, r Reason) Mark {
	return Mark{id, toRefused, []any{r.Code, r.Text, r.Owner, r.Next}}
}

// MarkDeclined is MarkRefused for one that still waits. What central has taken
// meanwhile stays received.
func (b *Outbox) MarkDeclined(id string, r Reason) Mark {
	return Mark{id, toDeclined, []any{r.Code, r.Text, r.Owner, r.Next}}
}

// MarkRetry has id sent again after the wait, with the reason why; 0 = as soon
// as there is a way. Others do not wait for it.
func (b *Outbox) MarkRetry(id string, after time.Duration, r Reason) Mark {
	return Mark{id, toRetry, []any{b.dueIn(after), r.Code, r.Text, r.Owner, r.Next}}
}

// dueIn is the due time that is wait away; 0 = at once.
func (b *Outbox) dueIn(wait time.Duration) int64 {
	if wait <= 0 {
		return 0
	}
	return millis(b.o.Now().Add(min(wait, maxWait)))
}

// MarkCarried says that central has every part of id, so that Due gives it.
func (b *Outbox) MarkCarried(id string) Mark { return Mark{id, toCarried, nil} }

// MarkLacking says that central, asked to take id, named parts that it lacks:
// Lacking gives it again, after the wait.
func (b *Outbox) MarkLacking(id string, after time.Duration, r Reason) Mark {
	return Mark{id, toLacking, []any{b.dueIn(after), r.Code, r.Text, r.Owner, r.Next}}
}

// Apply makes all changes durable, in their order, with one sync; when it
// fails none was made. A change that meets no submission in a state fit for it
// is left out, and told by ErrUnknown or ErrSettled after the others were made.
// ctx ends it only before it begins to write, so that its answer is never a
// guess.
func (b *Outbox) Apply(ctx context.Context, all ...Mark) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(all) == 0 {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	missed, err := b.apply(ctx, all)
	if errors.Is(err, ErrFull) && giveSpare(b.dir) {
		b.checkpoint()
		missed, err = b.apply(ctx, all)
	}
	if err != nil {
		return err
	}
	b.note(len(all) * pageSize)
	b.upkeep()
	var errs []error
	for _, m := range missed {
		_, err := b.Show(ctx, m.ID)
		if err == nil {
			err = fmt.Errorf("outbox: %s %s: %w", marks[m.kind].op, m.ID, ErrSettled)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (b *Outbox) apply(ctx context.Context, all []Mark) (missed []Mark, err error) {
	op := marks[all[0].kind].op + " " + all[0].ID
	tx, err := b.write.BeginTx(ctx, nil)
	if err != nil {
		return nil, b.classify(op, err)
	}
	defer tx.Rollback()
	for _, m := range all {
		res, err := tx.Stmt(b.st.marks[m.kind]).Exec(append(m.args[:len(m.args):len(m.args)], m.ID)...)
		if err != nil {
			return nil, b.classify(marks[m.kind].op+" "+m.ID, err)
		}
		if n, err := res.RowsAffected(); err == nil && n == 0 {
			missed = append(missed, m)
		}
	}
	return missed, b.classify(op, tx.Commit())
}

// Sending applies MarkSending alone.
func (b *Outbox) Sending(ctx context.Context, id string) error {
	return b.Apply(ctx, b.MarkSending(id))
}

// Received applies MarkReceived alone.
func (b *Outbox) Received(ctx context.Context, id string, c Confirmation) error {
	return b.Apply(ctx, b.MarkReceived(id, c))
}

// Refused applies MarkRefused alone.
func (b *Outbox) Refused(ctx context.Context, id string, r Reason) error {
	return b.Apply(ctx, b.MarkRefused(id, r))
}

// Retry applies MarkRetry alone.
func (b *Outbox) Retry(ctx context.Context, id string, after time.Duration, r Reason) error {
	return b.Apply(ctx, b.MarkRetry(id, after, r))
}

// Resend puts a settled submission back in its place in the queue: a refused
// one whose cause is mended, or a received one that central no longer knows.
// It fails with ErrSettled when the bytes are gone or it was not settled.
func (b *Outbox) Resend(ctx context.Context, id string, r Reason) error {
	return b.Apply(ctx, Mark{id, toResend, []any{r.Code, r.Text, r.Owner, r.Next}})
}

// prepareMarks prepares the statement of each kind.
func prepareMarks(ctx context.Context, db *sql.DB) (all [markKinds]*sql.Stmt, err error) {
	for k, m := range marks {
		if all[k], err = db.PrepareContext(ctx, m.sql); err != nil {
			return all, err
		}
	}
	return all, nil
}
