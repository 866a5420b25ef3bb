package outbox

import (
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
)

// The write-ahead log as of sqlite.org/fileformat2.html, section 4: a header of
// 32 bytes, then frames of 24 bytes and one page. Each frame repeats the salt
// of the header and carries a checksum over everything before it.
const (
	logHeader   = 32
	frameHeader = 24
	frameSize   = frameHeader + pageSize
	logMagic    = 0x377f0682 // the lowest bit says in which byte order sums are made
)

type logSum struct{ a, b uint32 }

func (s *logSum) add(order binary.ByteOrder, p []byte) {
	for ; len(p) >= 8; p = p[8:] {
		s.a += order.Uint32(p) + s.b
		s.b += order.Uint32(p[4:]) + s.a
	}
}

// sameSalt tells whether frame belongs to the log that begins with head, and
// was not left over from an earlier round.
func sameSalt(head, frame []byte) bool { return string(head[16:24]) == string(frame[8:16]) }

func ends(frame []byte) bool { return binary.BigEndian.Uint32(frame[4:]) != 0 } // a commit

func sumOf(p []byte) logSum {
	return logSum{binary.BigEndian.Uint32(p), binary.BigEndian.Uint32(p[4:])}
}

// broken tells whether the log lost commits that had been synced. SQLite reads
// a log up to the first bad frame and quietly forgets the rest. That is right
// for the one commit that a power cut tore, as nobody was told of it; but if
// two or more commits of this round lie behind the bad frame, or the header is
// bad, then accepted submissions are among what would be forgotten.
func broken(file string) (bool, error) {
	f, err := os.Open(file)
	if err != nil {
		return false, err
	}
	defer f.Close()
	head := make([]byte, logHeader)
	if _, err := io.ReadFull(f, head); err != nil {
		return true, nil // shorter than a header
	}
	order, sum, ok := readLogHeader(head)
	if !ok {
		return true, nil
	}
	frame := make([]byte, frameSize)
	good, commits := true, 0
	for {
		if _, err := io.ReadFull(f, frame); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return commits > 1, nil
		} else if err != nil {
			return false, err
		}
		same := sameSalt(head, frame)
		if good {
			sum.add(order, frame[:8])
			sum.add(order, frame[frameHeader:])
			good = same && sum == sumOf(frame[16:])
		}
		if !good && same && ends(frame) {
			commits++
		}
	}
}

func readLogHeader(head []byte) (binary.ByteOrder, logSum, bool) {
	magic := binary.BigEndian.Uint32(head)
	var order binary.ByteOrder = binary.LittleEndian
	if magic&1 == 1 {
		order = binary.BigEndian
	}
	var sum logSum
	sum.add(order, head[:24])
	ok := magic&^1 == logMagic && sum == sumOf(head[24:]) && binary.BigEndian.Uint32(head[8:]) == pageSize
	return order, sum, ok
}

// relink writes the checksums of a broken log anew, so that SQLite reads past
// the bad frame; what is wrong in the pages is found by their content later.
// It is for a copy only. A log whose header is bad is left as it is.
func relink(file string) error {
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	head := make([]byte, logHeader)
	if _, err := io.ReadFull(f, head); err != nil {
		return nil
	}
	order, sum, ok := readLogHeader(head)
	if !ok {
		return nil
	}
	frame := make([]byte, frameSize)
	to := int64(logHeader)
	for from := int64(logHeader); ; from += frameSize {
		if _, err := f.ReadAt(frame, from); errors.Is(err, io.EOF) {
			return f.Truncate(to)
		} else if err != nil {
			return err
		}
		if !sameSalt(head, frame) {
			continue
		}
		sum.add(order, frame[:8])
		sum.add(order, frame[frameHeader:])
		binary.BigEndian.PutUint32(frame[16:], sum.a)
		binary.BigEndian.PutUint32(frame[20:], sum.b)
		if _, err := f.WriteAt(frame, to); err != nil {
			return err
		}
		to += frameSize
	}
}
