package outbox

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	killEnv  = "OUTBOX_TEST_KILL" // folder of the one that is killed
	killsEnv = "OUTBOX_KILLS"     // how often; 0 = 30 times
)

// partsVictim takes in parts and submissions, lets some go, tells what was
// accepted, and kills itself at one of its steps, any of them.
func partsVictim(dir string) {
	must := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	step := func() {
		if rand.IntN(20) == 0 {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // the signal is on its way
		}
	}
	ctx := context.Background()
	b, err := Open(ctx, dir, Options{MinFree: -1})
	must(err)
	for {
		it := item(500)
		for range 1 + rand.IntN(3) {
			w, err := b.NewPart()
			must(err)
			step()
			_, err = w.Write(item(1 + rand.IntN(50_000)).Sealed)
			must(err)
			step()
			p, err := w.Keep()
			must(err)
			step()
			it.Parts = append(it.Parts, p)
		}
		if rand.IntN(4) == 0 { // the citizen went away
			must(b.DropPart(ctx, it.Parts[0].Name))
			step()
			continue
		}
		must(b.Put(ctx, it))
		fmt.Println("accepted", it.ID, tell(it.Parts))
		step()
		if rand.IntN(4) == 0 {
			must(b.Received(ctx, it.ID, Confirmation{At: time.Now(), State: "received"}))
			step()
			_, err := b.Retain(ctx, time.Now().Add(8*day))
			must(err)
			step()
		}
	}
}

// However a station is killed, whatever it accepted is there with all of its
// parts, and no file is there that belongs to none.
func TestKilledWithParts(t *testing.T) {
	dir := t.TempDir()
	accepted := map[string]string{}
	kills := 30
	if n, err := strconv.Atoi(os.Getenv(killsEnv)); err == nil && n > 0 {
		kills = n
	}
	for range kills {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), killEnv+"="+dir, "GORACE=atexit_sleep_ms=0")
		cmd.Stderr = t.Output()
		out, err := cmd.StdoutPipe()
		ok(t, err)
		ok(t, cmd.Start())
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if said, is := strings.CutPrefix(lines.Text(), "accepted "); is {
				id, parts, _ := strings.Cut(said, " ")
				accepted[id] = parts
			}
		}
		_ = cmd.Wait()
		if how, is := cmd.ProcessState.Sys().(syscall.WaitStatus); !is || how.Signal() != syscall.SIGKILL {
			t.Fatalf("the station ended by itself: %v", cmd.ProcessState)
		}
	}
	b := open(t, dir, Options{MinFree: -1})
	if d := b.Damage(); d != nil {
		t.Errorf("Damage = %+v", d)
	}
	held := map[string]bool{}
	list, err := b.List(t.Context(), Filter{})
	ok(t, err)
	for _, e := range list {
		parts, told := accepted[e.ID]
		if told && parts != tell(e.Parts) {
			t.Errorf("%s has %s, was accepted with %s", e.ID, tell(e.Parts), parts)
		}
		delete(accepted, e.ID)
		if !e.Dropped.IsZero() {
			continue
		}
		for _, p := range e.Parts {
			held[p.Name] = true
			if err := b.checkPart(p); err != nil || e.State == Refused {
				t.Errorf("%s, %s: %v", e.ID, e.State, err)
			}
		}
	}
	for id := range accepted {
		t.Errorf("%s was accepted and is not there", id)
	}
	for _, name := range lying(t, dir) {
		if !held[name] {
			t.Errorf("%s belongs to none", name)
		}
	}
	if len(list) < kills/2 {
		t.Errorf("%d submissions in %d lives prove little", len(list), kills)
	}
}

// A store of before there were parts opens with all it held, whole or damaged.
func TestStoreOfBeforeParts(t *testing.T) {
	for _, spoilt := range []bool{false, true} {
		dir := t.TempDir()
		b := open(t, dir, Options{})
		one, two := item(5000), item(7000)
		put(t, b, one, two)
		// As the first version of the schema had it.
		if _, err := b.write.Exec(`DROP INDEX submission_ready; DROP INDEX submission_lacking;
			CREATE INDEX submission_pending ON submission (seq) WHERE pending = 1;
			ALTER TABLE submission DROP COLUMN parts; ALTER TABLE submission DROP COLUMN weight;
			ALTER TABLE submission DROP COLUMN lacking; ALTER TABLE payload DROP COLUMN parts; DROP TABLE heard; PRAGMA user_version = 1`); err != nil {
			t.Fatal(err)
		}
		if spoilt { // a short log is how a damage is known
			if _, err := b.write.Exec("PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
				t.Fatal(err)
			}
		}
		ok(t, b.Close())
		b = open(t, dir, Options{})
		if d := b.Damage(); (d != nil) != spoilt || d != nil && d.Saved != 2 {
			t.Errorf("Damage = %+v", d)
		}
		for _, want := range []Item{one, two} {
			got, err := b.Item(t.Context(), want.ID)
			if err != nil || string(got.Sealed) != string(want.Sealed) || len(got.Parts) != 0 {
				t.Errorf("%s: %v", want.ID, err)
			}
		}
		if got := next(t, b, time.Now()); got != one.ID {
			t.Errorf("Next = %s, want %s", got, one.ID)
		}
		ok(t, b.Close())
	}
}
