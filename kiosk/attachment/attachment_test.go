package attachment

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"filippo.io/age"

	"motcua/kiosk/outbox"
	"motcua/kiosk/pack"
	"motcua/kiosk/submission"
	"motcua/kiosk/text"
)

// desk is an outbox with a tray of one visit.
type desk struct {
	dir string
	box *outbox.Outbox
	id  *age.X25519Identity
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{dir: filepath.Join(t.TempDir(), "outbox")}
	var err error
	if d.id, err = age.GenerateX25519Identity(); err != nil {
		t.Fatal(err)
	}
	if d.box, err = outbox.Open(t.Context(), d.dir, outbox.Options{MinFree: -1}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.box.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func (d *desk) tray() *Tray { return NewTray(d.box, []age.Recipient{d.id.Recipient()}) }

// lying lists the parts on the disk.
func (d *desk) lying(t *testing.T) (names []string) {
	t.Helper()
	files, err := os.ReadDir(filepath.Join(d.dir, "parts"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		names = append(names, f.Name())
	}
	return names
}

func take(t *testing.T, tray *Tray, b []byte) Attachment {
	t.Helper()
	a, err := tray.Take(t.Context(), bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// What was taken opens with central's key alone, byte for byte, and stands
// nowhere in the clear.
func TestTakenAndSealed(t *testing.T) {
	d := newDesk(t)
	plain := append(pdf(200_000), "NGUYỄN VĂN MẪU 001090999999 startxref %%EOF"...)
	a := take(t, d.tray(), plain)
	if a.Media != PDF || a.Size != int64(len(plain)) || a.ID() != a.Part.Name {
		t.Errorf("%+v", a)
	}
	sealed, err := os.ReadFile(filepath.Join(d.dir, "parts", a.ID()))
	if err != nil || int64(len(sealed)) != a.Part.Size {
		t.Fatalf("%d bytes lie there, %v", len(sealed), err)
	}
	if bytes.Contains(sealed, []byte("001090999999")) || bytes.Contains(sealed, []byte("%PDF")) {
		t.Error("it lies in the clear")
	}
	r, err := age.Decrypt(bytes.NewReader(sealed), d.id)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("opens to %d bytes, %v", len(got), err)
	}
}

// At the end of a visit everything that was not submitted is gone, also what
// was just coming in; what was submitted stays.
func TestEndOfVisit(t *testing.T) {
	d := newDesk(t)
	tray := d.tray()
	mine, other, third := take(t, tray, pdf(1)), take(t, tray, pdf(2)), take(t, tray, pdf(3))
	if err := tray.Drop(t.Context(), third.ID()); err != nil {
		t.Fatal(err)
	}
	if _, ok := tray.Find(third.ID()); ok || len(tray.List()) != 2 || len(d.lying(t)) != 2 {
		t.Error("what was taken back is still there")
	}
	id := submission.NewID()
	if err := d.box.Put(t.Context(), outbox.Item{ID: id, Sealed: []byte("sealed"), Parts: []outbox.Part{mine.Part}}); err != nil {
		t.Fatal(err)
	}
	from, to := io.Pipe()
	coming := make(chan error, 1)
	go func() {
		_, err := tray.Take(context.Background(), from)
		coming <- err
	}()
	whole := pdf(10)
	if _, err := to.Write(whole[:20]); err != nil {
		t.Fatal(err)
	}
	if err := tray.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := to.Write(whole[20:]); err != nil {
		t.Fatal(err)
	}
	_ = to.Close()
	if err := <-coming; !errors.Is(err, ErrOver) {
		t.Errorf("what came in at the end: %v", err)
	}
	if _, err := tray.Take(t.Context(), bytes.NewReader(whole)); !errors.Is(err, ErrOver) {
		t.Errorf("after the end: %v", err)
	}
	if got := d.lying(t); len(got) != 1 || got[0] != mine.ID() {
		t.Errorf("%v lie there, want %s alone, not %s", got, mine.ID(), other.ID())
	}
	if err := tray.Close(); err != nil {
		t.Error(err)
	}
}

// What is being submitted is not deleted under it.
func TestCloseWaitsForASubmission(t *testing.T) {
	d := newDesk(t)
	tray := d.tray()
	a := take(t, tray, pdf(1))
	back := tray.Lend()
	closed := make(chan error, 1)
	go func() { closed <- tray.Close() }()
	for { // until it is over, and waits
		if _, err := tray.Take(t.Context(), bytes.NewReader(nil)); errors.Is(err, ErrOver) {
			break
		}
		runtime.Gosched()
	}
	if err := d.box.Put(t.Context(), outbox.Item{ID: submission.NewID(), Sealed: []byte("sealed"), Parts: []outbox.Part{a.Part}}); err != nil {
		t.Error(err)
	}
	back()
	if err := <-closed; err != nil || len(d.lying(t)) != 1 {
		t.Errorf("%v, %d parts", err, len(d.lying(t)))
	}
}

func TestLimits(t *testing.T) {
	d := newDesk(t)
	tray := d.tray()
	for range 3 {
		take(t, tray, pdf(MaxSize-100))
	}
	_, err := tray.Take(t.Context(), bytes.NewReader(pdf(1000)))
	if !errors.Is(err, ErrTooMuch) {
		t.Errorf("past 60 MB: %v", err)
	}
	if len(d.lying(t)) != 3 {
		t.Errorf("%d parts lie there", len(d.lying(t)))
	}
	many := d.tray()
	for range MaxFiles {
		take(t, many, pdf(1))
	}
	if _, err := many.Take(t.Context(), bytes.NewReader(pdf(1))); !errors.Is(err, ErrTooMany) {
		t.Errorf("one too many: %v", err)
	}
	if err := many.Drop(t.Context(), many.List()[3].ID()); err != nil {
		t.Fatal(err)
	}
	take(t, many, pdf(1))

	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.tray().Take(over, bytes.NewReader(pdf(1))); !errors.Is(err, context.Canceled) {
		t.Errorf("told to end: %v", err)
	}
}

// A file of 20 MB goes through in memory for a few hundred KiB.
func TestMemory(t *testing.T) {
	d := newDesk(t)
	tray := d.tray()
	take(t, tray, pdf(10)) // what is made once
	var before, after runtime.MemStats
	plain := pdf(MaxSize - 100)
	runtime.ReadMemStats(&before)
	take(t, tray, plain)
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 {
		t.Errorf("%d KiB were allocated for 20 MB", used>>10)
	}
}

// Every reason has a sentence in both languages.
func TestSentences(t *testing.T) {
	texts, err := text.Load(os.DirFS("../../assets/text"))
	if err != nil {
		t.Fatal(err)
	}
	for _, reason := range []error{ErrEmpty, ErrKind, ErrTooLarge, ErrTooMuch, ErrTooMany, ErrTooWide, ErrBroken, ErrOver, outbox.ErrFull, io.ErrUnexpectedEOF} {
		key := Key(fmt.Errorf("take attachment: %w", reason))
		if !texts.Has(key) || texts.In(pack.VI, key, nil) == texts.In(pack.EN, key, nil) {
			t.Errorf("%v: no sentence under %s", reason, key)
		}
	}
}
