package oto

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"motcua/devices"
)

// TestRightCard: a card is known by its id whatever its number, and sound never
// goes where nobody asked for it.
func TestRightCard(t *testing.T) {
	proc := t.TempDir()
	for dir, id := range map[string]string{"card0": "HDMI\n", "card2": "Device\n"} {
		if err := os.Mkdir(filepath.Join(proc, dir), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(proc, dir, "id"), []byte(id), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct {
		want         string
		number       int
		fine, refuse bool
	}{
		{"", -1, true, false}, {"", 0, true, false},
		{"Device", 2, true, false}, // it was card 1 before it was pulled
		{"Device", 0, false, true}, // the monitor
		{"Device", -1, false, true},
		{"Device", 1, false, false}, // it went while we looked
	} {
		err := right(tc.want, tc.number, proc)
		var wrong *wrongCard
		if (err == nil) != tc.fine || errors.As(err, &wrong) != tc.refuse {
			t.Errorf("right(%q, %d) = %v", tc.want, tc.number, err)
		}
	}
}

// TestWrongDefaultRefused: the default device here is no sound card, so one that
// must be at a card is refused before a sample is played; nothing asked, it plays.
func TestWrongDefaultRefused(t *testing.T) {
	conf := filepath.Join(t.TempDir(), "asound.conf")
	if err := os.WriteFile(conf, []byte("pcm.!default { type null }\nctl.!default { type null }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("ALSA_CONFIG_PATH", conf)
	if err := knock(""); err != nil {
		t.Skipf("no device of type null here: %v", err)
	}
	_, err := NewCard("speaker", "Device").Open(t.Context())
	if !errors.Is(err, devices.ErrRefused) {
		t.Errorf("Open: %v, want refused", err)
	}
}
