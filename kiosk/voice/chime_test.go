package voice

import (
	"context"
	"errors"
	"math"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"motcua/devices"
	"motcua/devices/sound"
)

// TestChimes measures what is heard: short, quieter than full scale, without a
// click at either end or between the notes, and two that differ.
func TestChimes(t *testing.T) {
	for c, name := range map[Chime]string{Good: "good", Bad: "bad"} {
		clip := c.Clip()
		if d := clip.Length(); d < 80*time.Millisecond || d > 150*time.Millisecond {
			t.Errorf("%s lasts %v", name, d)
		}
		peak, energy, step := 0.0, 0.0, 0.0
		for i, v := range clip {
			x := float64(v) / math.MaxInt16
			peak, energy = max(peak, math.Abs(x)), energy+x*x
			if i > 0 {
				step = max(step, math.Abs(x-float64(clip[i-1])/math.MaxInt16))
			}
		}
		rms := math.Sqrt(energy / float64(len(clip)))
		t.Logf("%s: %v, peak %.1f dBFS, rms %.1f dBFS, steepest step %.3f", name, clip.Length(), 20*math.Log10(peak), 20*math.Log10(rms), step)
		if peak > 0.36 || peak < 0.15 {
			t.Errorf("%s peaks at %.2f of full scale", name, peak)
		}
		// The highest partial of a note turns by this much from sample to sample; a
		// click is a step beyond it.
		highest := 2 * math.Pi * float64(max(notes[c][0], notes[c][1])) / sound.Rate * loud
		if step > 1.5*highest {
			t.Errorf("%s clicks: a step of %.3f, the tone itself makes %.3f", name, step, highest)
		}
		for _, end := range []int{0, len(clip) - 1, len(clip)/2 - 1, len(clip) / 2} {
			if v := clip[end]; v > 40 || v < -40 {
				t.Errorf("%s is not silent at sample %d: %d", name, end, v)
			}
		}
	}
	if up, down := notes[Good], notes[Bad]; up[1] <= up[0] || down[1] >= down[0] {
		t.Error("good does not rise, or bad does not fall")
	}
	if Quiet.Clip() != nil {
		t.Error("silence sounds")
	}
}

// A chime alone; before the prompt of the page that it led to; between two prompts;
// and never over one that goes on, nor for a page that is long gone.
func TestWhenAChimeSounds(t *testing.T) {
	chime := Good.Clip().Length()
	with := chime + gapChime
	for name, tc := range map[string]struct {
		play func(*Mouth)
		want []time.Duration // lengths of the clips, in order
	}{
		"alone":            {func(m *Mouth) { m.Chime(Good) }, []time.Duration{chime}},
		"silence asked":    {func(m *Mouth) { m.Hush(); m.Chime(Good) }, []time.Duration{chime}},
		"the last of many": {func(m *Mouth) { m.Chime(Good); m.Chime(Bad) }, []time.Duration{chime}},
		"between two prompts": {func(m *Mouth) {
			m.Say(long)
			time.Sleep(2 * time.Second)
			m.Chime(Good)
			m.Say(short)
		}, []time.Duration{10 * time.Second, with + time.Second}},
		"over one that goes on": {func(m *Mouth) {
			m.Say(long)
			time.Sleep(2 * time.Second)
			m.Chime(Bad)
		}, []time.Duration{10 * time.Second}},
		"too long ago": {func(m *Mouth) {
			m.Say(long)
			time.Sleep(2 * time.Second)
			m.Chime(Bad)
			time.Sleep(between + time.Millisecond)
			m.Say(short)
		}, []time.Duration{10 * time.Second, time.Second}},
		"a prompt comes while it sounds": {func(m *Mouth) {
			m.Chime(Good)
			time.Sleep(10 * time.Millisecond)
			m.Say(short)
		}, []time.Duration{chime, time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			speaking(t, func(r *room, m *Mouth) {
				tc.play(m)
				time.Sleep(15 * time.Second)
				heard, _, _ := r.look()
				var got []time.Duration
				for i, u := range heard {
					got = append(got, u.length)
					if i > 0 && u.from.Before(heard[i-1].to) {
						t.Error("two sounds at once")
					}
				}
				if diff := cmp.Diff(tc.want, got, cmp.Comparer(near)); diff != "" {
					t.Errorf("heard (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func near(a, b time.Duration) bool { return (a - b).Abs() < time.Millisecond }

// A loudspeaker that is plugged in is used at once, not after the half minute that
// a mouth may wait by then, and one that is pulled while nothing is spoken is missed
// at once.
func TestRoused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t)
		r.away = true
		v, err := Load(fstest.MapFS{}, catalogue(t, ""), nil)
		if err != nil {
			t.Fatal(err)
		}
		m := NewMouth(r.open, v, r.report)
		came := make(chan struct{})
		went := make(chan struct{})
		m.Rouse(func() <-chan struct{} { return came }, func() <-chan struct{} { return went })
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- m.Run(ctx) }()
		time.Sleep(2 * time.Minute)
		_, before, _ := r.look()
		r.plug()
		rang := came
		came = make(chan struct{})
		close(rang)
		_, after, _ := r.look()
		if len(before) != 1 || len(after) != 2 || after[1] != nil {
			t.Errorf("reported %v, then %v", before, after)
		}
		r.pull()
		if _, quiet, _ := r.look(); len(quiet) != 2 {
			t.Errorf("a silent loudspeaker said that it went: %v", quiet)
		}
		rang = went
		went = make(chan struct{})
		close(rang)
		if _, last, _ := r.look(); len(last) != 3 || !errors.Is(last[2], devices.ErrGone) {
			t.Errorf("reported %v after it was pulled, want that it is gone", last)
		}
		cancel()
		<-ended
	})
}
