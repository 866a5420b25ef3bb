package handover

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"slices"
	"sync"
	"time"

	"motcua/kiosk/attachment"
)

// session is one page that is open: of one visit and one question.
type session struct {
	Ask
	token [sha256.Size]byte // digest of what the address ends with
	code  string
	ctx   context.Context // ends with the page
	end   context.CancelFunc
	turn  chan struct{} // one may send at a time

	mu     sync.Mutex // guards what follows
	ids    []string   // of what was taken
	failed []string   // keys: why files of the last sending were not
	told   time.Time  // of Coming
}

func newSession(a Ask, token string) *session {
	s := &session{Ask: a, token: sha256.Sum256([]byte(token)), code: newCode(), turn: make(chan struct{}, 1)}
	s.ctx, s.end = context.WithCancel(context.Background())
	return s
}

// newCode makes a code that two screens are compared by: four signs that are not
// taken for one another.
func newCode() string {
	const signs = "ABCDEFGHKMNPQRTUVWXY346789" // 26
	var b [4]byte
	for i := range b {
		for {
			var one [1]byte
			_, _ = rand.Read(one[:]) // never fails, as of Go 1.24
			if int(one[0]) < 256/len(signs)*len(signs) {
				b[i] = signs[int(one[0])%len(signs)]
				break
			}
		}
	}
	return string(b[:2]) + " " + string(b[2:])
}

// coming tells of a sign of life, at most once a second.
func (s *session) coming() {
	s.mu.Lock()
	now := time.Now()
	fresh := now.Sub(s.told) < time.Second
	if !fresh {
		s.told = now
	}
	s.mu.Unlock()
	if !fresh && s.ctx.Err() == nil {
		s.Coming()
	}
}

// begins forgets what became of the sending before.
func (s *session) begins() {
	s.mu.Lock()
	s.failed = nil
	s.mu.Unlock()
}

func (s *session) arrived(a attachment.Attachment) {
	s.mu.Lock()
	s.ids = append(s.ids, a.ID())
	s.mu.Unlock()
	s.Arrived(a)
}

// refused keeps why a file was not taken. One reason is told once.
func (s *session) refused(key string) {
	s.mu.Lock()
	if !slices.Contains(s.failed, key) {
		s.failed = append(s.failed, key)
	}
	s.mu.Unlock()
	if s.ctx.Err() == nil && key != noFile {
		s.Refused(key)
	}
}

// shown gives what the page says: what was taken and is still there, and why
// files of the last sending were not.
func (s *session) shown() (taken []attachment.Attachment, failed []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.Tray.List() {
		if slices.Contains(s.ids, a.ID()) {
			taken = append(taken, a)
		}
	}
	return taken, slices.Clone(s.failed)
}
