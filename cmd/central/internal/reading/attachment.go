package reading

import (
	"context"
	"fmt"
	"io"
	"time"

	"filippo.io/age"

	"motcua/cmd/central/internal/ledger"
	"motcua/cmd/central/internal/parts"
	"motcua/kiosk/contract"
)

// Attachment opens the nth attachment of the submission id, counted from 0; by
// whom is noted before a byte is given. What it reads is unsealed on the way
// and lies nowhere in the clear. The caller closes it. It fails with
// ledger.ErrUnknown, ErrForgotten, or with parts.ErrAltered when central's disk
// has lost it.
func (m *Room) Attachment(ctx context.Context, id string, n int, by string) (ledger.Record, contract.Attachment, io.ReadCloser, error) {
	fail := func(err error) (ledger.Record, contract.Attachment, io.ReadCloser, error) {
		return ledger.Record{}, contract.Attachment{}, nil, err
	}
	r, doc, raw, err := m.open(ctx, id)
	if err != nil {
		return fail(err)
	}
	clear(raw)
	if n < 0 || n >= len(doc.Attachments) {
		return fail(fmt.Errorf("attachment %d of %s: %w", n, id, ledger.ErrUnknown))
	}
	a := doc.Attachments[n]
	f, err := m.parts.Read(parts.Key{Station: r.Station, ID: r.ID, Name: a.Part})
	if err != nil {
		return fail(fmt.Errorf("attachment %d of %s: %w", n, id, err))
	}
	plain, err := age.Decrypt(f, m.ids...)
	if err == nil {
		err = m.ledger.Note(ctx, ledger.Line{At: time.Now(), Act: ledger.Read, Station: r.Station, ID: r.ID,
			Why: fmt.Sprintf("%s, attachment %d", by, n+1), Digest: a.Digest, Size: int(a.Size)})
	}
	if err != nil {
		_ = f.Close()
		return fail(fmt.Errorf("attachment %d of %s: %w", n, id, err))
	}
	return r, a, struct {
		io.Reader
		io.Closer
	}{plain, f}, nil
}
