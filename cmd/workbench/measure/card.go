package measure

import (
	"context"
	"time"

	"motcua/cmd/workbench/desk"
	"motcua/cmd/workbench/walk"
	"motcua/kiosk/hatch"
)

// card lays a card that the number does not open, then the right one, which is
// pulled away in the middle of its reading. It measures nothing where there is no
// card reader.
func (b *bench) card(ctx context.Context) error {
	if b.stage.Chipless != "" {
		return nil
	}
	f := walk.Birth(time.Now())
	if err := b.citizen.ToIdentify(ctx, f); err != nil {
		return err
	}
	if err := b.stage.Desk.ScanCard(ctx, f.Card); err != nil {
		return err
	}
	if _, err := b.citizen.At(ctx, "chip"); err != nil {
		return err
	}
	start := time.Now()
	if err := b.stage.Desk.Lay(ctx, desk.Lay{Chip: "card-stranger"}); err != nil {
		return err
	}
	if err := b.mood(ctx, "locked"); err != nil {
		return err
	}
	b.seconds("wrong CAN: card laid to the sentence", time.Since(start), 2*time.Second)
	if err := b.stage.Desk.Lay(ctx, desk.Lay{Chip: f.Card, Each: 25}); err != nil {
		return err
	}
	if err := b.mood(ctx, "reading"); err != nil {
		return err
	}
	start = time.Now()
	if err := b.stage.Desk.Lift(ctx); err != nil {
		return err
	}
	if err := b.mood(ctx, "lifted"); err != nil {
		return err
	}
	b.row("card pulled to the screen saying so", ms(time.Since(start)), "ms", 500)
	return b.citizen.Stop(ctx)
}

// mood waits until the page of the chip is about something.
func (b *bench) mood(ctx context.Context, want string) error {
	_, err := b.citizen.Until(ctx, "the chip's page to say "+want, func(s hatch.Screen) bool { return s.Screen == "chip" && s.Step == want })
	return err
}
