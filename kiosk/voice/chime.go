package voice

import (
	"math"
	"time"

	"motcua/devices/sound"
)

// Chime is a short sound without words. The zero Chime is silence.
type Chime int

// The chimes: the two can be told apart by ear alone, by rising and falling.
const (
	Quiet Chime = iota
	Good        // taken: a code was read, the receipt is out
	Bad         // not taken: look at the screen
)

// between is how long a chime that meets a prompt waits for it to end, cut off by
// the prompt of the next page. What comes later belongs to nothing on the screen.
const between = 300 * time.Millisecond

// note is a tone of a chime, Hz; each lasts noteTime.
type note float64

const (
	noteTime = 55 * time.Millisecond
	rise     = 6 * time.Millisecond  // from and to silence, or the loudspeaker clicks
	fade     = 25 * time.Millisecond // a bell's
	gapChime = 60 * time.Millisecond // to the prompt behind it
	loud     = 0.30                  // of full scale: as loud as a voice, not louder
)

// notes of each chime: a fourth up; a third down, an octave lower.
var notes = map[Chime][]note{Good: {880, 1174.66}, Bad: {466.16, 369.99}}

// Clip gives the sound of a chime: 110 ms, from silence to silence.
func (c Chime) Clip() sound.Clip {
	var clip sound.Clip
	for _, n := range notes[c] {
		clip = append(clip, n.clip()...)
	}
	return clip
}

func (n note) clip() sound.Clip {
	clip := silence(noteTime)
	for i := range clip {
		at := float64(i) / sound.Rate
		left := noteTime.Seconds() - at
		// Both ends are raised cosines, whose slope is 0 where they meet silence.
		ends := swell(at/rise.Seconds()) * swell(left/fade.Seconds())
		tone := math.Sin(2*math.Pi*float64(n)*at) + 0.25*math.Sin(4*math.Pi*float64(n)*at)
		clip[i] = pcm(loud * ends * tone / 1.25)
	}
	return clip
}

// swell rises from 0 at 0 to 1 at 1 and stays there.
func swell(x float64) float64 {
	return (1 - math.Cos(math.Pi*min(max(x, 0), 1))) / 2
}

// Chime sounds c: at once when nothing is spoken, else between that prompt and the
// next one, if that one comes within 300 ms. It never sounds over a prompt, and a
// prompt that comes while it sounds waits for its end, 110 ms at most.
func (m *Mouth) Chime(c Chime) {
	m.mu.Lock()
	m.ring, m.rung = c, time.Now()
	m.mu.Unlock()
	m.tell()
}

// chime takes the chime that is to sound now; Quiet when there is none.
func (m *Mouth) chime() Chime {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.ring
	if time.Since(m.rung) > between {
		c = Quiet
	}
	m.ring = Quiet
	return c
}
