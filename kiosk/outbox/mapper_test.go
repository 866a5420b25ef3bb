package outbox

import (
	"encoding/binary"
	"os"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The device mapper's calls, as of linux/dm-ioctl.h.
const (
	dmCreate    = 3
	dmRemove    = 4
	dmSuspend   = 6
	dmTableLoad = 9
	dmTargetMsg = 14
	dmHead      = 312 // struct dm_ioctl
)

// mapper is the device mapper's control file.
type mapper struct{ control *os.File }

func openMapper(t *testing.T) mapper {
	t.Helper()
	f, err := os.OpenFile("/dev/mapper/control", os.O_RDWR, 0)
	ok(t, err)
	t.Cleanup(func() { _ = f.Close() })
	return mapper{f}
}

// call does one call on the device named cutName.
func (m mapper) call(t *testing.T, nr uintptr, payload []byte) {
	t.Helper()
	le := binary.LittleEndian
	p := make([]byte, dmHead+len(payload)+4096)
	le.PutUint32(p, 4) // version 4.0.0
	le.PutUint32(p[12:], uint32(len(p)))
	le.PutUint32(p[16:], dmHead)
	if nr == dmTableLoad {
		le.PutUint32(p[20:], 1) // one target
	}
	copy(p[48:], cutName)
	copy(p[dmHead:], payload)
	const readWrite = 3 << 30
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, m.control.Fd(), readWrite|dmHead<<16|0xfd<<8|nr, uintptr(unsafe.Pointer(&p[0])))
	if errno != 0 {
		t.Fatalf("device mapper's call %d: %v", nr, errno)
	}
}

// targetSpec is a table of one line.
func targetSpec(sectors uint64, kind, params string) []byte {
	p := make([]byte, 40+len(params)+1)
	binary.LittleEndian.PutUint64(p[8:], sectors)
	copy(p[24:], kind)
	copy(p[40:], params)
	return p
}

// message is one for the target at sector 0.
func message(s string) []byte { return append(make([]byte, 8), s+"\x00"...) }
