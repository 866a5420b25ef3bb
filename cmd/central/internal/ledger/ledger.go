// Package ledger keeps what central received, on disk, exactly once.
//
// It is one SQLite file in WAL mode with synchronous FULL: what a call has
// written survives a power cut once the call returns. Several processes may
// use it at the same time. Safe for use by several goroutines.
package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"time"

	"modernc.org/sqlite" // also registers the driver
	lib "modernc.org/sqlite/lib"
)

// Name is the file's name in central's folder.
const Name = "ledger.db"

// ErrUnknown: there is no such thing in the ledger.
var ErrUnknown = errors.New("not in the ledger")

// ErrBusy: the disk is full, fails or is held by another for too long; try later.
var ErrBusy = errors.New("ledger cannot write now")

// Ledger is the open file.
type Ledger struct {
	write *sql.DB // one connection: writers take turns here, not by SQLITE_BUSY
	read  *sql.DB
}

// Open opens the ledger in the file at path and makes it if there is none.
func Open(ctx context.Context, path string) (*Ledger, error) {
	dsn := func(more string) string {
		return "file:" + (&url.URL{Path: path}).EscapedPath() +
			"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)" + more
	}
	write, err := sql.Open("sqlite", dsn("&_txlock=immediate"))
	if err != nil {
		return nil, fmt.Errorf("open ledger: %w", err)
	}
	write.SetMaxOpenConns(1)
	if _, err := write.ExecContext(ctx, schema); err != nil {
		return nil, errors.Join(fmt.Errorf("open ledger %s: %w", path, err), write.Close())
	}
	read, err := sql.Open("sqlite", dsn("&_pragma=query_only(1)"))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open ledger: %w", err), write.Close())
	}
	read.SetMaxOpenConns(4)
	read.SetMaxIdleConns(4)
	return &Ledger{write: write, read: read}, nil
}

// Close closes the file. Calls under way end first.
func (l *Ledger) Close() error { return errors.Join(l.read.Close(), l.write.Close()) }

// within runs do in one transaction that is on disk when within returns nil.
func (l *Ledger) within(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := l.write.BeginTx(ctx, nil)
	if err != nil {
		return busy(err)
	}
	if err := do(tx); err != nil {
		return busy(errors.Join(err, tx.Rollback()))
	}
	return busy(tx.Commit())
}

// busy adds ErrBusy to what may pass by itself.
func busy(err error) error {
	var s *sqlite.Error
	if errors.As(err, &s) {
		switch s.Code() & 0xff { // primary result codes
		case lib.SQLITE_BUSY, lib.SQLITE_LOCKED, lib.SQLITE_FULL, lib.SQLITE_IOERR, lib.SQLITE_CANTOPEN, lib.SQLITE_READONLY:
			return fmt.Errorf("%w: %w", ErrBusy, err)
		}
	}
	return err
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
