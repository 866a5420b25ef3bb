package torture

import (
	"maps"
	"slices"
	"testing"
	"time"

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

// check holds central, the outbox, the screen and the paper against each other.
func (b *booth) check(t *testing.T) {
	t.Helper()
	atCentral := held(t, b.stage.Central.Dir())
	for _, id := range slices.Sorted(maps.Keys(b.stored)) {
		switch at := atCentral[id]; {
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
	for id := range atCentral {
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
}
