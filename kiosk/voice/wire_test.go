package voice

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"motcua/devices/sound"
	"motcua/devices/sound/oto"
	"motcua/devices/sound/soundsim"
	"motcua/devices/sound/soundtest"
	"motcua/kiosk/pack"
)

// sinkEnv tells this binary to be the loudspeaker at the end of the wire.
const sinkEnv = "VOICE_TEST_SINK"

func TestMain(m *testing.M) {
	if out := os.Getenv(sinkEnv); out != "" {
		if err := soundsim.Sink(os.Stdin, out); err != nil {
			fmt.Fprintln(os.Stderr, "sink:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// span of time in which a tone was heard.
type heardSpan struct{ from, to time.Time }

// tones gives when something was heard since start; a tenth of a second of
// silence parts two spans.
func tones(t *testing.T, out string, start time.Time) []heardSpan {
	t.Helper()
	runs, err := soundsim.Heard(out)
	if err != nil {
		t.Fatal(err)
	}
	const beat = 5 * time.Millisecond
	var spans []heardSpan
	for _, r := range runs {
		n := r.Rate / int(time.Second/beat)
		for i := 0; i+n <= len(r.PCM); i += n {
			top := 0.0
			for _, v := range r.PCM[i : i+n] {
				top = max(top, math.Abs(float64(v)))
			}
			at := r.At.Add(time.Duration(i) * time.Second / time.Duration(r.Rate))
			if top < 0.02*math.MaxInt16 || at.Before(start) {
				continue
			}
			if k := len(spans); k > 0 && at.Sub(spans[k-1].to) < 20*time.Millisecond {
				spans[k-1].to = at.Add(beat)
			} else {
				spans = append(spans, heardSpan{at, at.Add(beat)})
			}
		}
	}
	return spans
}

// From Say and Hush to the air, through the driver and ALSA: a prompt starts
// within 300 ms and stops within 100 ms. One good try of a few is enough, with
// allowance for what the machine itself is late by.
func TestMouthAtTheWire(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "heard.wav")
	conf, err := soundsim.Config(dir, fmt.Sprintf("env %s=%s %s", sinkEnv, out, os.Args[0]))
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("ALSA_CONFIG_PATH", conf)

	c := catalogue(t, `long: {vi: "câu dài", en: "long", say: true}`)
	v, err := Load(fstest.MapFS{}, c, fstest.MapFS{
		"vi/long.wav": {Data: wavOf(t, sound.Rate, 1, 16, 440, 30*time.Second)},
	})
	if err != nil {
		t.Fatal(err)
	}
	jack := oto.New("speaker")
	m := NewMouth(func(ctx context.Context) (sound.Speaker, error) {
		s, err := jack.Open(ctx)
		if err != nil {
			return nil, err
		}
		return s, nil
	}, v, func(err error) {
		if err != nil {
			t.Errorf("reported: %v", err)
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- m.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-ended; err != context.Canceled {
			t.Errorf("Run gave %v", err)
		}
	}()

	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	wait := func(what string, cond func() bool) {
		t.Helper()
		deadline := time.After(10 * time.Second)
		for !cond() {
			select {
			case <-look.C:
			case <-deadline:
				t.Fatalf("%s: not within 10 s", what)
			}
		}
	}
	prompt := Prompt{Lang: pack.VI, Key: "long"}
	try := func() (good bool) {
		slack, done := soundtest.Slack()
		defer done()
		heard := func(n int, start time.Time) func() bool {
			return func() bool { return len(tones(t, out, start)) >= n }
		}
		start := time.Now()
		m.Say(prompt)
		wait("first prompt", heard(1, start))
		again := time.Now()
		m.Say(prompt)
		wait("second prompt", heard(2, start))
		hush := time.Now()
		m.Hush()
		wait("silence", func() bool {
			spans := tones(t, out, start)
			return time.Since(spans[len(spans)-1].to) > 400*time.Millisecond
		})
		spans := tones(t, out, start)
		if len(spans) != 2 {
			t.Logf("heard %d stretches of sound instead of 2 prompts (slack %v)", len(spans), slack())
			return false
		}
		started, cut := spans[0].from.Sub(start), spans[0].to.Sub(again)
		restarted, hushed := spans[1].from.Sub(again), spans[1].to.Sub(hush)
		t.Logf("started after %v; the next cut it off after %v and started after %v; hushed after %v (slack %v)",
			started, cut, restarted, hushed, slack())
		return max(started, restarted) <= 300*time.Millisecond+slack() && max(cut, hushed) <= 100*time.Millisecond+slack()
	}
	try() // the first prompt of all waits for the device to be opened
	for range 8 {
		if try() {
			return
		}
	}
	t.Error("no try was in time: want a start within 300 ms and silence within 100 ms")
}
