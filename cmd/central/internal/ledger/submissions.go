package ledger

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"motcua/kiosk/contract"
)

// Record is one submission as the ledger has it. It names no person.
type Record struct {
	N         int64 // order of reception
	ID        string
	Station   string
	Unit      string
	Claim     string // temporary code on the receipt
	Digest    string // of the sealed bytes
	Sealed    []byte // only Find and Accept carry it; nil once its time is over
	Procedure contract.ProcedureName
	Assurance contract.Assurance
	Secret    string
	Promised  time.Time // when the result was promised; zero = not
	Received  time.Time
	Dossier   string // "" = not yet opened
	Opened    time.Time
}

// Series gives dossier codes: Code(n) is the code of the nth dossier of Agency
// on Day.
type Series struct {
	Agency, Day string
	Code        func(n int) string
}

const columns = `n, id, station, unit, claim, digest, procedure, title, assurance, secret, promised,
	received_at, coalesce(dossier, ''), coalesce(opened_at, 0)`

func scan(row interface{ Scan(...any) error }, more ...any) (Record, error) {
	var r Record
	var promised, received, opened int64
	err := row.Scan(append([]any{&r.N, &r.ID, &r.Station, &r.Unit, &r.Claim, &r.Digest, &r.Procedure.Code,
		&r.Procedure.Title, &r.Assurance, &r.Secret, &promised, &received, &r.Dossier, &opened}, more...)...)
	if errors.Is(err, sql.ErrNoRows) {
		return Record{}, ErrUnknown
	}
	if err != nil {
		return Record{}, fmt.Errorf("read ledger: %w", busy(err))
	}
	r.Promised, r.Received, r.Opened = moment(promised), moment(received), moment(opened)
	return r, nil
}

// Accept stores r unless its id is there; the first one wins, whoever comes
// second. With a series the dossier is opened in the same breath. It gives what
// the ledger has now, and whether that is r, stored just now and durably.
func (l *Ledger) Accept(ctx context.Context, r Record, series *Series) (stored Record, fresh bool, err error) {
	err = l.within(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, `INSERT INTO submissions
			(id, station, unit, claim, digest, sealed, procedure, title, assurance, secret, promised, received_at)
			VALUES (?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (id) DO NOTHING`,
			r.ID, r.Station, r.Unit, r.Claim, r.Digest, r.Sealed, r.Procedure.Code, r.Procedure.Title,
			string(r.Assurance), r.Secret, millis(r.Promised), millis(r.Received))
		if err != nil {
			return err
		}
		rows, err := done.RowsAffected()
		if err != nil {
			return err
		}
		if fresh = rows == 1; fresh && series != nil {
			if err := number(ctx, tx, r.ID, *series, r.Received); err != nil {
				return err
			}
		}
		stored, err = scan(tx.QueryRowContext(ctx, `SELECT `+columns+` FROM submissions WHERE id = ?`, r.ID))
		return err
	})
	if err != nil {
		return Record{}, false, fmt.Errorf("accept %s: %w", r.ID, err)
	}
	return stored, fresh, nil
}

// Number opens the dossier of a submission that has none; one that has is left
// as it is.
func (l *Ledger) Number(ctx context.Context, id string, series Series, at time.Time) error {
	err := l.within(ctx, func(tx *sql.Tx) error { return number(ctx, tx, id, series, at) })
	if err != nil {
		return fmt.Errorf("open dossier of %s: %w", id, err)
	}
	return nil
}

func number(ctx context.Context, tx *sql.Tx, id string, series Series, at time.Time) error {
	var open bool
	if err := tx.QueryRowContext(ctx, `SELECT dossier IS NOT NULL FROM submissions WHERE id = ?`, id).Scan(&open); err != nil || open {
		return err
	}
	var n int
	if err := tx.QueryRowContext(ctx, `INSERT INTO series (agency, day, last) VALUES (?,?,1)
		ON CONFLICT DO UPDATE SET last = last + 1 RETURNING last`, series.Agency, series.Day).Scan(&n); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `UPDATE submissions SET dossier = ?, opened_at = ? WHERE id = ?`, series.Code(n), millis(at), id)
	return err
}

// Find gives the record of id, with the sealed bytes, or ErrUnknown.
func (l *Ledger) Find(ctx context.Context, id string) (Record, error) {
	var sealed []byte
	r, err := scan(l.read.QueryRowContext(ctx, `SELECT `+columns+`, sealed FROM submissions WHERE id = ?`, id), &sealed)
	r.Sealed = sealed
	return r, err
}

// Known gives the record of id without the sealed bytes, or ErrUnknown.
func (l *Ledger) Known(ctx context.Context, id string) (Record, error) {
	return scan(l.read.QueryRowContext(ctx, `SELECT `+columns+` FROM submissions WHERE id = ?`, id))
}

// Kept tells whether a submission of station is known as id, and whether its
// content is still kept.
func (l *Ledger) Kept(ctx context.Context, station, id string) (known, kept bool, err error) {
	err = l.read.QueryRowContext(ctx, `SELECT sealed IS NOT NULL FROM submissions WHERE id = ? AND station = ?`, id, station).Scan(&kept)
	if errors.Is(err, sql.ErrNoRows) {
		return false, false, nil
	}
	if err != nil {
		return false, false, fmt.Errorf("read ledger: %w", busy(err))
	}
	return true, kept, nil
}

// LookUp finds what a receipt speaks of: ref is an id, a dossier code or a
// claim. A wrong secret gives ErrUnknown as an unknown ref does.
func (l *Ledger) LookUp(ctx context.Context, ref, secret string) (Record, error) {
	// Several submissions of a station may share a claim; the secret parts them.
	rows, err := l.read.QueryContext(ctx, `SELECT `+columns+` FROM submissions
		WHERE id = lower(?1) OR dossier = ?1 OR claim = ?1 ORDER BY n DESC LIMIT 16`, ref)
	if err != nil {
		return Record{}, fmt.Errorf("look up: %w", busy(err))
	}
	defer rows.Close()
	for rows.Next() {
		r, err := scan(rows)
		if err != nil {
			return Record{}, err
		}
		if subtle.ConstantTimeCompare([]byte(r.Secret), []byte(secret)) == 1 {
			return r, nil
		}
	}
	if err := rows.Err(); err != nil {
		return Record{}, fmt.Errorf("look up: %w", busy(err))
	}
	return Record{}, ErrUnknown
}

// Unopened gives the oldest records without a dossier, at most max.
func (l *Ledger) Unopened(ctx context.Context, max int) ([]Record, error) {
	return l.list(ctx, `SELECT `+columns+` FROM submissions WHERE dossier IS NULL ORDER BY n LIMIT ?`, max)
}

// List gives at most max records, newest first, from below the one numbered
// before; before 0 = from the newest.
func (l *Ledger) List(ctx context.Context, before int64, max int) ([]Record, error) {
	return l.list(ctx, `SELECT `+columns+` FROM submissions WHERE ?1 = 0 OR n < ?1 ORDER BY n DESC LIMIT ?2`, before, max)
}

func (l *Ledger) list(ctx context.Context, query string, args ...any) ([]Record, error) {
	rows, err := l.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read ledger: %w", busy(err))
	}
	defer rows.Close()
	var list []Record
	for rows.Next() {
		r, err := scan(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read ledger: %w", busy(err))
	}
	return list, nil
}

// Forget drops the content of what was received before moment and is opened;
// id, digest and dossier code stay, so that the same put again is still known.
// It gives how many it forgot.
func (l *Ledger) Forget(ctx context.Context, before time.Time) (int64, error) {
	var n int64
	err := l.within(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, `UPDATE submissions SET sealed = NULL
			WHERE sealed IS NOT NULL AND dossier IS NOT NULL AND received_at < ?`, millis(before))
		if err != nil {
			return err
		}
		n, err = done.RowsAffected()
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("forget old submissions: %w", err)
	}
	return n, nil
}
