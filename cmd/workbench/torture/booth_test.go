package torture

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"motcua/cmd/workbench/desk"
	"motcua/cmd/workbench/display"
	"motcua/cmd/workbench/proof"
	"motcua/cmd/workbench/stage"
	"motcua/devices/receipt/journal"
	"motcua/kiosk/outbox"
)

// booth is a station with its window, and what was seen of it from outside.
type booth struct {
	stage   *stage.Stage
	weather *weather
	seed    uint64
	strace  string // "" = not there

	agreed int                     // visitors who touched "submit"
	told   int                     // visitors who were told that it is accepted
	codes  map[string]bool         // that the screen then gave them
	claims map[string]string       // codes of what is in the outbox → id
	stored map[string]string       // id → SHA-256 of what the outbox holds
	states map[string]outbox.State // id → as last seen
	first  map[string]int64        // id → the slip that looks like the first receipt
	again  map[string]bool         // ids with a receipt that is marked as printed again
	marked int                     // slips that are
	owed   []string                // ids whose receipt was owed when the kiosk was last killed
	slip   int64                   // the last one that was looked at
	kills  map[string]int          // by phase and means
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

// live starts the kiosk, lets somebody use it, and kills it.
func (b *booth) live(ctx context.Context, i int) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	how := blowOf(rand.New(rand.NewPCG(b.seed, uint64(i))))
	if how.alone {
		if err := b.stage.Central.Kill(); err != nil {
			return err
		}
	}
	if err := b.stage.LaunchKiosk(); err != nil {
		return err
	}
	l := &life{booth: b, blow: how}
	err := l.visit(ctx)
	l.wait()
	if !errors.Is(err, errKilled) {
		return fmt.Errorf("%v: %w", how, err)
	}
	if !b.stage.KioskFell() {
		return fmt.Errorf("%v: the kiosk ended by itself", how)
	}
	b.kills[l.how()]++
	if how.alone {
		if err := b.stage.Central.Start(ctx); err != nil {
			return err
		}
	}
	before := len(b.stored)
	if err := b.look(ctx); err != nil {
		return err
	}
	switch n := len(b.stored) - before; {
	case l.promised && n == 0:
		return fmt.Errorf("%v: the screen said that it is accepted, and it is not in the outbox", how)
	case n > 1, n == 1 && !l.submitted:
		return fmt.Errorf("%v: %d more are in the outbox after one visit", how, n)
	}
	if l.promised {
		b.told++
	}
	if err := b.collect(ctx); err != nil {
		return err
	}
	b.owed, err = b.unprinted()
	return err
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
	// The disk first: it knows by which code a receipt calls what it is for.
	if err := errors.Join(b.stage.EndKiosk(), b.look(ctx), b.collect(ctx)); err != nil {
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

// collect looks at the slips that fell into the tray since it last did.
func (b *booth) collect(ctx context.Context) error {
	state, err := b.stage.Desk.State(ctx)
	if err != nil {
		return err
	}
	for _, s := range state.Slips {
		if s.ID <= b.slip {
			continue
		}
		b.slip = s.ID
		if err := b.read(ctx, s.ID); err != nil {
			return fmt.Errorf("slip %d: %w", s.ID, err)
		}
	}
	return nil
}

// read looks at one piece of paper. A receipt that looks like the first carries its
// submission's code for the look-up, which nobody knows after the visit; one that
// was printed again after a crash carries the code to read out, and its mark. What
// is neither is what a crash left of one.
func (b *booth) read(ctx context.Context, slip int64) error {
	paper, err := b.stage.Desk.SlipPicture(ctx, slip)
	if err != nil {
		return err
	}
	marked, err := proof.Marked(paper)
	if err != nil {
		return err
	}
	whole, err := proof.Whole(paper, stage.Station)
	if err != nil {
		return err
	}
	if marked && whole {
		b.marked++
		b.again[b.owedOn(paper)] = true
	}
	switch id, _, err := proof.LookUp(paper); {
	case errors.Is(err, desk.ErrNoCode) && whole && !marked:
		return errors.New("it looks like a first receipt, and is none")
	case errors.Is(err, desk.ErrNoCode), marked:
		return nil
	case err != nil:
		return err
	case b.first[id] != 0:
		return fmt.Errorf("%s has two receipts that look like the first, this one and %d", id, b.first[id])
	default:
		b.first[id] = slip
		return nil
	}
}

// owedOn gives the submission whose receipt was owed and is on the paper; "" = of
// none.
func (b *booth) owedOn(paper image.Image) string {
	for code, id := range b.claims {
		if slices.Contains(b.owed, id) && proof.Printed(paper, code) == nil {
			return id
		}
	}
	return ""
}
