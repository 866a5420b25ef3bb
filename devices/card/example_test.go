package card_test

import (
	"context"
	"errors"
	"fmt"

	"motcua/devices"
	"motcua/devices/card"
	"motcua/devices/card/cardsim"
)

// A card is laid on the reader, asked for its application, and lifted too soon.
func Example() {
	ctx := context.Background()
	var reader card.Reader
	sim := cardsim.NewReader("card-left")
	reader = sim
	defer reader.Close()

	locks, err := cardsim.NewLocks(cardsim.Plan{BAC: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	who, files := cardsim.Specimen(100)
	chip, err := cardsim.New(locks, who, files, cardsim.Quirks{})
	if err != nil {
		fmt.Println(err)
		return
	}
	chip.Fail(2, cardsim.Lost)
	sim.Lay(chip)

	event, err := reader.Wait(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(event)
	tapped := event.(card.Tapped)
	defer tapped.Card.Close()
	for range 2 {
		answer, err := tapped.Card.Exchange(ctx, []byte{0x00, 0xA4, 0x04, 0x0C, 0x07, 0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01})
		if err != nil {
			fmt.Println(err, errors.Is(err, devices.ErrVisitor))
			continue
		}
		fmt.Printf("%X\n", answer)
	}
	event, _ = reader.Wait(ctx)
	fmt.Println(event)
	// Output:
	// card tapped
	// 9000
	// card-left: exchange: visitor must act: card lifted true
	// card lifted
}
