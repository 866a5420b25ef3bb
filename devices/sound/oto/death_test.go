package oto

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"motcua/devices"
	"motcua/devices/sound"
	"motcua/devices/sound/soundsim"
)

// deathEnv tells this binary to play through the ALSA configuration it names,
// and dyingEnv to be its far end, which dies two seconds after the sound began.
// This is in processes of their own: the library never lets go of a device.
const (
	deathEnv = "OTO_TEST_DEATH"
	dyingEnv = "OTO_TEST_DYING"
)

func dyingSink(out string) int {
	go func() {
		for {
			if runs, _ := soundsim.Heard(out); len(runs) > 0 {
				<-time.After(2 * time.Second)
				os.Exit(1)
			}
			<-time.After(10 * time.Millisecond)
		}
	}()
	soundsim.Sink(os.Stdin, out)
	return 0
}

// A device that breaks is gone at once, and the jack takes up the next one.
func TestBrokenDeviceIsGoneAndReplaced(t *testing.T) {
	if os.Getenv(deathEnv) != "" {
		breaks(t)
		return
	}
	dir := t.TempDir()
	conf, err := soundsim.Config(dir, fmt.Sprintf("env %s=%s %s", dyingEnv, filepath.Join(dir, "heard.wav"), os.Args[0]))
	must(t, err)
	cmd := exec.Command(os.Args[0], "-test.run=^TestBrokenDeviceIsGoneAndReplaced$", "-test.v")
	cmd.Env = append(os.Environ(), deathEnv+"="+conf)
	if b, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, b)
	}
}

func breaks(t *testing.T) {
	s, err := jack.Open(t.Context())
	must(t, err)
	files := openFiles(t)
	start := time.Now()
	err = s.Play(t.Context(), make(sound.Clip, 20*sound.Rate))
	if !errors.Is(err, devices.ErrGone) || time.Since(start) > 15*time.Second {
		t.Fatalf("Play gave %v after %v, want gone at once", err, time.Since(start))
	}
	must(t, s.Close())

	again, err := jack.Open(t.Context())
	must(t, err)
	must(t, again.Play(t.Context(), make(sound.Clip, sound.Rate/10)))
	must(t, again.Close())
	// On the wire a device is two files: the pipe, and /dev/null behind it.
	if n := openFiles(t) - files; n > 2 {
		t.Errorf("a loss leaked %d files, want at most two", n)
	}
}
