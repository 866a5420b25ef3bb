package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Act is what an audit line is about.
type Act string

// The acts that are kept.
const (
	Refused   Act = "refused"   // a submission was not taken
	Bounded   Act = "bounded"   // a station brought more than a day's quota
	Read      Act = "read"      // staff opened a submission fully
	Forgotten Act = "forgotten" // contents were dropped as their time was over
)

// Line is one line of the audit log. It names no person.
type Line struct {
	At      time.Time
	Act     Act
	Station string
	ID      string // of the submission as the sender called it
	Code    string // of the problem
	Why     string
	Digest  string
	Size    int
}

// Note appends line to the audit log.
func (l *Ledger) Note(ctx context.Context, line Line) error {
	err := l.within(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO audit (at, act, station, id, code, why, digest, size) VALUES (?,?,?,?,?,?,?,?)`,
			millis(line.At), string(line.Act), line.Station, line.ID, line.Code, line.Why, line.Digest, line.Size)
		return err
	})
	if err != nil {
		return fmt.Errorf("write audit log: %w", err)
	}
	return nil
}

const auditColumns = `at, act, station, id, code, why, digest, size`

func scanLine(row interface{ Scan(...any) error }) (Line, error) {
	var line Line
	var at int64
	err := row.Scan(&at, &line.Act, &line.Station, &line.ID, &line.Code, &line.Why, &line.Digest, &line.Size)
	if errors.Is(err, sql.ErrNoRows) {
		return Line{}, ErrUnknown
	}
	if err != nil {
		return Line{}, fmt.Errorf("read audit log: %w", busy(err))
	}
	line.At = moment(at)
	return line, nil
}

// Refusal gives the last refusal of what station called id, or ErrUnknown.
func (l *Ledger) Refusal(ctx context.Context, station, id string) (Line, error) {
	return scanLine(l.read.QueryRowContext(ctx, `SELECT `+auditColumns+` FROM audit
		WHERE id = ? AND station = ? AND act = ? ORDER BY n DESC LIMIT 1`, id, station, string(Refused)))
}

// Audit gives the newest lines, at most max.
func (l *Ledger) Audit(ctx context.Context, max int) ([]Line, error) {
	rows, err := l.read.QueryContext(ctx, `SELECT `+auditColumns+` FROM audit ORDER BY n DESC LIMIT ?`, max)
	if err != nil {
		return nil, fmt.Errorf("read audit log: %w", busy(err))
	}
	defer rows.Close()
	var list []Line
	for rows.Next() {
		line, err := scanLine(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, line)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read audit log: %w", busy(err))
	}
	return list, nil
}

// Prune drops audit lines from before moment.
func (l *Ledger) Prune(ctx context.Context, before time.Time) error {
	err := l.within(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM audit WHERE at < ?`, millis(before))
		return err
	})
	if err != nil {
		return fmt.Errorf("prune audit log: %w", err)
	}
	return nil
}
