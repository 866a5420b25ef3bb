package attachment

import (
	"bytes"
	"context"
	"path/filepath"
	"testing"

	"filippo.io/age"

	"motcua/kiosk/outbox"
	"motcua/kiosk/submission"
)

// BenchmarkTake checks, seals and makes durable a file of 20 MB from memory.
func BenchmarkTake(b *testing.B) {
	box, to := benchBox(b)
	plain := pdf(MaxSize - 100)
	b.SetBytes(int64(len(plain)))
	b.ReportAllocs()
	for b.Loop() {
		tray := NewTray(box, to)
		if _, err := tray.Take(context.Background(), bytes.NewReader(plain)); err != nil {
			b.Fatal(err)
		}
		if err := tray.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAccept makes a submission durable that takes 60 MB along, handed over
// before: what a citizen waits for after the consent.
func BenchmarkAccept(b *testing.B) {
	box, to := benchBox(b)
	tray := NewTray(box, to)
	var parts []outbox.Part
	for range 3 {
		a, err := tray.Take(context.Background(), bytes.NewReader(pdf(MaxSize-100)))
		if err != nil {
			b.Fatal(err)
		}
		parts = append(parts, a.Part)
	}
	sealed := bytes.Repeat([]byte("sealed"), 500)
	for b.Loop() {
		if err := box.Put(context.Background(), outbox.Item{ID: submission.NewID(), Sealed: sealed, Parts: parts}); err != nil {
			b.Fatal(err)
		}
	}
}

func benchBox(b *testing.B) (*outbox.Outbox, []age.Recipient) {
	b.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		b.Fatal(err)
	}
	box, err := outbox.Open(context.Background(), filepath.Join(b.TempDir(), "outbox"), outbox.Options{MinFree: -1})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = box.Close() })
	return box, []age.Recipient{id.Recipient()}
}
