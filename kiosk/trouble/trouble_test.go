package trouble

import (
	"io/fs"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"motcua/assets"
	"motcua/kiosk/text"
)

func TestBoard(t *testing.T) {
	var b Board
	t0 := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	if !b.Set("printer-away", t0) || b.Set("printer-away", t0.Add(time.Second)) {
		t.Error("Set: only the first time is new")
	}
	b.Set("printer-paper", t0.Add(2*time.Second))
	want := []Trouble{{"printer-paper", Staff, t0.Add(2 * time.Second)}}
	if diff := cmp.Diff(want, b.Now(t0.Add(3*time.Second))); diff != "" {
		t.Errorf("Now, a blip not yet shown (-want +got):\n%s", diff)
	}
	want = []Trouble{{"printer-away", Staff, t0}, want[0]}
	if diff := cmp.Diff(want, b.Now(t0.Add(10*time.Second))); diff != "" {
		t.Errorf("Now, 10 s later (-want +got):\n%s", diff)
	}
	if !b.Clear("printer-away") || b.Clear("printer-away") {
		t.Error("Clear: was wrong once")
	}
	if got := b.Now(t0.Add(time.Hour)); len(got) != 1 {
		t.Errorf("Now after healing: %v, want one", got)
	}
}

// TestWords checks that every trouble has its words.
func TestWords(t *testing.T) {
	dir, err := fs.Sub(assets.Files, "text")
	if err != nil {
		t.Fatal(err)
	}
	texts, err := text.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range Codes() {
		for _, part := range []string{".title", ".text"} {
			if key := "trouble." + string(code) + part; !texts.Has(key) {
				t.Errorf("no text %q", key)
			}
		}
	}
}
