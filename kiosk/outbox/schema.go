package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// migrations lead from one schema version to the next; the version is kept in
// SQLite's user_version. Only ever add to the end.
//
// The payload stands apart so that lists stay small, and carries the id and a
// SHA-256 of its own so that it can be delivered even if its row is lost.
var migrations = []string{
	`CREATE TABLE submission (
		seq       INTEGER PRIMARY KEY,
		id        TEXT NOT NULL UNIQUE,
		claim     TEXT NOT NULL,
		procedure TEXT NOT NULL,
		secret    BLOB NOT NULL,
		digest    TEXT NOT NULL,
		sum       BLOB NOT NULL,
		size      INTEGER NOT NULL,
		created   INTEGER NOT NULL,
		accepted  INTEGER NOT NULL,
		state     TEXT NOT NULL DEFAULT 'queued',
		pending   INTEGER NOT NULL DEFAULT 1,
		code      TEXT NOT NULL DEFAULT '',
		text      TEXT NOT NULL DEFAULT '',
		owner     TEXT NOT NULL DEFAULT '',
		next      TEXT NOT NULL DEFAULT '',
		attempts  INTEGER NOT NULL DEFAULT 0,
		tried     INTEGER NOT NULL DEFAULT 0,
		due       INTEGER NOT NULL DEFAULT 0,
		confirmed INTEGER NOT NULL DEFAULT 0,
		heard     INTEGER NOT NULL DEFAULT 0,
		asked     INTEGER NOT NULL DEFAULT 0,
		central   TEXT NOT NULL DEFAULT '',
		dossier   TEXT NOT NULL DEFAULT '',
		dropped   INTEGER NOT NULL DEFAULT 0
	) STRICT;
	CREATE INDEX submission_pending ON submission (seq) WHERE pending = 1;
	CREATE INDEX submission_awaits ON submission (asked) WHERE state = 'received' AND dossier = '';
	CREATE TABLE payload (
		seq    INTEGER PRIMARY KEY,
		id     TEXT NOT NULL,
		sum    BLOB NOT NULL,
		sealed BLOB NOT NULL
	) STRICT;`,
	// Parts of its own beside each submission, told in both tables for the same
	// reason. lacking = 1: central may not have all of them yet.
	`ALTER TABLE submission ADD COLUMN parts TEXT NOT NULL DEFAULT '';
	ALTER TABLE submission ADD COLUMN weight INTEGER NOT NULL DEFAULT 0;
	ALTER TABLE submission ADD COLUMN lacking INTEGER NOT NULL DEFAULT 0;
	ALTER TABLE payload ADD COLUMN parts TEXT NOT NULL DEFAULT '';`,
	// Each of the two lines finds its own, however many wait in the other.
	`DROP INDEX submission_pending;
	CREATE INDEX submission_ready ON submission (seq) WHERE pending = 1 AND lacking = 0;
	CREATE INDEX submission_lacking ON submission (seq) WHERE pending = 1 AND lacking = 1;`,
	// What a word of central's that comes on a stick is held against.
	`CREATE TABLE heard (what TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT;`,
}

func migrate(ctx context.Context, db *sql.DB) error {
	var at int
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&at); err != nil {
		return classify("read the schema version", err)
	}
	if at > len(migrations) {
		return fmt.Errorf("outbox: schema version %d, known up to %d: %w", at, len(migrations), ErrNewer)
	}
	for ; at < len(migrations); at++ {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return classify("migrate", err)
		}
		_, err = tx.Exec(migrations[at] + fmt.Sprintf("; PRAGMA user_version = %d", at+1))
		if err == nil {
			err = tx.Commit()
		}
		if err != nil {
			_ = tx.Rollback()
			return classify(fmt.Sprintf("migrate to version %d", at+1), err)
		}
	}
	return nil
}

const columns = columnsV1 + `, parts, lacking`

// columnsV1 are those that every store has.
const columnsV1 = `id, claim, procedure, secret, digest, sum, size, created, accepted, state, code, text, owner, next,
	attempts, tried, due, confirmed, heard, asked, central, dossier, dropped`

type scanner interface{ Scan(...any) error }

func scanEntry(row scanner) (Entry, error) {
	var (
		e                                                                        Entry
		created, accepted, tried, due, confirmed, heard, asked, dropped, attempt int64
		parts                                                                    string
	)
	err := row.Scan(&e.ID, &e.Claim, &e.Procedure, &e.SecretHash, &e.Digest, &e.Sum, &e.Size, &created, &accepted,
		&e.State, &e.Reason.Code, &e.Reason.Text, &e.Reason.Owner, &e.Reason.Next,
		&attempt, &tried, &due, &confirmed, &heard, &asked, &e.Central.State, &e.Central.Dossier, &dropped,
		&parts, &e.Lacking)
	e.Created, e.Accepted, e.Tried, e.Due = moment(created), moment(accepted), moment(tried), moment(due)
	e.Central.At, e.Central.Heard, e.Central.Asked = moment(confirmed), moment(heard), moment(asked)
	e.Dropped, e.Attempts = moment(dropped), int(attempt)
	e.Parts, _ = hear(parts)
	return e, err
}

// statements are the ones on the way of a citizen or of every delivery,
// prepared once.
type statements struct {
	insert, payload, next, sealed, show *sql.Stmt
	marks                               [markKinds]*sql.Stmt
}

// nextDue finds the first that is due. A due time further off than any backoff
// comes from a clock that was set back since; such a one is due.
const nextDue = `SELECT seq, id FROM submission WHERE pending = 1 AND lacking = 0 AND (due <= ?1 OR due > ?2) ORDER BY seq LIMIT ?3`

func prepare(ctx context.Context, write, read *sql.DB) (s statements, err error) {
	for _, p := range []struct {
		st  **sql.Stmt
		db  *sql.DB
		sql string
	}{
		{&s.insert, write, `INSERT INTO submission (id, claim, procedure, secret, digest, sum, size, created, accepted,
			parts, weight, lacking) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`},
		{&s.payload, write, "INSERT INTO payload (seq, id, sum, sealed, parts) VALUES (?, ?, ?, ?, ?)"},
		{&s.next, read, nextDue},
		{&s.sealed, read, "SELECT sum, sealed FROM payload WHERE seq = ?"},
		{&s.show, read, "SELECT " + columns + " FROM submission WHERE id = ?"},
	} {
		if *p.st, err = p.db.PrepareContext(ctx, p.sql); err != nil {
			return s, err
		}
	}
	s.marks, err = prepareMarks(ctx, write)
	return s, err
}

func (s statements) close() {
	for _, st := range append([]*sql.Stmt{s.insert, s.payload, s.next, s.sealed, s.show}, s.marks[:]...) {
		if st != nil {
			_ = st.Close()
		}
	}
}

// classify wraps err with what was attempted and, where it is known, with the
// sentinel that says what is to be done.
func classify(op string, err error) error {
	if err == nil {
		return nil
	}
	switch { // database/sql has no sentinels for the first two
	case err.Error() == "sql: database is closed", err.Error() == "sql: statement is closed", errors.Is(err, sql.ErrConnDone):
		return fmt.Errorf("outbox: %s: %w", op, ErrClosed)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("outbox: %s: %w: %w", op, ErrFull, err)
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("outbox: %s: %w: %w", op, ErrReadOnly, err)
	}
	if se, ok := errors.AsType[*sqlite.Error](err); ok {
		switch code := se.Code(); {
		case code == lib.SQLITE_IOERR_SHMSIZE, code&0xff == lib.SQLITE_FULL:
			return fmt.Errorf("outbox: %s: %w: %w", op, ErrFull, err)
		case code&0xff == lib.SQLITE_CORRUPT, code&0xff == lib.SQLITE_NOTADB:
			return fmt.Errorf("outbox: %s: %w: %w", op, ErrDamaged, err)
		case code&0xff == lib.SQLITE_READONLY, code&0xff == lib.SQLITE_CANTOPEN, code&0xff == lib.SQLITE_PERM:
			return fmt.Errorf("outbox: %s: %w: %w", op, ErrReadOnly, err)
		}
	}
	return fmt.Errorf("outbox: %s: %w", op, err)
}

// classify is classify for what happened to an open outbox: when the kernel took
// the right to write from a disk that fails, SQLite only tells of a sync that
// failed, and statfs(2) of a file system that can be written.
func (b *Outbox) classify(op string, err error) error {
	se, ok := errors.AsType[*sqlite.Error](err)
	if !ok || se.Code()&0xff != lib.SQLITE_IOERR {
		return classify(op, err)
	}
	if probe := b.probe(); errors.Is(probe, syscall.EROFS) {
		return fmt.Errorf("outbox: %s: %w: %w", op, ErrReadOnly, err)
	}
	return classify(op, err)
}

// probe tries to make a file.
func (b *Outbox) probe() error {
	file := filepath.Join(b.dir, "probe")
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(file))
}
