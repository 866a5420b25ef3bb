package gate

import (
	"sync"
	"time"
)

// Wrong look-ups in one window: enough for a citizen who mistypes, and for a
// hall of them; at most 480 guesses a day at one of 614,656 secrets.
const (
	window        = 15 * time.Minute
	triesARef     = 5
	triesAStation = 60
	mostCounted   = 100_000 // subjects remembered; more means an attack, and all wait
)

// tries counts wrong look-ups.
type tries struct {
	mu     sync.Mutex // guards wrong
	wrong  map[string]count
	turned time.Time
}

type count struct {
	since time.Time
	n     int
}

// spent tells whether subject has no try left at now.
func (t *tries) spent(subject string, limit int, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	c, known := t.wrong[subject]
	if !known {
		return len(t.wrong) >= mostCounted && now.Sub(t.turned) < window
	}
	return now.Sub(c.since) < window && c.n >= limit
}

// wasWrong counts a wrong look-up by each of subjects.
func (t *tries) wasWrong(now time.Time, subjects ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.wrong == nil || now.Sub(t.turned) >= window {
		for subject, c := range t.wrong {
			if now.Sub(c.since) >= window {
				delete(t.wrong, subject)
			}
		}
		if t.wrong == nil {
			t.wrong = map[string]count{}
		}
		t.turned = now
	}
	for _, subject := range subjects {
		c := t.wrong[subject]
		if now.Sub(c.since) >= window {
			c = count{since: now}
		}
		c.n++
		t.wrong[subject] = c
	}
}
