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

// Again notes that text was seen at that time, and tells that it is the code
// before it, still in sight.
func (s *Sight) Again(text string, at time.Time) bool {
	hash := maphash.String(s.seed, text)
	again := hash == s.last && !s.seen.IsZero() && at.Sub(s.seen) <= s.repeat
	s.last, s.seen = hash, at
	return again
}
