package main

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"motcua/kiosk/pack"
	"motcua/kiosk/voice"
)

// The clips in the repository are those of the texts in it.
func TestClipsAreFresh(t *testing.T) {
	texts, err := allWords("../../../assets/text", "../../../assets/packs")
	if err != nil {
		t.Fatal(err)
	}
	scripts, err := voice.Scripts(texts)
	if err != nil {
		t.Fatal(err)
	}
	if err := speakable(scripts); err != nil {
		t.Error(err)
	}
	dir := os.DirFS("../../../assets/voice")
	todo, gone, err := stale(dir, scripts)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range todo {
		t.Errorf("prompt %s (%s) is stale: run make voice", s.Name, s.Lang)
	}
	for _, name := range gone {
		t.Errorf("clip %s belongs to no text: run make voice", name)
	}

	var size int64
	err = fs.WalkDir(dir, ".", func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		i, err := e.Info()
		size += i.Size()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if size > 6<<20 {
		t.Errorf("the clips take %d bytes, want at most 6 MB", size)
	}
}

// recorder writes the words down instead of speaking them.
type recorder struct {
	mu   sync.Mutex // guards made
	made []string
}

func (r *recorder) record(_ context.Context, s voice.Script) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.made = append(r.made, file(s))
	if s.Words == "" {
		return nil, errors.New("nothing to say")
	}
	return []byte(s.Words), nil
}

func TestUpdateMakesOnlyWhatChanged(t *testing.T) {
	dir := t.TempDir()
	a := voice.Script{Lang: pack.VI, Name: "a", Words: "một"}
	b := voice.Script{Lang: pack.VI, Name: "b+0", Words: "hai"}
	c := voice.Script{Lang: pack.EN, Name: "a", Words: "one"}
	changed := b
	changed.Words = "ba"
	broken := c
	broken.Words = ""
	for _, step := range []struct {
		name    string
		scripts []voice.Script
		before  func()
		made    []string
		removed int
		fails   bool
		left    []string
	}{
		{name: "first", scripts: []voice.Script{a, b, c},
			made: []string{"en/a.ogg", "vi/a.ogg", "vi/b+0.ogg"},
			left: []string{"en/a.ogg", "vi/a.ogg", "vi/b+0.ogg"}},
		{name: "again", scripts: []voice.Script{a, b, c},
			left: []string{"en/a.ogg", "vi/a.ogg", "vi/b+0.ogg"}},
		{name: "other words", scripts: []voice.Script{a, changed, c},
			made: []string{"vi/b+0.ogg"},
			left: []string{"en/a.ogg", "vi/a.ogg", "vi/b+0.ogg"}},
		{name: "file lost", scripts: []voice.Script{a, changed, c},
			before: func() { os.Remove(filepath.Join(dir, "en/a.ogg")) },
			made:   []string{"en/a.ogg"},
			left:   []string{"en/a.ogg", "vi/a.ogg", "vi/b+0.ogg"}},
		{name: "entry gone", scripts: []voice.Script{a, c}, removed: 1,
			left: []string{"en/a.ogg", "vi/a.ogg"}},
		{name: "one fails", scripts: []voice.Script{a, b, broken},
			made: []string{"en/a.ogg", "vi/b+0.ogg"}, fails: true,
			left: []string{"en/a.ogg", "vi/a.ogg", "vi/b+0.ogg"}},
	} {
		if step.before != nil {
			step.before()
		}
		r := &recorder{}
		_, removed, err := update(t.Context(), dir, step.scripts, r.record)
		if (err != nil) != step.fails {
			t.Errorf("%s: error %v", step.name, err)
		}
		slices.Sort(r.made)
		if !slices.Equal(r.made, step.made) || removed != step.removed {
			t.Errorf("%s: made %v and removed %d, want %v and %d", step.name, r.made, removed, step.made, step.removed)
		}
		left, _ := filepath.Glob(filepath.Join(dir, "*", "*.ogg"))
		for i := range left {
			left[i] = strings.TrimPrefix(left[i], dir+"/")
		}
		if diff := cmp.Diff(step.left, left); diff != "" {
			t.Errorf("%s: clips (-want +got):\n%s", step.name, diff)
		}
	}
	// What failed is still to be made; what was made before it is not.
	todo, _, err := stale(os.DirFS(dir), []voice.Script{a, b, broken})
	if err != nil || len(todo) != 1 || todo[0] != broken {
		t.Errorf("stale after a failure: %v, %v, want only %v", todo, err, broken)
	}
}

func TestSpeakableRefusesDigits(t *testing.T) {
	err := speakable([]voice.Script{
		{Lang: pack.VI, Name: "good", Words: "Mời Quý vị"},
		{Lang: pack.VI, Name: "bad", Words: "Gọi 1900 1009"},
		{Lang: pack.EN, Name: "worse", Words: "in 10 days"},
	})
	if err == nil || !strings.Contains(err.Error(), "bad") || !strings.Contains(err.Error(), "worse") || strings.Contains(err.Error(), "good") {
		t.Errorf("got %v", err)
	}
}

// The same words give the same bytes, so that nothing changes without a reason.
func TestRecordIsRepeatable(t *testing.T) {
	for _, tool := range []string{"espeak-ng", "oggenc"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(err)
		}
	}
	for _, lang := range voice.Langs {
		s := voice.Script{Lang: lang, Name: "x", Words: "*Quý vị* welcome"}
		first, err := record(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		again, err := record(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first, again) {
			t.Errorf("%s: two recordings of the same words differ", lang)
		}
	}
}
