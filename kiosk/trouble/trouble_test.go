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
	if !b.SetUnit("printer-away", "spare", t0) || b.SetUnit("printer-away", "spare", t0.Add(time.Second)) {
		t.Error("SetUnit: only the first time is new")
	}
	b.Set("printer-paper", t0.Add(2*time.Second))
	want := []Trouble{{"printer-paper", "", Staff, t0.Add(2 * time.Second)}}
	if diff := cmp.Diff(want, b.Now(t0.Add(3*time.Second))); diff != "" {
		t.Errorf("Now, a blip not yet shown (-want +got):\n%s", diff)
	}
	want = []Trouble{{"printer-away", "spare", Staff, t0}, want[0]}
	if diff := cmp.Diff(want, b.Now(t0.Add(10*time.Second))); diff != "" {
		t.Errorf("Now, 10 s later (-want +got):\n%s", diff)
	}
	if b.ClearUnit("printer-away", "printer") {
		t.Error("ClearUnit: another unit's healed")
	}
	if !b.ClearUnit("printer-away", "spare") || b.ClearUnit("printer-away", "spare") {
		t.Error("ClearUnit: was wrong once")
	}
	want = []Trouble{{"printer-paper", "", Technician, t0.Add(2 * time.Second)}}
	if diff := cmp.Diff(want, b.Now(t0.Add(time.Hour))); diff != "" {
		t.Errorf("Now, long after staff should have mended it (-want +got):\n%s", diff)
	}
}

// TestChanged: each change rings once, what changes nothing does not.
func TestChanged(t *testing.T) {
	var b Board
	rang := func(c <-chan struct{}) bool {
		select {
		case <-c:
			return true
		default:
			return false
		}
	}
	at := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	before := b.Changed()
	b.Set("refused", at)
	after := b.Changed()
	if !rang(before) || rang(after) {
		t.Error("what went wrong did not ring once")
	}
	b.Set("refused", at)
	b.Clear("staff-called")
	if rang(after) {
		t.Error("rang though nothing changed")
	}
	if b.Clear("refused"); !rang(after) {
		t.Error("what healed did not ring")
	}
}

// TestKinds: whom it is told to and when is sensible for each.
func TestKinds(t *testing.T) {
	for _, c := range Codes() {
		k := KindOf(c)
		if k.Who == "" || k.ShowAfter > time.Minute {
			t.Errorf("%s is told to %q after %v", c, k.Who, k.ShowAfter)
		}
		if k.PassOn != 0 && (k.Who != Staff || k.PassOn <= k.ShowAfter) {
			t.Errorf("%s is passed on after %v", c, k.PassOn)
		}
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
