package measure

import (
	"context"
	"fmt"
	"io"

	"motcua/cmd/workbench/stage"
	"motcua/cmd/workbench/walk"
)

// Visits lets n visitors come one after the other, look a guided procedure up
// and leave, and compares the memory of the kiosk after the last tenth with that
// after the first. It tells progress how far it is.
func Visits(ctx context.Context, s *stage.Stage, n int, progress io.Writer) (Row, error) {
	c := &walk.Citizen{Stage: s}
	var early, late []int64 // resident bytes, a sample a visit
	for i := 1; i <= n; i++ {
		for _, step := range []struct{ touch, leads string }{
			{"start", "home"}, {"door:submit", "procedures"}, {"search", "search"}, {"back", "procedures"},
			{"row:1.004222", "guide"}, {"finish", "goodbye"}, {"finish", "attract"},
		} {
			if _, err := c.Go(ctx, step.touch, step.leads); err != nil {
				return Row{}, fmt.Errorf("visit %d: %w", i, err)
			}
		}
		now, err := s.KioskMemory()
		if err != nil {
			return Row{}, err
		}
		switch {
		case i > n/20 && i <= n/10:
			early = append(early, now)
		case i > n-n/20:
			late = append(late, now)
		}
		if i%100 == 0 {
			fmt.Fprintf(progress, "%d visits, %d MB resident\n", i, now>>20)
		}
	}
	if len(early) == 0 || len(late) == 0 {
		return Row{}, fmt.Errorf("%d visits are too few to compare", n)
	}
	grown := 100 * (float64(median(late))/float64(median(early)) - 1)
	return over(fmt.Sprintf("resident memory after %d visits, over the %dth", n, n/10), grown, "%", 5), nil
}
