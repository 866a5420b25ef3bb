package outbox

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// smallDisk mounts a file system of the given size for the test.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("needs a small disk of its own, and mounting one failed: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return dir
}

func TestGuardKeepsRoom(t *testing.T) {
	dir := smallDisk(t, "16m")
	b := open(t, filepath.Join(dir, "outbox"), Options{MinFree: 8 << 20})
	var kept int
	for {
		err := b.Put(t.Context(), item(100_000))
		if errors.Is(err, ErrFull) {
			break
		}
		ok(t, err)
		if kept++; kept > 200 {
			t.Fatal("200 × 100 kB went onto 16 MiB")
		}
	}
	if free, err := freeBytes(dir); err != nil || free < 7<<20 {
		t.Errorf("%d bytes left, %v; want the guard to keep about 8 MiB", free, err)
	}
	if kept == 0 {
		t.Error("nothing was accepted at all")
	}
}

func TestDiskFull(t *testing.T) {
	dir := smallDisk(t, "8m")
	b := open(t, filepath.Join(dir, "outbox"), Options{MinFree: -1})
	var kept []Item
	fill := func() {
		t.Helper()
		for range 500 {
			it := item(60_000)
			err := b.Put(t.Context(), it)
			if errors.Is(err, ErrFull) {
				return
			}
			ok(t, err)
			kept = append(kept, it)
		}
		t.Fatal("30 MB went onto 8 MiB")
	}
	fill()
	fill() // again: still the same answer, still alive
	list, err := b.List(t.Context(), Filter{})
	if err != nil || len(list) != len(kept) || len(kept) == 0 {
		t.Errorf("%d in the list, %v; %d were accepted", len(list), err, len(kept))
	}
	got, found, err := b.Next(t.Context(), time.Now())
	if err != nil || !found || got.ID != kept[0].ID || !bytes.Equal(got.Sealed, kept[0].Sealed) {
		t.Errorf("Next = %s, %v, %v; want %s whole", got.ID, found, err, kept[0].ID)
	}
}

// Another program takes the last byte of the disk: nothing is accepted, but
// what is here is delivered and marked, and room makes all well again.
func TestDeliveryGoesOnWithFullDisk(t *testing.T) {
	dir := smallDisk(t, "40m")
	b := open(t, filepath.Join(dir, "outbox"), Options{MinFree: 6 << 20})
	var kept []Item
	for {
		it := item(20_000)
		err := b.Put(t.Context(), it)
		if errors.Is(err, ErrFull) {
			break
		}
		ok(t, err)
		kept = append(kept, it)
	}
	hog, err := os.Create(filepath.Join(dir, "hog"))
	ok(t, err)
	for err == nil {
		_, err = hog.Write(make([]byte, pageSize))
	}
	ok(t, hog.Close())
	for _, it := range kept {
		ok(t, b.Sending(t.Context(), it.ID))
		ok(t, b.Received(t.Context(), it.ID, Confirmation{}))
	}
	if _, err := b.Retain(t.Context(), time.Now().Add(8*day)); err != nil {
		t.Fatal(err)
	}
	more := item(20_000)
	if err := b.Put(t.Context(), more); !errors.Is(err, ErrFull) {
		t.Errorf("Put on a full disk = %v, want ErrFull", err)
	}
	ok(t, os.Remove(hog.Name()))
	put(t, b, more)
	ok(t, b.Close())
	b = open(t, filepath.Join(dir, "outbox"), Options{MinFree: -1})
	if got := next(t, b, time.Now()); got != more.ID || len(kept) == 0 {
		t.Errorf("after reopening Next = %s, want %s; %d before", got, more.ID, len(kept))
	}
}

func TestFullFromTheStart(t *testing.T) {
	dir := smallDisk(t, "64k")
	if _, err := Open(t.Context(), filepath.Join(dir, "outbox"), Options{}); !errors.Is(err, ErrFull) {
		t.Errorf("Open on a disk of 64 KiB = %v, want ErrFull", err)
	}
}

func TestReadOnly(t *testing.T) {
	dir := smallDisk(t, "16m")
	box := filepath.Join(dir, "outbox")
	b := open(t, box, Options{MinFree: -1})
	put(t, b, item(10))
	ok(t, b.Close())
	ok(t, unix.Mount("tmpfs", dir, "tmpfs", unix.MS_REMOUNT|unix.MS_RDONLY, ""))
	if _, err := Open(t.Context(), box, Options{}); !errors.Is(err, ErrReadOnly) {
		t.Errorf("Open on a read-only disk = %v, want ErrReadOnly", err)
	}
	if _, err := Open(t.Context(), filepath.Join(dir, "new"), Options{}); !errors.Is(err, ErrReadOnly) {
		t.Errorf("Open of a new one on a read-only disk = %v, want ErrReadOnly", err)
	}
	ok(t, unix.Mount("tmpfs", dir, "tmpfs", unix.MS_REMOUNT, ""))
	b = open(t, box, Options{MinFree: -1})
	if next(t, b, time.Now()) == "" {
		t.Error("what was accepted before is gone")
	}
}

// aged gives the folder of a closed outbox with n items, some settled, in
// which the database holds all and the log nothing that matters; or, when it
// was killed, in which the last items are in the log alone.
func aged(t *testing.T, n int, killed bool) (dir string, items []Item) {
	t.Helper()
	dir = t.TempDir()
	live := filepath.Join(t.TempDir(), "live")
	b := open(t, live, Options{})
	for i := range n {
		items = append(items, item(9000))
		put(t, b, items[i])
		if i == n/2 {
			if _, err := b.tend.Exec("PRAGMA wal_checkpoint(RESTART)"); err != nil {
				t.Fatal(err)
			}
		}
	}
	if !killed {
		ok(t, b.Close())
	}
	ok(t, os.Mkdir(filepath.Join(dir, storeDir), 0o700))
	for _, name := range []string{fileName, fileName + "-wal"} {
		ok(t, copyFile(filepath.Join(dir, storeDir, name), filepath.Join(live, storeDir, name)))
	}
	return dir, items
}

// spoil overwrites n bytes of a store's file at off.
func spoil(t *testing.T, dir, name string, off int64, n int) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(dir, storeDir, name), os.O_RDWR, 0)
	ok(t, err)
	_, err = f.WriteAt(bytes.Repeat([]byte{0xA5}, n), off)
	ok(t, errors.Join(err, f.Close()))
}

// pagesOf gives the numbers of all pages that a table or index occupies.
func pagesOf(t *testing.T, dir, table string) (root int64) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, storeDir, fileName)+"?immutable=1")
	ok(t, err)
	defer db.Close()
	ok(t, db.QueryRow("SELECT rootpage FROM sqlite_schema WHERE name = ?", table).Scan(&root))
	return root
}

// rescuedFrom opens a spoiled outbox and checks what must hold whatever was
// spoiled: it opens, tells of the damage, keeps the old store aside, gives out
// only whole items, never a wrong byte, and accepts new ones.
func rescuedFrom(t *testing.T, dir string, items []Item) (b *Outbox, whole int) {
	t.Helper()
	b = open(t, dir, Options{})
	d := b.Damage()
	if d == nil {
		t.Fatal("Damage = nil: it started as if nothing had happened")
	}
	if _, err := os.Stat(filepath.Join(d.Aside, fileName)); err != nil {
		t.Errorf("nothing was set aside: %v", err)
	}
	if s, err := b.Summary(t.Context()); err != nil || len(s.Aside) != 1 || s.Aside[0] != d.Aside {
		t.Errorf("Summary.Aside = %v, %v; want %s", s.Aside, err, d.Aside)
	}
	by := map[string]Item{}
	for _, it := range items {
		by[it.ID] = it
	}
	for {
		it, found, err := b.Next(t.Context(), time.Now())
		ok(t, err)
		if !found {
			break
		}
		if !bytes.Equal(it.Sealed, by[it.ID].Sealed) {
			t.Errorf("item %s came back with other bytes", it.ID)
		}
		whole++
		ok(t, b.Received(t.Context(), it.ID, Confirmation{}))
	}
	put(t, b, item(100))
	t.Logf("%d of %d whole, %d with bytes lost, %d unreadable; %s", whole, len(items), len(d.Lost), d.Unreadable, d.Cause)
	return b, whole
}

func TestDamagedPages(t *testing.T) {
	const n = 40
	for _, c := range []struct {
		name    string
		spoil   func(t *testing.T, dir string)
		atLeast int // items that must come back whole
	}{
		{"header", func(t *testing.T, dir string) { spoil(t, dir, fileName, 0, 100) }, n},
		{"whole first page", func(t *testing.T, dir string) { spoil(t, dir, fileName, 0, pageSize) }, n},
		{"root of the rows", func(t *testing.T, dir string) {
			spoil(t, dir, fileName, (pagesOf(t, dir, "submission")-1)*pageSize, pageSize)
		}, n},
		{"root of the index by id", func(t *testing.T, dir string) {
			spoil(t, dir, fileName, (pagesOf(t, dir, "sqlite_autoindex_submission_1")-1)*pageSize, pageSize)
		}, n},
		{"root of the payloads", func(t *testing.T, dir string) {
			spoil(t, dir, fileName, (pagesOf(t, dir, "payload")-1)*pageSize, pageSize)
		}, 0},
		{"zero bytes", func(t *testing.T, dir string) {
			ok(t, os.Truncate(filepath.Join(dir, storeDir, fileName), 0))
		}, 0},
		{"half of it cut off", func(t *testing.T, dir string) {
			file := filepath.Join(dir, storeDir, fileName)
			ok(t, os.Truncate(file, size(file)/2/pageSize*pageSize))
		}, n / 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, items := aged(t, n, false)
			// A closed outbox has everything in its database; the log would
			// otherwise bring the pages back.
			clearLog(t, dir)
			c.spoil(t, dir)
			b, whole := rescuedFrom(t, dir, items)
			if whole < c.atLeast {
				t.Errorf("%d of %d came back, want at least %d", whole, n, c.atLeast)
			}
			d := b.Damage()
			if whole < n && len(d.Lost) == 0 && d.Unreadable == 0 && !d.MayMiss {
				t.Error("items are missing and nothing tells of it")
			}
			for _, id := range d.Lost {
				if e, err := b.Show(t.Context(), id); err != nil || e.State != Refused || e.Reason.Owner != Technician {
					t.Errorf("lost %s: %+v, %v; want it refused with the technician as owner", id, e, err)
				}
			}
			ok(t, b.Close())
			if b := open(t, dir, Options{}); b.Damage() != nil {
				t.Errorf("the second opening finds damage again: %+v", b.Damage())
			}
		})
	}
}

// clearLog gives a closed store a log of full length without frames in it.
func clearLog(t *testing.T, dir string) {
	t.Helper()
	file := filepath.Join(dir, storeDir, fileName+"-wal")
	raw, err := os.ReadFile(file)
	ok(t, err)
	clear(raw[logHeader:])
	ok(t, os.WriteFile(file, raw, 0o600))
}

func TestRotInsideBytesIsFoundBeforeSending(t *testing.T) {
	dir, items := aged(t, 3, false)
	clearLog(t, dir)
	file := filepath.Join(dir, storeDir, fileName)
	raw, err := os.ReadFile(file)
	ok(t, err)
	at := bytes.Index(raw, items[1].Sealed[:64])
	if at < 0 {
		t.Fatal("sealed bytes not found in the file")
	}
	spoil(t, dir, fileName, int64(at), 1)
	b := open(t, dir, Options{})
	var got []string
	for {
		id := next(t, b, time.Now())
		if id == "" {
			break
		}
		got = append(got, id)
		ok(t, b.Received(t.Context(), id, Confirmation{}))
	}
	if len(got) != 2 || got[0] != items[0].ID || got[1] != items[2].ID {
		t.Errorf("Next gave %v, want the first and the third", got)
	}
	if e, err := b.Show(t.Context(), items[1].ID); err != nil || e.State != Refused || e.Reason.Code != "damaged-on-disk" {
		t.Errorf("the rotten one: %+v, %v; want it refused as damaged", e, err)
	}
}

func TestDamagedLog(t *testing.T) {
	const n = 20
	for _, c := range []struct {
		name    string
		spoil   func(t *testing.T, wal string)
		atLeast int
		mayMiss bool
	}{
		{"zero length", func(t *testing.T, wal string) { ok(t, os.Truncate(wal, 0)) }, n / 2, true},
		{"gone", func(t *testing.T, wal string) { ok(t, os.Remove(wal)) }, n / 2, true},
		{"header", func(t *testing.T, wal string) { writeAt(t, wal, 0, 32) }, n / 2, false},
		{"one frame early on", func(t *testing.T, wal string) { writeAt(t, wal, logHeader+2*frameSize+200, 8) }, n - 2, false},
		{"a frame's salt", func(t *testing.T, wal string) { writeAt(t, wal, logHeader+3*frameSize+8, 8) }, n - 2, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, items := aged(t, n, true)
			c.spoil(t, filepath.Join(dir, storeDir, fileName+"-wal"))
			b, whole := rescuedFrom(t, dir, items)
			if whole < c.atLeast {
				t.Errorf("%d of %d came back, want at least %d", whole, n, c.atLeast)
			}
			if b.Damage().MayMiss != c.mayMiss {
				t.Errorf("MayMiss = %v, want %v", b.Damage().MayMiss, c.mayMiss)
			}
		})
	}
}

func writeAt(t *testing.T, file string, off int64, n int) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	ok(t, err)
	_, err = f.WriteAt(bytes.Repeat([]byte{0x5A}, n), off)
	ok(t, errors.Join(err, f.Close()))
}

// A power cut tears the last commit, of which nobody was told: that is no
// damage, and all before it is there.
func TestTornLastCommit(t *testing.T) {
	dir, items := aged(t, 10, true)
	wal := filepath.Join(dir, storeDir, fileName+"-wal")
	raw, err := os.ReadFile(wal)
	ok(t, err)
	var last int64
	for off := int64(logHeader); off+frameSize <= int64(len(raw)); off += frameSize {
		if sameSalt(raw[:logHeader], raw[off:]) && ends(raw[off:]) {
			last = off
		}
	}
	writeAt(t, wal, last+frameHeader+100, 4)
	b := open(t, dir, Options{})
	if b.Damage() != nil {
		t.Errorf("Damage = %+v for a torn commit", b.Damage())
	}
	l, err := b.List(t.Context(), Filter{})
	if err != nil || len(l) != len(items)-1 {
		t.Errorf("%d in the list, %v; want %d", len(l), err, len(items)-1)
	}
}

func TestFreshStoreWithEmptyLog(t *testing.T) {
	dir := t.TempDir()
	ok(t, os.Mkdir(filepath.Join(dir, storeDir), 0o700))
	for _, name := range []string{fileName, fileName + "-wal"} {
		ok(t, os.WriteFile(filepath.Join(dir, storeDir, name), nil, 0o600))
	}
	b := open(t, dir, Options{})
	if b.Damage() != nil {
		t.Errorf("Damage = %+v for files that were made and never written", b.Damage())
	}
	put(t, b, item(10))
}

// A rescue that is cut off at any of its steps is finished or begun anew.
func TestInterruptedRescue(t *testing.T) {
	for _, step := range []string{"scratch only", "fresh made", "old one moved"} {
		t.Run(step, func(t *testing.T) {
			dir, items := aged(t, 5, false)
			clearLog(t, dir)
			store := filepath.Join(dir, storeDir)
			switch step {
			case "scratch only":
				ok(t, os.Mkdir(filepath.Join(dir, rescueDir), 0o700))
				ok(t, os.Mkdir(filepath.Join(dir, freshDir+".part"), 0o700))
				ok(t, os.WriteFile(filepath.Join(dir, rescueDir, fileName), []byte("half"), 0o600))
				spoil(t, dir, fileName, (pagesOf(t, dir, "submission")-1)*pageSize, pageSize)
			case "fresh made":
				ok(t, os.Mkdir(filepath.Join(dir, freshDir), 0o700))
				spoil(t, dir, fileName, (pagesOf(t, dir, "submission")-1)*pageSize, pageSize)
			case "old one moved":
				ok(t, os.Rename(store, filepath.Join(dir, freshDir)))
			}
			b := open(t, dir, Options{})
			if s, err := b.Summary(t.Context()); err != nil || s.Pending() != len(items) {
				t.Errorf("%d pending, %v; want %d", s.Pending(), err, len(items))
			}
		})
	}
}

func TestNewerSchemaIsLeftAlone(t *testing.T) {
	dir, _ := aged(t, 1, false)
	db, err := connect(filepath.Join(dir, storeDir, fileName), 1)
	ok(t, err)
	_, err = db.Exec("PRAGMA user_version = 99")
	ok(t, errors.Join(err, db.Close()))
	if _, err := Open(context.Background(), dir, Options{}); !errors.Is(err, ErrNewer) {
		t.Errorf("Open = %v, want ErrNewer", err)
	}
	if m, err := aside(dir); err != nil || len(m) != 0 {
		t.Errorf("it was set aside: %v, %v", m, err)
	}
}

// FuzzLog holds that no log makes the check or the relinking fail, and that a
// relinked log is one that the check finds whole.
func FuzzLog(f *testing.F) {
	head := make([]byte, logHeader)
	binary.BigEndian.PutUint32(head, logMagic)
	binary.BigEndian.PutUint32(head[8:], pageSize)
	var sum logSum
	sum.add(binary.LittleEndian, head[:24])
	binary.BigEndian.PutUint32(head[24:], sum.a)
	binary.BigEndian.PutUint32(head[28:], sum.b)
	frames := append(bytes.Clone(head), make([]byte, 3*frameSize)...)
	for i := range 3 {
		frames[logHeader+i*frameSize+7] = 1 // each is a commit
	}
	f.Add(head)
	f.Add(frames)
	f.Add([]byte(strings.Repeat("x", 40)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		file := filepath.Join(t.TempDir(), "wal")
		ok(t, os.WriteFile(file, raw, 0o600))
		if _, err := broken(file); err != nil {
			t.Fatal(err)
		}
		ok(t, relink(file))
		if len(raw) < logHeader {
			return
		}
		if _, _, good := readLogHeader(raw[:logHeader]); !good {
			return
		}
		if bad, err := broken(file); err != nil || bad {
			t.Errorf("after relinking: broken = %v, %v", bad, err)
		}
	})
}
