package oto

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"motcua/devices/sound"
	"motcua/devices/sound/soundsim"
	"motcua/devices/sound/soundtest"
)

// sinkEnv tells this binary to be the far end of the wire.
const sinkEnv = "OTO_TEST_SINK"

// desk is the folder of the loudspeaker that these tests play through, and out
// its recording. ALSA reads its configuration once for the process.
var desk, out string

func TestMain(m *testing.M) {
	if out := os.Getenv(sinkEnv); out != "" {
		if err := soundsim.Sink(os.Stdin, out); err != nil {
			fmt.Fprintln(os.Stderr, "sink:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if out := os.Getenv(dyingEnv); out != "" {
		os.Exit(dyingSink(out))
	}
	if conf := os.Getenv(deathEnv); conf != "" {
		os.Setenv("ALSA_CONFIG_PATH", conf)
		os.Exit(m.Run())
	}
	os.Exit(withDesk(m.Run))
}

func withDesk(run func() int) int {
	dir, err := os.MkdirTemp("", "loudspeaker")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	desk, out = dir, filepath.Join(dir, "heard.wav")
	conf, err := soundsim.Config(dir, fmt.Sprintf("env %s=%s %s", sinkEnv, out, os.Args[0]))
	if err != nil {
		panic(err)
	}
	os.Setenv("ALSA_CONFIG_PATH", conf)
	return run()
}

// must is for the hands on the desk.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// jack is the one of this process, as in the programs.
var jack = New("speaker")

func bench(t *testing.T) soundtest.Bench {
	return soundtest.Bench{
		Unit: "speaker",
		Open: func(ctx context.Context) (sound.Speaker, error) {
			s, err := jack.Open(ctx)
			if err != nil {
				return nil, err
			}
			return s, nil
		},
		Heard: func() []soundtest.Sound {
			runs, err := soundsim.Heard(out)
			must(t, err)
			var heard []soundtest.Sound
			for _, r := range runs {
				heard = append(heard, soundtest.Sound(r))
			}
			return heard
		},
		Unplug: func() { must(t, soundsim.Unplug(desk)) },
		Plug:   func() { must(t, soundsim.Plug(desk)) },
	}
}

func TestSpeaker(t *testing.T) { soundtest.Run(t, bench) }

// A silent loudspeaker costs nothing: the device is not fed, not even silence.
func TestRestsWhenSilent(t *testing.T) {
	b := bench(t)
	s, err := jack.Open(t.Context())
	must(t, err)
	defer s.Close()
	must(t, s.Play(t.Context(), make(sound.Clip, sound.Rate/10)))
	settled := heardFrames(b)
	for deadline := time.Now().Add(5 * time.Second); ; {
		next := make(chan struct{})
		time.AfterFunc(200*time.Millisecond, func() { close(next) })
		<-next
		now := heardFrames(b)
		if now == settled {
			return
		}
		if settled = now; time.Now().After(deadline) {
			t.Fatal("the device is still fed 5 s after the clip ended")
		}
	}
}

func heardFrames(b soundtest.Bench) (n int) {
	for _, s := range b.Heard() {
		n += len(s.PCM)
	}
	return n
}

// Opening, playing and losing the loudspeaker again and again leaves nothing
// behind but what the package says.
func TestLeavesNothingBehind(t *testing.T) {
	b := bench(t)
	cycle := func() {
		s, err := jack.Open(t.Context())
		must(t, err)
		must(t, s.Play(t.Context(), make(sound.Clip, sound.Rate/50)))
		must(t, s.Close())
		b.Unplug()
		// The first finds that the device it knew hangs, the others that
		// there is none.
		for range 4 {
			if s, err := jack.Open(t.Context()); err == nil {
				s.Close()
				t.Error("Open found a loudspeaker that is not there")
			}
		}
		b.Plug()
	}
	cycle()
	goroutines, files := runtime.NumGoroutine(), openFiles(t)
	for range 3 {
		cycle()
	}
	settle := time.NewTicker(20 * time.Millisecond)
	defer settle.Stop()
	for deadline := time.Now().Add(3 * time.Second); ; <-settle.C {
		g, f := runtime.NumGoroutine(), openFiles(t)
		if g <= goroutines && f <= files {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines and %d open files, %d and %d before", g, f, goroutines, files)
		}
	}
}

func openFiles(t *testing.T) int {
	fds, err := os.ReadDir("/proc/self/fd")
	must(t, err)
	return len(fds)
}
