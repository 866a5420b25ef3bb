package torture

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"motcua/cmd/workbench/display"
	"motcua/cmd/workbench/stage"
	"motcua/devices/receipt/journal"
	"motcua/kiosk/outbox"
)

// kioskLivesEnv says how many lives the kiosk has; else there are fewKioskLives.
const (
	kioskLivesEnv = "KIOSK_LIVES"
	fewKioskLives = 25
)

// TestKioskKilled: the kiosk itself, touched in its window, printing, behind the
// bad network, is killed and started again on the same disk. What the screen or
// the paper has ever called accepted is at central in the end, exactly once and
// byte for byte as the outbox held it after any of the kills, and nothing else is.
// Of each there is one receipt that looks like the first, or one that is marked as
// printed again, and never two that look like the first.
func TestKioskKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("kills for a minute")
	}
	lives, seed := number(t, kioskLivesEnv, fewKioskLives), seeded(t)
	b := openBooth(t, seed)
	start := time.Now()
	for i := range lives {
		if err := b.live(t.Context(), i); err != nil {
			t.Fatalf("life %d: %v", i, err)
		}
		if (i+1)%50 == 0 {
			t.Logf("%d lives in %v: %v", i+1, time.Since(start).Round(time.Second), b.kills)
		}
	}
	living := time.Since(start)
	b.weather.settle()
	b.settle(t)
	b.check(t)
	t.Logf("%d lives in %v, settled in %v; kills %v", lives, living.Round(time.Second), (time.Since(start) - living).Round(time.Second), b.kills)
	t.Logf("%d visitors agreed, %d were told that it is accepted, %d in the outbox and at central; %d first receipts, %d marked; requests %v",
		b.agreed, b.told, len(b.stored), len(b.first), b.marked, b.weather.seen)
	if b.told < lives/10 {
		t.Errorf("only %d accepted over %d lives: too few to prove anything", b.told, lives)
	}
}

// openBooth puts a station on behind the bad network, its kiosk not yet begun.
func openBooth(t *testing.T, seed uint64) *booth {
	t.Helper()
	bin := t.TempDir()
	if err := stage.Build(t.Context(), bin); err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "torture-") // short: a socket lies in it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	b := &booth{seed: seed, stored: map[string]string{}, claims: map[string]string{}, codes: map[string]bool{},
		first: map[string]int64{}, again: map[string]bool{}, kills: map[string]int{}, strace: findStrace()}
	s, err := stage.Open(t.Context(), stage.Options{Dir: dir, Bin: bin, Width: 720, Height: 1280, Mute: true, NoReader: true,
		Between: func(c *stage.Central) (string, error) {
			b.weather = newWeather(t, seed, c.Dir(), c.Bundle(), "https://"+c.Addr)
			return strings.TrimPrefix(b.weather.base, "https://"), nil
		}})
	if errors.Is(err, display.ErrNoXvfb) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if log, err := s.KioskLog(); t.Failed() && err == nil {
			lines := strings.Split(strings.TrimSpace(log), "\n")
			t.Logf("the kiosk's log ends:\n%s", strings.Join(lines[max(0, len(lines)-40):], "\n"))
		}
	})
	b.stage = s
	if err := s.KillKiosk(); err != nil {
		t.Fatal(err)
	}
	return b
}

// settle lets the kiosk live until it has delivered all and owes nobody a receipt,
// and ends it in order.
func (b *booth) settle(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	if err := b.stage.StartKiosk(ctx); err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		s, err := b.stage.Hatch.Status(ctx)
		if err != nil {
			t.Fatal(err)
		}
		owed, err := b.unprinted()
		if err != nil {
			t.Fatal(err)
		}
		if s.Outbox.Waiting == 0 && len(owed) == 0 {
			break
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("it does not settle: %d wait to be sent, receipts are owed of %v; %+v", s.Outbox.Waiting, owed, s.Uplink)
		}
	}
	if err := b.collect(ctx); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(b.stage.EndKiosk(), b.look(ctx)); err != nil {
		t.Fatal(err)
	}
}

// unprinted are the submissions whose receipt the journal says is owed.
func (b *booth) unprinted() (ids []string, err error) {
	dir, err := os.MkdirTemp("", "journal-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "receipts.journal")
	raw, err := os.ReadFile(filepath.Join(b.stage.Data(), "receipts.journal"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err := errors.Join(err, os.WriteFile(path, raw, 0o600)); err != nil {
		return nil, err
	}
	j, err := journal.Open(path, journal.Options{})
	if err != nil {
		return nil, err
	}
	for _, job := range j.Unfinished() {
		ids = append(ids, job.ID)
	}
	return ids, j.Close()
}

// look reads a copy of the disk of a kiosk that is dead: what was ever in the
// outbox is there still, with the same bytes.
func (b *booth) look(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "disk-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.CopyFS(dir, os.DirFS(b.stage.Data())); err != nil {
		return err
	}
	box, err := outbox.Open(ctx, dir, outbox.Options{MinFree: -1})
	if err != nil {
		return err
	}
	defer box.Close()
	if d := box.Damage(); d != nil {
		return errors.New("the outbox is damaged")
	}
	list, err := box.List(ctx, outbox.Filter{})
	if err != nil {
		return err
	}
	b.states = map[string]outbox.State{}
	for _, e := range list {
		it, err := box.Item(ctx, e.ID)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(it.Sealed)
		if had := b.stored[e.ID]; had != "" && had != hex.EncodeToString(sum[:]) {
			return errors.New(e.ID + " has other bytes in the outbox than before")
		}
		b.stored[e.ID], b.states[e.ID], b.claims[e.Claim] = hex.EncodeToString(sum[:]), e.State, e.ID
		if e.Central.Dossier != "" {
			b.claims[e.Central.Dossier] = e.ID
		}
	}
	for id := range b.stored {
		if b.states[id] == "" {
			return errors.New(id + " was in the outbox and is lost")
		}
	}
	return nil
}

// check holds central, the outbox, the screen and the paper against each other.
func (b *booth) check(t *testing.T) {
	t.Helper()
	held := (&office{dir: b.stage.Central.Dir()}).held(t)
	for _, id := range slices.Sorted(maps.Keys(b.stored)) {
		switch at := held[id]; {
		case at == "":
			t.Errorf("%s was accepted and is not at central", id)
		case at != b.stored[id]:
			t.Errorf("%s is at central with other bytes than in the outbox", id)
		}
		if b.states[id] != outbox.Received {
			t.Errorf("%s is %s in the outbox", id, b.states[id])
		}
		if b.first[id] == 0 && !b.again[id] {
			t.Errorf("%s has no receipt, neither a first nor a marked one", id)
		}
	}
	for id := range held {
		if b.stored[id] == "" {
			t.Errorf("%s is at central and was never in the outbox", id)
		}
	}
	for code := range b.codes {
		if b.claims[code] == "" {
			t.Errorf("the screen called %s accepted, and no submission has that code", code)
		}
	}
	for id := range b.first {
		if b.stored[id] == "" {
			t.Errorf("%s has a receipt and was never in the outbox", id)
		}
	}
	for _, wrong := range b.wrong {
		t.Error(wrong)
	}
}
