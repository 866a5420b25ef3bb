package checkup_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"motcua/kiosk/checkup"
)

var at = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func outcome(unit string, when time.Time, passed bool) checkup.Outcome {
	return checkup.Outcome{Unit: unit, Thing: "receipt", Test: "print a sheet and read it back", At: when, Passed: passed, Found: "read back", By: "the scanner"}
}

// The last outcome of each unit is kept, and with a failure when it last was well.
func TestLast(t *testing.T) {
	data := t.TempDir()
	if got, err := checkup.Look(data).Last(); err != nil || got != nil {
		t.Errorf("Last of nothing = %v, %v", got, err)
	}
	b, err := checkup.Open(data)
	if err != nil {
		t.Fatal(err)
	}
	later := at.Add(time.Hour)
	for _, o := range []checkup.Outcome{
		outcome("scanner", at, false), outcome("printer", at, true), outcome("printer", later, false), outcome("scanner", later, true),
	} {
		if err := b.Note(o); err != nil {
			t.Fatal(err)
		}
	}
	want := []checkup.Record{
		{Outcome: outcome("printer", later, false), Good: at},
		{Outcome: outcome("scanner", later, true), Good: later},
	}
	again, err := checkup.Open(data)
	if err != nil {
		t.Fatal(err)
	}
	got, err := again.Last()
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("Last: %v (-want +got):\n%s", err, diff)
	}
	files, err := os.ReadDir(filepath.Join(data, checkup.Folder))
	if err != nil || len(files) != 2 {
		t.Errorf("the folder holds %v, %v; want two files", files, err)
	}
}

// A file that is rotten or half written is told of, and hides no other.
func TestRotten(t *testing.T) {
	data := t.TempDir()
	b, err := checkup.Open(data)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Note(outcome("printer", at, true)); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"scanner.json": `{"unit": "scan`, "speaker.json": `{"unit": "reader", "at": "2026-11-22T09:00:00Z"}`,
		"reader.json": `{"unit": "reader"}`, ".new-1": "", "Notes.json": "mine"} {
		if err := os.WriteFile(filepath.Join(data, checkup.Folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := b.Last()
	if len(got) != 1 || got[0].Unit != "printer" || err == nil {
		t.Errorf("Last = %v, %v", got, err)
	}
	for _, name := range []string{"scanner.json", "speaker.json", "reader.json"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%v does not tell of %s", err, name)
		}
	}
	// A new outcome takes the place of what was rotten.
	if err := b.Note(outcome("scanner", at, false)); err != nil {
		t.Fatal(err)
	}
	if got, _ := b.Last(); len(got) != 2 {
		t.Errorf("Last = %v", got)
	}
}

func TestRefused(t *testing.T) {
	if _, err := checkup.Open(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open without a data directory: %v", err)
	}
	b, err := checkup.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, unit := range []string{"", "../outbox", "Printer"} {
		if err := b.Note(outcome(unit, at, true)); err == nil {
			t.Errorf("Note took a unit named %q", unit)
		}
	}
}
