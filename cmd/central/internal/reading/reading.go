// Package reading opens what the ledger holds sealed, for staff, and notes in
// the audit log that it was read.
package reading

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"filippo.io/age"

	"motcua/cmd/central/internal/ledger"
	"motcua/cmd/central/internal/parts"
	"motcua/kiosk/identity"
	"motcua/kiosk/submission"
)

// ErrForgotten: the content was dropped as its time here was over.
var ErrForgotten = errors.New("content is no longer kept")

// Room is where submissions are read.
type Room struct {
	ledger *ledger.Ledger
	ids    []age.Identity
	parts  *parts.Store
}

// New makes a room; ids open what the ledger and the parts hold.
func New(l *ledger.Ledger, ids []age.Identity, p *parts.Store) *Room {
	return &Room{ledger: l, ids: ids, parts: p}
}

// Read opens the submission id fully; by whom is noted before it is given. raw
// is the document as signed, in canonical JSON. It fails with ledger.ErrUnknown
// or ErrForgotten.
func (m *Room) Read(ctx context.Context, id, by string) (r ledger.Record, doc submission.Document, raw []byte, err error) {
	r, doc, raw, err = m.open(ctx, id)
	if err != nil {
		return ledger.Record{}, submission.Document{}, nil, err
	}
	err = m.ledger.Note(ctx, ledger.Line{At: time.Now(), Act: ledger.Read, Station: r.Station, ID: r.ID, Why: by, Digest: r.Digest})
	if err != nil {
		clear(raw)
		return ledger.Record{}, submission.Document{}, nil, err
	}
	return r, doc, raw, nil
}

// Glance gives what a list may show of the person in id: initials and the last
// four digits; "" when the content is no longer kept.
func (m *Room) Glance(ctx context.Context, id string) (string, error) {
	_, doc, raw, err := m.open(ctx, id)
	clear(raw)
	if errors.Is(err, ErrForgotten) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return initials(doc.Applicant.Name) + " " + identity.PersonalNumber(doc.Applicant.Number).Masked(), nil
}

func (m *Room) open(ctx context.Context, id string) (ledger.Record, submission.Document, []byte, error) {
	r, err := m.ledger.Find(ctx, id)
	if err != nil {
		return r, submission.Document{}, nil, err
	}
	if r.Sealed == nil {
		return r, submission.Document{}, nil, ErrForgotten
	}
	doc, raw, err := submission.Open(r.Sealed, m.ids, func(kid string) (submission.PublicKey, error) {
		key, _, err := m.ledger.Key(ctx, kid)
		return key, err
	})
	if err != nil {
		return r, submission.Document{}, nil, fmt.Errorf("open %s again: %w", id, err)
	}
	return r, doc, raw, nil
}

// initials gives "N. V. M." for "Nguyễn Văn Mẫu".
func initials(name string) string {
	var short []string
	for word := range strings.FieldsSeq(name) {
		first, _ := utf8.DecodeRuneInString(word)
		short = append(short, string(first)+".")
	}
	return strings.Join(short, " ")
}
