package measure

import (
	"context"
	"errors"
	"fmt"
	"time"

	"motcua/devices/card"
	"motcua/devices/card/cardsim"
	"motcua/devices/card/inspection"
	"motcua/devices/card/lds"
	"motcua/devices/card/lds/ldstest"
	"motcua/devices/card/lds/trust"
)

// Chip measures how long the link to a chip is busy while a card is inspected:
// opened, DG1, DG2 of 15 kB and DG13 read with EF.SOD, and proven genuine by
// active authentication. The link carries ten bits a byte at the usual speeds of
// ISO/IEC 14443 and takes 3 ms an exchange; the time is counted, not waited for.
//
// The bar is 1.15 times the least that any reader needs for these files and the
// one signature: each byte of them under secure messaging, in the fewest short
// answers, with nothing before, between or after.
func Chip(ctx context.Context) ([]Row, error) {
	made, result, err := inspected(ctx)
	if err != nil {
		return nil, err
	}
	defer result.Wipe()
	exchanges, bytes := 0, 0
	for _, t := range result.Times {
		exchanges, bytes = exchanges+t.Exchanges, bytes+t.Bytes
	}
	leastExchanges, leastBytes := 1, sealedCommand+data8+sealedAnswer(64) // the signature
	for _, f := range []lds.File{lds.SOD, lds.DG1, lds.DG2, lds.DG13} {
		for left := len(made.Files[f]); left > 0; left -= mostSealed {
			leastExchanges, leastBytes = leastExchanges+1, leastBytes+sealedCommand+sealedAnswer(min(left, mostSealed))
		}
	}
	var rows []Row
	for _, kbit := range []int{106, 424, 848} {
		busy := func(exchanges, bytes int) time.Duration {
			return time.Duration(exchanges)*3*time.Millisecond + time.Duration(bytes)*10*time.Millisecond/time.Duration(kbit)
		}
		rows = append(rows, over(fmt.Sprintf("chip read, %d kbit/s", kbit),
			busy(exchanges, bytes).Seconds(), "s", 1.15*busy(leastExchanges, leastBytes).Seconds()))
	}
	return rows, nil
}

// Secure messaging with AES (ICAO Doc 9303-11, 9.8.4) in short APDUs: what a
// command is long that reads, what eight bytes of data add to it, and the most
// that an answer can bring.
const (
	sealedCommand = 5 + 3 + 10 + 1
	data8         = 3 + 16
	mostSealed    = 223
)

// sealedAnswer is how long an answer is with n bytes under secure messaging.
func sealedAnswer(n int) int {
	padded := n/16*16 + 16
	header := 3 // tag, length, kind of padding
	if padded+1 > 0x7F {
		header++
	}
	return header + padded + 4 + 10 + 2
}

// inspected inspects a new card of an invented state.
func inspected(ctx context.Context) (*ldstest.Card, *inspection.Result, error) {
	now := time.Now()
	state, err := ldstest.NewState(ldstest.Options{Suite: ldstest.BrainpoolP384, Explicit: true, Now: now})
	if err != nil {
		return nil, nil, err
	}
	anchors, err := trust.New(trust.Rules{State: "VN", RequireCRL: true}, state.Root(), state.RevocationList(now.Add(time.Hour)))
	if err != nil {
		return nil, nil, err
	}
	made, err := state.Issue(ldstest.CCCD2021.Person(), ldstest.Chip{}, ldstest.None)
	if err != nil {
		return nil, nil, err
	}
	chip, err := cardsim.Issued(made, cardsim.Quirks{})
	if err != nil {
		return nil, nil, err
	}
	reader := cardsim.NewReader("card")
	defer func() { _ = reader.Close() }()
	reader.Lay(chip)
	event, err := reader.Wait(ctx)
	if err != nil {
		return nil, nil, err
	}
	tapped, ok := event.(card.Tapped)
	if !ok {
		return nil, nil, fmt.Errorf("the reader tells %v of one card", event)
	}
	result, err := inspection.Inspect(ctx, tapped.Card, inspection.Options{
		Passwords: []lds.Secret{lds.Secret(made.Person.CAN())},
		Groups:    []lds.File{lds.DG1, lds.DG13, lds.DG2},
		Anchors:   anchors,
	})
	if err == nil && result.Proof.Level != trust.ChipGenuine {
		err = errors.New("the card that is measured does not come out genuine")
	}
	return made, result, err
}
