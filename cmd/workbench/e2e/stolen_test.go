package e2e

import (
	"testing"
	"time"

	"motcua/cmd/workbench/cable"
	"motcua/cmd/workbench/stage"
	"motcua/cmd/workbench/stolen"
	"motcua/cmd/workbench/walk"
)

// A thief takes the station while one submission waits, another was delivered
// and somebody has just typed: nothing on its disk names anybody.
func TestStolenStation(t *testing.T) {
	ctx, s, c := open(t, stage.Options{})
	f := walk.Birth(time.Now())
	for _, mode := range []cable.Mode{cable.Pass, cable.Cut} {
		must(t, s.Desk.Cable(ctx, mode))
		if _, done := file(ctx, t, c, f); done.Screen != "done" {
			t.Fatalf("it ended on %s", walk.Describe(done))
		}
		must(t, c.Leave(ctx))
	}
	must(t, c.Identify(ctx, f))
	must(t, s.KillKiosk())

	found, err := stolen.Search(secrets(), s.Disk()...)
	must(t, err)
	for _, place := range found {
		t.Errorf("%v", place)
	}
	// The search sees what is there: the procedure's code stands in the outbox.
	if found, err := stolen.Search([]string{f.Procedure}, s.Disk()...); err != nil || len(found) == 0 {
		t.Errorf("the search does not see the outbox: %v, %v", found, err)
	}
}
