package voice

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"motcua/devices"
	"motcua/devices/sound"
	"motcua/kiosk/pack"
)

// room is what a visitor hears, in the bubble's own time, and the hands that
// pull the loudspeaker's cable. It is its own loudspeaker.
type room struct {
	t *testing.T

	// mu guards all below.
	mu       sync.Mutex
	away     bool
	pulled   chan struct{} // closed when the cable is pulled
	heard    []utterance
	playing  bool
	level    sound.Level
	opened   []time.Time
	reported []error
	ready    bool
	closed   int
}

// utterance is one clip as it was heard.
type utterance struct {
	from, to time.Time
	length   time.Duration // of the whole clip
}

func newRoom(t *testing.T) *room { return &room{t: t, pulled: make(chan struct{}), level: 100} }

func (r *room) open(context.Context) (sound.Speaker, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.opened = append(r.opened, time.Now())
	if r.away {
		return nil, devices.Fail("speaker", "open", devices.ErrGone, nil)
	}
	return r, nil
}

func (r *room) report(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil && r.reported == nil && !r.ready {
		r.ready = true // it is there from the start
		return
	}
	r.reported = append(r.reported, err)
}

func (r *room) pull() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.away = true
	close(r.pulled)
}

func (r *room) plug() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.away, r.pulled = false, make(chan struct{})
}

// Play takes as long as the clip; falling silent takes 80 ms.
func (r *room) Play(ctx context.Context, c sound.Clip) error {
	r.mu.Lock()
	if r.playing {
		r.t.Error("two prompts at once")
	}
	r.playing = true
	from, pulled := time.Now(), r.pulled
	r.mu.Unlock()
	var err error
	select {
	case <-time.After(c.Length()):
	case <-ctx.Done():
		time.Sleep(80 * time.Millisecond)
		err = ctx.Err()
	case <-pulled:
		err = devices.Fail("speaker", "play", devices.ErrGone, nil)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.playing = false
	r.heard = append(r.heard, utterance{from, time.Now(), c.Length()})
	return err
}

func (r *room) SetLevel(l sound.Level) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.level = l
}

func (r *room) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed++
	return nil
}

// look gives a copy of what there is by now.
func (r *room) look() (heard []utterance, reported []error, level sound.Level) {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.heard), slices.Clone(r.reported), r.level
}

// speaking runs a mouth in room during body, in virtual time.
func speaking(t *testing.T, body func(*room, *Mouth)) {
	t.Helper()
	c := catalogue(t, `
long: {vi: "câu dài", en: "long", say: true}
short: {vi: "câu ngắn", en: "short", say: true}
lost: {vi: "câu mất", en: "lost", say: true}
`)
	second := wavOf(t, sound.Rate, 1, 16, 440, time.Second)
	own := fstest.MapFS{
		"vi/long.wav":  {Data: wavOf(t, sound.Rate, 1, 16, 440, 10*time.Second)},
		"vi/short.wav": {Data: second},
	}
	v, err := Load(fstest.MapFS{}, c, own)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t)
		m := NewMouth(r.open, v, r.report)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- m.Run(ctx) }()
		synctest.Wait()
		body(r, m)
		cancel()
		if err := <-ended; err != context.Canceled {
			t.Errorf("Run gave %v, want %v", err, context.Canceled)
		}
		synctest.Wait()
		if r.playing {
			t.Error("still playing after Run")
		}
	})
}

var (
	long  = Prompt{Lang: pack.VI, Key: "long"}
	short = Prompt{Lang: pack.VI, Key: "short"}
)

func TestSayCutsOffAndNeverOverlaps(t *testing.T) {
	speaking(t, func(r *room, m *Mouth) {
		m.Say(long)
		time.Sleep(2 * time.Second)
		said := time.Now()
		m.Say(short)
		time.Sleep(5 * time.Second)
		heard, reported, _ := r.look()
		if len(heard) != 2 || len(reported) != 0 {
			t.Fatalf("heard %v, reported %v", heard, reported)
		}
		if d := heard[0].to.Sub(said); d > 100*time.Millisecond {
			t.Errorf("the first prompt went on for %v", d)
		}
		if d := heard[1].from.Sub(said); d > 300*time.Millisecond {
			t.Errorf("the second prompt began after %v", d)
		}
		if d := heard[1].to.Sub(heard[1].from); d != time.Second {
			t.Errorf("the second prompt lasted %v, want 1 s", d)
		}
	})
}

// Of many wishes in a row only the last one counts.
func TestSayManyTimes(t *testing.T) {
	speaking(t, func(r *room, m *Mouth) {
		for range 50 {
			m.Say(long)
			m.Hush()
			m.Say(short)
		}
		time.Sleep(5 * time.Second)
		heard, _, _ := r.look()
		last := heard[len(heard)-1]
		if last.length != time.Second || last.to.Sub(last.from) != time.Second {
			t.Errorf("the last prompt was not spoken to its end: %+v", last)
		}
		if len(heard) > 3 {
			t.Errorf("%d prompts were begun", len(heard))
		}
	})
}

func TestHush(t *testing.T) {
	speaking(t, func(r *room, m *Mouth) {
		m.Say(long)
		time.Sleep(time.Second)
		said := time.Now()
		m.Hush()
		time.Sleep(15 * time.Second)
		heard, _, _ := r.look()
		if len(heard) != 1 || heard[0].to.Sub(said) > 100*time.Millisecond {
			t.Errorf("heard %v, hushed at %v", heard, said)
		}
	})
}

func TestLevelAndReset(t *testing.T) {
	speaking(t, func(r *room, m *Mouth) {
		if _, _, l := r.look(); l != Usual {
			t.Errorf("level %d before, want %d", l, Usual)
		}
		m.Say(long)
		time.Sleep(time.Second)
		m.SetLevel(30)
		if heard, _, l := r.look(); l != 30 || len(heard) != 0 {
			t.Errorf("level %d while speaking, want 30; ended: %v", l, heard)
		}
		m.Reset()
		time.Sleep(time.Second)
		if heard, _, l := r.look(); l != Usual || len(heard) != 1 {
			t.Errorf("after Reset: level %d, want %d; heard %v", l, Usual, heard)
		}
	})
}

// A loudspeaker that is pulled is reported once, opened again after 1, 2, 4 up
// to 30 seconds, and reported once when it is back. What was to be said
// meanwhile is not said late.
func TestLossAndReturn(t *testing.T) {
	speaking(t, func(r *room, m *Mouth) {
		m.Say(long)
		time.Sleep(time.Second)
		r.pull()
		lost := time.Now()
		time.Sleep(100 * time.Second)
		m.Say(long) // nobody hears it
		time.Sleep(3 * time.Second)
		heard, reported, _ := r.look()
		if len(heard) != 1 || len(reported) != 1 || !errors.Is(reported[0], devices.ErrGone) {
			t.Fatalf("heard %v, reported %v, want one of each", heard, reported)
		}
		want := []time.Duration{1, 3, 7, 15, 31, 61, 91}
		var got []time.Duration
		for _, at := range r.opened[1:] {
			got = append(got, at.Sub(lost)/time.Second)
		}
		if !slices.Equal(got, want) {
			t.Errorf("opened %v seconds after the loss, want %v", got, want)
		}
		r.plug()
		time.Sleep(30 * time.Second)
		heard, reported, level := r.look()
		if len(heard) != 1 || len(reported) != 2 || reported[1] != nil || level != Usual {
			t.Fatalf("back: heard %v, reported %v, level %d", heard, reported, level)
		}
		m.Say(short)
		time.Sleep(2 * time.Second)
		if heard, _, _ = r.look(); len(heard) != 2 || heard[1].to.Sub(heard[1].from) != time.Second {
			t.Errorf("after its return: heard %v", heard)
		}
	})
}

func TestAbsentAtStart(t *testing.T) {
	c := catalogue(t, `short: {vi: "câu", en: "line", say: true}`)
	v, err := Load(fstest.MapFS{}, c, fstest.MapFS{
		"vi/short.wav": {Data: wavOf(t, sound.Rate, 1, 16, 440, time.Second)},
	})
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t)
		r.away = true
		m := NewMouth(r.open, v, r.report)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- m.Run(ctx) }()
		time.Sleep(500 * time.Millisecond)
		m.Say(short)
		r.plug() // 500 ms later it is opened, and the prompt is still fresh
		time.Sleep(5 * time.Second)
		heard, reported, _ := r.look()
		if len(heard) != 1 || len(reported) != 2 || !errors.Is(reported[0], devices.ErrGone) || reported[1] != nil {
			t.Errorf("heard %v, reported %v", heard, reported)
		}
		cancel()
		<-ended
		if r.closed != 1 {
			t.Errorf("the loudspeaker was closed %d times, want once", r.closed)
		}
	})
}

// A prompt without a clip is reported and does not stop the next one.
func TestBrokenPromptIsReported(t *testing.T) {
	speaking(t, func(r *room, m *Mouth) {
		m.Say(Prompt{Lang: pack.VI, Key: "lost"})
		time.Sleep(time.Second)
		m.Say(short)
		time.Sleep(3 * time.Second)
		heard, reported, _ := r.look()
		if len(heard) != 1 || len(reported) != 1 || !strings.Contains(reported[0].Error(), "lost") {
			t.Errorf("heard %v, reported %v", heard, reported)
		}
	})
}

func TestSpeakWaitsForTheEnd(t *testing.T) {
	speaking(t, func(r *room, m *Mouth) {
		began := time.Now()
		if err := m.Speak(context.Background(), short); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(began); d < time.Second {
			t.Errorf("Speak returned after %v, the prompt lasts 1 s", d)
		}
		cut := make(chan error, 1)
		go func() { cut <- m.Speak(context.Background(), long) }()
		time.Sleep(time.Second)
		m.Hush()
		if err := <-cut; err == nil {
			t.Error("Speak of a prompt that was cut off gave no error")
		}
	})
}

func TestSpeakWithoutLoudspeaker(t *testing.T) {
	speaking(t, func(r *room, m *Mouth) {
		m.Say(long)
		time.Sleep(time.Second)
		r.pull()
		time.Sleep(time.Second)
		began := time.Now()
		if err := m.Speak(context.Background(), short); !errors.Is(err, devices.ErrGone) {
			t.Errorf("Speak: %v, want %v", err, devices.ErrGone)
		}
		if d := time.Since(began); d > 10*time.Second {
			t.Errorf("Speak gave up after %v", d)
		}
	})
}
