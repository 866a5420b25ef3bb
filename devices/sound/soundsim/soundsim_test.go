package soundsim

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-audio/wav"
)

// frames is d of a wire's sound, both channels the same.
func frames(d time.Duration, v int32) []byte {
	var b []byte
	for range int(d * wireRate / time.Second) {
		for range wireChannels {
			b = binary.LittleEndian.AppendUint32(b, uint32(v))
		}
	}
	return b
}

// sinking runs a Sink on a pipe and gives the near end.
func sinking(t *testing.T, out string) (near *os.File, ended <-chan error) {
	t.Helper()
	far, near, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := shrink(far); err != nil { // a pipe that holds something already would lose it
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		defer far.Close()
		done <- Sink(far, out)
	}()
	t.Cleanup(func() { near.Close() })
	return near, done
}

// plugged gives the folder of a loudspeaker.
func plugged(t *testing.T) (dir, out string) {
	t.Helper()
	dir = t.TempDir()
	if _, err := Config(dir, "true"); err != nil {
		t.Fatal(err)
	}
	return dir, filepath.Join(dir, "heard.wav")
}

func within(t *testing.T, ended <-chan error) {
	t.Helper()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("Sink: %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("Sink did not end with its input")
	}
}

func TestSinkKeepsTimeAndRecords(t *testing.T) {
	_, out := plugged(t)
	near, ended := sinking(t, out)
	const length = 300 * time.Millisecond
	start := time.Now()
	if _, err := near.Write(frames(length, 1<<28)); err != nil {
		t.Fatal(err)
	}
	near.Close()
	within(t, ended)
	if d := time.Since(start); d < length-10*time.Millisecond {
		t.Errorf("%v of sound were consumed in %v", length, d)
	}
	runs, err := Heard(out)
	if err != nil {
		t.Fatal(err)
	}
	heard := 0
	for _, r := range runs {
		if r.At.Before(start) || r.At.After(time.Now()) || r.Rate != wireRate {
			t.Errorf("run at %v with %d samples a second", r.At, r.Rate)
		}
		for _, v := range r.PCM {
			if v != 1<<12 {
				t.Fatalf("heard %d, want %d", v, 1<<12)
			}
		}
		heard += len(r.PCM)
	}
	if want := int(length * wireRate / time.Second); heard != want {
		t.Errorf("heard %d samples, want %d", heard, want)
	}

	f, err := os.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	pcm, err := wav.NewDecoder(f).FullPCMBuffer()
	if err != nil || len(pcm.Data) != heard || pcm.Format.SampleRate != wireRate || pcm.Format.NumChannels != 1 {
		t.Errorf("the recording read by another program: %d samples, %+v, %v", len(pcm.Data), pcm.Format, err)
	}
}

func TestUnplugHoldsTheWireAndPlugLetsGo(t *testing.T) {
	dir, out := plugged(t)
	near, ended := sinking(t, out)
	if err := Unplug(dir); err != nil {
		t.Fatal(err)
	}
	// More than the pipe and one chunk hold: it cannot go through.
	wrote := make(chan error, 1)
	go func() {
		_, err := near.Write(frames(100*time.Millisecond, 1<<28))
		wrote <- err
	}()
	select {
	case <-wrote:
		t.Error("an unplugged loudspeaker consumed sound")
	case <-time.After(300 * time.Millisecond):
	}
	if err := Plug(dir); err != nil {
		t.Fatal(err)
	}
	if err := <-wrote; err != nil {
		t.Error(err)
	}
	near.Close()
	within(t, ended)
}

func TestSinkEndsWhileUnplugged(t *testing.T) {
	dir, out := plugged(t)
	near, ended := sinking(t, out)
	if err := Unplug(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := near.Write(frames(4*time.Millisecond, 1)); err != nil {
		t.Fatal(err)
	}
	near.Close()
	within(t, ended)
}

func TestConfigNamesTheDeviceOnlyWhilePlugged(t *testing.T) {
	dir, _ := plugged(t)
	conf := filepath.Join(dir, confName)
	for _, step := range []struct {
		name string
		do   func(string) error
		want bool
	}{{"config", func(string) error { return nil }, true}, {"unplug", Unplug, false}, {"unplug again", Unplug, false}, {"plug", Plug, true}} {
		if err := step.do(dir); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		b, err := os.ReadFile(conf)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(string(b), "pcm.!default"); got != step.want || Away(dir) == step.want {
			t.Errorf("%s: device in the configuration: %v, away: %v", step.name, got, Away(dir))
		}
	}
	if _, err := Config(dir, `say "x"`); err == nil {
		t.Error("a sink command that would break the configuration was taken")
	}
	if err := Plug(t.TempDir()); err == nil {
		t.Error("a folder without a loudspeaker was plugged in")
	}
}
