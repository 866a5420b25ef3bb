// Package soundtest is the suite that every loudspeaker driver passes.
//
// It listens at the far end of the wire: each case judges what was heard and
// when, not what the driver says of itself.
//
// Promises about milliseconds are tried a few times, and one good try is
// enough; while the machine itself runs late, that much more is allowed. So a
// busy machine does not fail the suite, and a driver that breaks a promise
// breaks it each time.
//
// Broken on purpose on an idle machine, the oto driver failed each of these: no fade at the cut;
// the tail not waited for; a dead device waited for without end; Close that
// leaves Play alone; no turns; a level only for later clips, or only for the one
// that plays; an ended context not looked at first; Suspend called where it can
// hang; an error without its unit; nil for a clip that was cut off. Two more
// are not the suite's to see and failed the driver's own tests: a device that
// is fed while silent, and one asked of the library without knocking first.
package soundtest

import (
	"context"
	"errors"
	"math"
	"sync/atomic"
	"testing"
	"time"

	"motcua/devices"
	"motcua/devices/sound"
)

// Sound is what was heard without a break.
type Sound struct {
	At   time.Time // when its first sample was heard
	Rate int       // samples a second
	PCM  []int16   // mono
}

// Bench is one loudspeaker on the desk, and the hands that work it. It is
// plugged in and nothing plays.
type Bench struct {
	Unit   string // the name that errors give it
	Open   func(context.Context) (sound.Speaker, error)
	Heard  func() []Sound // so far, oldest first
	Unplug func()
	Plug   func()
}

// The tones that clips are made of: two of them, to tell clips apart.
const (
	low  = 400  // Hz
	high = 2000 // Hz
)

// tries is how often a promise about milliseconds is tried.
const tries = 6

// Run checks one promise of sound.Speaker in each case. set gives a bench; the
// loudspeaker may be the same one each time.
func Run(t *testing.T, set func(t *testing.T) Bench) {
	cases := []struct {
		name  string
		check func(*testing.T, Bench)
	}{
		{"plays a whole clip in about its length", playsWhole},
		{"a cancel silences it within 100 ms and it still works", cutsOff},
		{"a second clip waits for the first", takesTurns},
		{"a context that ended before plays nothing", endedBefore},
		{"a cancel ends the wait for a turn", endedWaiting},
		{"Close unblocks Play, twice is fine", closes},
		{"a level takes effect on what plays", setsLevel},
		{"unplugged in mid-clip is gone in time, plugged in again plays", unplugged},
		{"nothing there is gone in time", absent},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { c.check(t, set(t)) })
	}
}

// open opens the loudspeaker and closes it at the end.
func (b Bench) open(t *testing.T) sound.Speaker {
	t.Helper()
	s, err := b.Open(t.Context())
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

// good tries a check until it has nothing to complain of. slack is what the
// machine is late by during the try.
func good(t *testing.T, check func(slack func() time.Duration) (complaint string)) {
	t.Helper()
	for i := range tries {
		slack, done := Slack()
		complaint := check(slack)
		done()
		if complaint == "" {
			return
		}
		t.Logf("try %d: %s (slack %v)", i+1, complaint, slack())
	}
	t.Errorf("none of %d tries was good", tries)
}

// Slack watches how late this machine runs what is due, until done is called.
// It gives four times the worst so far, as sound passes four hands on its way:
// the caller, the driver, ALSA's thread and the loudspeaker. On an idle machine
// that is a few milliseconds.
func Slack() (slack func() time.Duration, done func()) {
	const beat = 5 * time.Millisecond
	var worst atomic.Int64
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			t := time.NewTimer(beat)
			due := time.Now().Add(beat)
			select {
			case <-t.C:
				worst.Store(max(worst.Load(), int64(time.Since(due))))
			case <-stop:
				t.Stop()
				return
			}
		}
	}()
	slack = func() time.Duration { return 4 * time.Duration(worst.Load()) }
	return slack, func() { close(stop); <-stopped }
}

// edge is how long a tone fades in and out, so that its ends are no clicks,
// in which every tone sounds.
const edge = 5 * time.Millisecond

// tone is d of a tone at half of full scale.
func tone(hz float64, d time.Duration) sound.Clip {
	c := make(sound.Clip, int(d.Seconds()*sound.Rate))
	for i := range c {
		swell := min(1, float64(min(i, len(c)-i))/(sound.Rate*edge.Seconds()))
		c[i] = int16(math.MaxInt16 / 2 * swell * math.Sin(2*math.Pi*hz*float64(i)/sound.Rate))
	}
	return c
}

// beat is a moment of what was heard.
type beat struct {
	at     time.Time
	level  float64 // effective, 1 = a tone as the suite makes it
	isLow  bool    // clearly more of the low tone in it than of the high
	isHigh bool    // and the other way round
}

const beatLength = 5 * time.Millisecond

// since gives the beats heard from start on.
func (b Bench) since(start time.Time) []beat {
	var beats []beat
	for _, s := range b.Heard() {
		n := int(int64(s.Rate) * int64(beatLength) / int64(time.Second))
		for i := 0; i+n <= len(s.PCM); i += n {
			at := s.At.Add(time.Duration(i) * time.Second / time.Duration(s.Rate))
			if at.Before(start) {
				continue
			}
			pcm := s.PCM[i : i+n]
			square := 0.0
			for _, v := range pcm {
				square += float64(v) * float64(v)
			}
			inLow, inHigh := share(pcm, s.Rate, low), share(pcm, s.Rate, high)
			rms := math.Sqrt(square / float64(n))
			beats = append(beats, beat{
				at:     at,
				level:  rms / (math.MaxInt16 / 2 / math.Sqrt2),
				isLow:  inLow > 3*inHigh,
				isHigh: inHigh > 3*inLow,
			})
		}
	}
	return beats
}

// share is how strongly a tone of hz sounds in pcm.
func share(pcm []int16, rate int, hz float64) float64 {
	var re, im float64
	for i, v := range pcm {
		sin, cos := math.Sincos(2 * math.Pi * hz * float64(i) / float64(rate))
		re += float64(v) * cos
		im += float64(v) * sin
	}
	return math.Hypot(re, im)
}

// loud keeps the beats that a person would hear: above a tenth of a tone.
func loud(beats []beat) []beat {
	var kept []beat
	for _, b := range beats {
		if b.level > 0.1 {
			kept = append(kept, b)
		}
	}
	return kept
}

func length(beats []beat) time.Duration { return time.Duration(len(beats)) * beatLength }

// waitFor waits until cond holds of what is heard since start.
func (b Bench) waitFor(t *testing.T, start time.Time, cond func([]beat) bool) {
	t.Helper()
	look := time.NewTicker(beatLength)
	defer look.Stop()
	tooLong := time.After(15 * time.Second)
	for !cond(b.since(start)) {
		select {
		case <-look.C:
		case <-tooLong:
			t.Fatal("not heard within 15 s")
		}
	}
}

// playing starts a Play and gives its coming result.
func playing(ctx context.Context, s sound.Speaker, c sound.Clip) <-chan error {
	done := make(chan error, 1)
	go func() { done <- s.Play(ctx, c) }()
	return done
}

// result waits for a Play to return, at most limit.
func result(t *testing.T, done <-chan error, limit time.Duration) error {
	t.Helper()
	select {
	case err := <-done:
		return err
	case <-time.After(limit):
		t.Fatalf("Play did not return within %v", limit)
		return nil
	}
}

// names checks that err gives the unit, a call and the reason.
func (b Bench) names(t *testing.T, err error, op string, reason error) {
	t.Helper()
	if !errors.Is(err, reason) {
		t.Fatalf("got error %v, want %v", err, reason)
	}
	var e *devices.Error
	if !errors.As(err, &e) || e.Unit != b.Unit || e.Op != op {
		t.Errorf("error %q does not name unit %q and call %q", err, b.Unit, op)
	}
}
