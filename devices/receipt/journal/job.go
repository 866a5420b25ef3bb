package journal

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"slices"
)

// Owe notes that a receipt is promised. Call it before the promise is made: for a
// submission, before it is accepted; if that fails, GiveUp. An id that is known is
// left as it is.
func (j *Journal) Owe(id string) error {
	return j.change("owe", id, func(job Job, known bool) (Job, error) {
		if known {
			return job, errSame
		}
		return Job{ID: id, State: Owed}, nil
	})
}

// Next is the number that the next copy has: compose it with that. 1 is the
// receipt; from 2 on it must say that it is a reprint.
func (j *Journal) Next(id string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.jobs[id].Copy + 1
}

// Begin notes that a copy is about to be sent, with the digest of its page. After
// it returned nil that copy's number is used up, whatever happens. It fails with
// ErrNumber when copy is not what Next gives now: compose anew. A job that was
// never Owed, such as a printed answer to a look-up, begins here.
func (j *Journal) Begin(id string, copy int, digest [32]byte) error {
	return j.change("begin", id, func(job Job, _ bool) (Job, error) {
		if copy != job.Copy+1 {
			return job, ErrNumber
		}
		return Job{ID: id, State: Begun, Copy: copy, Digest: hex.EncodeToString(digest[:])}, nil
	})
}

// Out notes that the copy is out. It fails with ErrState unless that copy is the
// last that was begun.
func (j *Journal) Out(id string, copy int) error { return j.end(id, copy, Out, "") }

// Lost notes that the copy did not come out whole, and why, in a word that names
// nobody: the printer's status. The job stays owed.
func (j *Journal) Lost(id string, copy int, why string) error { return j.end(id, copy, Lost, why) }

func (j *Journal) end(id string, copy int, state State, why string) error {
	return j.change(string(state), id, func(job Job, _ bool) (Job, error) {
		if job.State != Begun || job.Copy != copy {
			return job, ErrState
		}
		job.State, job.Why = state, why
		return job, nil
	})
}

// GiveUp notes that the job will not be printed any more, and why, in a word. One
// that is done stays as it is.
func (j *Journal) GiveUp(id, why string) error {
	return j.change("give up", id, func(job Job, known bool) (Job, error) {
		switch {
		case !known:
			return job, ErrState
		case job.State.Done():
			return job, errSame
		}
		job.State, job.Why = GivenUp, why
		return job, nil
	})
}

// errSame: there is nothing to write.
var errSame = fmt.Errorf("the same")

// change writes what becomes of a job, and only then believes it.
func (j *Journal) change(op, id string, become func(job Job, known bool) (Job, error)) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	fail := func(err error) error { return fmt.Errorf("journal: %s %s: %w", op, id, err) }
	if j.broken != nil {
		return fail(j.broken)
	}
	job, known := j.jobs[id]
	job, err := become(job, known)
	switch {
	case err == errSame:
		return nil
	case err != nil:
		return fail(err)
	case id == "":
		return fail(fmt.Errorf("%w: no id", ErrState))
	}
	job.At = j.o.Now().UTC()
	line, err := encodeLine(job)
	if err != nil {
		return fail(err)
	}
	if err := j.append(line); err != nil {
		return fail(err)
	}
	j.jobs[id] = job
	if j.size > j.anew {
		if err := j.rewrite(); err != nil {
			j.broken = fmt.Errorf("%w: %w", ErrBroken, err)
		}
	}
	return nil
}

// append writes a line durably. A line that was written in part is taken back; if
// it may be on disk or not, the journal is broken: what a failed sync leaves
// behind cannot be known.
func (j *Journal) append(line []byte) error {
	if _, err := j.file.WriteAt(line, j.size); err != nil {
		if undo := j.file.Truncate(j.size); undo != nil {
			j.broken = fmt.Errorf("%w: %w", ErrBroken, undo)
		}
		return fmt.Errorf("%w: %w", ErrBroken, err)
	}
	if err := j.file.Sync(); err != nil {
		j.broken = fmt.Errorf("%w: %w", ErrBroken, err)
		return j.broken
	}
	j.size += int64(len(line))
	return nil
}

// Unfinished lists the jobs that are not done, oldest first: after a start, what
// is still owed to somebody.
func (j *Journal) Unfinished() []Job {
	j.mu.Lock()
	defer j.mu.Unlock()
	var all []Job
	for _, job := range j.jobs {
		if !job.State.Done() {
			all = append(all, job)
		}
	}
	slices.SortFunc(all, func(a, b Job) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	return all
}

// Job gives what is known of id.
func (j *Journal) Job(id string) (job Job, known bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	job, known = j.jobs[id]
	return job, known
}

// Damaged is how many lines could not be read at Open. One is what a power cut
// leaves; more are a disk that fails.
func (j *Journal) Damaged() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.damaged
}
