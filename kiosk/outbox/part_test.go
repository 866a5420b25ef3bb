package outbox

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// partOf keeps a part of n random bytes.
func partOf(t testing.TB, b *Outbox, n int) Part {
	t.Helper()
	w, err := b.NewPart()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Drop()
	if _, err := w.Write(item(n).Sealed); err != nil {
		t.Fatal(err)
	}
	p, err := w.Keep()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// keep makes a part of n bytes.
func keep(t *testing.T, b *Outbox, n int) (Part, []byte) {
	t.Helper()
	content := bytes.Repeat([]byte{byte(n), byte(n >> 8), 7}, n/3+1)[:n]
	w, err := b.NewPart()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Drop()
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	p, err := w.Keep()
	if err != nil {
		t.Fatal(err)
	}
	return p, content
}

func lying(t *testing.T, dir string) (names []string) {
	t.Helper()
	files, err := os.ReadDir(filepath.Join(dir, partsDir))
	ok(t, err)
	for _, f := range files {
		names = append(names, f.Name())
	}
	return names
}

func sameNames(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s: %v lie there, want %v", what, got, want)
	}
}

// A submission with parts waits in its own line until central has them, keeps
// them over a restart, and takes them along when it is let go.
func TestPartsLiveWithTheirSubmission(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	o := Options{Now: func() time.Time { return now }}
	b := open(t, dir, o)
	p, content := keep(t, b, 100_000)
	q, _ := keep(t, b, 5)
	with, without := item(100), item(200)
	with.Parts = []Part{p, q}
	put(t, b, with)
	put(t, b, with) // the same again
	put(t, b, without)
	sum, err := b.Summary(t.Context())
	if ok(t, err); sum.Bytes != 100_305 {
		t.Errorf("Bytes = %d", sum.Bytes)
	}
	if got := next(t, b, now); got != without.ID {
		t.Errorf("Next = %s, want the one without parts", got)
	}
	for _, name := range []string{p.Name, q.Name} {
		if err := b.DropPart(t.Context(), name); !errors.Is(err, ErrHeld) {
			t.Errorf("DropPart = %v, want ErrHeld", err)
		}
	}
	ok(t, b.Close())

	b = open(t, dir, o)
	list, err := b.Lacking(t.Context(), now, 10)
	if ok(t, err); len(list) != 1 || list[0].ID != with.ID || !slices.Equal(list[0].Parts, with.Parts) || !list[0].Lacking {
		t.Fatalf("Lacking = %+v", list)
	}
	if due, err := b.NextLacking(t.Context()); err != nil || due.IsZero() {
		t.Errorf("NextLacking = %v, %v", due, err)
	}
	f, err := b.OpenPart(p)
	ok(t, err)
	if got, err := io.ReadAll(f); err != nil || !bytes.Equal(got, content) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	ok(t, f.Close())
	ok(t, b.Received(t.Context(), without.ID, Confirmation{State: "received"}))
	ok(t, b.Apply(t.Context(), b.MarkCarried(with.ID)))
	if got := next(t, b, now); got != with.ID {
		t.Errorf("Next = %s, want the one whose parts were carried", got)
	}
	ok(t, b.Apply(t.Context(), b.MarkLacking(with.ID, time.Minute, Reason{Code: "lacking"})))
	if list, err = b.Lacking(t.Context(), now, 10); err != nil || len(list) != 0 {
		t.Errorf("before its time: %v, %v", list, err)
	}
	if list, err = b.Lacking(t.Context(), now.Add(2*time.Minute), 10); err != nil || len(list) != 1 || list[0].Reason.Code != "lacking" {
		t.Errorf("Lacking = %+v, %v", list, err)
	}
	ok(t, b.Received(t.Context(), with.ID, Confirmation{State: "received"}))
	_, err = b.Retain(t.Context(), now.Add(6*24*time.Hour))
	ok(t, err)
	sameNames(t, "before their time", lying(t, dir), p.Name, q.Name)
	_, err = b.Retain(t.Context(), now.Add(8*24*time.Hour))
	ok(t, err)
	sameNames(t, "let go", lying(t, dir))
	ok(t, b.Close())
}

// Whatever a crash leaves of a part that no submission has is gone when the
// outbox is opened; what one has stays.
func TestOrphansAreSwept(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir, Options{})
	held, _ := keep(t, b, 1000)
	it := item(10)
	it.Parts = []Part{held}
	put(t, b, it)
	keep(t, b, 2000) // kept, and then the power went
	w, err := b.NewPart()
	ok(t, err)
	_, err = w.Write([]byte("half of it")) // before it was synced
	ok(t, err)
	if n := len(lying(t, dir)); n != 3 {
		t.Fatalf("%d files", n)
	}
	ok(t, b.Close())
	b = open(t, dir, Options{})
	sameNames(t, "after a crash", lying(t, dir), held.Name)
	dropped, _ := keep(t, b, 3000)
	ok(t, b.DropPart(t.Context(), dropped.Name))
	ok(t, b.DropPart(t.Context(), dropped.Name))
	sameNames(t, "dropped", lying(t, dir), held.Name)
	if err := b.DropPart(t.Context(), "../lock"); !errors.Is(err, ErrInvalid) {
		t.Errorf("DropPart = %v", err)
	}
	ok(t, b.Close())
}

// As long as a damaged store lies aside no part is deleted, and parts are known
// again even if only the bytes of their submission were saved.
func TestPartsOutliveADamagedStore(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir, Options{})
	p, _ := keep(t, b, 1000)
	stray, _ := keep(t, b, 2000)
	it := item(100)
	it.Parts = []Part{p}
	put(t, b, it)
	if _, err := b.write.Exec("DELETE FROM submission; PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		t.Fatal(err)
	}
	ok(t, b.Close())
	b = open(t, dir, Options{})
	d := b.Damage()
	if d == nil || d.Saved != 1 {
		t.Fatalf("Damage = %+v", d)
	}
	sameNames(t, "after a damage", lying(t, dir), p.Name, stray.Name)
	list, err := b.Lacking(t.Context(), time.Now(), 10)
	if ok(t, err); len(list) != 1 || list[0].ID != it.ID || !slices.Equal(list[0].Parts, it.Parts) {
		t.Errorf("Lacking = %+v", list)
	}
	ok(t, b.Close())
	ok(t, os.RemoveAll(d.Aside))
	b = open(t, dir, Options{})
	sameNames(t, "after the technician", lying(t, dir), p.Name)
	ok(t, b.Close())
}

// A part that the disk has lost is told, and its submission goes to the dead
// letters with owner and next step; a submission without its parts is not
// accepted at all.
func TestLostParts(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir, Options{})
	p, _ := keep(t, b, 1000)
	q, _ := keep(t, b, 2000)
	one, two := item(10), item(20)
	one.Parts, two.Parts = []Part{p}, []Part{q}
	put(t, b, one)
	put(t, b, two)
	none := item(30)
	none.Parts = []Part{{Name: p.Name, Size: 999}}
	if err := b.Put(t.Context(), none); !errors.Is(err, ErrInvalid) {
		t.Errorf("Put with a part of another size = %v", err)
	}
	if v, err := b.Verify(t.Context(), nil); err != nil || v.Whole != 2 {
		t.Errorf("Verify = %+v, %v", v, err)
	}
	spoil := func(name string, at int64) {
		f, err := os.OpenFile(filepath.Join(dir, partsDir, name), os.O_RDWR, 0)
		ok(t, err)
		_, err = f.WriteAt([]byte{99}, at)
		ok(t, err)
		ok(t, f.Close())
	}
	spoil(q.Name, 1500)
	if _, err := b.OpenPart(q); !errors.Is(err, ErrDamaged) {
		t.Errorf("OpenPart = %v", err)
	}
	v, err := b.Verify(t.Context(), nil)
	if ok(t, err); v.Whole != 1 || len(v.Faults) != 1 || v.Faults[0].ID != two.ID || !errors.Is(v.Faults[0].Err, ErrDamaged) {
		t.Errorf("Verify = %+v", v)
	}
	ok(t, b.Close())
	ok(t, os.Remove(filepath.Join(dir, partsDir, p.Name)))
	b = open(t, dir, Options{})
	e, err := b.Show(t.Context(), one.ID)
	if ok(t, err); e.State != Refused || e.Reason.Code != "attachment-damaged" || e.Reason.Owner != Technician || e.Reason.Next == "" {
		t.Errorf("without its part: %+v", e)
	}
	ok(t, b.Close())
}

// There is room for the largest part above the guard, or none is begun.
func TestNoRoomForParts(t *testing.T) {
	b := open(t, t.TempDir(), Options{})
	free, err := freeBytes(b.dir)
	ok(t, err)
	b.o.MinFree = free - b.o.MaxPart/2
	if _, err := b.NewPart(); !errors.Is(err, ErrFull) {
		t.Errorf("NewPart = %v", err)
	}
	put(t, b, item(100))
	b.o.MinFree, b.o.MaxPart = 0, 10
	w, err := b.NewPart()
	ok(t, err)
	if _, err := w.Write(make([]byte, 11)); !errors.Is(err, ErrInvalid) {
		t.Errorf("Write = %v", err)
	}
	w.Drop()
	sameNames(t, "after Drop", lying(t, b.dir))
	ok(t, b.Close())
}

// Neither line goes through what waits in the other: both have an index.
func TestLinesAreIndexed(t *testing.T) {
	b := open(t, t.TempDir(), Options{})
	for query, want := range map[string]string{
		nextDue: "submission_ready",
		"SELECT id FROM submission WHERE pending = 1 AND lacking = 1 AND (due <= 1 OR due > 2) ORDER BY seq LIMIT 4": "submission_lacking",
		"SELECT count(*), coalesce(min(due), 0) FROM submission WHERE pending = 1 AND lacking = 1":                   "submission_lacking",
	} {
		var id, parent, unused int
		var plan string
		if err := b.read.QueryRow("EXPLAIN QUERY PLAN "+query, 1, 2, 3).Scan(&id, &parent, &unused, &plan); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(plan, want) {
			t.Errorf("%s\n\tis done by %s, want %s", query, plan, want)
		}
	}
	ok(t, b.Close())
}
