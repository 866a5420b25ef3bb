package outbox

import (
	"errors"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestLabRemountedReadOnly: the kernel takes the right to write away from a disk
// that fails, while the station runs. Nothing more is accepted, what is there can
// be read and listed, and once the disk is well all goes on.
func TestLabRemountedReadOnly(t *testing.T) {
	if os.Getenv("MOTCUA_LAB") != "guest" {
		t.Skip("needs a machine of its own: make powercut")
	}
	shell(t, "mkfs.ext4", "-q", "-F", "-J", "size=4", "-E", "lazy_itable_init=0,nodiscard", againDisk, "40960")
	ok(t, os.MkdirAll("/mnt/failing", 0o700))
	ok(t, unix.Mount(againDisk, "/mnt/failing", "ext4", 0, "errors=remount-ro"))
	b, err := Open(t.Context(), "/mnt/failing/outbox", Options{MinFree: -1})
	ok(t, err)
	first := item(9000)
	put(t, b, first)
	// As after an error of the disk, with every file open for writing.
	ok(t, unix.Mount("", "/mnt/failing", "", unix.MS_REMOUNT, "abort"))
	for range 3 {
		if err := b.Put(t.Context(), item(9000)); !errors.Is(err, ErrReadOnly) {
			t.Errorf("Put = %v, want ErrReadOnly", err)
		}
		if err := b.Sending(t.Context(), first.ID); !errors.Is(err, ErrReadOnly) {
			t.Errorf("Sending = %v, want ErrReadOnly", err)
		}
	}
	if it, found, err := b.Next(t.Context(), time.Now()); err != nil || !found || string(it.Sealed) != string(first.Sealed) {
		t.Errorf("Next = %s, %v, %v; want what was accepted before", it.ID, found, err)
	}
	_ = b.Close() // it cannot write any more
	ok(t, unix.Unmount("/mnt/failing", 0))
	ok(t, unix.Mount(againDisk, "/mnt/failing", "ext4", 0, ""))
	b, err = Open(t.Context(), "/mnt/failing/outbox", Options{MinFree: -1})
	ok(t, err)
	if d := b.Damage(); d != nil {
		t.Errorf("Damage = %+v", *d)
	}
	second := item(100)
	put(t, b, second)
	list, err := b.List(t.Context(), Filter{})
	if err != nil || len(list) != 2 || list[0].ID != first.ID || list[1].ID != second.ID {
		t.Errorf("%d in the list, %v; want the two that were accepted", len(list), err)
	}
	ok(t, b.Close())
	ok(t, unix.Unmount("/mnt/failing", 0))
}
