package voice

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"motcua/devices"
	"motcua/devices/sound"
	"motcua/kiosk/pack"
)

// Usual is the volume that each visit starts with.
const Usual sound.Level = 80

// How long the mouth waits before it opens a missing loudspeaker again: doubled
// each time.
const (
	firstRetry = time.Second
	lastRetry  = 30 * time.Second
)

// fresh is how long a prompt is worth saying: a loudspeaker that comes back
// later does not speak of a screen that is gone.
const fresh = 2 * time.Second

// Prompt is what is to be said: the entry Key in Lang, its slots filled.
type Prompt struct {
	Lang  pack.Lang
	Key   string
	Slots map[string]Slot
}

// Mouth speaks one prompt at a time through a loudspeaker that may be missing,
// die and come back. Say, Hush, SetLevel and Reset return at once and are safe
// for all; Run does the work.
type Mouth struct {
	open   func(context.Context) (sound.Speaker, error)
	voice  *Voice
	report func(error)
	news   chan struct{}          // one slot: wish, level or chime changed
	come   func() <-chan struct{} // nil = nobody tells
	went   func() <-chan struct{}

	// mu guards the wish, the level and the chime. Not held while anything is played.
	mu    sync.Mutex
	wish  wish
	level sound.Level
	ring  Chime // to sound
	rung  time.Time
}

// wish is what should be heard now.
type wish struct {
	prompt *Prompt // nil = silence
	at     time.Time
	number int // tells two wishes apart
	// heard is told once how it went; nil = nobody waits. It has room for one.
	heard chan<- error
}

// tell says how the wish went to whoever waits for it.
func (w wish) tell(err error) {
	if w.heard == nil {
		return
	}
	select {
	case w.heard <- err:
	default: // told before
	}
}

// errCutOff: another prompt came, or silence was asked for.
var errCutOff = errors.New("prompt cut off")

// NewMouth gives a mouth that speaks with v. open opens the loudspeaker; it is
// called again after a loss. report is told, from within Run and one at a
// time, what is wrong: an error with devices.ErrGone when the loudspeaker is
// away, nil once it is there, and an error without a reason of devices for a
// prompt that could not be spoken. It must not block.
func NewMouth(open func(context.Context) (sound.Speaker, error), v *Voice, report func(error)) *Mouth {
	return &Mouth{open: open, voice: v, report: report, news: make(chan struct{}, 1), level: Usual}
}

// Rouse has a missing loudspeaker tried again when something is plugged in, and a
// silent one tried when something is unplugged: a loudspeaker does not say that it
// is gone before it is to play. come and went give channels that are closed then.
// Call it before Run.
func (m *Mouth) Rouse(come, went func() <-chan struct{}) { m.come, m.went = come, went }

// errUntold: nothing was reported yet.
var errUntold = errors.New("not reported")

// alike tells that two errors of a loudspeaker call for the same act: it is away,
// or it is another one than it must be.
func alike(a, b error) bool {
	return a != nil && b != nil && b != errUntold && errors.Is(a, devices.ErrRefused) == errors.Is(b, devices.ErrRefused)
}

// next is the next time that a bell rings; nil = there is none.
func next(bell func() <-chan struct{}) <-chan struct{} {
	if bell == nil {
		return nil
	}
	return bell()
}

// Say cuts off what is spoken and speaks p, within 300 ms. Without a
// loudspeaker, or when one only comes back two seconds later, p is not spoken.
func (m *Mouth) Say(p Prompt) { m.want(&p, nil) }

// Hush silences the mouth within 100 ms.
func (m *Mouth) Hush() { m.want(nil, nil) }

// Speak says p and returns when its end was heard. It fails with
// devices.ErrGone when there is no loudspeaker, at the latest some seconds after
// the prompt should have ended, and when another prompt cuts it off.
func (m *Mouth) Speak(ctx context.Context, p Prompt) error {
	clip, err := m.voice.Clip(p.Lang, p.Key, p.Slots)
	if err != nil {
		return err
	}
	limit := time.NewTimer(clip.Length() + 2*fresh)
	defer limit.Stop()
	heard := make(chan error, 1)
	m.want(&p, heard)
	select {
	case err := <-heard:
		return err
	case <-limit.C:
		return devices.Fail("speaker", "speak", devices.ErrGone, nil)
	case <-ctx.Done():
		m.Hush()
		return ctx.Err()
	}
}

// SetLevel sets the volume of what is spoken now and later.
func (m *Mouth) SetLevel(l sound.Level) {
	m.mu.Lock()
	m.level = l
	m.mu.Unlock()
	m.tell()
}

// Reset makes the mouth ready for the next visitor: silent, at the usual volume.
func (m *Mouth) Reset() {
	m.Hush()
	m.SetLevel(Usual)
}

func (m *Mouth) want(p *Prompt, heard chan<- error) {
	m.mu.Lock()
	before := m.wish
	m.wish = wish{prompt: p, at: time.Now(), number: before.number + 1, heard: heard}
	m.mu.Unlock()
	before.tell(errCutOff)
	m.tell()
}

func (m *Mouth) tell() {
	select {
	case m.news <- struct{}{}:
	default: // the news before was not taken yet
	}
}

func (m *Mouth) now() (wish, sound.Level) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.wish, m.level
}

// Run speaks until ctx ends, and returns its error when the loudspeaker has
// been given back.
func (m *Mouth) Run(ctx context.Context) error {
	retry, told := firstRetry, errUntold
	for {
		came := next(m.come) // before the try, so that no ring falls between
		speaker, err := m.open(ctx)
		if err == nil {
			if told != nil {
				told = nil
				m.report(nil)
			}
			opened := time.Now()
			err = m.speak(ctx, speaker)
			if time.Since(opened) > lastRetry {
				retry = firstRetry // it was no loose contact
			}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !alike(err, told) {
			m.report(err)
			told = err
		}
		select {
		case <-came:
			retry = firstRetry // it may take the system a moment to have it ready
		case <-time.After(retry):
			retry = min(2*retry, lastRetry)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// speak does what is wished through speaker until that is lost or ctx ends.
func (m *Mouth) speak(ctx context.Context, speaker sound.Speaker) error {
	defer speaker.Close()
	done := 0 // number of the last wish that was seen to
	for {
		w, level := m.now()
		speaker.SetLevel(level)
		if w.number != done {
			done = w.number
			if err := m.utter(ctx, speaker, w, m.chime()); err != nil {
				return err
			}
			continue // the wish may have changed meanwhile
		}
		if c := m.chime(); c != Quiet {
			if err := m.sound(ctx, speaker, c); err != nil {
				return err
			}
			continue
		}
		select {
		case <-m.news:
		case <-next(m.went): // is it this one? A moment of silence tells
			if err := m.play(ctx, speaker, silence(gapWords)); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// sound plays a chime, which nothing cuts off but the end. The error is that of a
// speaker that is of no more use.
func (m *Mouth) sound(ctx context.Context, speaker sound.Speaker, c Chime) error {
	if c == Quiet {
		return nil
	}
	return m.play(ctx, speaker, c.Clip())
}

func (m *Mouth) play(ctx context.Context, speaker sound.Speaker, clip sound.Clip) error {
	err := speaker.Play(ctx, clip)
	switch {
	case err == nil, ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, devices.ErrGone), errors.Is(err, devices.ErrClosed):
		return err
	}
	m.report(err)
	return nil
}

// utter plays the prompt of w, with a chime before it, until its end or another
// wish. The error is that of a speaker that is of no more use.
func (m *Mouth) utter(ctx context.Context, speaker sound.Speaker, w wish, c Chime) error {
	if w.prompt == nil {
		return m.sound(ctx, speaker, c)
	}
	if time.Since(w.at) > fresh {
		w.tell(devices.ErrGone)
		return nil
	}
	clip, err := m.voice.Clip(w.prompt.Lang, w.prompt.Key, w.prompt.Slots)
	if err != nil {
		m.report(err)
		w.tell(err)
		return nil
	}

	if c != Quiet {
		clip = slices.Concat(c.Clip(), silence(gapChime), clip)
	}
	playing, stop := context.WithCancel(ctx)
	defer stop()
	played := make(chan error, 1)
	go func() { played <- speaker.Play(playing, clip) }()
	for {
		select {
		case err := <-played:
			w.tell(err)
			switch {
			case err == nil, errors.Is(err, context.Canceled) && playing.Err() != nil:
				return ctx.Err()
			case errors.Is(err, devices.ErrGone), errors.Is(err, devices.ErrClosed):
				return err
			}
			m.report(err)
			return nil
		case <-m.news:
			now, level := m.now()
			if now.number != w.number {
				stop()
				continue
			}
			speaker.SetLevel(level)
		}
	}
}
