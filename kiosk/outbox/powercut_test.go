package outbox

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The guest that scripts/lab/powercut.sh boots has three disks in memory: the
// one that is cut, one on which dm-log-writes keeps every write to it, and one
// on which the cut disk is laid out again.
const (
	cutDisk   = "/dev/ram0"
	cutLog    = "/dev/ram1"
	againDisk = "/dev/ram2"
	cutName   = "cut"
	cutSize   = 40 << 20 // of the first
)

// TestLabPowerCut works an outbox on a disk, and then takes the power away at
// hundreds of points: it lays the disk out as it was then, with those writes
// whose sync had not ended there, missing or torn, as chance wills; mounts it,
// which replays the file system's journal, repaired before if it must; and opens the outbox. Whatever had
// been accepted must be there, whole; whatever had been received, received; and
// nothing may count as damaged.
func TestLabPowerCut(t *testing.T) {
	if os.Getenv("MOTCUA_LAB") != "guest" {
		t.Skip("needs a machine of its own: make powercut")
	}
	points := 240
	if n, err := strconv.Atoi(os.Getenv("MOTCUA_CUTS")); err == nil && n > 0 {
		points = n
	}
	shell(t, "mkfs.ext4", "-q", "-F", "-J", "size=4", "-E", "lazy_itable_init=0,nodiscard", cutDisk, strconv.Itoa(cutSize>>10))
	base := beginning(t, cutDisk)
	worked := work(t)
	entries := readLog(t)
	places := choosePoints(entries, points)
	c := &cutter{stable: base, sums: worked, accepted: map[string]bool{}, received: map[string]bool{}}
	torn := 0
	for i, e := range entries {
		if len(places) > 0 && places[0] == i {
			places = places[1:]
			torn += c.cut(t, i)
		}
		c.apply(e)
	}
	t.Logf("%d points among %d writes, flushes and marks; %d accepted; writes in flight at %d of the points",
		points, len(entries), len(worked), torn)
	if len(c.accepted) != len(worked) || len(c.received) == 0 {
		t.Errorf("the log tells of %d accepted and %d received, want %d and some", len(c.accepted), len(c.received), len(worked))
	}
}

// TestLabTornSuperblock: a superblock, which lies in two sectors, of which one came to
// the disk costs no submission.
func TestLabTornSuperblock(t *testing.T) {
	if os.Getenv("MOTCUA_LAB") != "guest" {
		t.Skip("needs a machine of its own: make powercut")
	}
	const dir = "/mnt/torn"
	shell(t, "mkfs.ext4", "-q", "-F", againDisk, strconv.Itoa(cutSize>>10))
	attach(t, againDisk, dir)
	b, err := Open(t.Context(), dir+"/outbox", Options{MinFree: -1})
	ok(t, err)
	it := item(5000)
	put(t, b, it)
	ok(t, b.Close())
	ok(t, unix.Unmount(dir, 0))

	f, err := os.OpenFile(againDisk, os.O_WRONLY, 0)
	ok(t, err)
	_, err = f.WriteAt(make([]byte, 512), 1024+512)
	ok(t, errors.Join(err, f.Sync(), f.Close()))
	if !attach(t, againDisk, dir) {
		t.Error("it mounts as it is")
	}
	defer func() { ok(t, unix.Unmount(dir, 0)) }()
	b, err = Open(t.Context(), dir+"/outbox", Options{MinFree: -1})
	ok(t, err)
	defer func() { ok(t, b.Close()) }()
	if got, err := b.Item(t.Context(), it.ID); err != nil || !bytes.Equal(got.Sealed, it.Sealed) {
		t.Errorf("the submission is lost: %v", err)
	}
}

// attach mounts a disk as a station does that starts with fsck.repair=yes: what does
// not mount is repaired first. It tells whether that was needed.
func attach(t *testing.T, disk, dir string) (repaired bool) {
	t.Helper()
	ok(t, os.MkdirAll(dir, 0o700))
	err := unix.Mount(disk, dir, "ext4", 0, "")
	if !errors.Is(err, unix.EBADMSG) && !errors.Is(err, unix.EUCLEAN) {
		ok(t, err)
		return false
	}
	out, err := exec.CommandContext(t.Context(), "e2fsck", "-y", disk).CombinedOutput()
	if exit, is := errors.AsType[*exec.ExitError](err); err != nil && (!is || exit.ExitCode() != 1) { // 1 = repaired
		t.Fatalf("the file system itself is lost: e2fsck: %v\n%s", err, out)
	}
	ok(t, unix.Mount(disk, dir, "ext4", 0, ""))
	return true
}

func shell(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

// work accepts and delivers on the disk, and notes in the log of writes what
// was promised when. It gives the SHA-256 of everything that was accepted.
func work(t *testing.T) map[string][32]byte {
	t.Helper()
	d := openMapper(t)
	d.call(t, dmCreate, nil)
	d.call(t, dmTableLoad, targetSpec(cutSize/512, "log-writes", cutDisk+" "+cutLog))
	d.call(t, dmSuspend, nil) // without the flag: resumes
	ok(t, os.MkdirAll("/mnt/cut", 0o700))
	ok(t, unix.Mount("/dev/dm-0", "/mnt/cut", "ext4", 0, ""))
	mark := func(what, id string) { d.call(t, dmTargetMsg, message("mark "+what+":"+id)) }

	sums := map[string][32]byte{}
	ctx := context.Background()
	var b *Outbox
	for round := range 3 {
		var err error
		b, err = Open(ctx, "/mnt/cut/outbox", Options{MinFree: -1})
		ok(t, err)
		for i := range 24 {
			it := item(500 + rand.IntN(12_000))
			if i%3 == 0 {
				it.Parts = []Part{partOf(t, b, 1+rand.IntN(20_000)), partOf(t, b, 5000)}
			}
			put(t, b, it)
			mark("accepted", it.ID)
			sums[it.ID] = sha256.Sum256(it.Sealed)
			if i%2 == 1 {
				continue
			}
			due, err := b.Due(ctx, time.Now(), 2, 1<<20)
			ok(t, err)
			var begin, end []Mark
			lacking, err := b.Lacking(ctx, time.Now(), 1)
			ok(t, err)
			for _, e := range lacking {
				ok(t, b.Apply(ctx, b.MarkCarried(e.ID)))
			}
			for _, it := range due {
				begin, end = append(begin, b.MarkSending(it.ID)), append(end, b.MarkReceived(it.ID, Confirmation{At: time.Now()}))
			}
			ok(t, b.Apply(ctx, begin...))
			ok(t, b.Apply(ctx, end...))
			for _, it := range due {
				mark("received", it.ID)
			}
		}
		if round == 1 {
			b.checkpoint()
			_, err := b.Retain(ctx, time.Now().Add(8*day)) // bytes go, rows stay
			ok(t, err)
		}
		if round < 2 {
			ok(t, b.Close())
		}
	}
	ok(t, b.Close())
	ok(t, unix.Unmount("/mnt/cut", 0))
	d.call(t, dmRemove, nil)
	return sums
}

// write is one entry of the log of writes.
type write struct {
	off   int64
	data  []byte
	flush bool   // all before it is on the disk before it is
	fua   bool   // it is on the disk when it ends
	mark  string // "accepted:ID"
}

// readLog reads what dm-log-writes kept: a sector with the number of entries,
// then for each a sector that tells of it and the data, as of
// Documentation/admin-guide/device-mapper/log-writes.rst and the driver.
func readLog(t *testing.T) []write {
	t.Helper()
	f, err := os.Open(cutLog)
	ok(t, err)
	defer f.Close()
	sector := make([]byte, 512)
	_, err = io.ReadFull(f, sector)
	ok(t, err)
	le := binary.LittleEndian
	if magic := le.Uint64(sector); magic != 0x6a736677736872 || le.Uint32(sector[24:]) != 512 {
		t.Fatalf("no log of writes: magic %x, sectors of %d", magic, le.Uint32(sector[24:]))
	}
	var all []write
	for range le.Uint64(sector[16:]) {
		_, err := io.ReadFull(f, sector)
		ok(t, err)
		flags, n := le.Uint64(sector[16:]), le.Uint64(sector[24:])
		w := write{off: int64(le.Uint64(sector)) * 512, flush: flags&1 != 0, fua: flags&2 != 0}
		switch {
		case flags&8 != 0:
			w.mark = string(sector[32 : 32+n])
		case flags&4 != 0: // a discard keeps no data
			t.Fatal("the file system discards: nobody asked it to")
		default:
			w.data = make([]byte, le.Uint64(sector[8:])*512)
			_, err := io.ReadFull(f, w.data)
			ok(t, err)
		}
		all = append(all, w)
	}
	return all
}

// choosePoints gives n points in order: half of them right after a promise was
// made, where a loss would show, the others anywhere.
func choosePoints(all []write, n int) []int {
	var promised []int
	for i, w := range all {
		if strings.HasPrefix(w.mark, "accepted:") || strings.HasPrefix(w.mark, "received:") {
			promised = append(promised, i+1)
		}
	}
	rand.Shuffle(len(promised), func(i, j int) { promised[i], promised[j] = promised[j], promised[i] })
	chosen := map[int]bool{}
	for _, i := range promised[:min(n/2, len(promised))] {
		chosen[min(i, len(all)-1)] = true
	}
	for len(chosen) < min(n, len(all)) {
		chosen[rand.IntN(len(all))] = true
	}
	var places []int
	for i := range all {
		if chosen[i] {
			places = append(places, i)
		}
	}
	return places
}

// cutter goes through the log and lays the disk out as a cut left it.
type cutter struct {
	stable   []byte  // the disk with all that is surely on it
	flight   []write // written since, and not surely on it
	sums     map[string][32]byte
	accepted map[string]bool
	received map[string]bool
}

func (c *cutter) apply(w write) {
	if id, is := strings.CutPrefix(w.mark, "accepted:"); is {
		c.accepted[id] = true
	}
	if id, is := strings.CutPrefix(w.mark, "received:"); is {
		c.received[id] = true
	}
	if w.flush {
		for _, w := range c.flight {
			copy(c.stable[w.off:], w.data)
		}
		c.flight = nil
	}
	if len(w.data) > 0 {
		c.flight = append(c.flight, w)
	}
}

// cut lays the disk out, mounts it and opens the outbox; 1 = writes were in
// flight.
func (c *cutter) cut(t *testing.T, at int) (torn int) {
	t.Helper()
	disk := bytes.Clone(c.stable)
	for _, w := range c.flight {
		data := w.data
		if !w.fua {
			torn = 1
			switch rand.IntN(3) {
			case 0:
				continue // it never came to the disk
			case 1:
				data = data[:rand.IntN(len(data)/512+1)*512] // the power went in its midst
			}
		}
		copy(disk[w.off:], data)
	}
	f, err := os.OpenFile(againDisk, os.O_WRONLY, 0)
	ok(t, err)
	_, err = f.Write(disk)
	ok(t, errors.Join(err, f.Close()))
	if attach(t, againDisk, "/mnt/again") {
		t.Logf("point %d: the file system was repaired first", at)
	}
	defer func() { ok(t, unix.Unmount("/mnt/again", 0)) }()
	b, err := Open(t.Context(), "/mnt/again/outbox", Options{MinFree: -1})
	if err != nil {
		t.Fatalf("point %d: %v", at, err)
	}
	defer func() { ok(t, b.Close()) }()
	if d := b.Damage(); d != nil {
		t.Errorf("point %d: a power cut counts as damage: %+v", at, *d)
	}
	for id := range c.accepted {
		e, err := b.Show(t.Context(), id)
		switch {
		case err != nil:
			t.Errorf("point %d: %s was accepted and is lost: %v", at, id, err)
		case c.received[id] && e.State != Received:
			t.Errorf("point %d: %s was received and is %s", at, id, e.State)
		case e.State == Refused:
			t.Errorf("point %d: %s was set aside: %s", at, id, e.Reason.Code)
		case e.Dropped.IsZero():
			it, err := b.Item(t.Context(), id)
			if err != nil || sha256.Sum256(it.Sealed) != c.sums[id] {
				t.Errorf("point %d: %s has other bytes: %v", at, id, err)
			}
			for _, p := range it.Parts {
				if err := b.checkPart(p); err != nil {
					t.Errorf("point %d: %s: %v", at, id, err)
				}
			}
		}
	}
	return torn
}

func beginning(t *testing.T, disk string) []byte {
	t.Helper()
	f, err := os.Open(disk)
	ok(t, err)
	defer f.Close()
	all := make([]byte, cutSize)
	_, err = io.ReadFull(f, all)
	ok(t, err)
	return all
}
