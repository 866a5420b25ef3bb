package outbox

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"golang.org/x/sys/unix"
)

// Put accepts it. When Put returns nil the submission survives power loss; on
// any error it was not accepted. The same id with the same bytes again is nil,
// also when it was delivered meanwhile; with other bytes it is ErrConflict.
// With less than Options.MinFree left on the disk it is ErrFull before
// anything is written. Its parts must have been kept before: with one of them
// missing it is ErrInvalid.
//
// Put blocks for one disk sync. ctx ends it only before it begins to write,
// so that its answer is never a guess.
func (b *Outbox) Put(ctx context.Context, it Item) error {
	if len(it.Parts) > 0 { // or DropPart takes one away in between
		b.parts.Lock()
		defer b.parts.Unlock()
	}
	if err := b.check(it); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	// What is in the log will yet be written to the database as well.
	need := b.logged.Load()*pageSize + 2*int64(len(it.Sealed))
	if free, err := freeBytes(b.dir); err == nil && b.o.MinFree >= 0 && free-need < b.o.MinFree {
		return fmt.Errorf("outbox: accept %s: %w: %d MiB left", it.ID, ErrFull, free>>20)
	}
	again, err := b.put(context.WithoutCancel(ctx), it)
	if err != nil {
		return err
	}
	if again {
		return nil
	}
	b.note(len(it.Sealed))
	if b.logged.Load() > logPages { // nothing is delivered: nobody else does it
		b.upkeep()
	}
	return nil
}

func (b *Outbox) check(it Item) error {
	switch _, err := uuid.Parse(it.ID); {
	case err != nil:
		return fmt.Errorf("outbox: accept: %w: id is not a UUID", ErrInvalid)
	case len(it.Sealed) == 0:
		return fmt.Errorf("outbox: accept %s: %w: nothing in it", it.ID, ErrInvalid)
	case len(it.Sealed) > b.o.MaxItem:
		return fmt.Errorf("outbox: accept %s: %w: %d bytes, at most %d", it.ID, ErrInvalid, len(it.Sealed), b.o.MaxItem)
	}
	for _, p := range it.Parts {
		if !partName.MatchString(p.Name) || size(b.partFile(p.Name)) != p.Size {
			return fmt.Errorf("outbox: accept %s: %w: part %.64q was not kept", it.ID, ErrInvalid, p.Name)
		}
	}
	return nil
}

func (b *Outbox) put(ctx context.Context, it Item) (again bool, err error) {
	fail := func(err error) (bool, error) { return false, b.classify("accept "+it.ID, err) }
	sum := sha256.Sum256(it.Sealed)
	tx, err := b.write.BeginTx(ctx, nil)
	if err != nil {
		return fail(err)
	}
	defer tx.Rollback()

	var had []byte
	err = tx.QueryRow("SELECT sum FROM submission WHERE id = ?", it.ID).Scan(&had)
	switch {
	case err == nil && bytes.Equal(had, sum[:]):
		return true, nil
	case err == nil:
		return false, fmt.Errorf("outbox: accept %s: %w", it.ID, ErrConflict)
	case !errors.Is(err, sql.ErrNoRows):
		return fail(err)
	}

	if it.SecretHash == nil {
		it.SecretHash = []byte{}
	}
	parts := tell(it.Parts)
	_, weight := hear(parts)
	res, err := tx.Stmt(b.st.insert).Exec(it.ID, it.Claim, it.Procedure, it.SecretHash, it.Digest, sum[:], len(it.Sealed),
		millis(it.Created), millis(b.o.Now()), parts, weight, len(it.Parts) > 0)
	if err != nil {
		return fail(err)
	}
	seq, err := res.LastInsertId()
	if err != nil {
		return fail(err)
	}
	if _, err := tx.Stmt(b.st.payload).Exec(seq, it.ID, sum[:], it.Sealed, parts); err != nil {
		return fail(err)
	}
	if err := tx.Commit(); err != nil {
		return fail(err)
	}
	return false, nil
}

// freeBytes is the room on dir's file system for a user without privileges.
func freeBytes(dir string) (int64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, err
	}
	return int64(st.Bavail) * st.Bsize, nil
}
