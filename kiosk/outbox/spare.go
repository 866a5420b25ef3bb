package outbox

import (
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// spareSize is kept aside on the disk so that deliveries can still be marked,
// and the log moved into the database, when others have filled the disk to the
// last byte: twice the length of the log.
const spareSize = 2 * logPages * frameSize

const spareName = "spare"

// laySpare takes the spare room if it is not taken and free bytes allow it.
func (b *Outbox) laySpare() error {
	file := filepath.Join(b.dir, spareName)
	if size(file) >= spareSize {
		return nil
	}
	if free, err := freeBytes(b.dir); err != nil || free < b.o.MinFree+2*spareSize {
		return err
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	err = errors.Join(unix.Fallocate(int(f.Fd()), 0, 0, spareSize), f.Close())
	if errors.Is(err, unix.EOPNOTSUPP) {
		return os.Remove(file) // the file system cannot: do without
	}
	return err
}

// giveSpare gives the spare room up. False means that there was none.
func giveSpare(dir string) bool {
	file := filepath.Join(dir, spareName)
	return size(file) > 0 && os.Truncate(file, 0) == nil
}
