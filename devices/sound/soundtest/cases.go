package soundtest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"motcua/devices"
	"motcua/devices/sound"
)

func playsWhole(t *testing.T, b Bench) {
	s := b.open(t)
	// The end is another tone, so that a lost tail is noticed.
	clip := append(tone(low, 500*time.Millisecond), tone(high, 60*time.Millisecond)...)
	good(t, func(slack func() time.Duration) string {
		start := time.Now()
		if err := s.Play(t.Context(), clip); err != nil {
			t.Fatalf("Play: %v", err)
		}
		end := time.Now()
		if d := end.Sub(start); d < clip.Length() || d > clip.Length()+400*time.Millisecond+slack() {
			return fmt.Sprintf("Play of %v took %v", clip.Length(), d)
		}
		heard := loud(b.since(start))
		if len(heard) == 0 {
			return "nothing heard when Play returned"
		}
		if d := heard[0].at.Sub(start); d > 200*time.Millisecond+slack() {
			return fmt.Sprintf("first heard after %v", d)
		}
		if d := length(heard) - clip.Length(); d.Abs() > 25*time.Millisecond {
			return fmt.Sprintf("heard %v of %v when Play returned", length(heard), clip.Length())
		}
		var tail []beat
		for _, h := range heard {
			if h.isHigh {
				tail = append(tail, h)
			}
		}
		if d := length(tail); d < 50*time.Millisecond {
			return fmt.Sprintf("heard %v of the last 60 ms", d)
		}
		return ""
	})
}

func cutsOff(t *testing.T, b Bench) {
	s := b.open(t)
	good(t, func(slack func() time.Duration) string {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		start := time.Now()
		done := playing(ctx, s, tone(low, 5*time.Second))
		b.waitFor(t, start, func(h []beat) bool { return length(loud(h)) > 200*time.Millisecond })
		cut := time.Now()
		cancel()
		if err := result(t, done, time.Second); err != ctx.Err() {
			t.Fatalf("Play gave %v, want the context's own %v", err, ctx.Err())
		}
		// Whatever the device still holds is pushed out by the next clip.
		after := time.Now()
		if err := s.Play(t.Context(), tone(high, 100*time.Millisecond)); err != nil {
			t.Fatalf("Play after a cancel: %v", err)
		}
		heard := loud(b.since(start))
		var last beat
		var rest time.Duration // of the clip, heard after the cancel
		for _, h := range heard {
			if h.isLow && h.at.After(last.at) {
				last = h
			}
			if h.isLow && h.at.After(cut) {
				rest += beatLength
			}
		}
		// However late the machine is, it cannot make this longer, but for the
		// one hand that takes the cancel to the driver.
		if rest > 100*time.Millisecond+slack()/4 {
			return fmt.Sprintf("%v of the clip heard after the cancel", rest)
		}
		if d := last.at.Add(beatLength).Sub(cut); d > 100*time.Millisecond+slack() {
			return fmt.Sprintf("still heard %v after the cancel", d)
		}
		next := 0
		for _, h := range loud(b.since(after)) {
			if h.isHigh {
				next++
			}
		}
		if d := time.Duration(next) * beatLength; d < 80*time.Millisecond {
			return fmt.Sprintf("heard %v of the 100 ms played next", d)
		}
		return ""
	})
}

func takesTurns(t *testing.T, b Bench) {
	s := b.open(t)
	start := time.Now()
	first := playing(t.Context(), s, tone(low, 400*time.Millisecond))
	b.waitFor(t, start, func(h []beat) bool { return len(loud(h)) > 0 })
	second := playing(t.Context(), s, tone(high, 300*time.Millisecond))
	for _, done := range []<-chan error{first, second} {
		if err := result(t, done, 3*time.Second); err != nil {
			t.Errorf("Play: %v", err)
		}
	}
	var lows, highs []beat
	for _, h := range loud(b.since(start)) {
		if h.isHigh {
			highs = append(highs, h)
		}
		if h.isLow {
			lows = append(lows, h)
		}
	}
	if length(lows) < 350*time.Millisecond || length(highs) < 250*time.Millisecond {
		t.Fatalf("heard %v of the first clip and %v of the second, want 400 ms and 300 ms", length(lows), length(highs))
	}
	if end, next := lows[len(lows)-1].at, highs[0].at; !next.After(end) {
		t.Errorf("the second clip was heard %v before the first ended", end.Sub(next))
	}
}

func endedBefore(t *testing.T, b Bench) {
	s := b.open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	start := time.Now()
	for range 20 { // a driver that tosses a coin loses one of these
		if err := s.Play(ctx, tone(low, 200*time.Millisecond)); err != ctx.Err() {
			t.Fatalf("Play gave %v, want %v", err, ctx.Err())
		}
	}
	if err := s.Play(t.Context(), tone(high, 100*time.Millisecond)); err != nil {
		t.Fatalf("Play after: %v", err)
	}
	for _, h := range loud(b.since(start)) {
		if h.isLow {
			t.Fatal("a clip was heard whose context had ended")
		}
	}
}

func endedWaiting(t *testing.T, b Bench) {
	s := b.open(t)
	start := time.Now()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	first := playing(ctx, s, tone(low, 3*time.Second))
	b.waitFor(t, start, func(h []beat) bool { return len(loud(h)) > 0 })
	brief, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	if err := result(t, playing(brief, s, tone(high, time.Second)), time.Second); err != context.DeadlineExceeded {
		t.Errorf("waiting Play gave %v, want %v", err, context.DeadlineExceeded)
	}
	cancel()
	if err := result(t, first, time.Second); err != context.Canceled {
		t.Errorf("first Play gave %v, want %v", err, context.Canceled)
	}
}

func closes(t *testing.T, b Bench) {
	s := b.open(t)
	start := time.Now()
	first := playing(t.Context(), s, tone(low, 5*time.Second))
	b.waitFor(t, start, func(h []beat) bool { return len(loud(h)) > 0 })
	waiting := playing(t.Context(), s, tone(high, time.Second))
	for range 2 {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	b.names(t, result(t, first, time.Second), "play", devices.ErrClosed)
	b.names(t, result(t, waiting, time.Second), "play", devices.ErrClosed)
	b.names(t, s.Play(t.Context(), tone(low, time.Second)), "play", devices.ErrClosed)

	again := b.open(t)
	if err := again.Play(t.Context(), tone(high, 100*time.Millisecond)); err != nil {
		t.Errorf("Play after Close and Open: %v", err)
	}
}

func setsLevel(t *testing.T, b Bench) {
	s := b.open(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := playing(ctx, s, tone(low, time.Minute))
	for _, step := range []struct {
		level    sound.Level
		min, max float64 // of the amplitude heard
	}{
		{100, 0.9, 1.1},
		{50, 0.1, 0.7},
		{0, 0, 0.01},
		{100, 0.9, 1.1},
	} {
		s.SetLevel(step.level)
		good(t, func(slack func() time.Duration) string {
			set := time.Now()
			b.waitFor(t, set, func(h []beat) bool { return length(h) > 250*time.Millisecond+slack() })
			beats := b.since(set.Add(150*time.Millisecond + slack()))
			if len(beats) == 0 {
				return "the machine was late until the end"
			}
			for _, h := range beats {
				if h.level < step.min || h.level > step.max {
					return fmt.Sprintf("level %d: amplitude %.2f heard %v later, want %.2f to %.2f",
						step.level, h.level, h.at.Sub(set), step.min, step.max)
				}
			}
			return ""
		})
	}
	s.SetLevel(0)
	cancel()
	if err := result(t, done, time.Second); err != context.Canceled {
		t.Errorf("Play gave %v, want %v", err, context.Canceled)
	}
	start := time.Now()
	if err := s.Play(t.Context(), tone(high, 100*time.Millisecond)); err != nil {
		t.Fatalf("Play at level 0: %v", err)
	}
	if h := loud(b.since(start)); len(h) > 0 {
		t.Errorf("level 0: heard %v of what was played later", length(h))
	}
}

func unplugged(t *testing.T, b Bench) {
	s := b.open(t)
	clip := tone(low, 700*time.Millisecond)
	good(t, func(slack func() time.Duration) string {
		start := time.Now()
		done := playing(t.Context(), s, clip)
		b.waitFor(t, start, func(h []beat) bool { return length(loud(h)) > 50*time.Millisecond })
		b.Unplug()
		defer b.Plug()
		err := result(t, done, 10*time.Second)
		if err == nil {
			return "the clip had ended before the cable was out"
		}
		b.names(t, err, "play", devices.ErrGone)
		if d := time.Since(start); d > clip.Length()+time.Second+slack() {
			return fmt.Sprintf("Play said so only %v after the clip should have ended", d-clip.Length())
		}
		again := time.Now()
		b.names(t, s.Play(t.Context(), clip), "play", devices.ErrGone)
		if d := time.Since(again); d > time.Second+slack() {
			return fmt.Sprintf("the next Play took %v to say so again", d)
		}
		return ""
	})
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	again := reopen(t, b)
	start := time.Now()
	if err := again.Play(t.Context(), tone(high, 300*time.Millisecond)); err != nil {
		t.Fatalf("Play after plugging it in again: %v", err)
	}
	if h := loud(b.since(start)); length(h) < 250*time.Millisecond {
		t.Errorf("heard %v of 300 ms after plugging it in again", length(h))
	}
}

// reopen opens the loudspeaker as a station does, more than once if need be.
func reopen(t *testing.T, b Bench) sound.Speaker {
	t.Helper()
	var s sound.Speaker
	var err error
	for range 10 {
		if s, err = b.Open(t.Context()); err == nil {
			t.Cleanup(func() { s.Close() })
			return s
		}
	}
	t.Fatalf("Open after plugging it in again: %v", err)
	return nil
}

func absent(t *testing.T, b Bench) {
	b.Unplug()
	defer b.Plug()
	start := time.Now()
	s, err := b.Open(t.Context())
	if err == nil {
		s.Close()
		t.Fatal("Open found a loudspeaker that is not there")
	}
	b.names(t, err, "open", devices.ErrGone)
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("Open took %v to say so", d)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.Open(ended); err != ended.Err() {
		t.Errorf("Open with an ended context gave %v, want %v", err, ended.Err())
	}
}
