package outbox

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// Filter chooses what List gives. The zero value is everything.
type Filter struct {
	States []State // empty = all
	Limit  int     // 0 = no limit
	Newest bool    // last accepted first; else in the order of acceptance
}

// List gives the submissions that f chooses, without their bytes.
func (b *Outbox) List(ctx context.Context, f Filter) ([]Entry, error) {
	query, args := "SELECT "+columns+" FROM submission", []any{}
	if len(f.States) > 0 {
		query += " WHERE state IN (?" + strings.Repeat(", ?", len(f.States)-1) + ")"
		for _, s := range f.States {
			args = append(args, s)
		}
	}
	query += " ORDER BY seq"
	if f.Newest {
		query += " DESC"
	}
	if f.Limit > 0 {
		query, args = query+" LIMIT ?", append(args, f.Limit)
	}
	return b.entries(ctx, query, args...)
}

func (b *Outbox) entries(ctx context.Context, query string, args ...any) ([]Entry, error) {
	rows, err := b.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, bare(ctx, classify("list", err))
	}
	defer rows.Close()
	var list []Entry
	for rows.Next() {
		e, err := scanEntry(rows)
		if err != nil {
			return nil, bare(ctx, classify("list", err))
		}
		list = append(list, e)
	}
	if err := rows.Err(); err != nil {
		return nil, bare(ctx, classify("list", err))
	}
	return list, nil
}

// HashSecret is what Item.SecretHash holds for a look-up secret: SHA-256 over
// the id, a colon and the secret, so that equal secrets do not show as equal.
// Secrets are short: the hash keeps one from being read, not from being tried.
func HashSecret(id, secret string) []byte {
	sum := sha256.Sum256([]byte(id + ":" + secret))
	return sum[:]
}

// Show gives the submission id, without its bytes.
func (b *Outbox) Show(ctx context.Context, id string) (Entry, error) {
	e, err := scanEntry(b.st.show.QueryRowContext(ctx, id))
	if errors.Is(err, sql.ErrNoRows) {
		return Entry{}, fmt.Errorf("outbox: show %s: %w", id, ErrUnknown)
	}
	if err != nil {
		return Entry{}, bare(ctx, classify("show "+id, err))
	}
	return e, nil
}

// Find gives the submissions that ref may stand for, newest first: an id, a
// claim code or a dossier code; case and blanks do not matter. Claim codes are
// short and may come again, so there can be several. Whoever asks for a
// citizen must compare the secret's hash with that of each. None is not an
// error.
func (b *Outbox) Find(ctx context.Context, ref string) ([]Entry, error) {
	ref = strings.Join(strings.Fields(ref), "")
	return b.entries(ctx, "SELECT "+columns+` FROM submission
		WHERE id = lower(?1) OR upper(claim) = upper(?1) OR upper(dossier) = upper(?1) AND dossier <> ''
		ORDER BY seq DESC`, ref)
}

// Await waits until id is settled, which is received or refused, and gives it.
// When ctx ends first it gives the entry as it is then, together with ctx's
// error: "stored here, not yet received" is the truth to print.
func (b *Outbox) Await(ctx context.Context, id string) (Entry, error) {
	for {
		changed := b.Changed()
		e, err := b.Show(context.WithoutCancel(ctx), id)
		if err != nil || !e.Pending() {
			return e, err
		}
		select {
		case <-ctx.Done():
			return e, ctx.Err()
		case <-changed:
		}
	}
}

// Summary gives the outbox at a glance.
func (b *Outbox) Summary(ctx context.Context) (Summary, error) {
	s := Summary{Counts: map[State]int{}}
	rows, err := b.read.QueryContext(ctx, `SELECT state, count(*), min(accepted), sum(CASE dropped WHEN 0 THEN size + weight ELSE 0 END)
		FROM submission GROUP BY state`)
	if err != nil {
		return s, bare(ctx, classify("count", err))
	}
	defer rows.Close()
	for rows.Next() {
		var (
			state         State
			n             int
			oldest, bytes int64
		)
		if err := rows.Scan(&state, &n, &oldest, &bytes); err != nil {
			return s, bare(ctx, classify("count", err))
		}
		s.Counts[state] = n
		s.Bytes += bytes
		if at := moment(oldest); state != Received && state != Refused && (s.Oldest.IsZero() || at.Before(s.Oldest)) {
			s.Oldest = at
		}
	}
	if err := rows.Err(); err != nil {
		return s, bare(ctx, classify("count", err))
	}
	if s.Free, err = freeBytes(b.dir); err != nil {
		return s, classify("measure the disk", err)
	}
	s.Low = s.Free < b.o.WarnFree
	if s.Aside, err = aside(b.dir); err != nil {
		return s, classify("look for damaged stores", err)
	}
	return s, nil
}
