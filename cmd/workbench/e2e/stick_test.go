package e2e

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"motcua/cmd/workbench/cable"
	"motcua/cmd/workbench/stage"
	"motcua/cmd/workbench/walk"
)

// A station without a network: a technician carries what it holds to central on
// a stick. When the network comes after all, nothing is there twice.
func TestCarriedOnAStick(t *testing.T) {
	ctx, s, c := open(t, stage.Options{Offline: true})
	f := walk.Birth(time.Now())
	asked, done := file(ctx, t, c, f)
	if done.Screen != "done" {
		t.Fatalf("offline it ended on %s", walk.Describe(done))
	}
	must(t, c.Leave(ctx))
	entries, _, err := s.Hatch.Outbox(ctx)
	must(t, err)
	if len(entries) != 1 {
		t.Fatalf("the outbox holds %+v, want one", entries)
	}
	id := entries[0].ID

	want := func(code int, word string, args ...string) {
		t.Helper()
		got, out := kioskctl(ctx, t, s, args...)
		if got != code || !strings.Contains(out, word) {
			t.Errorf("kioskctl %s = %d, want %d and %q in:\n%s", strings.Join(args, " "), got, code, word, out)
		}
	}
	want(0, "sent before all others", "outbox", "retry", id)
	want(1, "no such submission", "outbox", "retry", "01900000-0000-7000-8000-000000000009")
	usb := t.TempDir()
	want(0, "may be pulled", "outbox", "export", usb)
	want(1, "leave --config out", "outbox", "verify", "--config", filepath.Join(s.Dir, "kiosk.toml"))

	folders, err := filepath.Glob(filepath.Join(usb, "motcua-CN-03-*"))
	must(t, err)
	if len(folders) != 1 {
		t.Fatalf("on the stick are %v, want one folder", folders)
	}
	for _, word := range []string{"stored ", "known "} { // the second time it is known
		out, err := exec.CommandContext(ctx, filepath.Join(bin, "central"), "import", "--dir", s.Central.Dir(), folders[0]).Output()
		if err != nil || !strings.Contains(string(out), word) || !strings.Contains(string(out), id) {
			t.Errorf("central import = %v, want %q and %s in: %s", err, word, id, out)
		}
	}
	one(ctx, t, s, id, f, asked)

	must(t, s.Desk.Cable(ctx, cable.Pass))
	delivered(ctx, t, s)
	record := one(ctx, t, s, id, f, asked)
	entry, err := s.Hatch.Entry(ctx, id)
	must(t, err)
	if entry.State != "received" || record.Dossier == "" || entry.Dossier != record.Dossier {
		t.Errorf("the outbox holds %+v, central %+v; want the same dossier", entry, record)
	}
	want(1, "central has it already", "outbox", "retry", id)
	want(0, "nothing is written", "outbox", "export", usb)

	// A kiosk that does not run any more can be asked by its disk.
	must(t, s.KillKiosk())
	want(0, "whole", "outbox", "verify", "--config", filepath.Join(s.Dir, "kiosk.toml"))
}
