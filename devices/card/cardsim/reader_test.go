package cardsim_test

import (
	"testing"
	"time"

	"motcua/devices/card/cardsim"
	"motcua/devices/card/cardtest"
)

func bench(*testing.T) cardtest.Bench {
	r := cardsim.NewReader("card")
	return cardtest.Bench{Reader: r, Unit: "card", Lay: r.Lay, Lift: r.Lift, Unplug: r.Unplug, Patience: 5 * time.Second}
}

func TestReader(t *testing.T) { cardtest.RunInBubble(t, bench) }

func TestChips(t *testing.T) {
	t.Parallel()
	cardtest.RunChipsInBubble(t, bench, true)
}

func TestFaults(t *testing.T) { cardtest.RunFaultsInBubble(t, bench) }
