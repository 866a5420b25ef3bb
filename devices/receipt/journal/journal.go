// Package journal remembers on disk which receipts are owed and which may be on
// paper, so that neither a crash nor an empty roll leaves a visitor with none, or
// with two that both look like the first.
//
// A job is one receipt. It goes through these states, each on disk before the
// next thing happens:
//
//	Owed     promised; nothing of it was sent to a printer
//	Begun    a copy is being sent: it may be on paper whole, half or not at all
//	Out      the printer said that this copy is out, or has no means to say more
//	Lost     the printer said that this copy did not come out whole
//	GivenUp  it will not be printed: staff or the visitor know of it
//
// Every copy has a number. Number 1 looks like a receipt; every other one is
// composed as a reprint, with its number. A number is given once: whoever may have
// sent a byte has used it up, so at most one unmarked receipt can exist. And a job
// that is neither Out nor GivenUp stays owed over any number of restarts, so none
// is forgotten. What cannot be had is to know whether a copy that was Begun in a
// crash is on paper: then the visitor may hold the first and gets a marked one.
//
// The order for who prints:
//
//	journal.Owe(id)                     before the submission is accepted
//	copy := journal.Next(id)            compose the page with it
//	journal.Begin(id, copy, digest)     before the first byte
//	err := printer.Print(ctx, slip)
//	journal.Out(id, copy)               or Lost(id, copy, reason)
//
// and after a start: Unfinished, and print, or GiveUp, each.
//
// For an id that is not known (any more, see Options.Keep) number 1 is next; that
// it is the first, only the caller can know.
//
// There is no personal data in it: ids, states, numbers, times, and the digest of
// a page, by which a piece of paper can be told to be the one that was printed.
//
// The file holds one line an event: a checksum, and JSON. Each line says all of
// its job, so a damaged one harms no other. Nobody knows what a damaged one said,
// if it is not the last, which nothing followed: it may have been a copy's
// beginning, so then no job is given the number that would be next. The file is
// written anew at Open and whenever it has doubled; renaming makes that one step.
//
// Faults that were put in on purpose, and the test that found each: a number given
// twice, or given back by a lost copy; Begin believed before it is on disk; Out of
// a lost copy; lost counted as done; no lock (TestOneReceipt); a checksum not looked
// at, a number given back by a bad block (TestDamagedInTheMiddle); a file that cannot
// be read written over (TestUnreadable); half a line taken
// (TestCutAtEveryByte); what is owed forgotten (TestForgets); a failed disk believed
// (TestDiskFails); Begin left out, and a printer that reports an earlier program's
// slip as ours (TestKilledAtEveryStep).
package journal

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// State is how far a job is.
type State string

// The states; see the package comment.
const (
	Owed    State = "owed"
	Begun   State = "begun"
	Out     State = "out"
	Lost    State = "lost"
	GivenUp State = "given up"
)

// Done tells that nothing more needs to be printed.
func (s State) Done() bool { return s == Out || s == GivenUp }

// Job is one receipt.
type Job struct {
	ID     string    `json:"id"` // of the submission: a UUID
	State  State     `json:"state"`
	Copy   int       `json:"copy"` // the last number that was given; 0 = none
	Digest string    `json:"digest,omitempty"`
	Why    string    `json:"why,omitempty"` // of Lost and GivenUp, in a word
	At     time.Time `json:"at"`
}

// The errors to test for with errors.Is.
var (
	// ErrNumber: that copy's number is not the next one: somebody else has begun.
	ErrNumber = errors.New("that copy was begun before")
	// ErrState: the job is not where such a thing could happen to it.
	ErrState = errors.New("not in that state")
	// ErrBroken: the disk failed. Nothing more is promised until Open succeeds.
	ErrBroken = errors.New("the journal cannot be written")
	// ErrInUse: another program has the journal open.
	ErrInUse = errors.New("the journal is open elsewhere")
)

// Options say how long what is done is remembered. Zero values are right.
type Options struct {
	Keep time.Duration    // how long after it is done; 0 = 30 days
	Now  func() time.Time // nil = time.Now
}

// rewriteAt is how many bytes the file may grow to at least before it is written
// anew: a year of a busy station takes some 30 MB of events, 30 days of jobs 300 kB.
const rewriteAt = 1 << 20

// Journal is open for one program at a time. Safe for use by several goroutines;
// every call that changes something returns after one disk sync.
type Journal struct {
	path string
	o    Options
	lock *os.File

	mu      sync.Mutex // guards what follows; held during the sync, for order
	file    *os.File
	size    int64
	anew    int64 // the size at which it is written anew
	jobs    map[string]Job
	damaged int
	broken  error
}

// Open reads the journal at path, makes one if there is none, and writes it anew.
// The folder must be there. Lines that are damaged are left out and counted.
func Open(path string, o Options) (*Journal, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Keep = cmp.Or(o.Keep, 30*24*time.Hour)
	j := &Journal{path: path, o: o, jobs: map[string]Job{}}
	var err error
	// Not the journal itself: that is another file after each rewriting.
	if j.lock, err = os.OpenFile(path+".lock", os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return nil, fmt.Errorf("journal: open: %w", err)
	}
	err = unix.Flock(int(j.lock.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		err = ErrInUse
	}
	if err == nil {
		err = j.read()
	}
	if err == nil { // or what could not be read would be lost
		err = j.rewrite()
	}
	if err != nil {
		_ = j.lock.Close()
		return nil, fmt.Errorf("journal: open: %w", err)
	}
	return j, nil
}

func (j *Journal) read() error {
	b, err := os.ReadFile(j.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	j.jobs, j.damaged = decode(b)
	return nil
}

// decode gives the last that was said of each job. What a power cut left of the
// last line, or bad blocks of others, is counted.
func decode(b []byte) (jobs map[string]Job, damaged int) {
	jobs = map[string]Job{}
	unheard := false // a line that others followed cannot be read
	for line := range bytes.Lines(b) {
		job, ok := decodeLine(line)
		if !ok {
			damaged++
			continue
		}
		unheard = unheard || damaged > 0
		// A number that was given stays given, also where the line that says so
		// last is lost.
		job.Copy = max(job.Copy, jobs[job.ID].Copy)
		jobs[job.ID] = job
	}
	if unheard || damaged > 1 {
		for id, job := range jobs {
			job.Copy++ // it may have been given
			jobs[id] = job
		}
	}
	return jobs, damaged
}

func decodeLine(line []byte) (job Job, ok bool) {
	body, whole := bytes.CutSuffix(line, []byte("\n"))
	if !whole || len(body) < 10 || body[8] != ' ' {
		return Job{}, false
	}
	if fmt.Sprintf("%08x", crc32.ChecksumIEEE(body[9:])) != string(body[:8]) {
		return Job{}, false
	}
	err := json.Unmarshal(body[9:], &job)
	return job, err == nil && job.ID != "" && job.Copy >= 0 &&
		slices.Contains([]State{Owed, Begun, Out, Lost, GivenUp}, job.State)
}

func encodeLine(job Job) ([]byte, error) {
	body, err := json.Marshal(job)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, "%08x %s\n", crc32.ChecksumIEEE(body), body), nil
}

// rewrite puts what is to be remembered into a new file and that in the place of
// the old one. j.mu is held, or nobody else has j yet.
func (j *Journal) rewrite() error {
	next, err := os.OpenFile(j.path+".new", os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	size, err := j.fill(next)
	if err == nil {
		err = os.Rename(next.Name(), j.path)
	}
	if err == nil {
		err = syncFolder(filepath.Dir(j.path))
	}
	if err != nil {
		return errors.Join(err, next.Close())
	}
	if j.file != nil {
		_ = j.file.Close() // it has no name any more
	}
	j.file, j.size, j.anew = next, size, max(rewriteAt, 2*size)
	return nil
}

// fill writes all jobs but those that were done long ago, which it forgets.
func (j *Journal) fill(f *os.File) (size int64, err error) {
	old := j.o.Now().Add(-j.o.Keep)
	w := bufio.NewWriter(f)
	for id, job := range j.jobs {
		if job.State.Done() && job.At.Before(old) {
			delete(j.jobs, id)
			continue
		}
		line, err := encodeLine(job)
		if err != nil {
			return 0, err
		}
		n, err := w.Write(line)
		if size += int64(n); err != nil {
			return 0, err
		}
	}
	return size, errors.Join(w.Flush(), f.Sync())
}

func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Close gives the journal back. Twice is fine.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil {
		return nil
	}
	err := errors.Join(j.file.Close(), j.lock.Close())
	j.file, j.broken = nil, fmt.Errorf("%w: it is closed", ErrBroken)
	return err
}
