package oto

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"motcua/devices"
	"motcua/devices/sound"
)

// The tests named TestLab run in a virtual machine whose kernel plays the units:
// scripts/lab/run.sh. There the driver, its library and ALSA meet two sound cards
// of snd-aloop, of which this is the first; the second comes in its place.
const (
	card   = "Loopback"
	second = "Spare"
)

// A sound card is lost in the middle of a clip. Play says so at once, the other
// card is refused, and when the card is back, under another number, it plays.
func TestLabCardLostAndMoved(t *testing.T) {
	if os.Getenv("MOTCUA_LAB") == "" {
		t.Skip("needs the lab's virtual machine: scripts/lab/run.sh")
	}
	if os.Getenv(deathEnv) != "" {
		lostAndMoved(t)
		return
	}
	// ALSA reads its configuration once for the process, so this is another.
	conf := filepath.Join(t.TempDir(), "asound.conf")
	must(t, os.WriteFile(conf, []byte(`pcm.!default { type plug slave.pcm { type hw card "`+card+`" } }`), 0o600))
	cmd := exec.Command(os.Args[0], "-test.run=^TestLabCardLostAndMoved$", "-test.v")
	cmd.Env = append(os.Environ(), deathEnv+"="+conf)
	b, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, b)
	}
	if figures := regexp.MustCompile(`gone after .*`).Find(b); figures != nil {
		t.Logf("%s", figures)
	}
}

func lostAndMoved(t *testing.T) {
	jack := NewCard("speaker", card)
	s, err := jack.Open(t.Context())
	must(t, err)
	before := consumed(t, 0)
	must(t, s.Play(t.Context(), make(sound.Clip, sound.Rate)))
	if n := consumed(t, 0) - before; n < sound.Rate/2 {
		t.Errorf("of a clip of %d samples the card took %d", sound.Rate, n)
	}

	played := make(chan error, 1)
	go func() { played <- s.Play(t.Context(), make(sound.Clip, 20*sound.Rate)) }()
	until(t, "the card to play", func() bool { return consumed(t, 0) > before+sound.Rate*3/2 })
	start := time.Now()
	// By another program: it is kept there until all that the library leaves open is
	// closed, which is when this one ends.
	must(t, exec.Command("sh", "-c", "echo snd_aloop.0 >/sys/bus/platform/drivers/snd_aloop/unbind").Start())
	err = <-played
	gone := time.Since(start)
	if !errors.Is(err, devices.ErrGone) || gone > 2*time.Second {
		t.Errorf("Play gave %v after %v, want gone within 2 s", err, gone)
	}
	must(t, s.Close())
	if s, err := jack.Open(t.Context()); !errors.Is(err, devices.ErrGone) {
		t.Errorf("Open gave %v, %v without the card, want gone", s, err)
	}
	if err := right(card, 1, "/proc/asound"); err == nil {
		t.Errorf("card %q is taken for %q", second, card)
	}

	start = time.Now()
	until(t, "the lost card's name to be free", func() bool {
		err = os.WriteFile("/sys/class/sound/card1/id", []byte(card), 0o644)
		return !errors.Is(err, os.ErrExist)
	})
	must(t, err)
	s, err = jack.Open(t.Context())
	must(t, err)
	must(t, s.Play(t.Context(), make(sound.Clip, sound.Rate/10)))
	back := time.Since(start)
	if n := consumed(t, 1); n == 0 {
		t.Error("the card took nothing under its other number")
	}
	must(t, s.Close())
	t.Logf("gone after %v, played %v after it was back", gone.Round(time.Millisecond), back.Round(time.Millisecond))
	if back > 5*time.Second {
		t.Error("the bar is 5 s")
	}
}

// consumed is how many samples a card has played since it was opened, says the
// kernel; 0 when it is closed.
func consumed(t *testing.T, number int) int {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/asound/card%d/pcm0p/sub0/status", number))
	must(t, err)
	at := regexp.MustCompile(`hw_ptr\s*: (\d+)`).FindSubmatch(b)
	if at == nil {
		return 0
	}
	n, err := strconv.Atoi(string(at[1]))
	must(t, err)
	return n
}

func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for limit := time.Now().Add(20 * time.Second); !holds(); <-time.After(5 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
