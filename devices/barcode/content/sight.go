package content

import (
	"hash/maphash"
	"time"
)

// Sight tells codes from further sightings of the code that is still held under
// the unit. It keeps the hash of a code only: the text is somebody's. For one
// goroutine.
type Sight struct {
	repeat time.Duration
	seed   maphash.Seed
	last   uint64
	seen   time.Time
}

// NewSight gives a Sight by which a code counts as still held for the time of
// repeat after its last sighting; negative = every sighting is a code.
func NewSight(repeat time.Duration) *Sight {
	return &Sight{repeat: repeat, seed: maphash.MakeSeed()}
}

// Again notes that the unit sent text from began to ended, and tells that it is
// the code before it, still in sight. Only the pause between the two counts: to
// type a long code may take a keyboard scanner longer than repeat.
func (s *Sight) Again(text string, began, ended time.Time) bool {
	hash := maphash.String(s.seed, text)
	again := hash == s.last && !s.seen.IsZero() && began.Sub(s.seen) <= s.repeat
	s.last, s.seen = hash, ended
	return again
}
