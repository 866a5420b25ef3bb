package inspection_test

import (
	"io"
	"log"
	"log/slog"
	"os"
	"testing"
	"time"

	"motcua/devices/card/cardsim"
	"motcua/devices/card/cardtest"
)

func bench(*testing.T) cardtest.Bench {
	r := cardsim.NewReader("card")
	return cardtest.Bench{Reader: r, Unit: "card", Lay: r.Lay, Lift: r.Lift, Unplug: r.Unplug, Patience: 5 * time.Second}
}

// Every card of the suite, with whatever is wrong with it, and meanwhile not a
// word on the standard streams or in the logs.
func TestInspections(t *testing.T) {
	said := listen(t)
	cardtest.RunInspectionsInBubble(t, bench)
	if text := said(); text != "" {
		t.Errorf("%d characters were printed or logged; want none", len(text))
	}
}

// listen takes the standard streams and the default logs for itself. What it
// returns ends that and gives all that was written.
func listen(t *testing.T) func() string {
	t.Helper()
	ours, theirs, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	heard := make(chan string, 1)
	go func() {
		b, _ := io.ReadAll(ours)
		heard <- string(b)
	}()
	out, complain, words := os.Stdout, os.Stderr, slog.Default()
	os.Stdout, os.Stderr = theirs, theirs
	slog.SetDefault(slog.New(slog.NewTextHandler(theirs, &slog.HandlerOptions{Level: slog.LevelDebug})))
	log.SetOutput(theirs)
	return func() string {
		os.Stdout, os.Stderr = out, complain
		slog.SetDefault(words)
		log.SetOutput(complain)
		_ = theirs.Close()
		return <-heard
	}
}
