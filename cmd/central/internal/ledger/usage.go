package ledger

import (
	"context"
	"database/sql"
	"fmt"
)

// Kind is a kind of what stations bring.
type Kind string

// The kinds.
const (
	Submissions Kind = "submissions"
	Parts       Kind = "parts"
)

// Amount is how much of one kind was brought.
type Amount struct{ Count, Bytes int64 }

// Plus gives both together.
func (a Amount) Plus(b Amount) Amount { return Amount{a.Count + b.Count, a.Bytes + b.Bytes} }

// Usage is what one station brought on one day.
type Usage struct{ Submissions, Parts Amount }

// Of gives what was brought of one kind.
func (u Usage) Of(kind Kind) Amount {
	if kind == Parts {
		return u.Parts
	}
	return u.Submissions
}

// With gives u and a more of kind.
func (u Usage) With(kind Kind, a Amount) Usage {
	if kind == Parts {
		u.Parts = u.Parts.Plus(a)
	} else {
		u.Submissions = u.Submissions.Plus(a)
	}
	return u
}

// Less gives u without what is in v.
func (u Usage) Less(v Usage) Usage {
	return u.With(Submissions, Amount{-v.Submissions.Count, -v.Submissions.Bytes}).
		With(Parts, Amount{-v.Parts.Count, -v.Parts.Bytes})
}

const usageColumns = `submissions, submission_bytes, parts, part_bytes`

// Used gives what station brought on day.
func (l *Ledger) Used(ctx context.Context, station, day string) (Usage, error) {
	return usageOf(l.read.QueryRowContext(ctx, `SELECT `+usageColumns+` FROM usage WHERE day = ? AND station = ?`, day, station))
}

func usageOf(row *sql.Row) (u Usage, err error) {
	err = row.Scan(&u.Submissions.Count, &u.Submissions.Bytes, &u.Parts.Count, &u.Parts.Bytes)
	if err == sql.ErrNoRows {
		return Usage{}, nil
	}
	if err != nil {
		return Usage{}, fmt.Errorf("read usage: %w", busy(err))
	}
	return u, nil
}

// Use adds what stations brought on day and gives what each has brought by now,
// whichever process of central took it in. What is of an earlier day is dropped.
func (l *Ledger) Use(ctx context.Context, day string, more map[string]Usage) (map[string]Usage, error) {
	all := map[string]Usage{}
	err := l.within(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM usage WHERE day < ?`, day); err != nil {
			return err
		}
		for station, u := range more {
			now, err := usageOf(tx.QueryRowContext(ctx, `INSERT INTO usage (day, station, `+usageColumns+`) VALUES (?,?,?,?,?,?)
				ON CONFLICT DO UPDATE SET submissions = submissions + excluded.submissions,
					submission_bytes = submission_bytes + excluded.submission_bytes,
					parts = parts + excluded.parts, part_bytes = part_bytes + excluded.part_bytes
				RETURNING `+usageColumns, day, station, u.Submissions.Count, u.Submissions.Bytes, u.Parts.Count, u.Parts.Bytes))
			if err != nil {
				return err
			}
			all[station] = now
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("keep usage: %w", err)
	}
	return all, nil
}
