package trust_test

import (
	"fmt"
	"time"

	"motcua/devices/card/lds"
	"motcua/devices/card/lds/ldstest"
	"motcua/devices/card/lds/trust"
)

// A card is read, proven, and asked to prove that it is no copy.
func Example() {
	now := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	state, err := ldstest.NewState(ldstest.Options{Suite: ldstest.P256, Now: now})
	if err != nil {
		panic(err)
	}
	card, err := state.Issue(ldstest.CanCuoc.Person(), ldstest.Chip{}, ldstest.None)
	if err != nil {
		panic(err)
	}
	anchors, err := trust.New(trust.Rules{State: "VN"}, state.Root())
	if err != nil {
		panic(err)
	}

	proof := anchors.Check(card.Files[lds.SOD], card.Groups(), now)
	fmt.Println(proof.Level, proof.Doubts, proof.Notes)
	proof = proof.Proved(trust.ActiveAuthentication)
	fmt.Println(proof.Level, proof.Doubts)

	card.Files[lds.DG13][60] ^= 1
	proof = anchors.Check(card.Files[lds.SOD], card.Groups(), now)
	fmt.Println(proof.Level, proof.Contradictions())
	// Output:
	// chip-verified [chip was not asked to prove itself] [EF.SOD: no revocation list of the trust anchor (revocation list)]
	// chip-genuine []
	// chip-read [DG13: not the data group that was signed]
}
